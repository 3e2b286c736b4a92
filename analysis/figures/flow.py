"""The exclusions flow, like a CONSORT figure: what was recorded, what was left out and why, what remained."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from analysis.figures.canvas import Drawn, canvas, drawing
from analysis.look import SMALL, surface
from analysis.reliability.sensitivity import FlowStep

ROW_IN = 0.56


@drawing
def flow_figure(steps: Sequence[FlowStep], people: str, name: str) -> Drawn | None:
    """Draw the flow of one group; None when nothing was recorded.

    Args:
        steps: From `analysis.reliability.sensitivity.exclusion_flow`.
        people: What the persons are called.
        name: Of the figure and its files.
    """
    if not steps or steps[0].trials_left == 0:
        return None
    out, rows = steps[1:], len(steps) + 1
    figure, axes = canvas(ROW_IN * rows + 0.2)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(-rows + 0.4, 0.6)
    _box(axes, 0.2, 0, f"recorded\n{_count(steps[0].persons_left, steps[0].trials_left, people)}", strong=True)
    for at, step in enumerate(out, start=1):
        axes.plot([0.2, 0.46], [-at, -at], color=surface("quiet"), linewidth=1, zorder=0)
        _box(axes, 0.45, -at, f"{step.words}\n{_count(step.persons_out, step.trials_out, people)}", strong=False)
    end = -(rows - 1)
    axes.plot([0.2, 0.2], [-0.36, end + 0.36], color=surface("quiet"), linewidth=1, zorder=0)
    _box(axes, 0.2, end, f"analysed\n{_count(steps[-1].persons_left, steps[-1].trials_left, people)}", strong=True)
    last = steps[-1]
    axes.set_title(f"{last.trials_left:,} of {steps[0].trials_left:,} trials are analysed")
    alt = "; ".join(f"{step.words}: {step.trials_out} trials out, {step.trials_left} left" for step in steps)
    return Drawn(name, figure, f"From recorded to analysed trials. {alt}")


def _count(persons: int, trials: int, people: str) -> str:
    return f"{persons:,} {people}, {trials:,} trials" if persons else f"{trials:,} trials"


def _box(axes: Axes, x: float, y: float, words: str, *, strong: bool) -> None:
    axes.text(
        x, y, words, ha="center" if strong else "left", va="center", fontsize=SMALL, linespacing=1.35,
        color=surface("text" if strong else "quiet"),
        bbox={
            "boxstyle": "round,pad=0.45", "facecolor": surface("surface"),
            "edgecolor": surface("quiet" if strong else "line"), "linewidth": 1.0,
        },
    )  # fmt: skip
