"""Boxes from annotation tools, from a detector, and through review into a corpus."""

from __future__ import annotations

import datetime as dt
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from devkit.annotations import AnnotatedFrame, Box, Recording
from devkit.cli.root import run
from devkit.corpus.annotate.collect import Collector
from devkit.corpus.annotate.exits import track, with_exits
from devkit.corpus.annotate.formats import read_annotation_file
from devkit.corpus.annotate.page import BoxDesk, ReviewServer
from devkit.corpus.annotate.review import Decision, ReviewLog, box_name, settle
from devkit.corpus.annotate.store import apply_review, proposals, propose
from devkit.corpus.annotate.vocabulary import Vocabulary, own_vocabulary, read_vocabulary
from devkit.corpus.build import build_corpus
from devkit.corpus.data import CorpusData
from devkit.corpus.read import Corpus
from devkit.errors import Problems, UserError
from tests.devkit.corpus.conftest import NAMES, place_of

NOW = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
RECORDING = Recording(
    **{"name": "r1", "child": "A", "date": "2020-01-01", "age_months": 9, "age_days": 1, "video": "r1.mp4"},
    **{"duration_ms": 10_000, "fps": 10, "width": 640, "height": 480},
)


@pytest.fixture
def data(corpus: Path, tmp_path: Path) -> CorpusData:
    return build_corpus(corpus, tmp_path / "data")


def collect(path: Path, text: str, **more: Any) -> Collector:
    path.write_text(text)
    into = Collector([RECORDING], more.pop("vocabulary", own_vocabulary()), **more)
    assert read_annotation_file(path, into) == []
    return into


def test_words_become_nouns_of_the_list(tmp_path: Path) -> None:
    own = own_vocabulary()
    words = {"Dogs": "dog", "the red doggy": "dog", "sofa": "couch", "TEDDIES": "teddy bear", "mice": "mouse"}
    assert {word: own.noun(word) for word in words} == words
    assert [own.noun(word) for word in ("grasping", "", "floras", "buttercontainers")] == [""] * 4
    (tmp_path / "v.csv").write_text("noun,synonyms,plural\nox,steer; bull ,oxen\ncup,,\n")
    mine = read_vocabulary(tmp_path / "v.csv")
    assert [mine.noun(word) for word in ("oxen", "bulls", "a cup", "dog")] == ["ox", "ox", "cup", ""]
    (tmp_path / "v.csv").write_text("noun\ncup\ncup\n\n")
    with pytest.raises(Problems, match="twice"):
        read_vocabulary(tmp_path / "v.csv")


COCO = {
    "images": [
        {"id": 1, "file_name": "x/r1/2000.jpg", "width": 320, "height": 240},
        {"id": 2, "file_name": "gone.jpg"},
    ],
    "categories": [{"id": 7, "name": "dogs"}, {"id": 8, "name": "grasping"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 20, 30, 40], "attributes": {"instance": "rex"}},
        {"id": 2, "image_id": 1, "category_id": 8, "bbox": [10, 20, 30, 40]},
        {"id": 3, "image_id": 2, "category_id": 7, "bbox": [10, 20, 30, 40]},
        {"id": 4, "image_id": 1, "category_id": 7, "bbox": [900, 20, 30, 40]},
        {"id": 5, "image_id": 1, "category_id": 7, "bbox": "wide"},
        {"id": 6, "image_id": 1, "category_id": 7, "bbox": [1, 1, 0, 5]},
    ],
}
BOX = Box(noun="dog", instance="rex", x=20, y=40, w=60, h=80)


def test_coco(tmp_path: Path) -> None:
    found = collect(tmp_path / "a.json", json.dumps(COCO)).found
    assert found.boxes == {("r1", 2000): [BOX]}
    reasons = [row.reason for row in found.rejected]
    assert reasons == ["not-in-vocabulary", "unknown-picture", "outside", "malformed", "no-box"]
    assert found.count == len(COCO["annotations"])


