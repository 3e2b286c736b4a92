"""The protocols of a lab and of the library, their drafts, and what a text comes to; no widgets here.

A draft is what was typed and not yet saved. It lies beside the protocol, so that a power cut costs nothing, and goes
when the protocol is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from devkit.errors import Problem, Problems, UserError
from devkit.files import write_whole
from devkit.lab import Lab
from protocols import library
from protocols.editing import values_of
from protocols.load import load_text
from protocols.pilot import PilotReport, run_pilot
from protocols.placeholder import PlaceholderBank, placeholder_bank
from protocols.schema import Protocol

ESTIMATE_CHILDREN = 4


@dataclass(frozen=True, slots=True)
class Shelved:
    """A protocol that can be chosen.

    Attributes:
        path: Its file.
        title: For people; the file's name where it cannot be read.
        own: Whether it is the lab's; the library's are copied before they are changed.
        sound: Whether it has no mistakes.
        draft: Whether it has changes that were not saved.
    """

    path: Path
    title: str
    own: bool
    sound: bool
    draft: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """What a text comes to: the protocol, or what is wrong with it; its plain values where it is YAML at all."""

    text: str
    protocol: Protocol | None
    problems: tuple[Problem, ...]
    values: dict[str, object] | None


def shelf(lab: Lab) -> list[Shelved]:
    """Return the protocols of a lab, then those of the library."""
    own = [_shelved(path, own=True) for path in sorted((lab.path / "protocols").glob("*.y*ml"))]
    return own + [_shelved(library.path(name), own=False) for name in library.names()]


def _shelved(path: Path, *, own: bool) -> Shelved:
    try:
        found = check(path.read_text(encoding="utf-8-sig"), path)
    except (OSError, UnicodeDecodeError):
        return Shelved(path, path.name, own, sound=False, draft=False)
    title = str((found.values or {}).get("title") or path.name)
    return Shelved(path, title, own, found.protocol is not None, draft_of(path).exists())


def check(text: str, path: Path) -> Checked:
    """Check a text as if it stood in the file."""
    try:
        values = values_of(text)
    except Problems as error:
        return Checked(text, None, error.problems, None)
    known = values if isinstance(values, dict) else None
    try:
        return Checked(text, load_text(text, path), (), known)
    except UserError as error:
        return Checked(text, None, error.problems, known)


def draft_of(path: Path) -> Path:
    """Return where the draft of a protocol is, or would be."""
    return path.with_name(f".{path.name}.draft")


def open_text(path: Path) -> tuple[str, bool]:
    """Return the text to show, and whether it is a draft.

    Raises:
        UserError: The file cannot be read.
    """
    draft = draft_of(path)
    try:
        saved = path.read_bytes().decode("utf-8-sig")
        return (draft.read_text(encoding="utf-8"), True) if draft.exists() else (saved, False)
    except OSError as error:
        raise UserError(f"the protocol cannot be read: {error.strerror}", place=str(path)) from None
    except UnicodeDecodeError:
        raise UserError("the text is not UTF-8", place=str(path), hint="save the file as UTF-8") from None


def keep_draft(path: Path, text: str) -> None:
    """Keep what was typed; a disk that refuses is told when the protocol is saved."""
    try:
        if path.read_bytes().decode("utf-8-sig") == text:
            draft_of(path).unlink(missing_ok=True)
        else:
            write_whole(draft_of(path), text.encode())
    except (OSError, UnicodeDecodeError):
        return


@cache
def no_pictures() -> PlaceholderBank:
    """Return the bank without pictures that protocols are tried out with."""
    return placeholder_bank(320, dialogues=64)


def estimate(protocol: Protocol) -> PilotReport:
    """Return how long a session would be, from a few simulated children evenly over the ages.

    Raises:
        UserError: The protocol wants more items of a form than there are.
    """
    return run_pilot(protocol, no_pictures(), children=ESTIMATE_CHILDREN)
