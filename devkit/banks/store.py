"""The folder of a bank: how it is written, so that a bank is either whole or visibly unfinished, and how it is read.

::

    bank.json         `BankCard`, written last: a folder without it is an unfinished bank
    items.jsonl       one `devkit.items.Item` a line; its SHA-256 is the bank's digest
    problems.jsonl    what was left out on import, one `devkit.errors.Problem` a line (only when there is something)
    published.jsonl   what an imported item needs to be exported as it was (see `devkit.banks.devcv`)
    media/3f/3fa9….png    every picture and sound once, named by the SHA-256 of its bytes

Nothing here decodes a picture: bytes are hashed and stored. What the items mean is `devkit.items`; whether they are
sound is `devkit.banks.validate` and `devkit.banks.audit`.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from PIL import Image
from pydantic import Field, ValidationError

from devkit.errors import Problem, UserError
from devkit.files import ProblemRow, first_error, no_garbage_collection, problems_jsonl, write_whole
from devkit.ids import canonical_json, digest_bytes
from devkit.items import Item, Strict

CARD, ITEMS, PROBLEMS, MEDIA = "bank.json", "items.jsonl", "problems.jsonl", "media"
PUBLISHED = "published.jsonl"
_PNG_LEVEL = 4  # a 640 × 480 frame takes a third of the time of level 6 and grows by 3 %


class BankCard(Strict):
    """What a bank says of itself (``bank.json``).

    Attributes:
        name: Short name; records carry it as ``bank``.
        bank_format: Version of the folder's layout.
        digest: SHA-256 of ``items.jsonl``.
        items: Number of items.
        media: Number of files under ``media``.
        counts: Items of each ``task/form``.
        problems: Number of problems kept in ``problems.jsonl``.
        source: What it was made from: a corpus, a published file, a study.
        made_with: Settings of its making (seed, split …), for making it again.
    """

    name: str = Field(min_length=1)
    bank_format: Literal[1] = 1
    digest: str
    items: int
    media: int
    counts: dict[str, int] = Field(default_factory=dict)
    problems: int = 0
    source: str = ""
    made_with: dict[str, Any] = Field(default_factory=dict)


class Bank:
    """A bank that is read: its card, its items and the files they name.

    Use `Bank.open`. Items are validated once while reading, 15,000 of them in about a third of a second.
    """

    def __init__(self, path: Path, card: BankCard, items: dict[str, Item]) -> None:
        self.path = path
        self.card = card
        self.items = items
        self._folders: dict[str, Mapping[str, Path]] = {}

    @classmethod
    def open(cls, path: Path | str) -> Bank:
        """Read a bank.

        Raises:
            UserError: There is no bank at ``path``, it is unfinished, or its items were changed after it was written.
        """
        folder = Path(path)
        card = _read_card(folder)
        place = folder / ITEMS
        try:
            data = place.read_bytes()
        except OSError as error:
            raise UserError(
                "the items of the bank cannot be read", place=str(place), hint=str(error.strerror)
            ) from None
        if digest_bytes(data) != card.digest:
            raise UserError(
                "the items are not those the bank was written with",
                place=str(place),
                hint="make the bank again, or export it, edit the export and import that",
                code="bank-changed",
            )
        return cls(folder, card, _parse_items(data, place))

    @property
    def name(self) -> str:
        """Short name of the bank."""
        return self.card.name

    @property
    def digest(self) -> str:
        """SHA-256 of its items."""
        return self.card.digest

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out when the bank was imported with ``keep_good``."""
        place = self.path / PROBLEMS
        if not self.card.problems or not place.exists():
            return ()
        rows = place.read_text(encoding="utf-8").splitlines()
        return tuple(ProblemRow.model_validate_json(row).problem() for row in rows)

    def path_of(self, digest: str) -> Path:
        """Return the file of a digest.

        Raises:
            UserError: The bank has no such file.
        """
        found = self.find(digest)
        if found is None:
            raise UserError(f"the bank has no file {digest}", place=str(self.path), code="missing-media")
        return found

    def find(self, digest: str) -> Path | None:
        """Return the file of a digest, or None."""
        prefix = digest[:2]
        if prefix not in self._folders:
            self._folders[prefix] = _listing(self.path / MEDIA / prefix)
        return self._folders[prefix].get(digest)

    def of(self, task: str, form: str | None = None) -> list[Item]:
        """Return the items of a task, or of one of its forms, in file order."""
        return [i for i in self.items.values() if i.task == task and (form is None or i.form == form)]


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


def _read_card(folder: Path) -> BankCard:
    place = folder / CARD
    if not folder.is_dir():
        raise UserError("there is no such bank", place=str(folder))
    if not place.exists():
        unfinished = (folder / MEDIA).is_dir()
        hint = "its making was interrupted: make it again" if unfinished else "a bank has a bank.json"
        raise UserError("this folder is not a finished bank", place=str(folder), hint=hint)
    try:
        return BankCard.model_validate_json(place.read_bytes())
    except ValidationError as error:
        raise UserError(first_error(error), place=str(place), hint="the card of the bank is damaged") from None


def _parse_items(data: bytes, place: Path) -> dict[str, Item]:
    items: dict[str, Item] = {}
    with no_garbage_collection():
        for number, line in enumerate(data.splitlines(), start=1):
            try:
                item = Item.model_validate_json(line)
            except ValidationError as error:
                raise UserError(first_error(error), place=f"{place}:{number}", hint="another version?") from None
            items[item.item_id] = item
    return items


def _listing(folder: Path) -> Mapping[str, Path]:
    try:
        return {entry.name.partition(".")[0]: Path(entry.path) for entry in os.scandir(folder)}
    except FileNotFoundError:
        return {}
