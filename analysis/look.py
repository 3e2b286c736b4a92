"""From the shared tokens (`devkit.look`) to figure settings and style sheet variables; no colour of its own."""

from __future__ import annotations

import re
from typing import Any

from analysis.groups import Group
from devkit.look import BAND_SHARE, FONT_FAMILY, SIZES_PX, SURFACES, VOICES, Voice

POINT = 0.75
"""Points in a CSS pixel: figures are laid out in points and shown at 4/3 pixels a point."""
SMALL, NORMAL = SIZES_PX[0] * POINT, SIZES_PX[1] * POINT
WIDTH_IN = 6.8
MARKERS = {"circle": "o", "triangle": "^", "square": "s", "diamond": "D", "open circle": "o", "cross": "x", "none": ""}
DASHES: dict[str, Any] = {
    "solid": "-",
    "long dashes": (0, (7, 3)),
    "short dashes": (0, (3, 2.5)),
    "dotted": (0, (1, 1.8)),
    "thin": "-",
}
BAND = BAND_SHARE


def voice_name(group: Group, leader: str) -> str:
    """Return the name of the voice that draws a group: the leading model and any other model differ."""
    if group.kind == "model":
        return "model" if group.model == leader else "second_model"
    return "simulation" if group.kind == "robot" else group.kind


def voice(group: Group, leader: str) -> Voice:
    """Return how a group is drawn."""
    return VOICES[voice_name(group, leader)]


def surface(name: str) -> str:
    """Return a surface colour of the light theme, in which figures are drawn."""
    return SURFACES[name].light


def rc_settings() -> Any:
    """Return the settings under which every figure is drawn, for ``matplotlib.rc_context``."""
    text, quiet, line = surface("text"), surface("quiet"), surface("line")
    return {
        "font.family": "DejaVu Sans", "font.size": SMALL, "svg.fonttype": "none", "svg.hashsalt": "devkit",
        "axes.edgecolor": line, "axes.labelcolor": quiet, "axes.titlesize": NORMAL, "axes.titlecolor": text,
        "axes.labelsize": SMALL, "axes.titlelocation": "left", "axes.titleweight": "bold",
        "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "text.color": text,
        "xtick.color": line, "ytick.color": line, "xtick.labelcolor": quiet, "ytick.labelcolor": quiet,
        "xtick.labelsize": SMALL, "ytick.labelsize": SMALL, "xtick.major.size": 3, "ytick.major.size": 0,
        "grid.color": line, "grid.linewidth": 0.6, "legend.frameon": False, "legend.fontsize": SMALL,
        "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none", "lines.linewidth": 1.5,
        "lines.markersize": 5, "figure.dpi": 96,
    }  # fmt: skip


def css_variables(theme: str) -> str:
    """Return the custom properties of a theme (``light`` or ``dark``) as style sheet text."""
    pairs = [(f"--{name}", getattr(surface, theme)) for name, surface in SURFACES.items()]
    pairs += [(f"--voice-{name.replace('_', '-')}", getattr(voice, theme)) for name, voice in VOICES.items()]
    return " ".join(f"{name}: {colour};" for name, colour in pairs)


def _variables() -> dict[str, str]:
    named = {voice.light.lower(): f"--voice-{name.replace('_', '-')}" for name, voice in VOICES.items()}
    return named | {surface.light.lower(): f"--{name}" for name, surface in SURFACES.items()}


def themed(svg: str) -> str:
    """Return SVG text whose colours follow the page's theme, with the page's own type."""
    for colour, name in _variables().items():
        svg = re.sub(rf"({re.escape(colour)})\b", f"var({name}, {colour})", svg, flags=re.IGNORECASE)
    return svg.replace("'DejaVu Sans'", FONT_FAMILY.replace('"', "'"))