def test_cvat_images_and_video(tmp_path: Path) -> None:
    image = (
        '<annotations><image name="r1_2000.png" width="320" height="240"><box label="dog" xtl="10" ytl="20" xbr="40"'
    )
    image += ' ybr="60"><attribute name="instance">rex</attribute></box></image></annotations>'
    assert collect(tmp_path / "a.xml", image).found.boxes == {("r1", 2000): [BOX]}
    boxes = "".join(
        f'<box frame="{n}" outside="{int(n > 20)}" xtl="{10 * n}" ytl="50" xbr="{10 * n + 30}" ybr="90"/>'
        for n in range(23)
    )
    video = f'<annotations><meta><task><source>r1.mp4</source></task></meta><track id="3" label="ball">{boxes}</track>'
    found = collect(tmp_path / "b.xml", video + "</annotations>").found
    assert sorted(found.boxes) == [("r1", 0), ("r1", 500), ("r1", 1000), ("r1", 1500), ("r1", 2000)]
    assert found.boxes["r1", 1500] == [Box(noun="ball", track="track-3", x=150, y=50, w=30, h=40)]
    assert found.thinned == 16


def test_label_studio_images_and_video(tmp_path: Path) -> None:
    edges = {"x": 3.125, "y": 8.3333, "width": 9.375, "height": 16.6667}
    picture = {
        "data": {"image": "/data/upload/1/r1-2000.jpg"},
        "annotations": [
            {
                "result": [
                    {
                        "type": "rectanglelabels",
                        "value": {**edges, "rectanglelabels": ["dog"]},
                        "meta": {"text": "rex"},
                    },
                    {"type": "choices", "value": {"choices": ["a"]}},
                ]
            }
        ],
    }
    keys = [
        {"frame": 1, "time": 0.0, "enabled": True, "x": 0, "y": 10, "width": 10, "height": 10},
        {"frame": 21, "time": 2.0, "enabled": False, "x": 80, "y": 10, "width": 10, "height": 10},
    ]
    film = {
        "data": {"video": "r1.mp4"},
        "annotations": [
            {"result": [{"type": "videorectangle", "id": "t", "value": {"sequence": keys, "labels": ["ball"]}}]}
        ],
    }
    found = collect(tmp_path / "a.json", json.dumps([picture, film])).found
    assert found.boxes["r1", 2000] == [BOX]
    assert [found.boxes["r1", t][0].x for t in (0, 500, 1000, 1500)] == [0, 128, 256, 384]
    assert [row.reason for row in found.rejected] == ["no-box"]


def test_tables_and_pictures_named_by_a_table(tmp_path: Path) -> None:
    text = "recording,time_ms,noun,x,y,w,h,instance\nr1,2000,dog,20,40,60,80,rex\n"
    text += "r1,99000,dog,1,1,2,2,\nr1,0,dog,x,1,1,1,\n"
    found = collect(tmp_path / "a.csv", text).found
    assert found.boxes == {("r1", 2000): [BOX]}
    assert [(row.place, row.reason) for row in found.rejected] == [
        ("a.csv:3", "unknown-picture"),
        ("a.csv:4", "malformed"),
    ]
    named = collect(
        tmp_path / "b.csv", "image,noun,x,y,w,h\nIMG 7.png,dog,20,40,60,80\n", places={"IMG 7.png": ("r1", 2000)}
    )
    assert len(named.found.boxes["r1", 2000]) == 1


