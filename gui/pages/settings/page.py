"""The page of settings: one tab a subject; what belongs to the lab shows only while one is open."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from gui.bench import Bench
from gui.page import Page
from gui.pages.settings.app import AppTab
from gui.pages.settings.data import DataTab
from gui.pages.settings.lab import LabTab, PrivacyTab
from gui.pages.settings.screens import ScreensTab
from gui.pages.settings.sound import SoundTab
from gui.parts import scrolled
from gui.words import tr


class SettingsPage(Page):
    """What can be set."""

    def __init__(self, bench: Bench) -> None:
        hint = tr("Changes are kept at once; those of the lab can be undone with Ctrl+Z.")
        super().__init__(bench, tr("Settings"), hint)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.parts: dict[str, QWidget] = {}
        self.set_content(self.tabs)
        self._fill()

    def _fill(self) -> None:
        chosen = self.tabs.currentIndex()
        while self.tabs.count():
            gone = self.tabs.widget(0)
            self.tabs.removeTab(0)
            gone.deleteLater()
        self.parts = {"app": AppTab(self.bench)}
        titles = {"app": tr("The app")}
        if self.bench.lab is not None:
            self.parts |= {
                "lab": LabTab(self.bench),
                "screen": ScreensTab(self.bench),
                "sound": SoundTab(self.bench),
                "privacy": PrivacyTab(self.bench),
                "data": DataTab(self.bench),
            }
            titles |= {
                "lab": tr("The lab"),
                "screen": tr("Screen and input"),
                "sound": tr("Sound"),
                "privacy": tr("Privacy"),
                "data": tr("Data"),
            }
        for name, part in self.parts.items():
            self.tabs.addTab(scrolled(part), titles[name])
        self.tabs.setCurrentIndex(max(0, min(chosen, self.tabs.count() - 1)))

    def lab_changed(self) -> None:
        """Show the settings as they are now."""
        self._fill()

    def present(self, needs_lab: bool, target: str) -> None:
        """Come into sight; an open lab's tabs are made anew when it is another."""
        super().present(needs_lab, target)
        names = list(self.parts)
        if target in names:
            self.tabs.setCurrentIndex(names.index(target))
