"""A simulated child: answers by ability that grows with age, with lapses, side bias, refusals and reaction times.

It exists to try protocols, the pipeline and the statistics before a real child sits down. The growth curves
(`protocols.growth`) are invented; its records say ``simulation`` and are never drawn or counted as children's.

What it answers to an item depends on its seed and code, the item, the turn and the attempt, not on what came before, so
a session that was interrupted ends as it would have ended. It has a clock of its own that runs as fast as
its trials would take.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Literal

from devkit.respondents import Answer, Exchange, Measured, PresentedTurn, RespondentInfo, SessionContext
from devkit.tasks import task
from protocols import growth
from protocols.draw import stream
from protocols.pace import TurnTimes, turn_times

GAZE_WINDOW_CERTAINTY = 12.0
DAYS_A_MONTH = 30.4375


class SimulatedChild:
    """A child that was never born.

    Args:
        code: Short name in the records.
        age_months: Age on the day of the session.
        seed: Decides everything that differs between children, and every answer.
        language: Language of the session, BCP 47.
        ability: Added to the ability in every task, logits; drawn from the seed when None.
        side_bias: Share of answers that the favourite side alone decides; drawn when None (most children have little).
    """

    rests = True  # takes assent, breaks and waits (`protocols.intermission`)

    def __init__(
        self,
        code: str,
        age_months: float,
        seed: int = 0,
        *,
        language: str = "en",
        ability: float | None = None,
        side_bias: float | None = None,
    ) -> None:
        born = stream("child", seed, code)
        drawn_ability, drawn_bias = born.gauss(0, growth.BETWEEN_CHILDREN), born.betavariate(1, 12)
        self.code, self.age_months, self.seed, self.language = code, age_months, seed, language
        self.ability = drawn_ability if ability is None else ability
        self.side_bias = drawn_bias if side_bias is None else side_bias
        self.favourite = born.choice((0, -1))
        self._talent = {name: born.gauss(0, growth.BETWEEN_TASKS) for name in sorted(growth.GROWTH)}
        self._clock_ms = 0.0

    def describe(self) -> RespondentInfo:
        """Return who this is: a simulation, with everything that was drawn for it."""
        days = round(self.age_months * DAYS_A_MONTH)
        return RespondentInfo(
            code=self.code,
            kind="simulation",
            age_days=days,
            age_corrected_days=days,
            age_precision="day",
            language=self.language,
            detail={
                "simulation": "growth curves invented for simulation, not norms",
                "seed": self.seed,
                "ability": self.ability,
                "side_bias": self.side_bias,
                "favourite_side": "left" if self.favourite == 0 else "right",
                "midpoints": {name: curve.midpoint for name, curve in growth.GROWTH.items()},
                "slopes": {name: curve.slope for name, curve in growth.GROWTH.items()},
            },
        )

    def open(self, session: SessionContext) -> None:
        """Sit down; the clock starts."""
        self._clock_ms = 0.0

    def close(self) -> None:
        """Stand up."""

    def now_ms(self) -> float:
        """Return the simulated time since the session was opened."""
        return self._clock_ms

    def ability_in(self, task_code: str) -> float:
        """Return this child's ability in a task, logits."""
        curve = growth.GROWTH.get(task_code, growth.ELSEWHERE)
        return curve.ability(self.age_months) + self.ability + self._talent.get(task_code, 0.0)

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Answer a turn."""
        rng = stream("answer", self.seed, self.code, turn.item_id, turn.turn_index, turn.attempt)
        times = turn_times(turn)
        onset = self._clock_ms + times.before_ms
        prompt_end = onset + times.prompt_ms
        rt = growth.median_rt_ms(self.age_months) * math.exp(rng.gauss(0, growth.RT_SPREAD))
        measured = Measured(
            onset_ms=onset,
            prompt_end_ms=prompt_end,
            word_onset_ms=prompt_end - min(600.0, times.prompt_ms),
            exposure_ms=turn.timing.exposure_ms,
            delay_ms=turn.timing.delay_ms,
            rt_from="word" if turn.answer_by == "gaze" else "prompt_end",
        )
        limit = turn.timing.answer_max_ms
        if turn.kind == "demonstration":
            return self._leave(Answer(outcome="none", measured=measured), times.shown_ms, times.after_ms)
        if turn.layout == "rest":
            return self._leave(Answer(outcome="none"), times.shown_ms, 0.0)
        if turn.layout == "looking":
            return self._watch(turn, measured, rng, times)
        if turn.answer_by == "gaze":
            return self._leave(self._look(turn, measured, rng), times.shown_ms, times.after_ms)
        refused = rng.random() < growth.no_response(self.age_months)
        position = self._choose(turn, rng)
        if refused or (limit is not None and rt > limit):
            outcome: Literal["timeout", "none"] = "timeout" if limit is not None else "none"
            waited = float(limit) if limit is not None else 3 * rt
            return self._leave(
                Answer(outcome=outcome, measured=measured), times.before_answer_ms + waited, times.after_ms
            )
        given = Answer(position=position, rt_ms=round(rt, 1), measured=measured)
        return self._leave(given, times.before_answer_ms + rt, times.after_ms)

    def _choose(self, turn: PresentedTurn, rng: random.Random) -> int:
        """Choose a position: by the favourite side, or as the task's simulation does with this ability."""
        sided = rng.random() < self.side_bias and turn.answer_format == "letter"
        position = task(turn.task).simulate(turn, self.ability_in(turn.task), growth.lapse(self.age_months), rng)
        return self.favourite % len(turn.choices) if sided else position

    def _look(self, turn: PresentedTurn, measured: Measured, rng: random.Random) -> Answer:
        """Look at the pictures: shares of looking before and after the word; no choice is made."""
        mastery = 1 / (1 + math.exp(-self.ability_in(turn.task)))
        mean = 0.5 + (0.42 - growth.lapse(self.age_months) / 2) * mastery
        certainty = GAZE_WINDOW_CERTAINTY
        return Answer(
            source="gaze",
            outcome="answered",
            measured=measured,
            look_target=round(rng.betavariate(mean * certainty, (1 - mean) * certainty), 4),
            look_baseline=round(rng.betavariate(certainty / 2, certainty / 2), 4),
            look_usable=round(rng.betavariate(8 + self.age_months / 4, 2.5), 4),
        )

    def _watch(self, turn: PresentedTurn, measured: Measured, rng: random.Random, times: TurnTimes) -> Answer:
        """Look until it is enough: less from showing to showing; in the test longer at what is new."""
        longest = float(turn.timing.answer_max_ms or growth.LONGEST_LOOK_MS)
        fading = growth.LOOK_FADING ** (turn.attempt - 1) if turn.phase == "learning" else 0.8
        look_ms = min(longest, growth.FIRST_LOOK_MS * fading * math.exp(rng.gauss(0, growth.RT_SPREAD)))
        mastery = 1 / (1 + math.exp(-self.ability_in(turn.task)))
        certainty, mean = GAZE_WINDOW_CERTAINTY, 0.5 + 0.2 * mastery
        new = round(rng.betavariate(mean * certainty, (1 - mean) * certainty), 4) if len(turn.choices) > 1 else None
        away_ms = float(turn.timing.look_away_ms or 0)
        answer = Answer(source="gaze", measured=measured, look_ms=round(look_ms, 1), look_target=new)
        return self._leave(answer, times.before_ms + min(longest, look_ms + away_ms), times.after_ms)

    def _leave(self, answer: Answer, shown_ms: float, after_ms: float) -> Answer:
        """Let the time of the turn pass."""
        self._clock_ms += shown_ms + after_ms
        return answer
