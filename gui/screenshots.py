"""Pictures of every page in light and dark at 100 % and 200 %, for the documentation and for whoever looks them over.

``python -m gui.screenshots docs/images/app`` draws them without a screen, from a small lab that it makes itself.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QCoreApplication, QEvent, QIODevice
from PySide6.QtWidgets import QApplication, QComboBox, QTabBar, QTabWidget

from devkit.lab import Lab
from gui import theme
from gui.app import application
from gui.bench import Bench
from gui.pages import ENTRIES
from gui.sample import PROTOCOL, add_sample_models, sample_lab, sample_session
from gui.settings import AppSettings
from gui.table import DataTable
from gui.window import MainWindow

SIZES = {1.0: (1180, 760), 2.0: (1600, 1000)}
VIEWS = {
    "protocols": ((1, "form"), (2, "trials")),
    "models": ((1, "training"),),
    "compare": ((1, "items"), (2, "answers")),
}
TARGETS = {"protocols": "glimpse"}
SETTLE_S = 0.8
WAIT_S = 60.0


def main(arguments: list[str]) -> int:
    """Write the pictures into a folder; further arguments are the short names of the pages that are wanted."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out = Path(arguments[0] if arguments else "docs/images/app")
    out.mkdir(parents=True, exist_ok=True)
    wanted = arguments[1:]
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEVKIT_SETTINGS"] = str(Path(folder) / "settings")
        path = sample_lab(Path(folder) / "infant-lab")
        add_sample_models(Lab.open(path))
        for choice in ("light", "dark"):
            for scale, size in SIZES.items():
                _draw(app, path, out, choice, scale, size, wanted)
    return 0


def _draw(
    app: QApplication, path: Path, out: Path, choice: str, scale: float, size: tuple[int, int], wanted: list[str]
) -> None:
    theme.look.use("dark" if choice == "dark" else "light", scale)
    bench = Bench(AppSettings(recent=(str(path),)))
    bench.open_lab(path)
    window = MainWindow(bench)
    window.resize(*size)
    window.show()
    _settle(app, bench)
    tail = f"{choice}-{scale:.0%}".replace("%", "")
    for one in ENTRIES:
        if not wanted or one.name in wanted:
            window.go(one.name, TARGETS.get(one.name, ""))
            _settle(app, bench)
            _choose(window)
            _settle(app, bench)
            window.resize(*size)  # a page may have asked for more while it was made
            _settle(app, bench)
            _save(window, out / f"{one.name}-{tail}.png")
            if tail == "light-100":
                _views(app, bench, window, out)
    if not wanted or "session" in wanted:
        window.go("run")
        view = sample_session(window.pages["run"], bench)
        _settle(app, bench)
        _save(window, out / f"session-{tail}.png")
        view.close_view()
        bench.session_running.emit(False)
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _save(window: MainWindow, path: Path) -> None:
    """Write what a window shows, in a palette of 256 colours, which takes a third of the room."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    with Image.open(io.BytesIO(buffer.data().data())) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def _views(app: QApplication, bench: Bench, window: MainWindow, out: Path) -> None:
    """Draw the further views of a page that has several."""
    page = window.pages[window.current]
    tabs = page.findChild(QTabWidget) or page.findChild(QTabBar)
    for place, name in VIEWS.get(window.current, ()):
        if tabs is not None:
            tabs.setCurrentIndex(place)
            _settle(app, bench)
            _save(window, out / f"{window.current}-{name}-light-100.png")


def _choose(window: MainWindow) -> None:
    """Choose something, so that the picture shows what a page does with it."""
    page = window.pages[window.current]
    if window.current in TARGETS:
        return
    for table in [one for one in page.findChildren(DataTable) if one.isVisible() and one.shown][:1]:
        table.view.selectRow(0)
    for box in page.findChildren(QComboBox):
        if (place := box.findData(PROTOCOL)) >= 0:
            box.setCurrentIndex(place)


def _settle(app: QApplication, bench: Bench) -> None:
    """Wait until what was asked is shown."""
    end, latest = time.monotonic() + SETTLE_S, time.monotonic() + WAIT_S
    while time.monotonic() < end or ((bench.work.busy or bench.aside.busy) and time.monotonic() < latest):
        app.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
