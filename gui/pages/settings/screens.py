"""The child's screen: which one it is, how large it is (measured with a bank card), and what a press on it means."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen, QScreen
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSlider, QWidget

from gui.bench import Bench
from gui.pages.settings.changing import change_lab
from gui.parts import boxed, button, card, column, form, label, row, spoken
from gui.theme import colour, font, px
from gui.words import ntr, tr

CARD_CM = (8.56, 5.398)  # ISO/IEC 7810 ID-1: bank and identity cards
IDENTIFY_MS = 3000
SMALLEST_PX, LARGEST_PX = 120, 1400


class ScreensTab(QWidget):
    """Which screen is the child's, and its size."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        assert bench.lab is not None  # the page shows this tab with a lab only
        self.bench, settings = bench, bench.lab.settings
        self.shown: list[QWidget] = []
        screens = QGuiApplication.screens()
        self.screen_ = QComboBox()
        self.screen_.addItem(tr("The first one"), "")
        for one in screens:
            self.screen_.addItem(screen_words(one), one.name())
        if settings.screen.name and self.screen_.findData(settings.screen.name) < 0:
            self.screen_.addItem(tr("{name} (not connected)", name=settings.screen.name), settings.screen.name)
        self.screen_.setCurrentIndex(max(0, self.screen_.findData(settings.screen.name)))
        self.screen_.activated.connect(lambda: change_lab(bench, screen__name=self.screen_.currentData()))
        found = ntr("{n} screen is connected.", "{n} screens are connected.", len(screens))
        identify = button(tr("Show their names"), on=self.identify, sign="screen")
        self.width_cm = QDoubleSpinBox(minimum=5, maximum=600, decimals=1, suffix=" cm")
        self.width_cm.setValue(settings.screen.width_cm or 5)
        self.width_cm.setSpecialValueText(tr("never measured"))
        self.width_cm.editingFinished.connect(self._keep_width)
        self.card = CardMeasure()
        self.use_card = button(tr("Keep this size"), "primary", on=self.keep_card)
        told = tr(
            "Hold a bank card to the glass and drag until the frame is as large as the card. Do it on the child's "
            "screen: move this window there first."
        )
        self.lock = QCheckBox(tr("The child's window takes the whole keyboard"), checked=settings.screen.lock_keyboard)
        self.lock.clicked.connect(lambda on: change_lab(bench, screen__lock_keyboard=on))
        self.pointer = QComboBox()
        for value, words in (
            ("", tr("touch for children, mouse for adults")),
            ("touch", tr("touch")),
            ("mouse", tr("mouse")),
        ):
            self.pointer.addItem(words, value)
        self.pointer.setCurrentIndex(max(0, self.pointer.findData(settings.input.pointer or "")))
        self.pointer.activated.connect(self._keep_pointer)
        which = form((tr("The &child's screen"), self.screen_))
        size = form((tr("&Width of the picture"), self.width_cm))
        press = form((tr("A &press is"), self.pointer))
        self.setLayout(
            column(
                card(label(found, "quiet"), boxed(which), row(identify, None), self.lock, heading=tr("Which screen")),
                card(boxed(size), label(told), self.card, row(self.use_card, None), heading=tr("How large it is")),
                card(boxed(press), heading=tr("Input")),
                None,
                gap=16,
            )
        )

    def identify(self) -> None:
        """Show every screen's number and name on it for a moment."""
        self.close_names()
        for number, one in enumerate(QGuiApplication.screens(), 1):
            name = _Name(number, one)
            name.show()
            self.shown.append(name)
        QTimer.singleShot(IDENTIFY_MS, self, self.close_names)

    def close_names(self) -> None:
        """Take the names off the screens."""
        for name in self.shown:
            name.close()
            name.deleteLater()
        self.shown = []

    def keep_card(self) -> None:
        """Keep the size that the card gives for the screen that this window is on."""
        one = self.screen() or QGuiApplication.primaryScreen()
        width = one.geometry().width() / self.card.px_per_cm()
        if change_lab(self.bench, screen__width_cm=round(width, 1)):
            self.bench.say(tr("{name} is {cm} cm wide", name=one.name(), cm=f"{width:.1f}"), "good")

    def _keep_width(self) -> None:
        if self.width_cm.value() > self.width_cm.minimum():
            change_lab(self.bench, screen__width_cm=round(self.width_cm.value(), 1))

    def _keep_pointer(self) -> None:
        value = self.pointer.currentData()
        if value:
            change_lab(self.bench, input__pointer=value)


def screen_words(screen: QScreen) -> str:
    """Return a screen's name, size and place."""
    box = screen.geometry()
    first = f" · {tr('primary')}" if screen is QGuiApplication.primaryScreen() else ""
    return f"{screen.name()} · {box.width()} × {box.height()} · {screen.refreshRate():.0f} Hz{first}"


class CardMeasure(QWidget):
    """A frame with the proportions of a bank card, as large as a slider says."""

    def __init__(self) -> None:
        super().__init__()
        self.slider = spoken(QSlider(Qt.Orientation.Horizontal), tr("Size of the frame"))
        self.slider.setRange(SMALLEST_PX, LARGEST_PX)
        self.slider.setValue(round(CARD_CM[0] * 37.8))
        self.frame = _Frame(self)
        self.size_words = label("", "quiet", wrap=False)
        self.slider.valueChanged.connect(self._resize)
        self.setLayout(column(row(self.slider, self.size_words), self.frame))
        self._resize()

    def px_per_cm(self) -> float:
        """Return the pixels per centimetre that the frame's size means."""
        return self.slider.value() / CARD_CM[0]

    def _resize(self) -> None:
        self.frame.updateGeometry()
        self.frame.update()
        self.size_words.setText(tr("{n} pixels a centimetre", n=f"{self.px_per_cm():.1f}"))


class _Frame(QWidget):
    def __init__(self, measure: CardMeasure) -> None:
        super().__init__()
        self._measure = measure

    def sizeHint(self) -> QSize:
        """Return the card's size with a little room."""
        width = self._measure.slider.value()
        return QSize(width + 8, round(width * CARD_CM[1] / CARD_CM[0]) + 8)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour("accent"), 2))
        painter.setBrush(colour("surface"))
        width = self._measure.slider.value()
        box = QRectF(3, 3, width, width * CARD_CM[1] / CARD_CM[0])
        painter.drawRoundedRect(box, width * 0.037, width * 0.037)
        painter.setPen(colour("quiet"))
        painter.setFont(font())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "85.6 × 54 mm")
        painter.end()


class _Name(QWidget):
    """A screen's number and name, large, on that screen."""

    def __init__(self, number: int, screen: QScreen) -> None:
        super().__init__(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
        self._text, self._number = screen_words(screen), number
        box = screen.availableGeometry()
        side = min(box.width(), box.height()) // 2
        self.setGeometry(box.center().x() - side // 2, box.center().y() - side // 2, side, side)
        self.setAccessibleName(self._text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw number and name."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("surface"))
        painter.setPen(colour("accent"))
        large = font()
        large.setPixelSize(max(px(28), self.height() // 3))
        painter.setFont(large)
        painter.drawText(
            self.rect().adjusted(0, 0, 0, -self.height() // 4), Qt.AlignmentFlag.AlignCenter, str(self._number)
        )
        painter.setFont(font())
        painter.setPen(colour("text"))
        lower = self.rect().adjusted(px(8), self.height() * 2 // 3, -px(8), 0)
        painter.drawText(lower, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, self._text)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go away with any key."""
        self.close()
