"""What a schema has against a YAML document, said in plain words at the place of each mistake, all at once.

The text is read by `devkit.located`; a reader of one kind of file adds what a schema cannot say and raises everything
together with `raise_found`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from devkit.errors import Problem, Problems, did_you_mean
from devkit.located import Located, Steps

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


def validate[M: BaseModel](document: Located, schema: type[M], kind: str, found: list[Problem]) -> M | None:
    """Check a document against a schema.

    Args:
        document: What was read.
        schema: The model of the whole document.
        kind: What such a document is called (``protocol``).
        found: Every mistake is added here.

    Returns:
        The checked document, or None when there are mistakes.
    """
    if not isinstance(document.value, dict):
        what = "the file is empty" if document.value is None else f"a {kind} is a mapping of keys to values"
        found.append(Problem("shape", what, document.place(())))
        return None
    try:
        return schema.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        said = _Speaker(document, schema, kind)
        complaints = [detail for detail in error.errors(include_url=False) if not _echo(detail)]
        found += _one_a_place([said.problem(detail) for detail in complaints])
    return None


def raise_found(document: Located, found: Iterable[Problem]) -> None:
    """Raise all mistakes of a document in the order of their places; does nothing when there are none.

    Raises:
        Problems: There are mistakes.
    """
    unique = {(problem.place, problem.message): problem for problem in found}
    if unique:
        raise Problems(sorted(unique.values(), key=_by_place), subject=document.file)


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


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says complaints about one document in plain words."""

    document: Located
    schema: type[BaseModel]
    kind: str

    def problem(self, detail: ErrorDetails) -> Problem:
        """Say one complaint of the schema at its place."""
        path = _steps(self.document.value, detail["loc"])
        name = self._name(path)
        kind, context = detail["type"], detail.get("ctx", {})
        place, said = self.document.place(path), _brief(detail["input"])
        if kind == "extra_forbidden":
            known = list(self._fields_at(path[:-1]))
            hint = did_you_mean(name, known) or f"known keys: {', '.join(known)}"
            return Problem("unknown-key", f"there is no key '{name}' here", self.document.place(path, key=True), hint)
        if kind == "missing":
            return Problem("missing-key", f"the key '{name}' is missing", place)
        if kind == "literal_error":
            words = [word.strip(" '") for word in context["expected"].replace(" or ", ", ").split(",")]
            hint = did_you_mean(str(detail["input"]), words) or f"one of {', '.join(words)}"
            return Problem("word", f"{name} cannot be {said}", place, hint)
        if kind == "string_pattern_mismatch":
            return Problem("word", f"{name} cannot be {said}", place, self._description(path))
        if kind in _PLAIN:
            return Problem("type", f"{name} {_PLAIN[kind]}, not {said}", place)
        if kind == "duration":
            return Problem("duration", f"{name}: {context['message']}", place)
        return Problem(kind.replace("_", "-"), f"{name} {_lower(detail['msg'])}, not {said}", place)

    def _name(self, path: Steps) -> str:
        words = [step for step in path if isinstance(step, str)]
        if not words:
            return self.kind
        return f"entry {path[-1] + 1} of {words[-1]}" if isinstance(path[-1], int) else words[-1]

    def _fields_at(self, path: Steps) -> dict[str, FieldInfo]:
        """Fields that the schema knows at a path, by the names used in YAML."""
        model: type[BaseModel] | None = self.schema
        named = False  # the next step is a name that the user chose
        for step in path:
            if isinstance(step, int) or model is None:
                continue
            if named:
                named = False
                continue
            field = _fields(model).get(step)
            model = _model_in(field.annotation) if field else None
            named = field is not None and _is_mapping(field.annotation)
        return _fields(model) if model else {}

    def _description(self, path: Steps) -> str:
        field = self._fields_at(path[:-1]).get(str(path[-1])) if path else None
        return (field.description or "") if field else ""


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _is_mapping(annotation: Any) -> bool:
    return get_origin(annotation) is dict


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


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
