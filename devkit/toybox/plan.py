"""Which recordings a toybox has: three children, their ages, their homes and their toys.

Everything follows from the seed and the number of a recording, so recordings can be made in any order and a longer
corpus begins with the recordings of a shorter one.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import random
from dataclasses import dataclass
from functools import lru_cache

from devkit.errors import UserError
from devkit.toybox.nouns import NOUNS
from devkit.toybox.paint import derive
from devkit.toybox.props import Toy
from devkit.toybox.script import STEP_MS, Nursery, basket

CHILDREN = ("B", "L", "M")
OWN_OF_A_KIND = 3
BASKET = 26
HOURS_LIMIT = 20_000.0
SHORTEST_MS = 10_000
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Settings:
    """How a toybox is made.

    Attributes:
        seed: Everything follows from it.
        fps: Frames per second, an even number, so that 500 ms are whole frames.
        width: Of the frame, pixels, even.
        height: Of the frame, pixels, even.
        recording_ms: Length of a recording (the last may be shorter), a multiple of 500.
    """

    seed: int = 0
    fps: int = 10
    width: int = 640
    height: int = 480
    recording_ms: int = 180_000

    def check(self) -> None:
        """Refuse settings that cannot be made.

        Raises:
            UserError: Saying which and why.
        """
        if not isinstance(self.seed, int):
            raise UserError(f"a seed must be a whole number, not {self.seed!r}", code="toybox-seed")
        if self.fps < 2 or self.fps > 60 or self.fps % 2:
            raise UserError(
                f"fps must be an even number from 2 to 60, not {self.fps}",
                hint="two annotated frames a second must be whole frames",
                code="toybox-fps",
            )
        if self.width % 2 or self.height % 2 or not (160 <= self.width <= 3840 and 120 <= self.height <= 2160):
            raise UserError(
                f"a frame of {self.width}x{self.height} cannot be made",
                hint="even numbers from 160x120 to 3840x2160",
                code="toybox-size",
            )
        if not 0.7 <= self.width / self.height <= 2.0:
            raise UserError(
                f"a frame of {self.width}x{self.height} is too narrow or too wide",
                hint="width over height from 0.7 to 2",
                code="toybox-size",
            )
        if self.recording_ms < SHORTEST_MS or self.recording_ms > 7_200_000 or self.recording_ms % STEP_MS:
            raise UserError("a recording lasts 10 s to 2 h, in whole half seconds", code="toybox-length")

    @property
    def frame_width(self) -> int:
        """Return the width of the frame in reference units."""
        return round(480 * self.width / self.height)


@dataclass(frozen=True, slots=True)
class Slot:
    """One recording to be made.

    Attributes:
        number: From 0.
        name: ``CHILD_YYYYMMDD_MMDD_NN``.
        child: Code.
        date: Of the recording.
        age_months: Completed months.
        age_days: Days beyond.
        duration_ms: Length.
    """

    number: int
    name: str
    child: str
    date: dt.date
    age_months: int
    age_days: int
    duration_ms: int


def half_seconds(minutes: float) -> int:
    """Return minutes as ms in whole half seconds; 0, which `Settings.check` refuses, when they are no number."""
    return round(minutes * 120) * STEP_MS if math.isfinite(minutes) else 0


def slots(settings: Settings, hours: float) -> list[Slot]:
    """Return the recordings that fill some hours.

    Raises:
        UserError: If the hours are not between ten seconds and `HOURS_LIMIT`.
    """
    if not (
        isinstance(hours, int | float)
        and math.isfinite(hours)
        and SHORTEST_MS <= hours * 3_600_000 <= HOURS_LIMIT * 3_600_000
    ):
        raise UserError(f"hours must lie between 0.0028 (10 s) and {HOURS_LIMIT:.0f}, not {hours}", code="toybox-hours")
    left = round(hours * 3_600_000 / STEP_MS) * STEP_MS
    made: list[Slot] = []
    per_day: dict[str, int] = {}
    while left >= SHORTEST_MS or not made:
        length = min(settings.recording_ms, left)
        made.append(_slot(settings.seed, len(made), length, per_day))
        left -= length
    return made


def _slot(seed: int, number: int, length: int, per_day: dict[str, int]) -> Slot:
    child = CHILDREN[number % len(CHILDREN)]
    start = random.Random(derive(seed, "ages", child)).random()
    share = (start + GOLDEN * (number // len(CHILDREN)) + 0.31 * (number % len(CHILDREN))) % 1
    months, day = divmod(share * 26, 1)
    age_months, age_days = 6 + int(months), int(day * 28)
    date = _add_months(_birth(seed, child), age_months) + dt.timedelta(days=age_days)
    stem = f"{child}_{date:%Y%m%d}_{age_months:02d}{age_days:02d}"
    per_day[stem] = per_day.get(stem, 0) + 1
    return Slot(number, f"{stem}_{per_day[stem]:02d}", child, date, age_months, age_days, length)


def _birth(seed: int, child: str) -> dt.date:
    rng = random.Random(derive(seed, "birth", child))
    return dt.date(2019, 1, 1) + dt.timedelta(days=rng.randrange(700))


def _add_months(date: dt.date, months: int) -> dt.date:
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return date.replace(year=year, month=month + 1, day=min(date.day, calendar.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=8)
def own_toys(seed: int, child: str) -> tuple[Toy, ...]:
    """Return all the toys of a child, favourites first."""
    toys = []
    for noun in NOUNS:
        for number in range(1, OWN_OF_A_KIND + 1):
            name = f"{child}-{noun}-{number}"
            toys.append(Toy(noun, derive(seed, "toy", name) % 2**32, name))
    random.Random(derive(seed, "favourites", child)).shuffle(toys)
    return tuple(toys)


def nursery(settings: Settings, slot: Slot) -> Nursery:
    """Return what one recording can show."""
    seed = derive(settings.seed, "recording", slot.number)
    toys = basket(own_toys(settings.seed, slot.child), random.Random(derive(seed, "basket")), BASKET)
    rooms = tuple(derive(settings.seed, "room", slot.child, number) % 2**32 for number in range(4))
    return Nursery(seed, slot.name, toys, rooms, settings.frame_width)
