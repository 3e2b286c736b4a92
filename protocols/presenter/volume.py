"""What the sound server plays to, how loud, and whether it is mute: asked of PulseAudio or PipeWire through `pactl`.

Where neither answers (Windows, macOS, bare ALSA) nothing is known, and that is what the report says.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

PROGRAM = "pactl"
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Output:
    """The output of the sound server.

    Attributes:
        name: Its name for programs; its monitor source is ``NAME.monitor``.
        title: Its name for people.
        volume_percent: Volume of the loudest channel; None when not stated.
        muted: Whether it is mute; None when not stated.
    """

    name: str
    title: str
    volume_percent: int | None
    muted: bool | None


def default_output() -> Output | None:
    """Return the output that sounds go to now; None where it cannot be asked."""
    if shutil.which(PROGRAM) is None:
        return None
    name = os.environ.get("PULSE_SINK", "")
    if not name:
        info = _ask("info")
        name = str(info.get("default_sink_name", "")) if isinstance(info, dict) else ""
    sinks = _ask("list", "sinks")
    return find_output(sinks, name) if isinstance(sinks, list) else None


def output_name(device: str, output: Output | None) -> str:
    """Return the name that measurements of a device are kept under: the sound server's, where there is one."""
    return output.name if output is not None and output.name else device


def find_output(sinks: list[Any], name: str) -> Output | None:
    """Return the output of a name from what the server lists; the first one where the name is unknown."""
    known = [sink for sink in sinks if isinstance(sink, dict)]
    sink = next((one for one in known if one.get("name") == name), known[0] if known else None)
    if sink is None:
        return None
    volumes = [_percent(channel) for channel in (sink.get("volume") or {}).values()]
    stated = [volume for volume in volumes if volume is not None]
    mute = sink.get("mute")
    return Output(
        name=str(sink.get("name", "")),
        title=str(sink.get("description") or sink.get("name") or ""),
        volume_percent=max(stated) if stated else None,
        muted=mute if isinstance(mute, bool) else None,
    )


def _percent(channel: Any) -> int | None:
    found = re.match(r"\s*(\d+)\s*%", str(channel.get("value_percent", ""))) if isinstance(channel, dict) else None
    return int(found[1]) if found else None


def _ask(*what: str) -> Any:
    try:
        done = subprocess.run(
            [PROGRAM, "--format=json", *what],
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
