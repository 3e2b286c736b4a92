from __future__ import annotations

import contextlib
import json
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.banks import Bank
from devkit.banks.devcv import ImportOptions, import_devcv, parse_kind
from devkit.banks.export import export_devcv
from devkit.banks.validate import Limits
from devkit.banks.wording import Kind
from devkit.errors import Problem, Problems, UserError
from tests.devkit.banks.conftest import Record, draw, published, record

Write = Callable[..., Path]
KEEP = ImportOptions(keep_good=True)
WHM = "Which image has more shoes? (A) <image> (B) <image>"


def content(folder: Path) -> dict[str, list[Record]]:
    return {path.relative_to(folder).as_posix(): json.loads(path.read_bytes()) for path in folder.rglob("*.json")}


def images_of(folder: Path, files: dict[str, list[Record]]) -> dict[tuple[str, str], list[bytes]]:
    def data(name: str, image: str) -> bytes:
        beside = (folder / name).parent / image
        return (beside if beside.exists() else folder / image).read_bytes()

    return {
        (name, entry["id"]): [data(name, i) for i in entry["image"]] for name, rows in files.items() for entry in rows
    }


def found_in(source: Path, tmp_path: Path, **options: Any) -> list[Problem]:
    with pytest.raises(Problems) as caught:
        import_devcv(source, tmp_path / "bank", options=ImportOptions(**options))
    assert not (tmp_path / "bank").exists()
    return list(caught.value.problems)


@pytest.mark.parametrize("beside", [True, False])
def test_a_round_trip_gives_the_same_conversations_images_and_answers(
    tmp_path: Path, write: Write, beside: bool
) -> None:
    source = write(tmp_path / "source", published(), beside=beside)
    bank = import_devcv(source, tmp_path / "bank")
    export_devcv(bank, tmp_path / "again")
    assert content(tmp_path / "again") == published()
    assert images_of(tmp_path / "again", published()) == images_of(source, published())
    second = import_devcv(tmp_path / "again", tmp_path / "bank2")
    assert second.digest == bank.digest


def test_the_folder_layout_is_read_and_written_back(tmp_path: Path, write: Write) -> None:
    one = published()["pv_test.json"]
    files = {"picture_vocabulary_v2/data.json": one, "leftright/data.json": published()["leftright_test.json"]}
    source = write(tmp_path / "source", files)
    bank = import_devcv(source, tmp_path / "bank")
    assert bank.card.counts == {"left_right/published": 1, "picture_vocabulary/standard": 2}
    export_devcv(bank, tmp_path / "again")
    assert content(tmp_path / "again") == files
    assert images_of(tmp_path / "again", files) == images_of(source, files)


def test_every_task_and_form_is_recognised(tmp_path: Path, write: Write) -> None:
    bank = import_devcv(write(tmp_path / "source", published()), tmp_path / "bank")
    assert bank.card.counts == {
        "left_right/published": 1,
        "localization/standard": 1,
        "memory/standard": 1,
        "object_counting/standard": 1,
        "picture_vocabulary/standard": 2,
        "spatial_details/published": 1,
        "subitizing/standard": 1,
        "visual_delayed_response/binary": 1,
        "visual_delayed_response/open": 1,
        "who_has_more/naturalistic": 1,
        "who_has_more/synthetic": 1,
    }


def test_leading_images_are_the_choices_in_order(tmp_path: Path, write: Write) -> None:
    source = write(tmp_path / "source", published())
    bank = import_devcv(source, tmp_path / "bank")
    turn = bank.items["pv_1"].turns[0]
    assert turn.prompt == published()["pv_test.json"][0]["conversations"][0]["value"]
    assert turn.stimuli == ()
    assert [bank.path_of(str(choice.media)).read_bytes() for choice in turn.choices] == [
        (source / image).read_bytes() for image in published()["pv_test.json"][0]["image"]
    ]
    assert turn.target == 2
    assert turn.choices[2].label == "comb"
    assert turn.choices[2].role == "target"
    assert turn.shuffle


