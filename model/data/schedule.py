"""Which source a forward pass reads, and which of its samples: pure functions of the seed and a running number.

Samples come shuffled, or by the age of the child (`ByAge`).

Sources take turns in proportion to their weights, in an order shuffled anew for each cycle, and each source counts
its own samples. So every sample of a finite source is used once before any is used twice, a run can be resumed at
any step, and processes can share a step without talking to each other.
"""

from __future__ import annotations

import bisect
import random
from collections.abc import Mapping, Sequence
from functools import lru_cache

CYCLE = 48
MONTH_DAYS = 30.4375


class Schedule:
    """Turns of sources.

    Args:
        weights: Of the sources by name; zero leaves one out.
        seed: Of the order.
    """

    def __init__(self, weights: Mapping[str, float], seed: str) -> None:
        self.seed = seed
        self.cycle = _cycle({name: weight for name, weight in weights.items() if weight > 0})
        self._counts = {name: self.cycle.count(name) for name in set(self.cycle)}

    def turn(self, number: int) -> tuple[str, int]:
        """Return the source of a turn, and how many turns that source has had before."""
        cycle, place = divmod(number, len(self.cycle))
        order = self._order(cycle)
        name = order[place]
        return name, cycle * self._counts[name] + order[:place].count(name)

    def _order(self, cycle: int) -> Sequence[str]:
        order = list(self.cycle)
        random.Random(f"{self.seed}/{cycle}").shuffle(order)
        return order


def _cycle(weights: Mapping[str, float]) -> tuple[str, ...]:
    if not weights:
        raise ValueError("a mixture needs a source with a weight above zero")
    if len(weights) == 1:
        return tuple(weights)
    total = sum(weights.values())
    turns = [name for name, weight in weights.items() for _ in range(max(1, round(CYCLE * weight / total)))]
    return tuple(turns)


@lru_cache(maxsize=16)
def _permutation(count: int, seed: str) -> tuple[int, ...]:
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return tuple(order)


def shuffled(index: int, count: int, seed: str) -> int:
    """Return the sample at a place of an endless, epoch-wise shuffled reading of ``count`` samples."""
    epoch, place = divmod(index, count)
    return _permutation(count, f"{seed}/{epoch}")[place]


class ByAge:
    """A reading of samples in which those of younger children come first, shuffled within a month of age.

    Over the whole reading every sample is read as often as in a shuffled one, but all readings of a month follow one
    another: what was met at six months does not come back after what was met at thirty.

    Args:
        ages: Age at each sample, days.
        total: Samples that will be read; the reading starts anew after them.
        seed: Of the order within a month.
    """

    def __init__(self, ages: Sequence[int], total: int, seed: str) -> None:
        months: dict[int, list[int]] = {}
        for sample, age in enumerate(ages):
            months.setdefault(int(age / MONTH_DAYS), []).append(sample)
        self.blocks = [months[month] for month in sorted(months)]
        self.total, self.seed = max(1, total), seed
        ends, met = [], 0
        for block in self.blocks:
            met += len(block)
            ends.append(round(met * self.total / len(ages)))
        self.ends = ends

    def __call__(self, index: int) -> int:
        """Return the sample at a place of the reading."""
        reading, place = divmod(index, self.total)
        number = bisect.bisect_right(self.ends, place)
        block, begin = self.blocks[number], self.ends[number - 1] if number else 0
        return block[shuffled(place - begin, len(block), f"{self.seed}/{reading}/{number}")]
