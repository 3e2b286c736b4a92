"""What may stand at a place of a protocol's text: the keys and words that the schema allows there, with their meaning.

For editors. It works on text that is only half written, so it reads indentation and brackets up to the place and needs
no valid YAML. The words come from the JSON Schema (`protocols.schema.json_schema`) and the tasks' declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from devkit.tasks import STAGED, TASKS
from protocols.schema import json_schema

_KEY = re.compile(r"^(?P<lead>[ ]*(?:-[ ]+)*)(?P<key>[A-Za-z_]\w*)[ ]*:(?:[ ]|$)")
_WORD = re.compile(r"[\w#.-]*$")


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that may be written.

    Attributes:
        text: What is written; keys end with a colon and a space.
        about: What it means.
    """

    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may stand at a place.

    Attributes:
        start: Where the word that is being written begins.
        words: What it may become.
    """

    start: int
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the document: the keys that lead there, whether a value is expected, and keys that are there already."""

    keys: tuple[str, ...]
    value: bool
    task: str


def offer(text: str, at: int) -> Offer:
    """Return what may stand at a place.

    Args:
        text: The text, valid or not.
        at: Place of the cursor, characters from its beginning.
    """
    found = _WORD.search(text[:at])
    start = found.start() if found else at
    prefix, place = text[start:at], _place(text, start)
    words = [one for one in _words(place) if one.text.startswith(prefix) and one.text.rstrip(": ") != prefix]
    return Offer(start, tuple(words))


def about(text: str, at: int) -> str:
    """Return what the key at a place means; empty where the schema says nothing."""
    begin = at - len(_WORD.search(text[:at]).group())  # type: ignore[union-attr]  # it matches the empty word
    word = re.match(r"[\w]*", text[begin:]).group()  # type: ignore[union-attr]
    node = _schema_at(_place(text, begin).keys)
    return str(node.get("properties", {}).get(word, {}).get("description", "")) if node else ""


def choices_of(path: tuple[str, ...], task: str = "") -> list[str]:
    """Return the words that a value may be; empty where any text or number will do.

    Args:
        path: Keys from the protocol, indices left out.
        task: Task of the block that it stands in; its forms and columns are known then.
    """
    node = _schema_at(path)
    return [] if node is None else _allowed(path[-1], task, node)


def description_of(path: tuple[str, ...]) -> str:
    """Return what a key means; empty where the schema says nothing."""
    node = _schema_at(path[:-1])
    return str(node.get("properties", {}).get(path[-1], {}).get("description", "")) if node else ""


def _words(place: _Place) -> Iterator[Word]:
    node = _schema_at(place.keys)
    if node is None:
        return
    if not place.value:
        for name, field in node.get("properties", {}).items():
            yield Word(f"{name}: ", str(field.get("description", "")))
        return
    yield from (Word(text) for text in _allowed(place.keys[-1], place.task, node))


def _allowed(key: str, task: str, node: dict[str, Any]) -> list[str]:
    """Return the words of a value; those of a task where the block names one."""
    known = {**TASKS, **STAGED}.get(task)
    if key == "form" and known is not None:
        return list(known.forms)
    if key == "stratify" and known is not None:
        return [column.name for column in known.columns]
    if key == "language":
        from devkit.languages import names

        return list(names())
    return _enumerated(node)


def _enumerated(node: dict[str, Any]) -> list[str]:
    node = _resolved(node)
    found = [str(value) for value in node.get("enum", [])] + ([str(node["const"])] if "const" in node else [])
    if node.get("type") == "boolean":
        found += ["true", "false"]
    for part in node.get("anyOf", []):
        found += _enumerated(part)
    items = node.get("items")
    return [word.lower() if word in ("True", "False") else word for word in found] or (
        _enumerated(items) if isinstance(items, dict) else []
    )


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = _schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return node


def _schema_at(keys: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the schema of the value that keys lead to; None where the schema knows none."""
    node: dict[str, Any] | None = _schema()
    for key in keys:
        node = _mapping(node)
        node = node.get("properties", {}).get(key) if node else None
        if node is None:
            return None
    return _mapping(node) or node


def _mapping(node: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the mapping in a schema: itself, an entry of its list, or one of its branches."""
    if node is None:
        return None
    node = _resolved(node)
    if "properties" in node:
        return node
    for part in (*node.get("anyOf", []), *([node["items"]] if isinstance(node.get("items"), dict) else [])):
        if (found := _mapping(part)) is not None:
            return found
    return None


def _place(text: str, at: int) -> _Place:
    lines = text[:at].split("\n")
    stack: list[tuple[int, str]] = []
    for line in lines[:-1]:
        stack = _after(stack, line)
    line = lines[-1]
    found = _KEY.match(line)
    indent = len(line) - len(line.lstrip(" -")) if found is None else len(found["lead"])
    stack = [(column, key) for column, key in stack if column < indent]
    keys = [key for _, key in stack]
    if found is None:
        return _Place(tuple(keys), False, _task(text, lines, indent))
    flow, value = _in_flow(line[found.end() :])
    return _Place((*keys, found["key"], *flow), value, _task(text, lines, stack[-1][0] + 1 if stack else 0))


def _after(stack: list[tuple[int, str]], line: str) -> list[tuple[int, str]]:
    found = _KEY.match(line)
    if found is None:
        return stack
    indent = len(found["lead"])
    return [*((column, key) for column, key in stack if column < indent), (indent, found["key"])]


def _in_flow(text: str) -> tuple[list[str], bool]:
    """Return the keys of the braces that are open at the end of a line, and whether a value is expected there."""
    keys: list[str] = []
    open_: list[str] = []
    key, value = "", True
    for word in re.findall(r"[{}\[\],]|[^{}\[\],]+", text):
        if word in "{[":
            open_.append(word)
            if word == "{":
                keys, key, value = ([*keys, key] if key else keys), "", False
        elif word in "}]" and open_:
            if open_.pop() == "{" and keys:
                key = keys.pop()
        elif word == ",":
            inside_list = bool(open_) and open_[-1] == "["
            key, value = (key, True) if inside_list else ("", not open_)
        elif (found := re.fullmatch(r"\s*(\w+)\s*:\s*[\w#.-]*\s*", word)) and (not open_ or open_[-1] == "{"):
            key, value = found[1], True
    return ([*keys, key] if key else keys), value


def _task(text: str, lines: list[str], indent: int) -> str:
    """Return the task of the block that a place is in, written above or below it."""
    number = len(lines) - 1
    every = text.split("\n")
    begin = next((n for n in range(number, -1, -1) if _begins_entry(every[n], indent)), None)
    if begin is None:
        return ""
    for line in [every[begin], *_until_entry(every[begin + 1 :])]:
        if found := re.match(r"^[ -]*task:[ ]*([\w]+)", line):
            return found[1]
    return ""


def _begins_entry(line: str, indent: int) -> bool:
    stripped = line.lstrip(" ")
    return stripped.startswith("- ") and len(line) - len(stripped) <= max(indent, 2)


def _until_entry(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.lstrip(" ").startswith("- ") or (line[:1].isalpha()):
            return
        yield line
