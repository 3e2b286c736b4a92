"""A robot person: answers in the presenter's real window by injected presses and keys, for tests and demonstrations.

It sits where a person would: it waits until the presenter takes answers, decides with a stated ability, speed and side
bias, and presses through the X server. Everything between its finger and the record is the same as for a person. It is
recorded as a simulation. On a machine without a display it starts a virtual screen.
"""

from __future__ import annotations

import math
import os
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from devkit.respondents import Answer, Exchange, PresentedTurn, RespondentInfo, SessionContext
from devkit.tasks import base
from protocols import x11
from protocols.controls import Stage
from protocols.equipment import DisplaySettings, SoundSettings
from protocols.gaze.settings import GazeSettings
from protocols.human import HumanRespondent
from protocols.messages import ToParent
from protocols.presenter.virtual import VirtualScreen, start_virtual_screen
from protocols.process import Presenter, PresenterLost

Decide = Callable[[PresentedTurn, random.Random], int]
TAP_S = 0.012
FIRST_LOOK_MS, LOOK_FADING = 9000.0, 0.8


@dataclass(frozen=True, slots=True)
class RobotTraits:
    """What kind of person the robot is.

    Attributes:
        ability: In logits, the same for every task; 0 is half-way between chance and perfect.
        lapse: Probability of an answer that has nothing to do with the question.
        rt_median_ms: Median time from the moment that answers are taken to the press, session clock.
        rt_spread: Standard deviation of the logarithm of that time.
        side_bias: From -1 (always the leftmost choice) to 1 (always the rightmost): the share of trials in which the
            side alone decides.
    """

    ability: float = 2.0
    lapse: float = 0.02
    rt_median_ms: float = 900.0
    rt_spread: float = 0.25
    side_bias: float = 0.0


@dataclass(frozen=True, slots=True)
class RobotPress:
    """One answer as the robot gave it: which position, and when its finger went down by the session's clock."""

    trial_id: str
    turn_index: int
    position: int
    pressed_ms: float


