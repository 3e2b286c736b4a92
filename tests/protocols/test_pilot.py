"""The pilot: what a protocol costs and yields with simulated children."""

from __future__ import annotations

import pytest

from protocols.load import load_protocol
from protocols.pilot import least_above_chance, run_pilot
from protocols.placeholder import PlaceholderBank


def test_a_pilot_counts_trials_minutes_and_stops(bank: PlaceholderBank) -> None:
    report = run_pilot(load_protocol("who-has-more"), bank, children=12, ages=(6, 14))
    block = report.blocks[0]
    assert block.planned == 22
    assert block.stopped.get("wrong_in_a_row", 0) > 0
    assert block.taken.low < 22
    assert block.right is not None
    assert abs(block.right - block.chance) < 0.15
    assert 0.5 < report.minutes.median < 8


def test_older_children_do_better_and_are_not_stopped(bank: PlaceholderBank) -> None:
    young, old = (
        run_pilot(load_protocol("who-has-more"), bank, children=8, ages=a).blocks[0] for a in ((6, 12), (40, 42))
    )
    assert (old.right or 0) > (young.right or 1)
    assert old.stopped.get("wrong_in_a_row", 0) < young.stopped["wrong_in_a_row"]


def test_the_same_seed_gives_the_same_report(bank: PlaceholderBank) -> None:
    protocol = load_protocol("subitizing")
    assert run_pilot(protocol, bank, children=4) == run_pilot(protocol, bank, children=4)


def test_what_has_no_right_answer_has_no_precision(bank: PlaceholderBank) -> None:
    looking = run_pilot(load_protocol("looking-while-listening"), bank, children=3).blocks[0]
    assert (looking.right, looking.standard_error, looking.tellable) == (None, None, None)
    dialogue = run_pilot(load_protocol("memory-dialogue"), bank, children=3).blocks[0]
    assert dialogue.right is not None
    assert dialogue.standard_error is None


@pytest.mark.parametrize(
    ("trials", "chance", "right"), [(22, 0.5, 16), (10, 0.5, 9), (4, 0.25, 4), (8, 0.25, 5), (100, 0.5, 59)]
)
def test_least_share_above_chance(trials: int, chance: float, right: int) -> None:
    """R: qbinom(0.05, trials, chance, lower.tail = FALSE) + 1 gives 16, 9, 4, 5, 59."""
    assert least_above_chance(trials, chance) == right / trials


def test_too_few_trials_tell_nobody_from_guessing() -> None:
    assert least_above_chance(4, 0.5) is None
    assert least_above_chance(0, 0.5) is None
