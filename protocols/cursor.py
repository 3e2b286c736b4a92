"""A place in a document of raw values, for checks that must not stumble over a wrong shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devkit.errors import Problem
from devkit.located import Located, Steps


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the raw document; reading past a wrong shape gives None, never an error."""

    document: Located
    path: Steps = ()

    @property
    def value(self) -> Any:
        """The raw value here, None when there is none."""
        value = self.document.value
        for step in self.path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def at(self, *steps: str | int) -> Cursor:
        """Return the cursor further in."""
        return Cursor(self.document, (*self.path, *steps))

    @property
    def text(self) -> str | None:
        """The value when it is text."""
        return self.value if isinstance(self.value, str) else None

    @property
    def number(self) -> int | None:
        """The value when it is a whole number."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    @property
    def items(self) -> list[Cursor]:
        """Cursors of the entries when the value is a list."""
        return [self.at(i) for i in range(len(self.value))] if isinstance(self.value, list) else []

    def problem(self, code: str, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at this place."""
        return Problem(code, message, self.document.place(self.path, key=key), hint)
