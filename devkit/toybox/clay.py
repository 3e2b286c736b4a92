"""A toy is modelled like clay: pieces with an outline, a paint and a rounded relief, pressed onto one another.

`Clay` collects the pieces of one toy; the result is a `Relief` (colour, opacity, surface normals, gloss), which can be
lit from any side without being drawn again. What is drawn is decided elsewhere.

The rounding of a piece comes from its blurred mask: the gradient is steepest at the rim, so the surface turns away
from the viewer there. Each piece darkens what lies beneath it around its rim, as pieces in contact do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import uniform_filter

from devkit.toybox.paint import INK, Array, Paint, Rgb
from devkit.toybox.shapes import Shape, disc

SUPERSAMPLE = 4
ROOM = 0.9
"""Share of the board that the unit square takes; the rest is for what sticks out of it."""


@dataclass(frozen=True, slots=True)
class Light:
    """Where the light of a room comes from and how it is coloured.

    Attributes:
        x: Direction towards the light, to the right.
        y: Direction towards the light, downward (negative: from above).
        ambient: Share of the light that comes from everywhere, 0–1.
        tint: Multiplies red, green and blue.
    """

    x: float = -0.45
    y: float = -0.6
    ambient: float = 0.45
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def turned(self, degrees: float) -> Light:
        """Return the light as seen by a toy that is then turned clockwise by ``degrees``."""
        turn = math.radians(degrees)
        x = self.x * math.cos(turn) + self.y * math.sin(turn)
        y = -self.x * math.sin(turn) + self.y * math.cos(turn)
        return Light(x, y, self.ambient, self.tint)


@dataclass(frozen=True, slots=True)
class Relief:
    """A drawn toy that waits for its light.

    Attributes:
        colour: H×W×3, sRGB 0–255, uint8.
        alpha: H×W opacity, uint8.
        normal: H×W×2 components of the surface normal to the right and downward, −1…1, float16.
        gloss: H×W strength of the highlight, uint8.
    """

    colour: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    normal: NDArray[np.float16]
    gloss: NDArray[np.uint8]

    def mirrored(self) -> Relief:
        """Return the toy facing the other way."""
        normal = self.normal[:, ::-1] * np.array([-1, 1], dtype=np.float16)
        return Relief(self.colour[:, ::-1], self.alpha[:, ::-1], normal, self.gloss[:, ::-1])

    def lit(self, light: Light) -> Image.Image:
        """Return the toy as RGBA under a light."""
        nx, ny = self.normal[..., 0].astype(np.float32), self.normal[..., 1].astype(np.float32)
        nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0.02, 1))
        lz = math.sqrt(max(0.05, 1 - light.x**2 - light.y**2))
        facing = np.clip(nx * light.x + ny * light.y + nz * lz, -1, 1)
        wrapped = (0.5 + 0.5 * facing) ** 1.6 / (0.5 + 0.5 * lz) ** 1.6
        level = light.ambient + (1 - light.ambient) * wrapped
        half = math.sqrt(2 * (1 + lz))
        shine = np.clip((facing + nz) / half, 0, 1) ** 28 * self.gloss * (0.75 * light.tint[0])
        rgb = self.colour * level[..., None] * np.asarray(light.tint, dtype=np.float32) + shine[..., None]
        out = np.empty((*self.alpha.shape, 4), dtype=np.uint8)
        out[..., :3] = np.clip(rgb, 0, 255)
        out[..., 3] = self.alpha
        return Image.fromarray(out, "RGBA")


class Clay:
    """The modelling board of one toy.

    Args:
        pixels: Side of the square that the unit coordinates −1…1 span.
        stretch: Factors of at most 1 on width and height.
    """

    def __init__(self, pixels: int = 256, stretch: tuple[float, float] = (1.0, 1.0)) -> None:
        self.pixels = pixels
        self._stretch = np.array(stretch)
        self._colour = np.zeros((pixels, pixels, 3), dtype=np.float32)
        self._alpha = np.zeros((pixels, pixels), dtype=np.float32)
        self._normal = np.zeros((pixels, pixels, 2), dtype=np.float32)
        self._gloss = np.zeros((pixels, pixels), dtype=np.float32)

    def add(
        self, paint: Paint | Rgb, *shapes: Shape, cut: Sequence[Shape] = (), puff: float = 1.0, shadow: float = 0.30
    ) -> None:
        """Press a piece of clay on: the union of ``shapes`` without ``cut``.

        Args:
            paint: Its surface, or a plain colour.
            shapes: Outlines that form one smooth piece.
            cut: Outlines of holes.
            puff: How much it bulges, 0 flat to about 1.4.
            shadow: How much it darkens what lies beneath its rim, 0–1.
        """
        paint = paint if isinstance(paint, Paint) else Paint(paint)
        margin = round(0.05 * self.pixels)
        window, mask = self._mask(shapes, cut, margin)
        if not mask.any():
            return
        if shadow > 0:
            rim = _blur(mask, 0.018 * self.pixels)
            self._colour[window] *= (1 - shadow * np.clip(1.6 * rim, 0, 1) * (1 - mask))[..., None]
        self._cover(window, mask, paint)
        normal = self._bulge(window, mask, shapes, paint, puff)
        self._normal[window] += mask[..., None] * (normal - self._normal[window])
        self._alpha[window] = 1 - (1 - self._alpha[window]) * (1 - mask)

    def paint(self, paint: Paint | Rgb, *shapes: Shape, cut: Sequence[Shape] = (), soft: float = 0.0) -> None:
        """Paint onto what is there already: keeps its relief and never leaves its outline.

        Args:
            paint: Colour or paint.
            shapes: Outlines to fill.
            cut: Outlines to leave out.
            soft: Radius over which the edge fades, in units.
        """
        paint = paint if isinstance(paint, Paint) else Paint(paint)
        window, mask = self._mask(shapes, cut, 1 + round(soft * self.pixels))
        if soft > 0:
            mask = _blur(mask, soft * self.pixels / 2)
        self._cover(window, mask * np.minimum(1, self._alpha[window] * 1.0), paint)

    def eye(self, x: float, y: float, r: float, *, white: bool = False, look: float = -0.25) -> None:
        """Add an eye with a glint; ``white`` gives it an eyeball, ``look`` moves the pupil sideways."""
        if white:
            self.add(Paint((250, 250, 248), gloss=0.5), disc(x, y, r * 1.7, r * 1.8), puff=0.5, shadow=0.35)
        px = x + (look * r if white else 0)
        self.add(Paint(INK, gloss=0.9), disc(px, y, r, r * 1.1), puff=0.8, shadow=0.1)
        self.paint((255, 255, 255), disc(px - 0.3 * r, y - 0.4 * r, 0.34 * r))

    def finish(self) -> Relief:
        """Return the toy, trimmed to its outline.

        Raises:
            ValueError: If nothing was added.
        """
        solid = self._alpha > 0.06
        if not solid.any():
            raise ValueError("a toy needs at least one piece inside the square")
        rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
        cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return Relief(
            np.clip(self._colour[cut], 0, 255).astype(np.uint8),
            np.clip(self._alpha[cut] * 255, 0, 255).astype(np.uint8),
            np.clip(self._normal[cut], -0.95, 0.95).astype(np.float16),
            np.clip(self._gloss[cut] * 255, 0, 255).astype(np.uint8),
        )

    def _mask(self, shapes: Sequence[Shape], cut: Sequence[Shape], margin: int) -> tuple[tuple[slice, slice], Array]:
        """Rasterise outlines into the smallest window around them; values 0–1."""
        to_pixels, holes = [self._pixels(shape) for shape in shapes], [self._pixels(shape) for shape in cut]
        low = np.min([s.min(0) for s in to_pixels], axis=0) - margin
        high = np.max([s.max(0) for s in to_pixels], axis=0) + margin
        x0, y0 = (max(0, math.floor(v)) for v in low)
        x1, y1 = (min(self.pixels, math.ceil(v)) for v in high)
        if x1 <= x0 or y1 <= y0:
            return np.s_[0:1, 0:1], np.zeros((1, 1), dtype=np.float32)
        image = Image.new("L", ((x1 - x0) * SUPERSAMPLE, (y1 - y0) * SUPERSAMPLE))
        pen = ImageDraw.Draw(image)
        corner = np.array([x0, y0])
        for shape, ink in [*((s, 255) for s in to_pixels), *((s, 0) for s in holes)]:
            pen.polygon(((shape - corner) * SUPERSAMPLE).ravel().tolist(), fill=ink)
        mask = np.asarray(image.reduce(SUPERSAMPLE), dtype=np.float32) / 255
        return np.s_[y0:y1, x0:x1], mask

    def _pixels(self, shape: Shape) -> Shape:
        return np.asarray((shape * self._stretch * ROOM + 1) * (self.pixels / 2))

    def _cover(self, window: tuple[slice, slice], mask: Array, paint: Paint) -> None:
        x, y = self._grid(window)
        self._colour[window] += mask[..., None] * (paint.colour(x, y) - self._colour[window])
        self._gloss[window] += mask * (paint.gloss - self._gloss[window])

    def _bulge(
        self, window: tuple[slice, slice], mask: Array, shapes: Sequence[Shape], paint: Paint, puff: float
    ) -> Array:
        """Return the H×W×2 normals of a rounded piece with the grain of its material."""
        extent = min(float(np.ptp(s, axis=0).min()) for s in shapes) * self.pixels / 2
        radius = float(np.clip(0.17 * extent, 1.2, 0.09 * self.pixels))
        tight = max(1.0, 0.4 * radius)
        height = 0.7 * radius * _blur(mask, radius) + 0.3 * tight * _blur(mask, tight)
        down, right = np.gradient(height)
        normal = np.stack([-right, -down], axis=-1) * (2.1 * puff)
        if paint.material != "smooth":
            x, y = self._grid(window)
            bump_down, bump_right = np.gradient(paint.grain(x, y))
            normal += np.stack([-bump_right, -bump_down], axis=-1) * (0.012 * self.pixels)
        length = np.maximum(1, np.hypot(normal[..., 0], normal[..., 1]) / 0.92)
        return np.asarray(normal / length[..., None], dtype=np.float32)

    def _grid(self, window: tuple[slice, slice]) -> tuple[Array, Array]:
        rows, columns = window
        step, edge = 2 / (ROOM * self.pixels), 1 / ROOM
        x = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5) * step - edge
        y = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * step - edge
        grid_x, grid_y = np.meshgrid(x, y)
        return grid_x, grid_y


def _blur(mask: Array, sigma: float) -> Array:
    """Blur with three box filters, which stand for a Gaussian at a cost that does not grow with ``sigma``."""
    size = max(1, round(math.sqrt(4 * sigma * sigma + 1)))
    out = mask
    for _ in range(3):
        out = uniform_filter(out, size=size, mode="constant")
    return np.asarray(out, dtype=np.float32)
