"""Who has a lab open: a second program on one lab is told of the first, whatever machine the folder is shared from.

Nothing is forbidden by it: every session has one writer anyway (`devkit.lab.journal`), and several programs may record
different sessions. The mark is a lock on a hidden file, so that a program that was killed leaves none; what stands in
the file only says who it was.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from devkit.lab import files

FILE = ".open"


@dataclass(frozen=True, slots=True)
class Holder:
    """The program that has a lab open.

    Attributes:
        program: ``devkit gui``, ``devkit run`` …
        pid: Its process.
        host: Its machine.
        since: ISO 8601.
    """

    program: str
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        """Return what the user is told."""
        here = "" if self.host == socket.gethostname() else f" on {self.host}"
        since = self.since[:16].replace("T", " ")
        return f"this lab is open in another program ({self.program}{here}, since {since} UTC)"


class Presence:
    """Says that a program has a lab open, for as long as the body runs.

    Args:
        lab: The lab's folder.
        program: What the other program's user is told.

    Attributes:
        other: The program that had it open before; None when there is none.
    """

    def __init__(self, lab: Path, program: str) -> None:
        self._path, self._program = lab / FILE, program
        self._descriptor: int | None = None
        self.other: Holder | None = None

    def __enter__(self) -> Self:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return self  # a lab that may only be read: nobody records in it
        if not files.lock(descriptor):
            self.other = _read(descriptor)
            os.close(descriptor)
            return self
        self._descriptor = descriptor
        mine = Holder(self._program, os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(mine)).encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _read(descriptor: int) -> Holder:
    try:
        told = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(str(told["program"]), int(told["pid"]), str(told["host"]), str(told["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder("unknown", 0, socket.gethostname(), "")
