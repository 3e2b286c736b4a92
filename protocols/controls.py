"""The examiner's part of the conversation: what the examiner does, and what the child's screen shows meanwhile.

`Command` goes to the presenter; `Stage` and `Entry` come back. Boxes are shares of the child's window, so that a small
copy of it can be drawn anywhere. Who runs a session and what comes next is told by `protocols.desk`, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocols.wire import Message

EndReason = Literal["breakoff", "reason_code", "other"]
CommandName = Literal[
    "pause", "resume", "repeat", "repeat_trial", "skip", "next", "attention", "undo", "note", "key", "end"
]
Box = tuple[float, float, float, float]
Thing = Literal["picture", "mask", "arrow", "attention", "fixation", "outline", "ring", "words", "other"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an examiner ends a session early, as a code that can be counted.

    Attributes:
        key: The key in the window, and its short form in the console.
        code: What the journal keeps.
        title: For people.
    """

    key: str
    code: str
    title: str


REASONS = (
    Reason("1", "fuss_out", "the child fussed or cried"),
    Reason("2", "tired", "the child was tired"),
    Reason("3", "refused", "the child did not want to go on"),
    Reason("4", "parent_stopped", "the parent asked to stop"),
    Reason("5", "outside_interference", "a disturbance from outside"),
    Reason("6", "experimenter_error", "a mistake of the examiner"),
    Reason("7", "equipment_error", "the equipment failed"),
    Reason("8", "ill", "the child was unwell"),
    Reason("9", "out_of_time", "there was no time left"),
)


class Command(Message):
    """To the presenter: what the examiner did in the app, the same as the keys in the window.

    Attributes:
        name: What to do; `docs/presenter.md` lists what each does at which moment.
        reason: Why the session ends (``end``).
        detail: ``end``: the code of the reason, or words; ``note``: the note; ``undo``: the right number or place,
            when it is known already; ``key``: a key of the window as the examiner's answer (``7``, ``return``,
            ``backspace``, ``n`` no response, ``i`` invalid, ``left``, ``right``, ``down``).
    """

    kind: Literal["command"] = "command"
    name: CommandName
    reason: EndReason = "breakoff"
    detail: str = ""


class Shown(Message):
    """One thing on the child's screen.

    Attributes:
        what: Kind of thing.
        media: Digest of the picture; empty for what the presenter draws itself.
        box: Left, top, width and height as shares of the window, from its upper left corner.
    """

    what: Thing
    media: str = ""
    box: Box


class Stage(Message):
    """From the presenter: what the person sees now.

    Attributes:
        trial_id: Trial; empty between trials and during calibration.
        turn_index: Turn of a dialogue.
        name: ``fixation``, ``ready``, ``attention``, ``stimuli``, ``mask``, ``delay``, ``choices``, ``prompt``,
            ``awaiting``, ``feedback``, ``paused``, ``resumed``, ``ending`` (a reason is being keyed), ``correcting`` (a
            number is being keyed anew), ``placement``, ``calibration``.
        t_ms: When.
        phase: Phase of a dialogue (``learning``, ``test``), else empty.
        prompt: The words that are said to the child.
        shown: What is on the screen, back to front.
        regions: Where each choice can be pressed: left, top, width, height in pixels of the desktop. Set when awaiting.
        entry: Whether the examiner is to key a number.
    """

    kind: Literal["stage"] = "stage"
    trial_id: str
    turn_index: int
    name: str
    t_ms: float
    phase: str = ""
    prompt: str = ""
    shown: tuple[Shown, ...] = ()
    regions: tuple[Box, ...] = ()
    entry: bool = False


class Entry(Message):
    """From the presenter: the digits that the examiner has keyed so far; the child's screen never shows them."""

    kind: Literal["entry"] = "entry"
    trial_id: str
    digits: str


class Stop(Message):
    """Why the examiner ended the session."""

    reason: EndReason
    detail: str = ""


class Withdrawn(Message):
    """The examiner took a turn back: it is put again from the beginning of its trial.

    Attributes:
        why: ``repeat``: the trial is to be repeated; ``undo``: the answer to the trial before was keyed wrongly.
        correction: With ``undo``, what should have been keyed.
    """

    why: Literal["repeat", "undo"]
    correction: str = ""
