"""The media of a lab, named by the SHA-256 of their bytes and stored once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import UserError
from devkit.ids import digest_file
from devkit.lab import files


@dataclass(frozen=True, slots=True)
class MediaStore:
    """A folder ``<2 hex digits>/<digest><suffix>``."""

    folder: Path

    def add_file(self, path: Path) -> str:
        """Keep a copy of a file's bytes; return its digest.

        Raises:
            UserError: The file cannot be read, or the disk refuses.
        """
        try:
            digest = digest_file(path)
        except OSError as error:
            raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
        if self.find(digest) is None:
            target = self.folder / digest[:2] / f"{digest}{path.suffix.lower()}"
            with files.writing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                partial = target.with_name(f".{target.name}.new")
                shutil.copyfile(path, partial)
                partial.replace(target)
        return digest

    def find(self, digest: str) -> Path | None:
        """Return the file of a digest; None when the lab does not hold it (its bank may)."""
        return next((self.folder / digest[:2]).glob(f"{digest}*"), None) if digest else None

    def files(self) -> Iterator[Path]:
        """Return every file, in order of digest."""
        yield from sorted(p for p in self.folder.glob("??/*") if p.is_file() and not p.name.startswith("."))

    def damaged(self) -> Iterator[Path]:
        """Return the files whose bytes no longer have the digest that names them."""
        yield from (path for path in self.files() if digest_file(path) != path.stem)

    def merge(self, other: MediaStore) -> int:
        """Copy what another store has and this one lacks; return the number of files."""
        missing = [path for path in other.files() if self.find(path.stem) is None]
        for path in missing:
            self.add_file(path)
        return len(missing)
