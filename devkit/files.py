"""Small things that readers and writers of folders share: whole files, JSON with places, problem rows, threads."""

from __future__ import annotations

import gc
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from devkit.errors import Problem
from devkit.ids import canonical_json
from devkit.items import Strict


def load_json(path: Path, name: str) -> tuple[Any, Problem | None]:
    """Read a JSON file; return its value, or what is wrong with its place as ``name:line:column``."""
    try:
        return json.loads(path.read_bytes(), parse_constant=_refuse), None
    except json.JSONDecodeError as error:
        return None, Problem("broken-json", error.msg, f"{name}:{error.lineno}:{error.colno}", "is the file complete?")
    except UnicodeDecodeError as error:
        return None, Problem("broken-json", f"byte {error.start} is no UTF-8", name, "save the file as UTF-8")
    except RecursionError:
        return None, Problem("broken-json", "the values are nested too deeply", name)
    except ValueError as error:
        return None, Problem("broken-json", str(error), name)
    except OSError as error:
        return None, Problem("unreadable-file", f"cannot be read: {error.strerror}", name)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def threaded[T, R](work: Callable[[T], R], things: Iterable[T], jobs: int = 0) -> Iterator[R]:
    """Yield ``work(thing)`` for each thing in order, done by ``jobs`` threads.

    By default two a core: they wait for disks.

    What has not begun is dropped when the caller stops early, so an interrupt does not wait for the rest.
    """
    pool = ThreadPoolExecutor(jobs or 2 * (os.cpu_count() or 1))
    try:
        yield from pool.map(work, things)
    finally:
        pool.shutdown(cancel_futures=True)


class ProblemRow(Strict):
    """A `Problem` as it is kept on disk."""

    code: str
    message: str
    place: str = ""
    hint: str = ""

    def problem(self) -> Problem:
        """Return it as the error type that commands print."""
        return Problem(self.code, self.message, self.place, self.hint)


def printable(problem: Problem) -> Problem:
    """Return a problem whose texts can be printed and kept, whatever the file it quotes holds.

    Control characters and halves of surrogate pairs are written as escapes.
    """

    def clean(text: str) -> str:
        whole = text.encode("utf-8", "backslashreplace").decode()
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in whole)

    return Problem(problem.code, clean(problem.message), clean(problem.place), clean(problem.hint))


def problems_jsonl(problems: Sequence[Problem]) -> str:
    """Return problems as JSON lines."""
    rows = ({"code": p.code, "message": p.message, "place": p.place, "hint": p.hint} for p in problems)
    return "".join(canonical_json(row) + "\n" for row in rows)


def write_whole(path: Path | str, data: bytes, *, sync: bool = False) -> None:
    """Write a file so that it is either whole or absent, also when the process is killed."""
    folder, name = os.path.split(path)
    part = os.path.join(folder, f".{name}.{threading.get_ident()}.part")
    with open(part, "wb") as file:
        file.write(data)
        if sync:
            file.flush()
            os.fsync(file.fileno())
    os.replace(part, path)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Pause the cyclic collector, which takes three quarters of the time of building many small objects."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def first_error(error: ValidationError) -> str:
    """Return the first mistake of a validation as ``field: what is wrong``."""
    detail = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in detail["loc"])
    return f"{where}: {detail['msg']}" if where else str(detail["msg"])
