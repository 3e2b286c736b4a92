"""The one place where a trial becomes its record: what was put and what came back, and nothing else.

Choices stand in the record in the order in which they were shown. An answer in words was resolved against the offered
choices before (`resolved`); an unreadable one stays unreadable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from devkit.items import Item
from devkit.records import SCHEMA_VERSION, ChoiceColumn, SessionHeader, TrialRecord, TurnColumn
from devkit.respondents import Answer, Exchange, Outcome, PresentedTurn, RespondentInfo
from devkit.tasks import task
from devkit.tasks.base import Score
from devkit.tasks.replies import resolve
from protocols.flow import Flow, Step
from protocols.plan import Plan
from protocols.stopping import Result


def resolved(answer: Answer, turn: PresentedTurn) -> Answer:
    """Return the answer with its position found from its words, where it has none; never by guessing."""
    if answer.position is not None or answer.raw is None or answer.outcome != "answered":
        return answer
    found = resolve(answer.raw, turn)
    return replace(answer, outcome=found.outcome, position=found.position)


@dataclass(frozen=True, slots=True)
class Run:
    """What all records of a session share."""

    header: SessionHeader
    plan: Plan
    info: RespondentInfo
    bank: str

    def record(
        self,
        step: Step,
        item: Item,
        exchanges: Sequence[Exchange],
        score: Score,
        *,
        trial_index: int,
        started_at: str,
        shift_ms: float = 0.0,
        stop_rule: str | None = None,
        flags: tuple[str, ...] = (),
    ) -> TrialRecord:
        """Build the record of a trial.

        Args:
            step: What was planned, as what it was put, and the attempt.
            item: Its item.
            exchanges: Its turns with their resolved answers; at least one.
            score: What the task makes of them.
            trial_index: Place in the session as run.
            started_at: Wall-clock time of its begin.
            shift_ms: Session time that had passed before this program took the session up (0 unless resumed).
            stop_rule: Stop rule that it set off.
            flags: Quality flags.
        """
        last, block = exchanges[-1], self.plan.blocks[step.trial.block]
        whole = len(exchanges) > 1 or last.turn.turn_count > 1
        return TrialRecord(
            **self._keys(step, last.turn.trial_id, trial_index, started_at),
            **self._respondent(),
            task=item.task,
            form=item.form,
            item_id=item.item_id,
            item_digest=step.trial.item_digest,
            bank=self.bank,
            word=item.word,
            target=last.turn.choices[last.turn.target_position].label,
            choices=_choices(last.turn),
            chance=block.chance,
            difficulty=dict(item.difficulty),
            provenance=item.provenance.model_dump(mode="json"),
            trial_kind=step.kind,
            is_practice=step.kind != "test",
            choice_order=step.trial.orders[last.turn.turn_index],
            target_position=last.turn.target_position,
            feedback=last.turn.feedback,
            **_measured(exchanges, shift_ms),
            **_answered(exchanges),
            turns=tuple(_turn(exchange, step, shift_ms) for exchange in exchanges) if whole else (),
            correct=score.correct if step.kind != "demonstration" else None,
            score=score.score if step.kind != "demonstration" else None,
            scores=dict(score.scores),
            stop_rule=stop_rule,
            valid=True,
            flags=flags,
            exclusion=(),
            note="; ".join(exchange.answer.note for exchange in exchanges if exchange.answer.note),
            corrections=(),
        )

    def _keys(self, step: Step, trial_id: str, trial_index: int, started_at: str) -> dict[str, Any]:
        return {
            "session_id": self.header.session_id,
            "trial_id": trial_id,
            "trial_index": trial_index,
            "plan_index": step.trial.index,
            "attempt": step.attempt,
            "block": step.trial.block,
            "lab_id": self.header.lab_id,
            "protocol": self.plan.protocol,
            "protocol_version": self.plan.protocol_version,
            "plan_digest": self.header.plan_digest,
            "seed": self.plan.seed,
            "schema_version": SCHEMA_VERSION,
            "started_at": started_at,
        }

    def _respondent(self) -> dict[str, Any]:
        info = self.info
        return {
            "respondent_code": info.code,
            "respondent_kind": info.kind,
            "baseline": info.baseline,
            "age_days": info.age_days,
            "age_corrected_days": info.age_corrected_days,
            "age_precision": info.age_precision,
            "language": info.language,
            "model_id": info.model_id,
            "model_digest": info.model_digest,
            "model_step": info.model_step,
            "model_hours_seen": info.model_hours_seen,
            "random_weights": info.random_weights,
            "prompt_digest": info.prompt_digest,
            "decoding": info.decoding,
        }


def score_of(exchanges: Sequence[Exchange]) -> Score:
    """Score a trial; a dialogue that did not run to its end has no score."""
    first = exchanges[0].turn
    if len(exchanges) < first.turn_count:
        return Score(None, None)
    return task(first.task).score(exchanges)


def result_of(record: TrialRecord, start_ms: float = 0.0, end_ms: float = 0.0) -> Result:
    """Return what the rules need to know of a recorded trial; of a dialogue, right means that every turn is."""
    correct = record.correct
    if record.turns:
        correct = all(turn.correct is True for turn in record.turns) if record.outcome == "answered" else None
    return Result(correct, record.outcome, start_ms, end_ms, record.look_ms)


def flow_columns(before: Flow, after: Flow, record: TrialRecord, start_ms: float) -> dict[str, Any]:
    """Return the columns of a record that the rules know: stop rule, ability, the time since learning, flags.

    Args:
        before: The flow whose step was taken.
        after: The flow after it.
        record: As it was made from the answers alone.
        start_ms: Begin of the trial, session clock.
    """
    found: dict[str, Any] = {"stop_rule": after.set_off}
    step = before.step
    block = None if step is None else before.plan.blocks[step.trial.block]
    flags = list(record.flags)
    if after.estimate is not None:
        found |= {"theta": round(after.estimate.theta, 6), "theta_se": _finite(after.estimate.se)}
        flags += ["provisional_parameters"] if block is not None and block.provisional else []
    retained = before.retained_ms(start_ms if record.onset_ms is None else record.onset_ms)
    if retained is not None and block is not None and block.retention is not None and before.rules:
        found["delay_ms"] = retained
        kept = block.retention
        flags += (
            ["retention_over"] if retained > kept.most_ms else ["retention_short"] if retained < kept.least_ms else []
        )
    return {**found, "flags": tuple(dict.fromkeys(flags))}


def _finite(error: float) -> float | None:
    return round(error, 6) if math.isfinite(error) else None


def outcome_of(exchanges: Sequence[Exchange]) -> Outcome:
    """Return the outcome of a trial.

    A dialogue that was cut or skipped says so. One that ran to its end counts as answered when any of its turns was,
    as its score does; what became of each turn stands in ``turns``.
    """
    outcomes = [exchange.answer.outcome for exchange in exchanges]
    for ended in ("aborted", "skipped"):
        if ended in outcomes:
            return ended
    return "answered" if "answered" in outcomes else outcomes[-1]


def _choices(turn: PresentedTurn) -> tuple[ChoiceColumn, ...]:
    return tuple(ChoiceColumn(label=c.label, media=c.media, role=c.role, letter=c.letter) for c in turn.choices)


def _measured(exchanges: Sequence[Exchange], shift_ms: float) -> dict[str, Any]:
    """Presentation columns: onsets of the first turn, the rest of the last, counts summed over the turns."""
    first, last = exchanges[0].answer.measured, exchanges[-1].answer.measured
    every = [exchange.answer.measured for exchange in exchanges]
    late = [measured.frames_late for measured in every if measured.frames_late is not None]
    return {
        "onset_ms": _shifted(first.onset_ms, shift_ms),
        "prompt_onset_ms": _shifted(first.prompt_onset_ms, shift_ms),
        "prompt_end_ms": _shifted(first.prompt_end_ms, shift_ms),
        "word_onset_ms": _shifted(first.word_onset_ms, shift_ms),
        "exposure_ms": last.exposure_ms,
        "delay_ms": last.delay_ms,
        "repeats": sum(measured.repeats for measured in every),
        "early_touches": sum(measured.early_touches for measured in every),
        "frame_period_ms": last.frame_period_ms,
        "frames_late": sum(late) if late else None,
        "timing_tier": last.timing_tier,
        "time_scale": last.time_scale,
        "display": last.display,
        "input_device": last.input_device,
        "rt_from": last.rt_from,
    }


def _answered(exchanges: Sequence[Exchange]) -> dict[str, Any]:
    turn, answer = exchanges[-1].turn, exchanges[-1].answer
    return {
        "answer_raw": answer.raw,
        "answer": _label(turn, answer),
        "answer_position": answer.position,
        "answer_source": answer.source,
        "rt_ms": answer.rt_ms,
        "outcome": outcome_of(exchanges),
        "choice_scores": answer.choice_scores,
        "look_target": answer.look_target,
        "look_baseline": answer.look_baseline,
        "look_usable": answer.look_usable,
        "look_ms": answer.look_ms,
    }


def _turn(exchange: Exchange, step: Step, shift_ms: float) -> TurnColumn:
    turn, answer = exchange.turn, exchange.answer
    given = answer.outcome == "answered" and answer.position is not None
    return TurnColumn(
        turn_index=turn.turn_index,
        phase=turn.phase,
        choices=_choices(turn),
        choice_order=step.trial.orders[turn.turn_index],
        target_position=turn.target_position,
        onset_ms=_shifted(answer.measured.onset_ms, shift_ms),
        answer_raw=answer.raw,
        answer=_label(turn, answer),
        answer_position=answer.position,
        rt_ms=answer.rt_ms,
        outcome=answer.outcome,
        choice_scores=answer.choice_scores,
        correct=answer.position == turn.target_position if given else None,
    )


def _label(turn: PresentedTurn, answer: Answer) -> str | None:
    return None if answer.position is None else turn.choices[answer.position].label


def _shifted(time_ms: float | None, shift_ms: float) -> float | None:
    return None if time_ms is None else time_ms + shift_ms
