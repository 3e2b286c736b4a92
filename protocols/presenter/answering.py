"""How a turn gets its answer: presses and keys are taken, looks watched, right and wrong shown, or nobody is asked.

What is shown before that is `protocols.presenter.flow`'s business; who decides what a press means, that of
`protocols.presenter.takers`.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

from devkit.gaze.shares import look_shares
from devkit.respondents import Answer, GazeSample, Outcome
from protocols.messages import ShowTurn
from protocols.presenter import look
from protocols.presenter.geometry import Rect
from protocols.presenter.inputs import Key, Press
from protocols.presenter.prompting import Prompting
from protocols.presenter.screen import Drawable
from protocols.presenter.stagehand import Stagehand
from protocols.presenter.takers import ChoiceTaker, NumberTaker, Taken
from protocols.presenter.turnlog import Seen

ROBOT_ROOM_S = 5.0


class Answering(Prompting):
    """The answer of one turn.

    Args:
        stage: Everything at hand.
        message: The turn and its files.
    """

    def __init__(self, stage: Stagehand, message: ShowTurn) -> None:
        super().__init__(stage, message)
        self._given_answer: Answer | None = None
        self._began_late = stage.screen.frames.late
        self._query_place: Rect | None = None
        self._regions: tuple[Rect, ...] = ()
        self._marked: list[Rect] = []

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

        A number that an examiner is keying when the time is over is waited for, and what was pressed in time counts,
        however late the machine reads it. A robot on a faster clock decides by that clock, but its finger is no faster
        than the machine, so the end comes somewhat later for it; a number that it leaves unfinished is not waited for
        without end.
        """
        at, limit = self._at, self._turn.timing.answer_max_ms
        room_ms = ROBOT_ROOM_S * 1000 * at.clock.scale if at.clock.scale > 1 else 0.0
        deadline = math.inf if limit is None else at.clock.now() + limit + room_ms
        last = deadline + room_ms if room_ms else math.inf
        while (now := at.clock.now()) < deadline or (taker.begun and now < last):
            until = min(at.slice_end(), last if taker.begun else deadline)
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
            return right or is_return(event)

        ended = at.hold(boxed, at.clock.now() + look.SHOWN_BY_EXAMINER_MS, enough)
        at.note("shown_by_examiner", at.clock.now(), confirmed=ended)

    def _unanswered(self, outcome: Outcome, taken: Taken | None = None, at_ms: float | None = None) -> Answer:
        """Make the answer from what was logged; without ``taken`` nobody answered."""
        at = self._at
        late = at.screen.frames.late - self._began_late
        return self._log.answer(self._turn, outcome, taken, at_ms, Seen(at.report, late, at.clock.scale))


def is_return(event: Press | Key) -> bool:
    """Whether the examiner pressed Return, in the window or by a command."""
    return isinstance(event, Key) and event.name == "return"
