"""Progress of long work on the terminal: one bar with label, count, speed and time left, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar while the body runs; yields ``advance(steps)``.

    Nothing is drawn when standard error is no terminal, except one line at the end, so that logs stay readable.
    """
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
