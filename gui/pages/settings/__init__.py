"""Settings: the app, the lab, the child's screen and sound, privacy, and the lab's data."""

from gui.pages.settings.page import SettingsPage

__all__ = ["SettingsPage"]
