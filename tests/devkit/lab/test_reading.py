"""Reading journals: damage costs its line, is named by file and line, and never ends in a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.lab import Lab, parse_journal, read_journal
from devkit.lab.check import check
from devkit.lab.lines import BadLine, decode, encode
from devkit.records import SessionHeader

Add = Callable[..., SessionHeader]
KINDS = ("header", "trial", "event", "gaze", "correction", "end", "participant", "nonsense")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.text(alphabet=st.characters(exclude_characters="\n", exclude_categories=["Cs"])))
def test_a_line_reads_back(text: str) -> None:
    line = encode("event", json.dumps({"a": text}))
    assert line.endswith(b"\n")
    assert json.loads(decode(line[:-1]).data) == {"a": text}


@given(st.integers(0), st.integers(1, 255))
def test_any_changed_byte_is_seen(place: int, change: int) -> None:
    line = bytearray(encode("event", '{"a":1,"b":"two"}')[:-1])
    line[place % len(line)] ^= change
    with pytest.raises(BadLine):
        decode(bytes(line))


@given(st.binary(max_size=400))
def test_garbage_is_a_problem_with_its_place(data: bytes) -> None:
    path = Path("journals/0.jsonl")
    journal = parse_journal(path, data)
    assert journal.problems
    assert all(problem.place.startswith("journals/0.jsonl:") for problem in journal.problems)
    assert journal.header is None


@given(st.lists(st.tuples(st.sampled_from(KINDS), JSON), max_size=6))
def test_lines_with_a_valid_checksum_but_nonsense_inside(lines: list[tuple[str, object]]) -> None:
    data = b"".join(encode(kind, json.dumps(value)) for kind, value in lines)  # type: ignore[arg-type]
    journal = parse_journal(Path("0.jsonl"), data)
    assert len(journal.problems) == max(1, len(lines)) or journal.problems[-1].code == "journal-newer"


@given(
    place=st.integers(0),
    value=JSON,
    kind=st.sampled_from(["change", "drop", "extra"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_record_with_any_column_spoilt_is_read_or_reported(
    trial_values: dict[str, object], place: int, value: object, kind: str
) -> None:
    spoilt = dict(trial_values)
    name = list(spoilt)[place % len(spoilt)]
    if kind == "drop":
        del spoilt[name]
    else:
        spoilt[name if kind == "change" else "unheard_of"] = value
    journal = parse_journal(Path("0.jsonl"), encode("trial", json.dumps(spoilt)))
    assert len(journal.trials) + len(journal.problems) == 1


@pytest.fixture
def trial_values() -> dict[str, object]:
    values: dict[str, object] = json.loads((Path(__file__).parent / "trial.json").read_text())
    return values


def test_deep_nesting_is_a_problem() -> None:
    data = encode("event", '{"detail":' + "[" * 100_000 + "]" * 100_000 + "}")
    assert parse_journal(Path("0.jsonl"), data).problems[0].code == "journal-record"


def test_a_damaged_line_costs_that_line_only(lab: Lab, add_session: Add) -> None:
    header = add_session(5)
    path = lab.journal_path(header.session_id)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"item-2", b"item-X")
    path.write_bytes(b"".join(lines))
    journal = read_journal(path)
    assert [trial.trial_index for trial in journal.trials.values()] == [0, 1, 3, 4]
    assert [(p.code, p.place) for p in journal.problems] == [("journal-line", f"{path}:4")]
    assert len(lab.read_session(header.session_id).trials) == 4
    assert lab.sessions()[0].trials == 4
    assert lab.sessions()[0].problems == 1


def test_a_damaged_header_keeps_the_trials_in_the_lists(lab: Lab, add_session: Add) -> None:
    header = add_session(2)
    path = lab.journal_path(header.session_id)
    path.write_bytes(b"X" + path.read_bytes()[1:])
    with pytest.raises(UserError, match=r"\.jsonl:1: the line is cut off"):
        lab.read_session(header.session_id)
    assert [(s.respondent_code, s.trials) for s in lab.sessions()] == [("P-K7QX4", 2)]


def test_a_newer_format_is_told_once(lab: Lab, add_session: Add) -> None:
    header = add_session(3, schema_version="9.4")
    path = lab.journal_path(header.session_id)
    journal = read_journal(path)
    assert [p.message for p in journal.problems] == ["written in trial format 9.4; this devkit reads up to 1.0"]


def test_a_trial_of_another_session_and_a_second_copy_are_reported(lab: Lab, add_session: Add) -> None:
    one, two = add_session(2), add_session(1)
    path = lab.journal_path(one.session_id)
    lines = path.read_bytes().splitlines(keepends=True)
    foreign = lab.journal_path(two.session_id).read_bytes().splitlines(keepends=True)[1]
    path.write_bytes(b"".join([*lines, lines[1], foreign]))
    journal = read_journal(path)
    assert [p.code for p in journal.problems] == ["trial-twice", "trial-session"]
    assert len(journal.trials) == 2


def test_a_missing_journal_is_a_users_mistake(lab: Lab) -> None:
    with pytest.raises(UserError, match="there is no session"):
        lab.read_session("01a206ac-8c7d-7792-ba01-9aa4a88e74e6")
    with pytest.raises(UserError, match="no session id"):
        lab.read_session("../lab")


def test_a_journal_that_cannot_be_opened_costs_itself_only(lab: Lab, add_session: Add) -> None:
    kept = add_session(2)
    (lab.path / "journals" / "01a206ac-8c7d-7792-ba01-9aa4a88e74e6.jsonl").mkdir()
    assert [(s.session_id, s.trials) for s in lab.sessions()] == [(kept.session_id, 2)]
    assert [p.code for p in lab.index.problems()] == ["journal-file"]
    assert [p.code for p in check(lab).problems] == ["journal-file"]


def test_a_lab_copied_without_its_empty_folders_still_records(lab: Lab, add_session: Add) -> None:
    (lab.path / "journals").rmdir()
    assert lab.sessions() == []
    add_session(1)
    assert [s.trials for s in lab.sessions()] == [1]
