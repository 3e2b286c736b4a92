"""How things look: the tokens that the report, the figures and the app share, and nothing else.

Colours by respondent and by surface, sizes, marks and lines are written here once. What makes style sheets or figure
settings of them lives with whoever draws (`analysis.look` for figures and the report). No other module holds a
colour literal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark", "contrast"]
Mark = Literal["circle", "triangle", "square", "diamond", "open circle", "cross", "none"]
Line = Literal["solid", "long dashes", "short dashes", "dotted", "thin"]


@dataclass(frozen=True, slots=True)
class Voice:
    """How one kind of respondent is drawn, the same in every curve, table, badge and legend.

    Attributes:
        light: Colour on the light ground.
        dark: Colour on the dark ground.
        mark: Shape of its points, so that grey print still tells respondents apart.
        line: Stroke of its curves.
    """

    light: str
    dark: str
    mark: Mark
    line: Line


VOICES: dict[str, Voice] = {
    "child": Voice("#0072B2", "#4DA3DC", "circle", "solid"),
    "adult": Voice("#008561", "#2DBE94", "triangle", "solid"),
    "model": Voice("#C65300", "#F0803C", "square", "solid"),
    "second_model": Voice("#A6467F", "#D98BB5", "diamond", "long dashes"),
    "simulation": Voice("#7A5FB5", "#B19BE0", "open circle", "dotted"),
    "baseline": Voice("#6B7280", "#9AA3AF", "cross", "thin"),
    "chance": Voice("#6B7280", "#9AA3AF", "none", "short dashes"),
}


@dataclass(frozen=True, slots=True)
class Surface:
    """One colour of the surfaces and texts, in the three themes."""

    light: str
    dark: str
    contrast: str


SURFACES: dict[str, Surface] = {
    "ground": Surface("#F7F7F4", "#16181B", "#000000"),
    "surface": Surface("#FFFFFF", "#1F2226", "#000000"),
    "line": Surface("#D8DAD5", "#383D44", "#FFFFFF"),
    "text": Surface("#1B1D20", "#ECEEF0", "#FFFFFF"),
    "quiet": Surface("#575D66", "#A9B0BA", "#FFFFFF"),
    "accent": Surface("#0B5CAD", "#7DB8F5", "#FFD60A"),
    "good": Surface("#1A7F37", "#57C26F", "#57E389"),
    "caution": Surface("#8A5A00", "#E3B341", "#FFD60A"),
    "wrong": Surface("#B42318", "#FF8A80", "#FF8A80"),
}

SIZES_PX = (12, 14, 17, 22, 28)
STEP_PX = 4
INSIDE_GROUP_PX = 8
BETWEEN_GROUPS_PX = 24
CORNER_PX = 6
BAND_SHARE = 0.15
FONT_FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif'
PAGE_CHARACTERS = 72


def contrast(first: str, second: str) -> float:
    """Return the WCAG 2 contrast ratio of two ``#RRGGBB`` colours, 1–21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
