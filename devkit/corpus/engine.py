"""The stages of a build, and running them over all recordings: on one machine by processes, or through Ray.

A `Phase` is what is done to every recording before anything else is done to any: with filters, decoding comes first,
then judging (on GPUs where there are some), then writing records; without them one phase does it all. Both engines run
the same phases; what a phase leaves lies on disk, so an engine only passes plans and small results.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Protocol

from devkit.corpus.part import Part, Plan, build_part, prepare
from devkit.corpus.similarity import FilterRules
from devkit.errors import Problem, UserError
from devkit.processes import end_with_parent

Work = Callable[[Plan], Part | None]
Outcome = tuple[Part | None, tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of a build.

    Attributes:
        label: For people.
        begin: Called once in each worker; returns what is done to a recording there.
        judges: Whether it asks models: such a phase has one worker a GPU, or one in all.
    """

    label: str
    begin: Callable[[], Work]
    judges: bool = False


class Engine(Protocol):
    """Runs a phase over recordings."""

    def run(self, phase: Phase, plans: Sequence[Plan], advance: Callable[[int], None]) -> list[Outcome]:
        """Return what came of each plan, in their order; a recording that fails does not stop the others."""
        ...


def phases(filters: FilterRules) -> tuple[Phase, ...]:
    """Return the plan of stages."""
    if not filters.wanted:
        return (Phase("building recordings", _begin_building),)
    return (
        Phase("decoding recordings", _begin_decoding),
        Phase("comparing pictures and words", _Judging(filters), judges=True),
        Phase("writing records", _begin_building),
    )


def _begin_building() -> Work:
    return build_part


def _begin_decoding() -> Work:
    return _decode


def _decode(plan: Plan) -> None:
    prepare(plan)


@dataclass(frozen=True, slots=True)
class _Judging:
    filters: FilterRules

    def __call__(self) -> Work:
        from devkit.corpus.filters import Judge

        return Judge(self.filters)


def attempt(work: Work, plan: Plan) -> Outcome:
    """Do the work on one recording; a user's mistake becomes its problems."""
    try:
        return work(plan), ()
    except UserError as error:
        return None, error.problems


class LocalEngine:
    """Processes of this machine; models are asked in this one, which may use all processors for that.

    Args:
        jobs: Recordings worked on at a time.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def run(self, phase: Phase, plans: Sequence[Plan], advance: Callable[[int], None]) -> list[Outcome]:
        """Run a phase; see `Engine`."""
        if self.jobs <= 1 or phase.judges or len(plans) < 2:
            work = phase.begin()
            found: list[Outcome] = []
            for plan in plans:
                found.append(attempt(work, plan))
                advance(1)
            return found
        context = multiprocessing.get_context("spawn")
        outcomes: dict[int, Outcome] = {}
        workers = min(self.jobs, len(plans))
        with ProcessPoolExecutor(workers, context, initializer=_begin_worker, initargs=(phase,)) as pool:
            try:
                futures = {pool.submit(_in_worker, plan): place for place, plan in enumerate(plans)}
                for future in as_completed(futures):
                    outcomes[futures[future]] = future.result()
                    advance(1)
            except BrokenProcessPool:
                raise UserError("a worker process was killed", hint="out of memory? Try fewer --jobs") from None
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
        return [outcomes[place] for place in range(len(plans))]


_work: Work | None = None


def _begin_worker(phase: Phase) -> None:
    """Let an interrupt end a worker at once and without a word; the main process says what is to be said."""
    global _work
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _work = phase.begin()


def _in_worker(plan: Plan) -> Outcome:
    if _work is None:
        raise RuntimeError("the worker was not begun")
    return attempt(_work, plan)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
