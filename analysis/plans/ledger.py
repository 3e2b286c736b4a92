"""Which plan met which data, and when: one line a run, kept in the lab, so that a change after the first look is seen.

A plan is compared as it was understood (comments and layout do not matter), the data by the digest of the lab's
journals and their numbers. The first run counts: what differs from it is said in words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, ValidationError

from analysis.plans.schema import Plan
from devkit.errors import UserError
from devkit.ids import digest_bytes
from devkit.items import Strict

FOLDER = ("reports", "plans")
SHOWN = 8


class Run(Strict):
    """One run of a plan.

    Attributes:
        at: When.
        plan_digest: Digest of the plan as it was understood.
        plan: The plan itself, so that a change can be named.
        data_digest: Digest of the lab's data.
        sessions: Sessions in the lab.
        trials: Trials in the lab.
        devkit: Version.
    """

    at: AwareDatetime
    plan_digest: str
    plan: dict[str, Any]
    data_digest: str
    sessions: int
    trials: int
    devkit: str


def run_of(plan: Plan, data_digest: str, sessions: int, trials: int, devkit: str) -> Run:
    """Describe a run that happens now."""
    text = plan.model_dump_json(exclude={"lab"})
    return Run(
        at=datetime.now(UTC).replace(microsecond=0), plan_digest=digest_bytes(text.encode()), plan=json.loads(text),
        data_digest=data_digest, sessions=sessions, trials=trials, devkit=devkit,
    )  # fmt: skip


def ledger_path(lab: Path, plan: Plan) -> Path:
    """Return the file that remembers the runs of a plan."""
    return lab.joinpath(*FOLDER, f"{plan.plan}.jsonl")


def runs(path: Path) -> tuple[Run, ...]:
    """Return the runs of a plan, first to last; a torn last line is left out.

    Raises:
        UserError: A line before the last one cannot be read.
    """
    if not path.exists():
        return ()
    lines = path.read_text("utf-8").splitlines()
    found = []
    for at, line in enumerate(lines, start=1):
        try:
            found.append(Run.model_validate_json(line))
        except ValidationError:
            if at == len(lines):
                break
            hint = "the record of runs was changed by hand; restore it from a backup"
            raise UserError("this line is no run of a plan", place=f"{path}:{at}", hint=hint) from None
    return tuple(found)


def remember(path: Path, run: Run) -> None:
    """Append a run.

    Raises:
        UserError: The lab cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as record:
            record.write(run.model_dump_json() + "\n")
    except OSError as error:
        hint = "a run that is not recorded would not count"
        raise UserError(f"cannot be written: {error.strerror or error}", place=str(path), hint=hint) from None


def plan_changes(first: Run, now: Run) -> tuple[str, ...]:
    """Return what the plan says differently from its first run; empty when nothing is."""
    if first.plan_digest == now.plan_digest:
        return ()
    found = list(_differences("", first.plan, now.plan))
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return (*found[:SHOWN], *more) or ("the plan was read differently by another version of devkit",)


def data_change(first: Run, now: Run) -> str:
    """Return how the data differ from those of the first run; empty when they do not."""
    if first.data_digest == now.data_digest:
        return ""
    if (first.sessions, first.trials) == (now.sessions, now.trials):
        return f"as many as then ({now.sessions:,} sessions, {now.trials:,} trials), but not the same"
    sessions = f"{first.sessions:,} → {now.sessions:,} sessions"
    return f"{sessions}, {first.trials:,} → {now.trials:,} trials"


def _differences(where: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _differences(f"{where}.{key}" if where else str(key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for at, (before, after) in enumerate(zip_longest(old, new), start=1):
            yield from _differences(f"{where}, entry {at}", before, after)
    elif old != new:
        yield f"{where}: {_brief(old)} → {_brief(new)}"


def _brief(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
