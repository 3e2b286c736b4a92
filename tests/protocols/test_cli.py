"""``devkit protocol`` and ``devkit run``, as a user meets them: output, exit status, one message for each mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from devkit.banks.store import BankWriter
from devkit.cli.root import run
from devkit.lab import Lab
from devkit.pool import MediaSink
from protocols import library
from protocols.plan import Plan

PATTERN = "protocol: small\nversion: 1\ntitle: Small\nblocks:\n  - {task: picture_vocabulary, items: {sample: 6}}\n"


@pytest.fixture(scope="module")
def bank_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank on the disk: ten Picture Vocabulary items with plain coloured pictures."""
    from devkit.items import Choice, Item, Turn

    def picture(sink: MediaSink, number: int) -> str:
        return sink.add(Image.new("RGB", (8, 8), (number * 5 % 256, number // 50 * 40, 90)))

    folder = tmp_path_factory.mktemp("banks") / "plain"
    with BankWriter(folder, name="plain", source="drawn for tests") as writer:
        for number in range(10):
            choices = tuple(Choice(label=f"n{k}", media=picture(writer, number * 4 + k)) for k in range(4))
            prompt = f"Touch the image of 'n{number % 4}' (A)<image> (B)<image> (C)<image> (D)<image>"
            turn = Turn(prompt=prompt, choices=choices, target=number % 4)
            item = Item(item_id=f"i{number}", task="picture_vocabulary", form="standard", turns=(turn,), word="n")
            writer.add_item(item)
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(PATTERN, encoding="utf-8")
    return file


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run a command; return its exit status, output and error output."""
    capsys.readouterr()
    status = run([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_library_is_listed_and_good(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "protocol", "list", "--json")
    assert status == 0
    assert [row["name"] for row in json.loads(out)] == list(library.names())
    status, out, _ = said(capsys, "protocol", "check", *library.names())
    assert status == 0
    assert out.count(": good") == len(library.names())


def test_check_tells_every_mistake_and_exits_with_2(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small.write_text(PATTERN.replace("title", "titel").replace("sample: 6", "sample: six"), encoding="utf-8")
    status, _, err = said(capsys, "protocol", "check", small)
    assert status == 2
    assert f"{small}:3:1: there is no key 'titel' here (did you mean 'title'?)" in err
    assert f"{small}:5:48: sample must be a whole number, not 'six' (one of all)" in err
    assert len(err.strip().splitlines()) == 3
    status, out, _ = said(capsys, "protocol", "check", small, "--json")
    assert status == 2
    assert {problem["code"] for problem in json.loads(out)["problems"]} >= {"unknown-key", "missing-key"}


@pytest.mark.parametrize(
    "words",
    [
        ("protocol", "check", "nowhere.yaml"),
        ("protocol", "check", "batery"),
        ("protocol", "plan", "battery", "--respondent", "A", "--bank", "nowhere"),
        ("protocol", "pilot", "nowhere.yaml"),
        ("protocol", "pilot", "battery", "--ages", "old"),
        ("protocol", "pilot", "battery", "-n", "1"),
        ("protocol", "pilot", "battery", "-n", "many"),
        ("run", "battery", "--lab", "nowhere", "--bank", "nowhere", "--respondent", "chance"),
        ("run", "battery", "--lab", "nowhere", "--bank", "nowhere", "--respondent", "chnce"),
        ("run", "battery", "--lab", "nowhere", "--bank", "nowhere"),
    ],
)
def test_a_users_mistake_is_one_message_and_exit_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = said(capsys, *words)
    assert status == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("devkit: ")


def test_a_bad_protocol_file_is_a_users_mistake_elsewhere(
    small: Path, lab: Lab, bank_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small.write_text("a: [1", encoding="utf-8")
    words = ("run", small, "--lab", lab.path, "--bank", bank_folder, "--respondent", "chance")
    status, _, err = said(capsys, *words)
    assert (status, err) == (2, f"devkit: {small}:1:6: expected ',' or ']', but got '<stream end>'\n")


def test_plan_prints_and_writes(
    small: Path, bank_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("protocol", "plan", small, "--respondent", "C1", "--seed", "3", "--bank", bank_folder)
    status, out, _ = said(capsys, *words, "--out", tmp_path / "plan.json")
    assert status == 0
    plan = Plan.from_json((tmp_path / "plan.json").read_bytes())
    assert plan.digest in out
    assert len(out.strip().splitlines()) == 2 + 6
    assert Plan.from_json(said(capsys, *words, "--json")[1]) == plan


def test_run_records_each_respondent_and_yokes(
    small: Path, lab: Lab, bank_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ("run", small, "--lab", lab.path, "--bank", bank_folder)
    wanted = ("--respondent", "simulated:ages=20-40,n=2", "--respondent", "chance", "--respondent", "text_only")
    status, out, _ = said(capsys, *base, *wanted, "--json")
    assert status == 0
    rows = json.loads(out)
    assert [row["reason"] for row in rows] == ["completed"] * 4
    sessions = {session.respondent_code: session for session in lab.sessions()}
    assert sessions["chance"].plan_digest == sessions["text_only"].plan_digest
    child = rows[0]["session_id"]
    status, out, _ = said(capsys, *base, "--respondent", "position_only", "--yoke", child, "--json")
    assert status == 0
    followed, led = (lab.read_session(i).trials for i in (json.loads(out)[0]["session_id"], child))
    assert [(r.item_id, r.choice_order) for r in followed] == [(r.item_id, r.choice_order) for r in led]
    status, _, err = said(capsys, *base, "--respondent", "chance", "--yoke", "nonsense")
    assert status == 2
    assert "no session id" in err


def test_an_interrupted_run_is_taken_up_by_the_same_command(
    small: Path, lab: Lab, bank_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from protocols.simulation import SimulatedChild

    base = ("run", small, "--lab", lab.path, "--bank", bank_folder, "--respondent", "simulated:30,code=Kim")
    answer, asked = SimulatedChild.answer, []

    def breaking(self, turn, history):  # type: ignore[no-untyped-def]
        asked.append(turn)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return answer(self, turn, history)

    with monkeypatch.context() as patch:
        patch.setattr(SimulatedChild, "answer", breaking)
        status, _, err = said(capsys, *base)
    assert status == 130
    assert "kept" in err
    status, out, _ = said(capsys, *base, "--json")
    assert status == 0
    row = json.loads(out)[0]
    assert (row["resumed"], row["test_trials"]) == (True, 6)
    assert len(lab.sessions()) == 1
    assert json.loads(said(capsys, *base, "--json")[1])[0]["resumed"] is False


def test_pilot_needs_no_bank(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "protocol", "pilot", small, "-n", "4")
    assert status == 0
    assert "picture_vocabulary/standard  6 of 6" in out
    status, out, _ = said(capsys, "protocol", "pilot", small, "-n", "4", "--json")
    assert json.loads(out)["children"] == 4


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "protocol", "schema")
    assert status == 0
    assert json.loads(out)["title"] == "devkit protocol"
