"""Reading a bank: its card, its items, the files they name. `BankWriter` is here too, for those who do both.

What the items mean is `devkit.items`; whether they are sound is `devkit.banks.validate` and `devkit.banks.audit`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from devkit.banks.layout import CARD, ITEMS, MEDIA, PROBLEMS, PUBLISHED, BankCard
from devkit.banks.writer import BankWriter
from devkit.errors import Problem, UserError
from devkit.files import ProblemRow, first_error, no_garbage_collection
from devkit.ids import digest_bytes
from devkit.items import Item

__all__ = ["CARD", "PUBLISHED", "Bank", "BankCard", "BankWriter"]


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
