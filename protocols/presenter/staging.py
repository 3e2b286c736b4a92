"""The staged measures on the child's screen: touch tutorial, hiding, looking until it is enough, and rests.

Each is a flow of its own over the same stage as `protocols.presenter.flow`; `flow_for` says which one puts a turn. What
is drawn for them is in `protocols.presenter.props`, where it lies in `protocols.presenter.geometry`.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from devkit.respondents import Answer
from protocols.gaze.keyed import KEYS
from protocols.messages import ShowTurn
from protocols.presenter import look
from protocols.presenter.answering import is_return
from protocols.presenter.flow import TurnFlow
from protocols.presenter.geometry import Rect
from protocols.presenter.inputs import Key, Press
from protocols.presenter.looking import Looking
from protocols.presenter.props import Props
from protocols.presenter.screen import Drawable
from protocols.presenter.stagehand import Stagehand
from protocols.presenter.takers import ChoiceTaker, Taken

LIVE_MS = 30.0


class Rest(TurnFlow):
    """Nothing to answer: the fixation picture until the time is over, or a moving one until the examiner goes on."""

    def _offer(self) -> Answer:
        at, timing, kind = self._at, self._turn.timing, self._turn.form
        calm: list[Drawable] = [at.fixation] if kind == "retention" else [at.attention()]
        began = at.show([*calm, *self._writing()])
        at.stage(kind, at_s=at.screen.flip_s)
        if self._samples is not None:
            at.sound.play(self._samples)
        at.hold(calm, began + (timing.delay_ms or 0))
        if kind != "retention":
            at.stage("ready")
            at.hold(calm, None, is_return)
        return self._unanswered("none")

    def _ready(self) -> None:
        """Nothing comes before it: the examiner's word is what ends it."""


class Tutorial(TurnFlow):
    """One thing to touch. The prompt comes once more by itself; then the examiner may go on."""

    def _answer_to(self, scene: list[Drawable]) -> Answer:
        at, again = self._at, self._turn.timing.again_ms
        taker = ChoiceTaker(self._turn, self._regions, at.screen.settings.pointer, time.perf_counter(), self._early)
        at.stage("awaiting", regions=tuple(box.on_desktop(at.screen.geometry) for box in self._regions))
        taken = again is not None and at.hold(scene, at.clock.now() + again, taker.feed)
        if again is not None and not taken:
            self._say_again()
        going_on: list[Key] = []

        def feed(event: Press | Key) -> bool:
            if is_return(event) and isinstance(event, Key):
                going_on.append(event)
            return bool(going_on) or taker.feed(event)

        if not taken:
            at.hold(scene, None, feed)
        if going_on:
            device = f"keyboard, {going_on[0].timed}"
            return self._given(Taken("none", None, None, "examiner", going_on[0].at_s, device, ("went_on",)), scene)
        return self._given(taker.taken, scene)


