"""The lab: participants, sessions and their media in one folder, safe against what can go wrong in a session.

Journals are the truth (`devkit.lab.journal` writes, `devkit.lab.reading` reads), the index and Parquet files are made
from them, names are kept apart. Exports are in `devkit.export`.
"""

from devkit.lab.journal import SessionJournal
from devkit.lab.participants import Participant, Participants
from devkit.lab.reading import Journal, parse_journal, read_journal
from devkit.lab.settings import CodeScheme, LabSettings, Privacy
from devkit.lab.store import Lab, Session
from devkit.lab.summary import SessionSummary
from devkit.lab.tables import table

__all__ = [
    "CodeScheme",
    "Journal",
    "Lab",
    "LabSettings",
    "Participant",
    "Participants",
    "Privacy",
    "Session",
    "SessionJournal",
    "SessionSummary",
    "parse_journal",
    "read_journal",
    "table",
]
