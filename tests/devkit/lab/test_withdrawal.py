"""Withdrawal erases every byte of a participant and leaves a tombstone; a merge of entries overwrites nothing."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.lab.check import check
from devkit.lab.joining import join_participants
from devkit.lab.lists import LISTS, balanced_list
from devkit.lab.merge import merge
from devkit.lab.tables import table
from devkit.lab.videos import FOLDER, make_folder, times_path, video_path
from devkit.lab.withdrawal import tombstones, withdraw

from .conftest import header_of, trial_of

DAY = date(2026, 3, 5)


def _session(lab: Lab, code: str, trials: int = 2) -> str:
    header = header_of(lab.lab_id, respondent_code=code, respondent={"code": code, "kind": "child"})
    with lab.new_session(header) as journal:
        for index in range(trials):
            journal.trial(trial_of(header, index, respondent_code=code, note=f"note on {code}"))
        journal.close("completed")
    return header.session_id


@pytest.fixture
def two(lab: Lab) -> Lab:
    lab.participants.add("C-LEAVES", name="Ada Example", birth_date="2024-03-17", languages=("qya",))
    lab.participants.add("C-STAYS", name="Bo")
    for code in ("C-LEAVES", "C-STAYS", "C-LEAVES"):
        _session(lab, code)
    table(lab)
    return lab


def _traces(lab: Lab, *words: bytes) -> list[tuple[Path, bytes]]:
    files = [path for path in lab.path.rglob("*") if path.is_file()]
    return [(path, word) for path in files for word in words if word in path.read_bytes()]


def test_every_byte_of_the_participant_is_gone_but_the_tombstones(two: Lab) -> None:
    done = withdraw(two, "C-LEAVES", day=DAY)
    assert (done.sessions, done.trials) == (2, 4)
    assert _traces(two, b"Ada", b"2024-03-17", b"qya", b"note on C-LEAVES") == []
    assert {path.name for path, _ in _traces(two, b"C-LEAVES")} == {"participants.jsonl"}
    assert len(tombstones(two.path)) == 2
    assert {stone.withdrawn_at for stone in tombstones(two.path).values()} == {"2026-03-05"}
    assert [s.respondent_code for s in two.sessions()] == ["C-STAYS"]
    assert [p.code for p in two.participants.all()] == ["C-STAYS"]
    assert two.participants.people.get("C-STAYS") is not None
    assert not check(two).problems


def test_who_has_withdrawn_is_told_and_the_code_is_not_given_again(two: Lab) -> None:
    withdraw(two, "C-LEAVES", day=DAY)
    with pytest.raises(UserError, match="has withdrawn on 2026-03-05"):
        two.participants.get("C-LEAVES")
    with pytest.raises(UserError, match="already"):
        two.participants.add("C-LEAVES")
    assert withdraw(two, "C-LEAVES", day=DAY).sessions == 0


def test_an_interrupted_withdrawal_is_finished_by_the_same_call(two: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Path.unlink
    calls = Counter[str]()

    def fail_once(self: Path, missing_ok: bool = False) -> None:
        calls["unlink"] += self.suffix == ".jsonl"
        if calls["unlink"] == 2:
            raise OSError(5, "Input/output error", str(self))
        whole(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", fail_once)
    with pytest.raises(UserError, match="Input/output"):
        withdraw(two, "C-LEAVES", day=DAY)
    monkeypatch.undo()
    withdraw(two, "C-LEAVES", day=DAY)
    assert _traces(two, b"Ada", b"note on C-LEAVES") == []
    assert len(tombstones(two.path)) == 2


def test_a_running_session_keeps_a_withdrawal_waiting(two: Lab) -> None:
    header = header_of(two.lab_id, respondent_code="C-LEAVES")
    with two.new_session(header):
        with pytest.raises(UserError, match="being recorded"):
            withdraw(two, "C-LEAVES", day=DAY)
        assert two.participants.get("C-LEAVES").active


def test_another_station_does_not_bring_it_back(two: Lab, tmp_path: Path) -> None:
    station = Lab.create(tmp_path / "station")
    merge(station, [two])
    withdraw(two, "C-LEAVES", day=DAY)
    done = merge(two, [station])
    assert done.added == 0
    assert [s.respondent_code for s in two.sessions()] == ["C-STAYS"]
    assert two.participants.people.get("C-LEAVES") is None
    told = merge(station, [two]).problems
    assert [p.code for p in told] == ["merge-withdrawn"]
    assert "devkit participant withdraw" in told[0].hint


def test_a_session_that_stayed_behind_is_found(two: Lab) -> None:
    withdraw(two, "C-LEAVES", day=DAY)
    _session(two, "C-LEAVES")
    assert "withdrawn" in [problem.code for problem in check(two).problems]


def test_two_entries_become_one_by_corrections(two: Lab) -> None:
    two.participants.add("C-TWICE", contact="12345")
    session = _session(two, "C-TWICE")
    before = two.journal_path(session).read_bytes()
    done = join_participants(two, "C-TWICE", "C-LEAVES", who="AB", why="entered twice")
    assert (done.sessions, done.trials) == (1, 2)
    assert two.journal_path(session).read_bytes().startswith(before)
    assert {t.respondent_code for t in two.read_session(session).trials} == {"C-LEAVES"}
    assert two.read_session(session).trials[0].corrections[0].why == "entered twice"
    assert [s.respondent_code for s in two.sessions()].count("C-LEAVES") == 3
    assert two.participants.get("C-TWICE").code == "C-LEAVES"
    person = two.participants.people.get("C-LEAVES")
    assert person is not None
    assert person.contact == "12345"
    withdraw(two, "C-LEAVES", day=DAY)
    assert [s.respondent_code for s in two.sessions()] == ["C-STAYS"]


def test_different_dates_of_birth_are_two_people(two: Lab) -> None:
    two.participants.add("C-OTHER", birth_date="2024-03-18")
    with pytest.raises(UserError, match="different dates of birth") as refused:
        join_participants(two, "C-OTHER", "C-LEAVES", who="AB", why="?")
    assert "2024" not in str(refused.value)
    with pytest.raises(UserError, match="already"):
        join_participants(two, "C-OTHER", "C-OTHER", who="AB", why="?")


def test_lists_stay_balanced_for_every_number_of_lists() -> None:
    taken: list[int] = []
    for _ in range(3 * LISTS):
        taken.append(balanced_list(taken))
        for lists in (2, 3, 4, 6, 8, 12, 24):
            counts = Counter(number % lists for number in taken)
            spread = max(counts.values()) - min(counts[m] for m in range(lists))
            assert spread <= (1 if lists in (2, 4, 8) else 2), (lists, taken)


def test_participants_get_a_list_and_keep_it(lab: Lab) -> None:
    for number in range(8):
        lab.participants.add(f"C{number}")
        lab.participants.add(f"A{number}", kind="adult")
    for kind in ("child", "adult"):
        lists = [p.counterbalance_list for p in lab.participants.all() if p.kind == kind]
        assert Counter(number % 2 for number in lists if number is not None) == {0: 4, 1: 4}
    first = lab.participants.get("C0")
    lab.participants.change("C0", consent="3", video=True)
    assert lab.participants.get("C0") == first.model_copy(update={"consent": "3", "video": True})
    assert len(json.dumps(first.model_dump())) > 0


def test_what_was_torn_off_and_filmed_goes_too(two: Lab) -> None:
    mine = [s.session_id for s in two.sessions() if s.respondent_code == "C-LEAVES"]
    path = two.journal_path(mine[0])
    path.with_name(f"{path.stem}.torn-1").write_bytes(b'{"kind":"trial","note on C-LEAVES')
    make_folder(two.path)
    for session_id in (mine[1], f"{mine[1]}-2"):
        video_path(two.path, session_id).write_bytes(b"moving pictures of Ada")
        times_path(two.path, session_id).write_text("frame,session_ms\n0,1.0\n")
    withdraw(two, "C-LEAVES", day=DAY)
    assert _traces(two, b"Ada", b"note on C-LEAVES") == []
    assert list((two.path / FOLDER).iterdir()) == []
