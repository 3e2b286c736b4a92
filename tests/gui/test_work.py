"""The worker process: commands in, progress and results out; cancel, mistakes, and a worker that dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from devkit.lab import Lab
from gui.bench import Bench
from gui.work import Job

LONG = 120_000


def _finish(qtbot: QtBot, job: Job) -> Job:
    qtbot.waitUntil(lambda: job.state == "done", timeout=LONG)
    return job


def _worker() -> psutil.Process:
    return next(c for c in psutil.Process().children() if "worker" in " ".join(c.cmdline()))


def test_commands_are_done_in_turn_with_progress(bench: Bench, qtbot: QtBot, lab: Lab) -> None:
    seen: list[int] = []
    first = bench.work.start("List", "participant", "list", str(lab.path), "--json")
    second = bench.work.start("Pilot", "protocol", "pilot", "who-has-more", "-n", "4", "--json")
    second.changed.connect(lambda: seen.append(second.progress.done if second.progress else -1))
    assert second.state == "waiting"
    assert [row["code"] for row in _finish(qtbot, first).json()] == ["C01", "C02"]
    assert _finish(qtbot, second).json()["children"] == 4
    assert second.ok
    assert max(seen) == 4
    assert not bench.work.busy


def test_a_job_begun_at_the_end_of_another_is_done_once(bench: Bench, qtbot: QtBot, study: Path) -> None:
    before, jobs = len(Lab.open(study).sessions()), list[Job]()
    arguments = ("run", "glimpse", "--lab", str(study), "--bank", str(study / "banks" / "toybox"), "--anew", "--json")
    first = bench.work.start("List", "participant", "list", str(study), "--json")
    first.finished.connect(lambda _: jobs.append(bench.work.start("Run", *arguments, "--respondent", "chance")))
    _finish(qtbot, first)
    assert _finish(qtbot, jobs[0]).ok
    _finish(qtbot, bench.work.start("List", "participant", "list", str(study), "--json"))
    assert len(Lab.open(study).sessions()) == before + 1


def test_a_mistake_comes_back_with_what_to_do(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    job = _finish(qtbot, bench.work.start("Report", "report", str(tmp_path / "nowhere")))
    assert job.result is not None
    assert (job.result.status, job.ok) == (2, False)
    assert "nowhere" in str(job.problems[0])
    assert "devkit lab init" in job.problems[0].hint


def test_a_running_and_a_waiting_job_are_cancelled_and_the_worker_stays(
    bench: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.work.PATIENCE_MS", LONG)  # a busy machine is no reason to kill the worker
    running = bench.work.start("Pilot", "protocol", "pilot", "battery", "-n", "5000", "--json")
    waiting = bench.work.start("Pilot", "protocol", "pilot", "battery", "-n", "5000", "--json")
    qtbot.waitUntil(lambda: running.progress is not None and running.progress.done > 0, timeout=LONG)
    pid = _worker().pid
    bench.work.cancel(waiting)
    assert waiting.cancelled
    bench.work.cancel(running)
    assert _finish(qtbot, running).cancelled
    after = _finish(qtbot, bench.work.start("List", "protocol", "list", "--json"))
    assert after.ok
    assert _worker().pid == pid


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_worker_that_dies_ends_its_job_only(bench: Bench, qtbot: QtBot) -> None:
    job = bench.work.start("Pilot", "protocol", "pilot", "battery", "-n", "5000", "--json")
    following = bench.work.start("List", "protocol", "list", "--json")
    qtbot.waitUntil(lambda: job.progress is not None, timeout=LONG)
    _worker().send_signal(signal.SIGKILL)
    assert not _finish(qtbot, job).ok
    assert "worker process ended" in str(job.problems[0])
    assert _finish(qtbot, following).ok


def test_closing_the_app_ends_the_worker(bench: Bench, qtbot: QtBot) -> None:
    job = bench.work.start("Pilot", "protocol", "pilot", "battery", "-n", "5000", "--json")
    qtbot.waitUntil(lambda: job.progress is not None, timeout=LONG)
    worker = _worker()
    bench.close()
    assert job.cancelled
    assert not worker.is_running()
