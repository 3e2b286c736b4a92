from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.annotations import Recording
from devkit.corpus.check import check_corpus, check_video
from devkit.corpus.read import Corpus
from devkit.errors import Problem, Problems, UserError
from tests.devkit.corpus.conftest import NAMES, film, write_list

Damage = Callable[[Path], object]
FIRST = NAMES[0]


def problems_of(corpus: Path) -> list[Problem]:
    return [problem for found in check_corpus(corpus) for problem in found]


def rows_of(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "recordings.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def rewrite(corpus: Path, change: Callable[[list[dict[str, str]]], object]) -> None:
    rows = rows_of(corpus)
    change(rows)
    with (corpus / "recordings.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_sound_corpus_has_no_problems(made_once: Path) -> None:
    assert problems_of(made_once) == []
    corpus = Corpus.open(made_once)
    assert [recording.name for recording in corpus.recordings] == list(NAMES)
    assert corpus.recordings[0].total_age_days == 368
    assert len(corpus.transcript(corpus.recordings[0]).utterances) == 4
    assert len(corpus.frames(corpus.recordings[0])) == 16


def _cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


@pytest.mark.parametrize(
    ("damage", "code", "place", "says"),
    [
        (lambda c: (c / f"videos/{FIRST}.mp4").unlink(), "missing-video", f"videos/{FIRST}.mp4", "no such file"),
        (lambda c: _cut(c / f"videos/{FIRST}.mp4", 900), "broken-video", f"videos/{FIRST}.mp4", "cannot be read"),
        (lambda c: (c / f"videos/{FIRST}.mp4").write_bytes(b""), "zero-length", f"videos/{FIRST}.mp4", "no length"),
        (lambda c: film(c / f"videos/{FIRST}.mp4", 3.0), "truncated-video", f"videos/{FIRST}.mp4", "not at 8000 ms"),
        (
            lambda c: rewrite(c, lambda rows: rows[0].update(width="99")),
            "wrong-size",
            f"videos/{FIRST}.mp4",
            "64 × 48, not 99 × 48",
        ),
        (
            lambda c: (c / f"transcripts/{FIRST}.json").unlink(),
            "missing-transcript",
            f"transcripts/{FIRST}.json",
            "No such file",
        ),
        (
            lambda c: rewrite(c, lambda rows: rows[0].update(transcript="")),
            "missing-transcript",
            f"'{FIRST}'",
            "has no transcript",
        ),
        (
            lambda c: (c / f"transcripts/{FIRST}.json").write_text('[{"start_ms": 1,\n"end_ms" 2}]'),
            "malformed-transcript",
            f"transcripts/{FIRST}.json:2:10",
            "delimiter",
        ),
        (
            lambda c: (c / f"transcripts/{FIRST}.json").write_text('[{"start_ms": 9, "end_ms": 2, "text": "x"}]'),
            "backwards-entries",
            f"transcripts/{FIRST}.json",
            "before it starts",
        ),
        (
            lambda c: (c / f"transcripts/{FIRST}.json").write_text('[{"start_ms": "soon", "end_ms": 2, "text": "x"}]'),
            "malformed-entries",
            f"transcripts/{FIRST}.json",
            "the first is entry 1: start_ms: Input should be a valid integer",
        ),
        (
            lambda c: (c / f"transcripts/{FIRST}.json").write_text('[{"start_ms": 9000, "end_ms": 9500, "text": "x"}]'),
            "late-utterances",
            f"transcripts/{FIRST}.json",
            "after the recording's end",
        ),
        (
            lambda c: (c / f"annotations/{FIRST}.jsonl").write_text('{"recording": "x"}\n'),
            "malformed-annotation",
            f"annotations/{FIRST}.jsonl:1",
            "time_ms",
        ),
        (
            lambda c: (c / f"annotations/{FIRST}.jsonl").write_text(
                json.dumps(
                    {"recording": FIRST, "time_ms": 0, "boxes": [{"noun": "cup", "x": 60, "y": 0, "w": 9, "h": 9}]}
                )
            ),
            "malformed-annotation",
            f"annotations/{FIRST}.jsonl",
            "leaves the frame",
        ),
    ],
)
def test_each_damage_is_one_clear_row(corpus: Path, damage: Damage, code: str, place: str, says: str) -> None:
    damage(corpus)
    (problem,) = problems_of(corpus)
    assert problem.code == code
    assert problem.place == place
    assert says in problem.message


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda c: (c / "corpus.json").unlink(), "a corpus has a corpus.json"),
        (lambda c: (c / "corpus.json").write_text('{"name": 3}'), "name"),
        (lambda c: (c / "recordings.csv").unlink(), r"recordings\.csv"),
        (lambda c: (c / "recordings.csv").write_text("name,child\na,b\n"), "lacks the columns"),
        (lambda c: (c / "recordings.csv").write_bytes(b"name\xff\n"), "no readable CSV"),
        (lambda c: rewrite(c, lambda rows: rows[1].update(fps="fast")), r"recordings\.csv:3: fps"),
        (lambda c: rewrite(c, lambda rows: rows[1].update(name=FIRST)), "two recordings"),
        (lambda c: rewrite(c, lambda rows: rows[1].update(name="../x")), "no file name"),
        (lambda c: rewrite(c, lambda rows: rows[1].update(video="../secret.mp4")), "leaves the corpus"),
        (lambda c: rewrite(c, lambda rows: rows[1].update(transcript="/etc/passwd")), "leaves the corpus"),
        (lambda c: write_list(c, []), "no recordings"),
    ],
)
def test_a_wrong_list_or_card_is_a_user_error(corpus: Path, damage: Damage, says: str) -> None:
    damage(corpus)
    with pytest.raises(UserError, match=says):
        Corpus.open(corpus)


