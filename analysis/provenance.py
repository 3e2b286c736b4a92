"""Whether what was tested could have been seen in training: recordings and frames of items against the model's.

Two kinds of evidence: the split and recordings that every item carries, and the recordings that a model's session
header says it was trained on. Where neither is there, the audit says that it cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analysis.data import nested
from analysis.groups import Group

Verdict = Literal["clean", "shared", "unknown"]


@dataclass(frozen=True, slots=True)
class BankSource:
    """Where the items of one bank come from, over the items that were presented.

    Attributes:
        bank: Name of the bank.
        items: Different items presented in test trials.
        splits: Items by split; ``unstated`` where the item has none.
        recordings: Different recordings they were made from.
        sources: Names of the corpora or files.
    """

    bank: str
    items: int
    splits: Mapping[str, int]
    recordings: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelAudit:
    """Whether a model met the recordings of its test items in training.

    Attributes:
        group: The model.
        verdict: ``unknown`` when the model does not say what it was trained on and no item says its split.
        items: Test items it answered.
        shared: Items from recordings it was trained on, or of split ``train`` or ``val``.
        trained_on: Number of training recordings it states; None when it states none.
        note: The verdict in words.
    """

    group: Group
    verdict: Verdict
    items: int
    shared: int
    trained_on: int | None
    note: str


def item_sources(test: pd.DataFrame) -> pd.DataFrame:
    """Return one row an item of the test trials: bank, item_id, split, recordings (tuple), source."""
    items = test.drop_duplicates(["bank", "item_id"])[["bank", "item_id", "provenance"]]
    found = [value if isinstance(value, dict) else {} for value in nested(items["provenance"])]
    return pd.DataFrame(
        {
            "bank": items["bank"].astype(str).to_numpy(),
            "item_id": items["item_id"].astype(str).to_numpy(),
            "split": [str(f.get("split") or "unstated") for f in found],
            "recordings": [tuple(str(r) for r in f.get("recordings") or ()) for f in found],
            "source": [str(f.get("source") or "") for f in found],
        }
    )


def moments(test: pd.DataFrame) -> dict[str, str]:
    """Return the source frame in which every item ends, by ``bank/item``; items without source frames are left out.

    Items that end in one frame show the same event (an exit, a scene) and are no independent observations.
    """
    items = test.drop_duplicates(["bank", "item_id"])[["bank", "item_id", "provenance"]]
    found: dict[str, str] = {}
    for bank, item, value in zip(items["bank"], items["item_id"], nested(items["provenance"]), strict=True):
        frames = value.get("frames") if isinstance(value, dict) else None
        if frames:
            found[f"{bank}/{item}"] = str(frames[-1])
    return found


def banks(sources: pd.DataFrame) -> tuple[BankSource, ...]:
    """Summarise where the presented items of every bank come from."""
    found = []
    for bank, rows in sources.groupby("bank", sort=True):
        splits = {str(k): int(v) for k, v in rows["split"].value_counts().sort_index().items()}
        recordings = {name for names in rows["recordings"] for name in names}
        named = tuple(sorted({s for s in rows["source"] if s}))
        found.append(BankSource(str(bank), len(rows), splits, len(recordings), named))
    return tuple(found)


def audit(
    test: pd.DataFrame, sources: pd.DataFrame, groups: Mapping[str, Group], trained: Mapping[str, frozenset[str]]
) -> tuple[ModelAudit, ...]:
    """Compare the items that each trained model answered with what it was trained on.

    Args:
        test: Test trials with a ``group`` column.
        sources: From `item_sources`.
        groups: Groups by key.
        trained: Training recordings by model key, where its sessions state them.
    """
    keyed = sources.set_index(["bank", "item_id"])
    models = {g.model: g for g in groups.values() if g.kind == "model" and g.final}
    found = []
    for name, group in models.items():
        keys = [key for key, g in groups.items() if g.kind == "model" and g.model == name]
        seen = test.loc[test["group"].isin(keys), ["bank", "item_id"]].astype(str).drop_duplicates()
        if seen.empty:
            continue
        met = keyed.loc[pd.MultiIndex.from_frame(seen)]
        found.append(_audit(group, met, trained.get(name)))
    return tuple(found)


def _audit(group: Group, met: pd.DataFrame, trained: frozenset[str] | None) -> ModelAudit:
    n = len(met)
    if group.random:
        return ModelAudit(group, "clean", n, 0, 0, "never trained, so nothing can have been seen")
    if trained is not None:
        shared = sum(bool(trained.intersection(names)) for names in met["recordings"])
        stated = sum(bool(names) for names in met["recordings"])
        if shared:
            return ModelAudit(
                group, "shared", n, shared, len(trained), f"{shared} of {n} items come from training recordings"
            )
        if stated == n:
            note = f"none of the {n} items comes from one of its {len(trained)} training recordings"
            return ModelAudit(group, "clean", n, 0, len(trained), note)
        note = f"{n - stated} of {n} items do not state their recordings"
        return ModelAudit(group, "unknown", n, 0, len(trained), note)
    wrong = int(met["split"].isin(["train", "val"]).sum())
    if wrong:
        return ModelAudit(group, "shared", n, wrong, None, f"{wrong} of {n} items are of the split train or val")
    if (met["split"] == "test").all():
        note = f"all {n} items are of the split test; the model does not state its training recordings"
        return ModelAudit(group, "unknown", n, 0, None, note)
    return ModelAudit(group, "unknown", n, 0, None, "neither the items nor the model state where they come from")


def trained_recordings(detail: Any) -> frozenset[str] | None:
    """Read the training recordings out of the respondent part of a session header; None when it states none."""
    if not isinstance(detail, dict):
        return None
    for where in (detail, detail.get("detail")):
        if isinstance(where, dict):
            names = where.get("training_recordings") or where.get("train_recordings")
            if isinstance(names, (list, tuple)):
                return frozenset(str(name) for name in names)
    return None
