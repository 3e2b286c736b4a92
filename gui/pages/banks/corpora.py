"""Corpora and the training data built from them: checks, numbers, and the way to the review of boxes.

The list is of folders that the user added; nothing is copied. Everything is done by `devkit corpus` in the worker; the
review is a page that `devkit corpus annotations review` serves to the browser.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from devkit.corpus.data import MANIFEST
from devkit.corpus.read import CARD
from gui.bench import Bench
from gui.parts import Empty, Split, boxed, button, card, column, label, levelled, problem_text, row, scrolled
from gui.rows import Column, ListRows
from gui.served import Served
from gui.table import DataTable
from gui.words import mark, ntr, tr
from gui.work import Job

MOST_WORDS = 12
MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder of the list: ``corpus`` (recordings), ``data`` (built from one) or ``missing``; its name and hours."""

    path: Path
    kind: str
    name: str
    hours: float | None = None
    split: str = ""


def listed(path: Path) -> Listed:
    """Look at a folder; what cannot be read is missing."""
    try:
        if (path / MANIFEST).exists():
            found = json.loads((path / MANIFEST).read_bytes())
            return Listed(path, "data", str(found["corpus"]), round(sum(found["hours"].values()), 2))
        found = json.loads((path / CARD).read_bytes())
        return Listed(path, "corpus", str(found["name"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Listed(path, "missing", path.name)


def _kind(one: Listed) -> str:
    return {"corpus": tr("recordings"), "data": tr("training data")}.get(one.kind, tr("nothing to read there"))


COLUMNS = (
    Column(mark("Name"), value=lambda c: c.name),
    Column(mark("What"), value=_kind),
    Column(mark("Hours"), value=lambda c: c.hours, text=lambda v: f"{v:.2f}", numeric=True),
    Column(mark("Folder"), value=lambda c: str(c.path)),
)


class CorporaView(QWidget):
    """The list, and what can be done with the chosen one."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.served = Served(self)
        self.served.opened.connect(lambda address: bench.say(tr("The review is open in the browser: {at}", at=address)))
        self.served.ended.connect(self._review_ended)
        self.add = button(tr("Add a folder …"), sign="add", on=self.ask_for_folder)
        self.rows = ListRows(COLUMNS, key=lambda c: str(c.path))
        advice = tr("Add the folder of a corpus, or of training data made from one.")
        first = button(tr("Add a folder …"), "primary", sign="add", on=self.ask_for_folder)
        self.table = DataTable(self.rows, tr("corpora"), Empty(tr("No corpus yet"), advice, first, "sound"))
        self.table.add_tool(self.add)
        self.table.chosen.connect(self._show_chosen)
        self.right = QWidget()
        self.right.setLayout(column(None))
        self.found = QWidget()
        self.setLayout(column(Split(self.table, scrolled(self.right), (1, 1))))
        self._jobs: dict[str, Job] = {}

    def refresh(self) -> None:
        """Look at the folders again."""
        self.rows.show([listed(Path(one)) for one in self.bench.settings.corpora])
        self._show_chosen()

    def ask_for_folder(self) -> None:
        """Let the user choose a folder to list."""
        folder = QFileDialog.getExistingDirectory(self, tr("Add a folder"), str(self.bench.documents()))
        if folder:
            self.list_folder(Path(folder))

    def list_folder(self, folder: Path) -> None:
        """Put a folder into the list."""
        if listed(folder).kind == "missing":
            hint = tr("Make the list of recordings with 'devkit corpus scan', or choose another folder.")
            self.bench.say(f"{tr('This is no corpus: {folder}', folder=folder)}. {hint}", "caution")
            return
        known = self.bench.settings.corpora
        self.bench.remember(corpora=(*(one for one in known if one != str(folder)), str(folder)))
        self.refresh()
        self.table.choose(str(folder))

    def forget(self, folder: Path) -> None:
        """Take a folder from the list; nothing in it is touched."""
        self.bench.remember(corpora=tuple(one for one in self.bench.settings.corpora if one != str(folder)))
        self.refresh()

    def chosen(self) -> Listed | None:
        """Return the chosen folder."""
        keys = self.table.keys()
        return next((one for one in self.rows.objects if keys and str(one.path) == keys[0]), None)

    def _show_chosen(self) -> None:
        layout = self.right.layout()
        assert isinstance(layout, QVBoxLayout)
        while (gone := layout.takeAt(0)) is not None:
            if (widget := gone.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        one = self.chosen()
        if one is None:
            layout.addWidget(Empty(tr("Nothing is chosen"), tr("Choose a corpus in the table."), sign="sound"))
            return
        self.found = boxed(column())
        layout.addWidget(card(label(str(one.path), "small"), *self._actions(one), heading=one.name))
        layout.addWidget(self.found)
        layout.addStretch(1)

    def _actions(self, one: Listed) -> list[QWidget]:
        path, known = one.path, [c for c in self.rows.objects if c.kind == "data" and c.name == one.name]
        take_out = button(tr("Take from the list"), "link", on=lambda: self.forget(path))
        if one.kind == "data":
            count = button(tr("Count"), "primary", sign="table", on=lambda: self.count(path))
            return [boxed(row(count, None)), take_out]
        if one.kind == "missing":
            return [levelled(label(tr("The folder is not there, or is no corpus any more.")), "caution"), take_out]
        check = button(tr("Check"), "primary", sign="good", on=lambda: self.check(path))
        build = button(tr("Build training data …"), sign="train", on=lambda: self.ask_to_build(path))
        review = button(tr("Review boxes"), sign="eye", on=lambda: self.review(path, known[0].path))
        review.setEnabled(bool(known))
        note = tr("The review shows pictures of the training data: build them, or add their folder.")
        return [boxed(row(check, build, review, None)), *([] if known else [label(note, "small")]), take_out]

    def check(self, corpus: Path) -> None:
        """Have the worker look through a corpus."""
        self._start(tr("Check of {name}", name=corpus.name), ("corpus", "check", str(corpus)), self._show_check)

    def count(self, data: Path) -> None:
        """Have the worker count what is in training data."""
        words = str(MOST_WORDS)
        command = ("corpus", "stats", str(data), "--most", words)
        self._start(tr("Numbers of {name}", name=data.name), command, self._show_numbers)

    def ask_to_build(self, corpus: Path) -> None:
        """Build training data into a folder that the user names."""
        proposed = str(corpus.with_name(f"{corpus.name}-data"))
        out, _ = QFileDialog.getSaveFileName(self, tr("Folder of the training data"), proposed)
        if out:
            title, command = tr("Build {name}", name=corpus.name), ("corpus", "build", str(corpus), "--out", out)
            self._start(title, command, lambda _: self.list_folder(Path(out)))

    def review(self, corpus: Path, data: Path) -> None:
        """Serve the review page to the browser; asked once more, the page is shown again."""
        if self.served.running:
            self.served.show()
            return
        who = self.bench.settings.examiner
        if not who:
            self.bench.say(tr("Give the examiner's initials in the settings first: they stand with each decision."))
            return
        self.served.start("corpus", "annotations", "review", str(corpus), "--data", str(data), "--reviewer", who)

    def _review_ended(self, said: str) -> None:
        self.bench.say(said or tr("The review has ended."), "caution" if said else "")

    def _start(self, title: str, command: tuple[str, ...], then: Callable[[Any], None]) -> None:
        where = self.chosen()

        def done(job: Job) -> None:
            if job.cancelled:
                return
            if not job.ok:
                self._put([levelled(label(problem_text(one)), "wrong") for one in job.problems])
            elif self.chosen() == where:
                then(job.json())

        self.bench.work.start(title, *command, "--json").finished.connect(done)

    def _show_check(self, found: dict[str, Any]) -> None:
        problems = found["problems"]
        count = ntr("{n} recording", "{n} recordings", found["recordings"])
        wrong = ntr("{n} problem", "{n} problems", len(problems))
        lines: list[QWidget] = [levelled(label(f"{count} · {wrong}", "heading"), "caution" if problems else "good")]
        for one in problems[:MOST_PROBLEMS]:
            hint = f" ({one['hint']})" if one["hint"] else ""
            lines.append(label(f"{one['message']}{hint}\n{one['place']}"))
        self._put(lines)

    def _show_numbers(self, found: dict[str, Any]) -> None:
        words = ", ".join(f"{one['word']} {one['count']}" for one in found["words"])
        objects = ", ".join(f"{one['noun']} {one['boxes']}" for one in found["objects"])
        hours = "\n".join(_hours(one["child"], one["age_months"], one["hours"]) for one in found["hours"])
        total = tr("{n} utterances, {words} words", n=found["utterances"], words=found["tokens"])
        lines = [label(total, "heading"), label(hours)]
        lines.append(label(tr("{n} different words; most often: {words}", n=found["types"], words=words)))
        if objects:
            lines.append(label(tr("Boxes: {objects}", objects=objects)))
        dropped = ", ".join(f"{name} {n}" for name, n in found["dropped"].items())
        if dropped:
            lines.append(label(tr("Left out: {what}", what=dropped), "quiet"))
        self._put(lines)

    def _put(self, parts: list[Any]) -> None:
        layout = self.found.layout()
        assert layout is not None
        while (gone := layout.takeAt(0)) is not None:
            if (widget := gone.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        layout.addWidget(card(*parts, heading=tr("What was found")))

    def close_view(self) -> None:
        """End the review."""
        self.served.stop()


def _hours(child: str, months: int, hours: float) -> str:
    return tr("{child}, {months} months: {hours} h", child=child, months=months, hours=f"{hours:.2f}")
