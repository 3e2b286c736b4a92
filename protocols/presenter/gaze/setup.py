"""The gaze set-up in the child's window: find the eyes, then four corners, at most three rounds.

It mirrors the gaze set-up before looking tasks of the NIH Baby Toolbox: a border turns blue when the head is placed
right, then a moving picture calls the child to each corner. A calibration that fails is recorded and the task still
runs. Nothing is written on the child's screen.
"""

from __future__ import annotations

from devkit.errors import UserError
from protocols.gaze.calibration import CORNERS, Correction, Point, View, judge
from protocols.gaze.dwell import Dwell
from protocols.gaze.settings import GazeReady, GazeReport, RoundReport
from protocols.presenter import look
from protocols.presenter.gaze.watching import MIDDLE, Watch
from protocols.presenter.geometry import Rect
from protocols.presenter.inputs import Key, Press
from protocols.presenter.interrupts import TurnAttention, TurnPaused, TurnSkipped, TurnStopped, TurnTakenBack
from protocols.presenter.shapes import Shapes
from protocols.presenter.stagehand import GAZE_KEY, Stagehand
from protocols.presenter.telling import mark

PLACEMENT_MAX_MS = 20_000.0
PLACED_SHARE = 0.8
PLACED_WINDOW_MS = 1000.0
PLACED_WITHIN = 0.35
ARRIVAL_MS = 700.0
CORNER_MS = 1700.0
CORNER_MAX_MS = 4000.0
ENOUGH = 15


def set_up(stage: Stagehand) -> GazeReady:
    """Run the gaze set-up; a pause begins it anew, to skip leaves it out.

    Raises:
        UserError: The tracker does not answer.
    """
    stage.begin(None)
    watch, stop = stage.gaze, None
    while True:
        try:
            try:
                GazeSetUp(stage, watch).run()
            except TurnPaused:
                stage.pause()
                continue
        except (TurnAttention, TurnTakenBack):
            continue
        except TurnSkipped:
            watch.report = watch.report.model_copy(update={"reason": "left out by the examiner"})
        except TurnStopped as end:
            stop = end.stop
        watch.collect(None)
        return GazeReady(report=watch.report, events=tuple(stage.events), stop=stop)


