"""Killed at fifty random moments and begun again, a build ends with the bytes of one that was never disturbed."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from multiprocessing.synchronize import Event
from pathlib import Path

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
