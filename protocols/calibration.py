"""Calibration: item parameters from recorded answers, for adaptive tests.

Marginal maximum likelihood by the EM algorithm of Bock and Aitkin (1981) for the two-parameter logistic model with
guessing fixed; abilities are standard normal in the calibration sample. As in BILOG, weak priors keep items with few
or one-sided answers in bounds: log a is normal (0, 0.5), b is normal (0, 2). Everybody who answered is one person,
whatever the sessions; an item that a person met twice counts with its first answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devkit.errors import UserError
from devkit.records import TrialRecord
from protocols.rules import ItemParameters

NODES = 41
REACH = 4.0
LOG_A_SD, B_SD = 0.5, 2.0
MOST_ROUNDS, STEPS, CLOSE_ENOUGH = 200, 3, 1e-4
LONGEST_STEP = 0.5
LEAST_PERSONS = 20

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What came of a calibration.

    Attributes:
        table: Parameters of the items, or words, in alphabetical order.
        answers: Answers to each of them.
        se_a: Standard error of each a.
        se_b: Standard error of each b.
        persons: How many answered.
        left_out: Items with too few answers.
        rounds: Rounds of the EM algorithm.
    """

    table: tuple[ItemParameters, ...]
    answers: tuple[int, ...]
    se_a: tuple[float, ...]
    se_b: tuple[float, ...]
    persons: int
    left_out: tuple[str, ...]
    rounds: int


def answers_of(
    trials: Iterable[TrialRecord], task: str, form: str, kinds: Sequence[str], *, by_word: bool
) -> tuple[dict[tuple[str, str], bool], float]:
    """Return who answered what rightly, by person and item (or word), and the chance of the form.

    Args:
        trials: Records of any sessions, in the order of the sessions.
        task: Task code.
        form: Task form.
        kinds: Kinds of respondents that count.
        by_word: One set of parameters for all items with one word.
    """
    found: dict[tuple[str, str], bool] = {}
    chance = 0.0
    for trial in trials:
        if (trial.task, trial.form) != (task, form) or trial.trial_kind != "test" or trial.correct is None:
            continue
        if trial.respondent_kind in kinds and not trial.baseline and trial.valid:
            found.setdefault((trial.respondent_code, trial.word if by_word else trial.item_id), trial.correct)
            chance = trial.chance
    return found, chance


def calibrate(
    answers: Mapping[tuple[str, str], bool], guessing: float, *, by_word: bool, least_answers: int = 30
) -> Calibrated:
    """Estimate the parameters of every item with enough answers.

    Args:
        answers: Right or wrong by person and item.
        guessing: c, the same for all items.
        by_word: What the items' names are.
        least_answers: Items with fewer are left out.

    Raises:
        UserError: There is too little to calibrate from.
    """
    counts: dict[str, int] = {}
    for _, name in answers:
        counts[name] = counts.get(name, 0) + 1
    names = sorted(name for name, count in counts.items() if count >= least_answers and name)
    persons = sorted({person for person, name in answers if name in set(names)})
    if not names or len(persons) < LEAST_PERSONS:
        raise UserError(
            f"{len(counts)} items were answered by {len({person for person, _ in answers})} persons; "
            f"a calibration needs items with at least {least_answers} answers and {LEAST_PERSONS} persons",
            hint="record more sessions, or calibrate by word",
            code="too-few-answers",
        )
    row, column = ({name: place for place, name in enumerate(list_)} for list_ in (persons, names))
    right = np.full((len(persons), len(names)), np.nan)
    for (person, name), good in answers.items():
        if name in column:
            right[row[person], column[name]] = good
    log_a, b, rounds, errors = _fitted(right, guessing)
    kept = tuple(
        ItemParameters(
            item="" if by_word else name,
            word=name if by_word else "",
            a=round(float(np.exp(x)), 4),
            b=round(float(y), 4),
            c=round(guessing, 4),
        )
        for name, x, y in zip(names, log_a, b, strict=True)
    )
    return Calibrated(
        table=kept,
        answers=tuple(counts[name] for name in names),
        se_a=tuple(round(float(se * np.exp(x)), 4) for se, x in zip(errors[0], log_a, strict=True)),
        se_b=tuple(round(float(se), 4) for se in errors[1]),
        persons=len(persons),
        left_out=tuple(sorted(set(counts) - set(names))),
        rounds=rounds,
    )


def _fitted(right: Floats, guessing: float) -> tuple[Floats, Floats, int, tuple[Floats, Floats]]:
    """Return log a, b, the rounds taken, and the standard errors of both; shapes (items,)."""
    nodes = np.linspace(-REACH, REACH, NODES)
    weight = np.exp(-(nodes**2) / 2)
    weight /= weight.sum()
    known = ~np.isnan(right)
    good = np.where(known, right, 0.0)
    share = np.clip(good.sum(0) / known.sum(0), guessing + 0.02, 0.98)
    log_a, b = np.zeros(right.shape[1]), -np.log((share - guessing) / (1 - share))
    rounds, errors, moved = 0, (log_a, b), np.inf
    while rounds < MOST_ROUNDS and moved >= CLOSE_ENOUGH:
        rounds += 1
        p = _probability(nodes, log_a, b, guessing)
        support = good @ np.log(p).T + (known & (right == 0)).astype(float) @ np.log1p(-p).T
        posterior = np.exp(support - support.max(1, keepdims=True)) * weight
        posterior /= posterior.sum(1, keepdims=True)
        met, hit = posterior.T @ known.astype(float), posterior.T @ good
        before = np.concatenate([log_a, b])
        for _ in range(STEPS):
            log_a, b, errors = _step(nodes, log_a, b, guessing, met, hit)
        moved = float(np.abs(np.concatenate([log_a, b]) - before).max())
    return log_a, b, rounds, errors


def _probability(nodes: Floats, log_a: Floats, b: Floats, c: float) -> Floats:
    """Return the probability of a right answer, shape (nodes, items)."""
    found: Floats = c + (1 - c) / (1 + np.exp(-np.exp(log_a) * (nodes[:, None] - b)))
    return np.clip(found, 1e-9, 1 - 1e-9)


def _step(
    nodes: Floats, log_a: Floats, b: Floats, c: float, met: Floats, hit: Floats
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Take one step of Fisher scoring for all items at once; returns log a, b and their standard errors."""
    a = np.exp(log_a)
    p = _probability(nodes, log_a, b, c)
    share = (p - c) / (1 - c)
    bend = (1 - c) * share * (1 - share)
    pull = (hit - met * p) * bend / (p * (1 - p))
    weight = met * bend**2 / (p * (1 - p))
    by_log_a, by_b = a * (nodes[:, None] - b), -a * np.ones_like(p)
    g1 = (pull * by_log_a).sum(0) - log_a / LOG_A_SD**2
    g2 = (pull * by_b).sum(0) - b / B_SD**2
    i11 = (weight * by_log_a**2).sum(0) + LOG_A_SD**-2
    i22 = (weight * by_b**2).sum(0) + B_SD**-2
    i12 = (weight * by_log_a * by_b).sum(0)
    whole = i11 * i22 - i12**2
    move = np.clip([(i22 * g1 - i12 * g2) / whole, (i11 * g2 - i12 * g1) / whole], -LONGEST_STEP, LONGEST_STEP)
    return log_a + move[0], b + move[1], (np.sqrt(i22 / whole), np.sqrt(i11 / whole))
