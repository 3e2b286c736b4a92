"""The style sheet of the app, made from the tokens of `devkit.look`; no other module of the app names a colour."""

from __future__ import annotations

from string import Template

from devkit.look import CORNER_PX, INSIDE_GROUP_PX, SIZES_PX, SURFACES, Theme

SMALL, BODY, STRONG, TITLE, _HUGE = SIZES_PX

_SHEET = Template("""
* { font-size: ${body}px; color: $text; }
QMainWindow, QWidget#page { background: $ground; }
QWidget#side { background: $surface; border-right: 1px solid $line; }
QLabel#lab { font-size: ${strong}px; font-weight: 600; padding: ${gap}px; }
QLabel#title { font-size: ${large}px; font-weight: 600; }
QLabel#hint, QLabel#status { color: $quiet; }
QListWidget#pages { background: $surface; border: none; outline: none; }
QListWidget#pages::item { padding: ${gap}px; border-radius: ${corner}px; }
QListWidget#pages::item:selected { background: $ground; color: $accent; font-weight: 600; }
QTableView { background: $surface; alternate-background-color: $ground; border: 1px solid $line;
  border-radius: ${corner}px; gridline-color: $line; selection-background-color: $accent; selection-color: $surface; }
QTableView::item { padding: 0 ${gap}px; }
QHeaderView::section { background: $ground; border: none; border-bottom: 1px solid $line; padding: 6px; color: $quiet; }
QPushButton { background: $surface; border: 1px solid $line; border-radius: ${corner}px; padding: 6px 14px; }
QPushButton:hover, QPushButton:focus { border-color: $accent; }
QPushButton#primary { background: $accent; color: $surface; border-color: $accent; }
QPushButton:disabled, QPushButton#primary:disabled { background: $ground; color: $quiet; border-color: $line; }
QScrollBar { background: $ground; } QScrollBar::handle { background: $line; }
QLineEdit { background: $surface; border: 1px solid $line; border-radius: ${corner}px; padding: 6px; }
QLineEdit:focus { border-color: $accent; }
QProgressBar { border: 1px solid $line; border-radius: ${corner}px; background: $surface; text-align: center; }
QProgressBar::chunk { background: $accent; }
""")


def style_sheet(theme: Theme = "light") -> str:
    """Return the Qt style sheet of a theme."""
    colours = {name: getattr(surface, theme) for name, surface in SURFACES.items()}
    sizes = {"body": BODY, "strong": STRONG, "large": TITLE, "gap": INSIDE_GROUP_PX, "corner": CORNER_PX}
    return _SHEET.substitute(colours, **sizes)
