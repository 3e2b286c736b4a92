"""How long the whole report takes, and the two-way bootstrap against the plain pandas loop on the same draws.

Run: python tests/bench/report.py [--quick]

The report: 200 children × 300 trials and 20 checkpoints × 10,000 trials, every figure and table, in a fresh process so
that its peak memory is its own. The bootstrap: 60 × 30 and 200 × 300, a thousand draws; the loop takes a part of the
draws (it is slow) and its time is scaled to all of them.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis"))

from simulated_tables import ALL_FORMS, Sitter, session

from analysis.twoway import crossed, draw_weights, evaluate

DRAWS = 1000


def big_table(children: int, trials: int, checkpoints: int, model_trials: int) -> pd.DataFrame:
    """A lab of that size: children of 6 to 42 months, and a model that learns."""
    each, model_each = trials // len(ALL_FORMS) + 1, model_trials // len(ALL_FORMS) + 1
    parts = []
    for at in range(children):
        months = 6 + 36 * at / max(children - 1, 1)
        sitter = Sitter(f"C{at:03d}", ability=(months - 22) / 8, age_days=round(months * 30.4375))
        parts.append(session(sitter, ALL_FORMS, each, at, items=60).head(trials))
    for at in range(checkpoints):
        able = -4 + 5 * at / max(checkpoints - 1, 1)
        sitter = Sitter(
            "m", "model", able, model_id="babyvlm", step=100 * at + 1, hours=0.1 * 1.5**at, source="text", scores=True
        )
        parts.append(session(sitter, ALL_FORMS, model_each, 1000 + at).head(model_trials))
    return pd.concat(parts, ignore_index=True)


def write_whole_report(path: str, folder: str) -> None:
    """Read a table, compute everything, write the report; prints seconds and peak memory."""
    from analysis.data import prepare
    from analysis.options import Options
    from analysis.report import write_report
    from analysis.report.extras import compute_extras
    from analysis.study import LabFacts, study

    start = time.perf_counter()
    table = pd.read_parquet(path)
    loaded = time.perf_counter()
    results = study(prepare(table), LabFacts("bench"), Options())
    computed = time.perf_counter()
    extras = compute_extras(results.base)
    topics = time.perf_counter()
    written = write_report(results, Path(folder) / "report.html", extras=extras)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = written.page.stat().st_size / 2**20
    busy = time.process_time()
    steps = (("load", loaded - start), ("compute", computed - loaded), ("topics", topics - computed),
             ("write", done - topics))  # fmt: skip
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in steps)
    print(f"report of {len(table):,} trials: {done - start:.1f} s, {busy:.1f} CPU s with imports", end=" ")  # noqa: T201
    print(f"({parts}) peak {peak:.2f} GiB, page {size:.1f} MiB")  # noqa: T201


def loop_estimates(table: pd.DataFrame, w_BC: np.ndarray, w_BI: np.ndarray) -> list[float]:
    """The straightforward way: put every drawn sample together with pandas, then take its mean."""
    estimates = []
    for persons, items in zip(w_BC, w_BI, strict=True):
        times = persons[table["person"].to_numpy()] * items[table["item"].to_numpy()]
        estimates.append(table.loc[table.index.repeat(times.astype(int))]["y"].mean())
    return estimates


def bench_bootstrap(persons: int, items: int, part: int) -> None:
    """Compare both ways on the same draws; the loop does ``part`` of them."""
    rng = np.random.default_rng(1)
    grid = pd.DataFrame([(c, i) for c in range(persons) for i in range(items)], columns=["person", "item"])
    grid = grid.assign(y=(rng.random(len(grid)) < 0.6).astype(float), n=1.0, cell="a")
    names = grid.assign(person=grid["person"].map("{:04d}".format), item=grid["item"].map("{:04d}".format))
    data = crossed(names["person"], names["item"], names["cell"], names["y"], names["n"])
    w_BC, w_BI = draw_weights(data, DRAWS, seed=2)
    ours = math.inf
    for _ in range(5):  # the first call starts the threads of the linear algebra library
        start = time.perf_counter()
        fast = evaluate(data, w_BC, w_BI)
        ours = min(ours, time.perf_counter() - start)
    start = time.perf_counter()
    slow = loop_estimates(grid, w_BC[:part], w_BI[:part])
    loop = (time.perf_counter() - start) * DRAWS / part
    off = float(np.abs(fast.theta_B[:part] - slow).max())
    print(f"two-way bootstrap {persons} × {items}, {DRAWS} draws: {ours:.3f} s with standard errors;", end=" ")  # noqa: T201
    print(f"pandas loop {loop:.2f} s without: {loop / ours:.0f} times as long; largest difference {off:.1e}")  # noqa: T201


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    quick = parser.parse_args().quick
    bench_bootstrap(60, 30, 200)
    bench_bootstrap(200, 300, 40)
    with tempfile.TemporaryDirectory() as folder:
        table = big_table(20, 300, 2, 10_000) if quick else big_table(200, 300, 20, 10_000)
        path = f"{folder}/trials.parquet"
        table.astype({"correct": "boolean", "random_weights": "boolean"}).to_parquet(path)
        del table
        child = multiprocessing.get_context("spawn").Process(target=write_whole_report, args=(path, folder))
        child.start()
        child.join()


if __name__ == "__main__":
    main()
