"""Where the right choices stand and in which order the items come: the balancing half of the planner.

What is drawn into a block, `protocols.planner` decides; the sequences themselves are made by `protocols.draw`.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from devkit.errors import UserError
from devkit.items import Item
from protocols.draw import arrange, balanced_counts, balanced_positions, permuted, spread, stream
from protocols.schema import Block

_BINS = 6
_MANY = 12


@dataclass(frozen=True, slots=True)
class Draw:
    """What a block is drawn from: its rules and its streams of chance.

    Attributes:
        block: The rules.
        where: Names the block in messages.
        items: Draws the items.
        places: Draws the positions of the right choices.
        order: Draws the order of the trials.
        item_seed: What the choices of an item are drawn from, together with its id.
        shift: Positions by which the counterbalancing list moves every right choice on.
    """

    block: Block
    where: str
    items: random.Random
    places: random.Random
    order: random.Random
    item_seed: tuple[str | int, ...]
    shift: int


def strata_of(draw: Draw, items: Sequence[Item], column: str) -> list[int]:
    """Return the stratum of each item: one for each value, or six of equal size for a finely graded number.

    Items without the column (imported ones may not have it) are a stratum of their own, the last; where the order
    goes by the column that is a mistake.
    """
    values = [item.difficulty.get(column) for item in items]
    if None in values and draw.block.order in ("blocked", "ascending"):
        bad = items[values.index(None)].item_id
        hint = f"order: {draw.block.order} needs it"
        message = f"the item '{bad}' has no difficulty column '{column}'"
        raise UserError(message, place=draw.where, hint=hint, code="column")
    known = [value for value in values if value is not None]
    numbers = [value for value in known if isinstance(value, int | float)]
    if len(numbers) < len(known):
        words = {word: place for place, word in enumerate(sorted({str(value) for value in known}))}
        return [len(words) if value is None else words[str(value)] for value in values]
    if len(set(numbers)) > _MANY:
        numbers.sort()
        borders = [numbers[len(numbers) * part // _BINS] for part in range(1, _BINS)]
        return [_BINS if value is None else bisect_right(borders, float(value)) for value in values]
    rank = {value: place for place, value in enumerate(sorted(set(numbers)))}
    return [len(rank) if value is None else rank[float(value)] for value in values]


def in_order(draw: Draw, items: list[Item]) -> list[tuple[Item, int | None]]:
    """Return the test items in order, each with the position of its right choice (None: as the bank has it)."""
    order, column = draw.block.order, draw.block.items.stratify
    strata = strata_of(draw, items, column) if column else [0] * len(items)
    if order in ("fixed", "ascending"):
        ties = [draw.places.random() for _ in items]
        if order == "ascending":
            items = [items[i] for i in sorted(range(len(items)), key=lambda i: (strata[i], ties[i]))]
        return list(zip(items, _places_in_order(draw, items), strict=True))
    by_stratum = sorted(range(len(items)), key=lambda i: strata[i])
    items, strata = [items[i] for i in by_stratum], [strata[i] for i in by_stratum]
    places = free_places(draw, items)
    return [(items[i], places[i]) for i in _shuffled(draw, items, places, strata if order == "blocked" else None)]


def _shuffled(
    draw: Draw, items: Sequence[Item], places: Sequence[int | None], groups: Sequence[int] | None
) -> list[int]:
    """Return a random order of the items: over all of them, or group by group; runs of one position stay short."""
    members: dict[int, list[int]] = {}
    for index in range(len(items)):
        members.setdefault(groups[index] if groups else 0, []).append(index)
    names = sorted(members)
    draw.order.shuffle(names)
    done: list[int] = []
    shown: list[int] = []
    for name in names:
        group = members[name]
        now = [_shown_place(items[index], places[index]) for index in group]
        if draw.block.positions == "balanced":
            sequence = arrange(now, draw.order, before=shown)
        else:
            sequence = draw.order.sample(range(len(group)), len(group))
        shown += [now[index] for index in sequence]
        done += [group[index] for index in sequence]
    return done


def free_places(draw: Draw, items: Sequence[Item]) -> list[int | None]:
    """Give each item a position for its right choice; balanced over items that lie next to each other."""
    if draw.block.positions == "fixed":
        return [None] * len(items)
    places: list[int | None] = [None] * len(items)
    sizes = sorted({len(item.turns[0].choices) for item in items if _movable(item)})
    for size in sizes:
        where = [i for i, item in enumerate(items) if _movable(item) and len(item.turns[0].choices) == size]
        if draw.block.positions == "random":
            drawn = [draw.places.randrange(size) for _ in where]
        else:
            drawn = balanced_positions(len(where), size, draw.places)
        for index, place in zip(where, drawn, strict=True):
            places[index] = (place + draw.shift) % size
    return places


def _places_in_order(draw: Draw, items: Sequence[Item]) -> list[int | None]:
    """Give positions to items whose order stands already: a balanced sequence for each number of choices."""
    if draw.block.positions != "balanced":
        return free_places(draw, items)
    places: list[int | None] = [None] * len(items)
    for size in sorted({len(item.turns[0].choices) for item in items if _movable(item)}):
        where = [i for i, item in enumerate(items) if _movable(item) and len(item.turns[0].choices) == size]
        sequence = spread(balanced_counts(len(where), size, draw.places), draw.places)
        for index, place in zip(where, sequence, strict=True):
            places[index] = (place + draw.shift) % size
    return places


def orders_of(draw: Draw, item: Item, place: int | None) -> tuple[tuple[int, ...], ...]:
    """Return the order of choices of every turn of an item; it does not depend on the items before it."""
    single = len(item.turns) == 1
    places = [place] if single else _dialogue_places(draw, item, stream("places", *draw.item_seed, item.item_id))
    orders = []
    for index, (turn, target) in enumerate(zip(item.turns, places, strict=True)):
        order = tuple(range(len(turn.choices)))
        if target is not None and turn.shuffle:
            others = [choice for choice in order if choice != turn.target]
            mixed = permuted(others, "choices", *draw.item_seed, item.item_id, index)
            order = (*mixed[:target], turn.target, *mixed[target:])
        orders.append(order)
    return tuple(orders)


def _dialogue_places(draw: Draw, item: Item, chance: random.Random) -> list[int | None]:
    """Return the position of the right choice in each turn: balanced within each phase, runs counted over phases."""
    places: list[int | None] = [None] * len(item.turns)
    if draw.block.positions == "fixed":
        return places
    shown: list[int] = []
    for key in dict.fromkeys((turn.phase, len(turn.choices)) for turn in item.turns):
        where = [i for i, turn in enumerate(item.turns) if (turn.phase, len(turn.choices)) == key and turn.shuffle]
        if key[1] < 2 or not where:
            continue
        if draw.block.positions == "random":
            sequence = [chance.randrange(key[1]) for _ in where]
        else:
            sequence = spread(balanced_counts(len(where), key[1], chance), chance, before=shown)
        shown += sequence
        for index, place in zip(where, sequence, strict=True):
            places[index] = (place + draw.shift) % key[1]
    return places


def _movable(item: Item) -> bool:
    return len(item.turns) == 1 and item.turns[0].shuffle


def fixed_place(item: Item) -> int | None:
    """Return where the right choice of an item stands that keeps its places; None when it can be moved."""
    return item.turns[0].target if len(item.turns) == 1 and not item.turns[0].shuffle else None


def _shown_place(item: Item, place: int | None) -> int:
    return place if place is not None else item.turns[-1].target
