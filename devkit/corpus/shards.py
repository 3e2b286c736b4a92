"""Shards: many pictures in one plain tar file, found by offset and size.

A recording has shards of its own (``NAME-000.tar``, ``NAME-001.tar`` …), so that a new recording touches no other.
Members are named ``NAME/TIME_MS.jpg`` and carry no dates or owners: the same pictures give the same bytes. Any program
that reads tar files (WebDataset among them) reads shards.
"""

from __future__ import annotations

import io
import os
import tarfile
import weakref
from functools import lru_cache
from pathlib import Path

from devkit.errors import UserError

SHARD_BYTES = 256_000_000
_BLOCK = 512


class ShardWriter:
    """Writes the shards of one recording; they are moved into place all together, when the last one is whole.

    Args:
        folder: Of the shards.
        name: Of the recording.
        limit: Bytes after which a new shard is begun.
    """

    def __init__(self, folder: Path, name: str, limit: int = SHARD_BYTES) -> None:
        self.folder, self.name, self.limit = folder, name, limit
        self.shards: list[str] = []
        self._file: io.BufferedWriter | None = None
        self._offset = 0
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, member: str, data: bytes) -> tuple[str, int]:
        """Add a file; return the shard's name and the offset of the data in it."""
        if self._file is not None and self._offset + len(data) > self.limit:
            self._finish()
        if self._file is None:
            self.shards.append(f"{self.name}-{len(self.shards):03d}.tar")
            self._file = self._part(self.shards[-1]).open("wb")
            self._offset = 0
        info = tarfile.TarInfo(member)
        info.size, info.mode = len(data), 0o644
        header = info.tobuf(tarfile.PAX_FORMAT)
        padding = -len(data) % _BLOCK
        self._file.write(header + data + b"\0" * padding)
        offset = self._offset + len(header)
        self._offset = offset + len(data) + padding
        return self.shards[-1], offset

    def close(self) -> None:
        """Move the shards into place and remove those of an earlier, longer build."""
        self._finish()
        for shard in self.shards:
            self._part(shard).replace(self.folder / shard)
        for left in self.folder.glob(f"{glob_escape(self.name)}-*.tar"):
            if left.name not in self.shards and left.name[len(self.name) + 1 : -4].isdigit():
                left.unlink()

    def abandon(self) -> None:
        """Leave what is half done."""
        if self._file is not None:
            self._file.close()
            self._file = None
        for shard in self.shards:
            self._part(shard).unlink(missing_ok=True)

    def _part(self, shard: str) -> Path:
        return self.folder / f".{shard}.part"

    def _finish(self) -> None:
        if self._file is None:
            return
        self._file.write(b"\0" * (2 * _BLOCK))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None


def glob_escape(name: str) -> str:
    """Return a file name with what is special in a glob pattern taken literally."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


class ShardReader:
    """Reads files out of shards; keeps a few of them open while it lives. Safe for threads and forked processes."""

    def __init__(self, folder: Path, opened: int = 64) -> None:
        self.folder = folder
        self._open = lru_cache(maxsize=opened)(_OpenShard)

    def read(self, shard: str, offset: int, size: int) -> bytes:
        """Return the bytes of one file.

        Raises:
            UserError: The shard is missing or shorter than its index says.
        """
        try:
            data = os.pread(self._open(self.folder / shard).number, size, offset)
        except OSError as error:
            raise UserError(f"cannot be read: {error.strerror}", place=str(self.folder / shard)) from None
        if len(data) < size:
            raise UserError("the shard breaks off", place=str(self.folder / shard), hint="build the data again")
        return data


class _OpenShard:
    """A shard that is open; closed when nobody uses it any more, so that a thread may read what another lets go."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self.number)
