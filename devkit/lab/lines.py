"""One line of a journal: JSON with a checksum, so that damage is found and stays inside its line.

``{"kind":"trial","data":{…},"crc":"1a2b3c4d"}``: the CRC-32 covers everything between the first brace and ``,"crc"``.
Knows nothing of files, nor of what the data mean.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

LineKind = Literal["header", "trial", "event", "gaze", "correction", "end", "participant"]
KINDS: tuple[str, ...] = get_args(LineKind)
_TAIL = len(',"crc":"00000000"}')
_HEAD = re.compile(rb'"kind":"([a-z]+)","data":')


class BadLine(ValueError):
    """A line that is not whole: no JSON line of ours, or its checksum does not fit."""


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line as it stands in the file.

    Attributes:
        number: From 1.
        start: Offset of its first byte.
        text: Its bytes, without the line end.
        ended: Whether a line end follows.
    """

    number: int
    start: int
    text: bytes
    ended: bool

    @property
    def end(self) -> int:
        """Offset behind the line and its line end."""
        return self.start + len(self.text) + self.ended


@dataclass(frozen=True, slots=True)
class Line:
    """A whole line: its kind and the JSON text of its data."""

    kind: str
    data: bytes


def encode(kind: LineKind, data: str) -> bytes:
    """Return the bytes of a line, line end included, from the JSON text of its data (which holds no line end)."""
    body = f'"kind":"{kind}","data":{data}'.encode()
    return b'{%b,"crc":"%08x"}\n' % (body, zlib.crc32(body))


def decode(text: bytes) -> Line:
    """Return what a line says.

    Raises:
        BadLine: The line is cut off or was changed.
    """
    body, tail = text[1:-_TAIL], text[-_TAIL:]
    if not text.startswith(b'{"kind":"') or not tail.startswith(b',"crc":"') or not tail.endswith(b'"}'):
        raise BadLine("the line is cut off or not a journal line")
    if tail[8:-2] != b"%08x" % zlib.crc32(body):
        raise BadLine("the line was changed or damaged: its checksum does not fit")
    head = _HEAD.match(body)
    if head is None:
        raise BadLine("the line has a valid checksum but no kind and data")
    return Line(head.group(1).decode(), body[head.end() :])


def split(data: bytes) -> Iterator[RawLine]:
    """Split a file's bytes into lines; empty lines at the very end are left out."""
    start, number = 0, 1
    while start < len(data):
        end = data.find(b"\n", start)
        ended = end >= 0
        stop = end if ended else len(data)
        yield RawLine(number, start, data[start:stop], ended)
        start, number = stop + 1, number + 1
