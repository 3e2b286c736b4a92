"""Looking over time: the share of looking at the named picture, bin by bin, mean over infants with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.figures.canvas import Drawn, canvas, chance_line, drawing, percent_axis, stroke
from analysis.look import BAND, SMALL, surface
from analysis.looking import EQUAL
from analysis.result import Result
from devkit.look import Voice


@drawing
def timecourse_figure(
    name: str, bins: Sequence[tuple[float, Result]], voice: Voice, alt: str, *, width_ms: float = 100.0
) -> Drawn | None:
    """Draw looking over time; None when fewer than two bins have an estimate.

    Args:
        name: Of the figure and its files.
        bins: Begin of each bin, ms from word onset, and the looking in it.
        voice: How the group is drawn.
        alt: What is shown, for those who cannot see it.
        width_ms: Width of a bin.
    """
    fit = [(start + width_ms / 2, one) for start, one in bins if one.estimate is not None]
    if len(fit) < 2:
        return None
    figure, axes = canvas(3.0)
    percent_axis(axes)
    x = [at for at, _ in fit]
    axes.plot(x, [one.estimate or 0.0 for _, one in fit], **stroke(voice))
    banded = [(at, one.interval) for at, one in fit if one.interval is not None]
    low = [max(0.0, interval.low) for _, interval in banded]
    high = [min(1.0, interval.high) for _, interval in banded]
    axes.fill_between([at for at, _ in banded], low, high, color=voice.light, alpha=BAND, linewidth=0)
    chance_line(axes, EQUAL, "equal looking", left=True)
    axes.axvline(0, color=surface("quiet"), linewidth=0.9)
    axes.annotate(
        "word", (0, 1), xycoords=("data", "axes fraction"), xytext=(3, -2), textcoords="offset points", va="top",
        color=surface("quiet"), fontsize=SMALL,
    )  # fmt: skip
    axes.set_xlim(x[0], x[-1])
    axes.set_xlabel("ms from word onset")
    axes.set_ylabel("looking at the target")
    return Drawn(name, figure, alt)