def test_all_wrong_rows_come_at_once(corpus: Path) -> None:
    rewrite(corpus, lambda rows: [row.update(age_days="40") for row in rows[:3]])
    with pytest.raises(Problems) as caught:
        Corpus.open(corpus)
    assert [problem.place for problem in caught.value.problems] == [f"recordings.csv:{n}" for n in (2, 3, 4)]


def test_a_video_whose_index_comes_first_is_caught_when_it_breaks_off(tmp_path: Path) -> None:
    import av

    film(tmp_path / "whole.mp4", 20.0)
    with (
        av.open(str(tmp_path / "whole.mp4")) as source,
        av.open(str(tmp_path / "fast.mp4"), "w", options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    recording = Recording(
        **{"name": "r", "child": "A", "date": "2020-01-01", "age_months": 1, "age_days": 0, "video": "fast.mp4"},
        **{"duration_ms": 20_000, "fps": 10, "width": 64, "height": 48},
    )
    assert check_video(tmp_path / "fast.mp4", recording) == []
    size = (tmp_path / "fast.mp4").stat().st_size
    _cut(tmp_path / "fast.mp4", size * 2 // 3)
    (problem,) = check_video(tmp_path / "fast.mp4", recording)
    assert problem.code == "truncated-video"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["start_ms", "end_ms", "text", "speaker", "recording", "time_ms", "boxes", "noun", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values, data=st.binary(max_size=40), which=st.sampled_from(["corpus", "recordings", "talk", "boxes"]))
def test_garbage_is_never_a_traceback(made_once: Path, tmp_path: Path, value: Any, data: bytes, which: str) -> None:
    folder = tmp_path / "c"
    (folder / "t").mkdir(parents=True, exist_ok=True)
    good = Recording.model_validate(
        {"name": "r", "child": "A", "date": "2020-01-01", "age_months": 1, "age_days": 0, "video": "v.mp4"}
        | {"duration_ms": 1000, "fps": 10, "width": 64, "height": 48, "transcript": "t/r.json", "annotations": "t/r.l"}
    )
    write_list(folder, [good])
    (folder / "corpus.json").write_text('{"name": "x"}')
    (folder / "t" / "r.json").write_text(json.dumps(value))
    (folder / "t" / "r.l").write_text(json.dumps(value))
    target = {"corpus": "corpus.json", "recordings": "recordings.csv", "talk": "t/r.json", "boxes": "t/r.l"}[which]
    (folder / target).write_bytes(data)
    with suppress(UserError):
        assert [problem for found in check_corpus(folder) for problem in found]
