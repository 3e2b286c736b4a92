"""Answer distributions of groups of people that other studies published, beside the lab's own records.

A distribution says which share of a group gave each answer to an item. It is no record: nobody's trials are known, so
it never enters a table of trials. A model's choices are set against it by the divergence of DevBench
(`analysis.items.divergence`). One file a source, ``references/<source>.jsonl``, written whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from devkit.errors import UserError
from devkit.files import first_error
from devkit.items import Strict
from devkit.lab.files import write_whole
from devkit.lab.store import Lab

FOLDER = "references"


class Distribution(Strict):
    """How a group of people answered one item.

    Attributes:
        source: Where it was published.
        task: Task code; ``form`` its form.
        item: The trial in the source's own words.
        word: Noun asked about.
        kind: ``child`` or ``adult``.
        age_years: The group's age, as the source labels it; None where it gives none.
        options: The offered answers. The first is the right one in every row: an order of the file, which nobody saw.
        shares: Share of each answer; they add up to 1.
    """

    source: str
    task: str
    form: str
    item: str
    word: str
    kind: Literal["child", "adult"]
    age_years: float | None
    options: tuple[str, ...] = Field(min_length=2)
    shares: tuple[float, ...]


def keep_references(lab: Lab, source: str, rows: Sequence[Distribution]) -> Path:
    """Write the distributions of a source; an earlier file of the same source is replaced.

    Raises:
        UserError: The disk refuses.
    """
    path = lab.path / FOLDER / f"{source}.jsonl"
    path.parent.mkdir(exist_ok=True)
    write_whole(path, "".join(row.model_dump_json() + "\n" for row in rows).encode())
    return path


def references(lab: Lab) -> list[Distribution]:
    """Return every published distribution that the lab holds.

    Raises:
        UserError: A line cannot be read.
    """
    found = []
    for path in sorted((lab.path / FOLDER).glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                found.append(Distribution.model_validate_json(line))
            except ValidationError as error:
                raise UserError(first_error(error), place=f"{path}:{number}") from None
    return found
