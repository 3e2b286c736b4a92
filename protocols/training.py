"""What the baselines may learn from: items that the plan does not use, put as the plan puts its own.

A baseline must never see a trial it is tested on, nor an item of it. So it learns from the bank's other items, or from
a bank of its own (the training split); every shown position is drawn by the same rule as in the plan.
"""

from __future__ import annotations

from collections.abc import Iterator

from devkit.items import Item
from devkit.respondents import PresentedTurn
from devkit.tasks import task
from devkit.tasks.present import Setting, present
from protocols.draw import stream
from protocols.plan import ItemSource, Plan, PlanBlock
from protocols.positions import Draw, free_places, orders_of
from protocols.schema import Block, ItemChoice

MOST_ITEMS = 2000


def training_turns(plan: Plan, bank: ItemSource, *, most: int = MOST_ITEMS) -> Iterator[PresentedTurn]:
    """Yield the turns of items that are not in the plan, for every task form that is.

    Args:
        plan: What is to be taken.
        bank: Its bank, or another one.
        most: Items of a task form at most, drawn by the plan's seed.
    """
    tested = {trial.item_digest for trial in plan.trials} | {trial.item_id for trial in plan.trials}
    done: set[tuple[str, str]] = set()
    for block in plan.blocks:
        key = (block.task, block.form)
        if key in done:
            continue
        done.add(key)
        known = [item for item in bank.items.values() if (item.task, item.form) == key]
        free = [item for item in known if item.item_id not in tested and item.digest not in tested]
        stream("training", plan.seed, *key).shuffle(free)
        yield from _turns(plan, block, free[:most])


def _turns(plan: Plan, block: PlanBlock, items: list[Item]) -> Iterator[PresentedTurn]:
    seed = ("training places", plan.seed, block.task, block.form)
    rule = Block(task=block.task, form=block.form, items=ItemChoice(sample="all"), positions=block.positions)
    draw = Draw(rule, "training", stream(*seed, "items"), stream(*seed), stream(*seed, "order"), seed, 0)
    declared = task(block.task)
    for item, place in zip(items, free_places(draw, items), strict=True):
        for index, order in enumerate(orders_of(draw, item, place)):
            setting = Setting(layout=declared.layout, chance=block.chance, answer_by=block.answer_by)
            yield present(item, index, order, setting)
