"""Looking a lab over: is every journal whole, does every record make sense, does the index say what the journals say?

Findings are things that are wrong; notes are things worth knowing (a session that broke off, a participant nobody
added). `repair` does what can be done without losing anything: torn last lines are moved aside, what a killed program
left over is removed, the index is made anew.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devkit.errors import Problem, UserError
from devkit.ids import digest_bytes
from devkit.lab import files
from devkit.lab.index import session_rows
from devkit.lab.journal import repair as repair_journal
from devkit.lab.merge import CONFLICTS
from devkit.lab.reading import Journal, load_journal
from devkit.lab.store import Lab
from devkit.records import TrialRecord

LEFT_OVER_AFTER_S = 60.0


@dataclass(slots=True)
class Findings:
    """What a check found.

    Attributes:
        sessions: Sessions looked at.
        trials: Trials looked at.
        problems: What is wrong.
        notes: What is worth knowing.
    """

    sessions: int = 0
    trials: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def _ignore(steps: int) -> None:
    """Take no notice of progress."""


def check(lab: Lab, *, advance: Callable[[int], None] = _ignore) -> Findings:
    """Look a lab over without changing anything in it.

    Args:
        lab: The lab.
        advance: Told of every journal that is done.
    """
    found = Findings()
    known = lab.participants.read()[0]
    codes, withdrawn = set(known), {code for code, one in known.items() if one.withdrawn_at}
    trial_ids: Counter[str] = Counter()
    indexed = _indexed(lab, found)
    for path in lab.index.journal_paths():
        data, journal = load_journal(path, running=files.is_locked(path))
        found.sessions += 1
        found.trials += len(journal.trials)
        found.problems.extend(journal.problems)
        trial_ids.update(journal.trials.keys())
        _check_session(journal, codes, found)
        if journal.header is not None and journal.header.respondent_code in withdrawn:
            message = "the participant has withdrawn, and the session is still here"
            hint = f"run 'devkit participant withdraw {lab.path} {journal.header.respondent_code}'"
            found.problems.append(Problem("withdrawn", message, str(path), hint))
        _check_index(lab, journal, data, indexed.pop(path.stem, None), found)
        advance(1)
    for trial_id, times in trial_ids.items():
        if times > 1:
            found.problems.append(Problem("trial-shared", f"trial {trial_id} is in {times} sessions", str(lab.path)))
    _check_rest(lab, found)
    return found


def _check_session(journal: Journal, codes: set[str], found: Findings) -> None:
    header = journal.header
    if header is None:
        return
    for trial in journal.trials.values():
        for message in contradictions(trial):
            place = f"{journal.path}: trial {trial.trial_index}"
            found.problems.append(Problem("trial-contradiction", message, place))
        if trial.plan_digest != header.plan_digest or trial.lab_id != header.lab_id:
            message = "the trial's plan or lab is not that of its session"
            found.problems.append(Problem("trial-header", message, f"{journal.path}: trial {trial.trial_index}"))
    if journal.end is None and not files.is_locked(journal.path):
        found.notes.append(Problem("session-open", "the session broke off; it has no end", str(journal.path)))
    if header.respondent_kind in ("child", "adult") and header.respondent_code not in codes:
        message = f"'{header.respondent_code}' is not among the participants"
        found.notes.append(Problem("participant-unknown", message, str(journal.path)))


def contradictions(trial: TrialRecord) -> list[str]:
    """Return what in a record contradicts itself, as sentences."""
    count = len(trial.choices)
    rules = [
        (trial.target_position not in range(count), "the target's position is outside the choices"),
        (
            trial.answer_position is not None and trial.answer_position not in range(count),
            "the answer's position is outside the choices",
        ),
        (sorted(trial.choice_order) != list(range(count)), "the order of the choices is no permutation"),
        (
            trial.choice_scores is not None and len(trial.choice_scores) != count,
            "there are not as many scores as choices",
        ),
        (trial.outcome != "answered" and trial.correct is not None, f"'{trial.outcome}' is scored as right or wrong"),
        (not 0 <= trial.chance <= 1, "chance is no probability"),
        (trial.is_practice != (trial.trial_kind != "test"), "is_practice contradicts trial_kind"),
        (bool(trial.exclusion) and trial.valid, "the trial is excluded and valid"),
    ]
    single = not trial.turns and trial.correct is not None and trial.answer_position is not None
    rules.append(
        (
            single and trial.correct != (trial.answer_position == trial.target_position),
            "right or wrong contradicts the answer's position",
        )
    )
    return [message for wrong, message in rules if wrong]


def _indexed(lab: Lab, found: Findings) -> dict[str, tuple[int, int, str]]:
    """Return size, time and digest of every journal that the index knows."""
    if not lab.index.path.exists():
        return {}
    try:
        with lab.index.connect() as connection:
            rows = connection.execute("SELECT session_id, size, mtime_ns, digest FROM journals").fetchall()
    except UserError as error:
        found.problems.append(error.problem)
        return {}
    return {session_id: (size, time, digest) for session_id, size, time, digest in rows}


def _check_index(
    lab: Lab, journal: Journal, data: bytes, indexed: tuple[int, int, str] | None, found: Findings
) -> None:
    state = journal.path.stat()
    if indexed is None or indexed[:2] != (state.st_size, state.st_mtime_ns):
        return  # not read yet: it will be, before the index is next used
    place, hint = str(journal.path), "run 'devkit lab rebuild'"
    if indexed[2] != digest_bytes(data):
        message = "the journal's bytes changed although its size and time did not"
        found.problems.append(Problem("index-digest", message, place, hint))
        return
    for table, rows in session_rows(journal).items():
        try:
            with lab.index.connect() as connection:
                query = f"SELECT * FROM {table} WHERE session_id = ? ORDER BY rowid"
                kept = connection.execute(query, (journal.session_id,)).fetchall()
        except (UserError, sqlite3.Error):
            kept = []
        if kept != rows:
            found.problems.append(Problem("index-rows", f"the index has other {table} than the journal", place, hint))


def _check_rest(lab: Lab, found: Findings) -> None:
    found.problems.extend(lab.participants.read()[1])
    for path in lab.media.damaged():
        message = "the file's bytes are not those that its name says"
        found.problems.append(Problem("media-digest", message, str(path), "restore it from its bank or a backup"))
    people = lab.participants.people
    if not people.sound():
        hint = "restore it from a backup; sessions are not affected"
        found.problems.append(Problem("people", "the file is damaged", str(people.path), hint))
    for path in sorted((lab.path / "journals" / CONFLICTS).glob("*.jsonl")):
        message = "another lab's journal that disagrees with ours about a session"
        found.notes.append(Problem("merge-conflict", message, str(path), "compare the two; remove it when settled"))
    for path in sorted((lab.path / "journals").glob("*.torn-*")):
        found.notes.append(Problem("journal-aside", "a torn last line that was moved aside", str(path)))
    for path in _left_over(lab):
        found.notes.append(
            Problem("left-over", "left over by a program that was killed", str(path), "--repair removes it")
        )


def _left_over(lab: Lab) -> list[Path]:
    folders = (lab.path, lab.path / "journals", lab.path / "exports" / "parquet")
    hidden = [path for folder in folders for path in sorted(folder.glob(".*.new"))]
    old = time.time() - LEFT_OVER_AFTER_S  # a younger one may be in the middle of being written
    return [path for path in hidden if path.stat().st_mtime < old and not files.is_locked(path)]


def repair(lab: Lab) -> list[Path]:
    """Mend what can be mended without losing anything; return the files that torn lines went to.

    Raises:
        UserError: The disk refuses, or a torn session is being recorded.
    """
    moved = [repair_journal(path) for path in lab.index.journal_paths() if not files.is_locked(path)]
    for path in _left_over(lab):
        with files.writing(path):
            path.unlink(missing_ok=True)
    lab.rebuild()
    return [path for path in moved if path is not None]


def to_json(found: Findings) -> str:
    """Return findings as JSON for programs."""

    def rows(problems: list[Problem]) -> list[dict[str, str]]:
        return [{"code": p.code, "place": p.place, "message": p.message, "hint": p.hint} for p in problems]

    values = {"sessions": found.sessions, "trials": found.trials}
    return json.dumps(values | {"problems": rows(found.problems), "notes": rows(found.notes)}, ensure_ascii=False)
