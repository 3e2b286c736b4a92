"""The pages of the main window: sessions and participants of the open lab."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from devkit.lab import Lab, SessionSummary
from devkit.look import INSIDE_GROUP_PX
from gui.parts import button, label
from gui.tables import SearchTable

DAYS_PER_MONTH = 30.4375
SESSION_COLUMNS = (
    "Started",
    "Respondent",
    "Kind",
    "Age, months",
    "Protocol",
    "Trials",
    "Answered",
    "Right",
    "Timing",
    "Ended",
)
PARTICIPANT_COLUMNS = ("Code", "Kind", "Languages", "Born at week", "Sessions", "Added")


class Page(QWidget):
    """A title, one line that says what to do here, an action at the right, and the content."""

    def __init__(self, title: str, hint: str, action: QPushButton | None, content: QWidget) -> None:
        super().__init__()
        self.hint = label(hint, "hint")
        words = QVBoxLayout()
        words.addWidget(label(title, "title"))
        words.addWidget(self.hint)
        head = QHBoxLayout()
        head.addLayout(words, 1)
        if action is not None:
            head.addWidget(action)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(INSIDE_GROUP_PX * 2)
        layout.addLayout(head)
        layout.addWidget(content, 1)


class SessionsPage(Page):
    """Every session of the lab, newest first, and the report over them."""

    def __init__(self) -> None:
        self.report = button("Write report", "primary")
        self.table = SearchTable(SESSION_COLUMNS, "sessions")
        super().__init__("Sessions", "", self.report, self.table)

    def show_lab(self, lab: Lab | None) -> None:
        """Show a lab's sessions, or say what to do without one."""
        sessions = lab.sessions() if lab is not None else []
        self.table.show_rows([_session_row(session) for session in reversed(sessions)])
        self.report.setEnabled(bool(sessions))
        if lab is None:
            self.hint.setText("Open a lab at the left. 'devkit lab init my-lab' makes one.")
        elif not sessions:
            self.hint.setText(f"No session yet. Run one: devkit run battery --lab {lab.path} --respondent chance")
        else:
            self.hint.setText(f"{len(sessions)} sessions. Type to search; click a column to sort.")


class ParticipantsPage(Page):
    """The participants by code; names and birth dates are kept elsewhere."""

    def __init__(self) -> None:
        self.table = SearchTable(PARTICIPANT_COLUMNS, "participants")
        super().__init__("Participants", "", None, self.table)

    def show_lab(self, lab: Lab | None) -> None:
        """Show a lab's participants, or say what to do without any."""
        participants = lab.participants.all() if lab is not None else []
        taken: dict[str, int] = {}
        for session in lab.sessions() if lab is not None else []:
            taken[session.respondent_code] = taken.get(session.respondent_code, 0) + 1
        self.table.show_rows(
            [
                (p.code, p.kind, " ".join(p.languages), p.gestational_weeks, taken.get(p.code, 0), p.added_at[:10])
                for p in participants
            ]
        )
        adding = f"Add one: devkit participant add {lab.path}" if lab is not None else "Open a lab at the left."
        self.hint.setText(f"{len(participants)} participants." if participants else f"No participant yet. {adding}")


def _session_row(session: SessionSummary) -> tuple[object, ...]:
    age = None if session.age_days is None else round(session.age_days / DAYS_PER_MONTH, 1)
    kind = session.baseline.replace("_", " ") + " baseline" if session.baseline else session.respondent_kind
    return (
        session.started_at[:16].replace("T", " "),
        session.respondent_code,
        kind,
        age,
        session.protocol,
        session.test_trials,
        session.answered,
        session.correct,
        session.timing_tier,
        session.reason or "not ended",
    )
