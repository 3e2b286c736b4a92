"""Whether files can be trusted: paths that stay inside their folder, pictures that open and are of a sane size.

A picture's size is read from its header before anything is decoded, so that a small file which unpacks to
gigabytes is refused and not opened. Decoding is done at reduced scale where the format allows it.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from devkit.banks.store import Bank
from devkit.errors import Problem
from devkit.files import threaded
from devkit.ids import digest_bytes

FORMATS = ("JPEG", "PNG", "WEBP")
_SUFFIXES = {b"\xff\xd8": ".jpg", b"\x89P": ".png", b"RI": ".webp"}
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
"""Everything that Pillow raises on a file that is no sound picture."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may be.

    Attributes:
        pixels: Largest width × height.
        file_bytes: Largest file.
        decode: Decode every picture, not only its header: finds pictures that break off or whose data are damaged.
    """

    pixels: int = 50_000_000
    file_bytes: int = 100_000_000
    decode: bool = True


@dataclass(slots=True)
class Folder:
    """A folder that paths from an untrusted file are looked up in; nothing outside it is ever read."""

    root: Path
    _known: dict[str, Path | tuple[str, str]] = field(default_factory=dict)
    _real: dict[Path, Path] = field(default_factory=dict)

    def locate(self, written: str) -> Path | tuple[str, str]:
        """Return the file of a path as it is written in an item, or a problem's code and message."""
        if written not in self._known:
            self._known[written] = self._locate(written)
        return self._known[written]

    def _locate(self, written: str) -> Path | tuple[str, str]:
        if not written or "\0" in written:
            return "bad-path", "the path of an image is empty or holds a null character"
        if written.startswith(("/", "\\", "~")) or (len(written) > 1 and written[1] == ":"):
            return "path-outside", f"the path '{written}' is absolute"
        if ".." in written.replace("\\", "/").split("/"):
            return "path-outside", f"the path '{written}' leaves the folder"
        path = self.root / written
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            return "missing-image", f"there is no file '{written}'"
        if not self._inside(path, mode):
            return "path-outside", f"the path '{written}' is a link that leaves the folder"
        if not stat.S_ISREG(mode) and not path.is_file():
            return "missing-image", f"'{written}' is no file"
        return path

    def _inside(self, path: Path, mode: int) -> bool:
        root = self._realpath(self.root)
        real = path.resolve() if stat.S_ISLNK(mode) else self._realpath(path.parent)
        return real == root or root in real.parents

    def _realpath(self, folder: Path) -> Path:
        if folder not in self._real:
            self._real[folder] = folder.resolve()
        return self._real[folder]


def read_picture(path: Path, limits: Limits) -> tuple[bytes, str] | tuple[str, str, str]:
    """Read a picture and make sure that it can be shown.

    Returns:
        Its bytes and the suffix of its format, or a problem's code, message and hint.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limits.file_bytes:
                return "enormous-image", f"'{path.name}' has {size:,} bytes", f"the limit is {limits.file_bytes:,}"
            data = file.read()
    except OSError as error:
        return "corrupt-image", f"'{path.name}' cannot be read: {error.strerror}", ""
    return check_picture(data, path.name, limits)


def check_picture(data: bytes, name: str, limits: Limits) -> tuple[bytes, str] | tuple[str, str, str]:
    """Check a picture's bytes; see `read_picture`."""
    try:
        width, height = header_size(data)
        if width * height > limits.pixels:
            message = f"'{name}' is {width} × {height} pixels"
            return "enormous-image", message, f"the limit is {limits.pixels:,} pixels"
        if limits.decode:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                image.draft("RGB", (max(1, width // 8), max(1, height // 8)))
                image.load()
    except BROKEN as error:
        return "corrupt-image", f"'{name}' is no readable picture", _reason(error)
    return data, _SUFFIXES[data[:2]]


def header_size(data: bytes) -> tuple[int, int]:
    """Return width and height from a picture's header, without letting any decoder at it.

    Raises:
        ValueError: It is no JPEG, PNG or WebP, or breaks off before its size.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
    elif data.startswith(b"\xff\xd8"):
        width, height = _jpeg_size(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        with Image.open(io.BytesIO(data), formats=FORMATS[2:]) as image:
            width, height = image.size
    else:
        raise ValueError("neither JPEG, PNG nor WebP" if data else "the file is empty")
    if width == 0 or height == 0:
        raise ValueError("it has no pixels")
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk the segments of a JPEG to its frame header (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    raise ValueError("the header breaks off")


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def check_bank(bank: Bank, limits: Limits | None = None, *, jobs: int = 0) -> list[Problem]:
    """Check every file of a bank: that it is there, that its bytes are those it is named by, that pictures open.

    Args:
        bank: The bank.
        limits: What a picture may be.
        jobs: Threads; two for each core by default.
    """
    needed: dict[str, str] = {}
    for item in bank.items.values():
        for digest in item.media():
            needed.setdefault(digest, item.item_id)
    spoken = {prompt.media for item in bank.items.values() for prompt in item.spoken}
    bounds = limits or Limits()

    def check(digest: str) -> Problem | None:
        path = bank.find(digest)
        place = f"{bank.path}: item '{needed[digest]}'"
        if path is None:
            return Problem("missing-media", f"the file {digest[:12]}… is missing", place, "make the bank again")
        data = path.read_bytes()
        if digest_bytes(data) != digest:
            return Problem("changed-media", f"the file {digest[:12]}… is not what it was", place, "make the bank again")
        if digest in spoken:
            return None
        answer = check_picture(data, path.name, bounds)
        return Problem(answer[0], answer[1], place, answer[2]) if len(answer) == 3 else None

    return [problem for problem in threaded(check, needed, jobs) if problem is not None]
