"""Finding recordings: names, tables, ages, and folders that mean harm."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.cli.root import run
from devkit.corpus.build import build_corpus
from devkit.corpus.people import Person, age_of, read_people
from devkit.corpus.read import Corpus
from devkit.corpus.scan import guess_layout, name_parts, scan
from devkit.errors import Problems, UserError
from tests.devkit.corpus.conftest import film, talk


def test_names_of_both_corpora_are_read() -> None:
    saycam = name_parts("Y_20191007_1923_01", "saycam")
    assert saycam is not None
    assert (saycam.child, saycam.date, saycam.age) == ("Y", dt.date(2019, 10, 7), (19, 23))
    babyview = name_parts("00220001_2023-08-18_1_recbRCWTQ", "babyview")
    assert babyview is not None
    assert (babyview.child, babyview.date, babyview.age) == ("00220001", dt.date(2023, 8, 18), None)
    assert name_parts("Y_20191307_1923_01", "saycam") is None
    assert name_parts("Y_20191007_1931_01", "saycam") is None
    assert name_parts("holiday", "saycam") is None
    assert guess_layout(["a", "00220001_2023-08-18_1_rec1"]) == "babyview"
    assert guess_layout(["a", "b"]) == "table"


@given(st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)), st.integers(0, 1500))
def test_ages_are_completed_months_and_days(born: dt.date, days: int) -> None:
    date = born + dt.timedelta(days)
    age = age_of(Person("A", born=born), date)
    assert age is not None
    months, rest = age
    assert 0 <= rest <= 30
    assert abs(months * 30.4375 + rest - days) < 3


def test_a_saycam_folder_becomes_a_corpus_and_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    film(disk / "S" / "S_20130519_0612_01.mp4", 4.0)
    film(disk / "Y" / "Y_20191007_1923_01.mp4", 4.0)
    (disk / "S" / "S_20130519_0612_01_azure.json").write_text(
        json.dumps({"recognizedPhrases": [{"recognitionStatus": "Success", "offsetInTicks": 5e6, "durationInTicks": 1e7,
                                           "nBest": [{"confidence": 0.9, "display": "A ball."}]}]})
    )  # fmt: skip
    (disk / "Y_20191007_1923_01.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nMOT: a dog\n")
    (disk / "stray.srt").write_text("")
    assert run(["corpus", "scan", str(disk), "--out", str(tmp_path / "c"), "--consent", "shareable"]) == 1
    said = capsys.readouterr().out
    assert "stray.srt: there is no video of this name" in said
    assert "saycam: 2 recordings" in said
    corpus = Corpus.open(tmp_path / "c")
    assert [(r.child, r.age_months, r.age_days, r.consent) for r in corpus.recordings] == [
        ("S", 6, 12, "shareable"),
        ("Y", 19, 23, "shareable"),
    ]
    built = build_corpus(tmp_path / "c", tmp_path / "d")
    assert sorted(text for s in ("train", "val", "test") for text in (u.text for u in built.utterances(s))) == [
        "A ball.",
        "a dog",
    ]
    assert not (disk / "recordings.csv").exists()


def test_babyview_needs_birth_dates_and_shows_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    film(disk / "00220001_2023-08-18_1_recAB.mp4", 2.0)
    assert run(["corpus", "scan", str(disk)]) == 2
    assert "age cannot be told" in capsys.readouterr().err
    (tmp_path / "born.csv").write_text("child,birth_date\n00220001,2022-02-20\n")
    assert run(["corpus", "scan", str(disk), "--people", str(tmp_path / "born.csv"), "--json"]) == 0
    (recording,) = Corpus.open(disk).recordings
    assert (recording.age_months, recording.age_days) == (17, 29)
    everything = capsys.readouterr().out + (disk / "recordings.csv").read_text() + (disk / "corpus.json").read_text()
    assert "2022-02-20" not in everything
    (tmp_path / "born.csv").write_text("child,birth_date\n00220001,20 Feb 2022\n")
    with pytest.raises(Problems) as caught:
        read_people(tmp_path / "born.csv")
    assert "Feb" not in str(caught.value)
    assert "born.csv:2" in str(caught.value)
    assert "2022" not in repr(Person("A", born=dt.date(2022, 2, 20)))


def test_a_hostile_folder_harms_nothing_and_says_what_it_refused(tmp_path: Path) -> None:
    disk, secret = tmp_path / "disk", tmp_path / "secret"
    secret.mkdir()
    film(secret / "B_20200101_0101_01.mp4", 2.0)
    (secret / "note.txt").write_text("private")
    good = "A_20200101_0101_01"
    film(disk / f"{good}.mp4", 2.0)
    (disk / f"{good}.json").write_text(json.dumps(talk(4.0)[:1]))
    (disk / "A_20200102_0101_01.mp4").symlink_to(secret / "B_20200101_0101_01.mp4")
    (disk / "loop").symlink_to(disk)
    (disk / "away").symlink_to(secret)
    os.mkfifo(disk / "A_20200103_0101_01.mp4")
    film(disk / "$(touch pwned); rm -rf ~ & `id` .mp4", 2.0)
    film(disk / "A_20200104_0101_01\n.mp4", 2.0)
    (disk / "A_20200105_0101_01.mp4").write_bytes(b"PK\x03\x04" + bytes(5000))
    film(disk / "-rf.mp4", 2.0)
    found = scan(disk)
    assert [recording.name for recording in found.recordings] == [good]
    refused = {problem.place: problem.code for problem in found.problems}
    assert refused["A_20200102_0101_01.mp4"] == refused["away"] == refused["A_20200103_0101_01.mp4"] == "refused"
    assert refused["A_20200104_0101_01\\n.mp4"] == "refused"
    assert refused["A_20200105_0101_01.mp4"] == "broken-video"
    assert refused["-rf.mp4"] == refused["$(touch pwned); rm -rf ~ & `id` .mp4"] == "unknown-recording"
    assert not list(tmp_path.rglob("pwned"))


def test_odd_names_from_a_table_stay_file_names(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    odd = "$(touch pwned) [x] *"
    film(disk / f"{odd}.mp4", 3.0)
    (disk / f"{odd}.json").write_text(json.dumps(talk(4.0)[:1]))
    (tmp_path / "t.csv").write_text(f"file,child,date,age_months,age_days\n{odd}.mp4,A,2020-01-01,9,1\n")
    assert run(["corpus", "scan", str(disk), "--people", str(tmp_path / "t.csv")]) == 0
    built = build_corpus(disk, tmp_path / "d")
    (record,) = built.image_utterance("train")
    assert built.frame_bytes(odd, int(Path(record.image[0]).stem))
    assert not list(tmp_path.rglob("pwned"))


def test_a_picture_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """A video whose header claims 50,000 × 50,000 pixels costs no memory."""
    import resource
    import subprocess

    disk = tmp_path / "disk"
    film(disk / "A_20200101_0101_01.mp4", 2.0)
    bomb = disk / "A_20200102_0101_01.avi"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=s=64x48:r=5:d=1", "-c:v", "rawvideo", str(bomb)]
    subprocess.run(command, check=True)
    content = bytearray(bomb.read_bytes())
    place = content.index(b"strf") + 8
    content[place + 4 : place + 12] = (50_000).to_bytes(4, "little") * 2
    bomb.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = scan(disk)
    assert [recording.name for recording in found.recordings] == ["A_20200101_0101_01"]
    assert [problem.place for problem in found.problems] == [bomb.name]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_a_folder_without_recordings_is_a_clear_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "scan", str(tmp_path)]) == 2
    assert "no recordings were found" in capsys.readouterr().err
    assert run(["corpus", "scan", str(tmp_path / "gone")]) == 2
    with pytest.raises(UserError, match="corpus scan"):
        Corpus.open(tmp_path)
