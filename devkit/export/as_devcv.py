"""DevCV export: what was asked and answered, as conversations in the published record form.

One JSON file a session, task and form: a list of records with ``id``, ``image`` (digests in shown order),
``conversations`` (what was asked, with the respondent's own reply), ``answer`` (the key as a published reply would be)
and ``outcome``. The words of a prompt are the bank's; a lab without that bank has none, and says so. Pictures stay in
the bank: `devkit bank export` writes those, where their consent is known.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from devkit.banks.store import Bank
from devkit.errors import UserError
from devkit.export.files import Folder, rows_of
from devkit.export.keys import keys_of
from devkit.export.per_session import sessions_out
from devkit.export.registry import Exported
from devkit.lab.store import Lab

_WANTED = (
    *("item_id", "item_digest", "bank", "task", "form", "choices", "turns", "target_position", "choice_order"),
    *("answer_raw", "answer", "outcome", "correct", "trial_kind", "respondent_code", "valid"),
)


def write(lab: Lab, out: Path) -> Exported:
    """Write the answers of a lab as DevCV conversations.

    Raises:
        UserError: No session holds a trial.
    """
    folder = Folder(out)
    banks = _Banks(lab)
    codes = keys_of({session.respondent_code for session in lab.sessions()})
    for session in sessions_out(lab, gaze=False):
        rows = [dict(zip(_WANTED, row, strict=True)) for row in rows_of(session.trials, _WANTED)]
        forms: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows:
            if row["trial_kind"] == "test":
                forms.setdefault((row["task"], row["form"]), []).append(_record(row, banks))
        for (task, form), records in forms.items():
            place = f"{codes[rows[0]['respondent_code']]}/{session.session_id}"
            folder.json(f"{place}/{task}-{form}.json", records)
            folder.done.rows["answers"] = folder.done.rows.get("answers", 0) + len(records)
    if banks.without:
        folder.done.left_out = [f"the words of {banks.without} prompts: the lab holds no such item"]
    return folder.done


class _Banks:
    """The banks of a lab, opened when an item of theirs is met."""

    def __init__(self, lab: Lab) -> None:
        self._folder = lab.path / "banks"
        self._open: dict[str, Bank | None] = {}
        self.without = 0

    def prompts(self, row: dict[str, Any]) -> list[str] | None:
        """Return the prompt of every turn of a trial's item; None when the very item is not at hand."""
        name = row["bank"]
        if name not in self._open:
            self._open[name] = self._opened(name)
        bank = self._open[name]
        item = bank.items.get(row["item_id"]) if bank else None
        if item is None or (row["item_digest"] and item.digest != row["item_digest"]):
            self.without += 1
            return None
        return [turn.prompt for turn in item.turns]

    def _opened(self, name: str) -> Bank | None:
        path = self._folder / name
        if Path(name).name != name or not (path / "bank.json").is_file():
            return None
        try:
            return Bank.open(path)
        except UserError:
            return None  # a damaged bank is a finding of the bank's own check; answers are exported all the same


def _record(row: dict[str, Any], banks: _Banks) -> dict[str, Any]:
    prompts = banks.prompts(row)
    turns = json.loads(row["turns"]) or [row | {"choices": json.loads(row["choices"])}]
    conversation: list[dict[str, Any]] = []
    images: list[str] = []
    keys = []
    for place, turn in enumerate(turns):
        asked = prompts[place] if prompts and place < len(prompts) else None
        conversation += [
            {"from": "human", "value": asked},
            {"from": "gpt", "value": turn["answer_raw"] or turn["answer"]},
        ]
        images += [choice["media"] for choice in turn["choices"] if choice.get("media")]
        target = turn["choices"][turn["target_position"]]
        keys.append(target.get("letter") or target["label"])
    return {
        "id": row["item_id"],
        "image": images,
        "conversations": conversation,
        "answer": keys if len(keys) > 1 else keys[0],
        "choice_order": row["choice_order"],
        "outcome": row["outcome"],
        "correct": row["correct"],
        "valid": row["valid"],
    }
