"""Joining labs: journals only grow, nothing is lost, and what the labs disagree about is said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.lab.check import check
from devkit.lab.merge import merge
from devkit.records import Correction, SessionHeader, TrialRecord

Add = Callable[..., SessionHeader]


@pytest.fixture
def other(tmp_path: Path) -> Lab:
    return Lab.create(tmp_path / "other", name="Station 2")


def copy_of(lab: Lab, folder: Path) -> Lab:
    shutil.copytree(lab.path, folder)
    return Lab.open(folder)


def test_sessions_participants_people_and_media_come_over(
    lab: Lab, other: Lab, add_session: Add, tmp_path: Path
) -> None:
    own, theirs = add_session(2), add_session(3, into=other)
    lab.participants.add("P-1")
    other.participants.add("P-2", name="Ada Zephyrine", birth_date="2024-03-17")
    (tmp_path / "a.png").write_bytes(b"picture")
    digest = other.media.add_file(tmp_path / "a.png")
    done = merge(lab, [other])
    assert (done.added, done.grown, done.same, done.participants, done.media, done.problems) == (1, 0, 0, 1, 1, [])
    assert {s.session_id: s.trials for s in lab.sessions()} == {own.session_id: 2, theirs.session_id: 3}
    assert lab.read_session(theirs.session_id).header.lab_id == other.lab_id
    assert [p.code for p in lab.participants.all()] == ["P-1", "P-2"]
    kept = lab.participants.people.get("P-2")
    assert kept is not None
    assert kept.name == "Ada Zephyrine"
    assert lab.media.find(digest) is not None
    again = merge(lab, [other])
    assert (again.added, again.same, again.participants, again.media) == (0, 1, 0, 0)
    assert [s.trials for s in other.sessions()] == [3]
    assert check(lab).problems == []


def test_people_stay_behind_when_asked(lab: Lab, other: Lab) -> None:
    other.participants.add("P-2", name="Ada Zephyrine")
    merge(lab, [other], people=False)
    assert [p.code for p in lab.participants.all()] == ["P-2"]
    assert lab.participants.people.all() == []


def test_the_longer_journal_wins_whichever_way_the_labs_are_joined(
    lab: Lab, add_session: Add, make_trial: Callable[..., TrialRecord], tmp_path: Path
) -> None:
    header = add_session(2, close=False)
    station = copy_of(lab, tmp_path / "station")
    with station.resume(header.session_id) as journal:
        journal.trial(make_trial(header, 2))
        journal.close("completed")
    longer = station.journal_path(header.session_id).read_bytes()
    backwards = merge(station, [lab])
    assert (backwards.grown, backwards.same) == (0, 1)
    done = merge(lab, [station])
    assert (done.grown, done.problems) == (1, [])
    assert lab.journal_path(header.session_id).read_bytes() == longer


def test_a_torn_line_here_does_not_stop_the_longer_journal(
    lab: Lab, add_session: Add, make_trial: Callable[..., TrialRecord], tmp_path: Path
) -> None:
    header = add_session(2, close=False)
    station = copy_of(lab, tmp_path / "station")
    with station.resume(header.session_id) as journal:
        journal.trial(make_trial(header, 2))
    path = lab.journal_path(header.session_id)
    path.write_bytes(path.read_bytes() + b'{"kind":"tri')
    assert merge(lab, [station]).grown == 1
    assert len(lab.read_session(header.session_id).trials) == 3
    assert [p.read_bytes() for p in path.parent.glob("*.torn-1")] == [b'{"kind":"tri']


def test_journals_that_went_different_ways_are_both_kept(lab: Lab, add_session: Add, tmp_path: Path) -> None:
    header = add_session(1)
    station = copy_of(lab, tmp_path / "station")
    trial = lab.read_session(header.session_id).trials[0]
    for one, note in ((lab, "ours"), (station, "theirs")):
        fix = Correction(trial_id=trial.trial_id, column="note", after=note, who="E", when="2026", why="w")
        one.correct(header.session_id, fix)
    ours, theirs = (one.journal_path(header.session_id).read_bytes() for one in (lab, station))
    for _ in range(2):
        done = merge(lab, [station])
        assert [p.code for p in done.problems] == ["merge-conflict"]
    assert lab.journal_path(header.session_id).read_bytes() == ours
    assert [p.read_bytes() for p in (lab.path / "journals" / "conflicts").iterdir()] == [theirs]
    assert lab.read_session(header.session_id).trials[0].note == "ours"
    assert [n.code for n in check(lab).notes if n.code == "merge-conflict"] == ["merge-conflict"]
    assert len(lab.sessions()) == 1


def test_disputed_people_are_named_by_code_only(lab: Lab, other: Lab) -> None:
    lab.participants.add("P-1", sex="female", birth_date="2024-03-17", name="Ada Zephyrine")
    other.participants.add("P-1", sex="male", birth_date="2024-03-18", name="Bo Quimby")
    done = merge(lab, [other])
    said = " ".join(map(str, done.problems))
    assert "P-1" in said
    assert not any(secret in said for secret in ("Zephyrine", "Quimby", "2024-03"))
    kept = lab.participants.people.get("P-1")
    assert kept is not None
    assert (kept.birth_date, lab.participants.get("P-1").sex) == ("2024-03-17", "female")


def test_a_running_session_and_the_lab_itself_are_left_out(
    lab: Lab, other: Lab, add_session: Add, make_header: Callable[..., SessionHeader]
) -> None:
    with other.new_session(make_header(other.lab_id)):
        done = merge(lab, [other])
    assert [p.code for p in done.problems] == ["merge-running"]
    assert lab.sessions() == []
    with pytest.raises(UserError, match="itself"):
        merge(lab, [Lab.open(lab.path / ".." / lab.path.name)])


@given(lengths=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), min_size=1, max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_joining_in_any_order_and_any_number_of_times_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    make_header: Callable[..., SessionHeader],
    make_trial: Callable[..., TrialRecord],
    lengths: list[tuple[int, int]],
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    stations = [Lab.create(folder / f"s{number}") for number in range(3)]
    for station, count in lengths:
        header = make_header(stations[station].lab_id)
        with stations[station].new_session(header) as journal:
            for index in range(count):
                journal.trial(make_trial(header, index))
    one, two = Lab.create(folder / "one"), Lab.create(folder / "two")
    merge(one, stations)
    for station in (*reversed(stations), *stations):
        merge(two, [station])
    held = [{p.name: p.read_bytes() for p in lab.index.journal_paths()} for lab in (one, two)]
    assert held[0] == held[1]
    assert len(held[0]) == len(lengths)
