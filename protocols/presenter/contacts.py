"""Which contact with the screen is a press: a pure state machine over streams of contacts.

A contact goes down, may move, and comes up; several may be down at once. A press counts when the finger goes down. What
does not count is refused with a word that the record keeps: nothing is dropped silently.

Rules
- A contact that begins within half a centimetre of the screen's edge is a hand that holds the screen: ``edge``.
- While a finger is down that was accepted a moment ago, another one is the rest of the same hand: ``second``. A contact
  that stays down for a second is a resting hand; it blocks nobody any more, and it is not accepted a second time.
- A contact that begins where one came up a moment ago is the same touch of a flickering screen: ``bounce``.
- A contact that goes down without having come up has come up unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EDGE_CM = 0.5
HELD_S = 1.0
BOUNCE_S = 0.035
BOUNCE_CM = 0.5

Why = Literal["", "edge", "second", "bounce"]


@dataclass(frozen=True, slots=True)
class Contact:
    """Something that happened to one contact.

    Attributes:
        number: Which contact; a mouse has one.
        what: What happened.
        x: Pixels from the centre of the window.
        y: Pixels from the centre, upwards.
        at_s: When, `time.perf_counter`.
    """

    number: int
    what: Literal["down", "move", "up"]
    x: float
    y: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Rules:
    """How contacts are judged on one screen.

    Attributes:
        half_width: Half the width of the window, pixels.
        half_height: Half its height.
        edge_px: Width of the edge that does not count; 0 for none.
        bounce_px: How near a bounce is.
        held_s: From when on a contact is a resting hand.
        bounce_s: How soon a bounce comes.
    """

    half_width: float
    half_height: float
    edge_px: float = 0.0
    bounce_px: float = 0.0
    held_s: float = HELD_S
    bounce_s: float = BOUNCE_S

    def at_edge(self, x: float, y: float) -> bool:
        """Whether a point is in the edge that does not count."""
        return self.edge_px > 0 and (
            abs(x) > self.half_width - self.edge_px or abs(y) > self.half_height - self.edge_px
        )


def rules_for(size: tuple[int, int], px_per_cm: float, *, touch: bool) -> Rules:
    """Return the rules of a window; the edge and bounces are a matter of touch screens only."""
    edge, bounce = (EDGE_CM * px_per_cm, BOUNCE_CM * px_per_cm) if touch else (0.0, 0.0)
    return Rules(size[0] / 2, size[1] / 2, edge, bounce)


@dataclass(frozen=True, slots=True)
class Judged:
    """A contact that went down: the contact, and why it is no press (empty when it is one)."""

    contact: Contact
    why: Why


@dataclass(frozen=True, slots=True)
class Lifted:
    """A contact that came up: how long it was down, and whether it had been a press."""

    contact: Contact
    down_s: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class _Down:
    since_s: float
    accepted: bool


class Contacts:
    """The state of all contacts of one screen.

    Args:
        rules: How they are judged.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._down: dict[int, _Down] = {}
        self._last_up: Contact | None = None

    def feed(self, contact: Contact) -> Judged | Lifted | None:
        """Take what happened to a contact; returns what it amounts to, None for a move or an unknown end."""
        match contact.what:
            case "down":
                why = self._judge(contact)
                self._down[contact.number] = _Down(contact.at_s, not why)
                return Judged(contact, why)
            case "up":
                before = self._down.pop(contact.number, None)
                self._last_up = contact
                return None if before is None else Lifted(contact, contact.at_s - before.since_s, before.accepted)
            case _:
                return None

    def down(self, at_s: float) -> tuple[int, int]:
        """Return how many contacts are down, and how many of them are resting hands."""
        held = sum(at_s - one.since_s >= self.rules.held_s for one in self._down.values())
        return len(self._down), held

    def _judge(self, contact: Contact) -> Why:
        if self.rules.at_edge(contact.x, contact.y):
            return "edge"
        if self._bounced(contact):
            return "bounce"
        others = (one for number, one in self._down.items() if number != contact.number)
        if any(one.accepted and contact.at_s - one.since_s < self.rules.held_s for one in others):
            return "second"
        return ""

    def _bounced(self, contact: Contact) -> bool:
        last = self._last_up
        if last is None or not 0 <= contact.at_s - last.at_s < self.rules.bounce_s:
            return False
        return max(abs(contact.x - last.x), abs(contact.y - last.y)) < self.rules.bounce_px
