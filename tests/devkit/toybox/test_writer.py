"""Corpora on disk: the same bytes whatever the way there, and resumed where it stopped."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from devkit.annotations import AnnotatedFrame, CorpusCard, Recording, Utterance
from devkit.errors import UserError
from devkit.toybox import Made, make
from devkit.toybox.plan import Settings, slots
from devkit.toybox.writer import X264, Drawn, encode

SMALL = {"hours": 0.0125, "seed": 4, "fps": 2, "size": (160, 120), "recording_minutes": 0.25}


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("toybox") / "a", jobs=1, **SMALL)


def test_it_writes_what_a_corpus_has(made: Made) -> None:
    folder = made.path
    CorpusCard.model_validate_json((folder / "corpus.json").read_text())
    with (folder / "recordings.csv").open(newline="") as file:
        rows = [Recording.model_validate(row, strict=False) for row in csv.DictReader(file)]
    assert len(rows) == made.recordings == 3
    assert {row.child for row in rows} == {"B", "L", "M"}
    for row in rows:
        said = [Utterance.model_validate(line) for line in json.loads((folder / row.transcript).read_text())]
        assert said
        frames = [
            AnnotatedFrame.model_validate_json(line) for line in (folder / row.annotations).read_text().splitlines()
        ]
        assert [frame.time_ms for frame in frames] == list(range(0, row.duration_ms, 500))
        assert all(frame.recording == row.name for frame in frames)


def test_the_video_has_the_frames_that_were_annotated(made: Made) -> None:
    """H.264, 4:2:0, a frame at every annotated time, close to what was drawn."""
    settings = Settings(4, 2, 160, 120, 15_000)
    slot = slots(settings, 0.0125)[1]
    with av.open(str(made.path / "videos" / f"{slot.name}.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        decoded = {round(frame.time * 1000): frame.to_ndarray(format="rgb24") for frame in container.decode(stream)}
    drawn = Drawn(settings, slot)
    originals = dict(zip(range(0, slot.duration_ms, 500), drawn.images(), strict=True))
    assert set(decoded) == set(originals)
    for time_ms, picture in originals.items():
        assert np.abs(decoded[time_ms].astype(int) - np.asarray(picture, dtype=int)).mean() < 6


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_jobs(made: Made, tmp_path: Path) -> None:
    again = make(tmp_path / "b", jobs=2, **SMALL)
    assert _bytes(again.path) == _bytes(made.path)


def test_another_seed_gives_other_pictures(made: Made, tmp_path: Path) -> None:
    other = make(tmp_path / "c", jobs=1, **{**SMALL, "seed": 5, "hours": 0.0042})
    mine = {v for k, v in _bytes(made.path).items() if k.endswith(".mp4")}
    assert not mine & {v for k, v in _bytes(other.path).items() if k.endswith(".mp4")}


def test_an_interrupted_run_is_taken_up_again_to_the_same_bytes(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the midst of the second video: no card, one recording whole, and the rest follows."""
    import devkit.toybox.writer as module

    honest, calls = module.encode, []

    def stops(path: Path, images: object, settings: object) -> None:
        calls.append(path)
        if len(calls) == 2:
            path.write_bytes(b"half a video")
            raise KeyboardInterrupt
        honest(path, images, settings)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "encode", stops)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "d", jobs=1, **SMALL)
    assert not (tmp_path / "d" / "corpus.json").exists()
    assert len(list((tmp_path / "d" / "videos").glob("*.mp4"))) == 1
    monkeypatch.setattr(module, "encode", honest)
    seconds: list[int] = []
    again = make(tmp_path / "d", jobs=1, advance=seconds.append, **SMALL)
    assert again.skipped == 1
    assert sum(seconds) == 45
    assert _bytes(again.path) == _bytes(made.path)


