"""The trial format, declared once.

One row a trial, the same columns for every respondent. The fields of `TrialRecord`, `EventRecord` and `GazeRecord`
are the declaration: name, type, unit, meaning and allowed values. The JSON Schema, ``docs/trial-format.md``, the
codebook and every export are made from them (`devkit.codebook`), and a test fails when those are stale.

A record never changes after it was written. What is mended is a `Correction`, appended to the journal and folded in
when the journal is read; the record keeps what was there before in ``corrections``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from devkit.respondents import AnswerSource, Outcome, RespondentKind

SCHEMA_VERSION = "1.0"
TIMING_TIERS = ("lab", "usable", "demo")


def column(group: str, meaning: str, unit: str = "") -> Any:
    """Declare what a column means: its group, its meaning in words and its unit."""
    return Field(description=meaning, json_schema_extra={"group": group, "unit": unit})


def optional(group: str, meaning: str, unit: str = "") -> Any:
    """Declare a column that is null where it does not apply or is not known."""
    return Field(default=None, description=meaning, json_schema_extra={"group": group, "unit": unit})


class Row(BaseModel):
    """Base of the three tables: unknown columns are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChoiceColumn(Row):
    """One offered choice as it was shown."""

    label: str
    media: str | None = None
    role: str = "distractor"
    letter: str | None = None


class TurnColumn(Row):
    """One turn of a dialogue as it was shown and answered."""

    turn_index: int
    phase: str = ""
    choices: tuple[ChoiceColumn, ...]
    choice_order: tuple[int, ...]
    target_position: int
    onset_ms: float | None = None
    answer_raw: str | None = None
    answer: str | None = None
    answer_position: int | None = None
    rt_ms: float | None = None
    outcome: Outcome
    choice_scores: tuple[float, ...] | None = None
    correct: bool | None = None


class CorrectionColumn(Row):
    """One correction that was made to a record after it was written."""

    column: str
    before: Any = None
    after: Any = None
    who: str
    when: str
    why: str


class TrialRecord(Row):
    """One trial of one respondent."""

    # keys
    session_id: str = column("keys", "Session, UUIDv7")
    trial_id: str = column("keys", "Trial, UUIDv7; unique over all labs")
    trial_index: int = column("keys", "Place in the session as run, from 0")
    plan_index: int = column("keys", "Place in the plan, from 0; the same for every respondent of a yoked plan")
    attempt: int = column("keys", "1 for the first attempt, 2 … for a repeated trial or practice attempt")
    block: int = column("keys", "Block of the protocol, from 0")
    lab_id: str = column("keys", "Lab in which the trial was recorded")
    protocol: str = column("keys", "Name of the protocol")
    protocol_version: str = column("keys", "Version of the protocol")
    plan_digest: str = column("keys", "SHA-256 of the plan: protocol, bank, order and positions")
    seed: int = column("keys", "Seed of the plan")
    schema_version: str = column("keys", "Version of this trial format")
    started_at: str = column("keys", "Wall-clock time at which the trial began, ISO 8601 with offset")

    # respondent
    respondent_code: str = column("respondent", "Code of the participant, model or simulation; never a name")
    respondent_kind: RespondentKind = column("respondent", "Who answered")
    baseline: Literal["", "chance", "text_only", "position_only"] = column(
        "respondent", "Which of the three baselines this is; empty for all others"
    )
    age_days: int | None = optional("respondent", "Age on the day of the session", "days")
    age_corrected_days: int | None = optional("respondent", "Age corrected for prematurity", "days")
    age_precision: Literal["day", "month", "year"] | None = optional("respondent", "How finely the age was recorded")
    language: str = column("respondent", "Language of the session, BCP 47")
    model_id: str | None = optional("respondent", "Name of the model")
    model_digest: str | None = optional("respondent", "SHA-256 over the model's weights and settings")
    model_step: int | None = optional("respondent", "Training step of the checkpoint", "steps")
    model_hours_seen: float | None = optional("respondent", "Recordings seen in training", "hours")
    random_weights: bool | None = optional("respondent", "True when the model was never trained")
    prompt_digest: str | None = optional("respondent", "SHA-256 of the model's prompt template")
    decoding: str | None = optional("respondent", "How the model's answer was taken (greedy, likelihood …)")

    # item
    task: str = column("item", "Task code")
    form: str = column("item", "Task form")
    item_id: str = column("item", "Item in its bank")
    item_digest: str = column("item", "SHA-256 of the item as a respondent could meet it")
    bank: str = column("item", "Name of the bank")
    word: str = column("item", "Noun asked about; empty when the task has none")
    target: str = column("item", "Label of the right choice; of the last turn in a dialogue")
    choices: tuple[ChoiceColumn, ...] = column("item", "Offered choices in the order in which they were shown")
    chance: float = column("item", "Probability of a right answer by guessing")
    difficulty: dict[str, int | float | str | bool] = column("item", "Difficulty columns that the task declares")
    provenance: dict[str, Any] = column("item", "Source, split, recordings, span and frames of the item")

    # presentation
    trial_kind: Literal["demonstration", "practice", "test"] = column("presentation", "What the trial was for")
    is_practice: bool = column("presentation", "True for demonstration and practice trials")
    choice_order: tuple[int, ...] = column("presentation", "Bank index of the choice at each shown position")
    target_position: int = column("presentation", "Shown position of the right choice, from 0")
    onset_ms: float | None = optional("presentation", "Flip that showed the choices, from session start", "ms")
    prompt_onset_ms: float | None = optional("presentation", "Begin of the spoken prompt, from session start", "ms")
    prompt_end_ms: float | None = optional("presentation", "End of the spoken prompt, from session start", "ms")
    word_onset_ms: float | None = optional("presentation", "Onset of the target word, from session start", "ms")
    exposure_ms: float | None = optional("presentation", "Measured exposure of a timed stimulus", "ms")
    delay_ms: float | None = optional("presentation", "Measured delay between stimulus and choices", "ms")
    feedback: bool = column("presentation", "Whether right and wrong were shown")
    repeats: int = column("presentation", "How often the prompt was repeated")
    early_touches: int = column("presentation", "Touches before the prompt had ended; they do not count")
    frame_period_ms: float | None = optional("presentation", "Measured frame period of the display", "ms")
    frames_late: int | None = optional("presentation", "Frames later than 1.5 periods during the trial")
    timing_tier: Literal["lab", "usable", "demo"] | None = optional(
        "presentation",
        "How far the session's timing can be trusted; null for models and data-only simulations",
    )
    time_scale: float = column("presentation", "Speed of the clock; 1 in reality, above 1 only for robots")
    display: str | None = optional("presentation", "Display that was used, name and geometry")
    input_device: str | None = optional("presentation", "Device that gave the answer and how its time was read")

    # answer
    answer_raw: str | None = optional("answer", "Reply in its own words, unchanged")
    answer: str | None = optional("answer", "Label of the chosen choice")
    answer_position: int | None = optional("answer", "Shown position of the chosen choice, from 0")
    answer_source: AnswerSource | None = optional("answer", "How the answer was given")
    rt_ms: float | None = optional("answer", "Reaction time, counted from rt_from", "ms")
    rt_from: Literal["onset", "word", "prompt_end"] | None = optional("answer", "What rt_ms counts from")
    outcome: Outcome = column(
        "answer", "answered, or why there is no answer; none and ambiguous are unreadable replies, not errors"
    )
    choice_scores: tuple[float, ...] | None = optional(
        "answer", "Log-probability of each shown choice, in shown order", "nats"
    )
    turns: tuple[TurnColumn, ...] = column("answer", "The turns of a dialogue; empty for single-turn tasks")
    look_target: float | None = optional("answer", "Share of looking at the target in the window", "share")
    look_baseline: float | None = optional("answer", "Share of looking at the target before the word", "share")
    look_usable: float | None = optional("answer", "Share of the window with usable gaze", "share")
    look_ms: float | None = optional("answer", "Looking time in all, where looking ends the trial", "ms")

    # score
    correct: bool | None = optional("score", "Whether the answer is right; null unless answered")
    score: float | None = optional("score", "Score of the trial between 0 and 1; null unless it can be scored")
    scores: dict[str, float | None] = column("score", "Further scores of the task (exact, adjacent, learning …)")
    theta: float | None = optional("score", "Ability after the trial (adaptive tasks)", "logits")
    theta_se: float | None = optional("score", "Standard error of theta", "logits")
    stop_rule: str | None = optional("score", "Stop rule that this trial set off")

    # quality
    valid: bool = column("quality", "False once the trial is excluded")
    flags: tuple[str, ...] = column("quality", "Soft quality flags; no row is ever deleted")
    exclusion: tuple[str, ...] = column("quality", "Coded reasons for exclusion; a trial may have several")
    note: str = column("quality", "Note of the examiner")
    corrections: tuple[CorrectionColumn, ...] = column("quality", "What was corrected, by whom, when and why")


