"""From the rows of a session of vislearnlab/visual-precision to a session in the trial format."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from devkit.banks.store import Bank
from devkit.ids import digest_json, uuid7_of
from devkit.items import LETTERS, Item
from devkit.lab.ages import corrected_days
from devkit.lab.imports.rows import CsvRow
from devkit.lab.imports.visual_precision_rows import Shown, Trial, exclusions, flags
from devkit.records import (
    SCHEMA_VERSION,
    ChoiceColumn,
    EventRecord,
    SessionEnd,
    SessionHeader,
    TrialRecord,
)
from devkit.respondents import RespondentInfo

MAPPED = frozenset(
    (
        *("SubjectInfo.subjID", "SubjectInfo.testAge", "SubjectInfo.gender", "SubjectInfo.age_at_birth"),
        *("SubjectInfo.language_list", "Trials.trialID", "Trials.trialType", "Trials.leftImage", "Trials.rightImage"),
        *("Trials.targetImage", "Trials.distractorImage", "Trials.imagePair", "absolute_onset", "Session.response_id"),
        *("mean_target_looking_critical_window", "mean_target_looking_baseline_window"),
        "percent_usable_critical_window",
    )
)
SCORES = {
    "look_target_short": "mean_target_looking_critical_window_short",
    "look_change": "corrected_target_looking",
    "look_change_short": "corrected_target_looking_short",
}
DAYS_PER_MONTH = 30


@dataclass(frozen=True, slots=True)
class Made:
    """A session in the trial format."""

    header: SessionHeader
    trials: list[TrialRecord]
    events: list[EventRecord]
    end: SessionEnd


@dataclass(frozen=True, slots=True)
class SessionMaker:
    """Makes sessions in the trial format.

    Attributes:
        source: Name of the study; of the protocol and the bank too.
        bank: A bank of the same items; None when there is none.
        photos: Digests of the pictures by name.
    """

    source: str
    bank: Bank | None
    photos: dict[str, str]

    def session_id(self, own: list[Trial]) -> str:
        """Return the id that a session always gets."""
        return self._id(min(trial.shown.onset for trial in own), own[0].shown.response_id)

    def _id(self, when: datetime, *parts: object) -> str:
        return uuid7_of(round(when.timestamp() * 1000), "/".join(map(str, (self.source, *parts))))

    @property
    def lab_id(self) -> str:
        """Return the id of the lab in which the study was recorded; the same wherever it is imported."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://github.com/vislearnlab/{self.source}"))

    def make(self, own: list[Trial], content: str) -> Made:
        """Make a session.

        Args:
            own: Its trials in order of time.
            content: Digest of the rows that it is made from.

        Raises:
            devkit.lab.imports.rows.BadValue: A value of the table of looking does not fit.
        """
        start = own[0].shown.onset
        header = self._header(own, content)
        trials, events = [], []
        attempts: Counter[str] = Counter()
        for index, trial in enumerate(own):
            attempts[trial.shown.item_id] += 1
            record = self._record(trial, header, index, attempts[trial.shown.item_id])
            trials.append(record)
            events.append(_source_event(trial, record))
        last = own[-1].shown
        ended = last.onset + timedelta(milliseconds=last.word_end_ms)
        events.sort(key=lambda event: event.t_ms)
        end = SessionEnd(
            session_id=header.session_id,
            ended_at=max(ended, start).isoformat(timespec="milliseconds"),
            reason="other",
            detail="imported; the source does not say why the session ended",
        )
        return Made(header, trials, events, end)

    def _header(self, own: list[Trial], content: str) -> SessionHeader:
        first = own[0].shown
        plan = [[t.shown.item_id, t.shown.left, t.shown.right, t.shown.target] for t in own]
        return SessionHeader(
            session_id=self.session_id(own),
            lab_id=self.lab_id,
            started_at=first.onset.isoformat(timespec="milliseconds"),
            devkit_version=version("devkit"),
            protocol=self.source,
            protocol_version="1",
            plan_digest=digest_json(plan),
            seed=0,
            respondent_code=first.child,
            respondent_kind="child",
            respondent=asdict(_respondent(first)),
            bank=self.bank.name if self.bank else self.source,
            bank_digest=self.bank.digest if self.bank else "",
            plan={},  # nothing that could be followed: the study planned elsewhere
            machine={
                "imported_from": self.source,
                "response_id": first.response_id,
                "content": content,
                "note": "recorded at home through Lookit; the source's times carry no zone and are taken as UTC",
            },
        )

    def _record(self, trial: Trial, header: SessionHeader, index: int, attempt: int) -> TrialRecord:
        shown, start = trial.shown, datetime.fromisoformat(header.started_at)
        onset_ms = (shown.onset - start).total_seconds() * 1000
        reasons, info = exclusions(trial), _respondent(shown)
        same = ("session_id", "lab_id", "protocol", "protocol_version", "plan_digest", "seed", "bank")
        return TrialRecord(
            **{name: getattr(header, name) for name in same},
            trial_id=self._id(shown.onset, shown.response_id, shown.ordinal, shown.item_id),
            trial_index=index,
            plan_index=index,
            attempt=attempt,
            block=0,
            schema_version=SCHEMA_VERSION,
            started_at=shown.onset.isoformat(timespec="milliseconds"),
            respondent_code=info.code,
            respondent_kind=info.kind,
            baseline="",
            age_days=info.age_days,
            age_corrected_days=info.age_corrected_days,
            age_precision=info.age_precision,
            language=info.language,
            trial_kind="test",
            is_practice=False,
            onset_ms=onset_ms,
            prompt_onset_ms=onset_ms + shown.carrier_ms,
            prompt_end_ms=onset_ms + shown.word_end_ms,
            word_onset_ms=onset_ms + shown.word_ms,
            feedback=False,
            repeats=0,
            early_touches=0,
            time_scale=1.0,
            valid=not reasons,
            flags=flags(trial),
            exclusion=reasons,
            note="",
            corrections=(),
            **self._item(shown),
            **_looking(trial.looked),
        )

    def item(self, shown: Shown) -> Item | None:
        """Return the bank's item of a trial; None when there is no bank, or the bank has no such item."""
        item = self.bank.items.get(shown.item_id) if self.bank else None
        same = item is not None and {choice.label for choice in item.turns[0].choices} == {shown.left, shown.right}
        return item if same else None

    def _item(self, shown: Shown) -> dict[str, Any]:
        """Return the item columns, and how it was shown: left is position 0."""
        item, names = self.item(shown), (shown.left, shown.right)
        kept = {choice.label: choice for choice in item.turns[0].choices} if item else {}
        bank_order = list(kept) or [shown.target, shown.distractor]
        choices = tuple(
            ChoiceColumn(
                label=name,
                media=kept[name].media if name in kept else self.photos.get(name),
                role=kept[name].role if name in kept else "target" if name == shown.target else "distractor",
                letter=LETTERS[place] if item and item.turns[0].answer_format == "letter" else None,
            )
            for place, name in enumerate(names)
        )
        own = {"condition": shown.condition, "distractor": shown.distractor}
        return {
            "task": "looking_while_listening",
            "form": "standard",
            "item_id": shown.item_id,
            "item_digest": item.digest if item else "",
            "word": shown.target,
            "target": shown.target,
            "choices": choices,
            "chance": 0.5,
            "difficulty": (item.difficulty if item else {}) | own,
            "provenance": item.provenance.model_dump(mode="json") if item else {"source": self.source},
            "choice_order": tuple(bank_order.index(name) for name in names),
            "target_position": names.index(shown.target),
        }


