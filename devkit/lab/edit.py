"""Changing values of a ``lab.toml`` and leaving everything else as the user wrote it, comments and order included.

Simple TOML only, which is what `devkit.lab.settings.settings_text` writes: one value a line, tables by their headings.
The new text is parsed before it is written, so that a file that was whole stays whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from devkit.errors import UserError
from devkit.lab.files import write_whole
from devkit.lab.settings import FILE, FORMAT, LabSettings, RecruitmentGroup, parse_settings

Value = str | int | float | bool | Sequence[str]
_HEADING = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_COMMENT = re.compile(r"\s+#.*$")


def change_settings(path: Path, values: Mapping[str, Value]) -> LabSettings:
    """Change settings of a lab.

    Args:
        path: The lab's folder.
        values: New values by dotted name (``name``, ``privacy.notes``).

    Returns:
        The settings as they are now.

    Raises:
        UserError: There is no such setting, a value does not fit (`devkit.errors.Problems`: all), or the disk refuses.
    """
    file = path / FILE
    text = _read(file)
    for name, value in values.items():
        if name in ("lab_id", "format"):
            raise UserError(f"{name} stays as it is", place=str(file))
        text = with_value(text, name, toml(value))
    return _write(file, text)


def change_recruitment(path: Path, groups: Sequence[RecruitmentGroup]) -> LabSettings:
    """Replace the recruitment plan of a lab; raises as `change_settings` does."""
    file = path / FILE
    lines, kept, inside = _read(file).splitlines(), [], False
    for line in lines:
        if heading := _HEADING.match(line):
            inside = heading[1] == "recruitment"
        if not inside:
            kept.append(line)
    text = "\n".join(kept).rstrip("\n") + "\n"
    for group in groups:
        low, high = group.age_months
        text += f"\n[[recruitment]]\nname = {toml(group.name)}\nage_months = [{low}, {high}]\n"
        text += f"participants = {group.participants}\nkind = {toml(group.kind)}\nprotocol = {toml(group.protocol)}\n"
    return _write(file, text)


def upgrade(path: Path) -> Path | None:
    """Bring a ``lab.toml`` of an earlier format up to date; return the copy of what it was, None when it was new.

    Raises:
        UserError: The file cannot be used, or the disk refuses; it is as it was.
    """
    file = path / FILE
    text = _read(file)
    before = parse_settings(text, file).format
    if before >= FORMAT:
        return None
    kept = file.with_name(f"{FILE}.format-{before}")
    write_whole(kept, text.encode())
    _write(file, with_value(text, "format", str(FORMAT)))
    return kept


def with_value(text: str, name: str, value: str) -> str:
    """Return TOML text with one value replaced or added; its comment and all other lines stay.

    Args:
        text: The text.
        name: Dotted name, at most one table deep.
        value: The value as TOML.
    """
    table, _, key = name.rpartition(".")
    lines, here, end = text.splitlines(), "", None
    for number, line in enumerate(lines):
        if heading := _HEADING.match(line):
            if here == table and end is None:
                end = number
            here = heading[1]
            continue
        if here == table and re.match(rf"\s*{re.escape(key)}\s*=", line):
            comment = "" if '"' in (_COMMENT.search(line) or [""])[0] else (_COMMENT.search(line) or [""])[0]
            lines[number] = f"{key} = {value}{comment}"
            return "\n".join(lines) + "\n"
    if here == table and end is None:
        end = len(lines)
    if end is None:
        return "\n".join([*lines, "", f"[{table}]", f"{key} = {value}"]) + "\n"
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    return "\n".join([*lines[:end], f"{key} = {value}", *lines[end:]]) + "\n"


def toml(value: Value) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, int | float):
        return str(value)
    return f"[{', '.join(toml(one) for one in value)}]"


def parsed_value(name: str, text: str) -> Value:
    """Return a value that was typed: a truth, a number, a list with commas for what is a list, else text."""
    if name == "languages":
        return [one.strip() for one in text.split(",") if one.strip()]
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read: {error}", place=str(file)) from None


def _write(file: Path, text: str) -> LabSettings:
    settings = parse_settings(text, file)
    write_whole(file, text.encode())
    return settings
