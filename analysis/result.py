"""The one shape in which every statistic comes back.

A `Result` holds an estimate with its interval, how many observations of which unit stand behind it, the chance level
it is to be read against, what was assumed and what of that was checked; or, where no honest number exists, the reason
in words. Nothing here computes; formulas and references of the methods are in `analysis.methods`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from analysis.methods import METHODS, Method

Unit = Literal[
    "share", "difference", "number", "logits", "log odds per unit", "ms", "months", "hours", "nats", "p", "weber",
    "children", "kappa", "correlation", "share per month", "per unit",
]  # fmt: skip
"""What an estimate is measured in, which decides how it is printed."""
Scope = Literal["", "population-averaged", "child-specific"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval with its confidence level; limits in the unit of the estimate.

    Attributes:
        low: Lower limit; minus infinity when it is open.
        high: Upper limit; infinity when it is open.
        level: Confidence level.
        low_words: What stands in the place of an open lower limit (``below youngest``).
        high_words: The same of the upper limit (``above oldest``).
    """

    low: float
    high: float
    level: float = 0.95
    low_words: str = ""
    high_words: str = ""

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Count:
    """So many of a unit: ``Count("trials", 300)``."""

    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.number:,} {self.unit}"


@dataclass(frozen=True, slots=True)
class Check:
    """An assumption that was looked at in the data: what, whether it held, and the numbers."""

    what: str
    held: bool
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {'held' if self.held else 'not held'}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Result:
    """One statistic.

    Attributes:
        name: What was estimated, in words.
        method: Key of `analysis.methods.METHODS`.
        estimate: The number; None when it is withheld.
        interval: None when there is none to give; ``warnings`` or ``reason`` then say why.
        n: Observations behind it, by unit.
        chance: Level that guessing reaches; None where guessing has no meaning.
        p_value: Of the test that the method names; against chance, one-sided, where there is a chance level.
        assumptions: What the method takes for granted.
        warnings: What a reader must know before using the number.
        reason: Why there is no estimate; empty when there is one.
        unit: What the estimate is measured in.
        se: Standard error, where the method has one.
        df: Degrees of freedom of the interval, where it has any.
        scope: Whether a slope speaks of the average over children or of one child.
        checks: Assumptions that were looked at in the data.
    """

    name: str
    method: str
    estimate: float | None
    interval: Interval | None = None
    n: tuple[Count, ...] = ()
    chance: float | None = None
    p_value: float | None = None
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reason: str = ""
    unit: Unit = "share"
    se: float | None = None
    df: float | None = None
    scope: Scope = ""
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if self.estimate is not None and not math.isfinite(self.estimate):
            raise ValueError(f"{self.name}: the estimate is {self.estimate}; withhold it with a reason")
        if self.estimate is None and not self.reason:
            raise ValueError(f"{self.name}: a result without an estimate needs a reason")
        if self.method not in METHODS:
            raise ValueError(f"{self.name}: there is no method '{self.method}'")

    def count(self, unit: str) -> int:
        """Return how many of a unit stand behind the result, 0 when the unit does not occur."""
        return sum(count.number for count in self.n if count.unit == unit)

    def warn(self, *warnings: str) -> Result:
        """Return the same result with further warnings."""
        return replace(self, warnings=self.warnings + tuple(w for w in warnings if w))

    @property
    def above_chance(self) -> bool:
        """True when the whole interval lies above chance."""
        return self.interval is not None and self.chance is not None and self.interval.low > self.chance

    def explain(self) -> str:
        """Return the statistic with its formula, assumptions and reference, as a reader of the methods wants it."""
        how = METHODS[self.method]
        lines = [f"{self.name}: {self._number()}", f"  method: {how.name}", f"  formula: {how.formula}"]
        lines += [f"  n: {', '.join(str(count) for count in self.n)}"] if self.n else []
        lines += [f"  scope: {self.scope}"] if self.scope else []
        lines += [f"  p: {self.p_value:.4g}"] if self.p_value is not None else []
        lines += [f"  assumes: {one}" for one in self.assumptions]
        lines += [f"  checked: {one}" for one in self.checks]
        lines += [f"  warning: {one}" for one in self.warnings]
        return "\n".join([*lines, f"  reference: {how.reference}"])

    def _number(self) -> str:
        if self.estimate is None:
            return f"withheld: {self.reason}"
        if self.interval is None:
            return f"{self.estimate:.4g}"
        low = self.interval.low_words or f"{self.interval.low:.4g}"
        high = self.interval.high_words or f"{self.interval.high:.4g}"
        return f"{self.estimate:.4g} [{low}, {high}] at {self.interval.level:.0%}"


def withheld(
    name: str,
    method: str,
    reason: str,
    *,
    n: tuple[Count, ...] = (),
    chance: float | None = None,
    unit: Unit = "share",
) -> Result:
    """Return a result that says why there is no number."""
    return Result(name, method, None, n=n, chance=chance, reason=reason, unit=unit)


__all__ = ["METHODS", "Check", "Count", "Interval", "Method", "Result", "Scope", "Unit", "withheld"]