def _respondent(shown: Shown) -> RespondentInfo:
    return RespondentInfo(
        code=shown.child,
        kind="child",
        age_days=shown.age_days,
        age_corrected_days=corrected_days(shown.age_days, shown.age_days / DAYS_PER_MONTH, shown.weeks),
        age_precision="month",
        language="en",
    )


def _looking(row: CsvRow | None) -> dict[str, Any]:
    """Return the answer and score columns; nothing is right or wrong in a gaze trial."""
    if row is None:
        return {"outcome": "none", "turns": (), "scores": {}}
    target = row.share("mean_target_looking_critical_window")
    return {
        "answer_source": "gaze",
        "outcome": "none" if target is None else "answered",
        "turns": (),
        "look_target": target,
        "look_baseline": row.share("mean_target_looking_baseline_window"),
        "look_usable": row.share("percent_usable_critical_window"),
        "input_device": "the family's webcam, coded by iCatcher+",
        "scores": {name: row.number(column) for name, column in SCORES.items() if column in row.values},
    }


def _source_event(trial: Trial, record: TrialRecord) -> EventRecord:
    """Keep what the trial format has no column for."""
    detail: dict[str, str] = {}
    for row in (trial.shown.row, trial.looked):
        if row is not None:
            detail.update({name: value for name, value in row.values.items() if name and name not in MAPPED})
    onset = record.onset_ms or 0.0
    return EventRecord(session_id=record.session_id, trial_id=record.trial_id, t_ms=onset, name="source", detail=detail)
