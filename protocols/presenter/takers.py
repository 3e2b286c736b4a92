"""Who decides what a press or a key means while an answer is awaited: choices to touch, numbers that the examiner keys.

Pure: no window, no clock. A taker is fed presses and keys and says when it has an answer. A child who cannot touch may
point; then the examiner keys the place of the choice (1, 2, … or a, b, …).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from devkit.items import LETTERS
from devkit.respondents import AnswerSource, Outcome, PresentedTurn
from protocols.presenter.geometry import Rect, press_position
from protocols.presenter.inputs import Key, Press

DIGITS_MAX = 3
TICK_S = 0.001  # the window system's times are whole milliseconds, rounded down
ARROW_LABELS = {"left": "left", "right": "right", "up": "top", "down": "bottom"}
NO_RESPONSE, INVALID = "n", "i"


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer that was taken.

    Attributes:
        outcome: What it amounts to.
        position: Shown position; None when there is none, or when ``raw`` has to be resolved.
        raw: What the examiner keyed.
        source: How it was given.
        at_s: `time.perf_counter` of the press or key.
        device: What gave it, and how its time was read.
        flags: For the record.
    """

    outcome: Outcome
    position: int | None
    raw: str | None
    source: AnswerSource
    at_s: float
    device: str
    flags: tuple[str, ...] = ()


def examiner_code(key: Key) -> Taken | None:
    """Return what the examiner's two codes mean: no response, and a response that is no valid answer."""
    device = f"{key.device}, {key.timed}"
    if key.name == NO_RESPONSE:
        return Taken("none", None, None, "examiner", key.at_s, device, ("no_response",))
    if key.name == INVALID:
        return Taken("ambiguous", None, None, "examiner", key.at_s, device, ("invalid_response",))
    return None


class ChoiceTaker:
    """Takes one choice by press or key.

    Args:
        turn: What is put.
        regions: Where each choice can be pressed.
        pointer: What a press is in this lab.
        from_s: `time.perf_counter` from which answers count; earlier presses are early.
        on_early: Called for each early press.
    """

    def __init__(
        self,
        turn: PresentedTurn,
        regions: tuple[Rect, ...],
        pointer: Literal["touch", "mouse"],
        from_s: float,
        on_early: Callable[[Press], object],
    ) -> None:
        self._turn, self._regions, self._pointer = turn, regions, pointer
        self._from_s, self._on_early = from_s, on_early
        self.taken: Taken | None = None
        self.outside: list[Press] = []

    @property
    def begun(self) -> bool:
        """Whether an answer has begun and is not complete: never, since one press or key is one."""
        return False

    def feed(self, event: Press | Key) -> bool:
        """Take an input; returns whether there is an answer now."""
        if isinstance(event, Press):
            self._press(event)
        else:
            self.taken = examiner_code(event) or self._key(event)
        return self.taken is not None

    def _press(self, press: Press) -> None:
        if press.at_s < self._from_s - TICK_S:
            self._on_early(press)
            return
        position = press_position(self._regions, press.x, press.y)
        if position is None:
            self.outside.append(press)
            return
        device = "touch screen" if press.source == "touch" else "pointer"
        source = press.source or self._pointer
        self.taken = Taken("answered", position, None, source, press.at_s, f"{device}, {press.timed}")

    def _key(self, key: Key) -> Taken | None:
        position = key_position(key.name, self._turn)
        if position is None:
            return None
        source: AnswerSource = "key" if self._turn.answer_by == "key" else "examiner"
        return Taken("answered", position, None, source, key.at_s, f"{key.device}, {key.timed}")


def key_position(name: str, turn: PresentedTurn) -> int | None:
    """Return the choice that a key names: its number, its letter, or an arrow for a direction or side."""
    count = len(turn.choices)
    if name.isdigit():
        return int(name) - 1 if 1 <= int(name) <= count else None
    if len(name) == 1 and name.upper() in LETTERS[:count]:
        return LETTERS.index(name.upper())
    labels = [choice.label for choice in turn.choices]
    if name in ARROW_LABELS and ARROW_LABELS[name] in labels:
        return labels.index(ARROW_LABELS[name])
    if name in ("left", "right") and count == 2 and turn.layout != "sequence":
        return ("left", "right").index(name)
    return None


class NumberTaker:
    """Takes the number that the child said, keyed by the examiner: digits, then Return; Backspace mends.

    Args:
        turn: What is put; the labels of its choices are the offered numbers.
        on_digits: Called with what is keyed so far.
    """

    def __init__(self, turn: PresentedTurn, on_digits: Callable[[str], None]) -> None:
        self._labels = [choice.label.strip() for choice in turn.choices]
        self._on_digits = on_digits
        self._digits = ""
        self._first: Key | None = None
        self.taken: Taken | None = None

    @property
    def begun(self) -> bool:
        """Whether digits stand that were not confirmed yet."""
        return bool(self._digits) and self.taken is None

    def feed(self, event: Press | Key) -> bool:
        """Take an input; returns whether there is an answer now. Presses mean nothing here."""
        if isinstance(event, Press):
            return False
        if event.name.isdigit() and len(self._digits) < DIGITS_MAX:
            self._first = event if not self._digits else self._first
            self._digits += event.name
            self._on_digits(self._digits)
        elif event.name == "backspace":
            self._digits = self._digits[:-1]
            self._on_digits(self._digits)
        elif event.name == "return" and self._digits and self._first is not None:
            self.taken = self._number(self._first)
        else:
            self.taken = examiner_code(event)
        return self.taken is not None

    def _number(self, first: Key) -> Taken:
        number = str(int(self._digits))
        position = self._labels.index(number) if number in self._labels else None
        return Taken("answered", position, self._digits, "examiner", first.at_s, f"{first.device}, {first.timed}")
