"""The equipment of this station: what the lab has set, the command line changes, and a loop-back has measured.

What was measured belongs to the machine and its loudspeaker, not to a lab: it is kept in the user's settings, by the
name of the output device, and only `devkit doctor sound` writes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devkit.errors import UserError, did_you_mean
from devkit.lab.files import write_whole
from devkit.lab.station import LabGaze, LabInput, LabScreen, LabSound
from protocols.equipment import DisplaySettings, SoundSettings
from protocols.gaze.settings import GazeSettings, Source

FILE = "station.json"
OPTIONS = ("screen", "geometry", "width_cm", "window", "pointer", "sound", "sound_device", "lock_keyboard")
_GEOMETRY = re.compile(r"(\d+)x(\d+)(?:([+-]\d+)([+-]\d+))?")
YES_NO = {"on": True, "off": False, "yes": True, "no": False, "true": True, "false": False}


class MeasuredSound(BaseModel):
    """What a loop-back found out about one output device.

    Attributes:
        offset_ms: How much later than stated a sound is heard; the median.
        sd_ms: Standard deviation of single sounds.
        p95_ms: 95th percentile of their distance from the median.
        sounds: How many were heard.
        through: What heard them: the sound server's monitor, or a microphone.
        measured_at: When, ISO 8601 with offset.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    offset_ms: float
    sd_ms: float
    p95_ms: float
    sounds: int
    through: Literal["monitor", "microphone"]
    measured_at: str


class StationFile(BaseModel):
    """What is known of this station, by the name of the output device."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal[1] = 1
    sound: dict[str, MeasuredSound] = Field(default_factory=dict)


def station_path() -> Path:
    """Return where this station's measurements are; ``DEVKIT_SETTINGS`` names another folder."""
    folder = os.environ.get("DEVKIT_SETTINGS")
    return (Path(folder) if folder else user_config_path("devkit", appauthor=False)) / FILE


def read_station(path: Path | None = None) -> StationFile:
    """Read this station's measurements; nothing is known where there is no file.

    Raises:
        UserError: The file cannot be read.
    """
    path = path or station_path()
    try:
        return StationFile.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return StationFile()
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        hint = "delete it and measure again: devkit doctor sound"
        raise UserError("this station's measurements cannot be read", place=str(path), hint=hint) from error


def keep_measured_sound(device: str, found: MeasuredSound, path: Path | None = None) -> Path:
    """Write what was measured of an output device, in place of what was known of it before.

    Raises:
        UserError: The disk refuses.
    """
    path = path or station_path()
    known = read_station(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    changed = known.model_copy(update={"sound": {**known.sound, device: found}})
    write_whole(path, (changed.model_dump_json(indent=2) + "\n").encode())
    return path


def display_settings(
    screen: LabScreen, pointing: LabInput, kind: Literal["child", "adult"], options: Mapping[str, str] | None = None
) -> DisplaySettings:
    """Return how the child's screen is set up.

    Args:
        screen: As the lab has it.
        pointing: As the lab has it.
        kind: Who answers; decides what a press is where neither the lab nor the options say.
        options: From the command line, before the lab's: ``screen``, ``geometry`` or ``window`` (``1280x800+0+0``),
            ``width_cm``, ``pointer``, ``lock_keyboard``.

    Raises:
        UserError: An option means nothing.
    """
    said = options or {}
    geometry = _geometry(said["geometry"], "geometry") if "geometry" in said else screen.geometry
    window = _geometry(said["window"], "window")[2:] if "window" in said else None
    width_cm = _number(said["width_cm"], "width_cm") if "width_cm" in said else screen.width_cm
    pointer = said.get("pointer") or pointing.pointer or ("touch" if kind == "child" else "mouse")
    if pointer not in ("touch", "mouse"):
        raise UserError(f"a pointer is touch or mouse, not '{pointer}'", place="pointer")
    return DisplaySettings(
        screen=said.get("screen", screen.name),
        geometry=geometry,
        window_size=window,
        width_cm=width_cm,
        pointer="touch" if pointer == "touch" else "mouse",
        buttons={name.lower(): key.lower() for name, key in pointing.buttons.items()},
        lock_keyboard=_switch(said, "lock_keyboard", screen.lock_keyboard),
    )


def sound_settings(
    sound: LabSound, options: Mapping[str, str] | None = None, station: StationFile | None = None
) -> SoundSettings:
    """Return how the child's sound is set up, with what was measured of this station's devices.

    Args:
        sound: As the lab has it.
        options: From the command line, before the lab's: ``sound``, ``sound_device``.
        station: What was measured; None reads this station's file.

    Raises:
        UserError: An option means nothing, or the station's file cannot be read.
    """
    said = options or {}
    measured = (station or read_station()).sound
    return SoundSettings(
        on=_switch(said, "sound", sound.on),
        device=said.get("sound_device", sound.device),
        ceiling_dbfs=sound.ceiling_dbfs,
        full_scale_db_spl=sound.full_scale_db_spl,
        offsets_ms={name: found.offset_ms for name, found in measured.items()},
    )


def gaze_settings(gaze: LabGaze, options: Mapping[str, str] | None = None) -> GazeSettings:
    """Return who says where the child looks.

    Args:
        gaze: As the lab has it.
        options: From the command line, before the lab's: ``gaze``, ``tracker``.

    Raises:
        UserError: There is no such source.
    """
    said = options or {}
    source, known = said.get("gaze", gaze.source), get_args(Source)
    if source not in known:
        hint = did_you_mean(source, known) or f"gaze sources: {', '.join(known)}"
        raise UserError(f"there is no gaze source '{source}'", place="gaze", hint=hint)
    return GazeSettings(
        source=source,
        rate_hz=gaze.rate_hz,
        address=said.get("tracker", gaze.tracker),
        distance_cm=gaze.distance_cm,
        max_error_deg=gaze.max_error_deg,
    )


def _geometry(text: str, option: str) -> tuple[int, int, int, int]:
    found = _GEOMETRY.fullmatch(text.strip())
    if found is None:
        raise UserError(f"'{text}' is no place on a screen", place=option, hint=f"{option}=1280x800+1920+0")
    return int(found[3] or 0), int(found[4] or 0), int(found[1]), int(found[2])


def _number(text: str, option: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 1000:
        raise UserError(f"'{text}' is no width in centimetres", place=option, hint=f"{option}=34.5")
    return value


def _switch(said: Mapping[str, str], option: str, default: bool) -> bool:
    if option not in said:
        return default
    value = YES_NO.get(said[option].lower())
    if value is None:
        raise UserError(f"'{said[option]}' is neither on nor off", place=option, hint=f"{option}=off")
    return value
