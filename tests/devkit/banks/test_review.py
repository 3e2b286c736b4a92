"""People look at items: what the page shows and takes, two reviewers, and the bank that comes out."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.banks.export import export_devcv
from devkit.banks.review import ItemDesk, settle_items, subject_of, with_key, write_reviewed
from devkit.banks.store import Bank, BankWriter
from devkit.banks.validate import check_bank
from devkit.cli.root import run
from devkit.corpus.annotate.page import ReviewServer
from devkit.corpus.annotate.review import ReviewLog
from devkit.errors import UserError
from devkit.tasks.generation import generate_items
from tests.devkit.tasks.conftest import draw_pool

FORMS = (
    ("picture_vocabulary", "standard"),
    ("localization", "standard"),
    ("visual_delayed_response", "open"),
    ("memory", "standard"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pool, path = draw_pool(1), tmp_path_factory.mktemp("bank") / "b"
    with BankWriter(path) as writer:
        for code, form in FORMS:
            for item in generate_items(code, form, pool, writer, count=3, seed=1, prefix=code):
                writer.add_item(item)
    return path


@pytest.fixture
def bank(made: Path) -> Iterator[Bank]:
    yield Bank.open(made)
    (made / "review.jsonl").unlink(missing_ok=True)


def decide(desk: ItemDesk, item_id: str, verdict: str, **more: Any) -> str:
    return desk.decide({"subject": subject_of(desk.bank.items[item_id]), "verdict": verdict, **more})


def test_the_page_shows_an_item_and_takes_decisions(bank: Bank) -> None:
    server = ReviewServer(ItemDesk(bank, ReviewLog(bank.path), "AB"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base, _, key = server.address.partition("?key=")

    def get(path: str) -> bytes:
        with urllib.request.urlopen(f"{base}{path}{'&' if '?' in path else '?'}key={key}", timeout=60) as answer:
            return bytes(answer.read())

    try:
        now = json.loads(get("next"))
        assert (now["kind"], now["left"], now["all"], now["title"]) == ("item", 12, 12, "picture vocabulary / standard")
        (turn,) = now["turns"]
        assert "<image>" not in turn["prompt"]
        assert len(turn["choices"]) == 4
        assert get(f"picture?name={turn['choices'][0]['picture']}")[:4] == b"\x89PNG"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get("picture?name=../items.jsonl")
        body = json.dumps({"subject": now["subject"], "verdict": "accept", "note": "good"}).encode()
        with urllib.request.urlopen(f"{base}decide?key={key}", body, timeout=60) as answer:
            assert json.load(answer) == {"error": ""}
        assert json.loads(get("next"))["left"] == 11
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    (kept,) = ReviewLog(bank.path).decisions
    assert (kept.kind, kept.reviewer, kept.verdict, kept.note) == ("item", "AB", "accept", "good")
    assert kept.at.tzinfo is not None


def test_what_is_no_decision_is_refused(bank: Bank) -> None:
    desk = ItemDesk(bank, ReviewLog(bank.path), "AB")
    right = bank.items["picture_vocabulary_00000"].turns[0].target
    assert desk.decide({"subject": "gone", "verdict": "accept"}) == desk.decide(["accept"]) == "there is no such item"
    for more in ({}, {"target": 4}):
        assert decide(desk, "picture_vocabulary_00000", "correct", **more) == "there is no such answer"
    for more in ({"verdict": "maybe"}, {"verdict": "accept", "target": -1}, {"verdict": "accept", "surprise": 1}):
        assert decide(desk, "picture_vocabulary_00000", **more) == "this is no decision"
    assert "accept it" in decide(desk, "picture_vocabulary_00000", "correct", target=right)
    assert "reject the item" in decide(desk, "memory_00000", "correct", target=0)
    assert not (bank.path / "review.jsonl").exists()


def test_two_reviewers_decide_what_stays(bank: Bank, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = ReviewLog(bank.path)
    desks = [ItemDesk(bank, log, who) for who in ("AB", "CD")]
    other = (bank.items["picture_vocabulary_00001"].turns[0].target + 1) % 4
    for desk in desks:
        assert decide(desk, "picture_vocabulary_00000", "accept") == ""
        assert decide(desk, "picture_vocabulary_00001", "correct", target=other) == ""
        assert decide(desk, "memory_00000", "reject", note="blurred") == ""
    assert decide(desks[0], "memory_00001", "accept") == decide(desks[1], "memory_00001", "reject") == ""
    settled = settle_items(bank, ReviewLog(bank.path))
    assert settled.counts == {"accepted": 1, "corrected": 1, "rejected": 1, "disputed": 1, "open": 8}
    assert run(["bank", "agreement", str(bank.path)]) == 0
    assert "AB and CD: 4 in common, 75% the same" in capsys.readouterr().out
    assert run(["bank", "reviewed", str(bank.path), "--out", str(tmp_path / "r")]) == 1
    assert "disputed         1" in capsys.readouterr().out
    again = Bank.open(tmp_path / "r")
    assert list(again.items) == ["picture_vocabulary_00000", "picture_vocabulary_00001"]
    assert again.items["picture_vocabulary_00000"] == bank.items["picture_vocabulary_00000"]
    assert again.items["picture_vocabulary_00001"].turns[0].target == other
    assert check_bank(again) == []
    assert again.card.made_with["reviewed"]["bank"] == bank.digest
    told = {problem.place: problem for problem in again.problems}
    assert len(told) == 10
    assert told["memory_00000"].message == "rejected by AB, CD in review: blurred; blurred"
    third = ItemDesk(bank, ReviewLog(bank.path), "EF")
    assert third.next()["left"] == 9  # all that is open, and the one that is disputed
    assert decide(third, "memory_00001", "accept") == ""
    assert settle_items(bank, third.log).counts["accepted"] == 2
    with pytest.raises(UserError, match="keeps its items"):
        write_reviewed(bank, bank.path, settled, replace=True)


def test_another_key_leaves_an_item_whole(bank: Bank) -> None:
    named = bank.items["picture_vocabulary_00000"]
    old, new = named.turns[0].target, (named.turns[0].target + 2) % 4
    changed = with_key(named, new)
    assert [choice.media for choice in changed.turns[0].choices] == [c.media for c in named.turns[0].choices]
    assert changed.turns[0].choices[new].label == named.word
    assert changed.turns[0].choices[new].role == "target"
    assert changed.turns[0].choices[old] == named.turns[0].choices[new].model_copy(
        update={"media": named.turns[0].choices[old].media}
    )
    for code, column in (("localization", "quadrant"), ("visual_delayed_response", "direction")):
        item = bank.items[f"{code}_00000"]
        place = (item.turns[0].target + 1) % len(item.turns[0].choices)
        changed = with_key(item, place)
        assert changed.difficulty[column] == item.turns[0].choices[place].label
        assert [choice.role for choice in changed.turns[0].choices].count("target") == 1
        assert changed.turns[0].choices[place].role == "target"
        assert type(item).model_validate_json(changed.model_dump_json()) == changed


def test_decisions_stay_with_what_was_seen(bank: Bank, tmp_path: Path) -> None:
    log = ReviewLog(tmp_path)
    decide(ItemDesk(bank, log, "AB"), "memory_00000", "accept")
    item = bank.items["memory_00000"]
    bank.items["memory_00000"] = item.model_copy(update={"word": "other"})
    assert settle_items(bank, log).counts == {"open": 12}


def test_a_published_item_is_exported_with_its_new_key(tmp_path: Path) -> None:
    from devkit.banks.devcv import import_devcv

    pool = draw_pool(2)
    with BankWriter(tmp_path / "first") as writer:
        for item in generate_items("picture_vocabulary", "standard", pool, writer, count=2, seed=1, prefix="p"):
            writer.add_item(item)
    export_devcv(Bank.open(tmp_path / "first"), tmp_path / "published")
    bank = import_devcv(tmp_path / "published", tmp_path / "b")
    log = ReviewLog(bank.path)
    first, second = bank.items.values()
    other = (first.turns[0].target + 1) % 4
    desk = ItemDesk(bank, log, "AB")
    assert decide(desk, first.item_id, "correct", target=other) == decide(desk, second.item_id, "accept") == ""
    again = write_reviewed(bank, tmp_path / "r", settle_items(bank, log))
    export_devcv(again, tmp_path / "out")
    (file,) = (tmp_path / "out").glob("*.json")
    rows = {row["id"]: row["conversations"][1]["value"] for row in json.loads(file.read_text())}
    assert rows == {first.item_id: "ABCD"[other], second.item_id: "ABCD"[second.turns[0].target]}


def test_review_says_what_it_cannot_do(bank: Bank, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["bank", "review", str(bank.path), "--reviewer"]
    assert run([*command, " "]) == 2
    assert run([*command, "AB", "--form", "memry"]) == 2
    assert "did you mean 'memory'" in capsys.readouterr().err
    assert run(["bank", "reviewed", str(bank.path), "--out", str(bank.path.parent / "none")]) == 2
    assert "no item was accepted" in capsys.readouterr().err
