"""Counts that can be checked by hand, figures that are really drawn, and exports that keep to the sharing level."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from devkit.annotations import Recording
from devkit.cli.root import run
from devkit.corpus.build import build_corpus
from devkit.corpus.data import open_data
from devkit.corpus.stats import Likeness, corpus_stats
from devkit.ids import digest_bytes
from tests.devkit.corpus.conftest import NAMES, write_list


def test_first_hearings_lengths_and_exposure(corpus: Path, tmp_path: Path) -> None:
    for name, text in zip(NAMES, ("ball ball", "a new word", "look a ball", "look", "ball"), strict=True):
        rows = [{"start_ms": 1000, "end_ms": 2500, "speaker": "MOT", "text": text}]
        (corpus / "transcripts" / f"{name}.json").write_text(json.dumps(rows))
    stats = corpus_stats(build_corpus(corpus, tmp_path / "d"), most=0)
    words = {row.word: (row.count, row.first_days) for row in stats.words}
    assert words["ball"] == (4, 198)  # child S, 6 months and 15 days
    assert words["new"] == (1, 369)
    assert stats.lengths == {1: 2, 2: 1, 3: 2}
    grown = [(row.child, row.tokens, row.types) for row in stats.exposure]
    assert grown == [("A", 2, 1), ("A", 5, 4), ("S", 3, 3), ("S", 4, 3), ("Y", 1, 1)]
    (ball,) = stats.objects
    assert (ball.named, ball.named_in_view) == (3, 3)


def test_what_a_threshold_keeps() -> None:
    one = Likeness(what="image", edges=(0.0, 0.1, 0.2, 0.3), counts=(1, 3, 4), floor=0.2)
    assert [one.above(floor) for floor in (0.0, 0.1, 0.2)] == [1.0, 7 / 8, 0.5]


def test_figures_are_drawn_and_the_same_each_time(made_once: Path, tmp_path: Path) -> None:
    build_corpus(made_once, tmp_path / "d")
    for folder in ("one", "two"):
        assert run(["corpus", "stats", str(tmp_path / "d"), "--figures", str(tmp_path / folder)]) == 0
    names = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert [name for name in names if name.endswith("svg")] == [
        *("exposure.svg", "hours.svg", "in-view.svg", "lengths.svg", "words.svg"),
    ]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        if name.endswith("png"):
            assert Image.open(tmp_path / "one" / name).convert("L").getextrema()[0] < 100


def test_only_what_may_be_shared_leaves_the_folder(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.DictReader((corpus / "recordings.csv").read_text().splitlines()))
    levels = ("private", "shareable", "public", "private", "public")
    write_list(corpus, [Recording.model_validate(row | {"consent": c}) for row, c in zip(rows, levels, strict=True)])
    data = build_corpus(corpus, tmp_path / "d")
    assert run(["corpus", "export", str(data.path), "--out", str(tmp_path / "out")]) == 0
    assert "2 recordings are not shareable" in capsys.readouterr().out
    told = json.loads((tmp_path / "out" / "consent.json").read_text())
    assert told["recordings"] == {NAMES[1]: "shareable", NAMES[2]: "public", NAMES[4]: "public"}
    records = json.loads((tmp_path / "out" / "image_utterance.json").read_text())
    assert {record["recording"] for record in records} == {NAMES[1], NAMES[2], NAMES[4]}
    for record in records:
        for image in record["image"]:
            picture = (tmp_path / "out" / image).read_bytes()
            assert digest_bytes(picture) == data.frame_digests(record["recording"])[int(Path(image).stem)]
    everything = "".join(path.read_text("latin-1") for path in (tmp_path / "out").rglob("*.json"))
    assert NAMES[0] not in everything
    assert run(["corpus", "export", str(data.path), "--out", str(tmp_path / "out")]) == 2
    assert "not empty" in capsys.readouterr().err
    assert run(["corpus", "export", str(data.path), "--out", str(tmp_path / "o2"), "--split", "tset"]) == 2
    assert open_data(data.path).manifest == data.manifest


def test_names_are_masked_and_written_nowhere(corpus: Path, tmp_path: Path) -> None:
    rows = [
        {"start_ms": 500, "end_ms": 1700, "speaker": "MOT", "text": "Look, Zebulon! Zebulon's ball."},
        {"start_ms": 2000, "end_ms": 2200, "speaker": "CHI", "text": "zebulon", "confidence": 0.1},
    ]
    (corpus / "transcripts" / f"{NAMES[0]}.json").write_text(json.dumps(rows))
    (tmp_path / "names.txt").write_text("# the family\nZebulon\n")
    out = tmp_path / "d"
    command = ["corpus", "build", str(corpus), "--out", str(out), "--names", str(tmp_path / "names.txt")]
    assert run([*command, "--min-confidence", "0.5", "--jobs", "1"]) == 0
    data = open_data(out)
    assert data.manifest.counts["masked"] == 3
    said = [one.text for split in ("train", "val", "test") for one in data.utterances(split)]
    assert "Look, [name]! [name]'s ball." in said
    assert [row.text for row in data.dropped()] == ["[name]"]
    everything = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert b"ebulon" not in everything
