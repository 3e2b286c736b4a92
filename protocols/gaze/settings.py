"""Which gaze source a session has, and what its set-up came to; parts of `protocols.messages`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from protocols.controls import Stop
from protocols.wire import Message

Source = Literal["none", "examiner", "mouse", "eyelink", "gazepoint", "tobii", "robot"]
TRACKERS: tuple[Source, ...] = ("mouse", "eyelink", "gazepoint", "tobii", "robot")
UNTESTED: tuple[Source, ...] = ("eyelink", "gazepoint", "tobii")


class RobotGaze(Message):
    """A robot's eyes, for tests and pilots: it looks where it is told and is measured with a known error.

    Attributes:
        bias: Added to every sample, shares of the window's width and height.
        noise: Standard deviation of every sample, shares of width and height.
        lost: Share of samples without a gaze.
        fails_after_s: The tracker stops after so many seconds; None never.
    """

    bias: tuple[float, float] = (0.0, 0.0)
    noise: float = Field(default=0.01, ge=0, le=0.5)
    lost: float = Field(default=0.02, ge=0, le=1)
    fails_after_s: float | None = None


class GazeSettings(Message):
    """The gaze source of a session.

    Attributes:
        source: Tracker, or ``examiner`` for looks that the examiner keys; ``none`` records no gaze.
        rate_hz: Samples a second that are asked for.
        address: Address of the tracker (EyeLink, Gazepoint) or name of its stream (Tobii through Lab Streaming Layer).
        distance_cm: From the child's eyes to the screen.
        max_error_deg: A calibration is good when no corner is off by more.
        rounds: Calibration rounds at most.
        lost_after_s: Without samples for so long the tracker counts as lost.
        robot: The robot's eyes.
    """

    source: Source = "none"
    rate_hz: int = Field(default=50, ge=10, le=2000)
    address: str = ""
    distance_cm: float = Field(default=60.0, ge=20, le=200)
    max_error_deg: float = Field(default=2.5, gt=0, le=20)
    rounds: int = Field(default=3, ge=1, le=3)
    lost_after_s: float = Field(default=2.0, ge=0.2, le=60)
    robot: RobotGaze = RobotGaze()

    @property
    def tracked(self) -> bool:
        """Whether a device gives samples."""
        return self.source in TRACKERS


class CornerReport(Message):
    """How well one corner was measured in one round.

    Attributes:
        corner: ``top left`` … ``bottom right``.
        error_deg: From the corner to the median of the raw samples, degrees of visual angle; None without samples.
        corrected_deg: The same after this round's correction.
        precision_deg: Root mean square of the samples' distances from their median.
        samples: Samples used.
    """

    corner: str
    error_deg: float | None
    corrected_deg: float | None
    precision_deg: float | None
    samples: int


class RoundReport(Message):
    """One calibration round: its corners, and whether it is good."""

    round: int
    corners: tuple[CornerReport, ...]
    good: bool


class GazeReport(Message):
    """What the gaze set-up came to.

    Attributes:
        source: The source.
        device: What it calls itself.
        placed: Whether the eyes were found before calibration.
        rounds: Calibration rounds, at most three.
        good: Whether the last round was good; a session goes on all the same, and says so.
        reason: Why there is no calibration, or what failed; empty when all is well.
    """

    source: Source
    device: str = ""
    placed: bool = False
    rounds: tuple[RoundReport, ...] = ()
    good: bool = False
    reason: str = ""


class SetUpGaze(Message):
    """To the presenter: place the head and calibrate; answered by `GazeReady`."""

    kind: Literal["set_up_gaze"] = "set_up_gaze"


class GazeReady(Message):
    """From the presenter: the gaze set-up is over.

    Attributes:
        report: What it came to.
        events: What happened meanwhile: name, session time in ms, detail.
        stop: Set when the examiner ended the session.
    """

    kind: Literal["gaze_ready"] = "gaze_ready"
    report: GazeReport
    stop: Stop | None = None
    events: tuple[tuple[str, float, dict[str, object]], ...] = ()


class GazeNow(Message):
    """From the presenter, a few times a second while samples come: where the child looks.

    Attributes:
        t_ms: When.
        x: Share of the window's width from the left; None without a gaze.
        y: Share of the window's height from the bottom.
        area: ``target``, ``distractor``, ``other`` or ``missing``.
        position: Shown position of the choice looked at; None beside all choices.
    """

    kind: Literal["gaze_now"] = "gaze_now"
    t_ms: float
    x: float | None = None
    y: float | None = None
    area: Literal["target", "distractor", "other", "missing"] = "missing"
    position: int | None = None