def test_words_keys_and_difficulty_are_read_from_the_items(tmp_path: Path, write: Write) -> None:
    items = import_devcv(write(tmp_path / "source", published()), tmp_path / "bank").items
    words = {item_id: item.word for item_id, item in items.items()}
    assert words == {
        "pv_1": "comb",
        "pv_2": "basket",
        "loc_1": "drain",
        "lr_1": "",
        "sd_1": "",
        "visual_delay_response/binary_dataset_test/vdr_1": "fridge",
        "visual_delay_response/open_dataset_test/vdr_1": "cart",
        "memory_task_168": "",
        "compare_count_real/whohasmore_naturalistic_test/w_1": "shoe",
        "compare_count_synthetic/whohasmore_test/w_1": "knife",
        "c_1": "cabinet",
        "s_1": "TV",
    }
    assert items["loc_1"].bb == (14.0, 1.0, 6.0, 5.0)
    assert items["loc_1"].turns[0].choices[items["loc_1"].turns[0].target].label == "top right"
    assert items["c_1"].difficulty == {"set_size": 11}
    synthetic = items["compare_count_synthetic/whohasmore_test/w_1"]
    assert synthetic.difficulty == {"ratio": 0.5, "more": 2, "fewer": 1}
    delayed = items["visual_delay_response/open_dataset_test/vdr_1"]
    assert delayed.provenance.recordings == ("Y_20191007_1923_01",)
    assert delayed.provenance.span_ms == (1231520, 1239840)
    assert delayed.provenance.split == "test"
    assert [c.label for c in delayed.turns[0].choices][:3] == ["top", "bottom", "left"]
    assert delayed.difficulty == {"k_frames": 5}
    assert not delayed.turns[0].shuffle


def test_a_memory_dialogue_keeps_its_turns_phases_and_labels(tmp_path: Path, write: Write) -> None:
    item = import_devcv(write(tmp_path / "source", published()), tmp_path / "bank").items["memory_task_168"]
    assert [len(turn.choices) for turn in item.turns] == [1] + [2] * 14
    assert [turn.phase for turn in item.turns] == ["learning"] * 5 + ["test"] * 10
    assert len(item.media()) == 29
    assert item.labels[1] == ("plant", "bench")
    assert [choice.label for choice in item.turns[3].choices] == ["plant", "bench"]


def test_spelling_of_the_key_survives(tmp_path: Path, write: Write) -> None:
    rows = [record("w", ["images/a.jpg", "images/b.jpg"], WHM, "(b)."), record("x", ["images/a.jpg"] * 2, WHM, "A")]
    rows[1]["id"] = 7
    files = {"whohasmore_synthetic_val.json": rows}
    bank = import_devcv(write(tmp_path / "source", files), tmp_path / "bank")
    assert bank.items["w"].turns[0].target == 1
    assert bank.items["w"].provenance.split == "val"
    export_devcv(bank, tmp_path / "again")
    assert content(tmp_path / "again") == files


