"""Settings."""

from __future__ import annotations

from gui.bench import Bench
from gui.page import Page
from gui.parts import Empty
from gui.words import tr


class SettingsPage(Page):
    """Settings."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, tr("Settings"))
        self.set_content(Empty(tr("Settings")))
