"""The study at a glance, settings that a program changes, backups, and labs in which something is wrong."""

from __future__ import annotations

import os
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.errors import Problems, UserError
from devkit.lab import Lab
from devkit.lab.backup import MANIFEST, backup, restore
from devkit.lab.edit import change_recruitment, change_settings, upgrade, with_value
from devkit.lab.rescue import open_anyhow
from devkit.lab.settings import FILE, FORMAT, RecruitmentGroup, parse_settings, read_settings
from devkit.lab.status import status

from .conftest import header_of, trial_of

DAY = date(2026, 3, 4)


def _session(lab: Lab, code: str, days: int, *, end: str | None = "completed", **trial: object) -> None:
    respondent = {"code": code, "kind": "child", "age_days": days}
    header = header_of(lab.lab_id, respondent_code=code, respondent=respondent)
    with lab.new_session(header) as journal:
        journal.trial(trial_of(header, respondent_code=code, age_days=days, **trial))
        if end:
            journal.close(end)  # type: ignore[arg-type]


def test_recruitment_counts_finished_participants_of_the_age_once(lab: Lab) -> None:
    groups = [
        RecruitmentGroup(name="young", age_months=(24, 29), participants=20),
        RecruitmentGroup(name="old", age_months=(30, 35), participants=10, protocol="who-has-more"),
        RecruitmentGroup(name="other", age_months=(24, 35), participants=5, protocol="memory"),
    ]
    lab.settings = change_recruitment(lab.path, groups)
    for code, days, end in (
        ("A", 731, "completed"),
        ("A", 740, "completed"),
        ("B", 913, None),
        ("C", 914, "completed"),
    ):
        _session(lab, code, days, end=end)
    found = status(lab, DAY)
    assert [(one.group.name, one.done) for one in found.recruited] == [("young", 1), ("old", 1), ("other", 0)]
    assert [line.respondent_code for line in found.unfinished] == ["B"]
    assert len(found.today) == 4
    assert found.sessions == {"child": 4}


def test_doubts_are_named(lab: Lab) -> None:
    _session(lab, "A", 800, timing_tier="demo", outcome="timeout", correct=None, score=None, answer=None)
    _session(lab, "B", 800, timing_tier="lab", end="breakoff")
    _session(lab, "C", 800, timing_tier="lab")
    doubts = {line.respondent_code: line.doubts for line in status(lab, DAY).doubtful}
    assert doubts == {"A": ("few_answers", "timing_demo"), "B": ("ended_early",)}


def test_changing_a_setting_keeps_comments_and_order(lab: Lab) -> None:
    file = lab.path / FILE
    file.write_text(file.read_text().replace("notes = false", "notes = false  # ask the board"))
    before = file.read_text()
    assert change_settings(lab.path, {"privacy.notes": True, "name": "A lab, # with a mark"}).privacy.notes
    after = file.read_text()
    assert "notes = true  # ask the board" in after
    assert read_settings(file).name == "A lab, # with a mark"
    assert len(after.splitlines()) == len(before.splitlines())
    with pytest.raises(Problems):
        change_settings(lab.path, {"privacy.dates": "sometimes"})
    assert file.read_text() == after
    with pytest.raises(UserError, match="stays as it is"):
        change_settings(lab.path, {"lab_id": "x"})


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["codes.digits", "privacy.notes", "name"]), st.integers(2, 12)), max_size=6))
def test_any_row_of_changes_reads_back(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int]]
) -> None:
    lab = Lab.create(tmp_path_factory.mktemp("labs") / "lab")
    for name, number in changes:
        value = {"codes.digits": number, "privacy.notes": number % 2 == 0, "name": f'"quoted" {number}'}[name]
        found = change_settings(lab.path, {name: value})
        assert found == read_settings(lab.path / FILE)
        assert value in (found.codes.digits, found.privacy.notes, found.name)


