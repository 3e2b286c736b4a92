"""Who answered, as the report tells respondents apart: children, adults, simulations, robots, models, baselines.

A *group* is one row of the report's tables and one voice in its figures. Simulated children are never among
children, a robot's session is never a person's, and a model that was never trained says so in its name. Persons are
samples; a model is one respondent however many sessions it sat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

Kind = Literal["child", "adult", "simulation", "robot", "model", "baseline"]
KINDS: tuple[Kind, ...] = ("child", "adult", "simulation", "robot", "model", "baseline")
BASELINES = {"chance": "Chance", "text_only": "Text only (no image)", "position_only": "Position only"}
FIXED = {
    "child": ("Children", "children"),
    "adult": ("Adults", "adults"),
    "simulation": ("Simulated children", "simulated children"),
    "robot": ("Robot at the screen", "robots"),
}
WAYS = {"own": "own answer", "text": "text reply", "likelihood": "likelihood"}


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of respondent, or one model at one checkpoint.

    Attributes:
        key: Stable name, also of table rows.
        label: For people.
        kind: Decides colour and mark.
        people: What its members are called (``children``).
        model: Key of the model without the checkpoint; empty for others.
        hours: Hours of recordings seen; None when not known or no model.
        step: Training step; None when not known or no model.
        random: True when the model was never trained.
        final: True for a model's last checkpoint, and for all others.
    """

    key: str
    label: str
    kind: Kind
    people: str
    model: str = ""
    hours: float | None = None
    step: int | None = None
    random: bool = False
    final: bool = True

    @property
    def persons(self) -> bool:
        """True when its members are a sample of persons (or of simulated ones)."""
        return self.kind in ("child", "adult", "simulation", "robot")

    @property
    def order(self) -> tuple[int, str, float, float]:
        """Sort key: people first, then models by name and experience, then baselines."""
        return KINDS.index(self.kind), self.model or self.key, self.hours or 0.0, float(self.step or 0)


def mark_groups(frame: pd.DataFrame) -> tuple[pd.Series, dict[str, Group]]:
    """Find the group of every trial.

    Args:
        frame: Prepared trials.

    Returns:
        The key of each row's group, and the groups by key in the order of the report.
    """
    columns = ["respondent_kind", "baseline", "model_id", "respondent_code", "model_step", "model_hours_seen"]
    table = frame[[*columns, "model_digest"]].copy()
    table["random"] = [value is True for value in frame["random_weights"]]
    shown = (frame["time_scale"] != 1.0) | frame["display"].notna() | (frame["timing_tier"] != "")
    simulated = frame["respondent_kind"] == "simulation"
    table["robot"] = (simulated & shown) | ((frame["time_scale"] != 1.0) & (frame["respondent_kind"] != "model"))
    row_of = table.groupby(list(table.columns), dropna=False, observed=True, sort=False).ngroup()
    heads = table[~row_of.duplicated()].astype("object")
    found = [_group(dict(zip(table.columns, values, strict=True))) for values in heads.itertuples(index=False)]
    groups = _mark_final({group.key: group for group in found})
    keys = np.array([group.key for group in found], dtype=object)
    series = pd.Series(keys[row_of.to_numpy()] if len(keys) else [], index=frame.index, dtype="object")
    return series, dict(sorted(groups.items(), key=lambda pair: pair[1].order))


def _group(row: dict[str, object]) -> Group:
    kind, model = str(row["respondent_kind"]), str(row["model_id"] or "")
    if row["baseline"]:
        name = BASELINES.get(str(row["baseline"]), str(row["baseline"]).replace("_", " "))
        label = f"{name} · {model}" if model and kind == "model" else name
        return Group(f"baseline:{row['baseline']}:{model}", label, "baseline", "runs")
    if row["robot"]:
        return Group("robot", *_fixed("robot"))
    if kind in ("child", "adult", "simulation"):
        return Group(kind, *_fixed(kind))
    return _model(row, model or str(row["respondent_code"]))


def _fixed(kind: str) -> tuple[str, Kind, str]:
    label, people = FIXED[kind]
    return label, next(k for k in KINDS if k == kind), people


def _model(row: dict[str, object], name: str) -> Group:
    hours, step, random = _number(row["model_hours_seen"]), _number(row["model_step"]), bool(row["random"])
    parts = [name]
    if hours is not None and not random:
        parts.append(f"{hours_words(hours)} seen")
    elif step is not None and not random:
        parts.append(f"step {step:,.0f}")
    if random:
        parts.append("random weights")
    key = f"model:{name}:{hours}:{step}:{str(row['model_digest'])[:12]}:{'random' if random else ''}"
    return Group(key, " · ".join(parts), "model", "models", name, hours, None if step is None else int(step), random)


def _mark_final(groups: dict[str, Group]) -> dict[str, Group]:
    """Mark each model's last checkpoint; an untrained model of the same name is its beginning."""
    last: dict[str, Group] = {}
    for group in groups.values():
        best = last.get(group.model)
        if group.kind == "model" and (best is None or _experience(group) > _experience(best)):
            last[group.model] = group
    return {
        key: replace(group, final=group.kind != "model" or last[group.model].key == key)
        for key, group in groups.items()
    }


def _experience(group: Group) -> tuple[bool, float, float, str]:
    return not group.random, group.hours or 0.0, float(group.step or 0), group.key


def _number(value: object) -> float | None:
    if not isinstance(value, (int, float)) or not np.isfinite(value):
        return None
    return float(value)


def hours_words(hours: float) -> str:
    """Return hours for people: ``40 min``, ``3.2 h``, ``478 h``."""
    if hours <= 0:
        return "0 h"
    if hours < 1:
        return f"{hours * 60:.3g} min"
    return f"{hours:.2g} h" if hours < 10 else f"{hours:,.0f} h"
