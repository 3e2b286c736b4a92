"""What a session comes to: one row for the lists of sessions that people look at."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from devkit.lab.reading import Journal
from devkit.records import TrialRecord


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One session.

    Attributes:
        session_id: UUIDv7.
        lab_id: Lab in which it was recorded.
        started_at: ISO 8601 with offset.
        ended_at: None while it runs, or when it broke off.
        reason: Why it ended; None likewise.
        protocol: Name of the protocol.
        protocol_version: Its version.
        plan_digest: SHA-256 of the plan.
        respondent_code: Who answered.
        respondent_kind: ``child``, ``adult``, ``model`` or ``simulation``.
        baseline: Which baseline it was; empty for all others.
        age_days: Age on the day of the session; None when it does not apply or is not known.
        model_id: Name of the model; None for others.
        model_step: Its training step.
        model_hours_seen: Hours of recordings seen in its training.
        random_weights: True when it was never trained.
        bank: Name of the bank.
        tasks: Task codes, separated by spaces, in the order in which they were met.
        trials: Trials so far.
        test_trials: Those that are neither demonstration nor practice.
        answered: Test trials that were answered.
        correct: Test trials that were answered right.
        excluded: Trials that are not valid.
        timing_tier: The lowest tier of any trial; None when none was measured.
        resumes: Session that this one goes on with.
        problems: Number of things wrong with its journal.
    """

    session_id: str
    lab_id: str
    started_at: str
    ended_at: str | None
    reason: str | None
    protocol: str
    protocol_version: str
    plan_digest: str
    respondent_code: str
    respondent_kind: str
    baseline: str
    age_days: int | None
    model_id: str | None
    model_step: int | None
    model_hours_seen: float | None
    random_weights: bool | None
    bank: str
    tasks: str
    trials: int
    test_trials: int
    answered: int
    correct: int
    excluded: int
    timing_tier: str | None
    resumes: str | None
    problems: int

    def to_row(self) -> tuple[Any, ...]:
        """Return the values in the order of `SUMMARY_COLUMNS`."""
        return tuple(asdict(self).values())

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """Make a summary from a row of the index."""
        values = dict(zip(SUMMARY_COLUMNS, row, strict=True))
        weights = values["random_weights"]
        return cls(**values | {"random_weights": None if weights is None else bool(weights)})


SUMMARY_COLUMNS = tuple(field.name for field in fields(SessionSummary))


def summarise(journal: Journal) -> SessionSummary | None:
    """Sum a journal up; None when neither its header nor any trial could be read."""
    trials = list(journal.trials.values())
    base = _from_header(journal) if journal.header is not None else _from_trial(trials[0]) if trials else None
    if base is None:
        return None
    test = [trial for trial in trials if trial.trial_kind == "test"]
    tiers = [tier for tier in ("demo", "usable", "lab") if any(t.timing_tier == tier for t in trials)]
    return SessionSummary(
        **base,
        session_id=journal.session_id,
        ended_at=journal.end.ended_at if journal.end else None,
        reason=journal.end.reason if journal.end else None,
        tasks=" ".join(dict.fromkeys(trial.task for trial in trials)),
        trials=len(trials),
        test_trials=len(test),
        answered=sum(trial.outcome == "answered" for trial in test),
        correct=sum(trial.correct is True for trial in test),
        excluded=sum(not trial.valid for trial in trials),
        timing_tier=tiers[0] if tiers else None,
        problems=len(journal.problems),
    )


_COMMON = ("lab_id", "started_at", "protocol", "protocol_version", "plan_digest", "respondent_code", "respondent_kind")
_RESPONDENT = ("age_days", "model_id", "model_step", "model_hours_seen", "random_weights")


def _from_header(journal: Journal) -> dict[str, Any]:
    header, first = journal.header, next(iter(journal.trials.values()), None)
    assert header is not None  # the caller looked
    said = {name: getattr(first, name) if first else _plain(header.respondent.get(name)) for name in _RESPONDENT}
    baseline = first.baseline if first else str(header.respondent.get("baseline", ""))
    codes = {trial.respondent_code for trial in journal.trials.values()}  # another than the header's once corrected
    code = {"respondent_code": codes.pop()} if len(codes) == 1 else {}
    told = {name: getattr(header, name) for name in (*_COMMON, "bank", "resumes")}
    return told | said | code | {"baseline": baseline}


def _plain(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None
    return value if isinstance(value, str | int | float) else None


def _from_trial(trial: TrialRecord) -> dict[str, Any]:
    return {name: getattr(trial, name) for name in (*_COMMON, *_RESPONDENT, "bank", "baseline")} | {"resumes": None}
