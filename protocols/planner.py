"""The planner: a pure function from (protocol, bank, respondent code, seed) to a plan.

Every block draws from its own stream of chance, so a change in one block leaves the others as they were. A plan
holds no item twice; demonstration, practice and test items are apart. Balanced positions mean: in a block the right
choice is at each position equally often (±1) and at most three times running; in a dialogue this holds for the turns
of each phase. Where the choices may not be moved (quadrants, directions, numbers), the draw prefers items whose right
answers balance, and the order of the items does the rest.

A *counterbalancing list* moves every right choice on by one position per list, over the same items: what is left for
one child is right for the next, so word and side are never confounded.
"""

from __future__ import annotations

from collections.abc import Sequence

from devkit.errors import UserError, did_you_mean
from devkit.items import Item
from devkit.respondents import TrialKind
from devkit.tasks import task
from protocols.draw import balanced_positions, stratified, stream
from protocols.plan import ItemSource, Plan, PlanBlock, PlanTiming, PlanTrial
from protocols.positions import Draw, fixed_place, free_places, in_order, orders_of, strata_of
from protocols.schema import Block, Protocol, Scalar


def make_plan(
    protocol: Protocol,
    bank: ItemSource,
    respondent_code: str,
    seed: int,
    *,
    counterbalance_list: int | None = None,
    avoid: frozenset[str] = frozenset(),
) -> Plan:
    """Work a protocol out to a list of trials.

    Args:
        protocol: What is taken.
        bank: Where the items come from.
        respondent_code: Decides, with the seed, everything that is drawn, and the counterbalancing list.
        seed: Seed of the study or session.
        counterbalance_list: Use this list instead of the one that the code gives.
        avoid: Items not to be used.

    Returns:
        The plan; equal arguments give an equal plan on every platform.

    Raises:
        UserError: The bank has too few items for a block, or lacks a named item or column.
    """
    taken = set(avoid)
    blocks: list[PlanBlock] = []
    trials: list[PlanTrial] = []
    code_list = stream("list", protocol.protocol, respondent_code).randrange(1 << 30)
    number = code_list if counterbalance_list is None else counterbalance_list
    for index, block in enumerate(protocol.blocks):
        shared = (protocol.protocol, seed, index)
        own = (*shared, respondent_code)
        lists = block.counterbalance
        drawn_by = shared if lists > 1 else own
        draw = Draw(
            block=block,
            where=f"{protocol.protocol}, block {index + 1} ({block.task}/{block.form})",
            items=stream("items", *drawn_by),
            places=stream("places", *drawn_by),
            order=stream("order", *own),
            item_seed=drawn_by,
            shift=number % lists,
        )
        planned = _plan_block(draw, bank, taken)
        taken.update(item.item_id for item, *_ in planned)
        blocks.append(_plan_settings(block))
        trials += _trials(draw, planned, index, len(trials))
    most_lists = max(block.counterbalance for block in protocol.blocks)
    return Plan(
        protocol=protocol.protocol,
        protocol_version=str(protocol.version),
        protocol_digest=protocol.digest,
        title=protocol.title,
        language=protocol.language,
        age_months=protocol.audience.age_months,
        bank=bank.name,
        bank_digest=bank.digest,
        respondent_code=respondent_code,
        seed=seed,
        counterbalance_list=number % most_lists,
        ground=protocol.screen.ground,
        attention_getter=protocol.screen.attention_getter,
        blocks=tuple(blocks),
        trials=tuple(trials),
    )


type _Planned = tuple[Item, TrialKind, tuple[tuple[int, ...], ...]]


def _plan_block(draw: Draw, bank: ItemSource, taken: set[str]) -> list[_Planned]:
    before, test = _choose(draw, bank, taken)
    demonstrations = draw.block.demonstration
    planned: list[_Planned] = []
    for number, (item, place) in enumerate(zip(before, free_places(draw, before), strict=True)):
        planned.append((item, "demonstration" if number < demonstrations else "practice", orders_of(draw, item, place)))
    for item, place in in_order(draw, test):
        planned.append((item, "test", orders_of(draw, item, place)))
    return planned


