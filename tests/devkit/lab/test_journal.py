"""Writing journals: what is appended is there, what is torn is mended, what a disk refuses is said."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.ids import uuid7
from devkit.lab import Lab, SessionJournal, files, read_journal
from devkit.records import Correction, EventRecord, GazeRecord, SessionHeader, TrialRecord

MakeTrial = Callable[..., TrialRecord]
MakeHeader = Callable[..., SessionHeader]
Add = Callable[..., SessionHeader]


def test_a_session_reads_back_as_it_was_written(lab: Lab, make_header: MakeHeader, make_trial: MakeTrial) -> None:
    header = make_header(lab.lab_id)
    trials = [make_trial(header, index, note="Ünïcode\n\u2028 ✓") for index in range(4)]
    event = EventRecord(session_id=header.session_id, t_ms=12.5, name="flip", detail={"late": False})
    gaze = [
        GazeRecord(
            session_id=header.session_id, trial_id=trials[0].trial_id, t_word_ms=t, aoi="target", coder="c", x=0.5
        )
        for t in range(20)
    ]
    with lab.new_session(header) as journal:
        journal.event(event)
        for trial in trials:
            journal.trial(trial)
        journal.gaze(gaze)
        journal.close("completed", timing={"tier": "lab"})
    session = lab.read_session(header.session_id)
    assert session.header == header
    assert session.trials == tuple(trials)
    assert session.events == (event,)
    assert session.gaze == tuple(gaze)
    assert session.end is not None
    assert (session.end.reason, session.end.timing) == ("completed", {"tier": "lab"})
    assert session.problems == ()


def test_each_trial_is_on_the_disk_before_the_next(
    lab: Lab, make_header: MakeHeader, make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(descriptor), fsync(descriptor))[1])
    header = make_header(lab.lab_id)
    with lab.new_session(header) as journal:
        for index in range(3):
            before = len(synced)
            journal.trial(make_trial(header, index))
            assert len(synced) == before + 1
            assert len(read_journal(journal.path, running=True).trials) == index + 1
        before = len(synced)
        journal.event(EventRecord(session_id=header.session_id, t_ms=1, name="pause", detail={}))
        assert len(synced) == before
        assert len(read_journal(journal.path, running=True).events) == 1


def test_a_session_has_one_writer(lab: Lab, make_header: MakeHeader, make_trial: MakeTrial) -> None:
    header = make_header(lab.lab_id)
    with lab.new_session(header) as journal:
        with pytest.raises(UserError, match="another program"):
            lab.resume(header.session_id)
        with pytest.raises(UserError, match="exists already"):
            lab.new_session(header)
        other = "from devkit.lab import Lab; import sys; Lab.open(sys.argv[1]).resume(sys.argv[2])"
        ran = subprocess.run(
            [sys.executable, "-c", other, str(lab.path), header.session_id], capture_output=True, text=True, check=False
        )
        assert "another program" in ran.stderr
        journal.trial(make_trial(header))
    with lab.resume(header.session_id) as again:
        again.trial(make_trial(header, 1))
    assert len(lab.read_session(header.session_id).trials) == 2


def test_a_closed_session_takes_corrections_only(lab: Lab, add_session: Add, make_trial: MakeTrial) -> None:
    header = add_session(2)
    with pytest.raises(UserError, match="was closed"):
        lab.resume(header.session_id)
    trial = lab.read_session(header.session_id).trials[1]
    lab.correct(header.session_id, correction(trial.trial_id, "correct", False))
    journal = SessionJournal.reopen(lab.journal_path(header.session_id), after_end=True)
    with journal, pytest.raises(ValueError, match="ended"):
        journal.trial(make_trial(header, 9))
    mended = lab.read_session(header.session_id).trials[1]
    assert mended.correct is False


def correction(trial_id: str, column: str, after: object, why: str = "typed wrong") -> Correction:
    return Correction(
        trial_id=trial_id, column=column, after=after, who="E1", when="2026-03-05T09:00:00+01:00", why=why
    )


def test_corrections_append_and_keep_what_was_before(lab: Lab, add_session: Add) -> None:
    header = add_session(1)
    path = lab.journal_path(header.session_id)
    before, trial = path.read_bytes(), lab.read_session(header.session_id).trials[0]
    lab.correct(header.session_id, correction(trial.trial_id, "valid", False))
    lab.correct(header.session_id, correction(trial.trial_id, "exclusion", ["fuss_out", "side_bias"]))
    lab.correct(header.session_id, correction(trial.trial_id, "exclusion", ["fuss_out"], why="no bias after all"))
    assert path.read_bytes().startswith(before)
    mended = lab.read_session(header.session_id).trials[0]
    assert (mended.valid, mended.exclusion) == (False, ("fuss_out",))
    assert [(c.column, c.before, c.after, c.why) for c in mended.corrections] == [
        ("valid", True, False, "typed wrong"),
        ("exclusion", [], ["fuss_out", "side_bias"], "typed wrong"),
        ("exclusion", ["fuss_out", "side_bias"], ["fuss_out"], "no bias after all"),
    ]


@pytest.mark.parametrize(
    ("column", "after", "message"),
    [
        ("corect", True, "did you mean 'correct'"),
        ("trial_id", "x", "identity"),
        ("rt_ms", "fast", "does not fit"),
        ("outcome", "wrong", "does not fit"),
    ],
)
def test_a_wrong_correction_is_refused_before_it_is_written(
    lab: Lab, add_session: Add, column: str, after: object, message: str
) -> None:
    header = add_session(1)
    path = lab.journal_path(header.session_id)
    before, trial = path.read_bytes(), lab.read_session(header.session_id).trials[0]
    with pytest.raises(UserError, match=message):
        lab.correct(header.session_id, correction(trial.trial_id, column, after))
    with pytest.raises(UserError, match="no trial"):
        lab.correct(header.session_id, correction(uuid7(), "valid", False))
    assert path.read_bytes() == before


def test_what_could_not_be_read_back_is_not_written(lab: Lab, make_header: MakeHeader, make_trial: MakeTrial) -> None:
    header = make_header(lab.lab_id)
    with lab.new_session(header) as journal:
        before = journal.path.read_bytes()
        for wrong in ({"chance": float("nan")}, {"choice_scores": (0.1, float("-inf"))}, {"seed": 2**70}):
            with pytest.raises(ValueError, match="read back"):
                journal.trial(make_trial(header).model_copy(update=wrong))
        with pytest.raises(ValueError, match="belongs to"):
            journal.trial(make_trial(header, session_id=uuid7()))
        assert journal.path.read_bytes() == before
        same = make_trial(header)
        journal.trial(same)
        with pytest.raises(ValueError, match="already"):
            journal.trial(same)


@pytest.mark.parametrize("failing", ["write", "fsync", "short"])
def test_a_full_disk_loses_nothing_and_the_session_can_go_on(
    lab: Lab, make_header: MakeHeader, make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    header = make_header(lab.lab_id)
    with lab.new_session(header) as journal:
        journal.trial(make_trial(header, 0))
        before = journal.path.read_bytes()
        record = make_trial(header, 1)

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        write = os.write
        fault = {"write": full, "fsync": full, "short": lambda descriptor, data: write(descriptor, data[:40])}[failing]
        monkeypatch.setattr(os, "fsync" if failing == "fsync" else "write", fault)
        with pytest.raises(UserError, match=r"No space left.*free some space.*is safe"):
            journal.trial(record)
        assert journal.path.read_bytes() == before
        monkeypatch.undo()
        journal.trial(record)
        journal.close("completed")
    session = lab.read_session(header.session_id)
    assert len(session.trials) == 2
    assert session.problems == ()


def test_a_nearly_full_disk_is_told_before_the_session(
    lab: Lab, make_header: MakeHeader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOW_SPACE", 1)
    usage = files.shutil.disk_usage(lab.path)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: usage._replace(free=5 << 20))
    with pytest.raises(UserError, match="only 5 MiB are free"):
        lab.new_session(make_header(lab.lab_id))
    assert list((lab.path / "journals").iterdir()) == []


def test_a_read_only_disk_is_told_before_the_session(
    lab: Lab, make_header: MakeHeader, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def read_only(path: str | Path, flags: int, *rest: int, **more: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(UserError, match="Read-only"):
        lab.new_session(make_header(lab.lab_id))


@given(share=st.floats(0, 1), garbage=st.binary(max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_journal_cut_anywhere_keeps_every_whole_line_and_goes_on(
    tmp_path_factory: pytest.TempPathFactory,
    make_header: MakeHeader,
    make_trial: MakeTrial,
    share: float,
    garbage: bytes,
) -> None:
    lab = Lab.create(tmp_path_factory.mktemp("cut") / "lab", name="cut")
    header = make_header(lab.lab_id)
    with lab.new_session(header) as journal:
        for index in range(3):
            journal.trial(make_trial(header, index))
    path = lab.journal_path(header.session_id)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    cut = first + int(share * (len(whole) - first))
    kept = whole[:cut].count(b"\n")
    complete = whole[cut : cut + 1] == b"\n" or cut == len(whole)
    tail = garbage.replace(b"\n", b"") if not complete else b""  # what a power cut may leave instead of the rest
    path.write_bytes(whole[:cut] + tail)
    alive = kept - 1 + (complete and cut < len(whole))
    assert len(read_journal(path).trials) == alive
    with lab.resume(header.session_id) as journal:
        journal.trial(make_trial(header, 9))
        journal.close("completed")
    session = lab.read_session(header.session_id)
    assert len(session.trials) == alive + 1
    assert session.problems == ()
    torn = sorted(path.parent.glob("*.torn-*"))
    cut_off = (whole[:cut] + tail).rpartition(b"\n")[2]
    assert [p.read_bytes() for p in torn] == ([cut_off] if cut_off and not complete else [])
