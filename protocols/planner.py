"""The planner: a pure function from (protocol, bank, respondent code, seed) to a plan.

Every block draws from its own stream of chance, so a change in one block leaves the others as they were. A plan
holds no item twice; demonstration, practice and test items are apart. Balanced positions mean: in a block the right
choice is at each position equally often (±1) and at most three times running; in a dialogue this holds for the turns
of each phase. Where the choices may not be moved (quadrants, directions, numbers), the draw prefers items whose right
answers balance, and the order of the items does the rest.

A *counterbalancing list* moves every right choice on by one position per list, over the same items: what is left for
one child is right for the next, so word and side are never confounded.

Which items a block takes is in `protocols.drawing`, where they stand in `protocols.positions`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from devkit.errors import UserError
from devkit.items import Item
from devkit.languages import language_pack
from devkit.respondents import TrialKind
from devkit.tasks import STAGED, task
from protocols.adaptive import Irt
from protocols.draw import balanced_positions, stream
from protocols.drawing import adaptive_pool, choose, source_id
from protocols.plan import ItemSource, Plan, PlanBlock, PlanFill, PlanRetention, PlanTiming, PlanTrial
from protocols.positions import Draw, free_places, in_order, orders_of
from protocols.schema import Block, Part, Protocol


def make_plan(
    protocol: Protocol,
    bank: ItemSource,
    respondent_code: str,
    seed: int,
    *,
    counterbalance_list: int | None = None,
    avoid: frozenset[str] = frozenset(),
    language: str | None = None,
) -> Plan:
    """Work a protocol out to a list of trials.

    Args:
        protocol: What is taken.
        bank: Where the items come from.
        respondent_code: Decides, with the seed, everything that is drawn, and the counterbalancing list.
        seed: Seed of the study or session.
        counterbalance_list: Use this list instead of the one that the code gives.
        avoid: Items not to be used.
        language: Language of the session; the protocol's own by default.

    Returns:
        The plan; equal arguments give an equal plan on every platform.

    Raises:
        UserError: The bank has too few items for a block, or lacks a named item or column, or the language lacks words.
    """
    course = _Course(set(avoid))
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
        course.add(draw, bank)
    most_lists = max(block.counterbalance for block in protocol.blocks)
    spoken = language or protocol.language
    _check_words(spoken, course.items)
    return Plan(
        protocol=protocol.protocol,
        protocol_version=str(protocol.version),
        protocol_digest=protocol.digest,
        title=protocol.title,
        language=spoken,
        age_months=protocol.audience.age_months,
        age=protocol.audience.age,
        session=protocol.session,
        bank=bank.name,
        bank_digest=bank.digest,
        respondent_code=respondent_code,
        seed=seed,
        counterbalance_list=number % most_lists,
        ground=protocol.screen.ground,
        attention_getter=protocol.screen.attention_getter,
        blocks=tuple(course.blocks),
        trials=tuple(course.trials),
    )


def _check_words(language: str, items: list[Item]) -> None:
    """Refuse a plan whose words the language pack cannot say; all of them are named."""
    pack = language_pack(language)
    lacking = pack.lacking({item.word for item in items if item.word})
    if lacking:
        raise UserError(
            f"the language pack '{pack.language}' has no words for {', '.join(lacking[:12])}"
            + (f" and {len(lacking) - 12} more" if len(lacking) > 12 else ""),
            place=f"devkit/languages/{pack.language}.yaml",
            hint="add them under nouns, or take another language",
            code="missing-word",
        )


@dataclass(frozen=True, slots=True)
class _Planned:
    """An item that a block takes, with the order of its choices in every turn, and the part of it that is put."""

    item: Item
    kind: TrialKind
    orders: tuple[tuple[int, ...], ...]
    part: Part = "whole"
    irt: Irt | None = None


@dataclass(slots=True)
class _Course:
    """The blocks and trials of a plan, as far as they are worked out."""

    taken: set[str]
    blocks: list[PlanBlock] = field(default_factory=list)
    trials: list[PlanTrial] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    learned: dict[int, list[Item]] = field(default_factory=dict)

    def add(self, draw: Draw, bank: ItemSource) -> None:
        """Work out one more block."""
        index, block = len(self.blocks), draw.block
        learned_in = self._learned_in(block)
        before, test = choose(draw, bank, self.taken, self.learned.get(-1 if learned_in is None else learned_in, []))
        parameters: dict[str, Irt] = {}
        provisional = False
        if block.adaptive is not None:
            test, parameters, provisional = adaptive_pool(draw, block.adaptive, test, bank)
        planned = [*_rehearsal(draw, before), *_test(draw, test, parameters)]
        if block.part == "learning":
            self.learned[index] = test
        for one in planned:
            self.taken |= {one.item.item_id, source_id(one.item)}
            self.items.append(one.item)
        self.trials += _trials(draw, planned, index, len(self.trials))
        self.blocks.append(_settings(block, learned_in, provisional=provisional))

    def _learned_in(self, block: Block) -> int | None:
        """Return the latest block with the learning part of the same task; for a filler, the latest of any."""
        for index in sorted(self.learned, reverse=True):
            done = self.blocks[index]
            if block.fill or (block.part == "test" and (done.task, done.form) == (block.task, block.form)):
                return index
        return None


def _rehearsal(draw: Draw, before: list[Item]) -> list[_Planned]:
    """Return the demonstrations and practice items of a block."""
    return [
        _Planned(
            item, "demonstration" if number < draw.block.demonstration else "practice", orders_of(draw, item, place)
        )
        for number, (item, place) in enumerate(zip(before, free_places(draw, before), strict=True))
    ]


def _test(draw: Draw, test: list[Item], parameters: dict[str, Irt]) -> list[_Planned]:
    """Return the test items of a block in order."""
    block = draw.block
    staged = STAGED.get(block.task)
    kind: TrialKind = "test" if staged is None or staged.counts else "practice"
    if parameters:
        places = zip(test, free_places(draw, test), strict=True)
        return [
            _Planned(item, kind, orders_of(draw, item, place), irt=parameters[item.item_id]) for item, place in places
        ]
    planned: list[_Planned] = []
    for item, place in in_order(draw, test):
        orders = orders_of(draw, item, place)
        if block.habituation is not None:
            planned += _familiarized(draw, item, orders)
        else:
            planned.append(_Planned(item, kind, orders, block.part))
    return planned


def _familiarized(draw: Draw, item: Item, orders: tuple[tuple[int, ...], ...]) -> list[_Planned]:
    """Return the showing of the familiar picture, which repeats itself, and the tests with alternating sides."""
    assert draw.block.habituation is not None
    sides = ((0, 1), (1, 0))
    first = draw.places.randrange(2)
    tests = [(*orders[:1], sides[(first + number) % 2]) for number in range(draw.block.habituation.test_trials)]
    return [_Planned(item, "test", orders, "learning"), *(_Planned(item, "test", one, "test") for one in tests)]


def _trials(draw: Draw, planned: list[_Planned], block: int, start: int) -> list[PlanTrial]:
    timing = draw.block.timing
    delays = sorted(timing.delay) if timing.delay else []
    tests = sum(one.kind == "test" for one in planned)
    cycle = iter([delays[place] for place in balanced_positions(tests, len(delays), draw.order)] if delays else [])
    trials: list[PlanTrial] = []
    done = 0
    for offset, one in enumerate(planned):
        every = timing.attention_every
        first, count = _span(one)
        trials.append(
            PlanTrial(
                index=start + offset,
                block=block,
                kind=one.kind,
                item_id=one.item.item_id,
                item_digest=one.item.digest,
                orders=one.orders,
                targets=tuple(order.index(turn.target) for order, turn in zip(one.orders, one.item.turns, strict=True)),
                attention=bool(every and one.kind == "test" and done and done % every == 0),
                delay_ms=None if not delays else next(cycle) if one.kind == "test" else delays[0],
                part=one.part,
                first_turn=first,
                turn_count=count,
                irt=None if one.irt is None else (one.irt.a, one.irt.b, one.irt.c),
            )
        )
        done += one.kind == "test"
    return trials


def _span(one: _Planned) -> tuple[int, int | None]:
    """Return the first of the turns that a trial puts, and how many; None for all of them."""
    if one.part == "whole":
        return 0, None
    turns = [index for index, turn in enumerate(one.item.turns) if turn.phase == one.part]
    if not turns:
        raise UserError(f"the item '{one.item.item_id}' has no {one.part} part", code="part")
    return turns[0], len(turns)


def _settings(block: Block, learned_in: int | None, *, provisional: bool) -> PlanBlock:
    declared = task(block.task)
    timing, kept = block.timing, block.retention
    retention = fill = None
    if kept is not None and learned_in is not None:
        retention = PlanRetention(learned_in=learned_in, least_ms=kept.least, most_ms=kept.most, late=kept.late)
    if block.fill is not None and learned_in is not None:
        fill = PlanFill(learned_in=learned_in, until_ms=block.fill)
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
            again_ms=timing.again,
            repeats=timing.repeats,
            mask_ms=timing.mask,
        ),
        part=block.part,
        retention=retention,
        fill=fill,
        adaptive=None if block.adaptive is None else block.adaptive.model_copy(update={"table": (), "parameters": ""}),
        provisional=provisional,
        habituation=block.habituation,
        resume=block.resume or declared.resume,
        break_before=block.break_before,
    )