@pytest.mark.parametrize(
    ("entry", "code", "says"),
    [
        (record("i", ["images/a.jpg"], WHM, "A"), "more-marks-than-images", "2 <image> marks but only 1 images"),
        (record("i", ["images/a.jpg"] * 3, WHM, "A"), "fewer-marks-than-images", "only 2 <image> marks for 3"),
        (record("i", ["images/a.jpg"] * 2, WHM, "C"), "answer-outside-choices", "'C' is not one of A, B"),
        (record("i", ["images/a.jpg"] * 2, WHM, "the left one"), "answer-outside-choices", "not one of A, B"),
        (record("i", ["images/a.jpg"] * 2, WHM, "A <image>"), "mark-in-reply", "reply holds"),
        (record("i", ["images/a.jpg", "images/gone.jpg"], WHM, "A"), "missing-image", "gone.jpg"),
        (record("i", ["images/a.jpg", "images"], WHM, "A"), "missing-image", "is no file"),
        (record("i", ["images/a.jpg", "../secret.jpg"], WHM, "A"), "path-outside", "leaves the folder"),
        (record("i", ["images/a.jpg", "images/../../secret.jpg"], WHM, "A"), "path-outside", "leaves"),
        (record("i", ["images/a.jpg", "/etc/passwd"], WHM, "A"), "path-outside", "absolute"),
        (record("i", ["images/a.jpg", "C:\\secret.jpg"], WHM, "A"), "path-outside", "absolute"),
        (record("i", ["images/a.jpg", "link.jpg"], WHM, "A"), "path-outside", "link that leaves"),
        (record("i", ["images/a.jpg", "linked/secret.jpg"], WHM, "A"), "path-outside", "link that leaves"),
        (record("i", ["images/a.jpg", "a\0b"], WHM, "A"), "bad-path", "null"),
        (record("i", ["images/a.jpg", "images/text.jpg"], WHM, "A"), "corrupt-image", "no readable picture"),
        (record("i", ["images/a.jpg", "images/half.jpg"], WHM, "A"), "corrupt-image", "no readable picture"),
        (record("i", ["images/a.jpg", "images/empty.jpg"], WHM, "A"), "corrupt-image", "no readable picture"),
        (record("i", ["images/a.jpg", "images/bomb.png"], WHM, "A"), "enormous-image", "60000 × 60000"),
        (record("good", ["images/a.jpg"] * 2, WHM, "A"), "duplicate-id", "'good' is taken"),
        (record("i", ["images/a.jpg"] * 2, WHM), "conversation", "no reply"),
        (record("i", ["images/a.jpg"] * 2, WHM, "A", "more?", "B"), "conversation", "one question, not 2"),
        (record("i", ["images/a.jpg"] * 2, WHM.replace("(B)", "(C)"), "A"), "options-mismatch", "(A)(C)"),
        (
            record("i", ["images/a.jpg"] * 2, "<image><image> has more (A) the second image (B) the first image", "A"),
            "options-mismatch",
            "another order",
        ),
        (
            record("i", ["images/a.jpg"] * 2, "Touch the new image. (A) <image> (B) <image>", "A"),
            "task-mismatch",
            "memory",
        ),
        ("a text", "wrong-type", "not a text"),
        ({"id": "i"}, "wrong-type", "'image' is a list of paths, not missing"),
        (record("i", [3], WHM, "A"), "wrong-type", "'image'"),
        ({"id": True, "image": [], "conversations": []}, "wrong-type", "'id'"),
        (record("i", ["images/a.jpg"] * 2, WHM, "A", bb=[1, 2, "3", 4]), "wrong-type", "'bb'"),
        (record("i", ["images/a.jpg"] * 2, WHM, "A", labels=["shoe"]), "wrong-type", "'labels'"),
        (record("i", ["images/a.jpg"] * 2, WHM, "A", notes=[]), "wrong-type", "'notes'"),
        (record("i\ud800", ["images/a.jpg"] * 2, WHM, "A"), "wrong-type", "cannot be kept"),
    ],
)
def test_each_mistake_is_a_clear_row_and_the_good_items_load_when_asked(
    tmp_path: Path, write: Write, entry: Any, code: str, says: str
) -> None:
    source = tmp_path / "source"
    name = "whohasmore_synthetic_test.json"
    write(source, {name: [record("good", ["images/a.jpg", "images/b.jpg"], WHM, "B")]})
    hostile(source)
    good = json.loads((source / name).read_bytes())
    (source / name).write_text(json.dumps([*good, entry]))
    problems = found_in(source, tmp_path)
    assert [problem.code for problem in problems if problem.code == code], problems
    named = next(problem for problem in problems if problem.code == code)
    assert says in named.message
    assert named.place.startswith(f"{name}: item 1")
    bank = import_devcv(source, tmp_path / "bank", options=KEEP)
    assert list(bank.items) == ["good"]
    assert bank.problems == tuple(problems)


def hostile(source: Path) -> None:
    """Put files beside the items that no import may fall for."""
    draw(source.parent / "secret.jpg", 1)
    (source / "link.jpg").symlink_to(source.parent / "secret.jpg")
    (source / "linked").symlink_to(source.parent)
    images = source / "images"
    (images / "text.jpg").write_text("no picture")
    (images / "empty.jpg").write_bytes(b"")
    draw(images / "whole.jpg", 5, (200, 200))
    whole = (images / "whole.jpg").read_bytes()
    (images / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (images / "bomb.png").write_bytes(png_bomb(60000, 60000))


def png_bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9000))
        + chunk(b"IEND", b"")
    )


def test_all_the_problems_of_an_item_and_of_all_items_come_at_once(tmp_path: Path, write: Write) -> None:
    rows = [
        record("a", ["images/a.jpg", "nowhere.jpg"], WHM, "Z"),
        record("a", ["/x.jpg", "../y.jpg"], WHM, "A"),
    ]
    source = write(tmp_path / "source", {"pv_test.json": published()["pv_test.json"]})
    (source / "whohasmore_real_test.json").write_text(json.dumps(rows))
    draw(source / "images" / "a.jpg", 3)
    (source / "localize_test.json").write_text('[\n {"id": 1,\n  "image": [,]}\n]')
    codes = [problem.code for problem in found_in(source, tmp_path)]
    assert codes == [
        "broken-json",
        *("missing-image", "answer-outside-choices"),
        *("duplicate-id", "path-outside", "path-outside"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b'[\n {"id": 1,,}]', "pv.json:2:11"),
        (b'[{"id": "\xff"}]', "pv.json"),
        (b"[NaN]", "pv.json"),
        (b'[{"id": "x", "image": ["a.jpg"]', "pv.json:1:32"),
        (b"[" * 100_000, "pv.json"),
        (b'{"trials": 3}', "pv.json"),
        (b"", "pv.json:1:1"),
    ],
)
def test_broken_files_are_named_with_their_place(tmp_path: Path, text: bytes, place: str) -> None:
    (tmp_path / "pv.json").write_bytes(text)
    (problem,) = found_in(tmp_path / "pv.json", tmp_path)
    assert problem.place == place
    assert problem.code in ("broken-json", "not-items")


