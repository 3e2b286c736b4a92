"""Table models: `ListRows` over objects in memory, `SqlRows` over a table of ``lab.sqlite`` of any length.

`SqlRows` holds the row numbers of what is shown and fetches a page of rows when the view asks for one of them, so
100,000 trials cost as much as the fifty in sight. Sorting and filtering are questions to the reader thread; the view
keeps what it has until the answer is there.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from devkit.lab import Lab
from gui.reading import LabReader
from gui.words import tr

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
PAGE = 128
PAGES_KEPT = 24
KEY_ROLE = Role.UserRole + 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        title: Its English heading, marked with `gui.words.mark`.
        source: For `SqlRows` the SQL expression that it shows; for `ListRows` unused.
        value: For `ListRows`: what a row shows here and is sorted by.
        text: How a value is written; the value itself by default, nothing for None.
        searched: Whether the search field looks here.
        numeric: Whether it stands at the right.
        level: ``good``, ``caution`` or ``wrong`` for a value, whose colour stands beside the words; empty for plain.
    """

    title: str
    source: str = ""
    value: Callable[[Any], Any] | None = None
    text: Callable[[Any], str] | None = None
    searched: bool = True
    numeric: bool = False
    level: Callable[[Any], str] | None = None

    def shown(self, value: Any) -> str:
        """Return a value as the table writes it."""
        if value is None:
            return ""
        return self.text(value) if self.text is not None else str(value)


class _Rows(QAbstractTableModel):
    """What both models share: headings, alignment, level marks."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return the heading of a column."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Role.DisplayRole:
            return tr(self.columns[section].title)
        return _alignment(self.columns[section]) if role == Role.TextAlignmentRole else None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows, is sorted by, or is coloured with."""
        column = self.columns[index.column()]
        if role == Role.TextAlignmentRole:
            return _alignment(column)
        if role not in (Role.DisplayRole, Role.UserRole, Role.ToolTipRole, Role.ForegroundRole, KEY_ROLE):
            return None
        if role == KEY_ROLE:
            return self.key(index.row())
        value = self.value(index.row(), index.column())
        if role == Role.UserRole:
            return "" if value is None else value
        if role == Role.ForegroundRole:
            return _ink(column, value)
        return column.shown(value)

    def value(self, row: int, column: int) -> Any:
        """Return the value of a cell."""
        raise NotImplementedError

    def key(self, row: int) -> Any:
        """Return what a row stands for."""
        raise NotImplementedError


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _ink(column: Column, value: Any) -> Any:
    from gui.theme import colour

    level = column.level(value) if column.level is not None else ""
    return colour(level) if level else None


class ListRows(_Rows):
    """Rows over objects in memory, for lists of at most some thousands.

    Args:
        columns: Each with a ``value``.
        key: What a row stands for; the object itself by default.
    """

    def __init__(self, columns: Sequence[Column], key: Callable[[Any], Any] | None = None) -> None:
        super().__init__(columns)
        self._key = key
        self.objects: list[Any] = []

    def show(self, objects: Sequence[Any]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self.objects = list(objects)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self.objects)

    def value(self, row: int, column: int) -> Any:
        """Return the value of a cell."""
        of = self.columns[column].value
        return of(self.objects[row]) if of is not None else None

    def key(self, row: int) -> Any:
        """Return what a row stands for."""
        return self._key(self.objects[row]) if self._key is not None else self.objects[row]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are wanted, and in what order.

    Attributes:
        search: Words that one of the searched columns holds; empty for all.
        where: SQL condition with ``?`` for each of ``values``; empty for all.
        values: Of the condition.
        order: Column to sort by; None for the table's own order.
        descending: Whether the largest comes first.
    """

    search: str = ""
    where: str = ""
    values: tuple[Any, ...] = ()
    order: int | None = None
    descending: bool = False


class SqlRows(_Rows):
    """Rows over a table of the index.

    Args:
        table: ``trials``, ``sessions``, ``events`` …
        columns: Each with a ``source``.
        key: SQL expression of what a row stands for.
        default_order: SQL order when no column is chosen.

    Signals:
        counted: How many rows there are, once they are found.
    """

    counted = Signal(int)

    def __init__(self, table: str, columns: Sequence[Column], key: str, default_order: str = "rowid") -> None:
        super().__init__(columns)
        self._table, self._key_source, self._default_order = table, key, default_order
        self._lab: Lab | None = None
        self._reader: LabReader | None = None
        self.wanted = Wanted()
        self._ids = array("q")
        self._pages: OrderedDict[int, list[tuple[Any, ...]]] = OrderedDict()
        selected = ", ".join(column.source for column in columns)
        self._select = f"SELECT rowid, {key}, {selected} FROM {table} WHERE rowid IN "

    def use(self, lab: Lab | None, reader: LabReader | None) -> None:
        """Read another lab, or none; rows come with `find`."""
        self._lab, self._reader = lab, reader
        self._take(array("q"))

    def find(self, wanted: Wanted | None = None) -> None:
        """Find the rows that are wanted (the same as before by default) and show them when they are there."""
        self.wanted = self.wanted if wanted is None else wanted
        if self._reader is None:
            return
        sql, values = self._question()

        def question(connection: sqlite3.Connection) -> array[int]:
            return array("q", (row[0] for row in connection.execute(sql, values)))

        self._reader.ask(f"rows:{id(self)}", question, self._take)

    def _question(self) -> tuple[str, tuple[Any, ...]]:
        wanted, conditions, values = self.wanted, [], list(self.wanted.values)
        if wanted.where:
            conditions.append(f"({wanted.where})")
        if wanted.search:
            searched = [column.source for column in self.columns if column.searched]
            conditions.append("(" + " OR ".join(f"{source} LIKE ? ESCAPE '\\'" for source in searched) + ")")
            pattern = wanted.search.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            values += [f"%{pattern}%"] * len(searched)
        order = self._default_order
        if wanted.order is not None and wanted.order >= 0:
            order = f"{self.columns[wanted.order].source} {'DESC' if wanted.descending else 'ASC'}, {order}"
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT rowid FROM {self._table}{where} ORDER BY {order}", tuple(values)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the table's own order."""
        before, descending = self.wanted, order == Qt.SortOrder.DescendingOrder
        self.find(Wanted(before.search, before.where, before.values, column if column >= 0 else None, descending))

    def _take(self, ids: array[int]) -> None:
        self.beginResetModel()
        self._ids = ids
        self._pages.clear()
        self.endResetModel()
        self.counted.emit(len(ids))

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self._ids)

    def value(self, row: int, column: int) -> Any:
        """Return the value of a cell."""
        return self._row(row)[column + 2]

    def key(self, row: int) -> Any:
        """Return what a row stands for."""
        return self._row(row)[1]

    def _row(self, row: int) -> tuple[Any, ...]:
        number = row // PAGE
        page = self._pages.get(number)
        if page is None:
            page = self._fetch(number)
            self._pages[number] = page
            if len(self._pages) > PAGES_KEPT:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page[row % PAGE]

    def _fetch(self, number: int) -> list[tuple[Any, ...]]:
        ids = self._ids[number * PAGE : (number + 1) * PAGE]
        empty = (None,) * (len(self.columns) + 2)
        if self._lab is None:
            return [empty] * len(ids)
        with self._lab.index.connect() as connection:
            found = connection.execute(f"{self._select} ({','.join(map(str, ids))})").fetchall()
        by_id = {row[0]: row for row in found}
        return [by_id.get(one, empty) for one in ids]  # a row that is gone meanwhile is blank until the next find
