"""Colours, sizes and the style sheet of the app, made from the tokens of `devkit.look`.

No other module of the app names a colour or a size in pixels: widgets get a name or a property that the style sheet
knows, painters ask `colour`, `voice` and `px`. The one `Look` of the process says when any of it changes.
"""

from __future__ import annotations

from string import Template
from typing import Literal

from PySide6.QtCore import QFile, QObject, QPointF, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QApplication

from devkit.look import CORNER_PX, INSIDE_GROUP_PX, SIZES_PX, STEP_PX, SURFACES, VOICES, Theme

Choice = Literal["system", "light", "dark", "contrast"]
SMALL, BODY, STRONG, TITLE, HUGE = SIZES_PX

_SHEET = Template("""
* { font-size: ${body}px; color: $text; outline: none; }
QMainWindow, QDialog, QWidget#page, QScrollArea, QWidget#ground { background: $ground; border: none; }
QToolTip { background: $surface; color: $text; border: 1px solid $line; padding: ${step}px; }
QWidget#side { background: $surface; border-right: 1px solid $line; }
QFrame#card { background: $surface; border: 1px solid $line; border-radius: ${corner}px; }
QFrame#rule { background: $line; border: none; max-height: 1px; }
QFrame#banner { background: $surface; border: 1px solid $caution; border-left: ${step}px solid $caution;
  border-radius: ${corner}px; }
QFrame#banner[level="wrong"] { border-color: $wrong; }
QFrame#banner[level="good"] { border-color: $good; }
QLabel { background: transparent; }
QLabel#lab { font-size: ${strong}px; font-weight: 600; }
QLabel#title { font-size: ${large}px; font-weight: 600; }
QLabel#heading { font-size: ${strong}px; font-weight: 600; }
QLabel#figure { font-size: ${huge}px; font-weight: 600; }
QLabel#hint, QLabel#status, QLabel#quiet { color: $quiet; }
QLabel#small { color: $quiet; font-size: ${small}px; }
QLabel[level="good"] { color: $good; } QLabel[level="caution"] { color: $caution; }
QLabel[level="wrong"], QLabel#status[level="wrong"] { color: $wrong; }
QLabel#status[level="good"] { color: $good; } QLabel#status[level="caution"] { color: $caution; }
QListWidget, QTreeWidget, QPlainTextEdit, QTextEdit, QTextBrowser { background: $surface; border: 1px solid $line;
  border-radius: ${corner}px; selection-background-color: $accent; selection-color: $surface; }
QListWidget:focus, QTreeWidget:focus, QPlainTextEdit:focus, QTextBrowser:focus, QTableView:focus {
  border-color: $accent; }
QListWidget::item { padding: ${gap}px; }
QListWidget::item:selected, QTreeWidget::item:selected { background: $accent; color: $surface; }
QListWidget#pages { background: $surface; border: none; border-radius: 0; }
QListWidget#pages::item { padding: ${gap}px; border-radius: ${corner}px; color: $text; }
QListWidget#pages::item:selected { background: $ground; color: $accent; border-left: 3px solid $accent; }
QListWidget#pages:focus { border: none; }
QListWidget#pages::item:selected:focus { border: 1px solid $accent; border-left: 3px solid $accent; }
QTableView { background: $surface; alternate-background-color: $ground; border: 1px solid $line;
  border-radius: ${corner}px; gridline-color: $line; selection-background-color: $accent; selection-color: $surface; }
QTableView::item { padding: 0 ${gap}px; }
QTableView::item:selected { background: $accent; color: $surface; }
QTableCornerButton::section { background: $ground; border: none; }
QHeaderView { background: $ground; border: none; }
QHeaderView::section { background: $ground; border: none; border-bottom: 1px solid $line; padding: ${pad}px;
  color: $quiet; font-weight: 600; }
QPushButton, QToolButton { background: $surface; border: 1px solid $line; border-radius: ${corner}px;
  padding: ${pad}px ${wide}px; min-height: ${strong}px; }
QToolButton { padding: ${step}px ${gap}px; }
QPushButton:hover, QPushButton:focus, QToolButton:hover, QToolButton:focus { border: 1px solid $accent; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: ${pad_in}px ${wide_in}px; }
QPushButton:pressed, QPushButton:checked, QToolButton:checked {
  background: $ground; border-color: $accent; color: $accent; }
QPushButton#primary { background: $accent; color: $surface; border-color: $accent; font-weight: 600; }
QPushButton#primary:focus { border: 2px solid $text; }
QPushButton#danger { color: $wrong; border-color: $wrong; }
QPushButton#large, QPushButton#danger { font-size: ${strong}px; padding: ${gap}px; }
QPushButton#link { border: none; background: transparent; color: $accent; padding: ${step}px; text-align: left; }
QPushButton#link:focus { border: 1px solid $accent; }
QPushButton:disabled, QPushButton#primary:disabled, QPushButton#danger:disabled, QToolButton:disabled {
  background: $ground; color: $quiet; border-color: $line; font-weight: normal; }
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QDateEdit { background: $surface; border: 1px solid $line;
  border-radius: ${corner}px; padding: ${pad}px; min-height: ${strong}px;
  selection-background-color: $accent; selection-color: $surface; }
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus, QDateEdit:focus { border: 2px solid $accent;
  padding: ${pad_in}px; }
QLineEdit[level="wrong"], QComboBox[level="wrong"] { border: 2px solid $wrong; padding: ${pad_in}px; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled { background: $ground; color: $quiet; }
QComboBox::drop-down { border: none; width: ${title_px}px; }
QComboBox::down-arrow { image: url($down); width: ${small}px; height: ${small}px; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button {
  border: none; background: transparent; width: ${title_px}px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url($up); width: ${small}px; height: ${small}px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url($down); width: ${small}px; height: ${small}px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line; selection-background-color: $accent;
  selection-color: $surface; }
QCheckBox, QRadioButton { spacing: ${gap}px; padding: ${step}px; background: transparent; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QCheckBox::indicator, QRadioButton::indicator { width: ${box}px; height: ${box}px; border: 1px solid $quiet;
  background: $surface; }
QCheckBox::indicator { border-radius: 3px; } QRadioButton::indicator { border-radius: ${half_box}px; }
QCheckBox::indicator:checked { image: url($tick); border-color: $accent; }
QRadioButton::indicator:checked { background: $accent; border: 3px solid $surface; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $accent; }
QTabWidget::pane { border: none; padding-top: ${gap}px; }
QTabBar::tab { background: transparent; border: none; border-bottom: 2px solid $line; padding: ${gap}px ${wide}px;
  color: $quiet; }
QTabBar::tab:selected { color: $accent; border-bottom-color: $accent; font-weight: 600; }
QTabBar::tab:focus { color: $text; }
QScrollBar { background: $ground; border: none; margin: 0; }
QScrollBar:vertical { width: ${box}px; } QScrollBar:horizontal { height: ${box}px; }
QScrollBar::handle { background: $line; border-radius: ${corner}px; min-height: ${wide}px; min-width: ${wide}px; }
QScrollBar::handle:hover { background: $quiet; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: none;
  width: 0; height: 0; }
QProgressBar { border: 1px solid $line; border-radius: ${corner}px; background: $surface; text-align: center;
  min-height: ${wide}px; }
QProgressBar::chunk { background: $accent; border-radius: ${corner}px; }
QSplitter::handle { background: $ground; }
QSlider::groove:horizontal { height: ${step}px; background: $line; border-radius: 2px; }
QSlider::handle:horizontal { width: ${box}px; margin: -${pad}px 0; background: $accent; border-radius: ${corner}px; }
QSlider:focus { border: 1px solid $accent; border-radius: ${corner}px; }
QMenu { background: $surface; border: 1px solid $line; } QMenu::item { padding: ${pad}px ${wide}px; }
QMenu::item:selected { background: $accent; color: $surface; }
QSvgWidget { background: transparent; }
""")


