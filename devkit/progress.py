"""Progress of long work: one bar with label, count, speed and time left on standard error, or whoever else listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

type Listener = Callable[[str, int, int | None, float | None], None]
"""Is told the label, the steps done, the steps in all (None when unknown) and the steps a second."""

TELL_EVERY_S = 0.1
_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have all progress of the body told to ``listener`` (at most ten times a second) instead of drawn."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar while the body runs; yields ``advance(steps)``.

    Nothing is drawn when standard error is no terminal, except one line at the end, so that logs stay readable.
    """
    listener = _listener.get()
    with _told(label, total, listener) if listener is not None else _drawn(label, total) as advance:
        yield advance


@contextmanager
def _told(label: str, total: int | None, listener: Listener) -> Iterator[Callable[[int], None]]:
    done, last, begun = 0, 0.0, time.monotonic()
    listener(label, 0, total, None)

    def advance(steps: int = 1) -> None:
        nonlocal done, last
        done += steps
        now = time.monotonic()
        if now - last >= TELL_EVERY_S:
            last = now
            listener(label, done, total, done / (now - begun) if now > begun else None)

    yield advance
    seconds = time.monotonic() - begun
    listener(label, done, total, done / seconds if seconds > 0 else None)


@contextmanager
def _drawn(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    done = 0
    with bar:
        task = bar.add_task(label, total=total)

        def advance(steps: int = 1) -> None:
            nonlocal done
            done += steps
            bar.advance(task, steps)

        yield advance
    if done and not console.is_terminal:
        console.print(f"{label}: {done}" + (f"/{total}" if total is not None else ""), highlight=False)
