"""Questions to a lab's index, answered by a thread of its own, so that no page waits for the disk.

A page asks with a function of a connection and says what to do with the answer; of several questions under one key only
the last is answered. Nothing else in the app reads ``lab.sqlite`` beyond a page of rows at a time (`gui.rows`).
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from devkit.errors import Problem, UserError
from devkit.lab import Lab

type Question = Callable[[sqlite3.Connection], Any]
type Then = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class _Asked:
    key: str
    number: int
    question: Question | None  # None: bring the index up to date
    then: Then


@dataclass(frozen=True, slots=True)
class _Answered:
    asked: _Asked
    value: Any
    problem: Problem | None


class LabReader(QObject):
    """The thread that reads a lab.

    Signals:
        failed: A `devkit.errors.Problem`: a question could not be answered.
        refreshed: The index was brought up to date; says how many journals were read.
    """

    failed = Signal(object)
    refreshed = Signal(int)
    _back = Signal(object)

    def __init__(self, lab: Lab, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lab = lab
        self._asked: queue.Queue[_Asked | None] = queue.Queue()
        self._latest: dict[str, int] = {}
        self._open = True
        self._back.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._serve, name="lab-reader", daemon=True)
        self._thread.start()

    def ask(self, key: str, question: Question, then: Then) -> None:
        """Ask; ``then`` gets the answer on the app's thread, unless the same key was asked again meanwhile."""
        number = self._latest.get(key, 0) + 1
        self._latest[key] = number
        self._asked.put(_Asked(key, number, question, then))

    def refresh(self) -> None:
        """Bring the index up to date with the journals, then say so."""
        number = self._latest.get("refresh", 0) + 1
        self._latest["refresh"] = number
        self._asked.put(_Asked("refresh", number, None, self.refreshed.emit))

    def close(self) -> None:
        """Stop reading; what is still asked is not answered."""
        self._open = False
        self._asked.put(None)
        self._thread.join(10)

    def _serve(self) -> None:
        while (asked := self._asked.get()) is not None and self._open:
            if self._latest.get(asked.key) != asked.number:
                continue
            try:
                found = _Answered(asked, self._find(asked.question), None)
            except UserError as error:
                found = _Answered(asked, None, error.problem)
            except (sqlite3.Error, OSError) as error:
                hint = "run 'devkit lab rebuild'"
                found = _Answered(asked, None, Problem("index", f"the index: {error}", str(self._lab.path), hint))
            if self._open:
                self._back.emit(found)

    def _find(self, question: Question | None) -> Any:
        if question is None:
            return self._lab.index.refresh().read
        with self._lab.index.connect() as connection:
            return question(connection)

    def _answer(self, found: _Answered) -> None:
        if not self._open or self._latest.get(found.asked.key) != found.asked.number:
            return
        if found.problem is not None:
            self.failed.emit(found.problem)
        else:
            found.asked.then(found.value)
