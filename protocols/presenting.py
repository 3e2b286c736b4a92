"""From a planned trial to the turns that are put to a respondent: the one place where a plan meets its item.

What is made here is what every respondent gets and what is logged; nothing downstream reorders or rewords it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from devkit.errors import UserError
from devkit.items import Item
from devkit.respondents import PresentedTurn, Timing, TrialKind
from devkit.tasks import task
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
    count = len(item.turns)
    if trial.kind == "practice" and block.practice and block.practice.turns:
        count = min(count, block.practice.turns)
    turns = []
    for index in range(count):
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
        turns.append(replace(turn, turn_count=count, attempt=attempt))
    return tuple(turns)


def items_of(plan: Plan, bank: ItemSource) -> Mapping[str, Item]:
    """Return the plan's items by id.

    Raises:
        UserError: The bank lacks one, or it is not the item that was planned.
    """
    found: dict[str, Item] = {}
    for trial in plan.trials:
        item = bank.items.get(trial.item_id)
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
    return Timing(
        answer_max_ms=None if kind == "demonstration" else timing.answer_max_ms,
        exposure_ms=timing.exposure_ms,
        delay_ms=trial.delay_ms,
        frame_ms=timing.frame_ms,
        attention=trial.attention and turn == 0,
        ready=timing.ready if turn == 0 else "none",
        prompt=timing.prompt,
        word_lead_ms=timing.word_lead_ms,
        gap_ms=timing.gap_ms,
    )
