"""Item parameters of an adaptive test: read from the CSV file that a protocol names, and written after a calibration.

Columns: ``item`` or ``word`` (one of them filled), ``a``, ``b`` and, where guessing is not the form's chance, ``c``.
The table becomes part of the protocol, and so of its digest: another calibration is another protocol.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from devkit.errors import Problem, Problems, UserError
from devkit.located import Located
from protocols.rules import ItemParameters
from protocols.schema import Block, Protocol

COLUMNS = ("item", "word", "a", "b", "c")
MOST_ROWS = 100_000


def with_parameters(protocol: Protocol, folder: Path, document: Located) -> Protocol:
    """Return the protocol with the tables of the parameter files that it names.

    Args:
        protocol: Valid but for that.
        folder: Where the protocol's file is.
        document: Its text, for places.

    Raises:
        UserError: A file is missing or unreadable.
        Problems: It has mistakes; all of them.
    """
    blocks: list[Block] = []
    for number, block in enumerate(protocol.blocks):
        if block.adaptive is not None and block.adaptive.parameters:
            place = document.place(("blocks", number, "adaptive", "parameters"))
            table = read_parameters(folder / block.adaptive.parameters, place)
            block = block.model_copy(update={"adaptive": block.adaptive.model_copy(update={"table": table})})
        blocks.append(block)
    return protocol.model_copy(update={"blocks": tuple(blocks)})


def read_parameters(path: Path, place: str = "") -> tuple[ItemParameters, ...]:
    """Read a file of item parameters.

    Args:
        path: The CSV file.
        place: Where it is named, for messages.

    Raises:
        UserError: There is no such file, or it is no text.
        Problems: Everything that is wrong in it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        hint = "the file lies beside the protocol"
        raise UserError(f"there is no file '{path.name}' of item parameters", place=place, hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("the item parameters cannot be read", place=str(path), hint=str(error)) from None
    rows = list(csv.reader(io.StringIO(text)))
    header = [name.strip() for name in rows[0]] if rows else []
    if not {"a", "b"} <= set(header) or not {"item", "word"} & set(header) or set(header) - set(COLUMNS):
        hint = f"columns are {', '.join(COLUMNS)}"
        raise UserError("these are no item parameters", place=f"{path}:1", hint=hint, code="parameters")
    found: list[ItemParameters] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for line, row in enumerate(rows[1:], 2):
        values = {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
        if not values:
            continue
        try:
            one = ItemParameters.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = f"{path}:{line}"
            problems.append(Problem("parameters", f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where))
            continue
        name = one.item or f"word {one.word}"
        if bool(one.item) == bool(one.word) or name in seen or line > MOST_ROWS:
            what = f"'{name}' is here a second time" if name in seen else "a row names an item or a word, not both"
            problems.append(Problem("parameters", what, f"{path}:{line}"))
            continue
        seen.add(name)
        found.append(one)
    if problems:
        raise Problems(problems, subject=str(path))
    return tuple(found)


def parameters_csv(table: Iterable[ItemParameters]) -> str:
    """Return a table as the text of a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table:
        writer.writerow([row.item, row.word, row.a, row.b, "" if row.c is None else row.c])
    return out.getvalue()