def _choose(draw: Draw, bank: ItemSource, taken: set[str]) -> tuple[list[Item], list[Item]]:
    """Return the items for demonstration and practice, and those for the test."""
    block, choice = draw.block, draw.block.items
    known = [
        item
        for item in bank.items.values()
        if item.task == block.task and item.form == block.form and item.item_id not in taken
    ]
    pool = [item for item in known if _fits(item, choice.where)]
    extra = block.demonstration + (block.practice.items if block.practice else 0)
    if choice.ids is not None:
        named = [_named(draw, bank, item_id, taken) for item_id in choice.ids]
        rest = [item for item in pool if item.item_id not in choice.ids]
        if len(rest) < extra:
            raise _too_few(draw, bank, len(named) + extra, len(named) + len(rest))
        return _sample(draw, rest, extra), named
    wanted = choice.sample if isinstance(choice.sample, int) else choice.at_most or 0
    least = extra + (choice.sample if isinstance(choice.sample, int) else 1)
    if len(pool) < least:
        raise _too_few(draw, bank, least, len(pool))
    before = _sample(draw, pool, extra)
    used = {item.item_id for item in before}
    rest = [item for item in pool if item.item_id not in used]
    if choice.sample == "all" or wanted >= len(rest):
        return before, rest
    return before, _in_company(draw, rest, wanted) if choice.companions == "together" else _sample(draw, rest, wanted)


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


def _trials(draw: Draw, planned: list[_Planned], block: int, start: int) -> list[PlanTrial]:
    timing = draw.block.timing
    delays = sorted(timing.delay) if timing.delay else []
    tests = sum(kind == "test" for _, kind, _ in planned)
    cycle = iter([delays[place] for place in balanced_positions(tests, len(delays), draw.order)] if delays else [])
    trials: list[PlanTrial] = []
    done = 0
    for offset, (item, kind, orders) in enumerate(planned):
        every = timing.attention_every
        trials.append(
            PlanTrial(
                index=start + offset,
                block=block,
                kind=kind,
                item_id=item.item_id,
                item_digest=item.digest,
                orders=orders,
                targets=tuple(order.index(turn.target) for order, turn in zip(orders, item.turns, strict=True)),
                attention=bool(every and kind == "test" and done and done % every == 0),
                delay_ms=None if not delays else next(cycle) if kind == "test" else delays[0],
            )
        )
        done += kind == "test"
    return trials


def _plan_settings(block: Block) -> PlanBlock:
    declared = task(block.task)
    timing = block.timing
    return PlanBlock(
        title=block.title or declared.title,
        task=block.task,
        form=block.form,
        layout=declared.layout,
        answer_by=block.answer or declared.answer_by,
        chance=declared.forms[block.form].chance,
        positions=block.positions,
        feedback=block.feedback,
        practice=block.practice,
        stop=block.stop,
        timing=PlanTiming(
            answer_max_ms=timing.answer_max,
            exposure_ms=timing.exposure,
            frame_ms=timing.frame,
            ready=timing.ready,
            prompt=timing.prompt,
            word_lead_ms=timing.word_lead,
            gap_ms=timing.gap,
        ),
    )


def _fits(item: Item, where: dict[str, Scalar | tuple[Scalar, ...]]) -> bool:
    return all(
        item.difficulty.get(column) in (allowed if isinstance(allowed, tuple) else (allowed,))
        for column, allowed in where.items()
    )


def _named(draw: Draw, bank: ItemSource, item_id: str, taken: set[str]) -> Item:
    item = bank.items.get(item_id)
    if item is None:
        hint = did_you_mean(item_id, bank.items)
        raise UserError(f"the bank '{bank.name}' has no item '{item_id}'", place=draw.where, hint=hint)
    if (item.task, item.form) != (draw.block.task, draw.block.form):
        raise UserError(f"the item '{item_id}' is of {item.task}/{item.form}", place=draw.where)
    if item_id in taken:
        raise UserError(f"the item '{item_id}' was taken before", place=draw.where)
    return item


def _too_few(draw: Draw, bank: ItemSource, wanted: int, found: int) -> UserError:
    return UserError(
        f"{wanted} items are wanted and the bank '{bank.name}' has {found} to offer",
        place=draw.where,
        hint="make a larger bank, or take at_most instead of sample",
        code="too-few-items",
    )
