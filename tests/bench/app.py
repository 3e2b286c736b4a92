"""The app on a large lab: start, memory, and stalls of the event loop, each beside the obvious alternative.

A lab of 200 participants and 100,000 trials is made in a folder that is kept (``--lab FOLDER``) or thrown away. Start
is from the command to the first turn of the event loop with the window shown, warm, against importing pandas and torch
at start as a single-process app would. Stalls are gaps between the turns of a 5 ms timer while the table of trials is
scrolled, filtered and sorted, against the same rows in a QStandardItemModel behind a QSortFilterProxyModel.

    python tests/bench/app.py [--runs 5] [--lab FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PARTICIPANTS, TRIALS = 200, 500
ACTIONS = 120
READY_S = 120


def make_lab(path: Path) -> None:
    """Make the lab; a minute or so."""
    from devkit.ids import uuid7
    from devkit.lab import Lab
    from devkit.records import SessionEnd
    from gui.sample import sample_lab

    sample_lab(path, children=1)
    lab = Lab.open(path)
    past = lab.read_session(lab.sessions()[0].session_id)
    for number in range(PARTICIPANTS):
        code = f"B{number:03d}"
        lab.participants.add(code, languages=("en",), consent="2")
        header = past.header.model_copy(update={"session_id": uuid7(), "respondent_code": code})
        trials = []
        for index in range(TRIALS):
            one = past.trials[index % len(past.trials)]
            changes = {
                "session_id": header.session_id,
                "trial_id": uuid7(),
                "trial_index": index,
                "rt_ms": index * 7.3 % 4001,
            }
            trials.append(
                one.model_copy(update={**changes, "respondent_code": code, "item_id": f"item-{index * 13 % 997}"})
            )
        end = SessionEnd(session_id=header.session_id, ended_at=header.started_at, reason="completed")
        lab.add_session(header, trials, end=end)
    lab.rebuild()


def start_time(lab: Path, heavy: str = "") -> float:
    """Return seconds from the command to a usable window."""
    code = f"{heavy}from pathlib import Path; from gui.app import start; start(Path({str(lab)!r}))"
    environment = {**os.environ, "DEVKIT_GUI_READY": "1", "QT_QPA_PLATFORM": "offscreen", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryDirectory() as settings:
        environment["DEVKIT_SETTINGS"] = settings
        begun = time.perf_counter()
        command = [sys.executable, "-c", code] if heavy else [sys.executable, "-m", "devkit", "gui", str(lab)]
        app = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert app.stdout is not None
        app.stdout.readline()
        seconds = time.perf_counter() - begun
        app.kill()
        app.wait()
    return seconds


def measure(lab: Path, kind: str) -> dict[str, float]:
    """Return stalls and memory of one run, in a process of its own."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with tempfile.TemporaryDirectory() as settings:
        environment["DEVKIT_SETTINGS"] = settings
        done = subprocess.run(
            [sys.executable, __file__, "--measure", kind, "--lab", str(lab)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    return json.loads(done.stdout.splitlines()[-1])


def table_run(lab: Path, kind: str) -> dict[str, float]:
    """Scroll, filter and sort; return percentiles of the gaps between timer turns, and the memory."""
    import psutil
    from PySide6.QtCore import Qt, QTimer

    from gui import theme
    from gui.app import application
    from gui.bench import Bench
    from gui.window import MainWindow

    app = application()
    bench = Bench()
    theme.look.use("light")
    bench.open_lab(lab)
    window = MainWindow(bench)
    window.show()
    window.go("trials")
    page = window.pages["trials"]
    end = time.monotonic() + 60
    while page.table.shown < PARTICIPANTS * TRIALS and time.monotonic() < end:
        app.processEvents()
    view, search = page.table.view, page.table.search.textChanged
    if kind == "standard":
        view, search = _standard(bench, page)
    gaps: list[float] = []
    last = [time.perf_counter()]

    def turn() -> None:
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer(interval=5)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(turn)
    timer.start()
    for number in range(ACTIONS):
        if number % 12 == 5:
            view.sortByColumn(number // 12 % 11, Qt.SortOrder(number // 12 % 2))
        elif number % 12 == 11:
            search.emit("") if kind == "standard" else page.table.search.setText(
                f"item-{number}" if number % 24 == 11 else ""
            )
            if kind == "standard":
                view.model().setFilterFixedString(f"item-{number}" if number % 24 == 11 else "")
        else:
            bar = view.verticalScrollBar()
            bar.setValue((number * 7919) % max(1, bar.maximum()))
        until = time.perf_counter() + 0.12
        while time.perf_counter() < until:
            app.processEvents()
            time.sleep(0.001)
    timer.stop()
    gaps.sort()
    found = {
        "p99.9 ms": 1000 * gaps[min(len(gaps) - 1, int(len(gaps) * 0.999))],
        "worst ms": 1000 * gaps[-1],
        "memory MB": psutil.Process().memory_info().rss / 1e6,
    }
    window.close()
    return found


def _standard(bench: object, page: object) -> tuple[object, object]:
    """Put the same rows into a QStandardItemModel, as one would without further thought."""
    from PySide6.QtCore import QSortFilterProxyModel
    from PySide6.QtGui import QStandardItem, QStandardItemModel
    from PySide6.QtWidgets import QTableView

    sources = ", ".join(column.source for column in page.rows.columns)
    with bench.lab.index.connect() as connection:
        rows = connection.execute(f"SELECT {sources} FROM trials").fetchall()
    model = QStandardItemModel(page)
    for values in rows:
        model.appendRow([QStandardItem("" if value is None else str(value)) for value in values])
    proxy = QSortFilterProxyModel(page)
    proxy.setFilterKeyColumn(-1)
    proxy.setSourceModel(model)
    view = QTableView(page)
    view.setModel(proxy)
    view.resize(900, 600)
    view.show()
    return view, page.table.search.textChanged


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--lab", type=Path)
    options.add_argument("--measure", choices=("app", "standard"))
    chosen = options.parse_args()
    if chosen.measure:
        print(json.dumps(table_run(chosen.lab, chosen.measure)))  # noqa: T201
        return
    with tempfile.TemporaryDirectory() as folder:
        lab = chosen.lab or Path(folder) / "lab"
        if not lab.exists():
            make_lab(lab)
        start_time(lab)  # warm
        ours = statistics.median(start_time(lab) for _ in range(chosen.runs))
        whole = start_time(lab, "import pandas, torch; ")
        print(f"{'':24}{'this app':>12}{'alternative':>14}{'ratio':>8}")  # noqa: T201
        print(f"{'start, s':24}{ours:12.2f}{whole:14.2f}{whole / ours:8.1f}")  # noqa: T201
        runs = [measure(lab, "app") for _ in range(chosen.runs)]
        other = measure(lab, "standard")
        for name in runs[0]:
            mine = statistics.median(run[name] for run in runs)
            print(f"{name:24}{mine:12.1f}{other[name]:14.1f}{other[name] / mine:8.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
