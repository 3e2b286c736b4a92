"""Who answers, and how they are asked: the one small protocol between a session and any respondent.

A session runner shows a `PresentedTurn` and gets an `Answer`. Children, adults, models and simulations implement
the same four methods; respondents that need no history may also implement `BatchRespondent`. What is presented is
complete: a respondent needs neither the bank nor the plan, and what it gets is what is logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

RespondentKind = Literal["child", "adult", "model", "simulation"]
Outcome = Literal["answered", "none", "ambiguous", "timeout", "skipped", "aborted"]
AnswerSource = Literal["touch", "mouse", "key", "gaze", "examiner", "text", "likelihood", "simulated"]
TrialKind = Literal["demonstration", "practice", "test"]


@dataclass(frozen=True, slots=True)
class RespondentInfo:
    """What a respondent says of itself; the header of its session and the respondent columns of its records.

    Attributes:
        code: Code of the participant, or a short name for a model or simulation. Never a person's name.
        kind: Who answers.
        age_days: Age on the day of the session.
        age_corrected_days: Corrected for prematurity; equal to ``age_days`` for a term baby.
        age_precision: ``day``, ``month`` or ``year``: how finely the age was recorded.
        language: Language of the session, BCP 47.
        baseline: ``chance``, ``text_only`` or ``position_only`` for the three baselines, else empty.
        model_id: Name of the model.
        model_digest: SHA-256 over its weights and settings.
        model_step: Training step of the checkpoint.
        model_hours_seen: Hours of recordings seen in training.
        random_weights: True when the model was never trained; every table and figure then says so.
        decoding: How the answer was taken: ``greedy``, ``likelihood`` …
        prompt_digest: SHA-256 of the prompt template.
        detail: Anything else worth keeping in the session's header.
    """

    code: str
    kind: RespondentKind
    age_days: int | None = None
    age_corrected_days: int | None = None
    age_precision: Literal["day", "month", "year"] | None = None
    language: str = "en"
    baseline: Literal["", "chance", "text_only", "position_only"] = ""
    model_id: str | None = None
    model_digest: str | None = None
    model_step: int | None = None
    model_hours_seen: float | None = None
    random_weights: bool | None = None
    decoding: str | None = None
    prompt_digest: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timing:
    """How a turn is to be timed, worked out from the protocol; times in ms, None for no limit or not at all.

    Attributes:
        answer_max_ms: Answers later than this are a timeout.
        exposure_ms: The stimuli are shown for this long, then masked (Subitizing).
        delay_ms: Pause between the stimuli and the choices (delayed response).
        frame_ms: Time of each picture of a sequence.
        attention: Whether an attention-getter comes first.
        ready: ``attention``, ``examiner`` or ``none``: what starts the trial.
        prompt: ``audio``, ``examiner`` or ``none``: who says the prompt.
        word_lead_ms: Time that the pictures are shown before the prompt begins (Looking While Listening).
        gap_ms: Quiet fixation after the turn.
        again_ms: The prompt comes once more by itself this long after it ended.
        repeats: How often the examiner may have the prompt repeated.
        mask_ms: Time of the mask after a timed exposure.
        look_least_ms: A looking trial ends by looking away only after this much looking.
        look_away_ms: Looking away for this long ends a looking trial.
    """

    answer_max_ms: int | None = None
    exposure_ms: int | None = None
    delay_ms: int | None = None
    frame_ms: int | None = None
    attention: bool = False
    ready: Literal["attention", "examiner", "none"] = "none"
    prompt: Literal["audio", "examiner", "none"] = "audio"
    word_lead_ms: int = 0
    gap_ms: int = 500
    again_ms: int | None = None
    repeats: int = 1
    mask_ms: int = 400
    look_least_ms: int | None = None
    look_away_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ShownChoice:
    """A choice at the position where it is shown. ``letter`` is None unless answers are letters."""

    label: str
    media: str | None
    role: str
    letter: str | None


@dataclass(frozen=True, slots=True)
class PresentedTurn:
    """One question, exactly as it is put.

    Attributes:
        trial_id: UUIDv7 of the trial.
        turn_index: 0 unless the task is a dialogue.
        turn_count: Number of turns of the trial.
        task: Task code.
        form: Task form.
        item_id: The item.
        kind: Demonstration, practice or test.
        prompt: Words with ``<image>`` marks, in shown order.
        images: Digests of the images that the marks consume, in shown order.
        stimuli: The first of those images: what comes before the choices.
        choices: In shown order.
        target_position: Index of the right choice. Only simulations may look at it.
        answer_format: How an answer names a choice.
        layout: How the child's screen is arranged: ``pair``, ``grid4``, ``quadrants``, ``query3``, ``sequence``,
            ``single_number``, ``dialogue``; of the staged measures ``tutorial``, ``hiding``, ``looking``; and ``rest``
            for what comes between trials (`protocols.intermission`).
        spoken: Text that is said to a child.
        spoken_media: Digest of a recorded prompt, when there is one; then ``word_onset_ms`` is its word's onset.
        word_onset_ms: Onset of the word in the recorded prompt, ms.
        word_at: Index of the word's first character in ``spoken``; None where no word's onset matters.
        spoken_again: What is said when the prompt comes again by itself.
        spoken_again_media: Digest of a recording of that.
        timing: Times of the turn.
        feedback: Whether right and wrong are shown.
        difficulty: The item's difficulty columns.
        chance: Probability of a right answer by guessing.
        answer_by: ``touch``, ``key``, ``examiner`` or ``gaze``.
        phase: ``learning``, ``test`` or empty.
        attempt: 1 for the first presentation of the trial, 2 … when practice repeats it.
    """

    trial_id: str
    turn_index: int
    turn_count: int
    task: str
    form: str
    item_id: str
    kind: TrialKind
    prompt: str
    images: tuple[str, ...]
    stimuli: tuple[str, ...]
    choices: tuple[ShownChoice, ...]
    target_position: int
    answer_format: Literal["letter", "word", "number"]
    layout: str
    spoken: str = ""
    spoken_media: str | None = None
    word_onset_ms: float | None = None
    word_at: int | None = None
    spoken_again: str = ""
    spoken_again_media: str | None = None
    timing: Timing = Timing()
    feedback: bool = False
    difficulty: Mapping[str, Any] = field(default_factory=dict)
    chance: float = 0.5
    answer_by: Literal["touch", "key", "examiner", "gaze"] = "touch"
    phase: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured while a turn was shown; times in ms from session start, None when not measured.

    ``timing_tier`` says how far the times can be trusted, ``display`` names the screen, and ``time_scale`` is the speed
    of the clock that all the times were read from (above 1 only for robots).
    """

    onset_ms: float | None = None
    prompt_onset_ms: float | None = None
    prompt_end_ms: float | None = None
    word_onset_ms: float | None = None
    exposure_ms: float | None = None
    delay_ms: float | None = None
    frame_period_ms: float | None = None
    frames_late: int | None = None
    rt_from: Literal["onset", "word", "prompt_end"] | None = None
    input_device: str | None = None
    repeats: int = 0
    early_touches: int = 0
    timing_tier: Literal["lab", "usable", "demo"] | None = None
    display: str | None = None
    time_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class GazeSample:
    """Where somebody looked at one moment.

    Attributes:
        t_ms: From session start.
        x: 0 left to 1 right of the screen; None without a gaze.
        y: 0 bottom to 1 top.
        aoi: Area looked at.
        confidence: Of whoever says so, 0 to 1; None when it is not known.
    """

    t_ms: float
    x: float | None
    y: float | None
    aoi: Literal["target", "distractor", "other", "missing"]
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one turn.

    Attributes:
        raw: The words of a reply, unchanged; None for a touch.
        position: Index into the shown choices, when the respondent chose one directly; None when ``raw`` has to be
            resolved, or when there is no answer.
        source: How the answer was given.
        outcome: ``answered`` when ``position`` is set; with ``raw`` alone the runner resolves it.
        rt_ms: Reaction time, from what ``measured.rt_from`` says.
        choice_scores: Log-probability of each shown choice, summed over its tokens.
        measured: Timing of the turn.
        look_target: Share of looking at the target (gaze tasks).
        look_baseline: The same before the word.
        look_usable: Share of the window with usable gaze.
        look_ms: Looking time in all (looking trials without a window).
        flags: Short codes for the record's ``flags``.
        note: A note by the examiner.
        events: What happened meanwhile: ``(name, t_ms from session start, detail)``.
        gaze: Where the respondent looked, in order of time.
        gaze_by: Tracker, program or person that says so.
    """

    raw: str | None = None
    position: int | None = None
    source: AnswerSource = "simulated"
    outcome: Outcome = "answered"
    rt_ms: float | None = None
    choice_scores: tuple[float, ...] | None = None
    measured: Measured = Measured()
    look_target: float | None = None
    look_baseline: float | None = None
    look_usable: float | None = None
    look_ms: float | None = None
    flags: tuple[str, ...] = ()
    note: str = ""
    events: tuple[tuple[str, float, Mapping[str, Any]], ...] = ()
    gaze: tuple[GazeSample, ...] = ()
    gaze_by: str = ""


class SessionStopped(Exception):
    """Raised by `Respondent.answer` when the session is to end now: the examiner said so, with a reason.

    Attributes:
        reason: As a `devkit.records.SessionEnd` names it.
        detail: More about the reason, in the examiner's words or a code.
        answer: The answer of the running turn, outcome ``aborted``; it is still to be recorded.
    """

    def __init__(self, reason: Literal["breakoff", "reason_code", "other"], detail: str, answer: Answer) -> None:
        super().__init__(f"the session was stopped ({reason}{': ' + detail if detail else ''})")
        self.reason: Literal["breakoff", "reason_code", "other"] = reason
        self.detail = detail
        self.answer = answer


class TrialWithdrawn(Exception):
    """Raised by `Respondent.answer` when the examiner takes the running trial back; it is put again from its beginning.

    Attributes:
        why: ``repeat``: the trial is repeated, and what was answered does not count; ``undo``: the examiner keyed the
            answer to the trial before wrongly.
        correction: With ``undo``, what should have been keyed.
        answer: What had come of the running turn.
    """

    def __init__(self, why: Literal["repeat", "undo"], correction: str, answer: Answer) -> None:
        super().__init__(f"the trial was withdrawn ({why})")
        self.why: Literal["repeat", "undo"] = why
        self.correction = correction
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn that is over: what was asked and what was answered; a model's own answers are its history."""

    turn: PresentedTurn
    answer: Answer


