"""From trials to answers: one row for each trial, way of scoring and score, the form in which all accuracy is counted.

A model may be scored in two ways: by its text reply, as recorded, and by likelihood, the offered choice with the
highest log-probability (a tie is wrong, and counted). Looking times of gaze trials are no answers and never enter.
An answer that could not be read stays apart from a wrong one: it counts as asked, not as answered.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data import nested
from analysis.forms import measure_chance, measures
from devkit.respondents import PresentedTurn, ShownChoice
from devkit.tasks.directions import ANGLES, degrees_between
from devkit.tasks.replies import Resolution, resolve

COLUMNS = (
    "group", "person", "trial_index", "task", "form", "item", "age_months", "way", "measure", "outcome", "answered",
    "y", "n", "chance",
)  # fmt: skip
NAMES = ("group", "person", "task", "form", "item", "way", "measure", "outcome", "which")


def is_looking(frame: pd.DataFrame) -> pd.Series:
    """True where a trial was answered by looking alone: it has a share of looking and no right or wrong."""
    return frame["look_target"].notna() & frame["correct"].isna()


def answers(test: pd.DataFrame) -> pd.DataFrame:
    """Return the answers of test trials.

    Args:
        test: Valid test trials with a ``group`` column.

    Returns:
        A frame with `COLUMNS` and ``which`` (task/form). ``y`` is the sum of scores over the ``n`` observations of
        the trial (learned objects of a dialogue, else 1), not a number where nothing was answered.
    """
    frame = test[~is_looking(test)]
    if frame.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in (*COLUMNS, "which")})
    likelihood = frame["answer_source"] == "likelihood"
    text = frame["answer_source"] == "text"
    own = np.select([likelihood, text], ["likelihood", "text"], "own")
    parts = [_recorded(frame, own)]
    if text.any():
        parts.append(_by_likelihood(frame[text]))
    replied = likelihood & frame["answer_raw"].notna() & (frame["task"] != "memory")
    if replied.any():
        parts.append(_by_text(frame[replied]))
    found = pd.concat([part for part in parts if len(part)], ignore_index=True)
    found["which"] = found["task"].astype(str) + "/" + found["form"].astype(str)
    return found.astype(dict.fromkeys(NAMES, "category"))


def _base(frame: pd.DataFrame, way: NDArray[Any]) -> pd.DataFrame:
    person = np.where(frame["is_person"], frame["respondent_code"].astype(str), frame["group"].astype(str))
    item = frame["bank"].astype(str) + "/" + frame["item_id"].astype(str)
    kept = frame[["group", "trial_index", "task", "form", "age_months", "outcome", "chance"]]
    return kept.assign(person=person, item=item, way=way)


def _recorded(frame: pd.DataFrame, way: NDArray[Any]) -> pd.DataFrame:
    """Answers as the records score them: the primary score and every further one."""
    base = _base(frame, way).assign(measure="score", n=1.0)
    answered = (frame["outcome"] == "answered") & frame["score"].notna()
    base = base.assign(answered=answered, y=frame["score"].where(answered))
    parts = []
    for (task, form), rows in base.groupby(["task", "form"], observed=True, sort=False):
        known = measures(str(task), str(form))
        if len(known) == 1 and known[0].units == 1:
            parts.append(rows)
            continue
        further = nested(frame.loc[rows.index, "scores"])
        for measure in known:
            values = (
                rows["y"]
                if measure.name == "score"
                else pd.Series([_number(scores, measure.name) for scores in further], index=rows.index, dtype=float)
            )
            fine = rows["answered"] & values.notna() if measure.name == "score" else values.notna()
            chance = rows["chance"] if measure.name == "score" else measure_chance(str(task), str(form), measure.name)
            parts.append(
                rows.assign(
                    measure=measure.name,
                    y=values.where(fine) * measure.units,
                    answered=fine,
                    n=float(measure.units),
                    chance=chance,
                )
            )
    return pd.concat(parts)[list(COLUMNS)]


def _number(scores: Any, name: str) -> float:
    value = scores.get(name) if isinstance(scores, dict) else None
    return float(value) if isinstance(value, (int, float)) else math.nan


def _by_likelihood(frame: pd.DataFrame) -> pd.DataFrame:
    """Score text trials a second time, by the scores of the offered choices, where they were recorded."""
    chosen = _chosen(nested(frame["choice_scores"]))
    right = frame["target_position"].to_numpy()
    scored = np.isfinite(chosen)
    base = _base(frame, np.full(len(frame), "likelihood", dtype=object))
    base = base.assign(measure="score", n=1.0, answered=scored, y=np.where(scored, chosen == right, np.nan))
    base = base.assign(outcome=np.where(scored, "answered", "unscored"))
    alone = (frame["task"] != "memory").to_numpy()  # in a dialogue, what follows depends on what was answered
    return pd.concat([base[scored & alone], *_further(frame, base, chosen)])[list(COLUMNS)]


def _by_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Score likelihood trials a second time, by the reply in words, read as it would have been in the session."""
    shown = zip(frame["task"].astype(str), nested(frame["choices"]), frame["answer_raw"].astype(str), strict=True)
    read = [_read(task, choices, raw) for task, choices, raw in shown]
    position = np.array([np.nan if r.position is None else r.position for r in read], dtype=float)
    answered = np.isfinite(position)
    base = _base(frame, np.full(len(frame), "text", dtype=object)).assign(measure="score", n=1.0, answered=answered)
    right = np.where(answered, position == frame["target_position"].to_numpy(), np.nan)
    base = base.assign(y=right, outcome=[r.outcome for r in read])
    return pd.concat([base, *_further(frame, base, position)])[list(COLUMNS)]


