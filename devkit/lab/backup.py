"""A lab in one file, and back again: a ZIP with a list of every file's digest, written last and checked first.

The index and the tables made from it are left out, since they are made anew; a training run or a bank can be left out
because it is large. The people go along in the state in which they are: encrypted when the lab has a passphrase.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from devkit.errors import Problem, Problems, UserError
from devkit.ids import digest_bytes
from devkit.lab import files
from devkit.lab.people import VAULT
from devkit.lab.settings import FILE
from devkit.lab.store import Lab

MANIFEST = "backup.json"
PEOPLE = ("people.sqlite", VAULT)
MADE_ANEW = ("lab.sqlite", "lab.sqlite-wal", "lab.sqlite-shm")
STORED = {".png", ".jpg", ".jpeg", ".webp", ".mp4", ".safetensors", ".parquet", ".zip", ".ogg", ".flac"}


def _ignore(steps: int) -> None:
    """Take no notice of progress."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: its file, the number of files in it and their bytes together."""

    path: Path
    files: int
    bytes: int


def backup(
    lab: Lab,
    out: Path,
    *,
    people: bool = True,
    without: tuple[str, ...] = (),
    advance: Callable[[int], None] = _ignore,
) -> Backup:
    """Write a lab into one file.

    Args:
        lab: The lab; sessions may be running, their journals are taken as far as they are.
        out: The ZIP to write; it appears under its name when it is whole.
        people: Whether names, birth dates and contacts go along.
        without: Folders that are left out (``models``, ``banks``).
        advance: Told of every file that is done.

    Raises:
        UserError: There is such a file already, it would be inside the lab, or the disk refuses.
    """
    if out.exists():
        raise UserError("there is a file already", place=str(out), hint="choose another name")
    if lab.path.resolve() in out.resolve().parents:
        raise UserError("a backup belongs outside the lab", place=str(out), hint="choose another folder")
    part, digests, total = out.with_name(f".{out.name}.part"), {}, 0
    with files.writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
                for path in wanted(lab.path, people=people, without=without):
                    data = path.read_bytes()
                    name = path.relative_to(lab.path).as_posix()
                    kind = zipfile.ZIP_STORED if path.suffix.lower() in STORED else zipfile.ZIP_DEFLATED
                    archive.writestr(zipfile.ZipInfo.from_file(path, name), data, kind)
                    digests[name], total = digest_bytes(data), total + len(data)
                    advance(1)
                head = {"devkit_backup": 1, "lab_id": lab.lab_id, "made_at": datetime.now(UTC).isoformat()}
                archive.writestr(MANIFEST, json.dumps(head | {"files": digests}, indent=1))
            os.replace(part, out)
        finally:
            part.unlink(missing_ok=True)
    return Backup(out, len(digests), total)


def wanted(path: Path, *, people: bool = True, without: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the files of a lab that a backup takes, in order."""
    skipped = {*MADE_ANEW, *(() if people else PEOPLE)}
    for one in sorted(path.rglob("*")):
        parts = one.relative_to(path).parts
        left_out = parts[0] in without or parts[0] in skipped or parts[:2] == ("exports", "parquet")
        if not left_out and not one.name.startswith(".") and one.is_file() and not one.is_symlink():
            yield one


def restore(source: Path, target: Path, *, advance: Callable[[int], None] = _ignore) -> Lab:
    """Make a lab from a backup, in a new folder.

    Args:
        source: The ZIP.
        target: Folder to make.
        advance: Told of every file that is done.

    Raises:
        UserError: The source is no backup, the folder holds something, or the disk refuses.
        Problems: All files of the backup that are damaged; nothing is left of the target.
    """
    if target.exists() and any(target.iterdir() if target.is_dir() else [target]):
        raise UserError("the folder is not empty", place=str(target), hint="name a new folder")
    try:
        with zipfile.ZipFile(source) as archive:
            digests = _manifest(archive, source)
            damaged = list(_damaged(archive, digests, source))
            if damaged:
                raise Problems(damaged)
            with files.writing(target):
                for name in digests:
                    place = target / name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    files.write_whole(place, archive.read(name), private=place.name in PEOPLE)
                    advance(1)
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(f"is no backup that can be read: {error}", place=str(source)) from None
    return Lab.open(target)


def _manifest(archive: zipfile.ZipFile, source: Path) -> dict[str, str]:
    try:
        said = json.loads(archive.read(MANIFEST))
        digests = {str(name): str(digest) for name, digest in said["files"].items()}
    except (KeyError, ValueError, AttributeError, TypeError):
        raise UserError("is no backup of a lab, or not a whole one", place=str(source)) from None
    for name in digests:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or ":" in name or "\\" in name:
            raise UserError(f"names a file outside the lab: {name}", place=str(source), hint="do not use it")
    if FILE not in digests:
        raise UserError(f"holds no {FILE}", place=str(source))
    return digests


def _damaged(archive: zipfile.ZipFile, digests: dict[str, str], source: Path) -> Iterator[Problem]:
    for name, digest in digests.items():
        try:
            sound = digest_bytes(archive.read(name)) == digest
        except (KeyError, zipfile.BadZipFile, OSError):
            sound = False
        if not sound:
            yield Problem("backup", f"{name} is missing or damaged", str(source), "use another backup")
