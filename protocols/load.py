"""From a YAML file, or the name of a protocol of the library, to a checked `Protocol`.

All the mistakes of a file are reported together, each with ``file:line:column``, what is wrong and what was probably
meant. The text is read by `protocols.text`, the shape is checked by `protocols.schema`, the sense by
`protocols.checks`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from devkit.errors import Problem, Problems, UserError, did_you_mean
from protocols import library
from protocols.checks import check
from protocols.parameters import with_parameters
from protocols.schema import Protocol
from protocols.text import Located, Steps, parse_yaml, read_yaml

_PLAIN = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list, such as [a, b]",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
}


def load_protocol(source: str | Path) -> Protocol:
    """Load a protocol.

    Args:
        source: Path of a YAML file, or the name of a protocol of the library (``who-has-more``).

    Raises:
        Problems: Everything that is wrong with the file, each with its place.
        UserError: There is no such file or name, or it cannot be read.
    """
    path = find_protocol(source)
    document = read_yaml(path)
    return with_parameters(_validated(document), path.parent, document)


def parse_protocol(text: str, file: str = "protocol") -> Protocol:
    """Check a protocol given as text; ``file`` is its name in messages. Raises `Problems` like `load_protocol`."""
    return _validated(parse_yaml(text, file))


def find_protocol(source: str | Path) -> Path:
    """Return the file of a path or of a library name; `UserError` with a guess when there is none."""
    path = Path(source)
    text = str(source)
    if "\0" in text:
        raise UserError("this is no file name", place=repr(text))
    if path.suffix in (".yaml", ".yml") or path.exists() or len(path.parts) != 1:
        return path
    if text in library.names():
        return library.path(text)
    hint = did_you_mean(text, library.names()) or f"the library has {', '.join(library.names())}"
    raise UserError(f"there is no protocol file or library protocol '{text}'", hint=hint, code="missing-file")


def _validated(document: Located) -> Protocol:
    if not isinstance(document.value, dict):
        what = "the file is empty" if document.value is None else "a protocol is a mapping of keys to values"
        raise Problems([Problem("shape", what, document.place(()))], subject=document.file)
    found: list[Problem] = []
    protocol: Protocol | None = None
    try:
        protocol = Protocol.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        complaints = [detail for detail in error.errors(include_url=False) if not _echo(detail)]
        found += _one_a_place([_problem(document, detail) for detail in complaints])
    found += check(document)
    if found or protocol is None:
        unique = {(problem.place, problem.message): problem for problem in found}
        raise Problems(sorted(unique.values(), key=_by_place), subject=document.file)
    return protocol


def _one_a_place(found: list[Problem]) -> list[Problem]:
    """Make one problem of those that the branches of a union found with the same value."""
    kept: dict[tuple[str, bool], Problem] = {}
    for problem in found:
        of_value = problem.code in ("type", "word")
        first = kept.setdefault((problem.place, of_value) if of_value else (str(problem), False), problem)
        if first is not problem and problem.hint not in first.hint:
            kept[problem.place, of_value] = replace(first, hint=first.hint or problem.hint)
    return list(kept.values())


def _by_place(problem: Problem) -> tuple[int, int]:
    line, column = problem.place.rsplit(":", 2)[1:]
    return int(line), int(column)


def _problem(document: Located, detail: ErrorDetails) -> Problem:
    """Say one complaint of the schema in plain words, at its place."""
    path = _steps(document.value, detail["loc"])
    name = _name(path)
    kind, context = detail["type"], detail.get("ctx", {})
    place, said = document.place(path), _brief(detail["input"])
    if kind == "extra_forbidden":
        hint = did_you_mean(name, _keys_at(path[:-1])) or f"known keys: {', '.join(_keys_at(path[:-1]))}"
        return Problem("unknown-key", f"there is no key '{name}' here", document.place(path, key=True), hint)
    if kind == "missing":
        return Problem("missing-key", f"the key '{name}' is missing", place)
    if kind == "literal_error":
        words = [word.strip(" '") for word in context["expected"].replace(" or ", ", ").split(",")]
        hint = did_you_mean(str(detail["input"]), words) or f"one of {', '.join(words)}"
        return Problem("word", f"{name} cannot be {said}", place, hint)
    if kind == "string_pattern_mismatch":
        return Problem("word", f"{name} cannot be {said}", place, _description(path))
    if kind in _PLAIN:
        return Problem("type", f"{name} {_PLAIN[kind]}, not {said}", place)
    if kind == "duration":
        return Problem("duration", f"{name}: {context['message']}", place)
    return Problem(kind.replace("_", "-"), f"{name} {_lower(detail['msg'])}, not {said}", place)


def _lower(message: str) -> str:
    text = message.removeprefix("Input ").removeprefix("Value ")
    return text[:1].lower() + text[1:]


def _brief(value: Any) -> str:
    text = "nothing" if value is None else repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "…"


def _steps(value: Any, loc: tuple[int | str, ...]) -> Steps:
    """Leave out of an error's location what pydantic adds for unions: steps that are not in the document."""
    path: list[int | str] = []
    for place, step in enumerate(loc):
        inside = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
        )
        if inside:
            value = value[step]
            path.append(step)
        elif place == len(loc) - 1 and isinstance(value, dict):
            path.append(step)
    return tuple(path)


def _echo(detail: ErrorDetails) -> bool:
    """Tell whether this only follows from another mistake: a list is short because its entries are wrong."""
    return detail["type"] == "too_short" and isinstance(detail["input"], list) and bool(detail["input"])


def _name(path: Steps) -> str:
    words = [step for step in path if isinstance(step, str)]
    if not words:
        return "protocol"
    return f"entry {path[-1] + 1} of {words[-1]}" if isinstance(path[-1], int) else words[-1]


def _fields_at(path: Steps) -> dict[str, FieldInfo]:
    """Fields that the schema knows at a path, by the names used in YAML."""
    model: type[BaseModel] | None = Protocol
    for step in path:
        if isinstance(step, int) or model is None:
            continue
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        model = _model_in(fields[step].annotation) if step in fields else None
    return {field.alias or name: field for name, field in model.model_fields.items()} if model else {}


def _keys_at(path: Steps) -> list[str]:
    return list(_fields_at(path))


def _description(path: Steps) -> str:
    field = _fields_at(path[:-1]).get(str(path[-1])) if path else None
    return (field.description or "") if field else ""


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
