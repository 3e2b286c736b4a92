"""Where everything lies on the child's screen: pure geometry, one rule for each layout.

Places are in pixels from the centre of the window, y upwards. Pictures of one turn are equally large, equally far from
the centre where the layout allows, at least two centimetres, and never touch the edge. A choice can be pressed anywhere
in its box, also beside a picture that does not fill it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devkit.annotations import DIRECTIONS
from devkit.respondents import PresentedTurn

MIN_CM = 2.0
LEAST_AREA = 0.35
MAX_CM = 14.0
MARGIN_CM = 1.2
GAP_SHARE = 0.06
STEP = {
    "left": (-1, 0),
    "right": (1, 0),
    "top": (0, 1),
    "bottom": (0, -1),
    "top left": (-1, 1),
    "top right": (1, 1),
    "bottom left": (-1, -1),
    "bottom right": (1, -1),
}


@dataclass(frozen=True, slots=True)
class Rect:
    """A box: centre, width and height, pixels from the centre of the window, y upwards."""

    x: float
    y: float
    w: float
    h: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is inside; the left and bottom edges belong to it, the others do not."""
        return -self.w / 2 <= x - self.x < self.w / 2 and -self.h / 2 <= y - self.y < self.h / 2

    def fit(self, width: float, height: float) -> Rect:
        """Return the largest box of that shape in the middle of this one."""
        scale = min(self.w / width, self.h / height)
        return Rect(self.x, self.y, width * scale, height * scale)

    def on_desktop(self, window: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
        """Return left, top, width, height on the desktop for a window at x, y, width, height."""
        left, top, width, height = window
        return (left + width / 2 + self.x - self.w / 2, top + height / 2 - self.y - self.h / 2, self.w, self.h)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is where in one turn.

    Attributes:
        stimulus: Box of the query, of the picture to look at, or of the frames; None when there is none.
        choices: Box of each choice at its shown position; empty where a number is keyed.
        pictures: Digest of the picture in each choice box; None for a choice without one.
        arrows: Direction of each choice that is a direction, as x and y steps; empty otherwise.
        quartered: Whether the choices are the quarters of the stimulus picture.
        small: Whether the screen is too small for pictures of two centimetres.
    """

    stimulus: Rect | None
    choices: tuple[Rect, ...]
    pictures: tuple[str | None, ...] = ()
    arrows: tuple[tuple[int, int], ...] = ()
    quartered: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The drawing area: width and height in pixels, and its pixels per centimetre."""

    width: float
    height: float
    px_per_cm: float

    @property
    def margin(self) -> float:
        """Free edge on all four sides."""
        return min(MARGIN_CM * self.px_per_cm, 0.06 * min(self.width, self.height))

    @property
    def gap(self) -> float:
        """Space between two pictures."""
        return GAP_SHARE * self.width

    def side(self, columns: int, rows: int) -> float:
        """Return the side of squares of which so many fit, not above the largest size."""
        across = (self.width - 2 * self.margin - (columns - 1) * self.gap) / columns
        down = (self.height - 2 * self.margin - (rows - 1) * self.gap) / rows
        return min(across, down, MAX_CM * self.px_per_cm)


def choice_pictures(turn: PresentedTurn) -> tuple[str | None, ...]:
    """Return the picture of each choice.

    Published items may give the pictures as stimuli and the choices as words ("(A) the first image"); then the last
    pictures, one for each choice, are the choices' own.
    """
    own = tuple(choice.media for choice in turn.choices)
    if any(own) or turn.layout in ("quadrants", "sequence", "single_number", "hiding", "rest"):
        return own
    return turn.stimuli[-len(own) :] if len(turn.stimuli) >= len(own) else own


def query_pictures(turn: PresentedTurn) -> tuple[str, ...]:
    """Return the pictures that are shown before or above the choices."""
    own = choice_pictures(turn)
    borrowed = len(own) if any(own) and not any(choice.media for choice in turn.choices) else 0
    return turn.stimuli[: len(turn.stimuli) - borrowed]


def arrange(turn: PresentedTurn, sheet: Sheet) -> Arrangement:
    """Lay out a turn.

    Args:
        turn: What is put.
        sheet: The drawing area.

    Raises:
        ValueError: The choices do not fit the layout (a direction that is none, a choice without a picture).
    """
    pictures = choice_pictures(turn)
    match turn.layout:
        case "quadrants":
            side = sheet.side(1, 1)
            box = Rect(0, 0, min(sheet.width - 2 * sheet.margin, side * 4 / 3), side)
            found = Arrangement(box, quarters(box, turn), quartered=True)
        case "sequence":
            found = _sequence(turn, sheet)
        case "single_number":
            side = sheet.side(1, 1)
            found = Arrangement(Rect(0, 0, min(sheet.width - 2 * sheet.margin, side * 4 / 3), side), ())
        case "query3":
            found = _query(sheet, pictures)
        case "grid4":
            found = Arrangement(None, _grid(sheet, len(pictures)), pictures)
        case "hiding":
            found = _hiding(sheet, len(pictures))
        case "tutorial":
            found = Arrangement(None, (_somewhere(sheet, turn.item_id),), pictures)
        case _:
            found = Arrangement(None, _row(sheet, len(pictures), 0, sheet.side(max(2, len(pictures)), 1)), pictures)
    if found.pictures and not all(found.pictures):
        raise ValueError(f"a choice of {turn.item_id} has no picture, and the layout {turn.layout} needs one")
    smallest = min((min(box.w, box.h) for box in found.choices), default=2 * MIN_CM * sheet.px_per_cm)
    small = smallest < MIN_CM * sheet.px_per_cm
    return Arrangement(found.stimulus, found.choices, found.pictures, found.arrows, found.quartered, small)


def quarters(picture: Rect, turn: PresentedTurn) -> tuple[Rect, ...]:
    """Return the quarter of a picture that each choice names (``top left`` …), in shown order."""
    return tuple(
        Rect(picture.x + dx * picture.w / 4, picture.y + dy * picture.h / 4, picture.w / 2, picture.h / 2)
        for dx, dy in (_step(choice.label, turn) for choice in turn.choices)
    )


def equally_large(boxes: Sequence[Rect], sizes: Sequence[tuple[int, int]]) -> list[Rect]:
    """Return places of equal area for pictures of different shape, each in the middle of its box.

    The area is the largest that all of them can have; a very narrow picture does not make the others smaller than
    about a third of their box, it fills its own as far as it can.

    Args:
        boxes: Squares of one size, one for each picture.
        sizes: Width and height of the pictures.
    """
    if not boxes:
        return []
    areas = [(place := box.fit(*size)).w * place.h for box, size in zip(boxes, sizes, strict=True)]
    area = max(min(areas), LEAST_AREA * boxes[0].w * boxes[0].h)
    return [
        Rect(box.x, box.y, (fit := box.fit(*size)).w * (scale := min(1.0, (area / own) ** 0.5)), fit.h * scale)
        for box, size, own in zip(boxes, sizes, areas, strict=True)
    ]


def press_position(choices: Sequence[Rect], x: float, y: float) -> int | None:
    """Return the choice whose box holds a point, or None."""
    return next((place for place, box in enumerate(choices) if box.holds(x, y)), None)


def _step(label: str, turn: PresentedTurn) -> tuple[int, int]:
    words = " ".join(label.lower().replace("-", " ").split()).replace("upper", "top").replace("lower", "bottom")
    if words not in STEP:
        raise ValueError(f"'{label}' in {turn.item_id} is no direction; known are {', '.join(DIRECTIONS)}")
    return STEP[words]


def _row(sheet: Sheet, count: int, y: float, side: float) -> tuple[Rect, ...]:
    pitch = side + sheet.gap
    return tuple(Rect((place - (count - 1) / 2) * pitch, y, side, side) for place in range(count))


def _grid(sheet: Sheet, count: int) -> tuple[Rect, ...]:
    side = sheet.side(2, 2)
    reach = (side + sheet.gap) / 2
    rows = (count + 1) // 2
    return tuple(
        Rect((-1 if place % 2 == 0 else 1) * reach, ((rows - 1) / 2 - place // 2) * 2 * reach, side, side)
        for place in range(count)
    )


def _query(sheet: Sheet, pictures: tuple[str | None, ...]) -> Arrangement:
    side = min(sheet.side(max(3, len(pictures)), 2), sheet.side(1, 2))
    reach = (side + sheet.gap) / 2
    return Arrangement(Rect(0, reach, side, side), _row(sheet, len(pictures), -reach, side), pictures)


def _hiding(sheet: Sheet, count: int) -> Arrangement:
    """A thing above, in the middle; boxes to hide it in below, on both sides."""
    side = min(sheet.side(max(3, count + 1), 2), sheet.side(1, 2))
    reach = (side + sheet.gap) / 2
    boxes = tuple(Rect((2 * place - (count - 1)) * 1.1 * side, -reach, side, side) for place in range(count))
    return Arrangement(Rect(0, reach, 0.8 * side, 0.8 * side), boxes)


def _somewhere(sheet: Sheet, item_id: str) -> Rect:
    """Return one of five places, the middle and the quarters, that depends on the item alone."""
    side = sheet.side(3, 2)
    places = ((0, 0), (-1, 1), (1, 1), (-1, -1), (1, -1))
    dx, dy = places[sum(item_id.encode()) % len(places)]
    return Rect(dx * (sheet.width / 2 - sheet.margin - side / 2), dy * (side + sheet.gap) / 2, side, side)


def _sequence(turn: PresentedTurn, sheet: Sheet) -> Arrangement:
    """Frames in the middle; around them an arrow for each direction, all of one size."""
    short = min(sheet.width, sheet.height)
    arrow = min(max(MIN_CM * sheet.px_per_cm, 0.16 * short), (short - 2 * sheet.margin) / 4)
    room = arrow + 1.3 * sheet.margin
    frame = Rect(0, 0, sheet.width - 2 * room, sheet.height - 2 * room)
    steps = tuple(_step(choice.label, turn) for choice in turn.choices)
    reach_x = sheet.width / 2 - sheet.margin - arrow / 2
    reach_y = sheet.height / 2 - sheet.margin - arrow / 2
    boxes = tuple(Rect(dx * reach_x, dy * reach_y, arrow, arrow) for dx, dy in steps)
    return Arrangement(frame, boxes, arrows=steps)
