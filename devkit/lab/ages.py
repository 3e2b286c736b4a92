"""Ages: in days on the day of a session, corrected for prematurity, with how finely they are known."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from devkit.errors import UserError

Precision = Literal["day", "month", "year"]
TERM_WEEKS = 40
PRETERM_BELOW_WEEKS = 37
CORRECTED_UNTIL_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Age:
    """How old somebody was.

    Attributes:
        days: Since birth.
        corrected_days: Corrected for prematurity; None when the weeks of gestation are not known.
        precision: How finely the birth is known.
    """

    days: int
    corrected_days: int | None
    precision: Precision


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A date of birth, or the month of one (then its middle stands for it)."""

    day: date
    precision: Precision = "day"

    @classmethod
    def parse(cls, text: str) -> BirthDate:
        """Read ``2024-03-17`` or ``2024-03``.

        Raises:
            UserError: The text is neither. It is not repeated in the message.
        """
        found = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", text.strip())
        try:
            if found is None:
                raise ValueError
            day = date(int(found[1]), int(found[2]), int(found[3] or 15))
        except ValueError:
            raise UserError("the date of birth is no date", hint="write YYYY-MM-DD or YYYY-MM", code="date") from None
        return cls(day, "day" if found[3] else "month")

    def __str__(self) -> str:
        return self.day.isoformat() if self.precision == "day" else self.day.isoformat()[:7]


def months_between(start: date, end: date) -> int:
    """Return the completed months from ``start`` to ``end``."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def months_and_days(start: date, end: date) -> tuple[int, int]:
    """Return an age as completed months and the days beyond them."""
    months = months_between(start, end)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    reached = date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
    return months, (end - reached).days


def corrected_days(days: int, months: float, gestational_weeks: int | None) -> int | None:
    """Correct an age for prematurity: the weeks before 40 are subtracted until 24 months of age.

    Args:
        days: Age since birth.
        months: The same in months.
        gestational_weeks: Completed weeks at birth; None when unknown.

    Returns:
        The corrected age; ``days`` for a term baby (37 weeks or more) and from 24 months on; None when unknown.
    """
    if gestational_weeks is None:
        return days if months >= CORRECTED_UNTIL_MONTHS else None
    if gestational_weeks >= PRETERM_BELOW_WEEKS or months >= CORRECTED_UNTIL_MONTHS:
        return days
    return days - 7 * (TERM_WEEKS - gestational_weeks)


def age_on(birth: BirthDate, day: date, gestational_weeks: int | None) -> Age:
    """Return the age on a day.

    Raises:
        UserError: The day is before the birth.
    """
    days = (day - birth.day).days
    if days < 0 and birth.precision == "month" and (day.year, day.month) == (birth.day.year, birth.day.month):
        days = 0
    if days < 0:
        raise UserError("the date of birth is later than the session", hint="correct the participant", code="date")
    corrected = corrected_days(days, months_between(birth.day, day), gestational_weeks)
    return Age(days, corrected, birth.precision)
