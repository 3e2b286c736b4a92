"""Planning 10,000 trials, against the obvious alternative: shuffle the positions until no run is longer than three.

The naive planner cannot do 10,000 trials at once (a shuffle of so many without a run of four does not come up), so it
is given chunks of 24 trials, and it balances nothing but positions: no strata, no lists, no streams of their own. Both
make the same `PlanTrial`s with item digests.

Run: python tests/bench/plan.py
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from itertools import groupby

from devkit.items import Item
from protocols.draw import arrange, balanced_positions, stream
from protocols.load import parse_protocol
from protocols.placeholder import PlaceholderBank, placeholder_bank
from protocols.plan import PlanTrial
from protocols.planner import make_plan

TRIALS, CHUNK, ROUNDS = 10_000, 24, 3
TEXT = f"""\
protocol: bench
version: 1
title: bench
blocks:
  - {{task: who_has_more, form: synthetic, items: {{sample: {TRIALS}, stratify: ratio}}}}
"""


def shortest_runs(places: list[int]) -> bool:
    return all(len(list(group)) <= 3 for _, group in groupby(places))


def naive_places(n: int, rng: random.Random, size: int = CHUNK) -> tuple[list[int], int]:
    """Balanced positions by rejection, chunk by chunk; returns them and the number of shuffles."""
    places: list[int] = []
    shuffles = 0
    while len(places) < n:
        chunk = [0, 1] * (size // 2)
        while True:
            rng.shuffle(chunk)
            shuffles += 1
            if shortest_runs(places[-3:] + chunk):
                break
        places += chunk
    return places[:n], shuffles


def naive_plan(bank: PlaceholderBank, seed: int) -> list[PlanTrial]:
    rng = random.Random(seed)
    items: list[Item] = rng.sample(list(bank.items.values()), TRIALS)
    places, _ = naive_places(TRIALS, rng)
    trials = []
    for index, (item, place) in enumerate(zip(items, places, strict=True)):
        order = (item.turns[0].target, 1 - item.turns[0].target)
        trials.append(
            PlanTrial(
                index=index,
                block=0,
                kind="test",
                item_id=item.item_id,
                item_digest=item.digest,
                orders=(order if place == 0 else order[::-1],),
                targets=(place,),
            )
        )
    return trials


def our_places(seed: int) -> list[int]:
    rng = stream("bench", seed)
    places = balanced_positions(TRIALS, 2, rng)
    return [places[index] for index in arrange(places, rng)]


def best(work: Callable[[int], object]) -> float:
    times = []
    for seed in range(ROUNDS):
        start = time.perf_counter()
        work(seed)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    protocol = parse_protocol(TEXT)
    bank = placeholder_bank(TRIALS + 500, only=("who_has_more", "synthetic"))
    rows = [
        (
            "positions alone",
            best(our_places),
            best(lambda seed: naive_places(TRIALS, random.Random(seed))),
        ),
        (
            "whole plan",
            best(lambda seed: make_plan(protocol, bank, "bench", seed)),
            best(lambda seed: naive_plan(bank, seed)),
        ),
    ]
    sys.stdout.write(f"{'10,000 trials':<18}{'devkit':>10}{'rejection':>12}{'rejection / devkit':>20}\n")
    for name, ours, theirs in rows:
        sys.stdout.write(f"{name:<18}{ours:>8.3f} s{theirs:>10.3f} s{theirs / ours:>20.2f}\n")
    for size in (CHUNK, 2 * CHUNK, 3 * CHUNK):
        shuffles = naive_places(20 * size, random.Random(0), size)[1] / 20
        sys.stdout.write(f"rejection needs {shuffles:.0f} shuffles for a block of {size} trials; devkit always 1\n")


if __name__ == "__main__":
    main()
