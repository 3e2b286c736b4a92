"""The adaptive test: estimates against second implementations, coverage, bias, exposure, against a fixed form."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from protocols.adaptive import Estimate, Irt, Items, Prior, eligible, estimate, finished, next_item, reported, start_of
from protocols.rules import Adaptive

CHILDREN, BANK = 1000, 240
IRT = st.builds(Irt, st.floats(0.4, 2.5), st.floats(-2.5, 2.5), st.sampled_from((0.0, 0.25)))
ANSWERS = st.lists(st.tuples(IRT, st.booleans()), min_size=3, max_size=25)


def log_likelihood(theta: float, answers: list[tuple[Irt, bool]]) -> float:
    """Written from the model's definition, item by item."""
    total = 0.0
    for item, right in answers:
        p = item.c + (1 - item.c) / (1 + np.exp(-item.a * (theta - item.b)))
        total += np.log(p if right else 1 - p)
    return float(total)


@settings(deadline=None)
@given(ANSWERS)
def test_maximum_a_posteriori_agrees_with_an_optimiser(answers: list[tuple[Irt, bool]]) -> None:
    found = estimate([item for item, _ in answers], [right for _, right in answers], Prior(0.0, 1.0))

    def loss(theta: float) -> float:
        return theta**2 / 2 - log_likelihood(theta, answers)

    best = min(
        (
            minimize_scalar(loss, bounds=(low, low + 1), method="bounded", options={"xatol": 1e-8})
            for low in range(-4, 4)
        ),
        key=lambda one: one.fun,
    )
    assert loss(found.theta) <= best.fun + 1e-7


@settings(deadline=None)
@given(ANSWERS)
def test_maximum_likelihood_agrees_with_an_optimiser(answers: list[tuple[Irt, bool]]) -> None:
    found = estimate([item for item, _ in answers], [right for _, right in answers], None)
    assert -4 <= found.theta <= 4
    best = max(
        -minimize_scalar(
            lambda t: -log_likelihood(t, answers), bounds=(low, low + 1), method="bounded", options={"xatol": 1e-8}
        ).fun
        for low in range(-4, 4)
    )
    assert log_likelihood(found.theta, answers) >= best - 1e-6


def test_the_error_of_a_long_test_agrees_with_quadrature() -> None:
    rng = np.random.default_rng(3)
    items = [Irt(float(a), float(b), 0.2) for a, b in zip(rng.uniform(0.8, 2, 60), rng.normal(0, 1, 60), strict=True)]
    right = [bool(rng.random() < Items([item]).probability(0.4)[0]) for item in items]
    answers = list(zip(items, right, strict=True))

    def posterior(theta: float) -> float:
        return float(np.exp(log_likelihood(theta, answers) - log_likelihood(0.4, answers) - theta**2 / 2))

    mass = quad(posterior, -6, 6)[0]
    mean = quad(lambda t: t * posterior(t), -6, 6)[0] / mass
    sd = np.sqrt(quad(lambda t: (t - mean) ** 2 * posterior(t), -6, 6)[0] / mass)
    found = estimate(items, right, Prior(0.0, 1.0))
    assert found.theta == pytest.approx(mean, abs=0.05)
    assert found.se == pytest.approx(sd, rel=0.08)


def test_information_is_the_curvature_of_the_expected_log_likelihood() -> None:
    item, theta, step = Irt(1.4, 0.3, 0.25), 0.8, 1e-4
    p = Items([item]).probability(theta)[0]

    def expected(t: float) -> float:
        return float(p * log_likelihood(t, [(item, True)]) + (1 - p) * log_likelihood(t, [(item, False)]))

    curvature = (expected(theta + step) - 2 * expected(theta) + expected(theta - step)) / step**2
    assert Items([item]).information(theta)[0] == pytest.approx(-curvature, rel=1e-4)


def test_without_answers_there_is_the_prior() -> None:
    assert estimate([], [], Prior(0.5, 2.0)) == Estimate(0.5, 2.0)
    assert estimate([], [], None) == Estimate(0.0, float("inf"))


def test_all_right_is_bounded() -> None:
    items = [Irt(1.5, 0.0)] * 6
    assert estimate(items, [True] * 6, None).theta == 4.0
    assert 0.5 < estimate(items, [True] * 6, Prior()).theta < 3


