"""Start: open or make a lab, the recent ones, and whether this machine is fit for sessions."""

from __future__ import annotations

from gui.bench import Bench
from gui.page import Page
from gui.parts import boxed, button, card, column
from gui.words import tr


class StartPage(Page):
    """Where the app begins."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, tr("Welcome"), tr("Open a lab, or make one."))
        self.set_content(boxed(column(card(button(tr("Open a lab …"), sign="open")), None)))
