"""What comes between the trials of a person's session: assent, breaks, the wait for a delayed test, the end.

`Between` decides, from the plan and the session's clock, what must happen before a step may begin, and has it put to
the respondent as a turn of the layout ``rest``: nothing to answer, the examiner or the time ends it. What happened is
in the events. Models and baselines know none of it. The rules themselves are data of the protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol

from devkit.ids import uuid7
from devkit.languages import language_pack
from devkit.respondents import Answer, PresentedTurn, SessionStopped, Timing
from protocols.flow import Flow
from protocols.plan import Plan

LAYOUT = "rest"
LONGEST = "longest session"
Rest = Literal["assent", "break", "retention", "check"]
SILENT: tuple[Rest, ...] = ("retention", "check")


class Note(Protocol):
    """Records an event of the session."""

    def __call__(self, name: str, detail: dict[str, Any], /, *, durable: bool = False) -> None:
        """Record it."""
        ...


def rest_turn(kind: Rest, language: str, least_ms: float = 0.0) -> PresentedTurn:
    """Return the turn that is put between trials.

    Args:
        kind: ``assent`` and ``break`` wait for the examiner, ``retention`` for the time alone; ``check`` lets the
            examiner look at a keyed answer that ends the task.
        language: Whose words are said.
        least_ms: It lasts at least this long.
    """
    words = language_pack(language).session
    return PresentedTurn(
        trial_id=uuid7(),
        turn_index=0,
        turn_count=1,
        task="intermission",
        form=kind,
        item_id=kind,
        kind="demonstration",
        prompt="",
        images=(),
        stimuli=(),
        choices=(),
        target_position=0,
        answer_format="word",
        layout=LAYOUT,
        spoken="" if kind in SILENT else words.get(kind, ""),
        timing=Timing(
            delay_ms=round(least_ms),
            ready="none" if kind == "retention" else "examiner",
            prompt="none" if kind in SILENT else "audio",
            gap_ms=0,
        ),
    )


def possible_rests(plan: Plan) -> Iterator[PresentedTurn]:
    """Yield what may be said between trials, so that it can be made into sound beforehand."""
    if plan.session.assent:
        yield rest_turn("assent", plan.language)
    if plan.session.break_every is not None or any(block.break_before for block in plan.blocks):
        yield rest_turn("break", plan.language)


class Between:
    """Keeps what must come before a step.

    Args:
        plan: What is taken.
        put: Puts a turn to the respondent and notes what happened meanwhile.
        note: Records an event.
        clock: Session time, ms.
    """

    def __init__(
        self, plan: Plan, put: Callable[[PresentedTurn], None], note: Note, clock: Callable[[], float]
    ) -> None:
        self._plan, self._put, self._note, self._clock = plan, put, note, clock
        self._rested_ms: float | None = None
        self._begun_ms: float | None = None
        self._block: int | None = None

    def assent(self) -> None:
        """Ask the child, where the protocol says so; the examiner confirms it or ends the session."""
        if self._plan.session.consent:
            self._note("consent", {"version": self._plan.session.consent})
        if self._plan.session.assent:
            self._rest("assent", 0.0, version=self._plan.session.assent)

    def ready(self, flow: Flow) -> Flow:
        """Return the flow when its step may begin: the same after what had to come first, or another without the block.

        Raises:
            SessionStopped: The session has lasted long enough, or the examiner ended it meanwhile.
        """
        step, now_ms = flow.step, self._clock()
        if step is None or not flow.rules:
            return flow
        self._begun_ms = now_ms if self._begun_ms is None else self._begun_ms
        longest = self._plan.session.longest
        if longest is not None and now_ms - self._begun_ms >= longest:
            self._note("session_limit", {"longest_ms": longest})
            raise SessionStopped("other", LONGEST, Answer(outcome="aborted"))
        if step.trial.block != self._block:
            self._between_blocks(step.trial.block, now_ms)
            self._wait(flow)
        timed = flow.at(self._clock())
        if timed is not flow:
            self._note("block_closed", {"block": step.trial.block, "why": timed.set_off}, durable=True)
        elif step.trial.block != self._block:
            self._note_retention(flow)
        self._block = step.trial.block if timed is flow else self._block
        return timed

    def _between_blocks(self, block: int, now_ms: float) -> None:
        """Have a break where one is due; never before the first block, nor while something is to be retained."""
        rules = self._plan.session
        since = self._begun_ms if self._rested_ms is None else self._rested_ms
        if self._block is None or since is None or self._plan.blocks[block].retention is not None:
            return
        due = rules.break_every is not None and now_ms - since >= rules.break_every
        if due or self._plan.blocks[block].break_before:
            self._rest("break", float(rules.break_least), before_block=block)
            self._rested_ms = self._clock()

    def _wait(self, flow: Flow) -> None:
        """Keep the time between a learning part and its test."""
        until_ms = flow.not_before_ms
        if until_ms is not None and until_ms > self._clock():
            self._rest("retention", until_ms - self._clock())

    def _note_retention(self, flow: Flow) -> None:
        retained = flow.retained_ms(self._clock())
        kept = None if flow.step is None else self._plan.blocks[flow.step.trial.block].retention
        if retained is not None and kept is not None:
            detail = {"retained_ms": retained, "least_ms": kept.least_ms, "most_ms": kept.most_ms}
            self._note("retention", {**detail, "over": retained > kept.most_ms})

    def _rest(self, kind: Rest, least_ms: float, **detail: Any) -> None:
        began_ms = self._clock()
        self._put(rest_turn(kind, self._plan.language, least_ms))
        self._note(kind, {"begin_ms": began_ms, "end_ms": self._clock(), "least_ms": least_ms, **detail})
