"""Running a protocol on the chosen models, in the worker: freely, or yoked to one person's very trials."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from devkit.lab import Lab
from devkit.shelf import Shelved
from gui.bench import Bench
from gui.parts import boxed, button, card, column, emptied, form, label, levelled, problem_text, row
from gui.session.choice import ProtocolLine, banks_of, protocols_of
from gui.theme import px
from gui.words import ntr, tr
from gui.work import Job

MOST_SESSIONS = 500
DIGEST = 16
YOKABLE = (
    "SELECT session_id, respondent_code, protocol, started_at FROM sessions "
    "WHERE respondent_kind IN ('child', 'adult') ORDER BY session_id DESC LIMIT ?"
)


class Running(QWidget):
    """What is known of the chosen models, and what they are to do."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.chosen: list[Shelved] = []
        self.job: Job | None = None
        self._listed = False  # until the sessions are, nobody can know that they chose none of them
        self._facts = QVBoxLayout()
        self._facts.setSpacing(px(8))
        self._facts.setContentsMargins(0, 0, 0, 0)
        self.yoke, self.protocol, self.bank = QComboBox(), QComboBox(), QComboBox()
        for box in (self.yoke, self.protocol, self.bank):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(16)
        self.yoke.currentIndexChanged.connect(self._follow)
        self.key = QLineEdit(echoMode=QLineEdit.EchoMode.Password)
        self.begin = button(tr("Run the protocol"), "primary", on=self.run, sign="run", key="Ctrl+Return")
        self.result = label("")
        self.result.hide()
        self.see = button(tr("See the trials"), on=self._see, sign="table")
        self.see.hide()
        names = tr("&Trials"), tr("P&rotocol"), tr("&Bank of items"), tr("Server's &key")
        notes = {
            names[0]: tr("Their own, or exactly those that one person took."),
            names[3]: tr("For this run only; it is kept nowhere."),
        }
        fields = zip(names, (self.yoke, self.protocol, self.bank, self.key), strict=True)
        self.fields = form(*fields, notes=notes)
        self._session = ""
        self.setLayout(
            column(
                card(boxed(self._facts), heading=tr("Chosen")),
                card(
                    boxed(self.fields), row(self.begin, None), self.result, row(self.see, None),
                    heading=tr("Run a protocol"),
                ),
                None,
            )
        )  # fmt: skip

    def offer(self) -> None:
        """Offer the protocols, banks and sessions that the lab has now."""
        lab, reader = self.bench.lab, self.bench.reader
        if lab is None or reader is None:
            return
        self.bench.aside.do("model-protocols", lambda: protocols_of(lab), self._offer_protocols, self.bench.fail)
        self._listed = False
        self._fill(self.bank, [(path.name, str(path)) for path in banks_of(lab)])
        reader.ask("yokable", _sessions, self._offer_sessions)

    def _offer_protocols(self, found: list[ProtocolLine]) -> None:
        self._fill(self.protocol, [(line.title, line.source) for line in found])
        self._follow()

    def _offer_sessions(self, found: list[tuple[str, str, str]]) -> None:
        self._listed = True
        own = (tr("Their own, drawn by the protocol"), "")
        self._fill(self.yoke, [own, *((words, f"{session} {protocol}") for session, protocol, words in found)])
        self._follow()

    def _fill(self, box: QComboBox, choices: list[tuple[str, str]]) -> None:
        before = box.currentData()
        box.blockSignals(True)
        box.clear()
        for words, value in choices:
            box.addItem(words, value)
        box.setCurrentIndex(max(0, box.findData(before)))
        box.blockSignals(False)
        self._fit()

    def _follow(self) -> None:
        """Choose the protocol that a yoked session took; another would be refused."""
        _, _, protocol = str(self.yoke.currentData() or "").partition(" ")
        for place in range(self.protocol.count()):
            source = str(self.protocol.itemData(place))
            if protocol and protocol in (source, Path(source).stem):
                self.protocol.setCurrentIndex(place)
        self.protocol.setEnabled(not protocol)
        self._fit()

    def show_models(self, chosen: list[Shelved]) -> None:
        """Show what is known of some models."""
        self.chosen = chosen
        emptied(self._facts)
        for one in chosen[:4]:
            self._facts.addWidget(_facts(one, self.bench.lab))
        if len(chosen) > 4:
            self._facts.addWidget(label(tr("and {n} more", n=len(chosen) - 4), "quiet"))
        self._fit()

    def _needs_key(self) -> str:
        """Return the variable whose key a chosen server needs and the environment lacks; empty when none does."""
        needed = (one.key_variable for one in self.chosen if one.key_variable)
        return next((name for name in needed if name not in os.environ), "")

    def _fit(self) -> None:
        self.fields.setRowVisible(3, bool(self._needs_key()))
        usable = [one for one in self.chosen if one.respondent]
        chosen = self.protocol.currentData() and self.bank.currentData()
        ready = usable and self._listed and chosen and self.bench.writable
        self.begin.setEnabled(bool(ready) and self.job is None)
        self.begin.setToolTip("" if self.bank.currentData() else tr("This lab has no bank of items yet."))

    def run(self) -> None:
        """Have the worker run the protocol on every chosen model, one after the other."""
        lab = self.bench.lab
        usable = [one for one in self.chosen if one.respondent]
        if lab is None or self.job is not None or not usable or not self._listed:
            return
        arguments = [
            "run",
            str(self.protocol.currentData()),
            "--lab",
            str(lab.path),
            "--bank",
            str(self.bank.currentData()),
        ]
        for one in usable:
            arguments += ["--respondent", one.respondent]
        session = str(self.yoke.currentData() or "").partition(" ")[0]
        arguments += ["--yoke", session] if session else []
        variable, key = self._needs_key(), self.key.text().strip()
        names = ", ".join(dict.fromkeys(one.name for one in usable))
        self.job = self.bench.work.start(
            tr("{name} takes the protocol", name=names), *arguments, "--json", lane="model",
            environment={variable: key} if variable and key else {},
        )  # fmt: skip
        self.key.clear()
        self._say("")
        self.job.finished.connect(self._done)
        self._fit()

    def _done(self, job: Job) -> None:
        self.job = None
        found = job.json() if job.ok else None
        if isinstance(found, list) and found:
            right, tests = sum(one["correct"] for one in found), sum(one["test_trials"] for one in found)
            sessions = ntr("{n} session", "{n} sessions", len(found))
            told = tr(
                "{sessions} done: {right} of {tests} test trials right", sessions=sessions, right=right, tests=tests
            )
            self._session = str(found[-1]["session_id"])
            self._say(told, "good")
        elif job.cancelled:
            self._say(tr("Cancelled; the trials that were done are kept, and running it again goes on with them."))
        else:
            self._say("\n".join(map(problem_text, job.problems)), "wrong")
        self._fit()
        self.bench.refresh()

    def _say(self, text: str, level: str = "") -> None:
        self.result.setText(text)
        self.result.setVisible(bool(text))
        self.see.setVisible(level == "good")
        levelled(self.result, level)

    def _see(self) -> None:
        self.bench.go("trials", self._session)


