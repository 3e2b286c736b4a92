"""A hand at the presenter's window: runs one turn and acts at its stages, in a thread of its own as a person would."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
from PIL import Image, ImageGrab

from devkit.respondents import Answer, PresentedTurn
from protocols.controls import Entry, Stage
from protocols.human import HumanRespondent
from protocols.messages import ToParent
from protocols.presenter.virtual import VirtualScreen
from protocols.x11 import Injector

PATIENCE_S = 60.0
Act = Callable[["Player", Stage], None]


class Player:
    """Runs one turn and acts at its stages, in a thread of its own as a person would."""

    def __init__(self, screen: VirtualScreen, person: HumanRespondent) -> None:
        self.screen, self.person = screen, person
        self.fingers = Injector(screen.display)
        self.stages: list[Stage] = []
        self.digits: list[str] = []
        self.failed: list[Exception] = []
        self._acts: dict[str, list[Act]] = {}
        self._acting: list[threading.Thread] = []
        assert person.presenter is not None
        person.presenter.listeners.append(self._hear)

    def at(self, name: str, *acts: Act) -> Player:
        """Do something at the first, second … time that a stage comes."""
        self._acts.setdefault(name, []).extend(acts)
        return self

    def _hear(self, message: ToParent) -> None:
        if isinstance(message, Entry):
            self.digits.append(message.digits)
        if isinstance(message, Stage):
            self.stages.append(message)
            if acts := self._acts.get(message.name):
                acting = threading.Thread(target=self._act, args=(acts.pop(0), message), daemon=True)
                self._acting.append(acting)
                acting.start()

    def _act(self, act: Act, stage: Stage) -> None:
        try:
            act(self, stage)
        except Exception as error:  # noqa: BLE001  # shown by `run`
            self.failed.append(error)

    def run(self, turn: PresentedTurn) -> Answer:
        """Put a turn and wait for its answer, and for the hand to be done."""
        try:
            answer = self.person.answer(turn, ())
        finally:
            while self._acting:
                self._acting.pop().join(PATIENCE_S)
        if self.failed:
            raise self.failed[0]
        return answer

    def tap(self, x: float, y: float, seconds: float = 0.005) -> None:
        self.fingers.move(x, y)
        time.sleep(0.02)
        self.fingers.button(True)
        time.sleep(seconds)
        self.fingers.button(False)

    @contextmanager
    def still(self) -> Iterator[float]:
        """Stop the presenter for a while, as a machine under load would; yields the session time at which it stood."""
        presenter = self.person.presenter
        assert presenter is not None
        os.kill(presenter.pid, signal.SIGSTOP)
        try:
            wait_for(lambda: psutil.Process(presenter.pid).status() == psutil.STATUS_STOPPED, "the presenter to stand")
            yield self.person.now_ms()
        finally:
            os.kill(presenter.pid, signal.SIGCONT)

    def grab(self) -> Image.Image:
        """What the X server shows."""
        return ImageGrab.grab(xdisplay=self.screen.display).convert("RGB")

    def close(self) -> None:
        presenter = self.person.presenter
        assert presenter is not None
        presenter.listeners.remove(self._hear)
        self.person.close()
        self.fingers.close()


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so, however long the machine takes.

    Raises:
        AssertionError: It is not so after a minute.
    """
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, f"still waiting for {what}"
        time.sleep(0.01)


def middle(stage: Stage, position: int) -> tuple[float, float]:
    left, top, width, height = stage.regions[position]
    return left + width / 2, top + height / 2


def tapping(position: int) -> Act:
    return lambda player, stage: player.tap(*middle(stage, position))


def keying(*names: str, gap_s: float = 0.03) -> Act:
    def act(player: Player, stage: Stage) -> None:
        for name in names:
            time.sleep(gap_s)
            player.fingers.key(name)

    return act