def test_pictures_that_claim_to_be_giant_and_bombs_are_refused(tmp_path: Path) -> None:
    giant = {**COCO, "images": [{"id": 1, "file_name": "r1/2000.jpg", "width": 50_000, "height": 50_000}]}
    found = collect(tmp_path / "a.json", json.dumps(giant)).found
    assert not found.boxes
    assert "50000 × 50000" in found.rejected[0].detail
    bomb = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><annotations>&c;</annotations>'
    for hidden in (bomb, f"<!-- {'a' * 99_999} -->{bomb}"):
        (tmp_path / "b.xml").write_text(hidden)
        (problem,) = read_annotation_file(tmp_path / "b.xml", Collector([RECORDING], None))
        assert "DOCTYPE" in problem.message
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04\xff\xff" * 100)
    (problem,) = read_annotation_file(tmp_path / "c.zip", Collector([RECORDING], None))
    assert "unpack" in problem.hint
    (tmp_path / "d.json").write_text("[" * 100_000)
    assert read_annotation_file(tmp_path / "d.json", Collector([RECORDING], None))


odd = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=5)
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["bbox", "image_id", "category_id", "id"]), odd), max_size=6)
)
def test_damaged_coco_keeps_count(tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, str, Any]]) -> None:
    value = json.loads(json.dumps(COCO))
    for row, key, junk in damage:
        value["annotations"][row][key] = junk
    found = collect(tmp_path_factory.getbasetemp() / "coco.json", json.dumps(value)).found
    assert found.count == len(COCO["annotations"])


def moving(*places: tuple[int, int], noun: str = "ball", name: str = "t", step: int = 500) -> list[AnnotatedFrame]:
    frames = []
    for number, (x, y) in enumerate(places):
        left, top, right, bottom = max(0, x), max(0, y), min(640, x + 60), min(480, y + 60)
        box = Box(noun=noun, track=name, x=left, y=top, w=right - left, h=bottom - top)
        frames.append(AnnotatedFrame(recording="r1", time_ms=step * number, boxes=(box,)))
    return [*frames, AnnotatedFrame(recording="r1", time_ms=step * len(places))]


@pytest.mark.parametrize(
    ("places", "direction"),
    [
        (((400, 200), (500, 200), (600, 200)), "right"),
        (((200, 200), (100, 200), (-20, 200)), "left"),
        (((300, 300), (300, 380), (300, 440)), "bottom"),
        (((300, 100), (300, 40), (300, -20)), "top"),
        (((400, 250), (500, 330), (600, 430)), "bottom right"),
        (((200, 150), (100, 60), (-20, -20)), "top left"),
        (((200, 200), (240, 200), (280, 200)), ""),
        (((600, 200), (560, 200), (500, 200)), ""),
    ],
)
def test_exits_follow_the_last_movement(places: tuple[tuple[int, int], ...], direction: str) -> None:
    frames = with_exits(moving(*places), (640, 480))
    assert frames[-1].exits == ({"t": direction} if direction else {})


def test_exits_agree_with_the_toybox_that_knows_them() -> None:
    from devkit.toybox import sample_pool

    pool = sample_pool(minutes=3, seed=4)
    told = {(f.recording, t): d for f in pool.frames for t, d in f.exits.items()}
    bare = [frame.model_copy(update={"exits": {}}) for frame in pool.frames]
    found = {
        (frame.recording, t): d
        for name, frames in pool.by_recording.items()
        for frame in with_exits([b for b in bare if b.recording == name], (640, 480))
        for t, d in frame.exits.items()
        if frames
    }
    common = [key for key in found if key in told]
    assert len(common) > 0.6 * len(told)
    ring = ["top", "top right", "right", "bottom right", "bottom", "bottom left", "left", "top left"]
    off = [abs(ring.index(found[key]) - ring.index(told[key])) for key in common]
    assert sum(min(gap, 8 - gap) == 0 for gap in off) > 0.6 * len(common)
    assert sum(min(gap, 8 - gap) <= 1 for gap in off) > 0.95 * len(common)


