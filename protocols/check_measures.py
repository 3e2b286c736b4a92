"""Checks of the parts of a block that make a measure: learning and test, retention, adaptive testing, habituation.

Called by `protocols.checks` with each block; raw values, so that every mistake is seen at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devkit.errors import Problem
from devkit.tasks import STAGED
from protocols.cursor import Cursor
from protocols.durations import parse_duration

DIALOGUES = ("memory",)


def measures(root: Cursor, blocks: Sequence[Cursor]) -> Iterator[Problem]:
    """Yield everything that is wrong with how the blocks stage their measures."""
    kinds = {kind.text for kind in root.at("for", "kinds").items} or {"child", "adult", "model", "simulation"}
    if "model" in kinds and blocks and all(block.at("task").text in STAGED for block in blocks):
        message = "every block is for people only, and the protocol is also for models"
        yield root.at("blocks").problem("people-only", message, "for: {kinds: [child, adult, simulation]}")
    learning: set[str] = set()
    for block in blocks:
        code = block.at("task").text or ""
        yield from _parts(block, code, learning)
        yield from _habituation(block, code)
        yield from _adaptive(block, code)
        if block.at("part").text == "learning":
            learning.add(code)


def _parts(block: Cursor, code: str, learning: set[str]) -> Iterator[Problem]:
    part, learned = block.at("part"), block.at("items", "learned")
    if part.text in ("learning", "test") and code not in DIALOGUES:
        yield part.problem("part", f"{code} has no learning and test parts", f"tasks that have: {', '.join(DIALOGUES)}")
    if part.text == "test" and code not in learning:
        yield part.problem("part", "no block above holds the learning part", "part: learning in an earlier block")
    if part.text == "test" and learned.value is not True:
        yield block.at("items").problem(
            "part", "a test part takes the items that were learned", "items: {learned: true}"
        )
    if learned.value is True and part.text != "test":
        yield learned.problem("part", "learned goes with part: test", key=True)
    if part.text == "test" and block.at("practice").value is not None:
        yield block.at("practice").problem("part", "a test part has no practice of its own", key=True)
    for name in ("retention", "fill"):
        cursor = block.at(name)
        if cursor.value is not None and (not learning if name == "fill" else part.text != "test"):
            needed = "an earlier block with part: learning" if name == "fill" else "part: test"
            yield cursor.problem(name, f"{name} needs {needed}", key=True)
    least, most = _ms(block.at("retention", "least")), _ms(block.at("retention", "most"))
    if (360_000 if least is None else least) > (480_000 if most is None else most):
        yield block.at("retention").problem(
            "retention", "the least time is above the most", "least: 6 min, most: 8 min"
        )


def _habituation(block: Cursor, code: str) -> Iterator[Problem]:
    rule = block.at("habituation")
    if code == "familiarization" and rule.value is None:
        yield block.at("task").problem("habituation", "familiarization needs its criterion", "habituation: {}")
    if code != "familiarization" and rule.value is not None:
        yield rule.problem("habituation", "a habituation goes with the task familiarization", key=True)
    least, most = rule.at("least_trials").number or 6, rule.at("most_trials").number or 14
    if least > most:
        yield rule.problem("habituation", f"at least {least} trials are more than the most, {most}")


def _adaptive(block: Cursor, code: str) -> Iterator[Problem]:
    rule = block.at("adaptive")
    if rule.value is None:
        return
    if code in DIALOGUES or code in STAGED or block.at("answer").text == "gaze" or code == "looking_while_listening":
        yield rule.problem(
            "adaptive", f"an adaptive test needs answers that are right or wrong; {code} has none", key=True
        )
    if block.at("order").value not in (None, "random"):
        yield block.at("order").problem(
            "adaptive", "the answers decide the order of an adaptive test", "leave order out"
        )
    if rule.at("parameters").text and rule.at("table").value:
        yield rule.at("table").problem("adaptive", "parameters and table exclude another", key=True)
    for row in rule.at("table").items:
        if bool(row.at("item").text) == bool(row.at("word").text):
            yield row.problem("adaptive", "a row of the table names an item or a word", "{word: ball, a: 1.2, b: -0.5}")
    least, most = rule.at("least_items").number or 8, rule.at("most_items").number or 30
    if least > most:
        yield rule.problem("adaptive", f"at least {least} items are more than the most, {most}")


def _ms(cursor: Cursor) -> int | None:
    try:
        return None if cursor.value is None else parse_duration(cursor.value)
    except ValueError:
        return None
