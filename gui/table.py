"""A table with a search field, sorting and a word about what to do when it is empty."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QSizePolicy,
    QStackedLayout,
    QTableView,
    QWidget,
)

from gui.parts import Empty, boxed, column, label, row, spoken
from gui.rows import KEY_ROLE, ListRows, SqlRows, Wanted
from gui.theme import px
from gui.words import ntr, tr

LEAST_PX = 110  # the head and two rows
SEARCH_AFTER_MS = 150
WIDEST_PX = 320
ROW_PX = 30


class View(QTableView):
    """The table itself: whole rows, no grid, Enter opens."""

    opened = Signal(QModelIndex)

    def __init__(self) -> None:
        super().__init__()
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(px(ROW_PX))
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        head.setResizeContentsPrecision(40)
        head.setHighlightSections(False)
        self.doubleClicked.connect(self.opened)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the current row with Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
            return
        super().keyPressEvent(event)


class DataTable(QWidget):
    """A search field above a sortable table, or what to do when there are no rows.

    Args:
        rows: What is shown.
        what: What the rows are, in the app's language, for the search field and screen readers.
        empty: What is said when there are none at all.

    Signals:
        chosen: Keys of the chosen rows have changed.
        opened: A row was opened (Enter, double click); carries its key.
    """

    chosen = Signal()
    opened = Signal(object)

    def __init__(self, rows: ListRows | SqlRows, what: str, empty: Empty) -> None:
        super().__init__()
        self.rows, self.empty = rows, empty
        self.search = spoken(QLineEdit(placeholderText=tr("Search {what}", what=what)), tr("Search {what}", what=what))
        self.search.setClearButtonEnabled(True)
        self.count = label("", "small", wrap=False)
        self.view = spoken(View(), what)
        self.view.setMinimumHeight(px(LEAST_PX))
        self.bar = row(self.search, self.count)
        rows.setParent(self)  # goes with the table, not whenever the garbage collector finds it
        self._proxy = _proxy(rows, self) if isinstance(rows, ListRows) else None
        self.view.setModel(self._proxy or rows)
        self.view.setSortingEnabled(True)
        self.view.horizontalHeader().setSortIndicatorClearable(True)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self._wait = QTimer(self, singleShot=True, interval=SEARCH_AFTER_MS)
        self._wait.timeout.connect(self._search)
        self.search.textChanged.connect(lambda: self._wait.start())
        self._fitted = False
        self._kept: list[Any] = []
        self._stack = QStackedLayout()
        self._stack.addWidget(boxed(column(self.bar, self.view)))
        empty.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)  # the rows say how much they need
        self._stack.addWidget(empty)
        self.setLayout(self._stack)
        rows.modelAboutToBeReset.connect(self._keep)
        rows.modelReset.connect(self._renewed)
        self.view.selectionModel().selectionChanged.connect(lambda: self.chosen.emit())
        self.view.opened.connect(lambda index: self.opened.emit(index.data(KEY_ROLE)))
        self._renewed()

    @property
    def shown(self) -> int:
        """Number of rows that are shown."""
        return self.view.model().rowCount()

    def keys(self) -> list[Any]:
        """Return the keys of the chosen rows, from the top."""
        chosen = self.view.selectionModel().selectedRows()
        return [index.data(KEY_ROLE) for index in sorted(chosen, key=QModelIndex.row)]

    def choose(self, key: Any) -> bool:
        """Choose the row of a key and bring it into sight; False when it is not shown."""
        model = self.view.model()
        for number in range(model.rowCount() if self._proxy is not None else min(model.rowCount(), 5000)):
            index = model.index(number, 0)
            if index.data(KEY_ROLE) == key:
                flag = QItemSelectionModel.SelectionFlag  # `selectRow` heeds a Ctrl or Shift that is held
                self.view.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
                self.view.scrollTo(index)
                return True
        return False

    def add_tool(self, tool: QWidget) -> None:
        """Put a further filter beside the search field."""
        self.bar.insertWidget(self.bar.count() - 1, tool)

    def _search(self) -> None:
        text = self.search.text().strip()
        if self._proxy is not None:
            self._proxy.setFilterFixedString(text)
            self._say_count()
        elif isinstance(self.rows, SqlRows):
            wanted = self.rows.wanted
            self.rows.find(Wanted(text, wanted.where, wanted.values, wanted.order, wanted.descending))

    def _keep(self) -> None:
        self._kept = self.keys()

    def _renewed(self) -> None:
        rows = self.rows.rowCount()
        narrowed = isinstance(self.rows, SqlRows) and bool(self.rows.wanted.search or self.rows.wanted.where)
        self._stack.setCurrentIndex(0 if rows or narrowed or self.search.text() else 1)
        if rows and not self._fitted:
            self._fit()
        for key in self._kept[:1]:
            self.choose(key)
        self._say_count()

    def _fit(self) -> None:
        self._fitted = True
        self.view.resizeColumnsToContents()
        head = self.view.horizontalHeader()
        for section in range(head.count()):
            head.resizeSection(section, min(head.sectionSize(section) + px(8), px(WIDEST_PX)))

    def _say_count(self) -> None:
        self.count.setText(ntr("{n} row", "{n} rows", self.shown))


def _proxy(rows: ListRows, parent: QWidget) -> QSortFilterProxyModel:
    made = QSortFilterProxyModel(parent)
    made.setSourceModel(rows)
    made.setFilterKeyColumn(-1)
    made.setSortRole(Qt.ItemDataRole.UserRole)
    made.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return made
