"""Makes the pictures of docs/presenter.md: what a person sees in every task, from a bank.

Usage: python -m tests.protocols.presenter.screens BANK OUT
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from PIL import Image

from devkit.banks.store import Bank
from devkit.ids import uuid7
from devkit.items import Item
from devkit.respondents import PresentedTurn, SessionContext, Timing
from devkit.tasks import task
from devkit.tasks.present import Setting, present
from protocols.controls import Stage
from protocols.messages import Capture, ToParent
from protocols.robot import RobotPerson, RobotTraits

WANTED = {
    "looking_while_listening": ("attention", "awaiting"),
    "picture_vocabulary": ("awaiting", "feedback"),
    "localization": ("awaiting",),
    "left_right": ("awaiting",),
    "spatial_details": ("awaiting",),
    "visual_delayed_response": ("stimuli", "delay", "awaiting"),
    "memory": ("awaiting",),
    "who_has_more": ("awaiting",),
    "subitizing": ("stimuli", "mask", "awaiting"),
    "object_counting": ("awaiting",),
}
WIDTH = 480


def turns_of(item: Item) -> list[PresentedTurn]:
    """Put an item as practice with feedback, without sound; of a dialogue the first two turns."""
    declared = task(item.task)
    exposure = 1000 if item.task == "subitizing" else None
    timing = Timing(answer_max_ms=9000, exposure_ms=exposure, delay_ms=1200, prompt="none", gap_ms=300)
    trial_id = uuid7()
    found = []
    for index in range(min(2, len(item.turns))):
        order = tuple(range(len(item.turns[index].choices)))
        setting = Setting(
            trial_id=trial_id,
            kind="practice",
            layout=declared.layout,
            timing=timing,
            feedback=True,
            answer_by=declared.answer_by,
        )
        found.append(present(item, index, order, setting))
    return found


def main(bank_path: Path, out: Path) -> None:
    """Show one item of every form and capture what is seen."""
    bank = Bank.open(bank_path)
    forms: dict[tuple[str, str], Item] = {}
    for item in bank.items.values():
        forms.setdefault((item.task, item.form), item)
    traits = RobotTraits(rt_median_ms=1200)
    robot = RobotPerson(traits=traits, sound=False, decide=lambda turn, rng: turn.target_position)
    robot.open(SessionContext(uuid7(), bank.path_of, 5, "en"))
    shown = [""]

    def capture(stage: Stage) -> None:
        time.sleep(0.6 if stage.name == "attention" else 0.15)
        assert robot.human.presenter is not None
        robot.human.presenter.send(Capture(path=str(out / f"{shown[0]}-{stage.name}.png")))

    def hear(message: ToParent) -> None:
        if isinstance(message, Stage) and message.name in WANTED[shown[0].split("-")[0]]:
            threading.Thread(target=capture, args=(message,), daemon=True).start()

    assert robot.human.presenter is not None
    robot.human.presenter.listeners.append(hear)
    for (code, form), item in forms.items():
        for turn in turns_of(item):
            shown[0] = f"{code}-{form}-{turn.turn_index}"
            looking = code == "looking_while_listening"
            robot.answer(replace(turn, timing=replace(turn.timing, attention=looking)), ())
            time.sleep(0.3)
    robot.close()
    for path in out.glob("*.png"):
        with Image.open(path) as image:
            small = image.convert("RGB").resize((WIDTH, WIDTH * image.height // image.width), Image.Resampling.LANCZOS)
        small.save(path.with_suffix(".jpg"), quality=82)
        path.unlink()


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
