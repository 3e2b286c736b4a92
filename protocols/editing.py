"""Small changes of a protocol's text: set a value, drop one, move or add a block; all else stays as it was written.

The text is the truth of a protocol, with its comments and its layout. A change therefore replaces the characters of one
value and nothing else, where other programs would write the whole file anew. Whether the values make sense is not known
here (`protocols.load`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from devkit.errors import Problems, UserError
from devkit.located import Steps, parse_yaml

LONGEST_LINE = 100


def values_of(text: str) -> Any:
    """Return what a text says, as plain values; raises `Problems` where it is no YAML as it is allowed here."""
    return parse_yaml(text, "protocol").value


def steps_of(path: str) -> Steps:
    """Return the steps of a path as people write it: ``blocks.1.timing.gap``, entries of lists counted from 1."""
    return tuple(max(int(step) - 1, 0) if step.isdecimal() else step for step in path.split("."))


def put(text: str, path: Steps, value: Any) -> str:
    """Set a value.

    Args:
        text: The protocol's text.
        path: Keys and indices; where the way is missing it is made, an index one past the end appends.
        value: Scalar, list or mapping.

    Returns:
        The text with the value in its place; comments and layout of everything else are kept.

    Raises:
        Problems: The text is no YAML.
        UserError: There is no way to the path (a number where a mapping is needed).
    """
    if not text.strip():
        text = "{}\n"
    spot = _find(text, path)
    if not spot.rest:
        return _replaced(text, spot, value)
    for step in reversed(spot.rest[1:]):
        value = {step: value} if isinstance(step, str) else [value]
    return _added(text, spot, value)


def drop(text: str, path: Steps) -> str:
    """Remove a key or an entry with its value; a mapping or list that would be left empty goes too.

    Raises:
        Problems: The text is no YAML.
    """
    spot = _find(text, path)
    if spot.rest or spot.parent is None:
        return text
    if len(spot.parent.value) == 1 and len(path) > 1:
        return drop(text, path[:-1])
    if spot.parent.flow_style:
        return _without_flow(text, spot)
    return _without_lines(text, spot)


def move(text: str, path: Steps, by: int) -> str:
    """Change an entry of a list with its neighbour, ``by`` -1 or 1; at the ends nothing happens."""
    here = _find(text, path)
    number = int(path[-1]) + by
    if here.rest or here.parent is None or not 0 <= number < len(here.parent.value):
        return text
    first, second = sorted((_span(text, here), _span(text, _find(text, (*path[:-1], number)))))
    one, other = text[slice(*first)], text[slice(*second)]
    return text[: first[0]] + other + text[first[1] : second[0]] + one + text[second[1] :]


@dataclass(frozen=True, slots=True)
class _Spot:
    """What was found at a path: the node, the key that leads to it, what holds it, and the steps that are missing."""

    node: Node
    key: Node | None
    parent: Any
    number: int
    rest: Steps


def _find(text: str, path: Steps) -> _Spot:
    parse_yaml(text, "protocol")  # refuses what composing could not bear
    spot = _Spot(YAML(typ="safe", pure=True).compose(text), None, None, 0, ())
    for place, step in enumerate(path):
        found = _step(spot.node, step)
        if found is None:
            return _Spot(spot.node, spot.key, spot.parent, spot.number, path[place:])
        spot = found
    return spot


def _step(node: Node, step: str | int) -> _Spot | None:
    if isinstance(node, MappingNode):
        for number, (key, value) in enumerate(node.value):
            if key.value == str(step):
                return _Spot(value, key, node, number, ())
    elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return _Spot(node.value[step], None, node, step, ())
    return None


def _replaced(text: str, spot: _Spot, value: Any) -> str:
    start, end = spot.node.start_mark.index, _end(spot.node)
    gap = " " if start and text[start - 1] == ":" else ""
    if _folded(spot.node):  # a folded or literal text ends with its last line
        end = len(text[:end].rstrip())
    written = _written(value)
    if len(written) > LONGEST_LINE and isinstance(value, str) and spot.key is not None and not spot.parent.flow_style:
        written = _paragraph(value, spot.key.start_mark.column + 2)
    return text[:start] + gap + written + text[end:]


def _added(text: str, spot: _Spot, value: Any) -> str:
    """Put a new key or entry into the mapping or list that was found."""
    node: Any = spot.node
    step = spot.rest[0]
    if isinstance(node, ScalarNode) and node.value in ("", "null", "~") and not node.style:
        return _replaced(text, spot, {step: value} if isinstance(step, str) else [value])
    if isinstance(node, MappingNode) != isinstance(step, str) or isinstance(node, ScalarNode):
        raise UserError(f"'{step}' cannot be set there", hint="the text has another shape there")
    if node.flow_style:
        close = int(node.end_mark.index) - 1
        comma = ", " if node.value else ""
        entry = f"{_written(step)}: {_written(value)}" if isinstance(step, str) else _written(value)
        return f"{text[:close].rstrip()}{comma}{entry}{text[close:]}"
    last = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    at = _line_end(text, _end(last))
    indent = int(node.start_mark.column)
    entry = f"{_written(step)}: {_written(value)}" if isinstance(step, str) else "- " + _block(value, indent + 2)
    lead = "" if text[:at].endswith("\n") else "\n"
    return text[:at] + lead + " " * indent + entry + "\n" + text[at:]


def _block(value: Any, indent: int) -> str:
    """Return the entry of a list: of a mapping each key on a line of its own."""
    if not isinstance(value, dict) or not value:
        return _written(value)
    return ("\n" + " " * indent).join(f"{_written(key)}: {_written(one)}" for key, one in value.items())


def _without_flow(text: str, spot: _Spot) -> str:
    begin = (spot.key or spot.node).start_mark.index
    end = spot.node.end_mark.index
    after = text[end:].lstrip()
    if after.startswith(","):
        return text[:begin] + after[1:].lstrip()
    return text[:begin].rstrip().removesuffix(",") + text[end:]


def _without_lines(text: str, spot: _Spot) -> str:
    begin, end = _span(text, spot)
    line = text.rfind("\n", 0, begin) + 1
    after = text[end:]
    if text[line:begin].strip() and spot.key is not None:  # the first key of a list's entry: the next takes its place
        kept = after.lstrip()
        notes = after[: len(after) - len(kept)]
        while kept.startswith("#"):
            note, _, rest = kept.partition("\n")
            kept, notes = rest.lstrip(), notes + note + "\n"
        above = "".join(f"{' ' * (line and spot.key.start_mark.column)}{n}\n" for n in notes.split("\n") if n.strip())
        return text[:line] + above + text[line:begin] + kept
    return text[:line] + (after[1:] if after.startswith("\n") else after)


def _span(text: str, spot: _Spot) -> tuple[int, int]:
    """Return begin and end of an entry, its dash or key included, with the comment behind its last value."""
    begin = (spot.key or spot.node).start_mark.index
    if spot.key is None and not spot.parent.flow_style:
        begin = text.rfind("-", 0, begin)
    end = _end(spot.node)
    if spot.parent.flow_style:
        return begin, end
    return begin, len(text[: _line_end(text, end)].rstrip("\n"))


def _end(node: Node) -> int:
    """Return where a node's last character stands; a block's own mark lies behind the comments that follow it."""
    if isinstance(node, ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _folded(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.style in ("|", ">")


def _line_end(text: str, at: int) -> int:
    """Return the place behind the line that holds a place; behind a folded text that is where it ends already."""
    if at and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _written(value: Any) -> str:
    """Return a value as it is written on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(key)}: {_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_written, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        plain = values_of(f"- {value}\n- [{value}]\n- {{a: {value}}}\n") == [value, [value], {"a": value}]
    except Problems:
        plain = False
    return value if plain and "\n" not in value else json.dumps(value, ensure_ascii=False)


def _paragraph(value: str, indent: int) -> str:
    import textwrap

    lead = " " * indent
    lines = textwrap.wrap(" ".join(value.split()), LONGEST_LINE, break_long_words=False, break_on_hyphens=False)
    return ">-\n" + "\n".join(lead + line for line in lines)
