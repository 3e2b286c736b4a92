"""What all figures share: the canvas, direct labels, chance lines, and saving as SVG for the page and as files."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from analysis.look import DASHES, MARKERS, SMALL, WIDTH_IN, rc_settings, surface, themed
from devkit.look import VOICES, Voice

PNG_DPI = 200


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure that was drawn and not yet saved.

    Attributes:
        name: Short name, also of the files (``accuracy``).
        figure: The figure.
        alt: What it shows, for those who cannot see it.
    """

    name: str
    figure: Figure
    alt: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as the page holds it: SVG whose colours follow the theme, and the names of its files."""

    name: str
    svg: str
    alt: str
    files: tuple[str, ...]


def canvas(height_in: float, **grid: Any) -> tuple[Figure, Any]:
    """Return a figure of the page's width and its axes.

    Args:
        height_in: Height in inches.
        **grid: Arguments of ``Figure.subplots``.
    """
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(**grid)


def drawing[**P, R](draw: Callable[P, R]) -> Callable[P, R]:
    """Make a function draw under the settings of the house, which artists read when they are made."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(rc_settings()):
            return draw(*args, **kwargs)

    return drawn


def save(drawn: Drawn, folder: Path | None) -> Picture:
    """Return the figure as themed SVG; write ``NAME.svg`` and ``NAME.png`` into a folder when one is given."""
    buffer = io.StringIO()
    with mpl.rc_context(rc_settings()):
        drawn.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "devkit"})
        plain = buffer.getvalue()
        files: tuple[str, ...] = ()
        if folder is not None:
            files = (f"{drawn.name}.svg", f"{drawn.name}.png")
            (folder / files[0]).write_text(plain, encoding="utf-8")
            drawn.figure.savefig(folder / files[1], format="png", dpi=PNG_DPI, facecolor=surface("surface"))
    return Picture(drawn.name, _inline(plain, drawn), drawn.alt, files)


def _inline(svg: str, drawn: Drawn) -> str:
    """Cut SVG down to its element, make its identifiers its own, let the page size it."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="f-{drawn.name}-', svg)
    svg = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>f-{drawn.name}-", svg)
    svg = re.sub(r"<(metadata|style)\b.*?</\1>\s*", "", svg, flags=re.DOTALL)  # a style element would rule the page
    label = drawn.alt.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    svg = re.sub(
        r'(<svg[^>]*?)width="[^"]*" height="[^"]*"|(<svg[^>]*?)height="[^"]*"([^>]*?)width="[^"]*"',
        r"\1\2\3",
        svg,
        count=1,
    )
    return themed(svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1))


def percent_axis(axes: Axes, *, vertical: bool = True) -> None:
    """Show a share from 0 to 100 % with a light grid."""
    axis = axes.yaxis if vertical else axes.xaxis
    (axes.set_ylim if vertical else axes.set_xlim)(0, 1.0)
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1.0])
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))
    axis.grid(True)
    axes.set_axisbelow(True)


def months_axis(axes: Axes, low: float, high: float) -> None:
    """Show ages in months with every sixth marked."""
    first, last = int(low // 6) * 6, int(-(-high // 6)) * 6
    left, right = max(first, low - 1.5), min(max(last, first + 6), high + 1.5)
    axes.set_xlim(left - 0.3, right + 0.3)
    axes.set_xticks([month for month in range(first, last + 1, 6) if left - 0.3 <= month <= right + 0.3])


def chance_line(axes: Axes, chance: float, words: str = "chance", *, left: bool = False) -> None:
    """Draw chance as short dashes, named at its right end or, where points would cover that, its left."""
    style = VOICES["chance"]
    axes.axhline(chance, color=style.light, linewidth=1.1, linestyle=DASHES[style.line], zorder=1.5)
    axes.annotate(
        f"{words} {chance * 100:.3g} %", (0.005 if left else 1, chance), xycoords=("axes fraction", "data"),
        xytext=(0, -3),
        textcoords="offset points", ha="left" if left else "right", va="top", color=style.light, fontsize=SMALL,
    )  # fmt: skip


def stroke(style: Voice) -> dict[str, Any]:
    """Return the line settings of a voice."""
    return {"color": style.light, "linestyle": DASHES[style.line], "linewidth": 0.9 if style.line == "thin" else 1.6}


def marker(style: Voice, *, hollow: bool = False) -> dict[str, Any]:
    """Return the marker settings of a voice; open marks are filled with the page so that lines do not show through."""
    empty = hollow or style.mark == "open circle"
    face = surface("surface") if empty else style.light
    return {
        "marker": MARKERS[style.mark], "markerfacecolor": face, "markeredgecolor": style.light, "markeredgewidth": 1.3,
        "color": style.light,
    }  # fmt: skip


def end_labels(axes: Axes, labels: Sequence[tuple[float, str, str]], *, width: int = 15, gap: float = 0.045) -> None:
    """Write names at the right end of lines, pushed apart where they would touch.

    Args:
        axes: Where, with a share on the vertical axis.
        labels: Height, name and colour of each.
        width: Characters in a line of a name.
        gap: Least distance between lines of text, as a share of the axis.
    """
    wrapped = sorted((y, "\n".join(textwrap.wrap(name, width)) or name, colour) for y, name, colour in labels)
    placed, floor = [], -1.0
    for y, name, colour in wrapped:
        half = gap * (name.count("\n") + 1) / 2
        centre = max(y, floor + half)
        placed.append((centre, name, colour))
        floor = centre + half
    for y, name, colour in placed:
        axes.annotate(
            name, (1, y), xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points",
            va="center", ha="left", color=colour, fontsize=SMALL, fontweight="bold", annotation_clip=False,
        )  # fmt: skip
