"""YAML text to plain values, each with the place where it stands; every mistake of the text is a `Problem`.

YAML 1.2 by ruamel.yaml (``NO`` stays a word), read as events so that hostile input costs nothing: anchors, tags,
several documents, deep nesting, enormous numbers and files are refused, and keys that appear twice are mistakes.
What the values mean is not known here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from devkit.errors import Problem, Problems, UserError

MAX_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_DIGITS = 18
Steps = tuple[str | int, ...]
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {"": None, "~": None}
_WORDS |= dict.fromkeys(("null", "Null", "NULL"), None)
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)


@dataclass(slots=True)
class Located:
    """A document's value and where each part of it stands.

    Attributes:
        value: Dicts, lists and scalars.
        file: Name for messages.
        places: Line and column, counted from 1, of the value at each path of keys and indices.
        keys: The same for the key that leads to it.
    """

    value: Any
    file: str
    places: dict[Steps, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Steps, tuple[int, int]] = field(default_factory=dict)

    def place(self, path: Steps, *, key: bool = False) -> str:
        """Return ``file:line:column`` of a path, or of its nearest parent that stands in the text."""
        table = self.keys if key else self.places
        while path and path not in table:
            path, table = path[:-1], self.places
        line, column = table.get(path, (1, 1))
        return f"{self.file}:{line}:{column}"


def read_yaml(path: Path) -> Located:
    """Read a YAML file.

    Raises:
        Problems: The text is not YAML as it is allowed here; all the mistakes that can be seen at once.
        UserError: The file is missing, unreadable, too large or no UTF-8 text.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise UserError("this is a folder, not a file", place=str(path))
        if size > MAX_BYTES:
            raise UserError(f"the file has {size:,} bytes; at most {MAX_BYTES:,} are read", place=str(path))
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError("there is no such file", place=str(path), code="missing-file") from None
    try:
        return parse_yaml(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        hint = "save the file as UTF-8"
        raise UserError("the text is not UTF-8", place=f"{path}:{line}:{column}", hint=hint, code="encoding") from None


def parse_yaml(text: str, file: str) -> Located:
    """Parse YAML text; ``file`` is its name for messages. Raises `Problems` like `read_yaml`."""
    reader = _Reader(file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            reader.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(error.problem or error.context or "this is no YAML").split())
        reader.problem("yaml", what, (mark.line + 1, mark.column + 1) if mark else (1, 1), _yaml_hint(what))
    except YAMLError as error:
        reader.problem("yaml", _unreadable(error), _position(text, error))
    except _TooHostile:
        pass
    if reader.found:
        raise Problems(reader.found, subject=file)
    return Located(reader.root, file, reader.places, reader.keys)


class _TooHostile(Exception):
    """Reading stops here: what follows could only cost time."""


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence that is being read."""

    container: Any
    path: Steps
    key: str | None = None
    seen_key: bool = False

    def next_path(self) -> Steps:
        step = self.key if isinstance(self.container, dict) else len(self.container)
        return (*self.path, step if step is not None else "")


class _Reader:
    """Builds plain values from events, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = None
        self.found: list[Problem] = []
        self.places: dict[Steps, tuple[int, int]] = {}
        self.keys: dict[Steps, tuple[int, int]] = {}
        self._stack: list[_Frame] = []
        self._documents = 0

    def problem(self, code: str, message: str, at: tuple[int, int], hint: str = "") -> None:
        self.found.append(Problem(code, message, f"{self.file}:{at[0]}:{at[1]}", hint))

    def take(self, event: Event) -> None:
        at = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self.problem("yaml", "a second document begins here", at, "one document a file: remove '---'")
                raise _TooHostile
        elif isinstance(event, NodeEvent):
            self._node(event, at)
        elif isinstance(event, CollectionEndEvent):
            self._stack.pop()

    def _node(self, event: NodeEvent, at: tuple[int, int]) -> None:
        if event.anchor is not None:
            self.problem("anchor", "anchors and aliases (& and *) are not used here", at, "write it out")
            if isinstance(event, AliasEvent):
                self._put(None, at)
                return
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.problem("tag", f"tags such as {_tag(tag)} are not used here", at, "remove the tag")
        if isinstance(event, ScalarEvent):
            self._scalar(event, at)
            return
        if self._expects_key():
            self.problem("key", "a key must be a single word", at)
            raise _TooHostile
        if len(self._stack) >= MAX_DEPTH:
            self.problem("depth", f"nested more than {MAX_DEPTH} deep", at)
            raise _TooHostile
        container: Any = {} if isinstance(event, MappingStartEvent) else []
        path = self._stack[-1].next_path() if self._stack else ()
        self._put(container, at)
        self._stack.append(_Frame(container, path))

    def _scalar(self, event: ScalarEvent, at: tuple[int, int]) -> None:
        if self._expects_key():
            frame = self._stack[-1]
            path = (*frame.path, event.value)
            if event.value in frame.container or path in self.keys:
                first = self.keys[path][0]
                what = f"the key '{event.value[:60]}' is here a second time"
                self.problem("duplicate-key", what, at, f"the first is in line {first}")
            else:
                self.keys[path] = at
            frame.key, frame.seen_key = event.value, True
            return
        plain = bool(event.implicit[0]) and not event.style
        self._put(self._resolve(event.value, at) if plain else event.value, at)

    def _resolve(self, text: str, at: tuple[int, int]) -> Any:
        """Give a plain scalar its type by the core schema of YAML 1.2, decimal numbers only."""
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            if len(text) > MAX_DIGITS:
                self.problem("number", "this number is too large", at)
                return 0
            return int(text)
        if _INFINITE.fullmatch(text) or (_FLOAT.fullmatch(text) and not math.isfinite(float(text))):
            self.problem("number", "this is no finite number", at)
            return 0
        return float(text) if _FLOAT.fullmatch(text) else text

    def _expects_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].container, dict) and not self._stack[-1].seen_key

    def _put(self, value: Any, at: tuple[int, int]) -> None:
        if not self._stack:
            self.root = value
            self.places[()] = at
            return
        frame = self._stack[-1]
        if isinstance(frame.container, dict):
            if frame.key is None or not frame.seen_key:
                self.problem("key", "a key must be a single word", at)
                raise _TooHostile
            self.places.setdefault(frame.next_path(), at)
            frame.container.setdefault(frame.key, value)
            frame.seen_key = False
            return
        self.places[frame.next_path()] = at
        frame.container.append(value)


def _tag(tag: object) -> str:
    return str(tag).replace("tag:yaml.org,2002:", "!!")[:40]


def _yaml_hint(what: str) -> str:
    return "indent with spaces, not tabs" if "\\t" in what else ""


def _unreadable(error: YAMLError) -> str:
    character = getattr(error, "character", None)
    if character is None:
        return "this text cannot be read as YAML"
    code = character if isinstance(character, int) else ord(str(character)[0])
    return f"the control character U+{code:04X} is not allowed"


def _position(text: str, error: YAMLError) -> tuple[int, int]:
    where = getattr(error, "position", None)
    if not isinstance(where, int):
        return (1, 1)
    before = text[:where]
    return before.count("\n") + 1, where - (before.rfind("\n") + 1) + 1
