"""A look at a protocol without running it, and two versions side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.errors import UserError
from protocols import library
from protocols.load import load_protocol
from protocols.placeholder import placeholder_bank
from protocols.planner import make_plan
from protocols.preview import PreviewTrial, preview
from protocols.versions import Change, compare, duplicate

BANK = placeholder_bank(320, dialogues=64)


def _first(name: str, kind: str = "test", block: int = 0) -> PreviewTrial:
    plan = make_plan(load_protocol(name), BANK, "preview", 1)
    return preview(plan, BANK, next(t for t in plan.trials if t.kind == kind and t.block >= block))


@pytest.mark.parametrize("name", library.names())
def test_every_trial_of_the_library_can_be_looked_at(name: str) -> None:
    plan = make_plan(load_protocol(name), BANK, "preview", 1)
    for trial in plan.trials[:: max(1, len(plan.trials) // 12)]:
        found = preview(plan, BANK, trial)
        assert found.steps[0].stage.name == "fixation"
        for step in found.steps:
            assert step.lasts_ms is None or step.lasts_ms > 0
            for thing in step.stage.shown:
                left, top, width, height = thing.box
                assert min(left, top) >= -0.001
                assert max(left + width, top + height) <= 1.001


def test_the_order_of_events_is_that_of_the_task() -> None:
    glance = _first("subitizing")
    assert [step.stage.name for step in glance.steps] == ["fixation", "attention", "stimuli", "mask", "awaiting"]
    assert glance.steps[-1].stage.entry
    assert glance.steps[-1].stage.prompt.startswith("How many")
    assert not glance.steps[2].stage.prompt
    exits = _first("glimpse", block=2)
    assert [step.stage.name for step in exits.steps][-2:] == ["delay", "awaiting"]
    assert {thing.what for thing in exits.steps[-1].stage.shown} == {"outline", "arrow"}
    practice = _first("who-has-more", "practice")
    assert practice.steps[-1].stage.name == "feedback"
    assert practice.steps[-1].stage.shown[-1].what == "ring"


def test_versions_are_compared_by_what_they_say(tmp_path: Path) -> None:
    copy = duplicate("who-has-more", tmp_path / "mine.yaml")
    text = copy.read_text(encoding="utf-8")
    copy.write_text("# only a comment\n" + text.replace("answer_max: 10 s", "answer_max: 12 s", 1), encoding="utf-8")
    found = compare(load_protocol("who-has-more"), load_protocol(copy))
    assert Change("protocol", "who-has-more", "mine") in found
    assert [change.path for change in found if change.path.endswith("answer_max")] == ["blocks.1.timing.answer_max"]
    assert compare(load_protocol(copy), load_protocol(copy)) == ()
    with pytest.raises(UserError, match="a file already"):
        duplicate("who-has-more", copy)
    with pytest.raises(UserError):
        duplicate("who-has-more", tmp_path / "Not A Name.yaml")
    assert not (tmp_path / "Not A Name.yaml").exists()
