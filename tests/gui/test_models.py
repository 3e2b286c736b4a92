"""Models: what the page lists of a lab, takes in, runs a protocol on, and shows of a training that goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from devkit.lab import Lab
from devkit.shelf import Burden, Gpu, Means, Shelved
from gui.bench import Bench
from gui.pages.models.log import MOST_POINTS, TrainingLog
from gui.pages.models.page import ModelsPage
from gui.pages.models.training import machine_lines
from gui.sample import sample_run
from gui.window import MainWindow

LONG = 120_000


def _page(window: MainWindow, bench: Bench, path: Path, qtbot: QtBot) -> ModelsPage:
    bench.open_lab(path)
    window.go("models")
    page = window.pages["models"]
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: not bench.work.busy and not bench.aside.busy, timeout=LONG)
    return page


def test_checkpoints_are_listed_with_step_hours_and_digest(
    window: MainWindow, bench: Bench, lab: Lab, qtbot: QtBot
) -> None:
    sample_run(lab.path / "models" / "run")
    page = _page(window, bench, lab.path, qtbot)
    qtbot.waitUntil(lambda: page.table.shown == 3, timeout=LONG)
    first = page.rows.objects[0]
    assert (first.step, first.hours_seen, first.kind, len(first.digest)) == (50, 0.5, "babyvlm", 64)
    page.table.view.selectRow(2)
    assert [one.step for one in page.running.chosen] == [650]
    page.tabs.setCurrentIndex(1)
    page.training.curves.setCurrentIndex(page.training.curves.findText("run"))
    qtbot.waitUntil(lambda: len(page.training.views) == 3, timeout=LONG)
    assert "650" in page.training.views[2].plot.title


def test_a_server_is_taken_in_and_its_key_is_kept_nowhere(
    window: MainWindow, bench: Bench, lab: Lab, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_MODEL_KEY", raising=False)
    page = _page(window, bench, lab.path, qtbot)
    page.show_adding()
    adding = page.adding
    adding.source.setText("https://models.example.org/v1")
    adding.model.setText("large")
    adding.variable.setText("sk-secret-1")
    adding.take_in()
    qtbot.waitUntil(lambda: adding.job is None, timeout=LONG)
    assert "environment variable" in adding.wrong.text()
    assert "secret" not in adding.wrong.text()
    adding.variable.setText("TEST_MODEL_KEY")
    adding.take_in()
    qtbot.waitUntil(lambda: page.table.shown == 1, timeout=LONG)
    note = json.loads((lab.path / "models" / "models.example.org.model.json").read_text())
    assert (note["key_variable"], note["model"]) == ("TEST_MODEL_KEY", "large")
    qtbot.waitUntil(lambda: bool(page.table.keys()), timeout=LONG)  # what was taken in is chosen
    assert page.running.fields.isRowVisible(3)
    assert "TEST_MODEL_KEY" in page.rows.objects[0].problem


def test_a_protocol_runs_on_what_is_chosen_yoked_to_a_child(
    window: MainWindow, bench: Bench, study: Path, qtbot: QtBot
) -> None:
    page = _page(window, bench, study, qtbot)
    running = page.running
    qtbot.waitUntil(lambda: running.yoke.count() == 3 and running.protocol.count() > 3, timeout=LONG)
    running.show_models([Shelved(name="guesser", kind="babyvlm", respondent="chance", place="none")])
    running.yoke.setCurrentIndex(1)
    assert running.protocol.currentData() == "glimpse"
    assert not running.protocol.isEnabled()
    running.run()
    qtbot.waitUntil(lambda: running.job is None, timeout=LONG)
    assert running.result.isVisibleTo(running), running.result.text()
    session, _, _ = str(running.yoke.currentData()).partition(" ")
    lab = Lab.open(study)
    theirs = lab.read_session(session).trials
    mine = lab.read_session(next(s.session_id for s in lab.sessions() if s.respondent_code == "chance")).trials
    assert [t.item_id for t in mine if t.attempt == 1] == [t.item_id for t in theirs if t.attempt == 1]
    assert [t.choice_order for t in mine] == [t.choice_order for t in theirs if t.attempt == 1]


def test_a_training_that_cannot_begin_says_why(
    window: MainWindow, bench: Bench, lab: Lab, qtbot: QtBot, tmp_path: Path
) -> None:
    page = _page(window, bench, lab.path, qtbot)
    page.tabs.setCurrentIndex(1)
    training = page.training
    assert not training.begin.isEnabled()
    training.data.setText(str(tmp_path / "nothing"))
    training.name.setText("first")
    training.config.setCurrentText("tinny")
    training.train()
    qtbot.waitUntil(lambda: training.job is None, timeout=LONG)
    assert "tiny" in training.told.text()


def test_curves_grow_with_the_log(window: MainWindow, bench: Bench, lab: Lab, qtbot: QtBot, tmp_path: Path) -> None:
    page = _page(window, bench, lab.path, qtbot)
    page.tabs.setCurrentIndex(1)
    run = tmp_path / "run"
    run.mkdir()
    page.training.follow(run)
    log = run / "log.jsonl"
    log.write_text('{"step": 1, "stage": "vision", "loss": 3.5}\n{"step": 2, "sta')
    qtbot.waitUntil(lambda: len(page.training.views) == 1, timeout=LONG)
    assert "3.5" in page.training.views[0].plot.title
    with log.open("a") as file:
        file.write('ge": "vision", "loss": 2.25}\n{"step": 3, "stage": "language", "loss": 7}\n')
    qtbot.waitUntil(lambda: len(page.training.views) == 2, timeout=LONG)
    assert "2.25" in page.training.views[0].plot.title
    page.training.rest()


def test_a_log_is_thinned_and_read_again_after_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = TrainingLog(tmp_path)
    assert not log.read()
    rows = [json.dumps({"step": step, "stage": "joint", "loss": 1 / step}) for step in range(1, 2501)]
    path.write_text("\n".join(rows) + "\nno json\n")
    assert log.read()
    stage = log.stages["joint"]
    assert len(stage.points) <= MOST_POINTS
    assert stage.last == (2500, 1 / 2500)
    assert not log.read()
    path.unlink()
    path.write_text("\n".join(rows[:10]) + "\n")
    assert log.read()
    assert log.stages["joint"].last[0] == 10


def test_the_machine_is_told_in_words() -> None:
    burdens = (
        Burden(config="tiny", parameters=1, memory_gib=0.1, hours=0.2, fits=True),
        Burden(config="small", parameters=1, memory_gib=2, hours=30, fits=True),
        Burden(config="base", parameters=1, memory_gib=80, hours=900, fits=False),
    )
    without = Means(gpus=(), cores=2, memory_gib=8, operations_per_s=1e11, burdens=burdens)
    lines = machine_lines(without)
    assert "No GPU" in lines[0][0]
    assert [level for _, level in lines] == ["caution", "", "caution", "wrong"]
    assert "12 min" in lines[1][0]
    with_gpu = Means(gpus=(Gpu(name="H100", memory_gib=80),), cores=2, memory_gib=8, operations_per_s=1e15)
    assert "H100" in machine_lines(with_gpu)[0][0]
