"""A small bank drawn in a few seconds, so that a new lab has something to run before there are recordings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from devkit.banks.store import Bank
from devkit.banks.writer import BankWriter
from devkit.errors import UserError
from devkit.tasks.generation import generate_items
from devkit.toybox.memory import sample_pool

FORMS: tuple[tuple[str, str], ...] = (
    ("looking_while_listening", "standard"),
    ("picture_vocabulary", "standard"),
    ("visual_delayed_response", "binary"),
    ("memory", "standard"),
    ("who_has_more", "synthetic"),
    ("subitizing", "standard"),
)
MINUTES = 6
Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]


def sample_bank(out: Path, *, items: int = 6, seed: int = 1, progress: Progress) -> Bank:
    """Make a bank of a few items of the forms that the protocol ``glimpse`` takes.

    Args:
        out: Folder of the bank.
        items: Items of each form; Memory has one, which is a whole dialogue.
        seed: Everything follows from it.
        progress: Shows the advance, a step for each item.

    Raises:
        UserError: There is a bank already, or the disk refuses.
    """
    pool = sample_pool(MINUTES, seed, "test")
    made_with = {"sample": True, "seed": seed, "minutes": MINUTES}
    total = sum(_count(form, items) for form in FORMS)
    with (
        BankWriter(out, source=f"toybox-{seed}", made_with=made_with) as writer,
        progress("drawing items", total) as advance,
    ):
        for code, form in FORMS:
            count = _count((code, form), items)
            try:
                for item in generate_items(code, form, pool, writer, count=count, seed=seed, prefix=f"{code}_{form}"):
                    writer.add_item(item)
                    advance(1)
            except UserError as error:
                if error.problem.code != "too-little-material":
                    raise
    return Bank.open(out)


def _count(form: tuple[str, str], items: int) -> int:
    return 1 if form[0] == "memory" else items
