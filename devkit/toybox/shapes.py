"""Outlines in unit coordinates: what the pieces of a toy look like before they get colour and relief.

A shape is an array of N×2 points of a closed outline. x runs right and y runs down, and a toy fills the square from
−1 to 1. Nothing here knows about pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Shape = NDArray[np.float64]
Point = tuple[float, float]


def disc(x: float, y: float, rx: float, ry: float | None = None, turn: float = 0.0) -> Shape:
    """Return an ellipse with half axes ``rx`` and ``ry``, turned clockwise by ``turn`` degrees."""
    angle = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    points = np.stack([rx * np.cos(angle), (rx if ry is None else ry) * np.sin(angle)], axis=1)
    return np.asarray(rotate(points, turn) + np.array([x, y]))


def rotate(shape: Shape, degrees: float, about: Point = (0.0, 0.0)) -> Shape:
    """Turn a shape clockwise about a point."""
    turn = math.radians(degrees)
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    centre = np.array(about)
    return np.asarray((shape - centre) @ matrix + centre)


def blob(*points: Point) -> Shape:
    """Return a smooth closed curve through points (Catmull–Rom)."""
    return _catmull(np.array(points, dtype=float), closed=True)


def poly(*points: Point, round: float = 0.04) -> Shape:
    """Return a polygon whose corners are rounded over a length of ``round``."""
    corners = np.array(points, dtype=float)
    pieces = []
    for i, corner in enumerate(corners):
        before, after = corners[i - 1] - corner, corners[(i + 1) % len(corners)] - corner
        a = corner + before * min(0.5, round / max(float(np.hypot(*before)), 1e-6))
        b = corner + after * min(0.5, round / max(float(np.hypot(*after)), 1e-6))
        s = np.linspace(0, 1, 7)[:, None]
        pieces.append((1 - s) ** 2 * a + 2 * s * (1 - s) * corner + s**2 * b)
    return np.concatenate(pieces)


def box(x0: float, y0: float, x1: float, y1: float, round: float = 0.06) -> Shape:
    """Return an upright rectangle with rounded corners."""
    return poly((x0, y0), (x1, y0), (x1, y1), (x0, y1), round=round)


def tube(points: Sequence[Point], width: float, end: float | None = None, *, straight: bool = False) -> Shape:
    """Return a band with round ends along a smooth line; its width runs from ``width`` to ``end``."""
    path = np.array(points, dtype=float)
    path = _resample(path) if straight or len(path) < 3 else _catmull(path, closed=False)
    half = np.linspace(width, width if end is None else end, len(path))[:, None] / 2
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1])[:, None], 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    cap_end = _cap(path[-1], across[-1], along[-1], float(half[-1, 0]))
    cap_start = _cap(path[0], -across[0], -along[0], float(half[0, 0]))
    return np.concatenate([path + across * half, cap_end, (path - across * half)[::-1], cap_start])


def star(x: float, y: float, outer: float, inner: float, points: int = 5, turn: float = 0.0) -> Shape:
    """Return a star with rounded tips."""
    angle = np.arange(2 * points) * math.pi / points - math.pi / 2
    radius = np.where(np.arange(2 * points) % 2 == 0, outer, inner)
    tips = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    rounded = poly(*[(float(px), float(py)) for px, py in tips], round=outer * 0.18)
    return np.asarray(rotate(rounded, turn) + np.array([x, y]))


def heart(x: float, y: float, r: float) -> Shape:
    """Return a heart of half width ``r``."""
    t = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    px = 16 * np.sin(t) ** 3
    py = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x + px * r / 16, y + py * r / 16], axis=1)


def _cap(tip: Shape, across: Shape, along: Shape, half: float) -> Shape:
    angle = np.linspace(0, math.pi, 12)[:, None]
    return tip + half * (np.cos(angle) * across + np.sin(angle) * along)


def _resample(path: Shape) -> Shape:
    step = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    where = np.linspace(0, step[-1], 24)
    return np.stack([np.interp(where, step, path[:, 0]), np.interp(where, step, path[:, 1])], axis=1)


def _catmull(points: Shape, *, closed: bool, steps: int = 10) -> Shape:
    if closed:
        padded = np.concatenate([points[-1:], points, points[:2]])
    else:
        padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for i in range(1, len(padded) - 2):
        a, b, c, d = padded[i - 1 : i + 3]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    if not closed:
        pieces.append(padded[-2:-1])
    return np.concatenate(pieces)
