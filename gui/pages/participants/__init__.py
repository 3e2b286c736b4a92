"""Participants: the table, what is known of one, adding and changing, merging, withdrawing, and names under lock."""

from gui.pages.participants.page import ParticipantsPage

__all__ = ["ParticipantsPage"]
