"""What the app looks like and speaks: language, theme, size, motion, and who the examiner is."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from gui import theme, words
from gui.bench import Bench
from gui.parts import boxed, card, column, form, label, spoken
from gui.words import tr

SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)


class AppTab(QWidget):
    """Settings of the app; they belong to this user on this machine, not to a lab."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench, settings = bench, bench.settings
        self.language, self.theme, self.scale = QComboBox(), QComboBox(), QComboBox()
        for code, name in words.LANGUAGES.items():
            self.language.addItem(name, code)
        themes = {
            "system": tr("As the desktop"),
            "light": tr("Light"),
            "dark": tr("Dark"),
            "contrast": tr("High contrast"),
        }
        for name, text in themes.items():
            self.theme.addItem(text, name)
        for scale in SCALES:
            self.scale.addItem(f"{scale:.0%}", scale)
        self.language.setCurrentIndex(self.language.findData(settings.language))
        self.theme.setCurrentIndex(self.theme.findData(settings.theme))
        self.scale.setCurrentIndex(max(0, self.scale.findData(settings.scale)))
        self.motion = QCheckBox(tr("Let things move"), checked=settings.motion)
        self.examiner = QLineEdit(settings.examiner, placeholderText=tr("Initials"))
        self.language.currentIndexChanged.connect(self._language)
        self.theme.currentIndexChanged.connect(self._look)
        self.scale.currentIndexChanged.connect(self._look)
        self.motion.toggled.connect(lambda on: bench.remember(motion=on))
        self.examiner.editingFinished.connect(lambda: bench.remember(examiner=self.examiner.text().strip()))
        look = form(
            (tr("&Language of the app"), self.language),
            (tr("&Theme"), self.theme),
            (tr("&Size of text"), self.scale),
            ("", spoken(self.motion, tr("Let things move"))),
        )
        who = form((tr("&Examiner"), self.examiner))
        note = label(tr("Notes, corrections and merges are signed with it."), "small")
        self.setLayout(
            column(card(boxed(look), heading=tr("Look")), card(boxed(who), note, heading=tr("You")), None, gap=16)
        )

    def _language(self) -> None:
        self.bench.remember(language=self.language.currentData())
        words.use_language(self.bench.settings.language)
        theme.look.changed.emit()

    def _look(self) -> None:
        self.bench.remember(theme=self.theme.currentData(), scale=self.scale.currentData())
        theme.look.use(self.bench.settings.theme, self.bench.settings.scale)
