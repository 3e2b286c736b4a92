"""Screen, sound and input of a station: what the lab sets, and what was found. Parts of `protocols.messages`.

Settings come from ``lab.toml`` and the command line (`protocols.station`); reports are made by the presenter when a
session opens, and stand at the end of its journal.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from protocols.wire import Message

Tier = Literal["lab", "usable", "demo"]
Size = Literal["settings", "screen", "assumed"]
PX_PER_CM = 37.8
Buttons = dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]]


class DisplaySettings(Message):
    """The child's screen as the lab has set it up.

    Attributes:
        screen: Name of the screen (``HDMI-1``); empty for the first one.
        geometry: x, y, width, height that the screen must have; None takes what it has. Where both are given and do
            not agree, the session does not begin.
        window_size: Width and height of a window smaller than the screen, for trying out; None fills the screen.
        width_cm: Width of the whole screen's picture, measured with a ruler; goes before what the screen says of
            itself.
        px_per_cm: Pixels per centimetre of the screen, where that is known already; None takes what the screen says of
            itself, or 37.8 (96 pixels an inch) where it says nothing.
        ground: Colour around everything, ``#rrggbb``.
        pointer: What a pointer press is in this lab; the window system does not say.
        buttons: Keys that a button box sends, and the key that each stands for (``{"f1": "left"}``).
        lock_keyboard: Whether the window takes the whole keyboard, so that no key of the desktop works meanwhile.
        written_prompt: When the prompt is also written: never to a child, for adults where there is no sound.
    """

    screen: str = ""
    geometry: tuple[int, int, int, int] | None = None
    window_size: tuple[int, int] | None = None
    width_cm: float | None = Field(default=None, gt=1)
    px_per_cm: float | None = Field(default=None, gt=1)
    ground: str = Field(default="#808080", pattern=r"^#[0-9A-Fa-f]{6}$")
    pointer: Literal["touch", "mouse"] = "touch"
    buttons: Buttons = Field(default_factory=dict)
    lock_keyboard: bool = False
    written_prompt: Literal["never", "silent", "always"] = "never"


class SoundSettings(Message):
    """Sound as the lab has set it up.

    Attributes:
        on: Whether there is to be sound at all.
        device: Part of the name of the output device; empty for the system's first.
        ceiling_dbfs: No sound is louder than this, dB below full scale over 125 ms.
        full_scale_db_spl: Level of a full-scale sound at the child's ear, dB; None when never measured. Where it is
            known, nothing is louder than 75 dB.
        offsets_ms: How much later than stated a sound is heard on this station, from a loop-back, by the name of the
            device; a device that was never measured is not there.
    """

    on: bool = True
    device: str = ""
    ceiling_dbfs: float = Field(default=-14.0, le=-3.0, ge=-60.0)
    full_scale_db_spl: float | None = Field(default=None, ge=40.0, le=140.0)
    offsets_ms: dict[str, Annotated[float, Field(ge=-500.0, le=2000.0)]] = Field(default_factory=dict)


class DisplayReport(Message):
    """What was found about the screen and its timing.

    Attributes:
        name: Name of the screen.
        geometry: x, y, width, height of the window on the desktop, as the window system confirms it.
        renderer: Who draws (``llvmpipe`` is a processor, not a graphics card).
        period_ms: Median interval between two flips as measured; the time that a flip takes where flips do not wait.
        jitter_ms: Median absolute deviation of the intervals.
        late: Intervals above 1.5 periods while measuring.
        measured: Number of intervals measured.
        blocking: Whether a flip waits for the screen.
        frame_ms: What counts as a frame: the period where flips wait, else the pace that the drawing loop keeps.
        refresh_hz: Refresh rate that the screen states; 0 when it states none.
        px_per_cm: Pixels per centimetre that sizes are worked out with.
        size_from: Where that comes from: the lab's settings, the screen's own statement, or nowhere.
        input_times: How presses and keys are timed.
        virtual: Whether the screen exists in memory only.
        tier: How far times can be trusted.
        reason: Why, in words.
    """

    name: str
    geometry: tuple[int, int, int, int]
    renderer: str
    period_ms: float
    jitter_ms: float
    late: int
    measured: int
    blocking: bool
    frame_ms: float = 1000 / 60
    refresh_hz: float = 0.0
    px_per_cm: float = PX_PER_CM
    size_from: Size = "assumed"
    input_times: str = ""
    virtual: bool = False
    tier: Tier
    reason: str

    def label(self) -> str:
        """Return name and geometry as the record keeps them (``HDMI-1 1920x1080+0+0``)."""
        x, y, width, height = self.geometry
        return f"{self.name} {width}x{height}{x:+d}{y:+d}"


class SoundReport(Message):
    """What was found about sound.

    Attributes:
        device: Name of the output device; empty when there is none.
        output: What the sound server plays to, in its own words; empty where it cannot be asked.
        output_name: The name that measurements of this output are kept under.
        volume_percent: Its volume; None where it cannot be asked.
        muted: Whether it is mute; None where it cannot be asked.
        latency_ms: Output latency that the device states.
        spread_ms: Median absolute deviation of the times that the device states.
        reason: Why there is no sound; empty when there is.
        onset: How the onset of a sound is known: from the converter's own time, or from the stated latency.
        offset_ms: The station's measured offset that is taken into account; None when never measured.
        ceiling_dbfs: No sound is louder than this.
    """

    device: str = ""
    output: str = ""
    output_name: str = ""
    volume_percent: int | None = None
    muted: bool | None = None
    latency_ms: float = 0.0
    spread_ms: float = 0.0
    reason: str = ""
    onset: Literal["", "converter time", "stated latency"] = ""
    offset_ms: float | None = None
    ceiling_dbfs: float = 0.0

    @property
    def heard(self) -> bool:
        """Whether anything can be heard: there is a device, and it is known neither to be mute nor at zero."""
        return bool(self.device) and not self.muted and self.volume_percent != 0

    def warning(self) -> str:
        """Say in one sentence what the examiner must know before the child sits down; empty when all is well."""
        if not self.device:
            return f"There is no sound: {self.reason or 'no sound device'}."
        if self.muted:
            return f"The sound is switched off (mute) at {self.output or self.device}."
        if self.volume_percent == 0:
            return f"The volume of {self.output or self.device} is zero."
        return ""
