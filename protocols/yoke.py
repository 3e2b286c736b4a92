"""Yoking: another respondent takes exactly the trials, order and positions that one child took.

Only what the child really met counts: trials that were skipped or cut off are left out, a practice item that was
repeated is taken once, and items that a stop rule kept from the child stay away from the model too. The trials keep
their places in the child's plan, so the records can be joined by `plan_index`.
"""

from __future__ import annotations

from devkit.errors import UserError
from devkit.lab.store import Session
from devkit.records import TrialRecord
from protocols.plan import ItemSource, Plan, PlanTrial
from protocols.presenting import item_of

NOT_MET = ("skipped", "aborted")


def yoked_plan(session: Session, bank: ItemSource) -> Plan:
    """Return the plan that follows a recorded session.

    Args:
        session: What the child took.
        bank: The bank whose items it took.

    Raises:
        UserError: The session holds no plan or no trials, or the bank is not its own.
    """
    header = session.header
    if not header.plan:
        raise UserError(f"session {header.session_id} holds no plan", hint="it was imported, or made by hand")
    plan = Plan.from_dict(header.plan, place=f"session {header.session_id}")
    planned = {trial.index: trial for trial in plan.trials}
    followed: dict[int, PlanTrial] = {}
    for record in sorted(session.trials, key=lambda trial: trial.trial_index):
        trial = planned.get(record.plan_index)
        if trial is None or record.outcome in NOT_MET or record.plan_index in followed:
            continue
        followed[record.plan_index] = _as_met(trial, record, bank)
    if not followed:
        raise UserError(f"session {header.session_id} has no trials to follow")
    return plan.changed(
        trials=tuple(followed.values()), yoked_to=header.session_id, bank=bank.name, bank_digest=bank.digest
    )


def _as_met(trial: PlanTrial, record: TrialRecord, bank: ItemSource) -> PlanTrial:
    """Return the trial with the orders that were shown; what was shown goes before what was planned."""
    item = item_of(bank, record.task, record.item_id)
    if item is None or item.digest != record.item_digest:
        what = "lacks" if item is None else "has another version of"
        raise UserError(f"the bank '{bank.name}' {what} the item '{record.item_id}'", code="other-bank")
    orders = list(trial.orders)
    targets = list(trial.targets)
    for turn in record.turns:
        orders[turn.turn_index], targets[turn.turn_index] = turn.choice_order, turn.target_position
    if not record.turns:
        orders[-1], targets[-1] = record.choice_order, record.target_position
    return trial.model_copy(update={"orders": tuple(orders), "targets": tuple(targets)})