def test_boxes_are_joined_into_tracks_by_noun_and_place() -> None:
    def frame(time_ms: int, *boxes: tuple[str, int]) -> AnnotatedFrame:
        made = tuple(Box(noun=noun, x=x, y=100, w=60, h=60) for noun, x in boxes)
        return AnnotatedFrame(recording="r1", time_ms=time_ms, boxes=made)

    frames = track(
        [
            frame(0, ("ball", 0), ("ball", 300), ("cup", 10)),
            frame(500, ("ball", 330), ("ball", 30), ("cup", 10)),
            frame(1000, ("ball", 60), ("ball", 360)),
            frame(5000, ("ball", 60)),
        ],
        (640, 480),
    )
    names = [{(box.noun, box.x): box.track for box in f.boxes} for f in frames]
    assert names[0]["ball", 0] == names[1]["ball", 30] == names[2]["ball", 60]
    assert names[0]["ball", 300] == names[1]["ball", 330] == names[2]["ball", 360]
    assert names[0]["cup", 10] == names[1]["cup", 10]
    assert names[3]["ball", 60] not in names[2].values()
    assert len(set(names[0].values())) == 3


def decision(subject: str, reviewer: str, verdict: str, **more: Any) -> Decision:
    return Decision(subject=subject, reviewer=reviewer, verdict=verdict, at=NOW, **more)


def test_decisions_are_kept_even_when_the_power_goes(tmp_path: Path) -> None:
    log = ReviewLog(tmp_path)
    log.decide(decision("a", "AB", "accept"))
    with (tmp_path / "review.jsonl").open("ab") as file:
        file.write(b'{"subject": "b", "rev')
    again = ReviewLog(tmp_path)
    assert [d.subject for d in again.decisions] == ["a"]
    again.decide(decision("c", "AB", "reject"))
    assert [d.subject for d in ReviewLog(tmp_path).decisions] == ["a", "c"]
    (tmp_path / "review.jsonl").write_text("{}\n")
    with pytest.raises(UserError, match=r"review\.jsonl:1"):
        ReviewLog(tmp_path)


def test_two_reviewers_agreement_and_what_is_settled(tmp_path: Path) -> None:
    frames = {"r1": moving((0, 0), (100, 0), (200, 0), (300, 0), (400, 0))}
    names = [box_name("r1", frame.time_ms, box) for frame in frames["r1"] for box in frame.boxes]
    log = ReviewLog(tmp_path)
    for subject, one, other in zip(names, "aarra", "arrra", strict=True):
        for reviewer, verdict in (("AB", one), ("CD", other)):
            if subject == names[4]:
                log.decide(decision(subject, reviewer, "correct", noun="cup", edges=(1, 2, 30, 40)))
            else:
                log.decide(decision(subject, reviewer, {"a": "accept", "r": "reject"}[verdict]))
    (pair,) = log.agreement()
    assert (pair.reviewers, pair.both, pair.share) == (("AB", "CD"), 5, 0.8)
    # keeping: AB yes yes no no yes, CD yes no no no yes: observed 0.8, chance 0.6·0.4 + 0.4·0.6 = 0.48
    assert pair.kappa == pytest.approx((0.8 - 0.48) / 0.52)
    settled = settle(frames, log, {"r1": (640, 480)})
    assert settled.counts == {"accepted": 1, "disputed": 1, "rejected": 2, "corrected": 1}
    kept = [box for frame in settled.frames["r1"] for box in frame.boxes]
    assert [(box.noun, box.x, box.w) for box in kept] == [("ball", 0, 60), ("cup", 1, 30)]
    assert log.waiting(names, "EF") == [names[1]]
    assert log.waiting(names, "AB") == []
    log.decide(decision(names[1], "EF", "accept"))
    assert settle(frames, log, {"r1": (640, 480)}).counts["accepted"] == 2


class RedEyes:
    """Sees red squares: a detector that is simple, not one that is made up."""

    def boxes(self, image: Image.Image, nouns: Sequence[str], vocabulary: Vocabulary) -> list[tuple[Box, float]]:
        red, green, _ = image.convert("RGB").split()
        bright, dark = red.point(lambda v: 255 * (v > 170)), green.point(lambda v: 255 * (v < 100))
        found = ImageChops.multiply(bright, dark).getbbox()
        if found is None:
            return []
        return [(Box(noun="ball", x=found[0], y=found[1], w=found[2] - found[0], h=found[3] - found[1]), 0.9)]


