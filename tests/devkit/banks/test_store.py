from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from devkit.banks import Bank, BankWriter
from devkit.errors import Problem, UserError
from devkit.ids import digest_file
from devkit.items import Choice, Item, SpokenPrompt, Turn


def picture(shade: int) -> Image.Image:
    return Image.new("RGB", (8, 6), (shade, 10, 20))


def pair(writer: BankWriter, item_id: str, shade: int = 0) -> Item:
    left, right = writer.add(picture(shade)), writer.add(picture(shade + 1), lossless=False)
    choices = (Choice(label="ball", media=left, role="target"), Choice(label="cat", media=right))
    turn = Turn(prompt="(A) <image> (B) <image>", choices=choices, target=0)
    return Item(item_id=item_id, task="looking_while_listening", form="standard", turns=(turn,), word="ball")


def test_written_items_come_back_equal_and_in_order(tmp_path: Path) -> None:
    with BankWriter(tmp_path / "b", name="toys", source="here", made_with={"seed": 3}) as writer:
        items = [pair(writer, f"i{n}", n * 10) for n in (3, 1, 2)]
        for item in items:
            writer.add_item(item)
    bank = Bank.open(tmp_path / "b")
    assert list(bank.items.values()) == items
    assert bank.name == "toys"
    assert bank.card.counts == {"looking_while_listening/standard": 3}
    assert bank.card.media == 6
    assert bank.card.made_with == {"seed": 3}
    assert bank.of("looking_while_listening", "standard") == items
    assert bank.of("memory") == []


def test_media_are_named_by_their_bytes_and_stored_once(tmp_path: Path) -> None:
    sound = tmp_path / "say.OGG"
    sound.write_bytes(b"OggS not really")
    with BankWriter(tmp_path / "b") as writer:
        first, second = writer.add(picture(1)), writer.add(picture(1))
        spoken = writer.add_file(sound)
        item = pair(writer, "a", 1).model_copy(update={"spoken": (SpokenPrompt(media=spoken, word_onset_ms=900.0),)})
        writer.add_item(item)
    assert first == second
    bank = Bank.open(tmp_path / "b")
    for digest in bank.items["a"].media():
        assert digest_file(bank.path_of(digest)) == digest
    assert bank.path_of(spoken).read_bytes() == sound.read_bytes()
    assert bank.path_of(spoken).suffix == ".ogg"
    with pytest.raises(UserError, match="no file"):
        bank.path_of("0" * 64)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with BankWriter(tmp_path / name, name="same") as writer:
            writer.add_item(pair(writer, "a"))
    one, two = (
        {f.relative_to(tmp_path / n): f.read_bytes() for f in (tmp_path / n).rglob("*") if f.is_file()}
        for n in ("one", "two")
    )
    assert one == two


def test_an_interrupted_bank_is_no_bank_and_can_be_made_again(tmp_path: Path) -> None:
    writer = BankWriter(tmp_path / "b")
    writer.add_item(pair(writer, "a", 7))
    writer.__exit__(RuntimeError, RuntimeError("pulled plug"), None)
    with pytest.raises(UserError, match="interrupted"):
        Bank.open(tmp_path / "b")
    with BankWriter(tmp_path / "b") as writer:
        writer.add_item(pair(writer, "z", 90))
    bank = Bank.open(tmp_path / "b")
    assert list(bank.items) == ["z"]
    assert len([f for f in (tmp_path / "b" / "media").rglob("*") if f.is_file()]) == 2


def test_a_bank_is_replaced_only_when_asked(tmp_path: Path) -> None:
    with BankWriter(tmp_path / "b") as writer:
        writer.add_item(pair(writer, "a"))
    with pytest.raises(UserError, match="bank already"):
        BankWriter(tmp_path / "b")
    with BankWriter(tmp_path / "b", replace=True) as writer:
        writer.add_item(pair(writer, "new"))
    assert list(Bank.open(tmp_path / "b").items) == ["new"]


def test_a_failed_replacement_leaves_the_old_bank_whole_and_nothing_new(tmp_path: Path) -> None:
    with BankWriter(tmp_path / "b") as writer:
        writer.add_item(pair(writer, "a"))
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    mistake = UserError("broken JSON")
    for target in (tmp_path / "b", tmp_path / "fresh"):
        writer = BankWriter(target, replace=True)
        writer.add_item(pair(writer, "a2", 100))
        writer.__exit__(UserError, mistake, None)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    assert not (tmp_path / "fresh").exists()
    assert list(Bank.open(tmp_path / "b").items) == ["a"]


def test_a_folder_with_other_things_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(UserError, match="not empty"):
        BankWriter(tmp_path, replace=True)
    with pytest.raises(UserError, match="a file where"):
        BankWriter(tmp_path / "thesis.docx")
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_mistakes_of_the_caller_are_named(tmp_path: Path) -> None:
    with BankWriter(tmp_path / "b") as writer:
        writer.add_item(pair(writer, "a"))
        with pytest.raises(UserError, match="two items are called 'a'"):
            writer.add_item(pair(writer, "a", 50))
        choices = (Choice(label="x", media="0" * 64),)
        stray = Item(
            item_id="s", task="memory", form="standard", turns=(Turn(prompt="<image>", choices=choices, target=0),)
        )
        with pytest.raises(ValueError, match="not added"):
            writer.add_item(stray)


def test_problems_are_kept_in_the_bank(tmp_path: Path) -> None:
    problem = Problem("missing-image", "no file a.jpg", "x.json: item 3", "look again")
    with BankWriter(tmp_path / "b") as writer:
        writer.add_problem(problem)
    assert Bank.open(tmp_path / "b").problems == (problem,)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("items.jsonl", "{}\n", "not those the bank was written with"),
        ("bank.json", "{", "bank.json"),
        ("bank.json", '{"name": "x"}', "digest"),
    ],
)
def test_damage_is_one_clear_message(tmp_path: Path, name: str, text: str, message: str) -> None:
    with BankWriter(tmp_path / "b") as writer:
        writer.add_item(pair(writer, "a"))
    (tmp_path / "b" / name).write_text(text)
    with pytest.raises(UserError, match=message):
        Bank.open(tmp_path / "b")


def test_a_card_that_fits_bad_items_still_gives_a_user_error(tmp_path: Path) -> None:
    from devkit.ids import digest_bytes

    with BankWriter(tmp_path / "b") as writer:
        writer.add_item(pair(writer, "a"))
    data = b'{"item_id": ""}\n'
    (tmp_path / "b" / "items.jsonl").write_bytes(data)
    card = json.loads((tmp_path / "b" / "bank.json").read_text())
    (tmp_path / "b" / "bank.json").write_text(json.dumps(card | {"digest": digest_bytes(data)}))
    with pytest.raises(UserError, match=r"items\.jsonl:1"):
        Bank.open(tmp_path / "b")


def test_there_is_no_bank(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such bank"):
        Bank.open(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"has a bank\.json"):
        Bank.open(tmp_path)
