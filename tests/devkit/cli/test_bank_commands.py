"""``devkit bank`` as a user meets it: output, exit status, one message a mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from devkit.cli.root import run

WHM = "Which image has more shoes? (A) <image> (B) <image>"


@dataclass
class Said:
    status: int
    out: str
    err: str


Devkit = Callable[..., Said]


@pytest.fixture
def devkit(capsys: pytest.CaptureFixture[str]) -> Devkit:
    def call(*arguments: object) -> Said:
        status = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return call


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a published file with two items."""
    folder = tmp_path / "published"
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(2):
        names = [f"images/{number}{side}.png" for side in "ab"]
        for shade, name in enumerate(names):
            Image.new("RGB", (9 + number, 8), (100 * shade, number, 7)).save(folder / name)
        talk = [{"from": "human", "value": WHM}, {"from": "gpt", "value": "AB"[number]}]
        rows.append({"id": f"w{number}", "image": names, "conversations": talk})
    (folder / "whohasmore_naturalistic_test.json").write_text(json.dumps(rows))
    return folder


@pytest.fixture
def bank(source: Path, tmp_path: Path, devkit: Devkit) -> Path:
    assert devkit("bank", "import", source, "--out", tmp_path / "bank").status == 0
    return tmp_path / "bank"


def test_import_says_what_it_made(source: Path, tmp_path: Path, devkit: Devkit) -> None:
    said = devkit("bank", "import", source, "--out", tmp_path / "b", "--name", "shoes")
    assert said.status == 0
    assert said.out.startswith("shoes: 2 items, 4 files")
    assert "who_has_more/naturalistic" in said.out
    card = json.loads(devkit("bank", "import", source, "--out", tmp_path / "c", "--json").out)
    assert card["items"] == 2


def test_import_names_every_problem_and_keeps_the_good_when_asked(source: Path, tmp_path: Path, devkit: Devkit) -> None:
    (source / "images" / "0a.png").unlink()
    said = devkit("bank", "import", source, "--out", tmp_path / "b")
    assert said.status == 2
    assert said.err.count("devkit: ") == 1
    assert "whohasmore_naturalistic_test.json: item 0 'w0': there is no file 'images/0a.png'" in said.err
    kept = devkit("bank", "import", source, "--out", tmp_path / "b", "--keep-good")
    assert kept.status == 0
    assert "b: 1 items" in kept.out
    assert "left out: whohasmore" in kept.out


def test_export_and_import_again_give_the_same(bank: Path, source: Path, tmp_path: Path, devkit: Devkit) -> None:
    said = devkit("bank", "export", bank, "--out", tmp_path / "out")
    assert said.status == 0
    (name,) = said.out.split()
    assert json.loads(Path(name).read_text()) == json.loads((source / Path(name).name).read_text())
    assert devkit("bank", "export", bank, "--out", tmp_path / "out").status == 2
    assert devkit("bank", "export", bank, "--out", tmp_path / "x", "--layout", "round").status == 2


def test_show_and_check(bank: Path, devkit: Devkit) -> None:
    assert "2 items" in devkit("bank", "show", bank).out
    assert json.loads(devkit("bank", "show", bank, "--json").out)["counts"] == {"who_has_more/naturalistic": 2}
    assert json.loads(devkit("bank", "show", bank, "--item", "w1").out)["word"] == "shoe"
    missing = devkit("bank", "show", bank, "--item", "w7")
    assert missing.status == 2
    assert "there is no item 'w7'" in missing.err
    assert devkit("bank", "check", bank).status == 0
    next((bank / "media").rglob("*.png")).write_bytes(b"x")
    said = devkit("bank", "check", bank, "--json")
    assert said.status == 1
    assert json.loads(said.out)["problems"][0]["code"] == "changed-media"


def test_audit_exits_1_when_something_is_found(bank: Path, source: Path, tmp_path: Path, devkit: Devkit) -> None:
    clean = devkit("bank", "audit", bank, "--html", tmp_path / "a.html")
    assert clean.status == 0
    assert "Nothing was found" in clean.out
    assert "<h1>Audit of bank</h1>" in (tmp_path / "a.html").read_text()
    short = devkit("bank", "audit", bank, "--context", "100", "--json")
    assert short.status == 1
    assert [row["check"] for row in json.loads(short.out)["results"] if row["status"] == "defect"] == [
        "context-overflow"
    ]
    shared = devkit("bank", "audit", bank, "--against", bank)
    assert shared.status == 1
    assert "shared-pictures" in shared.out


def test_published_copies_fail_the_audit_unless_they_are_allowed(tmp_path: Path, devkit: Devkit) -> None:
    (tmp_path / "s" / "images").mkdir(parents=True)
    for name, shade in (("q", 5), ("m", 90), ("n", 180)):
        Image.new("RGB", (8, 8), (shade, 0, 0)).save(tmp_path / "s" / "images" / f"{name}.png")
    images = [f"images/{name}.png" for name in "qqmn"]
    question = "<image> Which of the following is the same as this? (A) <image> (B) <image> (C) <image>"
    talk = [{"from": "human", "value": question}, {"from": "gpt", "value": "A"}]
    rows = [{"id": "lr", "image": images, "conversations": talk}]
    (tmp_path / "s" / "leftright_test.json").write_text(json.dumps(rows))
    assert devkit("bank", "import", tmp_path / "s", "--out", tmp_path / "b").status == 0
    assert devkit("bank", "audit", tmp_path / "b").status == 1
    assert devkit("bank", "audit", tmp_path / "b", "--allow-expected").status == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("import", "GONE", "--out", "OUT"), "no such file or folder"),
        (("import", "SOURCE", "--out", "OUT", "--kind", "magic"), "there is no kind 'magic'"),
        (("import", "SOURCE", "--out", "OUT", "--split", "tset"), "there is no split 'tset'"),
        (("import", "SOURCE", "--out", "OUT", "--as", "memry"), "did you mean 'memory'"),
        (("import", "SOURCE", "--out", "OUT", "--kind", "visual-precision"), "not the visual-precision study"),
        (("import", "SOURCE"), "--out"),
        (("build", "GONE", "--out", "OUT"), "no finished training data"),
        (("build", "GONE", "--out", "OUT", "--count", "many"), "--count"),
        (("show", "GONE"), "no such bank"),
        (("audit", "GONE"), "no such bank"),
        (("export", "SOURCE", "--out", "OUT"), "not a finished bank"),
    ],
)
def test_a_mistake_is_one_message(
    source: Path, tmp_path: Path, devkit: Devkit, arguments: tuple[str, ...], says: str
) -> None:
    places = {"GONE": tmp_path / "gone", "OUT": tmp_path / "out", "SOURCE": source}
    said = devkit("bank", *(places.get(argument, argument) for argument in arguments))
    assert said.status == 2
    assert says in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()