def test_a_test_begins_where_the_age_says() -> None:
    rule = Adaptive.model_validate({"start": [{"months": 42, "theta": 1.0}, {"months": 26, "theta": -1.0}]})
    assert [start_of(rule, months) for months in (20, 26, 34, 42, 60)] == [-1, -1, 0, 1, 1]
    assert start_of(rule, None) == 0.0
    pool = [Irt(1.0, b) for b in (-1.0, 0.0, 1.0)]
    assert [next_item(pool, [], [], start) for start in (-1.0, 0.0, 1.0)] == [0, 1, 2]


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=90), st.sampled_from((0.2, 0.25, 0.3, 0.5, 1.0)), st.integers())
def test_a_child_is_drawn_items_of_all_difficulties(difficulties: list[float], exposure: float, seed: int) -> None:
    drawn = eligible(difficulties, exposure, random.Random(seed))
    assert len(set(drawn)) == len(drawn) <= np.ceil(len(difficulties) * exposure) + 1
    assert [difficulties[index] for index in drawn] == sorted(difficulties[index] for index in drawn)


@cache
def bank() -> tuple[Irt, ...]:
    """Items like those of a vocabulary bank after calibration: four choices, guessing fixed at one in four."""
    rng = np.random.default_rng(7)
    discriminations = rng.lognormal(0.55, 0.25, BANK)
    difficulties = rng.uniform(-3, 3, BANK)
    return tuple(Irt(float(a), float(b), 0.25) for a, b in zip(discriminations, difficulties, strict=True))


def take(rule: Adaptive, theta: float, rng: random.Random) -> tuple[list[int], list[Irt], list[bool], Estimate]:
    """Let one child of an ability take the adaptive test."""
    items = bank()
    drawn = eligible([item.b for item in items], rule.exposure, rng)
    pool = [items[index] for index in drawn]
    asked: list[int] = []
    right: list[bool] = []
    while (chosen := next_item(pool, asked, right, rule.prior_mean)) is not None:
        asked.append(chosen)
        right.append(rng.random() < float(Items([pool[chosen]]).probability(theta)[0]))
        now = reported(rule, [pool[index] for index in asked], right)
        if finished(rule, len(asked), now.se):
            break
    return [drawn[index] for index in asked], [pool[index] for index in asked], right, now


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["map", "ml"])
def test_a_thousand_simulated_children(estimator: str) -> None:
    rule = Adaptive.model_validate({"estimator": estimator, "stop_se": 0.38, "least_items": 10, "most_items": 30})
    rng = random.Random(11)
    truth = sorted(rng.gauss(0, 1) for _ in range(CHILDREN))
    exposure = np.zeros(BANK)
    found, errors, lengths = [], [], []
    for theta in truth:
        asked, _, _, now = take(rule, theta, rng)
        exposure[asked] += 1
        found.append(now.theta)
        errors.append(now.se)
        lengths.append(len(asked))
    off = np.array(found) - np.array(truth)
    covered = np.mean(np.abs(off) <= 1.96 * np.array(errors))
    thirds = [float(part.mean()) for part in np.array_split(off, 3)]
    assert 0.90 <= covered <= 0.98, covered
    assert all(abs(bias) <= 0.25 for bias in thirds), thirds
    assert exposure.max() / CHILDREN <= 0.30
    assert np.median(lengths) <= 20, np.median(lengths)
    fixed = fixed_form(rule, truth, random.Random(12))
    assert np.sqrt(np.mean(off**2)) < np.sqrt(np.mean(fixed**2))


def fixed_form(rule: Adaptive, truth: list[float], rng: random.Random) -> np.ndarray:
    """Errors of 20 items spread evenly over the difficulties of the bank, the same for everybody."""
    ranked = sorted(bank(), key=lambda item: item.b)
    form = [ranked[round((place + 0.5) * BANK / 20)] for place in range(20)]
    off = []
    for theta in truth:
        right = [rng.random() < float(p) for p in Items(form).probability(theta)]
        off.append(reported(rule, form, right).theta - theta)
    return np.array(off)
