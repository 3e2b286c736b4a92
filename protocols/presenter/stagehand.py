"""What every trial flow stands on: showing and holding scenes at given times, and speaking.

A flow reads from top to bottom like the trial that it is; what the examiner does interrupts it from inside
(`protocols.presenter.examiner`).
"""

from __future__ import annotations

import time

from devkit.errors import UserError
from protocols.equipment import DisplayReport, Tier
from protocols.gaze.dwell import GAP_MS, Dwell
from protocols.gaze.settings import GazeSettings
from protocols.messages import Closed, Getter, Notice, ShowTurn
from protocols.presenter import look, tier
from protocols.presenter.attention import GETTERS, Attention
from protocols.presenter.clock import SessionClock
from protocols.presenter.examiner import Examiner
from protocols.presenter.gaze.trackers import Place
from protocols.presenter.gaze.watching import Watch
from protocols.presenter.inputs import Key, Press
from protocols.presenter.link import Link
from protocols.presenter.pacing import Pacing
from protocols.presenter.pictures import Pictures
from protocols.presenter.preparing import Prepared, Preparer, Scaled
from protocols.presenter.screen import Drawable, Screen
from protocols.presenter.shapes import Shapes
from protocols.presenter.sound import Sound

GAZE_KEY = "gaze"


class Stagehand(Examiner, Pacing):
    """Everything that a session has at hand in the child.

    Args:
        link: The conversation with the parent.
        screen: The window.
        clock: The session's clock.
        sound: Sound or silence.
        pictures: Textures.
        preparer: Makes pictures ready in a thread of its own.
        shapes: Drawn things.
        report: What was measured of the screen.
        seed: Seed of masks and attention-getters.
        getter: Which moving picture calls attention.
        gaze: Who says where the child looks.
    """

    def __init__(
        self,
        *,
        link: Link,
        screen: Screen,
        clock: SessionClock,
        sound: Sound,
        pictures: Pictures,
        preparer: Preparer,
        shapes: Shapes,
        report: DisplayReport,
        seed: int,
        getter: Getter = "star",
        gaze: GazeSettings | None = None,
    ) -> None:
        super().__init__(link, screen, clock, sound, shapes.fixation())
        place = Place(screen.geometry, screen.monitor.geometry)
        self.gaze = Watch(gaze or GazeSettings(), place, clock, link.send, seed)
        self.pictures, self.preparer, self.shapes, self.report = pictures, preparer, shapes, report
        self.seed = seed
        self._pumped_s = self._held_s = self._waited_ms = 0.0
        self._warned = sound.report.warning()
        self._getter = GETTERS[getter]
        self.gap_until_ms = 0.0

    def attention(self) -> Attention:
        """Return the moving picture for the present trial."""
        diameter = look.ATTENTION_CM * self.screen.px_per_cm
        return self._getter(self.screen.window, diameter, self.screen.size, f"{self.seed}:{self.trial_id}")

    def corner_target(self, seed: str) -> Attention:
        """Return the moving picture that calls the child to a corner."""
        diameter = look.CORNER_CM * self.screen.px_per_cm
        return self._getter(self.screen.window, diameter, self.screen.size, f"{self.seed}:{seed}")

    def call(self) -> None:
        """Show the attention-getter: until it was looked at where there is a tracker, else for a fixed time.

        The examiner's Return ends it early. Raises what `hold` raises.
        """
        getter = self.attention()
        began = self.show([getter])
        self.stage("attention")
        if self.gaze.tracker is None:
            self.hold([getter], began + look.ATTENTION_MS, _return_or_gaze)
            return
        dwell, reach = [Dwell(look.CALL_DWELL_MS * self.clock.scale, GAP_MS * self.clock.scale)], look.CALL_REACH

        def collect(t_ms: float, point: tuple[float, float] | None) -> bool:
            on = point is not None and abs(point[0] - 0.5) <= reach and abs(point[1] - 0.5) <= reach
            dwell[0] = dwell[0].after(t_ms, on)
            return dwell[0].done

        self.gaze.tracker.attend([((0.5, 0.5), 1.0)])
        self.gaze.collect(collect)
        try:
            ended = self.hold([getter], began + look.CALL_MAX_MS * self.clock.scale, _return_or_gaze)
        finally:
            self.gaze.collect(None)
        self.note("attention_looked_at", self.clock.now(), looked=dwell[0].done, waited=not ended)

    def pump(self) -> list[Press | Key]:
        """Take what came in, and look whether screen and sound are still there.

        Raises:
            UserError: The screen is gone, or the sound device has stopped.
            Interrupted: The examiner interrupts the turn.
        """
        if problem := self.screen.trouble():
            hint = "connect it again as it was and try again; the child sees the plain ground meanwhile"
            raise UserError(problem, hint=hint, code="screen-lost")
        if problem := self.sound.failure():
            raise UserError(problem, hint=self._sound_hint(), code="sound-lost")
        now_s = time.perf_counter()
        self._held_s, self._pumped_s = max(self._held_s, now_s - self._pumped_s), now_s
        events = [event for event in super().pump() if not self._keyed_look(event)]
        if self.gaze.poll():
            events.append(Key(GAZE_KEY, time.perf_counter(), "gaze"))
        for odd in self.screen.inputs.odd():
            self.note(odd.name, self.clock.at(odd.at_s), **odd.detail)
        return events

    def _keyed_look(self, event: Press | Key) -> bool:
        return isinstance(event, Key) and self.gaze.keyed(event.name, self.clock.at(event.at_s))

    def _sound_hint(self) -> str:
        """Get ready for the examiner's decision: the device is opened anew, and when it is gone there is silence."""
        reason = self.sound.report.device
        self.sound.reopen()
        if self.sound.works:
            return "it was opened anew; try again"
        self.sound.mute(f"{reason} was lost")
        return "try again to go on silently, or end here; connect it before the next session"

    def prepared(self, message: ShowTurn) -> Prepared:
        """Wait for a turn's pictures and sound without letting go of the screen; begins those of the coming turns.

        Raises:
            UserError: A picture cannot be read, or the turn does not fit its layout.
        """
        self._tell_of_sound()
        began_s = self._pumped_s = time.perf_counter()
        self._held_s = 0.0
        self.sound.fetch(message.prompt_audio)
        wanted = self.preparer.submit(message.turn, message.media)
        for turn in message.coming:
            self.preparer.submit(turn, message.ahead)
        while not wanted.done() or (message.prompt_audio and not self.sound.ready(message.prompt_audio)):
            self.hold(self.screen.shown, self.slice_end())
        try:
            ready = wanted.result()
        except UserError:
            self.preparer.forget(message.turn)
            raise
        self._waited_ms = (time.perf_counter() - began_s) * 1000
        return ready

    def _tell_of_sound(self) -> None:
        """Tell the examiner once when the sound is switched off or turned down to nothing during the session."""
        self.sound.look_at_volume()
        warning = self.sound.report.warning() if self.sound.works else self._warned
        if warning and warning != self._warned:
            self.note("sound_warning", self.clock.now(), message=warning)
            hint = "the trials go on and are flagged until it is mended"
            self.link.send(Notice(message=warning, hint=hint, code="no-sound", t_ms=self.clock.now()))
        self._warned = warning

    def all_uploaded(self) -> None:
        """Note how long a turn waited for its files, and the longest time that the drawing loop was held by it."""
        self._held_s = max(self._held_s, time.perf_counter() - self._pumped_s)
        self.note(
            "prepared", self.clock.now(), waited_ms=round(self._waited_ms, 1), held_ms=round(self._held_s * 1e3, 1)
        )

    def upload(self, scaled: Scaled) -> Drawable:
        """Upload one picture, and let the drawing loop turn once."""
        new = not self.pictures.has(scaled)
        drawable: Drawable = self.pictures.upload(scaled)
        if new:
            self.hold(self.screen.shown, self.clock.now())
            self.screen.turned()
        return drawable

    def rest(self) -> None:
        """Show fixation and let go of the turn; the gap before the next runs while the parent records."""
        self.show([self.fixation])
        self.screen.rest()

    def frames_of_turn(self) -> int:
        """Note the interval of every frame since the last turn; returns how many were late."""
        turn = self.screen.frames.take()
        if turn.intervals_ms:
            intervals = [round(interval, 2) for interval in turn.intervals_ms]
            paced = not self.screen.blocking
            detail = {"frame_ms": round(turn.frame_ms, 3), "paced": paced, "late": turn.late, "intervals_ms": intervals}
            self.note("frames", self.clock.now(), **detail)
            rated, reason = self._rated()
            self.report = self.report.model_copy(update={"tier": rated, "reason": reason})
        return turn.late

    def _rated(self) -> tuple[Tier, str]:
        """Rate the timing by everything that was measured so far."""
        log = self.screen.frames
        station = tier.Station(
            waits=self.screen.blocking,
            virtual=self.screen.virtual,
            time_scale=self.clock.scale,
            sound=self.sound.works,
            sound_measured=self.sound.measured,
        )
        return tier.rate(self.screen.measured.and_more(log.late, log.count), station)

    def opened(self) -> DisplayReport:
        """Return what was found of the screen, rated by what the opening has shown."""
        rated, reason = self._rated()
        self.report = self.report.model_copy(update={"tier": rated, "reason": reason})
        return self.report

    def summary(self) -> Closed:
        """Return how the timing of the whole session was, rated by every interval of it."""
        log = self.screen.frames
        rated, reason = self._rated()
        return Closed(frames=log.count, frames_late=log.late, tier=rated, reason=reason)

    def close(self) -> None:
        """Let go of tracker, sound and pictures."""
        self.gaze.close()
        self.sound.close()
        self.pictures.clear()
        self.preparer.close()


def _return_or_gaze(event: Press | Key) -> bool:
    return isinstance(event, Key) and event.name in ("return", GAZE_KEY)
