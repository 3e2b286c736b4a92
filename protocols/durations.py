"""Durations as people write them: a number and its unit (``10 s``, ``500 ms``, ``2 min``), kept as whole milliseconds.

A number without a unit is a mistake: nobody should have to guess whether 10 meant seconds.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
LONGEST_MS = 30 * 24 * 3_600_000
PATTERN = r"^\d{1,9}(\.\d{1,3})? ?(ms|s|min|h)$"


def parse_duration(text: object) -> int:
    """Return a duration in ms.

    Args:
        text: A number, at most one space, and ``ms``, ``s``, ``min`` or ``h``.

    Raises:
        PydanticCustomError: Anything else; a `ValueError` that says what to write.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise _mistake(f"a duration needs a unit: '{text} s' or '{text} ms'")
    if not isinstance(text, str) or not re.fullmatch(PATTERN, text.strip()):
        raise _mistake("a duration is a number and a unit (ms, s, min or h), such as '10 s' or '500 ms'")
    number, unit = re.fullmatch(r"([\d.]+) ?([a-z]+)", text.strip()).groups()  # type: ignore[union-attr]
    value = round(float(number) * UNITS_MS[unit])
    if value > LONGEST_MS:
        raise _mistake("a duration is at most 720 hours")
    return value


def format_duration(ms: float) -> str:
    """Return a duration for people: ``500 ms``, ``9 s``, ``4 min 30 s``, ``24 h``."""
    if ms < 1000:
        return f"{ms:g} ms"
    if ms < 60_000:
        return f"{ms / 1000:.3g} s"
    if ms >= 7_200_000 and ms % 3_600_000 == 0:
        return f"{ms / 3_600_000:g} h"
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"


def one_or_more(value: Any) -> Any:
    """Let a single duration stand where a list of them may stand."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _mistake(message: str) -> PydanticCustomError:
    return PydanticCustomError("duration", "{message}", {"message": message})


_TEXT_SCHEMA: dict[str, Any] = {"type": "string", "pattern": PATTERN, "examples": ["10 s", "500 ms", "2 min"]}
_AS_TEXT = PlainSerializer(lambda ms: f"{ms} ms", return_type=str, when_used="json")  # read back as it was written
Duration = Annotated[int, BeforeValidator(parse_duration), WithJsonSchema(_TEXT_SCHEMA), _AS_TEXT]
Durations = Annotated[
    tuple[Duration, ...],
    Field(min_length=1),
    BeforeValidator(one_or_more),
    WithJsonSchema({"anyOf": [_TEXT_SCHEMA, {"type": "array", "items": _TEXT_SCHEMA, "minItems": 1}]}),
]
