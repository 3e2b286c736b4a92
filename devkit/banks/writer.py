"""Writing a bank so that it is either whole or visibly unfinished: media first, items next, the card last.

Nothing here decodes a picture: bytes are hashed and stored.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from PIL import Image

from devkit.banks.layout import CARD, ITEMS, MEDIA, PROBLEMS, PUBLISHED, BankCard
from devkit.errors import Problem, UserError
from devkit.files import problems_jsonl, write_whole
from devkit.ids import canonical_json, digest_bytes
from devkit.items import Item

_PNG_LEVEL = 2  # under half of the time of level 6, files a seventh larger


class BankWriter:
    """Writes a bank; a `devkit.pool.MediaSink`. Use it as a context manager.

    The card is written last, when the body has ended without an exception; until then the folder is no bank. A
    bank that is there is replaced only when ``replace`` says so, and stays whole until the new one is complete; a
    folder with anything else in it is never touched. After a `UserError` nothing new is left behind.
    Pictures and files may be added from several threads.

    Args:
        path: Folder of the bank, made when missing.
        name: Short name; the folder's name by default.
        source: What the bank is made from.
        replace: Allow replacing the bank that is there.
        made_with: Settings to keep in the card.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        name: str = "",
        source: str = "",
        replace: bool = False,
        made_with: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = Path(path)
        self.name = name or self.path.resolve().name
        self.source = source
        self.made_with = dict(made_with or {})
        self._lines: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._problems: list[Problem] = []
        self._attached: dict[str, bytes] = {}
        self._stored: set[str] = set()
        self._used: set[str] = set()
        self._media = os.path.join(self.path, MEDIA)  # plain text here: a bank has tens of thousands of files
        self._folders: dict[str, frozenset[str]] = {}
        self._new: set[str] = set()
        self._claim(replace)

    def add(self, image: Image.Image, *, lossless: bool = True) -> str:
        """Store a picture as PNG, or as JPEG of quality 92; return the digest of the file's bytes."""
        buffer = io.BytesIO()
        if lossless:
            image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
        else:
            image.convert("RGB").save(buffer, "JPEG", quality=92, subsampling=0)
        return self.add_bytes(buffer.getvalue(), ".png" if lossless else ".jpg")

    def add_file(self, path: Path) -> str:
        """Store a file as it is, byte for byte; return its digest."""
        return self.add_bytes(path.read_bytes(), path.suffix.lower() or ".bin")

    def add_bytes(self, data: bytes, suffix: str) -> str:
        """Store bytes under a suffix such as ``.png``; return their digest."""
        digest = digest_bytes(data)
        if digest not in self._stored:
            folder = os.path.join(self._media, digest[:2])
            if folder not in self._folders:
                os.makedirs(folder, exist_ok=True)
                self._folders[folder] = frozenset(os.listdir(folder))
            name = f"{digest}{suffix}"
            self._store(os.path.join(folder, name), data, known=name in self._folders[folder])
            self._stored.add(digest)
        return digest

    def _store(self, file: str, data: bytes, *, known: bool) -> None:
        """Write a file; only one that a bank to be replaced may need has to stay whole throughout."""
        if known:
            write_whole(file, data)
            return
        self._new.add(file)
        with open(file, "wb") as plain:
            plain.write(data)

    def add_item(self, item: Item) -> None:
        """Add an item whose media are already stored.

        Raises:
            UserError: Its id is taken.
            ValueError: A file it names was not added.
        """
        if item.item_id in self._lines:
            raise UserError(f"two items are called '{item.item_id}'", place=str(self.path), code="duplicate-id")
        absent = [digest for digest in item.media() if digest not in self._stored]
        if absent:
            raise ValueError(f"item {item.item_id} names files that were not added: {absent}")
        dumped = item.model_dump(mode="json", exclude_defaults=True)
        self._lines[item.item_id] = canonical_json(dumped)
        self._used.update(item.media())
        self._counts[f"{item.task}/{item.form}"] += 1

    def add_problem(self, problem: Problem) -> None:
        """Keep a problem in the bank, for something that was left out."""
        self._problems.append(problem)

    def attach_published(self, rows: bytes) -> None:
        """Keep what the published file said beyond the items, for exporting them as they were."""
        self._attached[PUBLISHED] = rows

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._lines

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()
        elif issubclass(kind, UserError):
            self._discard()

    def _claim(self, replace: bool) -> None:
        """Make sure that the folder may be ours: new, empty, an unfinished bank, or a bank that may be replaced."""
        if self.path.exists() and not self.path.is_dir():
            raise UserError("there is a file where the bank should go", place=str(self.path))
        names = {entry.name for entry in self.path.iterdir()} if self.path.exists() else set()
        if CARD in names and not replace:
            raise UserError("there is a bank already", place=str(self.path), hint="choose another folder or --replace")
        if names and CARD not in names and MEDIA not in names:
            raise UserError("the folder is not empty and not a bank", place=str(self.path), hint="choose another one")
        (self.path / MEDIA).mkdir(parents=True, exist_ok=True)

    def _finish(self) -> None:
        for name in (CARD, ITEMS, PROBLEMS, PUBLISHED):
            (self.path / name).unlink(missing_ok=True)
        data = "".join(line + "\n" for line in self._lines.values()).encode()
        write_whole(self.path / ITEMS, data)
        if self._problems:
            self._attached[PROBLEMS] = problems_jsonl(self._problems).encode()
        for name, rows in self._attached.items():
            write_whole(self.path / name, rows)
        card = self._card(digest_bytes(data))
        write_whole(self.path / CARD, (card.model_dump_json(indent=2) + "\n").encode(), sync=True)
        self._sweep()

    def _card(self, digest: str) -> BankCard:
        return BankCard(
            name=self.name,
            digest=digest,
            items=len(self._lines),
            media=len(self._used),
            counts=dict(sorted(self._counts.items())),
            problems=len(self._problems),
            source=self.source,
            made_with=self.made_with,
        )

    def _sweep(self) -> None:
        """Remove files that no item uses: of draws that became no item, of an earlier or an interrupted bank."""
        for file in (self.path / MEDIA).glob("??/*"):
            if file.stem not in self._used:
                file.unlink()

    def _discard(self) -> None:
        """Take away what this writer has added, and the folders that are empty then."""
        for file in self._new:
            Path(file).unlink(missing_ok=True)
        for folder in (*map(Path, self._folders), self.path / MEDIA, self.path):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
