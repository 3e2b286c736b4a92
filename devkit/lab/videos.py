"""Where videos of children are kept: with the people's data, readable by their owner only, never exported or merged.

One file a session, with the time of every frame beside it; a session that was taken up again has one for each run.
Whether a child may be filmed is the family's decision, kept with the participant (``video``).
"""

from __future__ import annotations

import os
from pathlib import Path

from devkit.errors import UserError
from devkit.lab import files
from devkit.lab.participants import Participants

FOLDER = "video"


def video_path(lab: Path, session_id: str) -> Path:
    """Return where the video of a session is, or would be."""
    return lab / FOLDER / f"{session_id}.mkv"


def times_path(lab: Path, session_id: str) -> Path:
    """Return where the times of its frames are: a table of ``frame`` and ``session_ms``."""
    return lab / FOLDER / f"{session_id}.times.csv"


def parts(lab: Path, session_id: str) -> list[str]:
    """Return the names under which the films of a session lie, in the order they were made; none without a film."""
    found: list[str] = []
    while video_path(lab, name := f"{session_id}-{len(found) + 1}" if found else session_id).exists():
        found.append(name)
    return found


def make_folder(lab: Path) -> Path:
    """Make the folder of videos, open to its owner only.

    Raises:
        UserError: The disk refuses.
    """
    folder = lab / FOLDER
    with files.writing(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)
    return folder


def require_consent(participants: Participants, code: str) -> None:
    """Make sure that the family has agreed to video.

    Raises:
        UserError: There is no such participant, or no consent to video is noted.
    """
    if not participants.get(code).video:
        raise UserError(
            f"no consent to video is noted for participant '{code}'",
            hint="note it with 'devkit participant change LAB CODE --video', or go on without a camera",
            code="no-video-consent",
        )
