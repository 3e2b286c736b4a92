"""Simulation in place of people: who answers when ``--simulate screen`` or ``--simulate data`` is asked for.

``screen`` puts a robot person before the real window, ``data`` writes plausible data only. Either stands where a
participant was named, at the participant's age where that is known; the records say ``simulation`` and bear a code of
their own, never the participant's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from devkit.errors import UserError
from devkit.lab import Lab
from protocols.specs import Spec

Way = Literal["screen", "data"]
AGE_MONTHS = 24.0
DAYS_A_MONTH = 30.4375


def rehearsed(
    specs: Sequence[Spec], way: Way, lab: Lab, ages: tuple[int, int] | None, *, time_scale: float, ability: float | None
) -> list[Spec]:
    """Return the respondents of a rehearsal.

    Args:
        specs: Who was asked for; nobody means one child.
        way: Window or data.
        lab: Where participants are known.
        ages: Ages of the protocol; a child of unknown age is as old as their middle.
        time_scale: Speed of the robot's clock.
        ability: Of the simulated person, logits; None leaves it to the simulation.

    Raises:
        UserError: Somebody is no person, or not known in the lab.
    """
    others = [spec.text for spec in specs if spec.kind not in ("human", "robot", "simulated")]
    if others:
        raise UserError(f"--simulate stands in for people, not for {', '.join(others)}", hint="leave --respondent out")
    middle = sum(ages) / 2 if ages else AGE_MONTHS
    who = [_age(spec, lab) or middle for spec in specs] or [middle]
    able = {} if ability is None else {"ability": f"{ability:g}"}
    if way == "data":
        return [
            Spec(f"simulated:{age:.2f}", "simulated", "", {"age": f"{age:.2f}", "code": f"rehearsal-{n}", **able})
            for n, age in enumerate(who, 1)
        ]
    text = f"robot:time_scale={time_scale:g}"
    speed = {"time_scale": f"{time_scale:g}"}
    return [Spec(text, "robot", "", {**speed, "code": f"rehearsal-{n}", **able}) for n in range(1, len(who) + 1)]


def _age(spec: Spec, lab: Lab) -> float | None:
    """Return the age of a participant in months, where it is known."""
    if spec.kind != "human":
        return float(spec.options["age"]) if "age" in spec.options else None
    info = lab.participants.info(spec.value, datetime.now(UTC).astimezone().date())
    days = info.age_days if info.age_corrected_days is None else info.age_corrected_days
    return None if days is None else days / DAYS_A_MONTH
