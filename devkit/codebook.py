"""What the declaration of the trial format says, for programs and for people.

`columns` reads the fields of a row model of `devkit.records` into typed `Column`s; the index, Parquet and every export
are laid out by them. ``python -m devkit.codebook`` writes what people and other programs read:
``docs/trial-format.md``, ``docs/codebook.csv`` and ``docs/schema/*.schema.json``. Nothing is declared here:
`devkit.records` is the only place.
"""

from __future__ import annotations

import csv
import io
import json
import types
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from devkit import records
from devkit.records import EventRecord, GazeRecord, Row, TrialRecord

Storage = Literal["text", "int", "float", "bool", "list", "json"]
TABLES: dict[str, type[Row]] = {"trials": TrialRecord, "events": EventRecord, "gaze": GazeRecord}
JOURNAL_LINES: dict[str, type[Row]] = {
    "header": records.SessionHeader,
    "correction": records.Correction,
    "end": records.SessionEnd,
}
GROUPS = ("keys", "respondent", "item", "presentation", "answer", "score", "quality", "event", "gaze")
_SCALARS: dict[Any, tuple[Storage, str]] = {
    str: ("text", "text"),
    int: ("int", "whole number"),
    float: ("float", "number"),
    bool: ("bool", "true or false"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, as it was declared.

    Attributes:
        name: Its name.
        group: Group that it belongs to (``keys``, ``answer`` …).
        storage: How tables keep it; ``list`` holds plain values, ``json`` is JSON text.
        element: Storage of a list's elements; empty otherwise.
        type: The type in words.
        unit: Unit; empty when it has none.
        nullable: Whether it may be null.
        allowed: The allowed values; empty when any value of the type will do.
        meaning: What it says.
    """

    name: str
    group: str
    storage: Storage
    element: Storage | None
    type: str
    unit: str
    nullable: bool
    allowed: tuple[str, ...]
    meaning: str


@cache
def columns(model: type[Row]) -> tuple[Column, ...]:
    """Return the declared columns of a table, in the order of the declaration."""
    return tuple(_column(name, field) for name, field in model.model_fields.items())


def _column(name: str, field: FieldInfo) -> Column:
    annotation, nullable = _without_none(field.annotation)
    storage, element, words = _storage(annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    allowed = tuple(str(value) for value in get_args(annotation)) if get_origin(annotation) is Literal else ()
    return Column(
        name=name,
        group=str(extra.get("group", "")),
        storage=storage,
        element=element,
        type=words,
        unit=str(extra.get("unit", "")),
        nullable=nullable,
        allowed=allowed,
        meaning=field.description or "",
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        kept = [part for part in get_args(annotation) if part is not type(None)]
        if len(kept) == 1:
            return kept[0], True
    return annotation, False


def _storage(annotation: Any) -> tuple[Storage, Storage | None, str]:
    if annotation in _SCALARS:
        storage, words = _SCALARS[annotation]
        return storage, None, words
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "text", None, "text"
    if origin is tuple:
        inner = arguments[0]
        if inner in _SCALARS:
            return "list", _SCALARS[inner][0], f"list of {_SCALARS[inner][1]}s".replace("texts", "text")
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return "json", None, f"list of {inner.__name__}"
    return "json", None, "any value" if annotation is Any else "names with values"


def nested_models() -> dict[str, type[Row]]:
    """Return the row models that stand inside a column, by name."""
    return {m.__name__: m for m in (records.ChoiceColumn, records.TurnColumn, records.CorrectionColumn)}


def json_schema(model: type[Row], title: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one row."""
    schema = model.model_json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return head | {"x-schema-version": records.SCHEMA_VERSION} | {k: v for k, v in schema.items() if k != "title"}


def codebook_csv(tables: tuple[str, ...] = tuple(TABLES)) -> str:
    """Return the codebook as CSV text, one row a column of the named tables."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "column", "group", "type", "unit", "nullable", "allowed", "meaning"])
    for table in tables:
        for c in columns(TABLES[table]):
            null = "yes" if c.nullable else "no"
            writer.writerow([table, c.name, c.group, c.type, c.unit, null, " | ".join(c.allowed), c.meaning])
    return out.getvalue()


def markdown() -> str:
    """Return ``docs/trial-format.md``."""
    parts = [_INTRODUCTION.format(version=records.SCHEMA_VERSION)]
    for table, model in TABLES.items():
        parts.append(f"## Table `{table}`\n\n{_first_line(model)}\n")
        for group in GROUPS:
            rows = [c for c in columns(model) if c.group == group]
            if rows:
                parts.append(f"### {table}: {group}\n\n{_table(rows)}")
    parts.append("## Values inside columns\n")
    parts.extend(_nested(name, model) for name, model in nested_models().items())
    parts.append(_JOURNAL)
    parts.extend(_nested(name, model) for name, model in JOURNAL_LINES.items())
    return "\n".join(parts).rstrip() + "\n"


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _table(rows: list[Column]) -> str:
    lines = ["| column | type | unit | null | meaning |", "|---|---|---|---|---|"]
    for c in rows:
        allowed = f" One of {', '.join(f'`{a}`' if a else 'empty' for a in c.allowed)}." if c.allowed else ""
        null = "yes" if c.nullable else ""
        lines.append(f"| `{c.name}` | {c.type} | {c.unit} | {null} | {c.meaning}.{allowed} |")
    return "\n".join(lines) + "\n"


def _nested(name: str, model: type[Row]) -> str:
    lines = [f"### {name}\n", _first_line(model), "", "| field | type | null | allowed |", "|---|---|---|---|"]
    for c in columns(model):
        allowed = ", ".join(f"`{a}`" for a in c.allowed)
        lines.append(f"| `{c.name}` | {c.type} | {'yes' if c.nullable else ''} | {allowed} |")
    return "\n".join(lines) + "\n"


_INTRODUCTION = """\
<!-- Made by `python -m devkit.codebook` from devkit/records.py; do not edit. -->

# The trial format, version {version}

One row a trial, the same columns for a child, an adult, a model and a simulation. Beside it two long tables: what
happened (`events`) and where the eyes were (`gaze`). What was shown is what is logged: choices stand in the order in
which they were shown, and no answer is ever guessed. Media are named by the SHA-256 of their bytes.

In CSV and Parquet a *list of numbers* or *list of text* is a list (in CSV: JSON text); everything deeper is JSON text.
The codebook as a table is [`codebook.csv`](codebook.csv), the JSON Schemas are in [`schema/`](schema).
"""
_JOURNAL = """\
## The journal

A session is one file of JSON lines, `journals/<session_id>.jsonl`, to which lines are only ever appended:

```
{"kind":"trial","data":{…},"crc":"1a2b3c4d"}
```

`crc` is the CRC-32 of everything between the first brace and `,"crc"`, in hexadecimal. `kind` is `header` (the first
line), `trial`, `event`, `gaze` (the samples of one trial and coder, one list for each column), `correction` or `end`.
A correction is folded in when the journal is read: the record then holds the new value, and its `corrections` say what
stood there before, who changed it, when and why.
"""


def documents() -> dict[str, str]:
    """Return every generated file: path below ``docs/`` and text."""
    files = {"trial-format.md": markdown(), "codebook.csv": codebook_csv()}
    for table, model in TABLES.items():
        name = {"trials": "trial", "events": "event", "gaze": "gaze"}[table]
        schema = json_schema(model, f"devkit {name} record")
        files[f"schema/{name}.schema.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return files


def stale(docs: Path) -> list[str]:
    """Return the generated files below ``docs`` that are missing or no longer say what the declaration says."""
    found = []
    for name, text in documents().items():
        path = docs / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.append(name)
    return found


def write(docs: Path) -> list[Path]:
    """Write every generated file below ``docs``; return their paths."""
    written = []
    for name, text in documents().items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    write(Path(__file__).parents[1] / "docs")