class RobotPerson:
    """A respondent that answers in a real window by injected input.

    Args:
        code: Short name in the records.
        traits: What kind of person it is.
        seed: Seed of its decisions, together with trial and turn.
        time_scale: Speed of the session's clock, 1 to 10.
        language: Language of the session, BCP 47.
        display: Screen settings.
        sound: Sound settings; False plays no prompts, and waits for none.
        gaze: Who says where it looks; its own robot eyes are the source ``robot``.
        presenter: A warm presenter to use; needs ``x_display``.
        x_display: X display; None takes the environment's, or starts a virtual screen where there is none.
        screen_size: Size of a virtual screen.
        decide: Chooses a position; by default the task's own simulation does.
    """

    rests = True  # takes assent, breaks and waits (`protocols.intermission`)

    def __init__(
        self,
        code: str = "robot",
        *,
        traits: RobotTraits | None = None,
        seed: int = 0,
        time_scale: float = 1.0,
        language: str = "en",
        display: DisplaySettings | None = None,
        sound: SoundSettings | bool = True,
        gaze: GazeSettings | None = None,
        presenter: Presenter | None = None,
        x_display: str | None = None,
        screen_size: tuple[int, int] = (1280, 800),
        decide: Decide | None = None,
    ) -> None:
        self.traits = traits or RobotTraits()
        self.presses: list[RobotPress] = []
        self.human = HumanRespondent(
            code,
            kind="adult",
            language=language,
            display=display or DisplaySettings(pointer="touch"),
            sound=sound,
            time_scale=time_scale,
            gaze=gaze,
            presenter=presenter,
            x_display=x_display,
        )
        self._seed = seed
        self._x_display = x_display
        self._screen_size = screen_size
        self._decide = decide or self._by_ability
        self._screen: VirtualScreen | None = None
        self._fingers: x11.Injector | None = None
        self._turn: PresentedTurn | None = None
        self._stages: queue.Queue[Stage | None] = queue.Queue()
        self._worker: threading.Thread | None = None

    def describe(self) -> RespondentInfo:
        """Return who answers: a simulation, with its traits in the detail."""
        person = self.human.describe()
        detail = {"robot": asdict(self.traits), "robot_seed": self._seed, "time_scale": self.human.time_scale}
        return RespondentInfo(code=person.code, kind="simulation", language=person.language, detail=detail)

    def open(self, session: SessionContext) -> None:
        """Find or start a screen, open the window, and wait beside it.

        Raises:
            UserError: There is neither a display nor a virtual screen, or it takes no injected input.
        """
        name = self._x_display or os.environ.get("DISPLAY", "")
        if not name or not x11.reachable(name):
            require_none_was_asked(self._x_display)
            self._screen = start_virtual_screen(self._screen_size)
            name = self._screen.display
        self.human.use_display(name)
        self._fingers = x11.Injector(name)
        self.human.listen(self._hear)
        self.human.open(session)
        self._worker = threading.Thread(target=self._live, name="robot", daemon=True)
        self._worker.start()

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Sit through one turn in the window."""
        self._turn = turn
        return self.human.answer(turn, history)

    def close(self) -> None:
        """Leave: end the session, and the virtual screen if one was started."""
        self._stages.put(None)
        if self._worker is not None:
            self._worker.join(5)
        self.human.close()
        if self._fingers is not None:
            self._fingers.close()
            self._fingers = None
        if self._screen is not None:
            self._screen.close()
            self._screen = None

    def now_ms(self) -> float:
        """Return the present time of the session's clock."""
        return self.human.now_ms()

    def timing(self) -> Mapping[str, Any]:
        """Return how the session was timed, for the end of its journal."""
        return self.human.timing()

    def set_up_looking(self) -> tuple[tuple[str, float, Mapping[str, Any]], ...]:
        """Place the head and calibrate the tracker."""
        return self.human.set_up_looking()

    def recover(self) -> None:
        """Start another presenter where the old one is gone."""
        self.human.recover()

    def leftovers(self) -> tuple[tuple[str, float, Mapping[str, Any]], ...]:
        """Return the examiner's notes that belong to no turn yet."""
        return self.human.leftovers()

    def _hear(self, message: ToParent) -> None:
        if isinstance(message, Stage) and message.name in ("ready", "awaiting"):
            self._stages.put(message)

    def _live(self) -> None:
        while (stage := self._stages.get()) is not None:
            turn, fingers = self._turn, self._fingers
            if turn is None or fingers is None or stage.trial_id != turn.trial_id:
                continue
            try:
                if stage.name == "ready":
                    self._wait_until(stage.t_ms + 300)
                    fingers.key("Return")
                else:
                    self._respond(stage, turn, fingers)
            except PresenterLost:
                return

    def _respond(self, stage: Stage, turn: PresentedTurn, fingers: x11.Injector) -> None:
        rng = random.Random(f"{self._seed}:{turn.item_id}:{turn.turn_index}:{turn.trial_id}")
        if turn.layout == "looking":
            self._look(stage, turn, fingers, rng)
            return
        position = self._choose(turn, rng, stage)
        delay = self.traits.rt_median_ms * math.exp(rng.gauss(0, self.traits.rt_spread))
        if turn.timing.answer_max_ms is not None and delay >= turn.timing.answer_max_ms:
            return  # too slow: the trial ends without it
        if stage.entry or not stage.regions:
            self._wait_until(stage.t_ms + delay)
            self._note(turn, position)
            self._type(turn, position, stage.entry, fingers)
            return
        left, top, width, height = stage.regions[position]
        fingers.move(left + width * rng.uniform(0.25, 0.75), top + height * rng.uniform(0.25, 0.75))
        self._wait_until(stage.t_ms + delay)
        self._note(turn, position)
        fingers.button(True)
        time.sleep(TAP_S)
        fingers.button(False)

    def _look(self, stage: Stage, turn: PresentedTurn, fingers: x11.Injector, rng: random.Random) -> None:
        """Key where the child looks, as the examiner would: at the pictures, less each time, then away."""
        fading = LOOK_FADING ** (turn.attempt - 1) if turn.phase == "learning" else 1.0
        look_ms = FIRST_LOOK_MS * fading * math.exp(rng.gauss(0, self.traits.rt_spread / 2))
        at_ms = stage.t_ms + 200
        shares = (1.0,) if len(turn.choices) == 1 else (0.65, 0.35) if turn.target_position == 0 else (0.35, 0.65)
        for key, share in zip(("Left", "Right"), shares, strict=False):
            self._wait_until(at_ms)
            fingers.key(key)
            at_ms += look_ms * share
        self._wait_until(at_ms)
        fingers.key("Down")

    def _choose(self, turn: PresentedTurn, rng: random.Random, stage: Stage) -> int:
        biased = rng.random() < abs(self.traits.side_bias)
        if biased and stage.regions:
            places = [left + width / 2 for left, _, width, _ in stage.regions]
            return places.index(max(places) if self.traits.side_bias > 0 else min(places))
        return self._decide(turn, rng)

    def _by_ability(self, turn: PresentedTurn, rng: random.Random) -> int:
        return _task(turn.task).simulate(turn, self.traits.ability, self.traits.lapse, rng)

    def _type(self, turn: PresentedTurn, position: int, entry: bool, fingers: x11.Injector) -> None:
        for digit in turn.choices[position].label if entry else str(position + 1):
            fingers.key(digit)
        if entry:
            fingers.key("Return")

    def _note(self, turn: PresentedTurn, position: int) -> None:
        self.presses.append(RobotPress(turn.trial_id, turn.turn_index, position, self.human.now_ms()))

    def _wait_until(self, session_ms: float) -> None:
        time.sleep(max(0.0, session_ms - self.human.now_ms()) / 1000 / self.human.time_scale)


def require_none_was_asked(x_display: str | None) -> None:
    """Refuse to replace a display that was asked for by name with a virtual one."""
    if x_display is not None:
        x11.require_display(x_display)


def _task(code: str) -> base.Task:
    from devkit.tasks import task

    return task(code)
