"""Which items a block takes: from the bank, from what was learned, staged from another task, or an adaptive pool.

The planner's first half; where right choices stand and in which order items come is `protocols.positions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from devkit.errors import UserError, did_you_mean
from devkit.items import Item
from devkit.tasks import STAGED, task
from devkit.tasks.present import Setting, present
from protocols.adaptive import Irt, eligible
from protocols.draw import stratified
from protocols.plan import ItemSource
from protocols.positions import Draw, fixed_place, strata_of
from protocols.rules import Adaptive
from protocols.schema import Scalar


def choose(draw: Draw, bank: ItemSource, taken: set[str], learned: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Return the items for demonstration and practice, and those for the test.

    Args:
        draw: The block and its streams of chance.
        bank: Where items come from.
        taken: Items that other blocks have.
        learned: Items of the block that held the learning part.

    Raises:
        UserError: There are too few, or a named one is not there.
    """
    block, choice = draw.block, draw.block.items
    if choice.learned:
        return [], list(learned)
    known = [item for item in offered(draw, bank) if not {item.item_id, source_id(item)} & taken]
    pool = [item for item in known if _fits(item, choice.where)]
    extra = block.demonstration + (block.practice.items if block.practice else 0)
    if choice.ids is not None:
        named = [_named(draw, bank, item_id, taken) for item_id in choice.ids]
        rest = [item for item in pool if item.item_id not in choice.ids]
        if len(rest) < extra:
            raise too_few(draw, bank, len(named) + extra, len(named) + len(rest))
        return _sample(draw, rest, extra), named
    wanted = choice.sample if isinstance(choice.sample, int) else choice.at_most or 0
    least = extra + (choice.sample if isinstance(choice.sample, int) else 1)
    if len(pool) < least:
        raise too_few(draw, bank, least, len(pool))
    before = _sample(draw, pool, extra)
    used = {item.item_id for item in before}
    rest = [item for item in pool if item.item_id not in used]
    if choice.sample == "all" or wanted >= len(rest):
        return before, rest
    return before, _in_company(draw, rest, wanted) if choice.companions == "together" else _sample(draw, rest, wanted)


def offered(draw: Draw, bank: ItemSource) -> Iterator[Item]:
    """Yield the bank's items of the block's task and form; of a staged measure those staged from its source."""
    staged = STAGED.get(draw.block.task)
    source = staged.source if staged else (draw.block.task, draw.block.form)
    for item in bank.items.values():
        if (item.task, item.form) == source and (staged is None or item.turns[0].choices[item.turns[0].target].media):
            yield staged.stage(item) if staged else item


def source_id(item: Item) -> str:
    """Return the id under which the bank has an item; a staged one bears its task before that of its source."""
    return item.item_id.removeprefix(f"{item.task}-") if item.task in STAGED else item.item_id


def adaptive_pool(
    draw: Draw, rule: Adaptive, items: Sequence[Item], bank: ItemSource
) -> tuple[list[Item], dict[str, Irt], bool]:
    """Return what an adaptive test may choose from: items from easy to hard, their parameters, and if provisional.

    Raises:
        UserError: Too few items have parameters.
    """
    parameters = _from_table(draw, rule, items) if rule.table else _provisional(draw, items)
    known = [item for item in items if item.item_id in parameters]
    share = max(rule.exposure, min(1.0, rule.most_items / max(1, len(known))))
    drawn = eligible([parameters[item.item_id].b for item in known], share, draw.items)
    if len(drawn) < rule.least_items:
        raise UserError(
            f"an adaptive test of at least {rule.least_items} items has {len(drawn)} to choose from: {len(known)} "
            f"items of the bank '{bank.name}' have parameters, and a child meets {rule.exposure:.0%} of them",
            place=draw.where,
            hint="make a larger bank, raise exposure, or lower least_items",
            code="too-few-items",
        )
    return [known[index] for index in drawn], parameters, not rule.table


def _from_table(draw: Draw, rule: Adaptive, items: Sequence[Item]) -> dict[str, Irt]:
    """Return the table's parameters by item; its own row goes before that of its word."""
    chance = task(draw.block.task).forms[draw.block.form].chance
    rows = {row.item or f"word {row.word}": row for row in rule.table}
    found = {item.item_id: rows.get(item.item_id) or rows.get(f"word {item.word}") for item in items}
    return {
        item_id: Irt(row.a, row.b, chance if row.c is None else row.c)
        for item_id, row in found.items()
        if row is not None
    }


def _provisional(draw: Draw, items: Sequence[Item]) -> dict[str, Irt]:
    """Return parameters for items that were never calibrated: what the task's own simulation assumes."""
    declared = task(draw.block.task)
    chance = declared.forms[draw.block.form].chance
    return {
        item.item_id: Irt(
            1.0,
            round(declared.difficulty(present(item, 0, tuple(range(len(item.turns[0].choices))), Setting())), 6),
            chance,
        )
        for item in items
    }


def _in_company(draw: Draw, pool: Sequence[Item], n: int) -> list[Item]:
    """Draw at most ``n`` items so that items with the same pictures are all drawn or none of them."""
    units: dict[frozenset[str], list[Item]] = {}
    for item in pool:
        units.setdefault(frozenset(item.media()), []).append(item)
    heads = [unit[0] for unit in units.values()]
    drawn: list[Item] = []
    for head in _sample(draw, heads, len(heads)):
        unit = units[frozenset(head.media())]
        if len(drawn) + len(unit) <= n:
            drawn += unit
    return drawn


def _sample(draw: Draw, pool: Sequence[Item], n: int) -> list[Item]:
    column = draw.block.items.stratify
    strata = strata_of(draw, pool, column) if column else [0] * len(pool)
    balanced = draw.block.positions == "balanced"
    places = [fixed_place(item) if balanced else None for item in pool]
    drawn = stratified(strata, places, n, draw.items)
    if draw.block.order == "fixed":
        drawn.sort()
    return [pool[index] for index in drawn]


def _fits(item: Item, where: Mapping[str, Scalar | tuple[Scalar, ...]]) -> bool:
    return all(
        item.difficulty.get(column) in (allowed if isinstance(allowed, tuple) else (allowed,))
        for column, allowed in where.items()
    )


def _named(draw: Draw, bank: ItemSource, item_id: str, taken: set[str]) -> Item:
    item = next((one for one in offered(draw, bank) if one.item_id == item_id), None) or bank.items.get(item_id)
    if item is None:
        hint = did_you_mean(item_id, bank.items)
        raise UserError(f"the bank '{bank.name}' has no item '{item_id}'", place=draw.where, hint=hint)
    if (item.task, item.form) != (draw.block.task, draw.block.form):
        raise UserError(f"the item '{item_id}' is of {item.task}/{item.form}", place=draw.where)
    if item_id in taken:
        raise UserError(f"the item '{item_id}' was taken before", place=draw.where)
    return item


def too_few(draw: Draw, bank: ItemSource, wanted: int, found: int) -> UserError:
    """Return the error that says how many items there are."""
    return UserError(
        f"{wanted} items are wanted and the bank '{bank.name}' has {found} to offer",
        place=draw.where,
        hint="make a larger bank, or take at_most instead of sample",
        code="too-few-items",
    )
