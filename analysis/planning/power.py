"""Precision and power of a planned study, by simulating it: children by age, trials of the protocol, expected growth.

Simulated children answer with p = g + (1 − g − λ)·logistic((age − midpoint)/slope + child + item). Each simulated
study is analysed as a real one would be: accuracy with the two-way variance and t, growth by GEE with bias-reduced
errors. Everything assumed is an argument; results hold under these assumptions and no others. A stop rule ends a
child's test as it would in the session: those who do worse give fewer trials, and accuracy over what was administered
is biased upwards.

Shapes: C children, I items, S studies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.intervals import wilson_limits
from analysis.regression.gee import gee
from analysis.result import Count, Interval, Result
from analysis.twoway import Crossed, two_way

Floats = NDArray[np.float64]
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Design:
    """One task form of a planned study.

    Attributes:
        title: For people.
        chance: g.
        trials: Test trials a child takes.
        items: Items in the bank for this form; trials are drawn from them anew for each child.
        children: Age in months and number of children, by age group.
        midpoint: Age at which an average child is half-way from chance to 1, months.
        slope: Months for one logit.
        between_children: Standard deviation of children, logits.
        between_items: Standard deviation of items, logits.
        lapse: λ.
        model: Accuracy of a model to be told from the children; None for none.
        bound: Equivalence bound for that comparison; None for none.
        wrong_in_a_row: A child stops after so many wrong answers in a row; None for no such rule.
        gate: Trials, counted from 1, that must be right to go on.
    """

    title: str
    chance: float
    trials: int
    items: int
    children: tuple[tuple[float, int], ...]
    midpoint: float = 28.0
    slope: float = 6.0
    between_children: float = 0.7
    between_items: float = 0.8
    lapse: float = 0.03
    model: float | None = None
    bound: float | None = None
    wrong_in_a_row: int | None = None
    gate: tuple[int, ...] = ()

    @property
    def ages_C(self) -> Floats:
        """Age of each child."""
        return np.array([age for age, number in self.children for _ in range(number)], dtype=float)


@dataclass(frozen=True, slots=True)
class _Study:
    """One simulated study: answers where a child met an item, not a number elsewhere."""

    age_C: Floats
    y_CI: Floats


def simulate(design: Design, rng: np.random.Generator) -> _Study:
    """Draw one study."""
    age_C = design.ages_C
    eta_CI = (
        (age_C[:, None] - design.midpoint) / design.slope
        + design.between_children * rng.standard_normal((len(age_C), 1))
        + design.between_items * rng.standard_normal((1, design.items))
    )
    p_CI = design.chance + (1 - design.chance - design.lapse) / (1 + np.exp(-eta_CI))
    y_CI = (rng.random(p_CI.shape) < p_CI).astype(float)
    rank_CI = rng.random(p_CI.shape).argsort(axis=1).argsort(axis=1)
    taken = min(design.trials, design.items)
    last_C = _stops(design, np.take_along_axis(y_CI, rank_CI.argsort(axis=1), axis=1)[:, :taken])
    return _Study(age_C, np.where(rank_CI < last_C[:, None], y_CI, np.nan))


def _stops(design: Design, y_CT: Floats) -> NDArray[np.intp]:
    """Return how many trials each child takes until a stop rule ends the test.

    Args:
        design: With its stop rules.
        y_CT: Answers in the order in which they are put.
    """
    children, trials = y_CT.shape
    run_C = np.zeros(children)
    last_C = np.full(children, trials, dtype=np.intp)
    for at in range(trials):
        wrong = y_CT[:, at] == 0
        run_C = np.where(wrong, run_C + 1, 0)
        ends = wrong & (at + 1 in design.gate)
        if design.wrong_in_a_row is not None:
            ends |= run_C >= design.wrong_in_a_row
        last_C = np.where(ends, np.minimum(last_C, at + 1), last_C)
    return last_C


def power(
    design: Design,
    *,
    studies: int = 500,
    level: float = 0.95,
    seed: int = 1,
    advance: Callable[[int], None] = lambda steps: None,
) -> tuple[tuple[str, str, Result], ...]:
    """Simulate a study many times and say how precise it would be and how often it would find what is there.

    Args:
        design: What is planned.
        studies: Simulated studies.
        level: Confidence level of the intervals within each study.
        seed: Decides everything.
        advance: Told of each study that is done.

    Returns:
        Triples of age (or ``all ages``), what, and the result over studies.
    """
    rng = np.random.default_rng(seed)
    ages = [age for age, _ in design.children]
    shares: dict[str, list[Result]] = {name: [] for name in (*(f"{age:g} months" for age in ages), "all ages")}
    slopes: list[Result] = []
    trials: list[float] = []
    for _ in range(studies):
        study = simulate(design, rng)
        trials.append(float(np.isfinite(study.y_CI).sum(axis=1).mean()))
        for age in ages:
            at = study.age_C == age
            shares[f"{age:g} months"].append(_accuracy(study.y_CI[at], design, level))
        shares["all ages"].append(_accuracy(study.y_CI, design, level))
        if len(ages) > 1:
            slopes.append(_growth(study, design, level))
        advance(1)
    found: list[tuple[str, str, Result]] = []
    if design.wrong_in_a_row is not None or design.gate:
        spent = _mean(f"{design.title}: trials a child", trials, "number")
        found.append(("all ages", "trials a child takes", spent))
    for group, results in shares.items():
        found += [(group, what, result) for what, result in _summaries(f"{design.title}, {group}", results, design)]
    if slopes:
        hits = [r.p_value is not None and r.p_value < ALPHA and (r.estimate or 0) > 0 for r in slopes]
        found.append(("all ages", "power: growth over age", _rate(f"{design.title}: power for growth", hits)))
        found.append(
            ("all ages", "half width: slope", _half_width(f"{design.title}: slope", slopes, "log odds per unit"))
        )
    return tuple(found)


def _accuracy(y_CI: Floats, design: Design, level: float) -> Result:
    met = np.isfinite(y_CI)
    columns = met.any(axis=0)
    y, n = np.nan_to_num(y_CI[:, columns]), met[:, columns].astype(float)
    data = Crossed(y, n, np.arange(y.shape[1]), np.zeros(y.shape[1], dtype=np.intp))
    return two_way(design.title, data, chance=design.chance, level=level, method="two_way_t")


def _growth(study: _Study, design: Design, level: float) -> Result:
    child, item = np.nonzero(np.isfinite(study.y_CI))
    age = study.age_C[child]
    x = np.column_stack([np.ones(len(age)), age - age.mean()])
    y = study.y_CI[child, item]
    return gee(("a", "b"), y, np.ones_like(y), x, child, chance=design.chance, level=level)[1]


def _summaries(name: str, results: list[Result], design: Design) -> list[tuple[str, Result]]:
    above = [r.p_value is not None and r.p_value < ALPHA for r in results]
    found = [
        ("expected accuracy", _mean(f"{name}: accuracy", [r.estimate for r in results])),
        ("half width of the interval", _half_width(name, results, "difference")),
        ("power: above chance", _rate(f"{name}: power against chance", above)),
    ]
    if design.model is None:
        return found
    apart = [r.interval is not None and not r.interval.low <= design.model <= r.interval.high for r in results]
    found.append(("power: differs from the model", _rate(f"{name}: power for a difference", apart)))
    if design.bound is not None:
        same = [_equivalent(r, design.model, design.bound) for r in results]
        found.append(("power: equivalent to the model", _rate(f"{name}: power for equivalence", same)))
    return found


def _equivalent(result: Result, model: float, bound: float) -> bool:
    if result.estimate is None or not result.se or not result.df:
        return False
    half = float(stats.t.isf(ALPHA, result.df)) * result.se
    gap = result.estimate - model
    return -bound < gap - half and gap + half < bound


def _rate(name: str, hits: list[bool]) -> Result:
    k, n = sum(map(bool, hits)), len(hits)
    return Result(name, "simulation", k / n, wilson_limits(k, n), (Count("simulated studies", n),))


def _half_width(name: str, results: list[Result], unit: str) -> Result:
    widths = [(r.interval.high - r.interval.low) / 2 for r in results if r.interval is not None]
    return _mean(f"{name}: half width", widths, "log odds per unit" if unit != "difference" else "difference")


def _mean(name: str, values: list[float | None] | list[float], unit: str = "share") -> Result:
    from analysis.result import withheld

    x = np.array([v for v in values if v is not None], dtype=float)
    scale = unit if unit in ("share", "difference", "number") else "log odds per unit"
    counts = (Count("simulated studies", len(x)),)
    if len(x) < 2:
        return withheld(name, "simulation", "no simulated study gave it", n=counts)
    low, high = np.quantile(x, [0.025, 0.975])
    return Result(
        name, "simulation", float(x.mean()), Interval(float(low), float(high)), counts,
        assumptions=("interval: the middle 95 % of simulated studies",), unit=scale,  # type: ignore[arg-type]
    )  # fmt: skip