def test_other_json_beside_the_items_is_left_alone(tmp_path: Path, write: Write) -> None:
    source = write(tmp_path / "source", {"pv_test.json": published()["pv_test.json"]})
    (source / "dataset_description.json").write_text('{"name": "x"}')
    (source / "numbers.json").write_text("[1, 2, 3]")
    assert len(import_devcv(source, tmp_path / "bank").items) == 2


def test_nothing_to_import_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        import_devcv(tmp_path / "gone", tmp_path / "bank")
    (tmp_path / "void").mkdir()
    with pytest.raises(UserError, match="no published item file"):
        import_devcv(tmp_path / "void", tmp_path / "bank")


def test_task_and_form_can_be_told(tmp_path: Path, write: Write) -> None:
    rows = [record("a", ["images/a.jpg", "images/b.jpg"], WHM, "A")]
    source = write(tmp_path / "source", {"shoes.json": rows})
    (problem,) = found_in(source, tmp_path)
    assert problem.code == "unknown-task"
    assert "which form of who_has_more" in problem.message
    told = ImportOptions(kinds=(parse_kind("shoes.json=who_has_more/naturalistic"),), split="train")
    bank = import_devcv(source, tmp_path / "bank", options=told)
    assert bank.card.counts == {"who_has_more/naturalistic": 1}
    assert bank.items["a"].provenance.split == "train"
    assert parse_kind("memory") == ("*", Kind("memory", "standard"))
    with pytest.raises(UserError, match="did you mean 'memory'"):
        parse_kind("memry")
    with pytest.raises(UserError, match="no form 'open'"):
        parse_kind("memory/open")


def test_limits_and_folders_can_be_told(tmp_path: Path, write: Write) -> None:
    rows = [record("a", ["a.jpg", "b.jpg"], WHM, "A")]
    source = write(tmp_path / "source", {"compare_count_real/x.json": rows})
    (tmp_path / "elsewhere").mkdir()
    for name in ("a.jpg", "b.jpg"):
        os.replace(source / "compare_count_real" / name, tmp_path / "elsewhere" / name)
    assert {problem.code for problem in found_in(source, tmp_path)} == {"missing-image"}
    small = Limits(pixels=24 * 18 - 1)
    found = found_in(source, tmp_path, images=tmp_path / "elsewhere", limits=small)
    assert {problem.code for problem in found} == {"enormous-image"}
    bank = import_devcv(source, tmp_path / "bank", options=ImportOptions(images=tmp_path / "elsewhere"))
    export_devcv(bank, tmp_path / "again")
    assert content(tmp_path / "again") == {"compare_count_real/x.json": rows}


def test_one_file_alone_is_imported(tmp_path: Path, write: Write) -> None:
    source = write(tmp_path / "source", published(), beside=False)
    path = source / "compare_count_synthetic" / "whohasmore_test.json"
    bank = import_devcv(path, tmp_path / "bank")
    assert bank.card.counts == {"who_has_more/synthetic": 1}
    assert Bank.open(tmp_path / "bank").card.source == "whohasmore_test.json"


def test_export_refuses_a_full_folder_and_paths_that_leave_it(tmp_path: Path, write: Write) -> None:
    bank = import_devcv(write(tmp_path / "source", published()), tmp_path / "bank")
    with pytest.raises(UserError, match="not empty"):
        export_devcv(bank, tmp_path)
    rows = (tmp_path / "bank" / "published.jsonl").read_text()
    (tmp_path / "bank" / "published.jsonl").write_text(rows.replace("images/comb_0.jpg", "../../evil.jpg"))
    with pytest.raises(UserError, match="leaves the folder"):
        export_devcv(bank, tmp_path / "again")
    assert not (tmp_path / "again").exists()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("<image>"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "image", "conversations", "from", "value", "labels", "bb", "notes", "x"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(values, max_size=4))
def test_garbage_is_never_a_traceback(tmp_path: Path, rows: list[Any]) -> None:
    path = tmp_path / "picture_vocabulary.json"
    path.write_text(json.dumps(rows))
    with contextlib.suppress(UserError):
        import_devcv(path, tmp_path / "bank", replace=True)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=60) | st.text(alphabet='[]{}",:<>imageidconversations\\u0d8', max_size=60).map(str.encode)
)
def test_garbage_bytes_are_never_a_traceback(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "picture_vocabulary.json"
    path.write_bytes(data)
    with contextlib.suppress(UserError):
        assert not import_devcv(path, tmp_path / "bank", replace=True).items
