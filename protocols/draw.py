"""Drawing for the planner: seeded chance that is the same everywhere, stratified samples, balanced sequences.

Pure functions over positions and indices; what an item or a trial is, `protocols.plan` knows.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Hashable, Sequence

LONGEST_RUN = 3


def stream(*parts: str | int) -> random.Random:
    """Return a generator of chance that depends on the parts alone: equal parts, equal numbers, on every platform."""
    text = "\x1f".join(str(part) for part in parts)
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))


def permuted(values: Sequence[int], *parts: str | int) -> list[int]:
    """Return up to 50 values in an order that depends on the parts alone; much cheaper than a `stream` of its own.

    One digest is a number of 256 bits, and the number names the permutation; 50! has 215 bits.
    """
    text = "\x1f".join(str(part) for part in parts)
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    order = list(values)
    for last in range(len(order) - 1, 0, -1):
        number, other = divmod(number, last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def stratified[K: Hashable](strata: Sequence[K], places: Sequence[int | None], n: int, rng: random.Random) -> list[int]:
    """Draw ``n`` of the candidates so that strata come equally often (±1 while they last), and places too.

    Args:
        strata: Stratum of each candidate.
        places: Position of the right answer where it cannot be moved, else None; the places used least so far are
            preferred within a stratum.
        n: How many, at most the number of candidates.
        rng: Source of chance.

    Returns:
        Indices of the drawn candidates, in the order of drawing.
    """
    groups: dict[K, dict[int | None, list[int]]] = defaultdict(lambda: defaultdict(list))
    indices = list(range(len(strata)))
    rng.shuffle(indices)
    for index in indices:
        groups[strata[index]][places[index]].append(index)
    waiting = [group for _, group in sorted(groups.items(), key=lambda pair: str(pair[0]))]
    used: dict[int | None, int] = defaultdict(int)
    drawn: list[int] = []
    while len(drawn) < n:
        rng.shuffle(waiting)
        for group in waiting[: n - len(drawn)]:
            least = min(used[place] for place in group)
            place = rng.choice([p for p in group if used[p] == least])
            drawn.append(group[place].pop())
            used[place] += 1
            if not group[place]:
                del group[place]
        waiting = [group for group in waiting if group]
    return drawn


def balanced_counts(n: int, k: int, rng: random.Random) -> list[int]:
    """Return how often each of ``k`` positions comes in ``n`` trials: equally often, the rest (±1) by chance."""
    counts = [n // k] * k
    for position in rng.sample(range(k), n % k):
        counts[position] += 1
    return counts


def balanced_positions(n: int, k: int, rng: random.Random) -> list[int]:
    """Return ``n`` positions in which every ``k`` neighbours from a multiple of ``k`` on are all different."""
    positions: list[int] = []
    while len(positions) < n:
        positions += rng.sample(range(k), k)
    return positions[:n]


def spread(counts: Sequence[int], rng: random.Random, *, before: Sequence[int] = ()) -> list[int]:
    """Return a random sequence in which position p comes ``counts[p]`` times and none more than 3 times running.

    Each step takes one of the positions after which the rest can still be laid out, a position with twice as many left
    being twice as likely; so nothing is ever drawn in vain. Where the counts allow no sequence without
    longer runs, the shortest possible longest run takes the place of 3.

    Args:
        counts: How often each position comes.
        rng: Source of chance.
        before: What went before; runs are counted across the border.
    """
    left = list(counts)
    total = sum(left)
    last, run = _tail(before)
    limit = _shortest_run(left, total, last, run)
    sequence: list[int] = []
    while total:
        allowed = [
            p
            for p, count in enumerate(left)
            if count and not (p == last and run >= limit) and _possible(left, total, p, last, run, limit)
        ]
        if not allowed:  # the border alone makes a longer run unavoidable
            allowed = [p for p, count in enumerate(left) if count]
        position = rng.choices(allowed, [left[p] for p in allowed])[0] if len(allowed) > 1 else allowed[0]
        run = run + 1 if position == last else 1
        last = position
        left[position] -= 1
        total -= 1
        sequence.append(position)
    return sequence


def arrange(places: Sequence[int], rng: random.Random, *, before: Sequence[int] = ()) -> list[int]:
    """Return a random order (indices) of trials whose positions are given; runs stay as short as in `spread`."""
    buckets: dict[int, list[int]] = defaultdict(list)
    for index in rng.sample(range(len(places)), len(places)):
        buckets[places[index]].append(index)
    kinds = sorted(buckets)
    known = {place: number for number, place in enumerate(kinds)}
    tail = [known.get(place, -1) for place in before]
    sequence = spread([len(buckets[place]) for place in kinds], rng, before=tail)
    return [buckets[kinds[number]].pop() for number in sequence]


def _tail(before: Sequence[int]) -> tuple[int, int]:
    """Return the last position and how often it has come running."""
    if not before:
        return -1, 0
    run = 0
    for position in reversed(before):
        if position != before[-1]:
            break
        run += 1
    return before[-1], run


def _shortest_run(counts: Sequence[int], total: int, last: int, run: int) -> int:
    """Return the smallest longest run, at least 3, with which the counts can be laid out."""
    needed = LONGEST_RUN
    for position, count in enumerate(counts):
        gaps = total - count + (position != last)
        needed = max(needed, -(-count // gaps) if gaps else count + run)
    return needed


def _possible(left: Sequence[int], total: int, position: int, last: int, run: int, limit: int) -> bool:
    """Tell whether the rest can be laid out after ``position``: no count outgrows the gaps between the others."""
    run = run + 1 if position == last else 1
    for other, count in enumerate(left):
        if other == position:
            if count - 1 > limit - run + limit * (total - count):
                return False
        elif count > limit * (total - count):
            return False
    return True