def kind_words(kind: str) -> str:
    """Return what a model is."""
    return {
        "babyvlm": tr("BabyVLM"),
        "contrastive": tr("contrastive"),
        "vlm": tr("image-text model"),
        "openclip": tr("OpenCLIP"),
        "server": tr("server"),
    }.get(kind, kind)


def _facts(one: Shelved, lab: Lab | None) -> QWidget:
    facts = [kind_words(one.kind)]
    facts += [tr("step {n}", n=f"{one.step:,}")] if one.step is not None else []
    facts += [tr("{n} hours seen", n=f"{one.hours_seen:.2f}")] if one.hours_seen is not None else []
    facts += [tr("{n} parameters", n=f"{one.parameters:,}")] if one.parameters else []
    facts += [tr("never trained")] if one.random_weights else []
    parts: list[QWidget] = [label(one.name, "heading"), label(", ".join(facts), "small")]
    place = label(_within(one.place, lab), "small")
    place.setToolTip(one.place)
    parts.append(place)
    if one.digest:
        digest = label(tr("Digest {digest}", digest=f"{one.digest[:DIGEST]}…"), "small")
        digest.setToolTip(one.digest)
        parts.append(digest)
    parts += [levelled(label(one.problem), "caution")] if one.problem else []
    return boxed(column(*parts, gap=2))


def _within(place: str, lab: Lab | None) -> str:
    """Return where a model lies, seen from the lab's folder where it is inside it."""
    with contextlib.suppress(ValueError):
        return str(Path(place).relative_to(lab.path)) if lab is not None else place
    return place


def _sessions(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return [
        (session, protocol, f"{code} · {protocol} · {began[:10]}")
        for session, code, protocol, began in connection.execute(YOKABLE, (MOST_SESSIONS,))
    ]
