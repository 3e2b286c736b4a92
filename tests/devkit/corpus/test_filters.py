"""Filters by similarity: the numbers are the model's own, thresholds cut where they say, no model is asked twice."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from devkit.corpus.build import BuildOptions, build_corpus
from devkit.corpus.data import CorpusData
from devkit.corpus.filters import judge as judge_module
from devkit.corpus.filters import load_model
from devkit.corpus.similarity import FilterRules, parse_filter
from devkit.errors import Problems, UserError
from tests.devkit.corpus.test_build import files_of
from tests.devkit.corpus.tiny_models import save_clip, save_xclip


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    save_clip(folder / "clip")
    save_xclip(folder / "xclip")
    return folder


def rules(weights: Path, image_floor: float = -1.0, clip_floor: float = -1.0) -> BuildOptions:
    return BuildOptions(
        filters=FilterRules(
            image=parse_filter(f"clip:{weights / 'clip'}", "image"),
            video=parse_filter(f"xclip:{weights / 'xclip'}", "video"),
            image_floor=image_floor,
            clip_floor=clip_floor,
        )
    )


def rows_of(data: CorpusData, name: str) -> list[dict]:
    return pq.read_table(data.path / f"{name}.parquet").to_pylist()


def test_similarities_are_the_models_and_floors_cut_where_they_say(
    weights: Path, made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = build_corpus(made_once, tmp_path / "all", rules(weights))
    images, clips = rows_of(everything, "image_utterance"), rows_of(everything, "video_utterance")
    model = load_model(parse_filter(f"clip:{weights / 'clip'}", "image"))
    row = images[7]
    picture = everything.frame_image(row["recording"], row["times_ms"][0])
    alone = float(model.pictures([picture])[0] @ model.words(row["texts"])[0])
    assert row["similarity"] == [pytest.approx(alone, abs=1e-4)]
    assert all(row["kept"] for row in images)

    image_floor = float(np.median([row["similarity"][0] for row in images]))
    clip_floor = sorted(row["similarity"][0] for row in clips)[3]
    monkeypatch.setattr(judge_module, "load_model", lambda named: pytest.fail("a model was asked again"))
    fewer = build_corpus(made_once, tmp_path / "all", rules(weights, image_floor, clip_floor), replace=True)
    kept_clips = {(row["recording"], row["start_ms"]) for row in rows_of(fewer, "video_utterance")}
    assert kept_clips == {(r["recording"], r["start_ms"]) for r in clips if r["similarity"][0] > clip_floor}
    low = [row for row in rows_of(fewer, "segments") if row["reason"] == "low-similarity"]
    assert len(low) == len(clips) - len(kept_clips) == fewer.manifest.dropped["low-similarity"]
    assert all(row["spoken"] for row in low)
    for row in rows_of(fewer, "image_utterance"):
        assert (row["recording"], row["start_ms"]) in kept_clips
        assert row["kept"] == (row["similarity"][0] > image_floor)
        assert row["reason"] == ("" if row["kept"] else "low-similarity")
    for row in rows_of(fewer, "interleaved"):
        assert all(value > image_floor for value in row["similarity"])
    told = fewer.manifest.options["filters"]["image"]
    assert (told["kind"], told["name"], len(told["digest"])) == ("clip", "clip", 64)
    assert str(weights) not in fewer.manifest.model_dump_json()
    monkeypatch.undo()
    fresh = build_corpus(made_once, tmp_path / "fresh", rules(weights, image_floor, clip_floor))
    assert files_of(fresh.path) == files_of(fewer.path)


def test_a_table_stands_in_for_a_model(weights: Path, made_once: Path, tmp_path: Path) -> None:
    judged = build_corpus(made_once, tmp_path / "model", rules(weights))
    for name, file in (("image_utterance", "images.csv"), ("video_utterance", "clips.csv")):
        with (tmp_path / file).open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["recording", "start_ms", "time_ms", "similarity"])
            for row in rows_of(judged, name):
                time_ms = row["times_ms"][0] if name == "image_utterance" else ""
                writer.writerow([row["recording"], row["start_ms"], time_ms, row["similarity"][0]])
    from_table = FilterRules(
        image=parse_filter(f"table:{tmp_path / 'images.csv'}", "image"),
        video=parse_filter(f"table:{tmp_path / 'clips.csv'}", "video"),
        image_floor=-1,
        clip_floor=-1,
    )
    built = build_corpus(made_once, tmp_path / "table", BuildOptions(filters=from_table))
    for name in ("image_utterance", "video_utterance", "interleaved", "segments"):
        assert rows_of(built, name) == rows_of(judged, name)
    lines = (tmp_path / "clips.csv").read_text().splitlines()
    (tmp_path / "clips.csv").write_text("\n".join(lines[:-3]))
    less = from_table.model_copy(update={"video": parse_filter(f"table:{tmp_path / 'clips.csv'}", "video")})
    with pytest.raises(Problems, match="lacks 3 of 4 clips"):
        build_corpus(made_once, tmp_path / "less", BuildOptions(filters=less))


@pytest.mark.parametrize(
    ("text", "what", "says"),
    [
        ("clip:gone", "image", "no such filter"),
        ("xclip:gone", "image", "is no image filter"),
        ("clip", "image", "is no image filter"),
        ("blip:x", "video", "is no video filter"),
    ],
)
def test_a_wrong_filter_is_a_clear_mistake(text: str, what: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        parse_filter(text, what)  # type: ignore[arg-type]


def test_a_folder_without_a_model_is_said_so(made_once: Path, tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    with pytest.raises(UserError, match="holds no model"):
        parse_filter(f"clip:{tmp_path / 'w'}", "image")
    (tmp_path / "w" / "config.json").write_text("{}")
    filters = FilterRules(image=parse_filter(f"clip:{tmp_path / 'w'}", "image"))
    with pytest.raises(UserError, match="cannot be loaded as clip"):
        build_corpus(made_once, tmp_path / "d", BuildOptions(filters=filters))
