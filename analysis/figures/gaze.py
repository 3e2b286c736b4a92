"""Looking to the target by age: every infant, the age groups' means, and the line over age."""

from __future__ import annotations

from analysis.figures.canvas import Drawn, canvas, chance_line, drawing, marker, months_axis, percent_axis, stroke
from analysis.look import BAND, voice
from analysis.looking import EQUAL, LookingGroup


@drawing
def looking_figure(one: LookingGroup, name: str, alt: str) -> Drawn | None:
    """Draw one group's looking; None when no person's age is known."""
    persons = one.persons.dropna(subset=["age_months", "target"])
    if persons.empty:
        return None
    style = voice(one.group, "")
    figure, axes = canvas(3.1)
    percent_axis(axes)
    months_axis(axes, float(persons["age_months"].min()), float(persons["age_months"].max()))
    axes.set_xlabel("age, months")
    axes.set_ylabel("looking at the target")
    chance_line(axes, EQUAL, "equal looking", left=True)
    axes.plot(
        persons["age_months"], persons["target"], linestyle="", marker="o", markersize=3.5, alpha=0.4,
        markeredgewidth=0, color=style.light,
    )  # fmt: skip
    if one.line.x_G:
        axes.fill_between(one.line.x_G, one.line.low_G, one.line.high_G, color=style.light, alpha=BAND, linewidth=0)
        axes.plot(one.line.x_G, one.line.y_G, **stroke(style))
    for _, x, result in one.by_age:
        if result.estimate is None:
            continue
        if result.interval is not None:
            axes.plot([x, x], [result.interval.low, result.interval.high], color=style.light, linewidth=1.3)
        axes.plot([x], [result.estimate], linestyle="", markersize=7, **marker(style))
    axes.set_title(f"n = {len(persons)} {one.group.people}, {one.trials:,} trials")
    return Drawn(name, figure, alt)
