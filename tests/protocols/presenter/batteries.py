"""What the robot's batteries and the kill tests share: a bank with pictures, and the columns of a plan."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from devkit.records import TrialRecord
from protocols.load import load_protocol
from protocols.placeholder import PlaceholderBank, placeholder_bank
from protocols.plan import Plan
from protocols.planner import make_plan

PLAN_COLUMNS = ("plan_index", "item_id", "item_digest", "task", "form", "choices", "choice_order", "target_position")


def bank_with_pictures(folder: Path, count: int, *, dialogues: int = 1) -> PlaceholderBank:
    """Make a bank of ``count`` items of every form, with a plain picture for every digest."""
    bank = placeholder_bank(count, dialogues=dialogues, folder=folder)
    for item in bank.items.values():
        for digest in item.media():
            path = bank.path_of(digest)
            if not path.exists():
                Image.new("RGB", (160, 120), f"#{digest[:6]}").save(path, "PNG")
    return bank


def battery_plan(bank: PlaceholderBank, code: str = "robot") -> Plan:
    """Plan the library's battery."""
    return make_plan(load_protocol("battery"), bank, code, 5)


def presented(trials: list[TrialRecord]) -> list[dict[str, object]]:
    """What was put, as the plan has it: item, order and position of every first attempt, turn by turn."""
    return [
        {name: getattr(trial, name) for name in PLAN_COLUMNS}
        | {"turns": [(turn.turn_index, turn.choice_order, turn.target_position) for turn in trial.turns]}
        for trial in trials
        if trial.attempt == 1
    ]