class GazeSetUp:
    """One gaze set-up.

    Args:
        stage: Everything at hand.
        watch: The gaze of the session.
    """

    def __init__(self, stage: Stagehand, watch: Watch) -> None:
        self._at, self._watch = stage, watch

    def run(self) -> GazeReport:
        """Open the tracker, place the head, calibrate; what failed stands in the report."""
        watch, settings = self._watch, self._watch.settings
        if not settings.tracked:
            watch.report = GazeReport(source=settings.source, device=watch.source, placed=True, good=True)
            return watch.report
        self._at.show([self._at.fixation])
        watch.correction = Correction()
        try:
            device = watch.open().name
        except UserError as error:
            watch.report = GazeReport(source=settings.source, reason=str(error))
            raise
        placed = self._place()
        rounds: list[RoundReport] = []
        while len(rounds) < settings.rounds and not (rounds and rounds[-1].good):
            rounds.append(self._round(len(rounds) + 1))
        good = rounds[-1].good
        watch.report = GazeReport(
            source=settings.source,
            device=device,
            placed=placed,
            rounds=tuple(rounds),
            good=good,
            reason="" if good else "no round was good enough; gaze is recorded with the last correction",
        )
        self._at.show([self._at.fixation])
        return watch.report

    def _place(self) -> bool:
        """Show a moving picture in a border that turns blue when the eyes are found; the examiner may go on before."""
        at, watch = self._at, self._watch
        getter, border = at.attention(), Border(at.shapes, at.screen.size)
        getter.pin(0, 0)
        at.show([getter, border])
        at.stage("placement")
        self._attend(MIDDLE)
        placing = Placing(at.clock.scale, border)
        watch.collect(placing)
        found = at.hold([getter, border], at.clock.now() + PLACEMENT_MAX_MS * at.clock.scale, _on) and placing.done
        watch.collect(None)
        at.note("head_placed" if found else "head_not_placed", at.clock.now())
        return found

    def _round(self, number: int) -> RoundReport:
        at, settings = self._at, self._watch.settings
        began = at.clock.now()
        self._watch.correction = Correction()
        samples = {name: self._corner(number, name) for name in CORNERS}
        width, height = at.screen.size
        view = View(width / at.screen.px_per_cm, height / at.screen.px_per_cm, settings.distance_cm)
        self._watch.correction, corners, good = judge(samples, view, settings.max_error_deg)
        report = RoundReport(round=number, corners=corners, good=good)
        at.note("calibration_round", began, end_ms=at.clock.now(), **_plain(report))
        return report

    def _corner(self, number: int, name: str) -> list[Point]:
        """Call the child to a corner; returns the samples after the eyes had time to arrive."""
        at, scale = self._at, self._at.clock.scale
        x, y = CORNERS[name]
        width, height = at.screen.size
        target = at.corner_target(f"{number}:{name}")
        target.pin((x - 0.5) * width, (y - 0.5) * height)
        began = at.show([target])
        at.stage("calibration")
        self._attend((x, y))
        found: list[Point] = []

        def collect(t_ms: float, point: Point | None) -> bool:
            if point is not None and t_ms - began >= ARRIVAL_MS * scale:
                found.append(point)
            return t_ms - began >= CORNER_MS * scale and len(found) >= ENOUGH

        self._watch.collect(collect)
        at.hold([target], began + CORNER_MAX_MS * scale, _on)
        self._watch.collect(None)
        return found

    def _attend(self, point: Point) -> None:
        if self._watch.tracker is not None:
            self._watch.tracker.attend([(point, 1.0)])


class Border:
    """A border inside the window's edge: grey while the eyes are looked for, blue when they are found."""

    def __init__(self, shapes: Shapes, size: tuple[int, int]) -> None:
        whole = Rect(0, 0, *size)
        self._shown = {
            False: shapes.border(whole, look.BORDER_SEARCHING),
            True: shapes.border(whole, look.BORDER_FOUND),
        }
        self.found = False
        mark(self, "outline", whole)

    def draw(self) -> None:
        """Draw it."""
        self._shown[self.found].draw()


class Placing:
    """Collects samples until most of the last second lay near the middle for a second.

    Args:
        scale: Session milliseconds in a real one.
        border: Turns blue meanwhile.
    """

    def __init__(self, scale: float, border: Border) -> None:
        self._scale, self._border = scale, border
        self._recent: list[tuple[float, bool]] = []
        self._dwell = Dwell(PLACED_WINDOW_MS)

    def __call__(self, t_ms: float, point: Point | None) -> bool:
        """Take a sample; returns whether the head is placed."""
        t_ms = t_ms / self._scale
        self._recent = [(then, seen) for then, seen in self._recent if t_ms - then < PLACED_WINDOW_MS]
        self._recent.append((t_ms, point is not None and _near(point, MIDDLE)))
        share = sum(seen for _, seen in self._recent) / len(self._recent)
        self._dwell = self._dwell.after(t_ms, len(self._recent) > 1 and share >= PLACED_SHARE)
        self._border.found = self._dwell.since_ms is not None
        return self.done

    @property
    def done(self) -> bool:
        """Whether the head is placed."""
        return self._dwell.done


def _on(event: Press | Key) -> bool:
    return isinstance(event, Key) and event.name in ("return", GAZE_KEY)


def _plain(report: RoundReport) -> dict[str, object]:
    """Return a round as it stands in the events."""
    corners = [corner.model_dump(exclude={"v"}) for corner in report.corners]
    return {"round": report.round, "good": report.good, "corners": corners}


def _near(point: Point, other: Point) -> bool:
    return abs(point[0] - other[0]) <= PLACED_WITHIN and abs(point[1] - other[1]) <= PLACED_WITHIN
