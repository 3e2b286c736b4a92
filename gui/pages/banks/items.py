"""The items of a bank with their pictures: a table of all, and the chosen one as it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from devkit.banks.store import Bank
from devkit.items import IMAGE_MARK, Item, Turn
from gui.parts import Empty, Split, boxed, card, column, label, scrolled
from gui.pictures import breakable, offered, picture
from gui.rows import Column, ListRows
from gui.table import DataTable
from gui.theme import px
from gui.words import mark, ntr, tr

ABREAST = 4
COLUMNS = (
    Column(mark("Task"), value=lambda i: i.task.replace("_", " ")),
    Column(mark("Form"), value=lambda i: i.form),
    Column(mark("Word"), value=lambda i: i.word),
    Column(mark("Turns"), value=lambda i: len(i.turns), numeric=True),
    Column(mark("Split"), value=lambda i: i.provenance.split),
    Column(mark("Item"), value=lambda i: i.item_id),
    Column(mark("Source"), value=lambda i: i.provenance.source),
)


class ItemsView(QWidget):
    """The items of one bank."""

    def __init__(self) -> None:
        super().__init__()
        self.bank: Bank | None = None
        self.rows = ListRows(COLUMNS, key=lambda i: i.item_id)
        self.table = DataTable(
            self.rows, tr("items"), Empty(tr("No bank is chosen"), tr("Choose one above."), sign="bank")
        )
        self.table.chosen.connect(self._show_chosen)
        self.right = QStackedWidget()
        self.right.setMinimumWidth(px(260))
        layout = column(Split(self.table, self.right))
        self.setLayout(layout)
        self._show_chosen()

    def use(self, bank: Bank | None) -> None:
        """Show another bank's items."""
        self.bank = bank
        self.rows.show(list(bank.items.values()) if bank is not None else [])
        self._show_chosen()

    def _show_chosen(self) -> None:
        keys = self.table.keys()
        item = self.bank.items.get(str(keys[0])) if self.bank is not None and keys else None
        if self.bank is None or item is None:
            self._show(Empty(tr("No item is chosen"), tr("Choose one in the table."), sign="bank"))
            return
        self._show(scrolled(item_view(self.bank, item)))

    def _show(self, part: QWidget) -> None:
        before = self.right.currentWidget()
        self.right.addWidget(part)
        self.right.setCurrentWidget(part)
        if before is not None:
            self.right.removeWidget(before)
            before.deleteLater()


def item_view(bank: Bank, item: Item) -> QWidget:
    """Return everything about an item: its turns with their pictures, what makes it hard, where it is from."""
    cards: list[QWidget] = [_turn(bank, turn, number, item) for number, turn in enumerate(item.turns)]
    facts = [f"{name.replace('_', ' ')}: {value}" for name, value in item.difficulty.items()]
    came = item.provenance
    facts += [tr("From: {what}", what=", ".join(filter(None, (came.source, came.split, came.consent))))]
    if came.recordings:
        facts.append(tr("Recordings: {names}", names=", ".join(came.recordings)))
    if item.notes:
        facts.append(tr("Note: {words}", words=item.notes))
    return boxed(column(*cards, card(*map(label, facts), heading=tr("About the item")), None))


def _turn(bank: Bank, turn: Turn, number: int, item: Item) -> QWidget:
    heading = breakable(item.item_id) if number == 0 else tr("Turn {n}", n=number + 1)
    words = " ".join(turn.prompt.replace(IMAGE_MARK, " ").split())
    parts: list[QWidget] = [label(f"“{words}”")]
    if turn.stimuli:
        frames = [picture(bank.find(one), tr("picture {n}", n=n + 1)) for n, one in enumerate(turn.stimuli)]
        count = ntr("{n} picture comes first", "{n} pictures come first", len(frames))
        parts += [label(count, "small"), _grid(frames)]
    parts.append(_grid([_choice(bank, turn, place) for place in range(len(turn.choices))]))
    return card(*parts, heading=heading)


def _choice(bank: Bank, turn: Turn, place: int) -> QWidget:
    choice = turn.choices[place]
    path: Path | None = bank.find(choice.media) if choice.media else None
    right = place == turn.target
    return offered(
        path, f"{'✓ ' if right else ''}{choice.label}", tr("right") if right else choice.role.replace("_", " ")
    )


def _grid(parts: Sequence[QWidget]) -> QWidget:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(px(8))
    for place, part in enumerate(parts):
        grid.addWidget(part, place // ABREAST, place % ABREAST)
    grid.setColumnStretch(ABREAST, 1)
    return boxed(grid)
