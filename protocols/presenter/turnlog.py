"""What is measured while a turn is shown, and the answer that is made of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from devkit.respondents import Answer, Measured, Outcome, PresentedTurn
from protocols.equipment import DisplayReport
from protocols.presenter.takers import Taken

RtFrom = Literal["onset", "word", "prompt_end"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the window knows of a turn that is over.

    Attributes:
        report: What was measured of the screen.
        frames_late: Late frames during the turn.
        time_scale: Speed of the session's clock.
    """

    report: DisplayReport
    frames_late: int
    time_scale: float


@dataclass(slots=True)
class TurnLog:
    """What was measured in a turn so far; times in ms of the session's clock, None until they are known."""

    onset_ms: float | None = None
    prompt_onset_ms: float | None = None
    prompt_end_ms: float | None = None
    word_onset_ms: float | None = None
    exposure_ms: float | None = None
    delay_ms: float | None = None
    repeats: int = 0
    early_touches: int = 0
    flags: list[str] = field(default_factory=list)

    def reference(self, turn: PresentedTurn) -> tuple[float | None, RtFrom | None]:
        """Return what a reaction time counts from: word (looking trials), else the prompt's end, else the onset."""
        if turn.answer_by == "gaze" and self.word_onset_ms is not None:
            return self.word_onset_ms, "word"
        if self.prompt_end_ms is not None and (self.onset_ms is None or self.prompt_end_ms >= self.onset_ms):
            return self.prompt_end_ms, "prompt_end"
        return self.onset_ms, "onset" if self.onset_ms is not None else None

    def answer(
        self, turn: PresentedTurn, outcome: Outcome, taken: Taken | None, at_ms: float | None, seen: Seen
    ) -> Answer:
        """Make the answer of the turn.

        Args:
            turn: What was put.
            outcome: What came of it.
            taken: The press or key that answered; None when nobody did.
            at_ms: When that was.
            seen: What the window knows.
        """
        start, rt_from = self.reference(turn)
        rt_ms = None
        if taken is not None and outcome == "answered" and start is not None and at_ms is not None:
            rt_ms = at_ms - start
        return Answer(
            raw=None if taken is None else taken.raw,
            position=None if taken is None else taken.position,
            source="examiner" if taken is None else taken.source,
            outcome=outcome,
            rt_ms=rt_ms,
            measured=self._measured(seen, None if taken is None else taken.device, None if rt_ms is None else rt_from),
            flags=tuple([*self.flags, *(taken.flags if taken is not None else ())]),
        )

    def _measured(self, seen: Seen, device: str | None, rt_from: RtFrom | None) -> Measured:
        return Measured(
            onset_ms=self.onset_ms,
            prompt_onset_ms=self.prompt_onset_ms,
            prompt_end_ms=self.prompt_end_ms,
            word_onset_ms=self.word_onset_ms,
            exposure_ms=self.exposure_ms,
            delay_ms=self.delay_ms,
            frame_period_ms=seen.report.period_ms,
            frames_late=seen.frames_late,
            rt_from=rt_from,
            input_device=device,
            repeats=self.repeats,
            early_touches=self.early_touches,
            timing_tier=seen.report.tier,
            display=seen.report.label(),
            time_scale=seen.time_scale,
        )
