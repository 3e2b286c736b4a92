"""Statistics against the obvious alternative: halvings for the noise ceiling, and a million trials from Parquet.

The halvings of both ways are the same and must agree to 1e-12. The two-way bootstrap against its pandas loop is in
``report.py``. Run: python tests/bench/statistic_times.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.items.agreement import half_correlations
from analysis.items.matrix import Answers

HALVES = 1000
ROWS = 1_000_000


def answers(children: int = 60, items: int = 30) -> Answers:
    """Return simulated answers."""
    rng = np.random.default_rng(1)
    eta = rng.standard_normal((children, 1)) + rng.standard_normal((1, items))
    y = (rng.random((children, items)) < 1 / (1 + np.exp(-eta))).astype(float)
    return Answers(tuple(map(str, range(children))), tuple(map(str, range(items))), y)


def by_loop(data: Answers, seed: int) -> np.ndarray:
    """Halve and correlate one halving after the other, as one would write it."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(data.y_CI)
    half = len(frame) // 2
    orders = np.argsort(rng.random((HALVES, len(frame))), axis=1)
    found = [
        frame.iloc[order[:half]].mean().corr(frame.iloc[order[half : 2 * half]].mean(), method="spearman")
        for order in orders
    ]
    return np.array(found)


def million(folder: Path) -> tuple[float, float]:
    """Return seconds to load, filter and summarise a million trials: needed columns, and all columns as text first."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "respondent_code": rng.integers(0, 500, ROWS).astype(str), "task": rng.choice(["a", "b", "c"], ROWS),
            "trial_kind": rng.choice(["test", "practice"], ROWS, p=[0.95, 0.05]), "valid": rng.random(ROWS) < 0.95,
            "score": rng.integers(0, 2, ROWS) * 1.0,
        }
    ).assign(**{f"other_{k}": rng.random(ROWS) for k in range(20)})  # fmt: skip
    frame.to_parquet(folder / "trials.parquet")
    frame.to_csv(folder / "trials.csv", index=False)
    needed = ["respondent_code", "task", "trial_kind", "valid", "score"]
    began = time.perf_counter()
    _summary(pd.read_parquet(folder / "trials.parquet", columns=needed))
    middle = time.perf_counter()
    _summary(pd.read_csv(folder / "trials.csv"))
    return middle - began, time.perf_counter() - middle


def _summary(frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame[frame["valid"] & (frame["trial_kind"] == "test")]
    return kept.groupby(["task", "respondent_code"], observed=True)["score"].agg(["mean", "size"])


def main() -> None:
    """Print the table."""
    data = answers()
    began = time.perf_counter()
    slow = by_loop(data, 1)
    middle = time.perf_counter()
    fast = half_correlations(data, HALVES, 1)
    ended = time.perf_counter()
    apart = float(np.nanmax(np.abs(slow - fast)))
    print(f"{'what':<44} {'obvious, s':>11} {'devkit, s':>10} {'ratio':>7}")  # noqa: T201
    first, second = middle - began, ended - middle
    print(f"{'1,000 halvings, 60 children × 30 items':<44} {first:>11.2f} {second:>10.3f} {first / second:>7.0f}")  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        some, whole = million(Path(folder))
    print(f"{'1,000,000 trials: load, filter, summarise':<44} {whole:>11.2f} {some:>10.3f} {whole / some:>7.0f}")  # noqa: T201
    print(f"largest difference of a halving: {apart:.1e}")  # noqa: T201


if __name__ == "__main__":
    main()
