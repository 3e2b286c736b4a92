"""Checks of a protocol that need the task declarations, made on the raw values so that every mistake is seen at once.

`protocols.schema` checks shapes and words; here it is checked that a task and a form exist, that a column is one of
that task's, and that the parts of a block fit together. A part of the wrong shape is passed over: the schema has
complained about it already.
"""

from __future__ import annotations

from collections.abc import Iterator

from devkit.errors import Problem, did_you_mean
from devkit.languages import names
from devkit.located import Located
from devkit.tasks import STAGED, TASKS
from devkit.tasks.base import Task
from protocols.check_measures import measures
from protocols.cursor import Cursor
from protocols.durations import parse_duration
from protocols.flashing import SHORTEST_FRAME_MS


def check(document: Located) -> Iterator[Problem]:
    """Yield everything that is wrong with a protocol beyond its shape."""
    root = Cursor(document)
    yield from _ages(root.at("for", "age_months"))
    yield from _language(root.at("language"))
    blocks = root.at("blocks").items
    yield from _one_bank(blocks)
    yield from measures(root, blocks)
    for block in blocks:
        yield from _block(block)


def _ages(ages: Cursor) -> Iterator[Problem]:
    low, high = ages.at(0).number, ages.at(1).number
    if low is not None and high is not None and low > high:
        yield ages.problem("ages", f"the youngest age, {low} months, is above the oldest, {high}", f"[{high}, {low}]")


def _language(language: Cursor) -> Iterator[Problem]:
    if language.text and language.text not in names() and language.text.split("-")[0].lower() not in names():
        hint = f"there are packs for {', '.join(names())}"
        yield language.problem("language", f"there is no language pack '{language.text}'", hint)


def _one_bank(blocks: list[Cursor]) -> Iterator[Problem]:
    named = [cursor for block in blocks if (cursor := block.at("items", "bank")).text]
    for cursor in named[1:]:
        if cursor.text != named[0].text:
            message = f"bank '{cursor.text}', but a block above takes '{named[0].text}'"
            yield cursor.problem("banks", message, "a session takes all its items from one bank")


def _block(block: Cursor) -> Iterator[Problem]:
    code, form = block.at("task"), block.at("form")
    known: dict[str, Task] = {**TASKS, **STAGED}
    task = known.get(code.text) if code.text is not None else None
    if code.text is not None and task is None:
        hint = did_you_mean(code.text, known) or f"known tasks: {', '.join(known)}"
        yield code.problem("unknown-task", f"there is no task '{code.text}'", hint)
    if task is not None:
        name = form.text if form.text is not None else None if form.value is not None else "standard"
        if name is not None and name not in task.forms:
            where = form if form.text is not None else code
            hint = did_you_mean(name, task.forms) or f"forms: {', '.join(task.forms)}"
            yield where.problem("unknown-form", f"{task.code} has no form '{name}'", hint)
        yield from _columns(block, task)
    yield from _items(block.at("items"))
    yield from _order(block)
    yield from _rules(block)
    yield from _flashing(block.at("timing", "frame"))


def _columns(block: Cursor, task: Task) -> Iterator[Problem]:
    known = [column.name for column in task.columns]
    choice = block.at("items")
    named = [choice.at("stratify")] if choice.at("stratify").text is not None else []
    where = choice.at("where").value
    named += [choice.at("where", key) for key in where] if isinstance(where, dict) else []
    for cursor in named:
        name = str(cursor.text) if cursor.path[-1] == "stratify" else str(cursor.path[-1])
        if name not in known:
            hint = did_you_mean(name, known) or (f"columns: {', '.join(known)}" if known else "it declares none")
            yield cursor.problem("unknown-column", f"{task.code} has no difficulty column '{name}'", hint)


def _items(choice: Cursor) -> Iterator[Problem]:
    if not isinstance(choice.value, dict):
        return
    ways = [way for way in ("sample", "at_most", "ids", "learned") if choice.at(way).value is not None]
    if len(ways) != 1:
        message = "items needs one of sample, at_most and ids" if not ways else f"{' and '.join(ways)} exclude another"
        yield choice.problem("items", message, "such as sample: 22")
    if choice.at("companions").text == "together" and choice.at("sample").value not in (None, "all"):
        yield choice.at("companions").problem("companions", "companions: together goes with at_most or sample: all")
    ids = choice.at("ids").items
    seen: set[str] = set()
    for cursor in ids:
        if cursor.text is not None and cursor.text in seen:
            yield cursor.problem("repeated-item", f"the item '{cursor.text}' is here a second time")
        seen.add(cursor.text or "")


def _order(block: Cursor) -> Iterator[Problem]:
    order = block.at("order")
    if order.text in ("blocked", "ascending") and block.at("items", "stratify").text is None:
        hint = "add stratify: COLUMN to items"
        yield order.problem("order", f"order: {order.text} needs a column to go by", hint)
    if block.at("positions").text == "fixed" and (block.at("counterbalance").number or 1) > 1:
        yield block.at("counterbalance").problem("counterbalance", "fixed positions cannot be counterbalanced")


def _flashing(frame: Cursor) -> Iterator[Problem]:
    try:
        frame_ms = parse_duration(frame.text) if frame.text is not None else None
    except ValueError:
        return  # the schema has complained about it already
    if frame_ms is not None and frame_ms < SHORTEST_FRAME_MS:
        message = f"pictures of {frame_ms} ms can flash more than three times a second"
        yield frame.problem("flashing", message, f"at least {SHORTEST_FRAME_MS:.0f} ms")


def _rules(block: Cursor) -> Iterator[Problem]:
    size = block.at("items", "sample").number
    if size is None and block.at("items", "ids").items:
        size = len(block.at("items", "ids").items)
    if size is None:
        return
    for gate in block.at("stop", "gate").items:
        if gate.number is not None and gate.number > size:
            yield gate.problem("gate", f"the gate at trial {gate.number} is beyond the {size} test trials")
    for rule in ("wrong_in_a_row", "max_trials"):
        cursor = block.at("stop", rule)
        if cursor.number is not None and cursor.number > size:
            yield cursor.problem("stop", f"{rule}: {cursor.number} can never happen in {size} test trials")
