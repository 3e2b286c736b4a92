"""The pages of the app, in the order of the list at the left; each is a module or package of its own."""

from __future__ import annotations

from gui.page import Entry
from gui.words import mark

ENTRIES: tuple[Entry, ...] = (
    Entry("start", mark("Start"), "open", "gui.pages.start", "StartPage", needs_lab=False, listed=False),
    Entry("home", mark("Home"), "home", "gui.pages.home", "HomePage"),
    Entry("participants", mark("Participants"), "people", "gui.pages.participants", "ParticipantsPage"),
    Entry("run", mark("Run"), "run", "gui.pages.run", "RunPage"),
    Entry("trials", mark("Trials"), "table", "gui.pages.trials", "TrialsPage"),
    Entry("models", mark("Models"), "model", "gui.pages.models.page", "ModelsPage"),
    Entry("compare", mark("Compare"), "compare", "gui.pages.compare.page", "ComparePage"),
    Entry("protocols", mark("Protocols"), "protocol", "gui.pages.protocols", "ProtocolsPage"),
    Entry("banks", mark("Banks"), "bank", "gui.pages.banks", "BanksPage"),
    Entry("settings", mark("Settings"), "settings", "gui.pages.settings", "SettingsPage", needs_lab=False),
)


def entry(name: str) -> Entry | None:
    """Return the entry of a page by its short name; None when there is no such page."""
    return next((one for one in ENTRIES if one.name == name), None)
