"""Taking in a model: a folder, a file of weights, or an address; a key is named by its environment variable only."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QWidget

from gui.bench import Bench
from gui.parts import boxed, button, card, column, form, label, levelled, problem_text, row
from gui.words import tr
from gui.work import Job

KEY_VARIABLE = "OPENAI_API_KEY"


class Adding(QWidget):
    """The fields of a model to take in.

    Signals:
        added: It is in the lab; carries its name.
        left: The user does not want to, or is done.
    """

    added = Signal(str)
    left = Signal()

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.open = False
        self.job: Job | None = None
        self.source, self.name, self.model = QLineEdit(), QLineEdit(), QLineEdit()
        self.variable = QLineEdit(KEY_VARIABLE)
        self.copy = QCheckBox(tr("Cop&y the weights into the lab"))
        self.copy.setChecked(True)
        self.wrong = levelled(label(""), "wrong")
        self.wrong.hide()
        folder = button(tr("Folder …"), on=self.ask_for_folder, sign="open")
        file = button(tr("File …"), on=self.ask_for_file, sign="open")
        self.take = button(tr("Take it in"), "primary", on=self.take_in, sign="import")
        leave = button(tr("Not now"), on=self.leave)
        self.source.textChanged.connect(self._fit)
        for field in (self.source, self.name, self.model, self.variable):
            field.returnPressed.connect(self.take.click)
        names = tr("&From"), tr("&Name in the lab"), tr("&Model"), tr("&Key variable")
        notes = {
            names[0]: tr(
                "A run of devkit train, a Hugging Face or OpenCLIP folder, a safetensors file, or an address."
            ),
            names[2]: tr("Of a single file: OpenCLIP's name of the architecture. Of a server: its model."),
            names[3]: tr(
                "Name of the environment variable that holds the server's key. The key itself is kept nowhere."
            ),
        }
        fields = zip(names, (self.source, self.name, self.model, self.variable), strict=True)
        self.fields = form(*fields, notes=notes)
        self.setLayout(
            column(
                card(
                    boxed(self.fields), row(folder, file, None), self.copy, self.wrong, row(self.take, leave, None),
                    heading=tr("Take in a model"),
                ),
                None,
            )
        )  # fmt: skip
        self._fit()

    def begin(self) -> None:
        """Begin with empty fields."""
        self.open = True
        for field in (self.source, self.name, self.model):
            field.clear()
        self.variable.setText(KEY_VARIABLE)
        self._say("")

    def leave(self) -> None:
        """Go back to the models."""
        self.open = False
        self.left.emit()

    @property
    def address(self) -> bool:
        """Whether an address is given."""
        return self.source.text().strip().startswith(("http://", "https://"))

    def _fit(self) -> None:
        self.fields.setRowVisible(3, self.address)
        self.copy.setVisible(not self.address)
        self.take.setEnabled(bool(self.source.text().strip()) and self.job is None and self.bench.writable)

    def ask_for_folder(self) -> None:
        """Let the user choose a folder."""
        found = QFileDialog.getExistingDirectory(self, tr("Folder of a model"), str(self.bench.documents()))
        if found:
            self.source.setText(found)

    def ask_for_file(self) -> None:
        """Let the user choose a file of weights."""
        kinds = "safetensors (*.safetensors)"
        found, _ = QFileDialog.getOpenFileName(self, tr("File of weights"), str(self.bench.documents()), kinds)
        if found:
            self.source.setText(found)

    def take_in(self) -> None:
        """Have the worker take it in."""
        lab = self.bench.lab
        if lab is None or self.job is not None:
            return
        arguments = ["model", "add", str(lab.path), self.source.text().strip(), "--json"]
        for option, field in (("--name", self.name), ("--model", self.model)):
            if field.text().strip():
                arguments += [option, field.text().strip()]
        arguments += ["--key-variable", self.variable.text().strip()] if self.address else []
        arguments += [] if self.copy.isChecked() or self.address else ["--leave"]
        self._say("")
        self.job = self.bench.work.start(tr("Take in {name}", name=Path(self.source.text().strip()).name), *arguments)
        self.job.finished.connect(self._done)
        self._fit()

    def _done(self, job: Job) -> None:
        self.job = None
        self._fit()
        found = job.json() if job.ok else None
        if isinstance(found, list) and found:
            self.open = False
            self.added.emit(str(found[0]["name"]))
        elif not job.cancelled:
            self._say("\n".join(map(problem_text, job.problems)))

    def _say(self, text: str) -> None:
        self.wrong.setText(text)
        self.wrong.setAccessibleName(text)
        self.wrong.setVisible(bool(text))
