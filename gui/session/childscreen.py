"""A small copy of the child's screen, drawn from what the presenter says that it shows; no pixel of it is grabbed."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImageReader, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from devkit.errors import UserError
from gui.icons import drawing
from gui.theme import colour, font, px, voice
from gui.words import tr
from protocols.controls import Shown, Stage

PICTURES_KEPT = 48
NARROWEST_PX = 160
GAZE_PX = 14
Finder = Callable[[str], Path]


class ChildScreen(QWidget):
    """Draws the last `Stage` in the proportions of the child's screen."""

    def __init__(self) -> None:
        super().__init__()
        self._stage: Stage | None = None
        self._find: Finder | None = None
        self._ground = QColor("gray")
        self._size = (16.0, 10.0)
        self._pictures: OrderedDict[tuple[str, int, int], QPixmap] = OrderedDict()
        self._real: QPixmap | None = None
        self._gaze: tuple[float, float] | None = None
        self.setMinimumSize(px(NARROWEST_PX), px(NARROWEST_PX * 10 // 16))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("The child's screen"))

    def begin(self, find: Finder, ground: str, size: tuple[float, float] = (16, 10)) -> None:
        """Forget the last session; pictures are found by ``find``."""
        self._find, self._ground, self._size = find, QColor(ground), size
        self._stage, self._real, self._gaze = None, None, None
        self._pictures.clear()
        self.update()

    def set_size(self, width: float, height: float) -> None:
        """Take the proportions of the child's window."""
        self._size = (max(width, 1.0), max(height, 1.0))
        self.update()

    def show_stage(self, stage: Stage) -> None:
        """Draw what the child sees now."""
        self._stage, self._real = stage, None
        self.setAccessibleDescription(stage_words(stage))
        self.update()

    def show_gaze(self, x: float | None, y: float | None) -> None:
        """Show where the child looks: shares of width and height from the lower left; None hides it."""
        self._gaze = None if x is None or y is None else (x, 1 - y)
        self.update()

    def show_real(self, path: Path) -> None:
        """Show a picture that was taken of the real screen, until the next stage."""
        self._real = QPixmap(str(path))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size that leaves room for the controls."""
        return QSize(px(640), px(400))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground and everything on it, back to front."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = self._area()
        painter.fillRect(area, self._ground)
        if self._real is not None:
            painter.drawPixmap(area, self._real, QRectF(self._real.rect()))
        elif self._stage is not None:
            for thing in self._stage.shown:
                self._draw(painter, thing, area)
        if self._gaze is not None:
            _mark_gaze(painter, area, *self._gaze)
        painter.setPen(QPen(colour("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        painter.end()

    def _area(self) -> QRectF:
        width, height = self._size
        scale = min(self.width() / width, self.height() / height)
        wide, high = width * scale, height * scale
        return QRectF((self.width() - wide) / 2, (self.height() - high) / 2, wide - 1, high - 1)

    def _draw(self, painter: QPainter, thing: Shown, area: QRectF) -> None:
        left, top, width, height = thing.box
        box = QRectF(
            area.x() + left * area.width(), area.y() + top * area.height(), width * area.width(), height * area.height()
        )
        if thing.what == "picture" and (picture := self._picture(thing.media, box)) is not None:
            painter.drawPixmap(box, picture, QRectF(picture.rect()))
            return
        ink = QColor("white") if self._ground.lightness() < 160 else QColor("black")
        painter.setPen(QPen(ink, px(2)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if thing.what == "mask":
            painter.fillRect(box, Qt.BrushStyle.DiagCrossPattern)
            painter.drawRect(box)
        elif thing.what == "arrow":
            _arrow(painter, box, area)
        elif thing.what == "attention":
            self._star(painter, box)
        elif thing.what in ("fixation", "ring"):
            painter.setPen(QPen(voice("adult") if thing.what == "ring" else ink, px(3)))
            painter.drawEllipse(box)
        elif thing.what == "words":
            painter.setFont(font())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._stage_prompt())
        else:
            painter.drawRect(box)

    def _stage_prompt(self) -> str:
        return self._stage.prompt if self._stage is not None else ""

    def _star(self, painter: QPainter, box: QRectF) -> None:
        painter.save()
        painter.translate(box.topLeft())
        side = min(box.width(), box.height())
        painter.scale(side / 24, side / 24)
        painter.setPen(QPen(QColor("white"), 1.5))
        painter.setBrush(voice("model"))
        painter.drawPath(drawing("attention"))
        painter.restore()

    def _picture(self, digest: str, box: QRectF) -> QPixmap | None:
        """Return a picture at the size in which it is drawn; a missing one is drawn as a box."""
        ratio = self.devicePixelRatioF()
        size = QSize(max(1, round(box.width() * ratio)), max(1, round(box.height() * ratio)))
        key = (digest, size.width(), size.height())
        if key not in self._pictures:
            if self._find is None:
                return None
            try:
                reader = QImageReader(str(self._find(digest)))
            except UserError:
                return None
            reader.setScaledSize(size)
            image = reader.read()
            if image.isNull():
                return None
            self._pictures[key] = QPixmap.fromImage(image)
            if len(self._pictures) > PICTURES_KEPT:
                self._pictures.popitem(last=False)
        self._pictures.move_to_end(key)
        return self._pictures[key]


def _mark_gaze(painter: QPainter, area: QRectF, x: float, y: float) -> None:
    """Draw a ring with a cross where the child looks, dark on light so that it is seen on any picture."""
    at, reach = QPointF(area.x() + x * area.width(), area.y() + y * area.height()), px(GAZE_PX)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((QColor("black"), 5), (voice("child"), 3)):
        painter.setPen(QPen(ink, px(width)))
        painter.drawEllipse(at, reach, reach)
        painter.drawLine(at - QPointF(reach / 2, 0), at + QPointF(reach / 2, 0))
        painter.drawLine(at - QPointF(0, reach / 2), at + QPointF(0, reach / 2))


def _arrow(painter: QPainter, box: QRectF, area: QRectF) -> None:
    """Draw an arrow that points away from the middle of the screen."""
    away = box.center() - area.center()
    angle = math.atan2(away.y() / area.height(), away.x() / area.width())
    turned = round(angle / (math.pi / 4)) * 45
    reach = min(box.width(), box.height()) / 2
    painter.save()
    painter.translate(box.center())
    painter.rotate(turned)
    painter.drawPolyline([QPointF(-reach, 0), QPointF(reach, 0), QPointF(reach / 3, -reach * 0.6)])
    painter.drawLine(QPointF(reach, 0), QPointF(reach / 3, reach * 0.6))
    painter.restore()


def stage_words(stage: Stage) -> str:
    """Return in words what the child sees, and what the examiner has to do about it."""
    names = {
        "fixation": tr("the quiet picture"),
        "ready": tr("waits for you: Return starts the trial"),
        "attention": tr("the attention-getter"),
        "stimuli": tr("the pictures"),
        "mask": tr("the mask"),
        "delay": tr("the delay"),
        "choices": tr("the choices"),
        "prompt": tr("the prompt is heard"),
        "awaiting": tr("key the child's answer") if stage.entry else tr("waits for the child's answer"),
        "feedback": tr("feedback"),
        "paused": tr("paused: the quiet picture"),
        "resumed": tr("goes on"),
        "ending": tr("the plain ground; a reason is being keyed"),
        "correcting": tr("key the right answer to the trial before"),
        "placement": tr("the child is being placed before the tracker"),
        "calibration": tr("the tracker is being calibrated"),
    }
    return names.get(stage.name, stage.name)
