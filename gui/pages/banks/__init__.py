"""Banks and corpora: items with their pictures, audits, import and export; recordings, checks, numbers and review."""

from gui.pages.banks.page import BanksPage

__all__ = ["BanksPage"]
