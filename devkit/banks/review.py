"""Reviewing the items of a bank: what the page shows, which decisions it takes, and the bank that comes out.

Decisions and agreement are those of `devkit.corpus.annotate.review`, the page and its keys those of
`devkit.corpus.annotate.page`. The bank under review never changes: its digest names it, and what people settled on
becomes a bank of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from devkit.banks.devcv import PublishedRow
from devkit.banks.export import published_rows
from devkit.banks.store import Bank, BankWriter
from devkit.corpus.annotate.page import parse_decision
from devkit.corpus.annotate.review import Decision, ReviewLog, verdict_of
from devkit.errors import Problem, UserError
from devkit.items import IMAGE_MARK, Choice, Item
from devkit.tasks.visual_delayed_response import role as role_of_direction

CORRECTABLE = ("picture_vocabulary", "looking_while_listening", "localization", "visual_delayed_response")
"""Tasks whose key a person may see to be wrong while the item is sound; elsewhere the key follows from the making."""


def subject_of(item: Item) -> str:
    """Name an item with its content, so that a decision never passes to another item of that id."""
    return f"{item.item_id}@{item.digest[:12]}"


class ItemDesk:
    """What the review page shows of a bank and takes; safe for requests at the same time.

    Args:
        bank: The bank.
        log: Takes the decisions.
        reviewer: Code of the reviewer.
        items: The items under review; all by default.
        double: Share of the items that two reviewers decide on.
    """

    def __init__(
        self, bank: Bank, log: ReviewLog, reviewer: str, items: Sequence[Item] | None = None, double: float = 1.0
    ) -> None:
        self.bank, self.log, self.reviewer, self.double = bank, log, reviewer, double
        chosen = list(bank.items.values()) if items is None else items
        self.items = {subject_of(item): item for item in chosen}
        self._pictures = {digest for item in chosen for turn in item.turns for digest in turn.images()}
        self._lock = Lock()

    def next(self) -> dict[str, Any]:
        """Return what is to be decided next, and how much is left."""
        with self._lock:
            waiting = self.log.waiting(list(self.items), self.reviewer, self.double)
        told: dict[str, Any] = {"kind": "item", "left": len(waiting), "all": len(self.items)}
        if waiting:
            item = self.items[waiting[0]]
            told |= {"subject": waiting[0], "title": f"{item.task} / {item.form}".replace("_", " ")}
            told |= {"item": item.item_id, "correctable": item.task in CORRECTABLE, "turns": _shown(item)}
        return told

    def picture(self, name: str) -> bytes | None:
        """Return a picture of an item under review, by its digest."""
        return self.bank.path_of(name).read_bytes() if name in self._pictures else None

    def decide(self, value: Any) -> str:
        """Take a decision; return what is wrong with it, empty when nothing is."""
        item = self.items.get(value.get("subject", "")) if isinstance(value, dict) else None
        if item is None:
            return "there is no such item"
        decision = parse_decision({**value, "kind": "item"}, self.reviewer)
        if decision is None:
            return "this is no decision"
        if decision.verdict == "correct":
            if item.task not in CORRECTABLE:
                return "the answer of this task follows from how it is made: reject the item instead"
            if decision.target is None or decision.target >= len(item.turns[0].choices):
                return "there is no such answer"
            if decision.target == item.turns[0].target:
                return "this is the answer that it has: accept it"
        with self._lock:
            self.log.decide(decision)
        return ""


def _shown(item: Item) -> list[dict[str, Any]]:
    return [
        {
            "prompt": " ".join(turn.prompt.replace(IMAGE_MARK, " ").split()),
            "stimuli": list(turn.stimuli),
            "choices": [{"label": choice.label, "picture": choice.media} for choice in turn.choices],
            "target": turn.target,
        }
        for turn in item.turns
    ]


@dataclass(frozen=True, slots=True)
class SettledItems:
    """What reviewing came to.

    Attributes:
        items: Items that were accepted or corrected.
        changed: Names of the corrected ones.
        problems: The others, each with the reason.
        counts: Items accepted, corrected, rejected, open (nobody decided) and disputed (reviewers differ).
    """

    items: tuple[Item, ...]
    changed: frozenset[str]
    problems: tuple[Problem, ...]
    counts: Mapping[str, int]


def settle_items(bank: Bank, log: ReviewLog) -> SettledItems:
    """Return what the decisions make of a bank; where reviewers differ the majority has it, if there is one."""
    known = log.by_subject()
    kept: list[Item] = []
    changed: set[str] = set()
    problems: list[Problem] = []
    counts: Counter[str] = Counter()
    for item in bank.items.values():
        decisions = list(known.get(subject_of(item), {}).values())
        state, decision = verdict_of(decisions)
        counts[state] += 1
        if state == "corrected" and decision is not None and decision.target is not None:
            changed.add(item.item_id)
            kept.append(with_key(item, decision.target))
        elif state == "accepted":
            kept.append(item)
        else:
            problems.append(Problem(f"{state}-item", _told(state, decisions), item.item_id))
    return SettledItems(tuple(kept), frozenset(changed), tuple(problems), dict(counts))


def _told(state: str, decisions: Sequence[Decision]) -> str:
    who = ", ".join(sorted({decision.reviewer for decision in decisions}))
    notes = "; ".join(decision.note for decision in decisions if decision.note)
    return f"{state}{f' by {who}' if who else ''} in review{f': {notes}' if notes else ''}"


def with_key(item: Item, target: int) -> Item:
    """Return an item of one question with another right answer.

    Of pictures, the two answers exchange name and role: the picture that was called the word is the other thing.
    """
    turn = item.turns[0]
    old, new = turn.choices[turn.target], turn.choices[target]
    if new.media is not None:
        swapped = {turn.target: _as(old, new), target: _as(new, old)}
        choices = tuple(swapped.get(place, choice) for place, choice in enumerate(turn.choices))
        update: dict[str, Any] = {}
    elif item.task == "visual_delayed_response":
        choices = tuple(
            Choice(label=choice.label, role=role_of_direction(choice.label, new.label)) for choice in turn.choices
        )
        update = {"difficulty": item.difficulty | {"direction": new.label}}
    else:
        roles = {turn.target: new.role, target: "target"}
        choices = tuple(
            choice.model_copy(update={"role": roles.get(place, choice.role)})
            for place, choice in enumerate(turn.choices)
        )
        told = {name: value for name, value in item.difficulty.items() if name != "object_share"}
        update = {"bb": None, "difficulty": told | {"quadrant": new.label}}  # the box was that of another thing
    return item.model_copy(
        update={"turns": (turn.model_copy(update={"choices": choices, "target": target}),), **update}
    )


def _as(choice: Choice, other: Choice) -> Choice:
    return choice.model_copy(update={"label": other.label, "role": other.role})


def write_reviewed(bank: Bank, out: Path, settled: SettledItems, *, replace: bool = False) -> Bank:
    """Write the bank of what was accepted or corrected; what was left out stands in its ``problems.jsonl``.

    Raises:
        UserError: There is something else in the folder, or nothing is left.
    """
    if out.resolve() == bank.path.resolve():
        raise UserError("the bank under review keeps its items", place=str(out), hint="choose another folder")
    if not settled.items:
        raise UserError("no item was accepted", place=str(bank.path), hint="devkit bank review")
    made_with = bank.card.made_with | {"reviewed": {"bank": bank.digest, **settled.counts}}
    with BankWriter(out, source=bank.card.source, replace=replace, made_with=made_with) as writer:
        for item in settled.items:
            for digest in item.media():
                writer.add_file(bank.path_of(digest))
            writer.add_item(item)
        for problem in settled.problems:
            writer.add_problem(problem)
        rows = published_rows(bank)
        kept = [_row(rows[item.item_id], item, settled) for item in settled.items if item.item_id in rows]
        if kept:
            writer.attach_published("".join(row.model_dump_json() + "\n" for row in kept).encode())
    return Bank.open(out)


def _row(row: PublishedRow, item: Item, settled: SettledItems) -> PublishedRow:
    """Return what was published of an item; a corrected one no longer has the reply that was written."""
    return row.model_copy(update={"replies": ()}) if item.item_id in settled.changed else row
