"""Killed at random moments and begun again, a build ends with the bytes of one that was never disturbed."""

from __future__ import annotations

import multiprocessing
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import psutil
import pytest

from devkit.corpus.build import build_corpus
from devkit.corpus.data import open_data
from devkit.errors import UserError
from tests.devkit.corpus.conftest import NAMES, make
from tests.devkit.corpus.test_build import files_of

KILLS = 50


@pytest.mark.slow
def test_fifty_kills_lose_nothing(tmp_path: Path) -> None:
    corpus = make(tmp_path / "c", NAMES[:3], seconds=5.0)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["devkit.corpus.build"])  # so that kills meet the build, not its imports
    build_corpus(corpus, tmp_path / "warm")
    begin = time.monotonic()
    whole = build_corpus(corpus, tmp_path / "whole")
    length = time.monotonic() - begin
    moments = random.Random(8)
    out = tmp_path / "d"
    landed = 0
    for _ in range(KILLS):
        begun = context.Event()
        process = context.Process(target=_build, args=(begun, corpus, out))
        process.start()
        assert begun.wait(60)
        time.sleep(moments.uniform(0, length))
        process.kill()
        process.join()
        landed += process.exitcode == -signal.SIGKILL
        if out.exists() and (out / "manifest.json").exists():
            assert files_of(out) == files_of(whole.path)
            (out / "manifest.json").unlink()  # begin again, so that later kills meet work in progress too
            for file in sorted((out / "shards").iterdir())[:: moments.randint(1, 4)]:
                file.unlink()
        elif out.exists():
            with pytest.raises(UserError):
                open_data(out)
    assert landed > KILLS // 3
    build_corpus(corpus, out)
    assert files_of(out) == files_of(whole.path)


def _build(begun: Event, corpus: Path, out: Path) -> None:
    begun.set()
    build_corpus(corpus, out)


@pytest.mark.slow
def test_workers_end_with_a_killed_build(tmp_path: Path) -> None:
    corpus = make(tmp_path / "c", NAMES, seconds=5.0)
    whole = build_corpus(corpus, tmp_path / "whole")
    out = tmp_path / "d"
    command = [sys.executable, "-m", "devkit", "corpus", "build", str(corpus), "--out", str(out), "--jobs", "2"]
    met = 0
    for stored in (0, 1, 3):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as build:
            _wait_for(lambda one=build: one.poll() is not None or len(_children(one)) >= 3)  # a tracker, two workers
            _wait_for(lambda one=build, n=stored: one.poll() is not None or len([*out.glob("shards/*.json")]) >= n)
            workers = _children(build)
            build.kill()
        met += bool(workers)
        _wait_for(lambda some=workers: all(_ended(worker) for worker in some))
    assert met
    build_corpus(corpus, out)
    assert files_of(out) == files_of(whole.path)


def _children(build: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(build.pid).children() if build.poll() is None else []


def _ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _wait_for(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not found():
        assert time.monotonic() < end
        time.sleep(0.02)