class Look(QObject):
    """The theme and scale in use; one a process.

    Signals:
        changed: Theme or scale are others now; painters repaint, the style sheet is renewed already.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = "light"
        self.scale = 1.0

    def use(self, choice: Choice = "system", scale: float = 1.0) -> None:
        """Draw the app in a theme, everything ``scale`` times as large."""
        self.theme = system_theme() if choice == "system" else choice
        self.scale = scale
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(_palette(self.theme))
            app.setStyleSheet(style_sheet(self.theme, scale))
        self.changed.emit()


look = Look()


def system_theme() -> Theme:
    """Return the theme that the desktop asks for."""
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def colour(name: str) -> QColor:
    """Return a surface colour (``ground``, ``text``, ``accent`` …) in the theme in use."""
    return QColor(getattr(SURFACES[name], look.theme))


def voice(name: str) -> QColor:
    """Return the colour of a kind of respondent (``child``, ``model``, ``baseline`` …) in the theme in use."""
    return QColor(VOICES[name].light if look.theme == "light" else VOICES[name].dark)


def px(size: float) -> int:
    """Return a size of the design in the pixels of the scale in use."""
    return round(size * look.scale)


def font(size: int = BODY, *, bold: bool = False) -> QFont:
    """Return the app's font for painters, with figures of equal width."""
    made = QFont(QApplication.font())
    made.setPixelSize(px(size))
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def fixed_font() -> QFont:
    """Return the system's font of equal widths, for text that is code."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setPixelSize(px(BODY))
    return made


def style_sheet(theme: Theme = "light", scale: float = 1.0) -> str:
    """Return the Qt style sheet of a theme."""
    colours = {name: getattr(surface, theme) for name, surface in SURFACES.items()}
    sizes = {
        "small": SMALL,
        "body": BODY,
        "strong": STRONG,
        "large": TITLE,
        "huge": HUGE,
        "title_px": TITLE,
        "step": STEP_PX,
        "gap": INSIDE_GROUP_PX,
        "pad": 6,
        "pad_in": 5,
        "wide": 14,
        "wide_in": 13,
        "box": 14,
        "half_box": 7,
        "corner": CORNER_PX,
    }
    pictures = {name: _picture(name, colours["text"], scale) for name in _STROKES}
    return _SHEET.substitute(colours, **pictures, **{name: round(size * scale) for name, size in sizes.items()})


_STROKES = {"down": ((2, 4), (6, 8), (10, 4)), "up": ((2, 8), (6, 4), (10, 8)), "tick": ((2, 6), (5, 9), (10, 3))}
_folder: list[QTemporaryDir] = []


def _picture(name: str, ink: str, scale: float) -> str:
    """Return the file of a small drawing, which is all that a style sheet takes; made when first needed."""
    if not _folder:
        _folder.append(QTemporaryDir())
    path = _folder[0].filePath(f"{name}-{ink[1:]}-{scale:g}.png")
    if not QFile.exists(path) and QApplication.instance() is not None:
        side = round(2 * SMALL * scale)
        made = QPixmap(side, side)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(side / SMALL, side / SMALL)
        painter.setPen(QPen(QColor(ink), 1.5, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline([QPointF(x, y) for x, y in _STROKES[name]])
        painter.end()
        made.save(path)
    return path


def _palette(theme: Theme) -> QPalette:
    """Return the palette for what no style sheet reaches (place holders, disabled text, native parts)."""
    colours = {name: QColor(getattr(surface, theme)) for name, surface in SURFACES.items()}
    role, palette = QPalette.ColorRole, QPalette()
    for name, roles in {
        "ground": (role.Window, role.AlternateBase, role.Button),
        "surface": (role.Base, role.ToolTipBase, role.HighlightedText),
        "text": (role.WindowText, role.Text, role.ButtonText, role.ToolTipText),
        "quiet": (role.PlaceholderText,),
        "accent": (role.Highlight, role.Link, role.Accent),
        "line": (role.Mid, role.Dark),
    }.items():
        for one in roles:
            palette.setColor(one, colours[name])
    return palette
