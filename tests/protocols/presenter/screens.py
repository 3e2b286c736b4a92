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
from devkit.tasks import STAGED, task
from devkit.tasks.present import Setting, present
from protocols.controls import Stage
from protocols.intermission import rest_turn
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
    "touch_tutorial": ("awaiting", "feedback"),
    "hidden_toy": ("stimuli", "delay", "awaiting", "feedback"),
    "familiarization": ("awaiting",),
    "intermission": ("break", "retention"),
    "correction": ("feedback", "ready"),
}
LATER = {("hidden_toy", "stimuli"): ("hiding", 2.4), ("hidden_toy", "hiding"): ("covering", 1.1)}
WIDTH = 480


def turns_of(item: Item) -> list[PresentedTurn]:
    """Put an item as practice with feedback, without sound; of a dialogue the first two turns."""
    declared = task(item.task)
    exposure = 1000 if item.task == "subitizing" else None
    timing = Timing(answer_max_ms=9000, exposure_ms=exposure, delay_ms=1200, prompt="none", gap_ms=300)
    if item.task == "familiarization":
        timing = replace(timing, look_least_ms=500, look_away_ms=500)
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


class Camera:
    """Captures what the window shows at the stages that are wanted of what is being put."""

    def __init__(self, robot: RobotPerson, out: Path) -> None:
        self.robot, self.out, self.shown = robot, out, ""

    def hear(self, message: ToParent) -> None:
        code = self.shown.split("-")[0]
        if isinstance(message, Stage) and message.name in WANTED.get(code, ()):
            threading.Thread(target=self._take, args=(code, message.name), daemon=True).start()

    def _take(self, code: str, name: str) -> None:
        time.sleep(0.6 if name in ("attention", "break") else 0.15)
        self._capture(name)
        while (code, name) in LATER:
            name, wait_s = LATER[code, name]
            time.sleep(wait_s)
            self._capture(name)

    def _capture(self, name: str) -> None:
        assert self.robot.human.presenter is not None
        self.robot.human.presenter.send(Capture(path=str(self.out / f"{self.shown}-{name}.png")))


def items_of(bank: Bank) -> dict[tuple[str, str], Item]:
    """Return one item of every form, the staged ones included."""
    forms: dict[tuple[str, str], Item] = {}
    for item in bank.items.values():
        forms.setdefault((item.task, item.form), item)
    staged = {(one.code, "standard"): one.stage(forms[one.source]) for one in STAGED.values()}
    return {**forms, **staged}


def main(bank_path: Path, out: Path) -> None:
    """Show one item of every form and capture what is seen."""
    bank = Bank.open(bank_path)
    forms = items_of(bank)
    right = [True]
    traits = RobotTraits(rt_median_ms=1200)
    robot = RobotPerson(
        traits=traits,
        sound=False,
        decide=lambda turn, rng: turn.target_position if right[0] else (turn.target_position + 1) % len(turn.choices),
    )
    robot.open(SessionContext(uuid7(), bank.path_of, 5, "en"))
    camera = Camera(robot, out)
    assert robot.human.presenter is not None
    robot.human.presenter.listeners.append(camera.hear)
    for (code, form), item in forms.items():
        for turn in turns_of(item):
            camera.shown = f"{code}-{form}-{turn.turn_index}"
            looking = code == "looking_while_listening"
            robot.answer(replace(turn, timing=replace(turn.timing, attention=looking)), ())
            time.sleep(0.3)
    for kind in ("break", "retention"):
        camera.shown = "intermission"
        robot.answer(rest_turn(kind, "en", 1500), ())
    right[0] = False
    wrong = turns_of(forms["picture_vocabulary", "standard"])[0]
    camera.shown = "correction-wrong"
    robot.answer(wrong, ())
    camera.shown = "correction-shown"
    robot.answer(replace(wrong, trial_id=uuid7(), kind="demonstration", attempt=4), ())
    time.sleep(0.5)
    robot.close()
    for path in out.glob("*.png"):
        with Image.open(path) as image:
            small = image.convert("RGB").resize((WIDTH, WIDTH * image.height // image.width), Image.Resampling.LANCZOS)
        small.save(path.with_suffix(".jpg"), quality=82)
        path.unlink()


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
