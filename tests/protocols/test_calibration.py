"""Calibration finds the parameters that answers were drawn with, and says when there is too little."""

from __future__ import annotations

import numpy as np
import pytest

from devkit.errors import UserError
from protocols.calibration import calibrate
from protocols.parameters import parameters_csv, read_parameters


def drawn(persons: int, items: int, guessing: float, seed: int, shown: float = 0.6):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    a, b, theta = rng.lognormal(0.2, 0.3, items), rng.uniform(-2, 2, items), rng.normal(size=persons)
    p = guessing + (1 - guessing) / (1 + np.exp(-a * (theta[:, None] - b)))
    right, met = rng.random(p.shape) < p, rng.random(p.shape) < shown
    answers = {(f"C{i}", f"i{j:02d}"): bool(right[i, j]) for i, j in zip(*np.nonzero(met), strict=True)}
    return a, b, answers


def test_the_parameters_come_back() -> None:
    a, b, answers = drawn(1500, 30, 0.25, 1)
    found = calibrate(answers, 0.25, by_word=False)
    assert found.persons == 1500
    at = np.array([row.b for row in found.table])
    steep = np.array([row.a for row in found.table])
    assert np.corrcoef(at, b)[0, 1] > 0.97
    assert np.corrcoef(np.log(steep), np.log(a))[0, 1] > 0.75
    assert np.sqrt(np.mean((at - b) ** 2)) < 0.3
    covered = np.mean(np.abs(at - b) <= 2.5 * np.array(found.se_b))
    assert covered > 0.8
    assert {row.c for row in found.table} == {0.25}


def test_without_guessing_it_is_the_two_parameter_model() -> None:
    a, b, answers = drawn(1500, 20, 0.0, 2, shown=1.0)
    found = calibrate(answers, 0.0, by_word=True)
    assert np.sqrt(np.mean((np.array([row.b for row in found.table]) - b) ** 2)) < 0.2
    assert np.corrcoef([row.a for row in found.table], a)[0, 1] > 0.9
    assert {row.item for row in found.table} == {""}


def test_items_with_few_answers_are_left_out_and_named() -> None:
    _, _, answers = drawn(100, 5, 0.25, 3, shown=1.0)
    answers[("C1", "rare")] = True
    assert calibrate(answers, 0.25, by_word=False).left_out == ("rare",)
    with pytest.raises(UserError, match="needs items with at least 200 answers"):
        calibrate(answers, 0.25, by_word=False, least_answers=200)


def test_a_table_survives_its_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    _, _, answers = drawn(100, 5, 0.25, 4, shown=1.0)
    table = calibrate(answers, 0.25, by_word=False).table
    file = tmp_path / "parameters.csv"
    file.write_text(parameters_csv(table))
    assert read_parameters(file) == table
    file.write_text("item,word,a,b\ni1,,x,0\n,,1,1\ni2,,1,0\ni2,,1,0\n")
    with pytest.raises(UserError) as told:
        read_parameters(file)
    assert [problem.place.rsplit(":", 1)[1] for problem in told.value.problems] == ["2", "3", "5"]
