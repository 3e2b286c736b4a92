from __future__ import annotations

import csv
import json
import os
import shutil
import tarfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from devkit.annotations import Recording
from devkit.corpus import frames as frames_module
from devkit.corpus.build import BuildOptions, build_corpus
from devkit.corpus.data import CorpusData, open_data
from devkit.corpus.decode import Film
from devkit.corpus.formats import FormatRules
from devkit.corpus.frames import FrameRules, read_index
from devkit.corpus.segments import SegmentRules
from devkit.corpus.shards import ShardReader, ShardWriter
from devkit.corpus.stats import as_text, corpus_stats, words_of
from devkit.errors import Problems, UserError
from devkit.ids import digest_bytes
from tests.devkit.corpus.conftest import FPS, NAMES, place_of, shade_of, write_list


@pytest.fixture(scope="module")
def data(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> CorpusData:
    return build_corpus(made_once, tmp_path_factory.mktemp("data"))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pictures_are_those_of_their_times(data: CorpusData) -> None:
    for recording in data.recordings:
        index = read_index(data.path / "shards" / f"{recording.name}.json")
        assert index is not None
        assert [frame.time_ms for frame in index.frames] == list(range(0, 8000, 500))
        for frame in index.frames:
            stored = data.frame_bytes(recording.name, frame.time_ms)
            assert digest_bytes(stored) == frame.digest == data.frame_digests(recording.name)[frame.time_ms]
            ground = np.asarray(data.frame_image(recording.name, frame.time_ms).convert("L"))[0, 0]
            assert abs(int(ground) - shade_of(frame.time_ms)) <= 2
        assert float(Fraction(index.time_base)) * index.frames[3].pts == pytest.approx(1.5, abs=0.5 / FPS)
        assert index.frames[3].source_ms == pytest.approx(1500, abs=500 / FPS)


def test_shards_are_plain_tar_files_and_the_parquet_index_finds_everything(data: CorpusData) -> None:
    rows = pq.read_table(data.path / "frames.parquet").to_pylist()
    assert len(rows) == 5 * 16
    assert {row["decoder"] for row in rows} == {data.manifest.decoder}
    members: dict[str, bytes] = {}
    for shard in sorted({row["shard"] for row in rows}):
        with tarfile.open(data.path / "shards" / shard) as tar:
            for member in tar:
                file = tar.extractfile(member)
                assert file is not None
                members[member.name] = file.read()
    assert len(members) == len(rows)
    for row in rows:
        assert digest_bytes(members[f"{row['recording']}/{row['time_ms']}.jpg"]) == row["digest"]
        assert abs(row["source_ms"] - row["time_ms"]) <= 500 / FPS
    recordings = {recording.name: recording for recording in data.recordings}
    assert all(row["age_days"] == recordings[row["recording"]].total_age_days for row in rows)


def test_small_shards_are_begun_anew_and_read_the_same(data: CorpusData, made_once: Path, tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, "r", limit=5000)
    places = [writer.add(f"r/{n}.jpg", bytes([n]) * 1500) for n in range(10)]
    writer.close()
    assert len({shard for shard, _ in places}) > 3
    reader = ShardReader(tmp_path, opened=2)
    for n, (shard, offset) in reversed(list(enumerate(places))):
        assert reader.read(shard, offset, 1500) == bytes([n]) * 1500
    with pytest.raises(UserError, match="breaks off"):
        reader.read(places[-1][0], 10**6, 10)
    with pytest.raises(UserError, match="cannot be read"):
        reader.read("gone.tar", 0, 10)


def test_a_reader_leaves_no_file_open(data: CorpusData, tmp_path: Path) -> None:
    shards = shutil.copytree(data.path / "shards", tmp_path / "shards")
    names = [f"{recording.name}-000.tar" for recording in data.recordings]
    for opened in (1, 64):
        reader = ShardReader(shards, opened)
        assert all(reader.read(name, 0, 512) for name in names)
        assert len(_open_below(shards)) == min(opened, len(names))
        del reader
        assert _open_below(shards) == []


def _open_below(folder: Path) -> list[str]:
    """Return the files below a folder that this process has open, as Linux tells."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(os.readlink(descriptor))
        except OSError:  # closed meanwhile
            continue
    return [name for name in found if name.startswith(str(folder))]


def test_records_point_to_pictures_and_carry_their_split(data: CorpusData) -> None:
    splits = {recording.name: recording.split for recording in data.recordings}
    for split in ("train", "val", "test"):
        for name in ("image_utterance", "video_utterance", "interleaved"):
            records = getattr(data, name)(split)
            assert records
            assert data.manifest.counts[f"{name}/{split}"] == len(records)
            for record in records:
                assert splits[record.recording] == record.split == split
                for image in record.image:
                    assert data.frame_bytes(record.recording, int(Path(image).stem))
                marks = sum(entry.value.count("<image>") for entry in record.conversations)
                assert marks == len(record.image)


def test_counts_in_are_counts_out_and_dropped(made_once: Path, tmp_path: Path) -> None:
    options = BuildOptions(segments=SegmentRules(drop_speakers=("CHI",)))
    built = build_corpus(made_once, tmp_path / "d", options)
    counts = built.manifest.counts
    assert counts["entries"] + counts["gained"] == counts["segments"] + sum(built.manifest.dropped.values())
    assert built.manifest.dropped == {"speaker": 5}
    assert len(built.dropped()) == 5
    assert all(row.reason == "speaker" for row in built.dropped())
    assert all(said.speaker == "MOT" for split in ("train", "val", "test") for said in built.utterances(split))


def test_the_pool_has_the_boxes_and_pictures_of_its_split(data: CorpusData) -> None:
    pool = data.pool("train")
    assert data.pool("train") is pool
    assert {frame.recording for frame in pool.frames} == {r.name for r in data.recordings_of("train")}
    ref = pool.boxes[5]
    assert (ref.box.x, ref.box.y) == place_of(ref.time_ms)
    crop = pool.image(ref.recording, ref.time_ms).crop((ref.box.x, ref.box.y, ref.box.x + 16, ref.box.y + 16))
    assert np.asarray(crop)[4:12, 4:12, 0].mean() > 180
    assert pool.frame_digest(ref.recording, ref.time_ms) == digest_bytes(data.frame_bytes(ref.recording, ref.time_ms))
    assert pool.consent[ref.recording] == "shareable"
    assert (pool.source, pool.split) == ("squares", "train")


def test_smaller_pictures_come_with_smaller_boxes(made_once: Path, tmp_path: Path) -> None:
    built = build_corpus(made_once, tmp_path / "d", BuildOptions(frames=FrameRules(max_side=32)))
    assert (built.recordings[0].width, built.recordings[0].height) == (32, 24)
    for ref in built.pool("train").boxes:
        x, y = place_of(ref.time_ms)
        assert (ref.box.x, ref.box.y) == (round(x / 2), y // 2)
        assert ref.box.w == 8
    image = built.pool("train").image(ref.recording, ref.time_ms)
    assert image.size == (32, 24)


def test_the_same_corpus_gives_the_same_files_with_any_number_of_jobs(
    data: CorpusData, made_once: Path, tmp_path: Path
) -> None:
    build_corpus(made_once, tmp_path / "again", jobs=2)
    assert files_of(tmp_path / "again") == files_of(data.path)


def test_a_stopped_build_goes_on_without_decoding_again(
    data: CorpusData, made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []

    class CountingFilm(Film):
        def __init__(self, path: Path) -> None:
            if len(decoded) == 3:
                raise KeyboardInterrupt
            decoded.append(path.stem)
            super().__init__(path)

    monkeypatch.setattr(frames_module, "Film", CountingFilm)
    with pytest.raises(KeyboardInterrupt):
        build_corpus(made_once, tmp_path / "d")
    with pytest.raises(UserError, match="interrupted"):
        open_data(tmp_path / "d")
    first = decoded.copy()
    decoded.clear()
    build_corpus(made_once, tmp_path / "d")
    assert len(first) == 3
    assert not set(first) & set(decoded)
    assert files_of(tmp_path / "d") == files_of(data.path)
    decoded.clear()
    build_corpus(made_once, tmp_path / "d")
    assert decoded == []


def test_other_data_are_replaced_only_when_asked(made_once: Path, tmp_path: Path) -> None:
    build_corpus(made_once, tmp_path / "d")
    other = BuildOptions(segments=SegmentRules(max_ms=1000))
    with pytest.raises(UserError, match="other data already"):
        build_corpus(made_once, tmp_path / "d", other)
    assert build_corpus(made_once, tmp_path / "d", other, replace=True).manifest.dropped == {"too-long": 20}
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.docx").write_text("years of work")
    with pytest.raises(UserError, match="not empty"):
        build_corpus(made_once, tmp_path / "full", replace=True)


def test_recordings_with_problems_stop_the_build_or_are_left_out(corpus: Path, tmp_path: Path) -> None:
    video = corpus / "videos" / f"{NAMES[1]}.mp4"
    video.write_bytes(video.read_bytes()[:2000])
    (corpus / "transcripts" / f"{NAMES[3]}.json").write_text('[{"start_ms": 0,\n "text": "x"}')
    with pytest.raises(Problems) as caught:
        build_corpus(corpus, tmp_path / "d")
    assert {problem.code for problem in caught.value.problems} == {"broken-video", "malformed-transcript"}
    assert not (tmp_path / "d").exists()
    built = build_corpus(corpus, tmp_path / "d", keep_good=True)
    assert set(built.manifest.left_out) == {NAMES[1], NAMES[3]}
    assert [r.name for r in built.recordings] == [NAMES[0], NAMES[2], NAMES[4]]
    assert {r.split for r in built.recordings} == {"train", "val", "test"}


def test_statistics_count_hours_words_and_objects(data: CorpusData, made_once: Path) -> None:
    stats = corpus_stats(data)
    assert [(row.child, row.age_months, row.recordings) for row in stats.hours] == [
        ("A", 12, 2),
        ("S", 6, 2),
        ("Y", 24, 1),
    ]
    transcripts = [json.loads((made_once / "transcripts" / f"{name}.json").read_text()) for name in NAMES]
    assert stats.tokens == sum(len(words_of(said["text"])) for rows in transcripts for said in rows)
    words = {row.word: row.count for row in stats.words}
    assert words["ball"] == 15
    assert stats.objects[0].noun == "ball"
    assert stats.objects[0].boxes == 5 * 16
    assert stats.objects[0].spoken == words["ball"]
    assert "ball" in as_text(stats)


def test_data_that_are_not_there_or_damaged_are_said_so(data: CorpusData, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no finished training data"):
        open_data(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(UserError, match=r"manifest\.json"):
        open_data(tmp_path)
    with pytest.raises(UserError, match="no split"):
        data.pool("tset")  # type: ignore[arg-type]


def test_a_new_threshold_or_recording_decodes_only_what_is_new_and_gives_the_bytes_of_a_fresh_build(
    made_once: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, int] = {}
    real = Film.pictures

    def counting(film: Film, times_ms: list[int], tolerance_ms: float) -> object:
        asked["pictures"] = asked.get("pictures", 0) + len(times_ms)
        return real(film, times_ms, tolerance_ms)

    few = list(csv.DictReader((corpus / "recordings.csv").read_text().splitlines()))[:3]
    for name in NAMES:
        (corpus / "annotations" / f"{name}.jsonl").unlink()
    write_list(corpus, [Recording.model_validate(row | {"annotations": ""}) for row in few])
    build_corpus(corpus, tmp_path / "d", BuildOptions(segments=SegmentRules(drop_speakers=("CHI",))))
    pinned = {recording.name: recording.split for recording in open_data(tmp_path / "d").recordings}
    monkeypatch.setattr(Film, "pictures", counting)
    rows = list(csv.DictReader((made_once / "recordings.csv").read_text().splitlines()))
    write_list(corpus, [Recording.model_validate(row | {"annotations": ""}) for row in rows])
    options = BuildOptions(pinned=pinned)
    build_corpus(corpus, tmp_path / "d", options, replace=True)
    added = asked.pop("pictures")
    build_corpus(corpus, tmp_path / "fresh", options)
    assert 0 < added < asked["pictures"]
    assert files_of(tmp_path / "d") == files_of(tmp_path / "fresh")
    grown = {recording.name: recording.split for recording in open_data(tmp_path / "d").recordings}
    assert all(grown[name] == split for name, split in pinned.items())
    asked.clear()
    fewer = BuildOptions(pinned=pinned, segments=SegmentRules(drop_speakers=("CHI", "MOT")))
    with pytest.raises(UserError, match="--replace"):
        build_corpus(corpus, tmp_path / "d", fewer)
    build_corpus(
        corpus, tmp_path / "d", options.model_copy(update={"formats": FormatRules(window=(2, 3))}), replace=True
    )
    assert asked.get("pictures", 0) == 0
