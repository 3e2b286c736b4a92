"""Start: open or make a lab, a guided first run, and whether this machine is fit for sessions."""

from gui.pages.start.page import StartPage

__all__ = ["StartPage"]