class EventRecord(Row):
    """Something that happened in a session."""

    session_id: str = column("keys", "Session")
    trial_id: str | None = optional("keys", "Trial in which it happened; null between trials")
    t_ms: float = column("event", "Time from session start", "ms")
    name: str = column("event", "Kind of event (flip, audio, attention, calibration, pause, note …)")
    detail: dict[str, Any] = column("event", "What belongs to it")


class GazeRecord(Row):
    """One gaze sample or coded frame."""

    session_id: str = column("keys", "Session")
    trial_id: str = column("keys", "Trial")
    t_word_ms: float = column("gaze", "Time from word onset", "ms")
    x: float | None = optional("gaze", "Horizontal place, 0 left to 1 right of the screen")
    y: float | None = optional("gaze", "Vertical place, 0 bottom to 1 top of the screen")
    aoi: Literal["target", "distractor", "other", "missing"] = column("gaze", "Area looked at")
    coder: str = column("gaze", "Tracker, program or person that coded it")
    confidence: float | None = optional("gaze", "Confidence of the coder, 0–1")


class Correction(Row):
    """A correction to one record, appended to its session's journal."""

    trial_id: str
    column: str
    after: Any = None
    who: Annotated[str, Field(min_length=1)]
    when: str
    why: Annotated[str, Field(min_length=1)]


class SessionHeader(Row):
    """First line of a journal: one respondent, one plan, one place. What a session is, before any trial."""

    session_id: str
    lab_id: str
    started_at: str
    schema_version: str = SCHEMA_VERSION
    devkit_version: str
    protocol: str
    protocol_version: str
    plan_digest: str
    seed: int
    respondent_code: str
    respondent_kind: RespondentKind
    respondent: dict[str, Any]
    bank: str
    bank_digest: str
    plan: dict[str, Any]
    machine: dict[str, Any] = Field(default_factory=dict)
    resumes: str | None = None


class SessionEnd(Row):
    """Last line of a journal that was closed properly."""

    session_id: str
    ended_at: str
    reason: Literal["completed", "breakoff", "reason_code", "other"]
    detail: str = ""
    timing: dict[str, Any] = Field(default_factory=dict)
