"""Killed at fifty random moments and begun again, a build ends with the bytes of one that was never disturbed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devkit.corpus.build import build_corpus
from devkit.corpus.data import open_data
from devkit.errors import UserError
from tests.devkit.corpus.conftest import NAMES, make
from tests.devkit.corpus.test_build import files_of

KILLS = 50
BUILD = """
import sys
from pathlib import Path
from devkit.corpus.build import build_corpus
print("ready", flush=True)
build_corpus(Path(sys.argv[1]), Path(sys.argv[2]), jobs=1)
"""


@pytest.mark.slow
def test_fifty_kills_lose_nothing(tmp_path: Path) -> None:
    corpus = make(tmp_path / "c", NAMES, seconds=8.0)
    begin = time.monotonic()
    whole = build_corpus(corpus, tmp_path / "whole")
    length = time.monotonic() - begin
    moments = random.Random(8)
    out = tmp_path / "d"
    landed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(corpus), str(out)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moments.uniform(0, length))
        process.send_signal(signal.SIGKILL)
        landed += process.wait() == -signal.SIGKILL
        process.stdout.close()
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
