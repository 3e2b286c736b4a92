"""The lab's own settings: name, languages, codes, whom it recruits, and what may leave it."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QSpinBox, QWidget

from devkit.lab.settings import RecruitmentGroup
from gui.bench import Bench
from gui.pages.settings.changing import change_lab, recruit
from gui.parts import boxed, button, card, column, form, label, row, spoken
from gui.words import tr


class LabTab(QWidget):
    """Name, languages, codes and the recruitment plan."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        assert bench.lab is not None  # the page shows this tab with a lab only
        self.bench, settings = bench, bench.lab.settings
        self.name = QLineEdit(settings.name)
        self.languages = QLineEdit(" ".join(settings.languages))
        self.scheme = QComboBox()
        self.scheme.addItem(tr("random: never the same at two stations"), "random")
        self.scheme.addItem(tr("counted: 1, 2, 3 …"), "counter")
        self.scheme.setCurrentIndex(self.scheme.findData(settings.codes.style))
        self.prefix = QLineEdit(settings.codes.prefix)
        self.name.editingFinished.connect(lambda: change_lab(bench, name=self.name.text().strip() or settings.name))
        self.languages.editingFinished.connect(self._languages)
        self.scheme.activated.connect(lambda: change_lab(bench, codes__style=self.scheme.currentData()))
        self.prefix.editingFinished.connect(lambda: change_lab(bench, codes__prefix=self.prefix.text().strip()))
        fields = form(
            (tr("&Name"), self.name),
            (tr("&Languages"), self.languages),
            (tr("&Codes of participants"), self.scheme),
            (tr("&Every code begins with"), self.prefix),
        )
        self.groups = list(settings.recruitment)
        self.setLayout(
            column(
                card(boxed(fields), heading=tr("The lab")),
                card(boxed(self._plan()), heading=tr("Recruitment plan")),
                None,
                gap=16,
            )
        )

    def _languages(self) -> None:
        change_lab(self.bench, languages=self.languages.text().replace(",", " ").split())

    def _plan(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        heads = (tr("Group"), tr("Kind"), tr("From month"), tr("To month"), tr("Wanted"), tr("Protocol"), "")
        for place, head in enumerate(heads):
            grid.addWidget(label(head, "small", wrap=False), 0, place)
        for number, group in enumerate(self.groups, 1):
            self._group(grid, number, group)
        add = button(tr("Add a group"), on=self.add_group, sign="add")
        grid.addWidget(boxed(row(add, None)), len(self.groups) + 1, 0, 1, len(heads))
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(5, 1)
        return grid

    def _group(self, grid: QGridLayout, number: int, group: RecruitmentGroup) -> None:
        name, kind, protocol = QLineEdit(group.name), QComboBox(), QLineEdit(group.protocol)
        protocol.setPlaceholderText(tr("every"))
        for value, words in (("child", tr("child")), ("adult", tr("adult"))):
            kind.addItem(words, value)
        kind.setCurrentIndex(kind.findData(group.kind))
        low = QSpinBox(minimum=0, maximum=1200, value=group.age_months[0])
        high = QSpinBox(minimum=0, maximum=1200, value=group.age_months[1])
        wanted = QSpinBox(minimum=1, maximum=100_000, value=group.participants)

        def keep() -> None:
            self.groups[number - 1] = RecruitmentGroup(
                name=name.text().strip(),
                kind=kind.currentData(),
                age_months=(min(low.value(), high.value()), max(low.value(), high.value())),
                participants=wanted.value(),
                protocol=protocol.text().strip(),
            )
            if tuple(self.groups) != self._kept():
                recruit(self.bench, self.groups)

        fields = (name, kind, low, high, wanted, protocol)
        titles = (tr("Group"), tr("Kind"), tr("From month"), tr("To month"), tr("Wanted"), tr("Protocol"))
        for place, (field, title) in enumerate(zip(fields, titles, strict=True)):
            grid.addWidget(spoken(field, tr("{what} of group {n}", what=title, n=number)), number, place)
            if isinstance(field, QComboBox):
                field.activated.connect(keep)
            else:
                field.editingFinished.connect(keep)
        out = button(tr("Remove"), on=lambda: self.remove_group(number - 1), sign="remove")
        grid.addWidget(spoken(out, tr("Remove group {n}", n=number)), number, len(fields))

    def _kept(self) -> tuple[RecruitmentGroup, ...]:
        return self.bench.lab.settings.recruitment if self.bench.lab is not None else ()

    def add_group(self) -> None:
        """Add a group of children."""
        low = self.groups[-1].age_months[1] + 1 if self.groups else 24
        recruit(self.bench, [*self.groups, RecruitmentGroup(age_months=(low, low + 5), participants=20)])

    def remove_group(self, number: int) -> None:
        """Take a group out of the plan; undo brings it back."""
        recruit(self.bench, [group for place, group in enumerate(self.groups) if place != number])


class PrivacyTab(QWidget):
    """What exports may hold, in words."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        assert bench.lab is not None  # the page shows this tab with a lab only
        self.bench, privacy = bench, bench.lab.settings.privacy
        self.dates = QComboBox()
        for value, words in (
            ("time", tr("date and time of day")),
            ("day", tr("the day; ids are replaced")),
            ("month", tr("the month; ids are replaced")),
            ("none", tr("nothing; ids are replaced")),
        ):
            self.dates.addItem(words, value)
        self.dates.setCurrentIndex(self.dates.findData(privacy.dates))
        self.raw = QCheckBox(tr("Exports hold the words of replies"), checked=privacy.raw_answers)
        self.notes = QCheckBox(tr("Exports hold the examiner's notes"), checked=privacy.notes)
        self.dates.activated.connect(lambda: change_lab(bench, privacy__dates=self.dates.currentData()))
        self.raw.clicked.connect(lambda on: change_lab(bench, privacy__raw_answers=on))
        self.notes.clicked.connect(lambda on: change_lab(bench, privacy__notes=on))
        never = tr(
            "Names, dates of birth and contacts are never exported, logged or sent. Nothing leaves this machine unless "
            "you export it; models on a server get pictures and prompts of the items, never anything of a child."
        )
        fields = form((tr("&When things were"), self.dates))
        self.setLayout(
            column(
                card(boxed(fields), self.raw, self.notes, heading=tr("What exports may hold")),
                card(label(never), heading=tr("What never leaves")),
                None,
                gap=16,
            )
        )
