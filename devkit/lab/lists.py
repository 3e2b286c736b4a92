"""Which list of a counterbalanced protocol the next participant takes, so that lists stay equally full."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable

LISTS = 24  # divided by every number of lists that a protocol is likely to have


def balanced_list(taken: Iterable[int]) -> int:
    """Return the list for the next participant: the one that keeps lists most equal.

    A protocol with k lists takes the number modulo k, so for every k that divides `LISTS`, the smallest first, the
    remainder is wanted that fewest have. Ties are decided by chance, so that nobody can foresee the next list.

    Args:
        taken: The lists of the participants of the same kind so far.
    """
    numbers = list(taken)
    counts = {k: Counter(number % k for number in numbers) for k in range(2, LISTS + 1) if LISTS % k == 0}
    cost = {number: tuple(counts[k][number % k] for k in counts) for number in range(LISTS)}
    least = min(cost.values())
    return secrets.choice([number for number in range(LISTS) if cost[number] == least])
