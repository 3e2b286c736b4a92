"""Small work that would make the window stutter (reading a bank, planning a session), done on threads of its own.

Nothing here is long: what takes more than a few seconds is a command in the worker (`gui.work`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from devkit.errors import UserError

type Then = Callable[[Any], None]


class Aside(QObject):
    """Runs functions beside the app's thread; of several under one key only the last one's result is delivered."""

    _back = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._latest: dict[str, int] = {}
        self._threads: set[threading.Thread] = set()
        self._open = True
        self._back.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def do(self, key: str, work: Callable[[], Any], then: Then, failed: Callable[[UserError], None]) -> None:
        """Run ``work``; ``then`` gets what it returns and ``failed`` its `UserError`, on the app's thread."""
        number = self._latest.get(key, 0) + 1
        self._latest[key] = number

        def run() -> None:
            try:
                found, error = work(), None
            except UserError as mistake:
                found, error = None, mistake
            if self._open:
                self._back.emit((key, number, found, error, then, failed, thread))

        thread = threading.Thread(target=run, name=f"aside-{key}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _deliver(self, result: tuple[Any, ...]) -> None:
        key, number, found, error, then, failed, thread = result
        self._threads.discard(thread)
        if not self._open or self._latest.get(key) != number:
            return
        if error is not None:
            failed(error)
        else:
            then(found)

    @property
    def busy(self) -> bool:
        """Whether anything is still to be delivered."""
        return bool(self._threads)

    def close(self) -> None:
        """Deliver nothing any more, and wait for what runs."""
        self._open = False
        for thread in self._threads:
            thread.join(20)
        self._threads.clear()
