"""What a user did wrong, said once and well.

Every mistake that a user can cause ends as a `UserError` (one mistake) or `Problems` (all the mistakes of one
input, collected before anything is said). The command line prints them and exits with 2; nothing else in the
library prints or exits. A programming error stays an ordinary exception.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where, and what to do about it.

    Attributes:
        code: Stable short name of the kind of mistake, for programs (``missing-image``).
        message: What is wrong, as one sentence without a final full stop.
        place: Where: a file, ``file:line:column``, a column or an item; empty when there is no place.
        hint: What to do, or what was probably meant; empty when nothing can be said.
    """

    code: str
    message: str
    place: str = ""
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text} ({self.hint})" if self.hint else text


class UserError(Exception):
    """A mistake in what the user gave: exit status 2, one clear message, no traceback."""

    def __init__(self, message: str, *, place: str = "", hint: str = "", code: str = "user-error") -> None:
        self.problem = Problem(code, message, place, hint)
        super().__init__(str(self.problem))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every mistake this error carries, at least one."""
        return (self.problem,)


class Problems(UserError):
    """All the mistakes of one input at once, in the order of their places."""

    def __init__(self, found: Iterable[Problem], *, subject: str = "") -> None:
        self._found = tuple(found)
        if not self._found:
            raise ValueError("Problems needs at least one problem")
        self.subject = subject
        super().__init__(self._found[0].message, place=self._found[0].place, code="problems")
        self.args = ("\n".join(str(problem) for problem in self._found),)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every mistake this error carries, at least one."""
        return self._found

    def __str__(self) -> str:
        return str(self.args[0])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the closest known word, or an empty string when none is close."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""
