"""The page of banks and corpora: which bank, its items and audit, import and export; corpora on a tab of their own."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QTabWidget, QWidget

from devkit.banks.store import Bank
from devkit.errors import UserError
from gui.bench import Bench
from gui.page import Page
from gui.pages.banks.audit import AuditView
from gui.pages.banks.corpora import CorporaView
from gui.pages.banks.items import ItemsView
from gui.parts import Banner, Columns, boxed, button, column, label, problem_text, row, scrolled, spoken
from gui.session.choice import banks_of
from gui.words import ntr, tr
from gui.work import Job

LEVELS = ("public", "shareable", "private")


class BanksPage(Page):
    """Banks of items, and corpora."""

    def __init__(self, bench: Bench) -> None:
        self.bring = button(tr("Import a bank …"), "primary", sign="import", on=self.ask_for_import)
        hint = tr("See what children are asked; audit it before it counts.")
        super().__init__(bench, tr("Banks and corpora"), hint, (self.bring,))
        self.bank: Bank | None = None
        self.which = spoken(QComboBox(), tr("Bank"))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.setMinimumContentsLength(20)
        self.which.currentIndexChanged.connect(self._open)
        self.audit_button = button(tr("Audit"), sign="search", on=self.audit)
        self.check_button = button(tr("Check the files"), sign="good", on=self.check)
        self.out = button(tr("Export …"), sign="export", on=self.ask_for_export)
        self.level = spoken(QComboBox(), tr("What may be exported"))
        for level, words in zip(LEVELS, (tr("public only"), tr("shareable"), tr("private too")), strict=True):
            self.level.addItem(words, level)
        self.level.setCurrentIndex(1)
        self.good_only = QCheckBox(tr("Import the sound items where some are not"))
        self.about = label("", "quiet")
        self.trouble = Banner()
        self.items, self.audits, self.corpora = ItemsView(), AuditView(), CorporaView(bench)
        self.set_content(self._tabs())

    def _tabs(self) -> QWidget:
        which = boxed(row(self.which, self.level, None))
        tools = boxed(row(self.audit_button, self.check_button, self.out, None))
        head = Columns(which, tools)
        inner = QTabWidget()
        inner.addTab(self.items, tr("Items"))
        inner.addTab(self.audits, tr("Audit"))
        self.inner = inner
        banks = column(head, row(self.about, None, self.good_only), self.trouble, inner)
        banks.setStretch(3, 1)
        self.tabs = QTabWidget()
        self.tabs.addTab(scrolled(boxed(banks)), tr("Banks"))
        self.tabs.addTab(self.corpora, tr("Corpora"))
        return self.tabs

    def lab_opened(self) -> None:
        """Let go of the old lab's bank."""
        self.bank = None
        self.items.use(None)
        self.audits.use(None)

    def lab_changed(self) -> None:
        """List the banks anew."""
        lab = self.bench.lab
        if lab is None:
            return
        chosen = self.which.currentData()
        self.which.blockSignals(True)
        self.which.clear()
        for path in banks_of(lab):
            self.which.addItem(path.name, str(path))
        self.which.setCurrentIndex(max(0, self.which.findData(chosen)))
        self.which.blockSignals(False)
        for one in (self.audit_button, self.check_button, self.out):
            one.setEnabled(self.which.count() > 0)
        self.bring.setEnabled(self.bench.writable)
        missing = tr("This lab has no bank of items yet.") if not self.which.count() else ""
        self.banner.say(missing, "caution", tr("Make the sample bank"), self.make_sample)
        self._open()
        self.corpora.refresh()

    def shown(self, target: str) -> None:
        """Show the corpora, or a bank by its folder's name."""
        if target == "corpora":
            self.tabs.setCurrentIndex(1)
        elif target:
            self.which.setCurrentIndex(max(0, self.which.findText(target)))

    def _open(self) -> None:
        folder = self.which.currentData()
        if not folder:
            self._show(None)
            return
        self.bench.aside.do("bank:open", lambda: Bank.open(folder), self._show, self._failed)

    def _failed(self, error: UserError) -> None:
        self._show(None)
        self.trouble.say(problem_text(error.problem), "wrong")

    def _show(self, bank: Bank | None) -> None:
        self.trouble.say("")
        if (
            bank is not None
            and self.bank is not None
            and bank.digest == self.bank.digest
            and bank.path == self.bank.path
        ):
            self.audits.use(bank)
            return
        self.bank = bank
        self.items.use(bank)
        self.audits.use(bank)
        if bank is None:
            self.about.clear()
            return
        count = ntr("{n} item", "{n} items", len(bank.items))
        files = ntr("{n} file", "{n} files", bank.card.media)
        source = tr("from {what}", what=bank.card.source) if bank.card.source else ""
        left = ntr("{n} problem on import", "{n} problems on import", bank.card.problems) if bank.card.problems else ""
        self.about.setText(" · ".join(filter(None, (count, files, source, left))))

    def make_sample(self) -> None:
        """Draw the sample bank into the lab."""
        lab = self.bench.lab
        if lab is not None:
            out = str(lab.path / "banks" / "toybox")
            self._start(tr("Draw the sample bank"), "bank", "sample", "--out", out)

    def audit(self) -> None:
        """Have the worker audit the bank; the result is kept in it."""
        if self.bank is not None:
            self.inner.setCurrentWidget(self.audits)
            self._start(tr("Audit of {bank}", bank=self.bank.name), "bank", "audit", str(self.bank.path), "--keep")

    def check(self) -> None:
        """Have the worker look whether every file of the bank is there, unchanged, and can be shown."""
        if self.bank is not None:
            name, path = self.bank.name, str(self.bank.path)
            job = self.bench.work.start(tr("Check of {name}", name=name), "bank", "check", path, "--json")
            job.finished.connect(self._checked)

    def _checked(self, job: Job) -> None:
        found = job.json()
        if not job.ok or found is None:
            self._done(job)
            return
        problems = found["problems"]
        first = f"{problems[0]['message']} ({problems[0]['place']})" if problems else ""
        count = ntr("{n} problem", "{n} problems", len(problems))
        self.trouble.say(f"{count}: {first}" if problems else "", "wrong")
        if not problems:
            self.bench.say(ntr("{n} file is sound.", "{n} files are sound.", found["media"]), "good")

    def ask_for_import(self) -> None:
        """Import published items from a folder that the user chooses."""
        folder = QFileDialog.getExistingDirectory(self, tr("Folder with item files"), str(self.bench.documents()))
        if folder:
            self.take(Path(folder))

    def take(self, source: Path) -> None:
        """Import items into a bank of the lab, named after their folder."""
        lab = self.bench.lab
        if lab is None:
            return
        name = re.sub(r"[^\w-]+", "-", source.name.lower()).strip("-") or "bank"
        number, out = 1, lab.path / "banks" / name
        while out.exists():
            number += 1
            out = lab.path / "banks" / f"{name}-{number}"
        more = ("--keep-good",) if self.good_only.isChecked() else ()
        title = tr("Import {name}", name=source.name)
        self._start(title, "bank", "import", str(source), "--out", str(out), *more).finished.connect(
            lambda job: self.which.setCurrentIndex(self.which.findText(out.name)) if job.ok else None
        )

    def ask_for_export(self) -> None:
        """Export the bank as published item files into a folder that the user names."""
        if self.bank is None:
            return
        proposed = str(self.bench.documents() / f"{self.bank.name}-export")
        out, _ = QFileDialog.getSaveFileName(self, tr("Folder of the export"), proposed)
        if out:
            self.export_to(Path(out))

    def export_to(self, out: Path) -> None:
        """Export the bank; only what its recordings' sharing level allows."""
        if self.bank is not None:
            level = str(self.level.currentData())
            title = tr("Export {name}", name=self.bank.name)
            arguments = ("bank", "export", str(self.bank.path), "--out", str(out), "--level", level)
            self.bench.work.start(title, *arguments).finished.connect(
                lambda job: (
                    self.bench.say(tr("Exported to {folder}", folder=out), "good") if job.ok else self._done(job)
                )
            )

    def _start(self, title: str, *arguments: str) -> Job:
        job = self.bench.work.start(title, *arguments, "--json")
        job.finished.connect(self._done)
        return job

    def _done(self, job: Job) -> None:
        if job.ok:
            self.lab_changed()
        elif not job.cancelled:
            self.trouble.say("\n".join(map(problem_text, job.problems)), "wrong")

    def close_page(self) -> None:
        """End the review."""
        self.corpora.close_view()
