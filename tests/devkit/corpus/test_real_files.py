"""Real containers and codecs: a stored picture is that of its time, and what is heard is what is said."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

import numpy as np
import pytest

from devkit.annotations import CorpusCard
from devkit.corpus.build import BuildOptions, build_corpus
from devkit.corpus.check import CheckRules, check_corpus
from devkit.corpus.data import CorpusData
from devkit.corpus.formats import FormatRules
from devkit.corpus.people import Person
from devkit.corpus.scan import scan, write_list
from devkit.corpus.sound import STEP_MS, fit_clock, loudness
from devkit.corpus.transcripts import parse_transcript
from tests.devkit.corpus.films import (
    FPS,
    PACKINGS,
    SECONDS,
    SIZE,
    Master,
    ffmpeg,
    master,
    pack,
    picture_delay_ms,
    read_code,
    speech,
    transcript,
)

pytestmark = pytest.mark.slow
FRAME_MS = 1000 / FPS
_DATE = dt.date(2020, 1, 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Master:
    return master(tmp_path_factory.mktemp("master"))


@pytest.fixture(scope="module")
def corpus(made: Master, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name in PACKINGS:
        pack(made, name, folder)
        (folder / f"{Path(name).stem}.json").write_text(transcript(made))
    (folder / "h264.ts").rename(folder / "stream.ts")
    (folder / "stream.json").write_text(transcript(made))
    people = {path.name: Person("A", _DATE, age=(12, 3)) for path in folder.iterdir()}
    found = scan(folder, people=people)
    assert found.problems == []
    assert len(found.recordings) == len(PACKINGS)
    write_list(folder, CorpusCard(name="packed"), found.recordings)
    return folder


@pytest.fixture(scope="module")
def data(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> CorpusData:
    options = BuildOptions(formats=FormatRules(video_every_ms=250, video_max_frames=40))
    return build_corpus(corpus, tmp_path_factory.mktemp("data"), options, jobs=2)


def _kept_when_variable() -> np.ndarray:
    numbers = np.arange(FPS * SECONDS)
    return numbers[(numbers % 7 != 3) & ~((numbers % 60 >= 20) & (numbers % 60 <= 24))]


def test_every_stored_picture_is_the_one_of_its_time(corpus: Path, data: CorpusData, made: Master) -> None:
    wanted = sum(len(range(-(-start // 250) * 250, end, 250)) for start, end, _ in made.spoken_ms)
    for recording in data.recordings:
        times = [time_ms for name, time_ms in data.frames("train") + data.frames("val") + data.frames("test")
                 if name == recording.name]  # fmt: skip
        assert len(times) >= wanted, recording.name
        late = picture_delay_ms(corpus / recording.video)
        for time_ms in times:
            shown = read_code(data.frame_image(recording.name, time_ms)) * FRAME_MS + late
            if recording.name == "variable":
                truth = _kept_when_variable() * FRAME_MS
                assert abs(shown - time_ms) <= np.abs(truth - time_ms).min() + 1, (recording.name, time_ms)
            else:
                assert abs(shown - time_ms) <= FRAME_MS, (recording.name, time_ms, shown)


def test_pictures_are_upright_and_whole(data: CorpusData) -> None:
    sizes = {recording.name: (recording.width, recording.height) for recording in data.recordings}
    assert sizes.pop("odd") == (317, 239)
    assert set(sizes.values()) == {SIZE}


def test_segments_lie_where_the_words_are_heard(corpus: Path, data: CorpusData, made: Master) -> None:
    assert data.manifest.counts["segments"] == len(PACKINGS) * len(made.spoken_ms)
    for recording in data.recordings:
        levels = loudness(corpus / recording.video)
        quiet = np.percentile(levels, 20)
        heard = np.flatnonzero(levels > quiet + 20)
        for start, end, _ in made.spoken_ms:
            near = heard[(heard * STEP_MS > start - 500) & (heard * STEP_MS < end + 500)]
            assert abs(near[0] * STEP_MS - start) <= FRAME_MS + STEP_MS, recording.name
            assert abs((near[-1] + 1) * STEP_MS - end) <= 250, recording.name  # last consonants are soft


def test_check_finds_nothing_but_what_is_there(corpus: Path) -> None:
    codes = {problem.place: problem.code for found in check_corpus(corpus) for problem in found}
    assert codes == {"variable.mp4": "variable-frame-rate", "turned.mp4": "rotated-video"}


def test_check_finds_every_defect(corpus: Path, tmp_path: Path, made: Master) -> None:
    good = corpus / "h264.mp4"
    ffmpeg("-i", good, "-an", "-c", "copy", tmp_path / "mute.mp4")
    ffmpeg("-i", good, "-af", "volume=0", "-c:v", "copy", tmp_path / "silent.mp4")
    ffmpeg("-i", corpus / "stream.ts", "-c", "copy", tmp_path / "damaged.ts")
    bytes_ = bytearray((tmp_path / "damaged.ts").read_bytes())
    for place in range(20_000, len(bytes_), 9_000):
        bytes_[place : place + 400] = b"\xa5" * 400
    (tmp_path / "damaged.ts").write_bytes(bytes_)
    ffmpeg("-i", good, "-t", "0.01", "-an", "-c:v", "libx264", tmp_path / "short.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "notes.mp4").write_text("this is no film")
    wild = [{"start_ms": 5000, "end_ms": 7000, "text": "b"}, {"start_ms": 1000, "end_ms": 6000, "text": "a"}]
    (tmp_path / "mute.json").write_text(json.dumps([*wild, {"start_ms": 99_000, "end_ms": 99_000, "text": "late"}]))
    people = {"A": Person("A", age=(12, 3))}
    people |= {path.name: Person("A", _DATE, age=(12, 3)) for path in tmp_path.iterdir()}
    found = scan(tmp_path, people=people)
    assert {(p.place, p.code) for p in found.problems} == {
        ("empty.mp4", "broken-video"),
        ("notes.mp4", "broken-video"),
    }
    write_list(tmp_path, CorpusCard(name="bad"), found.recordings)
    codes: dict[str, set[str]] = {}
    for problems in check_corpus(tmp_path, CheckRules(deep=True)):
        for problem in problems:
            codes.setdefault(problem.place.removesuffix(".json"), set()).add(problem.code)
    assert codes["mute.mp4"] == {"no-audio"}
    assert codes["mute"] == {
        "unordered-utterances",
        "overlapping-utterances",
        "late-utterances",
        "zero-length-utterances",
    }
    assert codes["silent.mp4"] == {"silent-audio"}
    assert "corrupt-packets" in codes["damaged.ts"]


def test_damaged_packets_are_passed_over_and_what_is_lost_is_told(corpus: Path, tmp_path: Path, made: Master) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    content = bytearray((corpus / "h264.mp4").read_bytes())
    for place in range(len(content) // 3, len(content) // 2, 1500):
        content[place : place + 700] = bytes(700)
    (folder / "hurt.mp4").write_bytes(content)
    (folder / "hurt.json").write_text(transcript(made))
    found = scan(folder, people={"hurt": Person("A", _DATE, age=(12, 3))})
    write_list(folder, CorpusCard(name="hurt"), found.recordings)
    built = build_corpus(folder, tmp_path / "d")
    counts = built.manifest.counts
    assert counts["entries"] + counts["gained"] == counts["segments"] + sum(built.manifest.dropped.values())
    assert counts["segments"] >= 2


def test_a_clock_that_is_off_is_found(tmp_path: Path) -> None:
    gaps = random.Random(1)
    said = tuple((2000 + n * 3700 + gaps.randrange(1200), "look there is the little dog again") for n in range(48))
    sound, truth = speech(tmp_path, 180, said)
    ffmpeg("-f", "lavfi", "-i", "color=c=gray:s=64x48:r=5:d=180", "-i", sound, "-c:a", "aac", tmp_path / "r.mp4")
    levels = loudness(tmp_path / "r.mp4")

    def fit(stretch: float, shift: int) -> tuple[float, float]:
        rows = [{"start_ms": round(a * stretch) + shift, "end_ms": round(b * stretch) + shift, "text": t}
                for a, b, t in truth]  # fmt: skip
        found = fit_clock(levels, parse_transcript(json.dumps(rows), "a.json").utterances)
        return found.offset_ms, found.drift_ms

    offset, drift = fit(1.0, 0)
    assert abs(offset) < 100
    assert abs(drift) < 100
    offset, drift = fit(1.0, 1500)
    assert offset == pytest.approx(1500, abs=100)
    assert abs(drift) < 150
    offset, drift = fit(1.008, 0)
    assert drift == pytest.approx(180_000 * 0.008, abs=250)
