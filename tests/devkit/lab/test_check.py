"""`devkit lab check` sees every kind of damage, and repair mends what can be mended without losing anything."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.lab import Lab
from devkit.lab.check import check, contradictions, repair
from devkit.records import SessionHeader, TrialRecord

Add = Callable[..., SessionHeader]


def codes(lab: Lab) -> list[str]:
    return [problem.code for problem in check(lab).problems]


def test_a_sound_lab_has_no_problems_before_and_after_indexing(lab: Lab, add_session: Add) -> None:
    for _ in range(3):
        add_session(2)
    assert codes(lab) == []
    lab.sessions()
    found = check(lab)
    assert (found.sessions, found.trials, found.problems) == (3, 6, [])
    assert {note.code for note in found.notes} == {"participant-unknown"}
    lab.participants.add("P-K7QX4")
    assert check(lab).notes == []


def test_a_torn_line_is_found_and_mended_without_loss(lab: Lab, add_session: Add) -> None:
    header = add_session(2, close=False)
    path = lab.journal_path(header.session_id)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind":"trial","da')
    assert codes(lab) == ["journal-torn"]
    assert repair(lab) == [path.with_name(f"{header.session_id}.torn-1")]
    assert path.read_bytes() == whole
    assert path.with_name(f"{header.session_id}.torn-1").read_bytes() == b'{"kind":"trial","da'
    found = check(lab)
    assert found.problems == []
    assert {note.code for note in found.notes} >= {"session-open", "journal-aside"}
    assert repair(lab) == []


def test_a_damaged_line_stays_a_finding(lab: Lab, add_session: Add) -> None:
    path = lab.journal_path(add_session(3).session_id)
    data = path.read_bytes().replace(b"item-1", b"item-9")
    path.write_bytes(data)
    assert codes(lab) == ["journal-line"]
    repair(lab)
    assert codes(lab) == ["journal-line"]
    assert path.read_bytes() == data


def test_the_index_is_compared_with_the_journals(lab: Lab, add_session: Add) -> None:
    header = add_session(3)
    lab.sessions()
    with sqlite3.connect(lab.path / "lab.sqlite") as connection:
        connection.execute("UPDATE trials SET correct = 0 WHERE trial_index = 1")
    connection.close()
    assert codes(lab) == ["index-rows"]
    repair(lab)
    assert codes(lab) == []
    path = lab.journal_path(header.session_id)
    state = path.stat()
    path.write_bytes(path.read_bytes().replace(b"item-1", b"item-9"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert codes(lab) == ["journal-line", "index-digest"]


def test_media_people_and_participants_are_looked_over(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    digest = lab.media.add_file(tmp_path / "a.png")
    lab.participants.add("P-1", name="Ada Zephyrine")
    assert codes(lab) == []
    kept = lab.media.find(digest)
    assert kept is not None
    kept.write_bytes(b"another")
    (lab.path / "people.sqlite").write_bytes(b"x" * 5000)
    lab.participants.path.write_bytes(b"{}\n")
    assert codes(lab) == ["participants-line", "media-digest", "people"]


def test_one_trial_in_two_sessions(
    lab: Lab, make_header: Callable[..., SessionHeader], make_trial: Callable[..., TrialRecord]
) -> None:
    headers = [make_header(lab.lab_id) for _ in range(2)]
    trial = make_trial(headers[0])
    for header in headers:
        with lab.new_session(header) as journal:
            journal.trial(trial.model_copy(update={"session_id": header.session_id}))
            journal.close("completed")
    assert codes(lab) == ["trial-shared"]


def test_a_record_of_another_plan_is_found(
    lab: Lab, make_header: Callable[..., SessionHeader], make_trial: Callable[..., TrialRecord]
) -> None:
    header = make_header(lab.lab_id)
    with lab.new_session(header) as journal:
        journal.trial(make_trial(header, plan_digest="9" * 64))
        journal.close("completed")
    assert codes(lab) == ["trial-header"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"outcome": "none", "correct": None, "answer": None, "answer_position": None}, []),
        ({"correct": None}, []),
        ({"target_position": 2}, ["the target's position is outside the choices", "right or wrong contradicts"]),
        ({"answer_position": 5, "correct": False}, ["the answer's position is outside the choices"]),
        ({"choice_order": (0, 0)}, ["no permutation"]),
        ({"choice_scores": (1.0,)}, ["not as many scores"]),
        ({"outcome": "timeout", "answer_position": None}, ["'timeout' is scored"]),
        ({"chance": 1.5}, ["no probability"]),
        ({"is_practice": True}, ["trial_kind"]),
        ({"exclusion": ("preterm",)}, ["excluded and valid"]),
        ({"correct": False}, ["right or wrong contradicts"]),
    ],
)
def test_records_that_contradict_themselves(
    lab: Lab,
    make_header: Callable[..., SessionHeader],
    make_trial: Callable[..., TrialRecord],
    changes: dict[str, object],
    said: list[str],
) -> None:
    found = contradictions(make_trial(make_header(lab.lab_id), **changes))
    assert len(found) == len(said)
    assert all(part in message for part, message in zip(said, found, strict=True))


def test_leftovers_of_a_killed_program_are_removed(lab: Lab) -> None:
    left = lab.path / "journals" / ".01a206ac-8c7d-7792-ba01-9aa4a88e74e6.jsonl.new"
    left.write_bytes(b"half a header")
    assert check(lab).notes == []  # young: it may be in the middle of being written
    os.utime(left, (0, 0))
    assert [note.code for note in check(lab).notes] == ["left-over"]
    repair(lab)
    assert not left.exists()
