"""How long a turn takes, from the times of its protocol: for simulated clocks and for estimates of durations.

What a protocol does not fix (a spoken prompt, an attention-getter, the examiner's readiness) is given a plain typical
value here, named as such.
"""

from __future__ import annotations

from dataclasses import dataclass

from devkit.respondents import PresentedTurn

PROMPT_MS = 1800.0
ATTENTION_MS = 2500.0
EXAMINER_MS = 2000.0
FRAME_MS = 500.0
FEEDBACK_MS = 1000.0
DEMONSTRATION_MS = 3000.0
GAZE_WINDOW_MS = 4000.0
KEYING_MS = 1500.0
HIDING_MS = 3500.0


@dataclass(frozen=True, slots=True)
class TurnTimes:
    """Typical times of one turn, ms.

    Attributes:
        before_ms: From the begin of the turn to the pictures: readiness and attention-getter.
        prompt_ms: From the pictures to the end of the prompt, lead, exposure, sequence and delay included.
        window_ms: Looking window of a gaze turn, or the showing of a demonstration; 0 where an answer ends the turn.
        after_ms: Feedback, the examiner's keying, and the quiet gap.
    """

    before_ms: float
    prompt_ms: float
    window_ms: float
    after_ms: float

    @property
    def before_answer_ms(self) -> float:
        """Time until an answer can be given."""
        return self.before_ms + self.prompt_ms

    @property
    def shown_ms(self) -> float:
        """Time of a turn that nobody answers."""
        return self.before_ms + self.prompt_ms + self.window_ms


def turn_times(turn: PresentedTurn) -> TurnTimes:
    """Return the typical times of a turn."""
    timing = turn.timing
    ready = {"attention": ATTENTION_MS, "examiner": EXAMINER_MS, "none": 0.0}[timing.ready]
    before = ready + (ATTENTION_MS if timing.attention else 0.0)
    frames = len(turn.stimuli) * (timing.frame_ms or FRAME_MS) if turn.layout == "sequence" else 0.0
    hiding = HIDING_MS if turn.layout == "hiding" else 0.0
    prompt = timing.word_lead_ms + hiding + frames + (timing.exposure_ms or 0) + (timing.delay_ms or 0)
    prompt += PROMPT_MS if timing.prompt != "none" else 0.0
    window = 0.0
    if turn.layout == "rest":
        return TurnTimes(max(ready, float(timing.delay_ms or 0)), 0.0, 0.0, 0.0)
    if turn.kind == "demonstration":
        window = DEMONSTRATION_MS
    elif turn.answer_by == "gaze":
        window = float(timing.answer_max_ms or GAZE_WINDOW_MS)
    after = timing.gap_ms + (FEEDBACK_MS if turn.feedback else 0.0)
    after += KEYING_MS if turn.answer_by == "examiner" else 0.0
    return TurnTimes(before, prompt, window, after)
