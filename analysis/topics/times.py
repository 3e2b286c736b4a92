"""Topic *times*: reaction times, refused where the timing cannot be trusted."""

from __future__ import annotations

from analysis.base import Base
from analysis.forms import form_title
from analysis.result import Result, withheld
from analysis.sections import Section, section
from analysis.times.shapes import drift_results, quantiles, shape_results
from analysis.times.usable import usable_times

Rows = list[tuple[tuple[str, ...], Result]]
ORIGINS = {"onset": "the choices", "word": "the word", "prompt_end": "the end of the prompt", "": "not stated"}


def sections(base: Base) -> tuple[Section, ...]:
    """Return quantiles, ex-Gaussian and drift summaries by group, task form and origin of the times."""
    found: Rows = []
    for group in base.people:
        times = usable_times(base.frame[base.frame["group"] == group.key], any_timing=base.options.any_timing)
        if times.rows.empty:
            if times.refused_tier or times.refused_clock:
                why = withheld(f"{group.label}: reaction times", "quantile", times.reason, unit="ms")
                found.append(((group.label, "all", "", "times"), why))
            continue
        chance = base.test.groupby(["task", "form"], observed=True)["chance"].mean()
        for (task, form, origin), rows in times.rows[times.rows["rt_plausible"]].groupby(["task", "form", "rt_from"]):
            title = form_title(str(task), str(form))
            labels = (group.label, title, ORIGINS.get(str(origin), str(origin)))
            name = f"{group.label}, {title}"
            level, people = base.options.level, group.people
            rows_of: list[tuple[str, Result]] = [
                (f"{q:.0%} quantile", one) for q, one in quantiles(name, rows, level=level, people=people)
            ]
            rows_of += zip(("μ", "σ", "τ"), shape_results(name, rows, level=level, people=people), strict=True)
            guess = float(chance.get((task, form), 0.0))
            drift = drift_results(name, rows, chance=guess, level=level, people=people)
            rows_of += zip(("drift rate", "boundary", "non-decision time"), drift, strict=True)
            odd = f"{times.implausible} times outside of 100–10,000 ms are left out" if times.implausible else ""
            found += [((*labels, what), one.warn(times.warning, odd)) for what, one in rows_of]
    note = "Each respondent's own first, then the mean over respondents. Times count from what the third column says."
    return section("reaction-times", "Reaction times", ("who", "task", "from", "what"), found, note)
