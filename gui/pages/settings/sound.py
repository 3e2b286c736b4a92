"""The child's sound: whether there is any, the device, how loud at most, and a test of it."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLineEdit, QVBoxLayout, QWidget

from gui.bench import Bench
from gui.pages.settings.changing import change_lab
from gui.parts import boxed, button, card, column, form, label, levelled, row
from gui.words import tr
from gui.work import Job

LEVELS = {"ok": "good", "caution": "caution", "wrong": "wrong"}


class SoundTab(QWidget):
    """Sound of this lab's stations."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        assert bench.lab is not None  # the page shows this tab with a lab only
        self.bench, sound = bench, bench.lab.settings.sound
        self.on = QCheckBox(tr("Play prompts and sounds to the child"), checked=sound.on)
        self.device = QLineEdit(sound.device, placeholderText=tr("the system's first"))
        self.ceiling = QDoubleSpinBox(minimum=-60, maximum=-3, decimals=0, suffix=" dB")
        self.ceiling.setValue(sound.ceiling_dbfs)
        self.on.clicked.connect(lambda on: change_lab(bench, sound__on=on))
        self.device.editingFinished.connect(lambda: change_lab(bench, sound__device=self.device.text().strip()))
        self.ceiling.editingFinished.connect(lambda: change_lab(bench, sound__ceiling_dbfs=self.ceiling.value()))
        fields = form(
            (tr("&Device, part of its name"), self.device),
            (tr("&Never louder than"), self.ceiling),
            notes={tr("&Never louder than"): tr("Below full scale, over an eighth of a second.")},
        )
        self.test = button(tr("Test the sound"), on=self.examine, sign="sound")
        told = tr("Opens the child's window for some seconds and measures what the sound device does.")
        self.results = QVBoxLayout()
        self.setLayout(
            column(
                card(self.on, boxed(fields), heading=tr("Sound")),
                card(label(told, "quiet"), row(self.test, None), boxed(self.results), heading=tr("Test")),
                None,
                gap=16,
            )
        )

    def examine(self) -> None:
        """Have the doctor look at the sound."""
        self.test.setEnabled(False)
        job = self.bench.work.start(tr("Test the sound"), "doctor", "sound", "--json")
        job.finished.connect(self._examined)

    def _examined(self, job: Job) -> None:
        self.test.setEnabled(True)
        while self.results.count():
            gone = self.results.takeAt(0).widget()
            if gone is not None:
                gone.deleteLater()
        found = job.json()
        if not isinstance(found, list):
            text = "; ".join(str(problem) for problem in job.problems) or tr("The check was not finished.")
            found = [{"level": "wrong", "message": text, "fix": ""}]
        words = {"ok": tr("good"), "caution": tr("caution"), "wrong": tr("wrong")}
        for one in found:
            level = str(one["level"])
            text = ". ".join(filter(None, (f"{words.get(level, level)}: {one['message']}", str(one["fix"]))))
            self.results.addWidget(levelled(label(text), LEVELS.get(level, "")))
