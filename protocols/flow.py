"""The course of a session as a pure state machine: (state, result) → (state, next step or the end).

It holds what adapts to answers: practice until correct, stop rules, gates, adaptive tests, habituation, and the times
that a session keeps. It knows neither screens nor journals, so child, adult and simulation run through the same rules,
and a session that broke off is taken up again by feeding the recorded results through it. Models and baselines take
the plan as it stands, every trial once, without the blocks that are for people only; an adaptive test adapts to them,
too, unless the protocol says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from devkit.respondents import TrialKind
from devkit.tasks import STAGED
from protocols.adaptive import Estimate, Irt, finished, next_item, reported, start_of
from protocols.habituation import verdict
from protocols.plan import Plan, PlanTrial
from protocols.stopping import NOT_BEGUN, Result, StopName, StopState, advance_stop

DAYS_A_MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next: a planned trial, as what, and the how-manieth time."""

    trial: PlanTrial
    kind: TrialKind
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a session stands.

    Attributes:
        plan: What is taken.
        rules: Whether practice and stop rules apply; False for models and baselines.
        age_months: Age of the child, where an adaptive test begins by it.
        place: Index into the plan's trials of what comes next; in an adaptive test that of the first it may choose.
        attempt: The how-manieth presentation of it.
        redone: How many of those the examiner asked for; they are no attempts of the child.
        right: Right answers to the practice item so far.
        showing: The practice item failed and is to be shown once more with its answer.
        stop: State of the running block's stop rules.
        answers: Of a running adaptive test, the trials that were put, by place, and whether the answer was right.
        looks_ms: Looking times of the running habituation.
        learned: End of each block with a learning part, session clock.
        set_off: The stop rule that the last trial set off.
        estimate: Ability after the last trial of an adaptive test.
    """

    plan: Plan
    rules: bool = True
    age_months: float | None = None
    place: int = 0
    attempt: int = 1
    redone: int = 0
    right: int = 0
    showing: bool = False
    stop: StopState = NOT_BEGUN
    answers: tuple[tuple[int, bool | None], ...] = ()
    looks_ms: tuple[float, ...] = ()
    learned: tuple[tuple[int, float], ...] = ()
    set_off: StopName | None = None
    estimate: Estimate | None = None

    @classmethod
    def begin(cls, plan: Plan, *, rules: bool, age_days: int | None, age_corrected_days: int | None) -> Flow:
        """Return the flow of a session that begins, for a respondent of an age."""
        corrected = plan.age == "corrected" and age_corrected_days is not None
        days = age_corrected_days if corrected else age_days
        return cls(plan, rules, None if days is None else days / DAYS_A_MONTH)._at(0)

    @property
    def step(self) -> Step | None:
        """The next step; None when the plan is through."""
        if self.place >= len(self.plan.trials):
            return None
        trial = self.plan.trials[self.place if self._pool is None else self._chosen()]
        return Step(trial, "demonstration" if self.showing else trial.kind, self.attempt)

    def after(self, result: Result) -> Flow:
        """Return the flow after the present step ended with ``result``."""
        step = self.step
        if step is None:
            raise ValueError("the session is over")
        if self._pool is not None:
            return self._after_adaptive(step, result)
        if not self.rules or step.kind == "demonstration":
            return self._on()
        if step.kind == "practice":
            return self._after_practice(step, result)
        return self._after_test(step, result)

    def again(self) -> Flow:
        """Return the flow when the present step is put once more and its answer does not count."""
        return replace(self, attempt=self.attempt + 1, redone=self.redone + 1, set_off=None, estimate=None)

    def leave_block(self) -> Flow:
        """Return the flow when the rest of the running block is left out."""
        return self._at(self._block_end())

    def at(self, now_ms: float) -> Flow:
        """Return the flow when the present step would begin at a time: rules of time alone may end its block."""
        block = None if self.step is None else self.plan.blocks[self.step.trial.block]
        if block is None or not self.rules:
            return self
        if block.fill is not None and self._since(block.fill.learned_in, now_ms) >= block.fill.until_ms:
            return self._end_block("delay_filled")
        kept = block.retention
        if kept is None or kept.late == "go_on" or self.stop.done:
            return self
        return self._end_block("retention_over") if self._since(kept.learned_in, now_ms) > kept.most_ms else self

    @property
    def not_before_ms(self) -> float | None:
        """The session time before which the present step must not begin; None when it may begin at any time."""
        step = self.step
        kept = None if step is None else self.plan.blocks[step.trial.block].retention
        if kept is None or not self.rules or self.stop.done:
            return None
        ended = dict(self.learned).get(kept.learned_in)
        return None if ended is None else ended + kept.least_ms

    def retained_ms(self, now_ms: float) -> float | None:
        """Return the time since the learning part that the present block tests; None when it tests none."""
        step = self.step
        kept = None if step is None else self.plan.blocks[step.trial.block].retention
        if kept is None or kept.learned_in not in dict(self.learned):
            return None
        return self._since(kept.learned_in, now_ms)

    def _since(self, learned_in: int, now_ms: float) -> float:
        ended = dict(self.learned).get(learned_in)
        return 0.0 if ended is None else now_ms - ended

    @property
    def _pool(self) -> range | None:
        """The places that a running adaptive test chooses from."""
        trial = self.plan.trials[self.place] if self.place < len(self.plan.trials) else None
        if trial is None or trial.irt is None:
            return None
        return range(self.place, self._block_end())

    def _chosen(self) -> int:
        pool = self._pool
        assert pool is not None
        rule = self.plan.blocks[self.plan.trials[self.place].block].adaptive
        asked = [place - pool.start for place, _ in self.answers]
        if rule is None or (not self.rules and rule.models == "all"):
            return pool.start + len(asked)
        start = start_of(rule, self.age_months)
        chosen = next_item([self._irt(place) for place in pool], asked, [right for _, right in self.answers], start)
        return pool.start + (chosen or 0)

    def _irt(self, place: int) -> Irt:
        irt = self.plan.trials[place].irt
        assert irt is not None
        return Irt(*irt)

    def _after_adaptive(self, step: Step, result: Result) -> Flow:
        """Go on within an adaptive test, or end it; an answer that is neither right nor wrong counts for nothing."""
        block, pool = self.plan.blocks[step.trial.block], self._pool
        assert pool is not None
        assert block.adaptive is not None
        answers = (*self.answers, (self._chosen(), result.correct))
        known = [(self._irt(place), right) for place, right in answers if right is not None]
        now = reported(block.adaptive, [item for item, _ in known], [right for _, right in known])
        stop = advance_stop(block.stop, self.stop, result) if self.rules else self.stop
        whole = not self.rules and block.adaptive.models == "all"
        ended: StopName | None = stop.stopped
        if ended is None and not whole:
            ended = finished(block.adaptive, len(answers), now.se)
        if len(answers) == len(pool):
            ended = ended or (None if whole else "no_items_left")
            return replace(self._at(pool.stop), set_off=ended, estimate=now)
        if ended:
            return replace(self._at(pool.stop), set_off=ended, estimate=now)
        return replace(self._at(self.place), stop=stop, answers=answers, estimate=now)

    def _after_test(self, step: Step, result: Result) -> Flow:
        block = self.plan.blocks[step.trial.block]
        stop = advance_stop(block.stop, self.stop, result)
        learned = self
        if block.part == "learning":
            learned = replace(self, learned=tuple({**dict(self.learned), step.trial.block: result.end_ms}.items()))
        if stop.stopped:
            return learned._end_block(stop.stopped)
        if block.fill is not None and self._since(block.fill.learned_in, result.end_ms) >= block.fill.until_ms:
            following = learned._on(stop)
            return following if following.stop == NOT_BEGUN else learned._end_block("delay_filled")
        if block.habituation is not None and step.trial.part == "learning":
            return self._after_showing(step, result, stop)
        return learned._on(stop)

    def _after_showing(self, step: Step, result: Result, stop: StopState) -> Flow:
        """Show the familiar picture again until the criterion is met."""
        rule = self.plan.blocks[step.trial.block].habituation
        assert rule is not None
        looks = (*self.looks_ms, result.look_ms or 0.0)
        met = verdict(rule, looks)
        if met is None:
            return replace(self, attempt=self.attempt + 1, looks_ms=looks, stop=stop, set_off=None)
        return replace(self._on(stop), set_off=met)

    def _after_practice(self, step: Step, result: Result) -> Flow:
        practice = self.plan.blocks[step.trial.block].practice
        if practice is None or result.outcome == "skipped":
            return self._on()
        right = self.right + bool(result.correct)
        if right >= practice.until_correct:
            return self._on()
        if step.attempt - self.redone < practice.max_attempts:
            return replace(self, attempt=step.attempt + 1, right=right, set_off=None)
        if practice.then == "show":
            return replace(self, attempt=step.attempt + 1, right=0, showing=True, set_off=None)
        return self._end_block("practice_failed") if practice.then == "end_block" else self._on()

    def _block_end(self) -> int:
        trials, following = self.plan.trials, self.place
        while following < len(trials) and trials[following].block == trials[self.place].block:
            following += 1
        return following

    def _at(self, place: int) -> Flow:
        """Return the flow at a place, with what a session carries from block to block and nothing else."""
        trials, blocks = self.plan.trials, self.plan.blocks
        while not self.rules and place < len(trials) and blocks[trials[place].block].task in STAGED:
            place += 1
        return Flow(self.plan, self.rules, self.age_months, place, learned=self.learned)

    def _on(self, stop: StopState | None = None) -> Flow:
        """Go on to the next planned trial; a new block begins with fresh stop rules."""
        trials, following = self.plan.trials, self.place + 1
        same = following < len(trials) and trials[following].block == trials[self.place].block
        return replace(self._at(following), stop=(stop or self.stop) if same else NOT_BEGUN)

    def _end_block(self, rule: StopName) -> Flow:
        return replace(self.leave_block(), set_off=rule)