@dataclass(frozen=True, slots=True)
class SessionContext:
    """What a respondent learns when a session opens.

    Attributes:
        session_id: UUIDv7.
        media_path: Finds the file of a digest.
        seed: Seed of the session; simulations draw from it.
        language: Language of the session.
        turns: Every turn that may come, so that media can be loaded beforehand.
        settings: Presentation settings of the protocol (ground colour, display …).
    """

    session_id: str
    media_path: MediaFinder
    seed: int
    language: str
    turns: Sequence[PresentedTurn] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


class MediaFinder(Protocol):
    """Finds the file of a media digest."""

    def __call__(self, digest: str) -> Path:
        """Return the path of the file; `devkit.errors.UserError` when the bank lacks it."""
        ...


@runtime_checkable
class Respondent(Protocol):
    """Anything that can sit a protocol."""

    def describe(self) -> RespondentInfo:
        """Return who this is; called once, before `open`."""
        ...

    def open(self, session: SessionContext) -> None:
        """Get ready: load media, open windows. May raise `devkit.errors.UserError`."""
        ...

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Answer one turn, given the earlier turns of the same trial."""
        ...

    def close(self) -> None:
        """Let go of everything; called once, also after a failure."""
        ...


@runtime_checkable
class BatchRespondent(Respondent, Protocol):
    """A respondent that answers many independent single-turn trials faster than one by one, with equal results."""

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        """Answer turns that have no history, in the same order."""
        ...
