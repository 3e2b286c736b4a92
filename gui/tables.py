"""A read-only table over rows of text, with search and sorting; what the pages show their lists in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget

Index = QModelIndex | QPersistentModelIndex


class Rows(QAbstractTableModel):
    """Rows of values under named columns; numbers sort as numbers."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._rows: list[Sequence[Any]] = []

    def show(self, rows: Sequence[Sequence[Any]]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the name of a column."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._columns[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a value: as text to show, as it is to sort by."""
        value = self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if value is None else str(value)
        if role == Qt.ItemDataRole.UserRole:
            return "" if value is None else value
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, int | float):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


class SearchTable(QWidget):
    """A search field above a sortable table.

    Args:
        columns: Names of the columns.
        what: What is searched, for the field's text and for screen readers.
    """

    def __init__(self, columns: Sequence[str], what: str) -> None:
        super().__init__()
        self.rows = Rows(columns)
        self._shown = QSortFilterProxyModel()
        self._shown.setSourceModel(self.rows)
        self._shown.setFilterKeyColumn(-1)
        self._shown.setSortRole(Qt.ItemDataRole.UserRole)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit(placeholderText=f"Search {what}")
        self.search.setAccessibleName(f"Search {what}")
        self.search.textChanged.connect(self._shown.setFilterFixedString)
        self.view = QTableView()
        self.view.setModel(self._shown)
        self.view.setAccessibleName(what)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.view.setAlternatingRowColors(True)
        self.view.setShowGrid(False)
        self.view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.view.verticalHeader().hide()
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.view.horizontalHeader().setStretchLastSection(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.search)
        layout.addWidget(self.view)

    def show_rows(self, rows: Sequence[Sequence[Any]]) -> None:
        """Replace what the table shows and fit the columns to it."""
        self.rows.show(rows)
        self.view.resizeColumnsToContents()