def test_a_value_is_added_where_its_table_is(tmp_path: Path) -> None:
    text = with_value('name = "x"\n\n[codes]\nprefix = "A-"\n\n[privacy]\nnotes = true\n', "codes.digits", "7")
    assert '[codes]\nprefix = "A-"\ndigits = 7\n\n[privacy]' in text
    assert with_value("a = 1\n", "t.b", "2") == "a = 1\n\n[t]\nb = 2\n"


def test_an_old_format_is_brought_up_to_date_with_a_copy(lab: Lab) -> None:
    file = lab.path / FILE
    old = file.read_text().replace(f"format = {FORMAT}", "format = 1")
    file.write_text(old)
    assert read_settings(file).format == 1
    kept = upgrade(lab.path)
    assert kept is not None
    assert kept.read_text() == old
    assert read_settings(file).format == FORMAT
    assert upgrade(lab.path) is None


def test_a_backup_restores_to_the_same_lab(lab: Lab, tmp_path: Path) -> None:
    lab.participants.add("C01", name="Ada")
    _session(lab, "C01", 800)
    done = backup(lab, tmp_path / "b.zip")
    again = restore(done.path, tmp_path / "again")
    assert again.sessions() == lab.sessions()
    assert again.participants.people.get("C01") == lab.participants.people.get("C01")
    assert not (tmp_path / "again" / "lab.sqlite.part").exists()
    with pytest.raises(UserError, match="not empty"):
        restore(done.path, tmp_path / "again")
    bare = backup(lab, tmp_path / "c.zip", people=False)
    assert restore(bare.path, tmp_path / "bare").participants.people.all() == []


def test_a_damaged_backup_is_refused_before_anything_is_written(lab: Lab, tmp_path: Path) -> None:
    _session(lab, "C01", 800)
    path = backup(lab, tmp_path / "b.zip").path
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for name in source.namelist():
            data = source.read(name)
            bad.writestr(name, data[:-1] if name.endswith(".jsonl") else data)
    with pytest.raises(Problems, match="missing or damaged"):
        restore(tmp_path / "bad.zip", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as evil:
        evil.writestr(MANIFEST, '{"files": {"../x": "0", "lab.toml": "0"}}')
    with pytest.raises(UserError, match="outside the lab"):
        restore(tmp_path / "evil.zip", tmp_path / "again")
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04nothing")
    with pytest.raises(UserError, match="no backup"):
        restore(tmp_path / "no.zip", tmp_path / "again")


@pytest.mark.parametrize("content", [None, "", "format = 99\n", "name = \n", "\xff\xfe"])
def test_a_lab_without_whole_settings_can_still_be_read(lab: Lab, content: str | None) -> None:
    _session(lab, "C01", 800)
    file = lab.path / FILE
    file.unlink()
    if content is not None:
        file.write_bytes(content.encode("latin-1"))
    found = open_anyhow(lab.path)
    assert not found.writable
    assert found.problems
    assert [s.respondent_code for s in found.lab.sessions()] == ["C01"]
    assert found.lab.lab_id == lab.lab_id
    assert file.exists() == (content is not None)


def test_missing_folders_are_told_and_mended(lab: Lab) -> None:
    (lab.path / "reports").rmdir()
    found = open_anyhow(lab.path)
    assert [p.code for p in found.problems] == ["lab-folder"]
    assert found.writable
    assert (lab.path / "reports").is_dir()
    with pytest.raises(UserError, match="no lab here"):
        open_anyhow(lab.path / "reports")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_read_only_lab_is_told(lab: Lab) -> None:
    _session(lab, "C01", 800)
    os.chmod(lab.path, 0o500)
    try:
        found = open_anyhow(lab.path)
        assert (found.writable, [p.code for p in found.problems]) == (False, ["lab-read-only"])
        assert len(found.lab.sessions()) == 1
    finally:
        os.chmod(lab.path, 0o700)


def test_settings_text_of_groups_is_parsed(lab: Lab) -> None:
    text = (lab.path / FILE).read_text() + "[[recruitment]]\nparticipants = 3\nage_months = [9, 4]\n"
    with pytest.raises(Problems, match="youngest"):
        parse_settings(text, lab.path / FILE)
