"""Undoing a mis-keyed answer: the last trial's record gets corrections, and the course goes on from the right answer.

Nothing is overwritten: the record that is read holds what should have been keyed, its ``corrections`` what was. Only
the last trial can be mended this way, since later trials depend on it; everything else is a matter for the Trials page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from devkit.items import LETTERS
from devkit.records import Correction, TrialRecord
from devkit.respondents import Answer, Exchange, PresentedTurn
from protocols.flow import Flow, Step

WHO, WHY = "examiner", "keyed wrongly"
MENDED = (
    "answer_raw",
    "answer",
    "answer_position",
    "outcome",
    "turns",
    "correct",
    "score",
    "scores",
    "stop_rule",
    "theta",
    "theta_se",
)


@dataclass(frozen=True, slots=True)
class LastTrial:
    """The trial that was recorded last, with all that is needed to record it once more.

    Attributes:
        step: What was planned.
        exchanges: Its turns and answers.
        record: As it was written.
        before: The flow before it.
        start_ms: Its begin.
        end_ms: Its end.
    """

    step: Step
    exchanges: tuple[Exchange, ...]
    record: TrialRecord
    before: Flow
    start_ms: float
    end_ms: float


def rekeyed(last: LastTrial | None, keyed: str) -> tuple[Exchange, ...] | None:
    """Return the turns of the last trial with what should have been keyed as its answer.

    Args:
        last: The last trial.
        keyed: A number, or the place of a choice (``2``, ``b``).

    Returns:
        None when the answer was not keyed by the examiner, or ``keyed`` means nothing there.
    """
    if last is None:
        return None
    *earlier, final = last.exchanges
    if final.answer.source != "examiner" or not (answer := _answer(final.turn, final.answer, keyed.strip())):
        return None
    return (*earlier, Exchange(final.turn, answer))


def _answer(turn: PresentedTurn, given: Answer, keyed: str) -> Answer | None:
    if turn.answer_format == "number":
        if not keyed.isascii() or not keyed.isdigit():
            return None
        labels = [choice.label.strip() for choice in turn.choices]
        number = str(int(keyed))
        position = labels.index(number) if number in labels else None
        return replace(given, raw=keyed, position=position, outcome="answered")
    letters = LETTERS[: len(turn.choices)]
    if keyed.isascii() and keyed.isdigit() and 1 <= int(keyed) <= len(letters):
        return replace(given, position=int(keyed) - 1, outcome="answered")
    if len(keyed) == 1 and keyed.upper() in letters:
        return replace(given, position=letters.index(keyed.upper()), outcome="answered")
    return None


def corrections(before: TrialRecord, after: TrialRecord, when: str) -> Sequence[Correction]:
    """Return what turns one record of a trial into the other."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return [
        Correction(trial_id=before.trial_id, column=name, after=new[name], who=WHO, when=when, why=WHY)
        for name in MENDED
        if old[name] != new[name]
    ]
