"""What the app remembers between starts: theme, language, size, recent labs, who the examiner is.

One JSON file in the user's configuration folder. A file of an earlier version is migrated step by step after a copy of
it was kept; one that cannot be read is set aside, and the app starts with what it would start with the first time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, ValidationError

from devkit.errors import UserError
from devkit.files import first_error, write_whole
from devkit.items import Strict

VERSION = 3
MOST_RECENT = 8
FILE = "app.json"


class AppSettings(Strict):
    """The settings of the app.

    Attributes:
        version: Version of the file.
        theme: ``system`` follows the desktop.
        scale: Size of text and space, 1 to 2.
        language: Language of the app.
        motion: Whether things may move.
        recent: Labs, the latest first.
        folder: Where new labs are proposed.
        examiner: Initials that notes, corrections and reviews are signed with.
        corpora: Folders of corpora and training data that are listed.
    """

    version: int = VERSION
    theme: Literal["system", "light", "dark", "contrast"] = "system"
    scale: float = Field(default=1.0, ge=1.0, le=2.0)
    language: Literal["en", "es"] = "en"
    motion: bool = True
    recent: tuple[str, ...] = ()
    folder: str = ""
    examiner: str = ""
    corpora: tuple[str, ...] = ()


def settings_path() -> Path:
    """Return where the settings are; ``DEVKIT_SETTINGS`` names another folder (tests, portable installations)."""
    folder = os.environ.get("DEVKIT_SETTINGS") or platformdirs.user_config_dir("devkit", appauthor=False)
    return Path(folder) / FILE


def load(path: Path | None = None) -> tuple[AppSettings, str]:
    """Read the settings.

    Returns:
        The settings, and what the user has to be told about them (empty when nothing).
    """
    path = path or settings_path()
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return AppSettings(), ""
    except OSError as error:
        return AppSettings(), f"the settings cannot be read: {error.strerror} ({path})"
    try:
        return _parsed(path, data)
    except (ValueError, ValidationError) as error:
        reason = first_error(error) if isinstance(error, ValidationError) else str(error)
        kept = _keep(path, data, "unreadable")
        return AppSettings(), f"the settings could not be read and were set aside as {kept.name}: {reason}"


def _parsed(path: Path, data: bytes) -> tuple[AppSettings, str]:
    values = json.loads(data)
    if not isinstance(values, dict):
        raise ValueError("no JSON object")
    version = values.get("version", 1)
    if not isinstance(version, int) or version > VERSION:
        kept = _keep(path, data, f"version-{version}")
        return AppSettings(), f"the settings are of a newer devkit; they are kept as {kept.name}"
    if version < VERSION:
        kept = _keep(path, data, f"version-{version}")
        settings = AppSettings.model_validate_json(json.dumps(migrated(values)))
        save(settings, path)
        return settings, f"the settings were brought up to date; what they were is kept as {kept.name}"
    return AppSettings.model_validate_json(data), ""


def _keep(path: Path, data: bytes, why: str) -> Path:
    kept = path.with_name(f"{path.stem}.{why}.json")
    write_whole(kept, data, sync=True)
    return kept


def _from_1(values: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had ``dark`` instead of a theme, and one lab instead of the recent ones."""
    dark, lab = values.pop("dark", None), values.pop("lab", "")
    values["theme"] = "system" if dark is None else "dark" if dark else "light"
    values["recent"] = [lab] if lab else []
    return values


def _from_2(values: dict[str, Any]) -> dict[str, Any]:
    """Version 2 listed no corpora; an earlier app would not know them, so the version says that they are there."""
    return values | {"corpora": []}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1, 2: _from_2}


def migrated(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of an earlier version as they are said today."""
    for version in range(values.get("version", 1), VERSION):
        values = MIGRATIONS[version](dict(values)) | {"version": version + 1}
    return values


def save(settings: AppSettings, path: Path | None = None) -> None:
    """Write the settings.

    Raises:
        UserError: The disk refuses; the file is as it was.
    """
    path = path or settings_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, settings.model_dump_json(indent=1).encode(), sync=True)
    except OSError as error:
        raise UserError(f"the settings cannot be written: {error.strerror}", place=str(path)) from None


def with_recent(settings: AppSettings, lab: Path) -> AppSettings:
    """Return the settings with a lab at the head of the recent ones."""
    name = str(lab.resolve())
    others = [one for one in settings.recent if one != name]
    return settings.model_copy(update={"recent": (name, *others)[:MOST_RECENT]})
