"""Items from a built corpus: so many of each task and form, from the recordings of one split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from devkit.banks.distractors import DistractorRules, word_tasks
from devkit.banks.store import Bank, BankWriter
from devkit.corpus.data import CorpusData
from devkit.corpus.formats import Split
from devkit.errors import Problem, UserError, did_you_mean
from devkit.tasks import TASKS, task
from devkit.tasks.generation import generate_items

Advance = Callable[[int], None]
Progress = Callable[[str, int | None], AbstractContextManager[Advance]]
FormKey = tuple[str, str]


@contextmanager
def _silent(label: str, total: int | None) -> Iterator[Advance]:
    yield lambda steps: None


def parse_wishes(texts: list[str], count: int) -> dict[FormKey, int]:
    """Read ``task``, ``task/form`` or either with ``=COUNT`` into numbers of items for each form.

    Args:
        texts: What was asked for; every form of every task when empty.
        count: Number for those that name none.

    Raises:
        UserError: There is no such task or form, or the number is none.
    """
    wishes: dict[FormKey, int] = {}
    for text in texts or list(TASKS):
        named, _, number = text.partition("=")
        code, _, form = named.partition("/")
        forms = task(code).forms
        if form and form not in forms:
            hint = did_you_mean(form, forms) or f"its forms are {', '.join(forms)}"
            raise UserError(f"{code} has no form '{form}'", hint=hint, code="unknown-form")
        if number and not (number.isdecimal() and int(number) > 0):
            raise UserError(f"'{number}' in '{text}' is no number of items", hint="for example left_right/robust=50")
        for name in [form] if form else forms:
            wishes[code, name] = int(number) if number else count
    return wishes


def build_bank(
    data: CorpusData,
    out: Path,
    wishes: Mapping[FormKey, int],
    *,
    split: Split = "test",
    seed: int = 1,
    name: str = "",
    allow_fewer: bool = False,
    replace: bool = False,
    distractors: DistractorRules | None = None,
    progress: Progress = _silent,
) -> Bank:
    """Make a bank from the annotated frames of one split.

    Equal data, wishes and seed give an equal bank.

    Args:
        data: Built training data.
        out: Folder of the bank.
        wishes: Number of items of each ``(task, form)``.
        split: Recordings of which split to use.
        seed: Seed of all chance.
        name: Name of the bank.
        allow_fewer: Keep what a form gives when the material is too little, and note that in the bank.
        replace: Replace the bank that is there.
        distractors: How the distractors of words are chosen.
        progress: Shows the advance, a step for each item.

    Raises:
        UserError: The split has no annotated frames, or a form cannot be made often enough.
    """
    pool = data.pool(split)
    if not pool.boxes:
        raise UserError(f"the {split} recordings have no annotated objects", place=str(data.path))
    rules = distractors or DistractorRules()
    makers = word_tasks(rules, data, pool)
    made_with: dict[str, Any] = {"split": split, "seed": seed, "data": data.digest, "kind": data.manifest.kind}
    made_with |= {"distractors": rules.model_dump(mode="json")} if distractors else {}
    source = data.manifest.corpus
    with (
        BankWriter(out, name=name, source=source, replace=replace, made_with=made_with) as writer,
        progress("making items", sum(wishes.values())) as advance,
    ):
        for (code, form), count in wishes.items():
            maker, prefix = makers.get(code, code), f"{code}_{form}_{split}"
            items = generate_items(maker, form, pool, writer, count=count, seed=seed, prefix=prefix)
            try:
                for item in items:
                    writer.add_item(item)
                    advance(1)
            except UserError as error:
                if not allow_fewer or error.problem.code != "too-little-material":
                    raise
                writer.add_problem(Problem(error.problem.code, error.problem.message, f"{code}/{form}"))
    return Bank.open(out)
