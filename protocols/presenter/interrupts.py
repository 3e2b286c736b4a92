"""How the examiner breaks into a turn: exceptions that are raised inside whatever is being shown."""

from __future__ import annotations

from protocols.controls import Stop, Withdrawn


class Interrupted(Exception):
    """The examiner interrupted the turn."""


class TurnPaused(Interrupted):
    """The session is paused."""


class TurnSkipped(Interrupted):
    """This turn is left out."""


class TurnAttention(Interrupted):
    """The attention-getter is to come now; the turn begins anew after it."""


class TurnTakenBack(Interrupted):
    """The trial is put again from its beginning.

    Attributes:
        withdrawn: Why.
    """

    def __init__(self, withdrawn: Withdrawn) -> None:
        super().__init__(withdrawn.why)
        self.withdrawn = withdrawn


class TurnStopped(Interrupted):
    """The session ends.

    Attributes:
        stop: Why.
    """

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.reason)
        self.stop = stop
