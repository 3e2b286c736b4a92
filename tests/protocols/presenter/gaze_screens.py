"""Makes the pictures of the gaze set-up in docs/presenter.md: head placement and a corner, on a virtual screen.

Usage: python -m tests.protocols.presenter.gaze_screens OUT
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from PIL import ImageGrab

from devkit.ids import uuid7
from devkit.respondents import SessionContext
from protocols.controls import Stage
from protocols.gaze.settings import GazeSettings, RobotGaze
from protocols.human import HumanRespondent
from protocols.messages import ToParent
from protocols.presenter.virtual import start_virtual_screen
from protocols.process import Presenter

WIDTH = 480
AFTER_S = {"placement": (0.3,), "calibration": (0.6,)}


def main(out: Path) -> None:
    """Run one gaze set-up by a robot's eyes and keep what the child sees."""
    with start_virtual_screen((1280, 800)) as screen, Presenter(display=screen.display) as presenter:
        settings = GazeSettings(source="robot", rounds=1, robot=RobotGaze(noise=0.005))
        person = HumanRespondent("P01", presenter=presenter, sound=False, gaze=settings)

        def hear(message: ToParent) -> None:
            if not isinstance(message, Stage) or (out / f"gaze-{message.name}.jpg").exists():
                return
            for after_s in AFTER_S.get(message.name, ()):
                time.sleep(after_s)
                picture = ImageGrab.grab(xdisplay=screen.display).convert("RGB")
                picture.resize((WIDTH, WIDTH * 800 // 1280)).save(out / f"gaze-{message.name}.jpg", quality=85)

        person.open(SessionContext(uuid7(), lambda digest: Path(digest), 1, "en"))
        person.listen(hear)
        person.set_up_looking()
        person.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
