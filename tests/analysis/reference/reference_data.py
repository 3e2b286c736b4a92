"""Simulated data for the comparison with R, from Python's own generator, whose stream does not change over versions."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

import pandas as pd


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def crossed(children: int = 40, items: int = 24) -> pd.DataFrame:
    """Answers of children to items, with and without chance, and a looking share with the same structure."""
    draw = Random(11)
    ages = [round(draw.uniform(24, 42), 3) for _ in range(children)]
    child = [draw.gauss(0, 0.7) for _ in range(children)]
    item = [draw.gauss(0, 0.8) for _ in range(items)]
    rows = []
    for c in range(children):
        for i in range(items):
            eta = 0.1 * (ages[c] - 33) + child[c] + item[i] + 0.3
            p, u, e = logistic(eta), draw.random(), draw.gauss(0, 0.2)
            met = draw.random() < 0.9
            look = 0.55 + 0.01 * (ages[c] - 33) + 0.1 * child[c] + 0.08 * item[i] + e
            if met:
                rows.append((c, i, ages[c] - 33, int(u < p), int(u < 0.25 + 0.75 * p), round(look, 6)))
    return pd.DataFrame(rows, columns=["child", "item", "age", "y", "y25", "look"])


def fixed_test(children: int = 140, items: int = 9) -> pd.DataFrame:
    """A fixed test: right or wrong, children × items, with two groups; item 3 is easier for the second."""
    draw = Random(12)
    hard = [-1.6 + 0.4 * i for i in range(items)]
    rows = []
    for c in range(children):
        theta, group = draw.gauss(0, 1.1), c % 2
        shift = [0.9 if (i == 3 and group) else 0.0 for i in range(items)]
        rows.append([group, *(int(draw.random() < logistic(theta - hard[i] + shift[i])) for i in range(items))])
    return pd.DataFrame(rows, columns=["group", *(f"i{i}" for i in range(items))])


def retest(children: int = 32) -> pd.DataFrame:
    """One number a child on two occasions, and two coders of one category."""
    draw = Random(13)
    rows = []
    for _ in range(children):
        true = draw.gauss(0.6, 0.12)
        first = draw.choice(["left", "right", "away"])
        second = first if draw.random() < 0.75 else draw.choice(["left", "right", "away"])
        rows.append((true + draw.gauss(0, 0.08), true + 0.02 + draw.gauss(0, 0.08), first, second))
    return pd.DataFrame(rows, columns=["one", "two", "coder1", "coder2"]).round(6)


def yoked(trials: int = 60) -> pd.DataFrame:
    """A child and a model on the same trials."""
    draw = Random(14)
    rows = [(t, int(draw.random() < 0.75), int(draw.random() < 0.55)) for t in range(trials)]
    return pd.DataFrame(rows, columns=["trial", "model", "child"])


def times(number: int = 300) -> pd.DataFrame:
    """Reaction times in ms: a normal and an exponential part."""
    draw = Random(15)
    return pd.DataFrame({"ms": [round(draw.gauss(900, 120) + draw.expovariate(1 / 350), 3) for _ in range(number)]})


def pairs(number: int = 240) -> pd.DataFrame:
    """Who Has More: two numbers and the answer, with a Weber fraction of 0.4."""
    draw = Random(16)
    rows = []
    for _ in range(number):
        fewer = draw.randint(1, 9)
        more = draw.randint(fewer + 1, 12)
        z = (more - fewer) / (0.4 * math.sqrt(more**2 + fewer**2))
        p = 0.5 + 0.475 * math.erf(z / math.sqrt(2))
        rows.append((more, fewer, int(draw.random() < p)))
    return pd.DataFrame(rows, columns=["more", "fewer", "y"])


def choices(trials: int = 40) -> pd.DataFrame:
    """Children's shares of four options and a model's scores of them."""
    draw = Random(17)
    rows = []
    for _ in range(trials):
        raw = [draw.expovariate(1.0) + (2.0 if o == 0 else 0.0) for o in range(4)]
        rows.append([*(r / sum(raw) for r in raw), *(draw.gauss(0.3 if o == 0 else 0.0, 0.2) for o in range(4))])
    return pd.DataFrame(rows, columns=[*(f"h{o}" for o in range(4)), *(f"s{o}" for o in range(4))])


SIMULATED = {
    "crossed": crossed, "answers": fixed_test, "retest": retest, "yoked": yoked, "times": times, "pairs": pairs,
    "choices": choices,
}  # fmt: skip


def write(folder: Path) -> None:
    """Write every simulated table as CSV with all digits."""
    for name, make in SIMULATED.items():
        make().to_csv(folder / f"{name}.csv", index=False, float_format="%.17g")


def infants(shared: Path) -> pd.DataFrame:
    """The included trials of the looking-while-listening study: child, trial, age in months, looking."""
    table = pd.read_csv(shared / "visual-precision/data/main/processed_data/level-trials_data.csv", low_memory=False)
    kept = table[(table["trial_exclusion"] == 0) & (table["exclude_participant"] == 0)]
    frame = pd.DataFrame(
        {
            "child": kept["SubjectInfo.subjID"], "item": kept["Trials.trialID"], "type": kept["Trials.trialType"],
            "age": kept["SubjectInfo.testAge"] / 30.0 - 20.0, "look": kept["corrected_target_looking"],
        }
    )  # fmt: skip
    return frame.dropna().reset_index(drop=True)
