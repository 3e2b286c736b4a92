"""Keeps Python's cyclic garbage collector on the app's thread.

A window that went out of use hangs together in cycles, and the collector runs on whatever thread allocates next. When
that is a reader's or a session's thread, it destroys widgets outside their own thread and the program crashes. So the
automatic collector is switched off, and a timer of the app's thread does its work when there is something to do.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 400


class Collector(QObject):
    """Collects on the thread that it was made on; one a process."""

    def __init__(self) -> None:
        super().__init__()
        gc.disable()
        self._timer = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        for generation in (2, 1, 0):
            threshold = gc.get_threshold()[generation]
            if threshold and gc.get_count()[generation] > threshold:
                gc.collect(generation)
                break
        self._timer.start()


_collectors: list[Collector] = []


def keep_to_this_thread() -> None:
    """Collect on the present thread only, from now on."""
    if not _collectors:
        _collectors.append(Collector())