@pytest.mark.slow
def test_a_killed_run_is_taken_up_again_to_the_same_bytes(made: Made, tmp_path: Path) -> None:
    folder = tmp_path / "k"
    code = (
        "from devkit.toybox import make\n"
        f"make({str(folder)!r}, jobs=1, hours=0.0125, seed=4, fps=2, size=(160, 120), recording_minutes=0.25)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 120
    while not list(folder.glob("videos/*.mp4")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert _bytes(make(folder, jobs=1, **SMALL).path) == _bytes(made.path)


def test_a_damaged_recording_is_made_again_and_a_whole_corpus_is_left_alone(made: Made, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "e"
    shutil.copytree(made.path, folder)
    assert make(folder, jobs=1, **SMALL).skipped == 3
    next(iter(sorted((folder / "annotations").iterdir()))).write_text("{}\n")
    assert make(folder, jobs=1, **SMALL).skipped == 2
    assert _bytes(folder) == _bytes(made.path)


def test_a_corpus_grows_by_new_recordings(made: Made, tmp_path: Path) -> None:
    folder = tmp_path / "f"
    make(folder, jobs=1, **{**SMALL, "hours": 0.0042})
    grown = make(folder, jobs=1, **SMALL)
    assert grown.skipped == 1
    assert _bytes(folder) == _bytes(made.path)


def test_the_encoder_gives_the_same_bytes_every_time(tmp_path: Path) -> None:
    """Forty times over: with x264's defaults one video in fifty differed."""
    settings = Settings(4, 2, 160, 120, 15_000)
    pictures = list(Drawn(settings, slots(settings, 0.0042)[0]).images())
    found = set()
    for _ in range(40):
        encode(tmp_path / "v.mp4", iter(pictures), settings)
        found.add((tmp_path / "v.mp4").read_bytes())
    assert len(found) == 1
    assert X264["threads"] == "1"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"hours": 0}, "hours"),
        ({"hours": float("nan")}, "hours"),
        ({"fps": 7}, "even number"),
        ({"size": (161, 120)}, "161x120"),
        ({"size": (20, 10)}, "20x10"),
        ({"jobs": 0}, "jobs"),
        ({"recording_minutes": 0.01}, "10 s"),
        ({"recording_minutes": float("nan")}, "10 s"),
        ({"seed": "x"}, "seed"),
    ],
)
def test_bad_arguments_are_users_mistakes_and_leave_nothing_behind(
    wrong: dict[str, object], text: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=text):
        make(tmp_path / "x", **{**SMALL, **wrong})  # type: ignore[arg-type]
    assert not (tmp_path / "x").exists()


def test_hours_that_do_not_fit_on_the_disk_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="GB are free"):
        make(tmp_path / "x", hours=20_000, size=(3840, 2160), fps=60, recording_minutes=120)
    assert not (tmp_path / "x").exists()


def test_a_folder_that_holds_something_else_is_not_touched(made: Made, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds no toybox"):
        make(tmp_path, **SMALL)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(UserError, match="not a folder"):
        make(tmp_path / "notes.txt", **SMALL)
    with pytest.raises(UserError, match="other settings"):
        make(made.path, **{**SMALL, "seed": 9})


def test_the_command_reports_what_it_made_and_refuses_nonsense(tmp_path: Path) -> None:
    import typer

    from devkit.cli.toybox import toybox

    app = typer.Typer()
    app.command()(toybox)
    runner = CliRunner()
    arguments = ["--fps", "2", "--size", "160x120", "--recording-minutes", "0.25", "--hours", "0.0042", "--jobs", "1"]
    done = runner.invoke(app, ["--out", str(tmp_path / "t"), "--json", *arguments])
    assert done.exit_code == 0, done.output
    row = json.loads(done.stdout.strip().splitlines()[-1])
    assert row["recordings"] == 1
    assert row["bytes"] > 1000
    for bad in (["--size", "big"], ["--size", "640x481"], ["--hours", "-1"], ["--fps", "3"]):
        failed = runner.invoke(app, ["--out", str(tmp_path / "u"), *arguments, *bad])
        assert isinstance(failed.exception, UserError)
