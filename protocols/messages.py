"""What the two processes of a session with a person say to each other: one JSON object a line, one schema.

`protocols.process` (the parent: app, command line, test) and `protocols.presenter` (the child that owns the window)
both import this module and nothing of each other. The examiner's part is in `protocols.controls`. Every message carries
the version of the schema and its kind; a line that does not fit is refused where it is read. How the lines travel is
left to the two ends.

Times in messages are milliseconds of the session's clock unless a name says otherwise. ``clock_zero_s`` is a reading of
`time.perf_counter`, which counts for the whole machine and so means the same in both processes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from devkit.errors import UserError
from devkit.respondents import Answer, PresentedTurn
from protocols.controls import Command, Entry, Stage, Stop, Withdrawn
from protocols.equipment import DisplayReport, DisplaySettings, SoundReport, SoundSettings, Tier
from protocols.gaze.settings import GazeNow, GazeReady, GazeSettings, SetUpGaze
from protocols.wire import VERSION, Message

Getter = Literal["star", "spiral", "bird"]


class OpenSession(Message):
    """Parent → child: take this screen and get ready.

    Attributes:
        session_id: UUIDv7.
        clock_zero_s: `time.perf_counter` at the start of the session.
        time_scale: How many session milliseconds pass in a real one.
        display: The screen.
        sound: The sound.
        seed: Seed of masks and of the attention-getter's path.
        attention_getter: Which moving picture calls attention.
        gaze: Who says where the child looks.
    """

    kind: Literal["open"] = "open"
    session_id: str
    clock_zero_s: float
    time_scale: float = Field(default=1.0, ge=1.0, le=10.0)
    display: DisplaySettings = DisplaySettings()
    sound: SoundSettings = SoundSettings()
    seed: int = 0
    attention_getter: Getter = "star"
    gaze: GazeSettings = GazeSettings()


class ShowTurn(Message):
    """Parent → child: put this turn and send back an `Answered`.

    Attributes:
        turn: What is put.
        media: Path of the file of every digest that the turn shows.
        prompt_audio: Path of the prompt's sound; empty when there is none.
        again_audio: Path of what is said when the prompt comes again by itself; empty for the same.
        ahead: Paths of pictures that will be needed soon, decoded meanwhile.
        coming: The turns that probably come next; their pictures are scaled and their sounds decoded meanwhile.
    """

    kind: Literal["show"] = "show"
    turn: PresentedTurn
    media: dict[str, str]
    prompt_audio: str = ""
    again_audio: str = ""
    ahead: dict[str, str] = Field(default_factory=dict)
    coming: tuple[PresentedTurn, ...] = ()


class Capture(Message):
    """Parent → child: write what the window shows to a PNG file; answered by `Captured`."""

    kind: Literal["capture"] = "capture"
    path: str


class CloseSession(Message):
    """Parent → child: the session is over; show the plain ground and answer `Closed`."""

    kind: Literal["close"] = "close"


class Quit(Message):
    """Parent → child: end."""

    kind: Literal["quit"] = "quit"


class Beat(Message):
    """Either way, once a second: I live. From the child also how long ago its drawing loop last turned."""

    kind: Literal["beat"] = "beat"
    loop_age_s: float = 0.0


class Hello(Message):
    """Child → parent: started, with its clock for comparison."""

    kind: Literal["hello"] = "hello"
    pid: int
    clock_s: float
    psychopy: str


class Opened(Message):
    """Child → parent: ready for the first turn."""

    kind: Literal["opened"] = "opened"
    display: DisplayReport
    sound: SoundReport


class Answered(Message):
    """Child → parent: the turn is over.

    Attributes:
        trial_id: Trial.
        turn_index: Turn of a dialogue.
        answer: Its answer.
        stop: Set when the examiner ended the session.
        withdrawn: Set when the examiner took the turn back.
    """

    kind: Literal["answered"] = "answered"
    trial_id: str
    turn_index: int
    answer: Answer
    stop: Stop | None = None
    withdrawn: Withdrawn | None = None


class Captured(Message):
    """Child → parent: the picture is written."""

    kind: Literal["captured"] = "captured"
    path: str


class Closed(Message):
    """Child → parent: the session is closed; how its timing was over all trials."""

    kind: Literal["closed"] = "closed"
    frames: int
    frames_late: int
    tier: Tier
    reason: str


class Trouble(Message):
    """Child → parent: what was asked cannot be done; the plain ground is shown.

    Attributes:
        message: What is wrong, one sentence.
        hint: What to do.
        place: File or screen that it is about.
        code: Stable short name of the kind of trouble (`devkit.errors.Problem.code`).
    """

    kind: Literal["trouble"] = "trouble"
    message: str
    hint: str = ""
    place: str = ""
    code: str = "presenter"


class Notice(Message):
    """Child → parent: something that the examiner must know at once; the session goes on, or waits for the examiner.

    Attributes:
        message: What is wrong, one sentence.
        hint: What to do.
        place: File, screen or device that it is about.
        code: Stable short name of the kind of trouble.
        paused: Whether the session is paused because of it: resume tries again, skip leaves the turn out, end ends.
        t_ms: When.
    """

    kind: Literal["notice"] = "notice"
    message: str
    hint: str = ""
    place: str = ""
    code: str = ""
    paused: bool = False
    t_ms: float = 0.0


ToChild = Annotated[
    OpenSession | ShowTurn | SetUpGaze | Command | Capture | CloseSession | Quit | Beat, Field(discriminator="kind")
]
ToParent = Annotated[
    Hello | Opened | GazeReady | GazeNow | Stage | Entry | Answered | Captured | Closed | Notice | Trouble | Beat,
    Field(discriminator="kind"),
]
_TO_CHILD: TypeAdapter[ToChild] = TypeAdapter(ToChild)
_TO_PARENT: TypeAdapter[ToParent] = TypeAdapter(ToParent)


def encode(message: Message) -> bytes:
    """Return the message as one line of UTF-8 JSON with its newline."""
    return message.model_dump_json().encode() + b"\n"


def decode_for_child(line: bytes) -> ToChild:
    """Read one line that the parent wrote.

    Raises:
        UserError: It is no message of this version.
    """
    return _decode(_TO_CHILD, line)


def decode_for_parent(line: bytes) -> ToParent:
    """Read one line that the child wrote.

    Raises:
        UserError: It is no message of this version.
    """
    return _decode(_TO_PARENT, line)


def _decode[Either](adapter: TypeAdapter[Either], line: bytes) -> Either:
    try:
        return adapter.validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"not a message of version {VERSION}: {first['msg']}",
            place=where,
            hint="both processes must come from the same installation",
            code="bad-message",
        ) from error