def _read(task: str, choices: Any, raw: str) -> Resolution:
    offered = tuple(
        ShownChoice(str(c.get("label", "")), c.get("media"), str(c.get("role", "")), c.get("letter"))
        for c in choices or ()
    )
    if any(choice.letter for choice in offered):
        kind: Literal["letter", "word", "number"] = "letter"
    else:
        kind = "number" if all(choice.label.strip().isdigit() for choice in offered) else "word"
    turn = PresentedTurn("", 0, 1, task, "", "", "test", "", (), (), offered, 0, kind, "")
    return resolve(raw, turn)


def _further(frame: pd.DataFrame, base: pd.DataFrame, chosen: NDArray[np.float64]) -> list[pd.DataFrame]:
    """Add the score within 45° of delayed response in eight directions."""
    eight = (frame["task"] == "visual_delayed_response") & frame["form"].astype(str).str.startswith("open")
    mine = eight.to_numpy() & np.isfinite(chosen)
    if not mine.any():
        return []
    shown = zip(nested(frame.loc[mine, "choices"]), chosen[mine], frame.loc[mine, "target_position"], strict=True)
    near = [_near(choices, int(position), target) for choices, position, target in shown]
    chance = measure_chance("visual_delayed_response", "open", "adjacent")
    return [base[mine].assign(measure="adjacent", chance=chance, y=near)]


def _chosen(scores: list[Any]) -> NDArray[np.float64]:
    """Position of the highest score of each trial; −1 where the highest is shared, NaN where a score is missing."""
    chosen = np.full(len(scores), np.nan)
    by_length: dict[int, list[int]] = {}
    for at, row in enumerate(scores):
        if isinstance(row, (list, tuple)) and len(row) > 1 and all(isinstance(v, (int, float)) for v in row):
            by_length.setdefault(len(row), []).append(at)
    for places in by_length.values():
        table = np.array([scores[at] for at in places], dtype=float)
        best = table.max(axis=1, initial=-np.inf)
        single = (table == best[:, None]).sum(axis=1) == 1
        usable = ~np.isnan(table).any(axis=1)
        chosen[places] = np.where(usable, np.where(single, table.argmax(axis=1), -1), np.nan)
    return chosen


def _near(choices: Any, position: int, target: float) -> float:
    """1 when the chosen direction lies within 45° of the right one, NaN when a label is no direction."""
    try:
        chosen, right = str(choices[position]["label"]), str(choices[int(target)]["label"])
    except (KeyError, IndexError, TypeError, ValueError):
        return math.nan
    if position < 0:
        return 0.0
    if chosen not in ANGLES or right not in ANGLES:
        return math.nan
    return float(degrees_between(chosen, right) <= 45)
