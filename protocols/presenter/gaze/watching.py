"""Watching where the child looks during a turn: samples with their areas, live for the examiner, whole for the record.

One `Watch` lives as long as its session. A turn is watched from the moment its pictures appear (`begin`) to its end
(`end`); in between `poll` takes samples and notices a tracker that has gone silent. Looks that the examiner keys come
through `keyed`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from devkit.errors import UserError
from devkit.respondents import GazeSample
from protocols.gaze.areas import Area, Areas
from protocols.gaze.calibration import Correction, Point
from protocols.gaze.keyed import CODER, KEYS, Look, samples
from protocols.gaze.settings import GazeNow, GazeReport, GazeSettings
from protocols.presenter.clock import SessionClock
from protocols.presenter.gaze.trackers import Place, Raw, Tracker, open_tracker

POLL_S = 0.02
TELL_S = 0.25
Collector = Callable[[float, Point | None], bool]
MIDDLE: Point = (0.5, 0.5)
TARGET_WEIGHT = 0.8


class Watch:
    """The gaze of one session.

    Args:
        settings: The gaze source.
        place: Where the child's window is.
        clock: The session's clock.
        tell: Takes what the examiner sees live.
        seed: Seed of a robot's eyes.
    """

    def __init__(
        self,
        settings: GazeSettings,
        place: Place,
        clock: SessionClock,
        tell: Callable[[GazeNow], None],
        seed: int,
    ) -> None:
        self.settings, self.clock = settings, clock
        self.correction = Correction()
        self.report = GazeReport(source=settings.source)
        self.tracker: Tracker | None = None
        self.active = False
        self._place, self._tell, self._seed = place, tell, seed
        self._areas: Areas | None = None
        self._samples: list[GazeSample] = []
        self._looks: list[tuple[float, Look]] = []
        self._begun_ms = 0.0
        self._polled_s = self._told_s = self._heard_s = 0.0
        self._collect: Collector | None = None

    @property
    def source(self) -> str:
        """Who says where the child looks; empty when nobody does."""
        if self.settings.source == "examiner":
            return CODER
        return self.tracker.name if self.tracker is not None else ""

    def open(self) -> Tracker:
        """Open the tracker, or open it anew, and begin to record.

        Raises:
            UserError: It does not answer.
        """
        self.close()
        self.tracker = open_tracker(self.settings, self._place, self._seed)
        self.tracker.start()
        self.active = True
        self._heard_s = time.perf_counter()
        return self.tracker

    def _reopen(self) -> None:
        try:
            self.open()
        except UserError as error:
            self.active = False
            found = error.problem
            hint = f"{found.hint}; trying again goes on without gaze"
            raise UserError(found.message, hint=hint, code="tracker-lost") from error

    def take(self) -> list[tuple[float, Point | None]]:
        """Return new samples as session time and corrected place.

        Raises:
            UserError: The tracker has been silent for too long.
        """
        if self.tracker is None:
            return []
        found = self.tracker.take()
        now_s = time.perf_counter()
        if found:
            self._heard_s = now_s
        elif now_s - self._heard_s > self.settings.lost_after_s:
            self.close()
            raise UserError(
                "the eye tracker gives no samples",
                hint="check its cable and program; trying again connects it anew, skipping leaves the trial out",
                code="tracker-lost",
            )
        return [(self.clock.at(one.at_s), self._corrected(one)) for one in found]

    def _corrected(self, raw: Raw) -> Point | None:
        return None if raw.point is None else self.correction(raw.point)

    def begin(self, areas: Areas) -> None:
        """Begin to watch a turn; what was watched of it before is forgotten.

        Raises:
            UserError: The tracker was lost and does not come back.
        """
        if self.active and self.tracker is None:
            self._reopen()
        self.take()
        self._areas, self._samples, self._looks = areas, [], []
        self._begun_ms = self.clock.now()
        self.attend_pictures(word=False)

    def attend_pictures(self, *, word: bool) -> None:
        """Say what there is to look at: both pictures, or mostly the one that was named."""
        if self.tracker is None or self._areas is None:
            return
        wish = []
        for number, (left, top, width, height) in enumerate(self._areas.boxes):
            target = number == self._areas.target
            weight = TARGET_WEIGHT if word and target else 1 - TARGET_WEIGHT if word else 1.0
            wish.append(((left + width / 2, 1 - top - height / 2), weight))
        self.tracker.attend(wish)

    def collect(self, collector: Collector | None) -> None:
        """Give samples to a collector instead, until None is given; `poll` tells when it has had enough."""
        self.take()
        self._collect = collector

    def poll(self) -> bool:
        """Take samples and tell the examiner now and then; cheap when called all the time.

        Returns:
            Whether a collector has had enough.

        Raises:
            UserError: The tracker is lost.
        """
        now_s = time.perf_counter()
        watching = self._areas is not None or self._collect is not None
        if not watching or self.tracker is None or now_s - self._polled_s < POLL_S:
            return False
        self._polled_s = now_s
        if self._collect is not None:
            enough = [self._collect(t_ms, point) for t_ms, point in self.take()]
            return any(enough)
        self._see(now_s)
        return False

    def _see(self, now_s: float) -> None:
        areas = self._areas
        assert areas is not None
        for t_ms, point in self.take():
            x, y = point if point is not None else (None, None)
            area = areas.area(x, y)
            if area == "missing":
                x = y = None
            self._samples.append(GazeSample(t_ms, x, y, area))
        if self._samples and now_s - self._told_s >= TELL_S:
            self._told_s = now_s
            last = self._samples[-1]
            position = areas.position(last.x, last.y)
            self._tell(GazeNow(t_ms=last.t_ms, x=last.x, y=last.y, area=last.aoi, position=position))

    def area_now(self) -> Area | None:
        """Return what the child looks at now; None before anything is known, or when nobody watches."""
        if self._areas is None:
            return None
        if self.settings.source == "examiner":
            look = self._looks[-1][1] if self._looks else None
            return None if look is None else "other" if look == "away" else self._areas.side(look)
        if self.tracker is not None:
            self._polled_s = 0.0
            self.poll()
        return self._samples[-1].aoi if self._samples else None

    def keyed(self, key: str, t_ms: float) -> bool:
        """Take a key of the examiner; returns whether it was a look."""
        if self.settings.source != "examiner" or self._areas is None or key not in KEYS:
            return False
        look = KEYS[key]
        self._looks.append((t_ms, look))
        area = "other" if look == "away" else self._areas.side(look)
        self._tell(GazeNow(t_ms=t_ms, area=area))
        return True

    def end(self, end_ms: float) -> tuple[GazeSample, ...]:
        """End watching the turn and return what was seen of it; empty when nobody watched."""
        if self._areas is None:
            return ()
        if self.settings.source == "examiner":
            found = samples(self._looks, self._begun_ms, end_ms, self._areas) if self._looks else ()
        else:
            self._polled_s = 0.0
            self.poll()
            found = tuple(one for one in self._samples if one.t_ms <= end_ms)
        self._areas = None
        if self.tracker is not None:
            self.tracker.attend([(MIDDLE, 1.0)])
        return found

    def close(self) -> None:
        """Let go of the tracker."""
        if self.tracker is not None:
            self.tracker.stop()
            self.tracker.close()
            self.tracker = None
