"""One turn on the child's screen, from the quiet before it to its answer: one flow for each kind of layout.

Every picture is decoded and uploaded before the first timed flip. Onsets are the times of flips; no press counts before
the prompt has ended; the measured times go into `devkit.respondents.Measured`. The order of events of each task is told
in `docs/presenter.md`.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

from devkit.errors import UserError
from devkit.gaze.shares import look_shares
from devkit.respondents import Answer, GazeSample, Outcome
from protocols.controls import Stop, Withdrawn
from protocols.gaze.areas import Areas
from protocols.messages import Answered, ShowTurn
from protocols.presenter import look
from protocols.presenter.geometry import quarters
from protocols.presenter.inputs import Key, Press
from protocols.presenter.interrupts import TurnAttention, TurnPaused, TurnSkipped, TurnStopped, TurnTakenBack
from protocols.presenter.prompting import Prompting
from protocols.presenter.screen import Drawable
from protocols.presenter.stagehand import Stagehand
from protocols.presenter.takers import ChoiceTaker, NumberTaker, Taken
from protocols.presenter.telling import share
from protocols.presenter.turnlog import Seen, TurnLog

ROBOT_ROOM_S = 5.0


class TurnFlow(Prompting):
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
        self._given_answer: Answer | None = None
        self._began_late = stage.screen.frames.late
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
            at.hold([at.fixation], None, _return)

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

    def _answer_to(self, scene: list[Drawable]) -> Answer:
        if self._turn.kind == "demonstration":
            return self._demonstrate(scene)
        at = self._at
        pointer = at.screen.settings.pointer
        taker = ChoiceTaker(self._turn, self._regions, pointer, time.perf_counter(), self._early)
        at.stage("awaiting", regions=tuple(box.on_desktop(at.screen.geometry) for box in self._regions))
        if self._turn.answer_by == "gaze":
            return self._watched(scene, taker)
        self._await(scene, taker)
        for press in taker.outside:
            at.note("press_outside", at.clock.at(press.at_s), x=press.x, y=press.y)
        return self._given(taker.taken, scene)

    def _await(self, scene: list[Drawable], taker: ChoiceTaker | NumberTaker) -> None:
        """Hold the scene until there is an answer or the time is over; a repeat plays on meanwhile.

        A number that is being keyed when the time is over is waited for, and what was pressed in time counts, however
        late the machine reads it. A robot on a faster clock decides by that clock, but its finger is no faster than the
        machine, so the end comes somewhat later for it.
        """
        at, limit = self._at, self._turn.timing.answer_max_ms
        room_ms = ROBOT_ROOM_S * 1000 * at.clock.scale if at.clock.scale > 1 else 0.0
        deadline = math.inf if limit is None else at.clock.now() + limit + room_ms
        while taker.begun or at.clock.now() < deadline:
            until = at.slice_end() if taker.begun else min(at.slice_end(), deadline)
            done = at.hold(scene, until, taker.feed)
            self._repeat()
            if done:
                return
        at.hold(scene, at.clock.now(), lambda event: at.clock.at(event.at_s) < deadline and taker.feed(event))

    def _watched(self, scene: list[Drawable], taker: ChoiceTaker) -> Answer:
        """A looking trial: fixed length from the word's onset. Without a tracker a press is all that can be kept."""
        log, limit = self._log, self._turn.timing.answer_max_ms
        start = self._at.clock.now() if log.word_onset_ms is None else log.word_onset_ms
        end = max(start + (look.GAZE_WINDOW_MS if limit is None else limit), log.prompt_end_ms or 0.0)
        self._at.gaze.attend_pictures(word=True)

        def feed(event: Press | Key) -> bool:
            return taker.taken is None and taker.feed(event) and False

        again_ms = self._turn.timing.again_ms
        if again_ms is not None and log.prompt_end_ms is not None:
            self._at.hold(scene, min(end, log.prompt_end_ms + again_ms), feed)
            self._say_again()
        self._at.hold(scene, end, feed)
        seen = self._at.gaze.end(self._at.clock.now())
        if seen:
            return self._looked(seen)
        if taker.taken is None:
            log.flags.append("gaze_not_recorded")
            return self._unanswered("none")
        log.flags.append("press_in_gaze_trial")
        return self._given(taker.taken, scene)

    def _looked(self, seen: tuple[GazeSample, ...]) -> Answer:
        """The answer of a looking trial: the samples, and the shares of looking at the target."""
        zero = self._log.word_onset_ms if self._log.word_onset_ms is not None else self._log.onset_ms or 0.0
        shares = look_shares((one.t_ms - zero, one.aoi) for one in seen)
        answer = self._unanswered("none" if shares.target is None else "answered")
        return replace(
            answer,
            source="gaze",
            look_target=shares.target,
            look_baseline=shares.baseline,
            look_usable=shares.usable,
            gaze=seen,
            gaze_by=self._at.gaze.source,
            flags=(*answer.flags, *(("no_usable_gaze",) if shares.target is None else ())),
        )

    def _given(self, taken: Taken | None, scene: list[Drawable]) -> Answer:
        if taken is None:
            return self._unanswered("timeout")
        answered_ms = self._at.clock.at(taken.at_s)
        self._at.note("answer", answered_ms, position=taken.position, source=taken.source)
        self._given_answer = self._unanswered(taken.outcome, taken, answered_ms)
        if self._turn.feedback and taken.outcome == "answered":
            self._feed_back(taken.position, scene)
        return self._given_answer

    def _feed_back(self, position: int | None, scene: list[Drawable]) -> None:
        """Right: a soft ring and a chime. Wrong: a low tone, and a plain box round the right answer."""
        at, target = self._at, self._turn.target_position
        right = position == target
        box = self._marked[target] if target < len(self._marked) else self._query_place
        marks = [] if box is None else [at.shapes.ring(box) if right else at.shapes.frame_right(box)]
        if not right and not self._regions:
            marks = []  # a wrong number: there is nothing on the screen to point at
        at.sound.chime(right)
        shown = at.show([*scene, *marks])
        at.stage("feedback", at_s=at.screen.flip_s)
        at.hold([*scene, *marks], shown + (look.FEEDBACK_RIGHT_MS if right else look.FEEDBACK_WRONG_MS))

    def _demonstrate(self, scene: list[Drawable]) -> Answer:
        """Show the right answer; nobody is asked."""
        self._feed_back(self._turn.target_position, scene)
        shown = self._at.clock.now()
        if self._turn.attempt > 1:
            self._shown_by_examiner(scene)
        else:
            self._at.hold(scene, shown + look.DEMONSTRATION_MS - look.FEEDBACK_RIGHT_MS)
        self._log.flags.append("demonstrated")
        return self._unanswered("none")

    def _shown_by_examiner(self, scene: list[Drawable]) -> None:
        """After the last failed attempt: the right answer stays boxed while the examiner shows it by hand."""
        at, target = self._at, self._turn.target_position
        box = self._marked[target] if target < len(self._marked) else self._query_place
        boxed = [*scene, *([] if box is None else [at.shapes.frame_right(box)])]
        at.show(boxed)
        at.stage("ready")

        def enough(event: Press | Key) -> bool:
            right = box is not None and isinstance(event, Press) and box.holds(event.x, event.y)
            return right or _return(event)

        ended = at.hold(boxed, at.clock.now() + look.SHOWN_BY_EXAMINER_MS, enough)
        at.note("shown_by_examiner", at.clock.now(), confirmed=ended)

    def _unanswered(self, outcome: Outcome, taken: Taken | None = None, at_ms: float | None = None) -> Answer:
        """Make the answer from what was logged; without ``taken`` nobody answered."""
        at = self._at
        late = at.screen.frames.late - self._began_late
        return self._log.answer(self._turn, outcome, taken, at_ms, Seen(at.report, late, at.clock.scale))

    def _answered(self, answer: Answer, stop: Stop | None = None, withdrawn: Withdrawn | None = None) -> Answered:
        late = self._at.frames_of_turn()
        flags = (*answer.flags, "late_frames") if late else answer.flags
        measured = replace(answer.measured, frames_late=late)
        complete = replace(answer, flags=flags, measured=measured, events=tuple(self._at.events))
        turn = self._turn
        return Answered(
            trial_id=turn.trial_id, turn_index=turn.turn_index, answer=complete, stop=stop, withdrawn=withdrawn
        )


def _return(event: Press | Key) -> bool:
    return isinstance(event, Key) and event.name == "return"
