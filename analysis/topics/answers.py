"""What was chosen among what was offered, in the bank's order: shares of options, scores of options, roles of errors.

Trials show options in different orders. ``choice_order`` says which option of the bank stood at each position; where a
record has none, the shown order is the bank's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.data import nested

DIALOGUES = ("memory",)


def bank_orders(rows: pd.DataFrame) -> list[list[int]]:
    """Return the bank's index at each shown position of every trial."""
    found = []
    for order, choices in zip(nested(rows["choice_order"]), nested(rows["choices"]), strict=True):
        shown = len(choices) if isinstance(choices, list) else 0
        fine = isinstance(order, list) and sorted(order) == list(range(shown))
        found.append([int(i) for i in order] if fine else list(range(shown)))
    return found


def _name(rows: pd.DataFrame) -> pd.Series:
    return rows["bank"].astype(str) + "/" + rows["item_id"].astype(str)


def option_shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each item's shares of answers by option; an item without answers is left out.

    Args:
        rows: Test trials of children.

    Returns:
        Columns ``item``, ``shares`` (one number an option of the bank) and ``answers``.
    """
    kept = rows[rows["answer_position"].notna() & ~rows["task"].isin(DIALOGUES)]
    counts: dict[str, np.ndarray] = {}
    positions = kept["answer_position"].to_numpy(dtype=float).astype(int)
    for item, order, position in zip(_name(kept), bank_orders(kept), positions, strict=True):
        if 0 <= position < len(order):
            have = counts.setdefault(item, np.zeros(len(order)))
            if len(have) == len(order):
                have[order[position]] += 1
    table = [(item, have / have.sum(), int(have.sum())) for item, have in counts.items() if have.sum()]
    return pd.DataFrame(table, columns=["item", "shares", "answers"])


def option_scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a model's scores of the options of each item, the mean over repetitions and orders.

    Args:
        rows: Test trials of one model.

    Returns:
        Columns ``task``, ``form``, ``item`` and ``scores`` (one number an option of the bank).
    """
    kept = rows[rows["choice_scores"].notna() & ~rows["task"].isin(DIALOGUES)]
    found: dict[tuple[str, str, str], list[np.ndarray]] = {}
    columns = (
        kept["task"].astype(str),
        kept["form"].astype(str),
        _name(kept),
        nested(kept["choice_scores"]),
        bank_orders(kept),
    )
    for task, form, item, scores, order in zip(*columns, strict=True):
        if _scored(scores) and len(scores) == len(order):
            placed = np.empty(len(order))
            placed[order] = np.array(scores, dtype=float)
            found.setdefault((task, form, item), []).append(placed)
    table = [(*key, np.mean(all_, axis=0)) for key, all_ in found.items() if len({len(one) for one in all_}) == 1]
    return pd.DataFrame(table, columns=["task", "form", "item", "scores"])


def _scored(scores: Any) -> bool:
    return isinstance(scores, list) and len(scores) > 1 and all(isinstance(v, (int, float)) for v in scores)


def chosen_roles(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the role of the option chosen in each wrong answer.

    Returns:
        Columns ``group``, ``person``, ``task``, ``form`` and ``role``.
    """
    wrong = rows[(rows["outcome"] == "answered") & rows["answer_position"].notna() & ~rows["task"].isin(DIALOGUES)]
    wrong = wrong[wrong["answer_position"] != wrong["target_position"]]
    roles = []
    for choices, position in zip(nested(wrong["choices"]), wrong["answer_position"].astype(int), strict=True):
        fine = isinstance(choices, list) and 0 <= position < len(choices)
        roles.append(str(choices[position].get("role", "") or "") if fine else "")
    found = pd.DataFrame(
        {
            "group": wrong["group"].astype(str).to_numpy(), "person": wrong["respondent_code"].astype(str).to_numpy(),
            "task": wrong["task"].astype(str).to_numpy(), "form": wrong["form"].astype(str).to_numpy(), "role": roles,
        }
    )  # fmt: skip
    return found[~found["role"].isin(["", "target"])]