def test_proposals_go_through_the_page_into_the_corpus(corpus: Path, data: CorpusData, tmp_path: Path) -> None:
    opened = Corpus.open(corpus)
    assert propose(opened, data, RedEyes(), own_vocabulary()) == 40
    assert propose(opened, data, RedEyes(), own_vocabulary()) == 0
    proposed = proposals(opened)
    first = proposed[NAMES[0]][2]
    x, y = place_of(first.time_ms)
    assert abs(first.boxes[0].x - x) <= 2
    assert abs(first.boxes[0].y - y) <= 2
    log = ReviewLog(corpus / "proposals")
    widths = {recording.name: recording.width for recording in opened.recordings}
    server = ReviewServer(BoxDesk(proposed, data, log, "AB", own_vocabulary(), widths))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        _use_the_page(server.address)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    settled = apply_review(Corpus.open(corpus), corpus)
    assert settled.counts == {"accepted": 38, "rejected": 1, "corrected": 1}
    again = build_corpus(corpus, data.path, replace=True)
    nouns = [ref.box.noun for split in ("train", "val", "test") for ref in again.pool(split).boxes]
    assert sorted(set(nouns)) == ["ball", "cup"]
    assert len(nouns) == 39
    assert run(["corpus", "annotations", "agreement", str(corpus)]) == 0


def _use_the_page(address: str) -> None:
    base, _, key = address.partition("?key=")

    def get(path: str, secret: str = key) -> bytes:
        with urllib.request.urlopen(f"{base}{path}{'&' if '?' in path else '?'}key={secret}", timeout=10) as answer:
            return bytes(answer.read())

    def decide(**value: Any) -> str:
        request = urllib.request.Request(f"{base}decide?key={key}", json.dumps(value).encode())
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return str(json.load(answer)["error"])
        except urllib.error.HTTPError as error:
            return str(json.load(error)["error"])

    assert b"Accept" in get("")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get("next", "guess")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get("../../etc/passwd")
    now = json.loads(get("next"))
    assert (now["left"], now["noun"]) == (40, "ball")
    assert get(f"picture?name={now['subject']}")[:2] == b"\xff\xd8"
    assert decide(subject="nothing", verdict="accept") == "there is no such box"
    assert decide(subject=now["subject"], verdict="maybe") == "this is no decision"
    assert decide(subject=now["subject"], verdict="correct", noun="grasping") == "the noun is not in the vocabulary"
    assert decide(subject=now["subject"], verdict="correct", edges=[1, 1, 0, 0]) == "the box is empty"
    assert decide(subject=now["subject"], verdict="correct", noun="cups", edges=[1, 2, 10, 12]) == ""
    assert decide(subject=json.loads(get("next"))["subject"], verdict="reject") == ""
    while subject := json.loads(get("next")).get("subject"):
        assert decide(subject=subject, verdict="accept") == ""


def test_import_through_the_command_line(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{NAMES[0]},{t},ball,1,2,10,12\n" for t in (0, 500)) + f"{NAMES[0]},0,grasping,1,1,5,5\n"
    (tmp_path / "a.csv").write_text("recording,time_ms,noun,x,y,w,h\n" + rows)
    assert run(["corpus", "annotations", "import", str(corpus), str(tmp_path / "a.csv")]) == 1
    said = capsys.readouterr().out
    assert "a.csv:4: not-in-vocabulary: grasping" in said
    assert "2 boxes on 2 pictures, 1 left out" in said
    assert run(["corpus", "annotations", "import", str(corpus), str(tmp_path / "a.csv")]) == 2
    assert "--replace" in capsys.readouterr().err
    assert run(["corpus", "annotations", "apply", str(corpus)]) == 1
    assert "open             2" in capsys.readouterr().out
    assert run(["corpus", "annotations", "import", str(corpus), str(tmp_path / "gone.csv")]) == 2
