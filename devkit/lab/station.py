"""Screen, sound, input, gaze and camera of a station, as ``lab.toml`` has them. What they do is others' business.

Everything has a default that works on a machine with one screen and one loudspeaker; a lab sets what its room needs.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from devkit.items import Strict

KEY = r"^[A-Za-z0-9_]+$"
Whole = Annotated[int, Field(ge=-100_000, le=100_000)]
GazeSource = Literal["none", "examiner", "mouse", "eyelink", "gazepoint", "tobii"]
Pixels = Annotated[int, Field(ge=100, le=100_000)]


class LabScreen(Strict):
    """The child's screen.

    Attributes:
        name: As `devkit doctor screens` lists it; empty for the desktop's first.
        geometry: x, y, width, height that it must have; absent for whatever it has.
        width_cm: Width of the picture on the glass, measured with a ruler; absent for what the screen says of itself.
        lock_keyboard: Whether the child's window takes the whole keyboard during a session.
    """

    name: str = ""
    geometry: tuple[Whole, Whole, Pixels, Pixels] | None = None
    width_cm: float | None = Field(default=None, ge=5, le=600)
    lock_keyboard: bool = False


class LabSound(Strict):
    """The child's sound.

    Attributes:
        on: Whether there is to be sound.
        device: Part of the name of the output device; empty for the system's first.
        ceiling_dbfs: No sound is louder than this, dB below full scale over 125 ms.
        full_scale_db_spl: Level of a full-scale sound at the child's ear, measured with a sound level meter; then
            nothing is louder than 75 dB.
    """

    on: bool = True
    device: str = ""
    ceiling_dbfs: float = Field(default=-14.0, ge=-60, le=-3)
    full_scale_db_spl: float | None = Field(default=None, ge=40, le=140)


class LabInput(Strict):
    """How a child answers at this station.

    Attributes:
        pointer: What a press on the screen is; absent says touch for children and mouse for adults.
        buttons: Keys that a button box sends, and the key that each stands for (``{f1 = "left"}``).
    """

    pointer: Literal["touch", "mouse"] | None = None
    buttons: dict[Annotated[str, Field(pattern=KEY)], Annotated[str, Field(pattern=KEY)]] = Field(default_factory=dict)


class LabGaze(Strict):
    """Who says where the child looks in looking trials at this station.

    Attributes:
        source: A tracker, or ``examiner`` for looks that are keyed; ``none`` where videos are coded afterwards.
        tracker: Address of the tracker, or name of its stream.
        rate_hz: Samples a second that are asked for.
        distance_cm: From the child's eyes to the screen.
        max_error_deg: A calibration is good when no corner is off, or scatters, by more.
    """

    source: GazeSource = "none"
    tracker: str = ""
    rate_hz: int = Field(default=50, ge=10, le=2000)
    distance_cm: float = Field(default=60.0, ge=20, le=200)
    max_error_deg: float = Field(default=2.5, gt=0, le=20)


class LabCamera(Strict):
    """The camera that films a child whose family consents to video; nobody else is filmed.

    Attributes:
        source: Device or address as FFmpeg names it (``/dev/video0``); empty for no camera.
        width: Wished width, pixels; 0 takes what the camera gives.
        height: Wished height.
        rate: Wished frames a second; 0 takes what the camera gives.
    """

    source: str = ""
    width: int = Field(default=0, ge=0, le=10_000)
    height: int = Field(default=0, ge=0, le=10_000)
    rate: int = Field(default=0, ge=0, le=1000)


def station_text(screen: LabScreen, sound: LabSound, pointing: LabInput, gaze: LabGaze, camera: LabCamera) -> str:
    """Return the five tables as TOML; what is absent stands there as a comment with an example."""

    def line(name: str, value: object, example: str, meaning: str) -> str:
        shown = f"# {name} = {example}" if value is None else f"{name} = {json.dumps(value, ensure_ascii=False)}"
        return f"{shown}  # {meaning}\n" if meaning else f"{shown}\n"

    buttons = ", ".join(f"{name} = {json.dumps(key)}" for name, key in pointing.buttons.items())
    geometry = None if screen.geometry is None else list(screen.geometry)
    return "".join(
        [
            "\n[screen]  # the child's\n",
            line("name", screen.name, "", "as `devkit doctor screens` lists it; empty for the first"),
            line("geometry", geometry, "[1920, 0, 1920, 1080]", "x, y, width, height that it must have"),
            line("width_cm", screen.width_cm, "34.5", "width of the picture on the glass, with a ruler"),
            line("lock_keyboard", screen.lock_keyboard, "", "whether a session takes the whole keyboard"),
            "\n[sound]\n",
            line("on", sound.on, "", "false for no sound at all"),
            line("device", sound.device, "", "part of the device's name; empty for the first"),
            line("ceiling_dbfs", sound.ceiling_dbfs, "", "nothing is louder, dB below full scale"),
            line("full_scale_db_spl", sound.full_scale_db_spl, "92.0", "full scale at the child's ear, measured"),
            "\n[input]\n",
            line("pointer", pointing.pointer, '"touch"', "touch or mouse; absent: touch for children"),
            f"buttons = {{{buttons}}}  # of a button box: the key that each stands for\n",
            "\n[gaze]  # in looking trials\n",
            line("source", gaze.source, "", "none, examiner, mouse, eyelink, gazepoint or tobii"),
            line("tracker", gaze.tracker, "", "its address, or the name of its stream"),
            line("rate_hz", gaze.rate_hz, "", "samples a second"),
            line("distance_cm", gaze.distance_cm, "", "from the child's eyes to the screen"),
            line("max_error_deg", gaze.max_error_deg, "", "a calibration with a corner off by more is not good"),
            "\n[camera]  # films children whose families consent to video, nobody else\n",
            line("source", camera.source, "", "as FFmpeg names it, such as /dev/video0; empty for none"),
            line("width", camera.width, "", "0 takes what the camera gives"),
            line("height", camera.height, "", ""),
            line("rate", camera.rate, "", "frames a second"),
        ]
    )