class Hiding(TurnFlow):
    """A thing goes into one of two boxes, a cover comes down, and rises after the delay; then the boxes are touched."""

    def _offer(self) -> Answer:
        at, timing = self._at, self._turn.timing
        props = Props(at.screen.window)
        boxes = [props.box(region) for region in self._regions]
        cover = props.cover(at.screen.size, self._regions)
        home = self._query_place or Rect(0, 0, 1, 1)
        side = self._regions[self._turn.target_position]
        toy: Any = self._queries[0]
        at.screen.warm([toy, *boxes, cover.at(0.0)])
        began = at.show([toy, *boxes])
        at.stage("stimuli", at_s=at.screen.flip_s)
        at.hold([toy, *boxes], began + look.TOY_SHOWN_MS, self._early)
        above = (side.x, side.y + side.h / 2 + home.h / 2)
        self._glide(toy, (home.x, home.y), above, look.TOY_MOVES_MS, boxes)
        self._glide(toy, above, (side.x, side.y), look.TOY_HIDES_MS, boxes)
        self._lower(cover, boxes, 0.0, 1.0)
        gone = at.show([cover.at(1.0)])
        at.stage("delay", at_s=at.screen.flip_s)
        at.hold([cover.at(1.0)], gone + (timing.delay_ms or 0), self._early)
        scene: list[Drawable] = [*boxes, *self._writing()]
        toy.pos = (home.x, home.y)
        self._log.delay_ms = self._onset("choices", scene, with_prompt=True) - gone
        self._prompt(scene)
        return self._answer_to(scene)

    def _glide(
        self, toy: Any, start: tuple[float, float], end: tuple[float, float], for_ms: float, boxes: list[Drawable]
    ) -> None:
        """Move the thing, slower at both ends, behind the boxes."""
        at = self._at
        began = at.clock.now()
        while (share := (at.clock.now() - began) / for_ms) < 1:
            eased = share * share * (3 - 2 * share)
            toy.pos = tuple(a + (b - a) * eased for a, b in zip(start, end, strict=True))
            at.show([toy, *boxes])
            at.hold([toy, *boxes], at.clock.now() + look.STEP_MS * at.clock.scale, self._early)
        toy.pos = end

    def _lower(self, cover: Any, boxes: list[Drawable], start: float, end: float) -> None:
        at = self._at
        began = at.clock.now()
        while (share := (at.clock.now() - began) / look.COVER_MS) < 1:
            scene = [*boxes, cover.at(start + (end - start) * share)]
            at.show(scene)
            at.hold(scene, at.clock.now() + look.STEP_MS * at.clock.scale, self._early)

    def _feed_back(self, position: int | None, scene: list[Drawable]) -> None:
        """Show the thing where it was hidden, with the marks of every feedback."""
        toy: Any = self._queries[0]
        side = self._regions[self._turn.target_position]
        toy.pos = (side.x, side.y + 0.55 * side.h)
        super()._feed_back(position, [toy, *scene])


class Until(TurnFlow):
    """Pictures to look at until the child has looked away for long enough, or the time is over."""

    def _answer_to(self, scene: list[Drawable]) -> Answer:
        at, timing = self._at, self._turn.timing
        if self._turn.kind == "demonstration":
            return self._demonstrate(scene)
        began = self._log.onset_ms or at.clock.now()
        longest = float(timing.answer_max_ms or look.LOOK_MAX_MS)
        looking = Looking(float(timing.look_least_ms or 0), float(timing.look_away_ms or longest))
        at.stage("awaiting", regions=tuple(box.on_desktop(at.screen.geometry) for box in self._regions))

        def keyed(event: Press | Key) -> bool:
            if isinstance(event, Key) and event.name in KEYS:
                looking.see(KEYS[event.name], at.clock.at(event.at_s))
            return False

        while not looking.over(now := at.clock.now()) and now < began + longest:
            at.hold(scene, min(began + longest, now + LIVE_MS), keyed)
            live = at.gaze.area_now()
            if live is not None:
                looking.see(self._side_of(live), at.clock.now())
        end = min(at.clock.now(), began + longest)
        seen = at.gaze.end(end)
        looking.close(end)
        if not looking.known:
            self._log.flags.append("gaze_not_recorded")
            return self._unanswered("none")
        target = self._turn.target_position
        sides = [looking.left_ms, looking.right_ms]
        looked_ms = looking.left_ms + looking.right_ms
        share = sides[target] / looked_ms if len(self._regions) > 1 and looked_ms else None
        return replace(
            self._unanswered("answered"),
            source="gaze",
            look_ms=round(looking.total_ms, 1),
            look_target=None if share is None else round(share, 4),
            gaze=seen,
            gaze_by=at.gaze.source or "examiner",
        )

    def _side_of(self, area: str) -> Any:
        if area in ("target", "distractor"):
            on = self._turn.target_position if area == "target" else 1 - self._turn.target_position
            return "left" if on == 0 else "right"
        return "away"


FLOWS: dict[str, type[TurnFlow]] = {"rest": Rest, "tutorial": Tutorial, "hiding": Hiding, "looking": Until}


def flow_for(stage: Stagehand, message: ShowTurn) -> TurnFlow:
    """Return the flow that puts a turn."""
    return FLOWS.get(message.turn.layout, TurnFlow)(stage, message)
