"""Writes charts as files: SVG and PDF as drawings, PNG as pixels; always in the light theme."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from devkit.errors import UserError
from devkit.files import write_whole
from gui import theme
from gui.charts.paint import PAPER, Painting
from gui.charts.plot import Plot

WIDTH, HEIGHT = 640, 420
PNG_SCALE = 3
POINTS_A_PX = 0.75
KINDS = (".svg", ".png", ".pdf")


def write_charts(plots: tuple[Plot, ...], path: Path) -> None:
    """Write charts, one below the other, into one file whose ending says how.

    Raises:
        UserError: The ending is none of `KINDS`, or the file cannot be written.
    """
    if path.suffix.lower() not in KINDS:
        raise UserError(f"figures are written as {', '.join(KINDS)}", place=str(path))
    data = {".svg": _svg, ".png": _png, ".pdf": _pdf}[path.suffix.lower()](plots)
    try:
        write_whole(path, data)
    except OSError as error:
        raise UserError(f"the figure cannot be written: {error.strerror}", place=str(path)) from error


def _draw(painter: QPainter, plots: tuple[Plot, ...], unit: float) -> None:
    font = theme.font(theme.SMALL)
    font.setPixelSize(round(theme.SMALL * unit))
    whole = QRectF(0, 0, WIDTH * unit, HEIGHT * unit * len(plots))
    painter.fillRect(whole, PAPER.colour("surface"))
    for number, plot in enumerate(plots):
        edge = 12 * unit
        area = QRectF(0, number * HEIGHT * unit, WIDTH * unit, HEIGHT * unit).adjusted(edge, edge, -edge, -edge)
        painter.save()
        Painting(plot, area, font, PAPER, unit).draw(painter)
        painter.restore()


def _svg(plots: tuple[Plot, ...]) -> bytes:
    data, size = QByteArray(), QSize(WIDTH, HEIGHT * len(plots))
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made = QSvgGenerator()
    made.setOutputDevice(buffer)
    made.setSize(size)
    made.setViewBox(QRectF(0, 0, size.width(), size.height()))
    made.setTitle("; ".join(plot.title for plot in plots))
    painter = QPainter(made)
    _draw(painter, plots, 1.0)
    painter.end()
    buffer.close()
    return bytes(data.data())


def _png(plots: tuple[Plot, ...]) -> bytes:
    image = QImage(WIDTH * PNG_SCALE, HEIGHT * PNG_SCALE * len(plots), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    _draw(painter, plots, PNG_SCALE)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs know file names only
    buffer.close()
    return bytes(data.data())


def _pdf(plots: tuple[Plot, ...]) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made = QPdfWriter(buffer)
    size = QSizeF(WIDTH * POINTS_A_PX, HEIGHT * len(plots) * POINTS_A_PX)
    made.setPageSize(QPageSize(size, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
    made.setPageMargins(QMarginsF(0, 0, 0, 0))
    made.setResolution(96 * PNG_SCALE)
    made.setTitle("; ".join(plot.title for plot in plots))
    painter = QPainter(made)
    _draw(painter, plots, PNG_SCALE)
    painter.end()
    buffer.close()
    return bytes(data.data())
