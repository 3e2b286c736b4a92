"""The one shape in which every statistic comes back, and the list of methods with formula and reference.

A `Result` holds an estimate with its interval, how many observations of which unit stand behind it, the chance level
it is to be read against, and what was assumed; or, where no honest number exists, the reason in words. Nothing here
computes: `analysis.intervals`, `analysis.twoway` and `analysis.curves` do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Method:
    """How a number was made: what the report prints in its methods section."""

    name: str
    formula: str
    reference: str


METHODS: dict[str, Method] = {
    "wilson": Method(
        "Wilson score interval",
        "(p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n)",
        "Wilson (1927), Journal of the American Statistical Association 22, 209–212",
    ),
    "clopper_pearson": Method(
        "Clopper–Pearson interval",
        "limits at which the binomial tail equals α/2; exact, never too narrow",
        "Clopper & Pearson (1934), Biometrika 26, 404–413",
    ),
    "binomial": Method(
        "exact binomial test, one-sided",
        "p = P(X ≥ k), X ~ Binomial(n, chance)",
        "Conover (1999), Practical Nonparametric Statistics",
    ),
    "two_way_studentised": Method(
        "studentised two-way bootstrap over persons and items",
        "θ̂ − t*·se, t* = (θ* − θ̂)/se*, se² = V_persons + V_items − V_both",
        "Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29, 238–249; "
        "Owen (2007), Annals of Applied Statistics 1, 386–411",
    ),
    "two_way_t": Method(
        "two-way clustered variance with t",
        "θ̂ ± t(min(persons, items) − 1)·se, se² = V_persons + V_items − V_both",
        "Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29, 238–249",
    ),
    "two_way_percentile": Method(
        "percentiles of the two-way bootstrap (conservative)",
        "quantiles of θ* with persons and items drawn independently",
        "Owen (2007), Annals of Applied Statistics 1, 386–411",
    ),
    "t_mean": Method(
        "mean over persons with t",
        "x̄ ± t(n − 1)·s/√n, each person's trials averaged first",
        "Student (1908), Biometrika 6, 1–25",
    ),
    "mover": Method(
        "mean of proportions, limits recovered from the Wilson limits of each",
        "θ̂ − √Σ(p̂ᵢ − lᵢ)²/k, θ̂ + √Σ(uᵢ − p̂ᵢ)²/k; scores of the same trials added before squaring",
        "Zou & Donner (2008), Statistics in Medicine 27, 1693–1702",
    ),
    "chance_curve": Method(
        "logistic curve with chance fixed",
        "p = g + (1 − g − λ)·logistic(a + b·x), g and λ fixed, maximum likelihood",
        "Treutwein & Strasburger (1999), Perception & Psychophysics 61, 87–106",
    ),
    "linear": Method(
        "linear regression, heteroscedasticity-consistent errors (HC3)",
        "y = a + b·age, one mean per person",
        "MacKinnon & White (1985), Journal of Econometrics 29, 305–325",
    ),
    "holm": Method(
        "Holm's correction",
        "p(i)·(m − i + 1), made monotone",
        "Holm (1979), Scandinavian Journal of Statistics 6, 65–70",
    ),
}


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval with its confidence level; limits in the unit of the estimate."""

    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Count:
    """So many of a unit: ``Count("trials", 300)``."""

    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.number:,} {self.unit}"


@dataclass(frozen=True, slots=True)
class Result:
    """One statistic.

    Attributes:
        name: What was estimated, in words.
        method: Key of `METHODS`.
        estimate: The number; None when it is withheld.
        interval: None when there is none to give; ``warnings`` or ``reason`` then say why.
        n: Observations behind it, by unit.
        chance: Level that guessing reaches; None where guessing has no meaning.
        p_value: Of the one-sided test against chance, where one was made.
        assumptions: What the method takes for granted.
        warnings: What a reader must know before using the number.
        reason: Why there is no estimate; empty when there is one.
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

    def __post_init__(self) -> None:
        if self.estimate is not None and not math.isfinite(self.estimate):
            raise ValueError(f"{self.name}: the estimate is {self.estimate}; withhold it with a reason")
        if self.estimate is None and not self.reason:
            raise ValueError(f"{self.name}: a result without an estimate needs a reason")

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


def withheld(name: str, method: str, reason: str, *, n: tuple[Count, ...] = (), chance: float | None = None) -> Result:
    """Return a result that says why there is no number."""
    return Result(name, method, None, n=n, chance=chance, reason=reason)
