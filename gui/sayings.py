"""What the codes of the records mean, in the app's language; for pages that have nothing else in common."""

from __future__ import annotations

from gui.words import tr

DAYS_PER_MONTH = 30.4375


def age_text(days: int | None) -> str:
    """Return an age in months and days of a mean month, where only the days are known."""
    if days is None:
        return ""
    months = int(days / DAYS_PER_MONTH)
    return tr("{months} mo {days} d", months=months, days=int(days - months * DAYS_PER_MONTH))


def reason_words(reason: str | None) -> str:
    """Return why a session ended."""
    return {
        "completed": tr("completed"),
        "breakoff": tr("ended early"),
        "reason_code": tr("ended early, with a reason"),
        "other": tr("ended early, other"),
        None: tr("broke off"),
    }.get(reason, str(reason))


def kind_words(kind: str) -> str:
    """Return what a trial is for."""
    return {"demonstration": tr("demonstration"), "practice": tr("practice"), "test": tr("test")}.get(kind, kind)


def outcome_words(outcome: str) -> str:
    """Return how a trial came out."""
    return {
        "none": tr("no answer"),
        "ambiguous": tr("not valid"),
        "timeout": tr("too late"),
        "skipped": tr("left out"),
        "aborted": tr("broken off"),
        "answered": tr("answered"),
    }.get(outcome, outcome)
