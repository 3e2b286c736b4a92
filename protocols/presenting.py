"""From a planned trial to the turns that are put to a respondent: the one place where a plan meets its item.

What is made here is what every respondent gets and what is logged; nothing downstream reorders or rewords it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devkit.errors import UserError
from devkit.items import Item
from devkit.languages import language_pack
from devkit.respondents import PresentedTurn, Timing, TrialKind
from devkit.tasks import STAGED, task
from devkit.tasks.present import Setting, present
from protocols.plan import ItemSource, Plan, PlanBlock, PlanTrial


def present_trial(
    plan: Plan, trial: PlanTrial, item: Item, trial_id: str, *, kind: TrialKind | None = None, attempt: int = 1
) -> tuple[PresentedTurn, ...]:
    """Put a planned trial.

    Args:
        plan: The plan.
        trial: One of its trials.
        item: The trial's item.
        trial_id: UUIDv7 of this presentation.
        kind: What it is put as; a failed practice item is shown once more as a demonstration.
        attempt: 1 for the first presentation.

    Returns:
        Its turns in order; of a practice dialogue only as many as the protocol practises.
    """
    block = plan.blocks[trial.block]
    as_kind = kind or trial.kind
    declared = task(block.task)
    first, count = trial.first_turn, len(item.turns) if trial.turn_count is None else trial.turn_count
    if trial.kind == "practice" and block.practice and block.practice.turns:
        count = min(count, block.practice.turns)
    turns = []
    for index in range(first, first + count):
        setting = Setting(
            trial_id=trial_id,
            kind=as_kind,
            layout=block.layout,
            spoken=declared.spoken(item, index, plan.language),
            timing=_timing(block, trial, index, as_kind),
            feedback=block.feedback == "all" or (block.feedback == "practice" and as_kind != "test"),
            chance=block.chance if len(item.turns) == 1 else 1 / len(item.turns[index].choices),
            answer_by=block.answer_by,
        )
        turn = present(item, index, trial.orders[index], setting)
        turns.append(replace(turn, turn_count=count, attempt=attempt, **_said(plan, block, turn, item, index, trial)))
    return tuple(turns)


def _said(
    plan: Plan, block: PlanBlock, turn: PresentedTurn, item: Item, index: int, trial: PlanTrial
) -> dict[str, Any]:
    """Return what the language and the adaptive test add to a turn: the word's place, the second naming, parameters."""
    found: dict[str, Any] = {}
    if block.answer_by == "gaze":
        found["word_at"] = language_pack(plan.language).word_at(turn.spoken, item.word)
    if block.timing.again_ms is not None and turn.spoken:
        found["spoken_again"] = task(block.task).spoken_again(item, index, plan.language)
        if len(item.spoken) > len(item.turns):
            found["spoken_again_media"] = item.spoken[len(item.turns) + index].media
    if trial.irt is not None:
        names = ("irt_a", "irt_b", "irt_c")
        found["difficulty"] = {**turn.difficulty, **dict(zip(names, trial.irt, strict=True))}
    return found


def item_of(bank: ItemSource, task_code: str, item_id: str) -> Item | None:
    """Return the item of a trial: the bank's own, or one staged from it; None when the bank lacks it."""
    staged = STAGED.get(task_code)
    if staged is None:
        return bank.items.get(item_id)
    source = bank.items.get(item_id.removeprefix(f"{task_code}-"))
    return None if source is None else staged.stage(source)


def items_of(plan: Plan, bank: ItemSource) -> Mapping[str, Item]:
    """Return the plan's items by id.

    Raises:
        UserError: The bank lacks one, or it is not the item that was planned.
    """
    found: dict[str, Item] = {}
    for trial in plan.trials:
        item = item_of(bank, plan.blocks[trial.block].task, trial.item_id)
        if item is None:
            raise UserError(
                f"the bank '{bank.name}' lacks the item '{trial.item_id}' of the plan",
                hint=f"the plan was made from the bank '{plan.bank}'",
                code="other-bank",
            )
        if plan.bank_digest != bank.digest and item.digest != trial.item_digest:
            message = f"the item '{trial.item_id}' of the bank '{bank.name}' is not the one that was planned"
            raise UserError(message, hint="the bank was changed since", code="other-bank")
        found[trial.item_id] = item
    return found


def _timing(block: PlanBlock, trial: PlanTrial, turn: int, kind: TrialKind) -> Timing:
    timing = block.timing
    looking = block.habituation
    return Timing(
        answer_max_ms=None if kind == "demonstration" else timing.answer_max_ms,
        exposure_ms=timing.exposure_ms,
        delay_ms=trial.delay_ms,
        frame_ms=timing.frame_ms,
        attention=trial.attention and turn == trial.first_turn,
        ready=timing.ready if turn == trial.first_turn else "none",
        prompt=timing.prompt,
        word_lead_ms=timing.word_lead_ms,
        gap_ms=timing.gap_ms,
        again_ms=timing.again_ms,
        repeats=timing.repeats,
        mask_ms=timing.mask_ms,
        look_least_ms=looking.least_looking if looking else None,
        look_away_ms=looking.look_away if looking else None,
    )
