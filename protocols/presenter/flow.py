"""One turn on the child's screen, from the quiet before it to its answer: one flow for each kind of layout.

Every picture is decoded and uploaded before the first timed flip. Onsets are the times of flips; no press counts before
the prompt has ended; the measured times go into `devkit.respondents.Measured`. The order of events of each task is told
in `docs/presenter.md`.
"""

from __future__ import annotations

from dataclasses import replace

from devkit.errors import UserError
from devkit.respondents import Answer
from protocols.controls import Stop, Withdrawn
from protocols.gaze.areas import Areas
from protocols.messages import Answered, ShowTurn
from protocols.presenter import look
from protocols.presenter.answering import Answering, is_return
from protocols.presenter.geometry import quarters
from protocols.presenter.interrupts import TurnAttention, TurnPaused, TurnSkipped, TurnStopped, TurnTakenBack
from protocols.presenter.screen import Drawable
from protocols.presenter.stagehand import Stagehand
from protocols.presenter.takers import NumberTaker
from protocols.presenter.telling import share
from protocols.presenter.turnlog import TurnLog


class TurnFlow(Answering):
    """Puts one turn.

    Args:
        stage: Everything at hand.
        message: The turn and its files.

    Raises:
        UserError: A picture or sound cannot be read, or the turn does not fit its layout.
    """

    def __init__(self, stage: Stagehand, message: ShowTurn) -> None:
        super().__init__(stage, message)
        self._restarts: list[str] = []
        stage.begin(self._turn)

    def _prepare(self) -> None:
        """Wait for the pictures and the sound, which other threads make ready, and upload them one at a time."""
        at, message = self._at, self._message
        ready = at.prepared(message)
        self._plan = ready.plan
        self._queries: list[Drawable] = [at.upload(one) for one in ready.queries]
        self._choices: list[Drawable] = [at.upload(one) for one in ready.choices]
        self._mask: Drawable | None = at.upload(ready.mask) if ready.mask is not None else None
        self._query_place = ready.queries[-1].place if ready.queries else None
        self._regions = self._plan.choices
        if self._plan.quartered and self._query_place is not None:
            self._regions = quarters(self._query_place, self._turn)
        self._marked = [one.place for one in ready.choices] or list(self._regions)
        self._arrows = [
            at.shapes.arrow(box, step) for box, step in zip(self._plan.choices, self._plan.arrows, strict=False)
        ]
        at.screen.warm([*self._queries, *self._choices, *self._arrows, *([self._mask] if self._mask else [])])
        self._samples = at.sound.get(message.prompt_audio) if self._audible else None
        at.all_uploaded()

    def run(self) -> Answered:
        """Put the turn until it is answered, skipped or the session is ended; a pause begins it anew.

        An answer that was given already stays, whatever the examiner does during its feedback.
        """
        try:
            while self._given_answer is None:
                try:
                    self._given_answer = self._play()
                except TurnPaused:
                    if self._given_answer is None:
                        self._restarts.append("restarted_after_pause")
                    self._at.pause()
                except TurnAttention:
                    if self._given_answer is None:
                        self._restarts.append("restarted_after_attention")
            return self._answered(self._given_answer)
        except UserError:
            if self._given_answer is None:
                raise
            return self._answered(self._given_answer)
        except TurnSkipped:
            return self._answered(self._given_answer or self._unanswered("skipped"))
        except TurnTakenBack as back:
            return self._answered(self._given_answer or self._unanswered("skipped"), withdrawn=back.withdrawn)
        except TurnStopped as end:
            return self._answered(self._given_answer or self._unanswered("aborted"), end.stop)
        finally:
            self._at.sound.hush()
            self._at.gaze.end(self._at.clock.now())
            self._at.gap_until_ms = self._at.clock.now() + self._turn.timing.gap_ms

    def _play(self) -> Answer:
        at = self._at
        self._log = TurnLog(flags=list(dict.fromkeys(self._restarts)))
        self._prepare()
        if self._plan.small:
            self._log.flags.append("small_pictures")
        at.show([at.fixation])
        at.hold([at.fixation], at.gap_until_ms)
        self._ready()
        match self._turn.layout:
            case "sequence":
                return self._sequence()
            case "single_number":
                return self._number()
            case _:
                return self._offer()

    def _ready(self) -> None:
        """Wait until the trial may begin: the examiner's Return, or the attention-getter's end."""
        at, timing = self._at, self._turn.timing
        asked, at.attention_asked = at.attention_asked, False
        if asked or timing.attention or timing.ready == "attention":
            at.call()
        if timing.ready == "examiner":
            at.show([at.fixation])
            at.stage("ready")
            at.hold([at.fixation], None, is_return)

    def _offer(self) -> Answer:
        """Pictures to choose from: pair, grid, dialogue, quadrants, query above options."""
        at, timing = self._at, self._turn.timing
        scene = [*self._queries, *self._choices, *self._writing()]
        self._onset("choices", scene, with_prompt=True)
        if self._turn.answer_by == "gaze":
            at.gaze.begin(self._areas())
        if timing.word_lead_ms and self._log.onset_ms is not None:
            at.hold(scene, self._log.onset_ms + timing.word_lead_ms, self._early)
        self._prompt(scene)
        return self._answer_to(scene)

    def _areas(self) -> Areas:
        return Areas(tuple(share(box, self._at.screen.size) for box in self._regions), self._turn.target_position)

    def _sequence(self) -> Answer:
        """Frames one after the other, a delay that the prompt fills, then the directions."""
        at, timing = self._at, self._turn.timing
        outline = [at.shapes.frame(self._query_place)] if self._query_place is not None else []
        began = 0.0
        for number, frame in enumerate(self._queries):
            shown = at.show([frame])
            if number == 0:
                began = at.stage("stimuli", at_s=at.screen.flip_s)
            due = began + (number + 1) * (timing.frame_ms or look.FRAME_MS)  # from the first, so that nothing adds up
            at.hold([frame], max(due, shown), self._early)
        quiet = [*outline, at.fixation, *self._writing()]
        gone = at.show(quiet)
        at.stage("delay", at_s=at.screen.flip_s)
        self._prompt(quiet)
        at.hold(quiet, gone + (timing.delay_ms or 0), self._early)
        scene = [*outline, *self._arrows, *self._writing()]
        self._log.delay_ms = self._onset("choices", scene) - gone
        return self._answer_to(scene)

    def _number(self) -> Answer:
        """A picture to count in, briefly or for as long as it takes; the examiner keys what the child says."""
        at, timing = self._at, self._turn.timing
        scene = [*self._queries, *self._writing()]
        covered: list[Drawable] = [] if self._mask is None else [self._mask]
        onset = self._onset("stimuli", scene, with_prompt=timing.exposure_ms is None)
        if timing.exposure_ms is not None:
            at.hold(scene, onset + timing.exposure_ms, then=covered)
            off = at.show(covered)
            self._log.exposure_ms = off - onset
            at.stage("mask", at_s=at.screen.flip_s)
            at.hold(covered, off + timing.mask_ms)
            scene = [at.fixation, *self._writing()]
            at.show(scene)
        self._prompt(scene)
        if self._turn.kind == "demonstration":
            return self._demonstrate(scene)
        taker = NumberTaker(self._turn, at.tell_entry)
        at.stage("awaiting", entry=True)
        self._await(scene, taker)
        return self._given(taker.taken, scene)

    def _answered(self, answer: Answer, stop: Stop | None = None, withdrawn: Withdrawn | None = None) -> Answered:
        late = self._at.frames_of_turn()
        flags = (*answer.flags, "late_frames") if late else answer.flags
        measured = replace(answer.measured, frames_late=late)
        complete = replace(answer, flags=flags, measured=measured, events=tuple(self._at.events))
        turn = self._turn
        return Answered(
            trial_id=turn.trial_id, turn_index=turn.turn_index, answer=complete, stop=stop, withdrawn=withdrawn
        )
