"""The folder of a bank: the names in it and its card.

::

    bank.json         `BankCard`, written last: a folder without it is an unfinished bank
    items.jsonl       one `devkit.items.Item` a line; its SHA-256 is the bank's digest
    problems.jsonl    what was left out on import, one `devkit.errors.Problem` a line (only when there is something)
    published.jsonl   what an imported item needs to be exported as it was (see `devkit.banks.devcv`)
    media/3f/3fa9….png    every picture and sound once, named by the SHA-256 of its bytes

`devkit.banks.writer` writes it and `devkit.banks.store` reads it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from devkit.items import Strict

CARD, ITEMS, PROBLEMS, MEDIA = "bank.json", "items.jsonl", "problems.jsonl", "media"
PUBLISHED = "published.jsonl"


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
