"""Protocols: the text with its mistakes, a form over it, a look at the trials, a pilot, and versions side by side."""

from gui.pages.protocols.page import ProtocolsPage

__all__ = ["ProtocolsPage"]
