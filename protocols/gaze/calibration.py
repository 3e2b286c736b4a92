"""Calibration by four corners: the affine correction that fits best, and how far each corner is off. Pure.

Places are shares of the window (0 left or bottom, 1 right or top); errors are degrees of visual angle. The corner's
place is the median of its samples once the eyes have arrived, because an infant looks away in between; precision is
the root mean square distance from that median, with samples beyond 2.5 median absolute deviations left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from protocols.gaze.settings import CornerReport

Point = tuple[float, float]
CORNERS: dict[str, Point] = {
    "top left": (0.15, 0.85),
    "top right": (0.85, 0.85),
    "bottom right": (0.85, 0.15),
    "bottom left": (0.15, 0.15),
}
LEAST_SAMPLES = 5
OUTSIDE_MADS = 2.5


@dataclass(frozen=True, slots=True)
class View:
    """The window as the child sees it: width and height in cm, and the distance of the eyes."""

    width_cm: float
    height_cm: float
    distance_cm: float

    def degrees(self, one: Point, other: Point) -> float:
        """Return the visual angle between two places, degrees."""
        cm = math.hypot((one[0] - other[0]) * self.width_cm, (one[1] - other[1]) * self.height_cm)
        return math.degrees(2 * math.atan(cm / 2 / self.distance_cm))


@dataclass(frozen=True, slots=True)
class Correction:
    """An affine correction of gaze: x' = a + b·x + c·y and y' = d + e·x + f·y; the identity by default."""

    x: tuple[float, float, float] = (0.0, 1.0, 0.0)
    y: tuple[float, float, float] = (0.0, 0.0, 1.0)

    def __call__(self, point: Point) -> Point:
        """Return the corrected place."""
        values = (1.0, *point)
        return (
            sum(a * b for a, b in zip(self.x, values, strict=True)),
            sum(a * b for a, b in zip(self.y, values, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Centre:
    """Where the samples of one corner lie: their median, those near it, and their spread in degrees."""

    point: Point
    samples: int
    precision_deg: float


def centre_of(samples: Sequence[Point], view: View) -> Centre | None:
    """Return the centre of a corner's samples; None when there are fewer than `LEAST_SAMPLES`."""
    if len(samples) < LEAST_SAMPLES:
        return None
    middle = (median(x for x, _ in samples), median(y for _, y in samples))
    far = [view.degrees(point, middle) for point in samples]
    limit = median(far) * (1 + OUTSIDE_MADS)
    kept = [degrees for degrees in far if degrees <= limit]
    return Centre(middle, len(kept), math.sqrt(sum(d * d for d in kept) / len(kept)))


def fit(pairs: Sequence[tuple[Point, Point]]) -> Correction:
    """Return the correction that brings measured places nearest to the true ones.

    Args:
        pairs: Measured and true place of each corner. Four or three give an affine correction, two or one a shift.
    """
    if not pairs:
        return Correction()
    measured = np.array([one for one, _ in pairs])
    true = np.array([other for _, other in pairs])
    if len(pairs) < 3:
        shift = (true - measured).mean(axis=0)
        return Correction((float(shift[0]), 1.0, 0.0), (float(shift[1]), 0.0, 1.0))
    design = np.column_stack([np.ones(len(pairs)), measured])
    found, _, rank, _ = np.linalg.lstsq(design, true, rcond=None)
    if rank < 3:
        return fit(pairs[:2])
    (ax, ay), (bx, by), (cx, cy) = found.tolist()
    return Correction((ax, bx, cx), (ay, by, cy))


def judge(
    samples: Mapping[str, Sequence[Point]], view: View, max_error_deg: float
) -> tuple[Correction, tuple[CornerReport, ...], bool]:
    """Fit one round and judge it.

    Args:
        samples: Raw samples of each corner.
        view: The window as the child sees it.
        max_error_deg: No corner may be off by more, corrected, nor scatter by more.

    Returns:
        The correction, the report of every corner, and whether the round is good: all four corners were seen.
    """
    centres = {name: centre_of(samples.get(name, ()), view) for name in CORNERS}
    correction = fit([(found.point, CORNERS[name]) for name, found in centres.items() if found is not None])
    reports = tuple(_report(name, centres[name], correction, view) for name in CORNERS)
    good = all(
        one.corrected_deg is not None
        and one.corrected_deg <= max_error_deg
        and one.precision_deg is not None
        and one.precision_deg <= max_error_deg
        for one in reports
    )
    return correction, reports, good


def _report(name: str, found: Centre | None, correction: Correction, view: View) -> CornerReport:
    if found is None:
        return CornerReport(corner=name, error_deg=None, corrected_deg=None, precision_deg=None, samples=0)
    true = CORNERS[name]
    return CornerReport(
        corner=name,
        error_deg=round(view.degrees(found.point, true), 3),
        corrected_deg=round(view.degrees(correction(found.point), true), 3),
        precision_deg=round(found.precision_deg, 3),
        samples=found.samples,
    )
