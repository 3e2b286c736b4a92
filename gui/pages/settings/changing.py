"""How a tab changes the lab's settings: through `devkit.lab.edit`, with undo, and with mistakes said at the foot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from PySide6.QtGui import QUndoCommand

from devkit.errors import UserError
from devkit.lab.edit import Value, change_recruitment, change_settings
from devkit.lab.settings import LabSettings, RecruitmentGroup
from gui.bench import Bench
from gui.words import tr


def change_lab(bench: Bench, **values: Value) -> bool:
    """Change settings of the open lab; dots of their names are written as two underscores. False when refused."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    lab = bench.lab
    if lab is None or not bench.writable:
        return False
    before = {name: _present(lab.settings, name) for name in named}
    if all(before[name] == value for name, value in named.items()):
        return True
    command = _Changed(bench, before, named)
    if not command.put(named):
        return False
    bench.undo.push(command)
    return True


def recruit(bench: Bench, groups: Sequence[RecruitmentGroup]) -> bool:
    """Replace the recruitment plan; False when refused."""
    lab = bench.lab
    if lab is None or not bench.writable:
        return False
    command = _Recruited(bench, lab.settings.recruitment, tuple(groups))
    if not command.put(tuple(groups)):
        return False
    bench.undo.push(command)
    return True


def _present(settings: LabSettings, name: str) -> Any:
    found = reduce(getattr, name.split("."), settings)
    return list(found) if isinstance(found, tuple) else found


class _Step(QUndoCommand):
    """A change that was made before it was pushed, so that a refused one leaves no undo."""

    def __init__(self, bench: Bench, text: str, before: Any, after: Any) -> None:
        super().__init__(text)
        self._bench, self._before, self._after, self._first = bench, before, after, True

    def redo(self) -> None:
        """Make the change again."""
        if not self._first:
            self.put(self._after)
        self._first = False

    def undo(self) -> None:
        """Take it back."""
        self.put(self._before)

    def put(self, values: Any) -> bool:
        """Write values."""
        lab = self._bench.lab
        if lab is None:
            return False
        try:
            lab.settings = self._written(values)
        except UserError as error:
            self._bench.fail(error)
            return False
        self._bench.lab_changed.emit()
        return True

    def _written(self, values: Any) -> LabSettings:
        raise NotImplementedError


class _Changed(_Step):
    def __init__(self, bench: Bench, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        super().__init__(bench, tr("Change settings"), before, after)

    def _written(self, values: Any) -> LabSettings:
        lab = self._bench.lab
        assert lab is not None  # `put` looked
        kept = {name: value for name, value in values.items() if value is not None}
        return change_settings(lab.path, kept) if kept else lab.settings


class _Recruited(_Step):
    def __init__(self, bench: Bench, before: Sequence[RecruitmentGroup], after: Sequence[RecruitmentGroup]) -> None:
        super().__init__(bench, tr("Change the recruitment plan"), before, after)

    def _written(self, values: Any) -> LabSettings:
        lab = self._bench.lab
        assert lab is not None  # `put` looked
        return change_recruitment(lab.path, values)
