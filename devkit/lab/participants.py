"""Participants by code: an append-only file of JSON lines, like the journals; the latest line of a code counts.

Who stands behind a code is in `devkit.lab.people` and nowhere else.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from devkit.errors import Problem, UserError, did_you_mean
from devkit.lab import files
from devkit.lab.ages import Age, BirthDate, age_on
from devkit.lab.journal import LOCK_PATIENCE_S
from devkit.lab.lines import BadLine, decode, encode, split
from devkit.lab.lists import LISTS, balanced_list
from devkit.lab.people import People, Person
from devkit.lab.settings import CodeScheme
from devkit.records import Row
from devkit.respondents import RespondentInfo

Sex = Literal["female", "male", "other"]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
CHANGEABLE = ("kind", "sex", "languages", "gestational_weeks", "counterbalance_list", "consent", "video")
ALPHABET = "23456789BCDFGHJKMNPQRTVWXZ"  # nothing that looks like another, and no vowels, so no words


class Participant(Row):
    """A participant, without anything that says who it is.

    Attributes:
        code: Unique in the lab.
        kind: ``child`` or ``adult``.
        sex: As told by the family; None when not told.
        languages: BCP 47, the first language first; empty when not known.
        gestational_weeks: Completed weeks at birth; None when not known.
        source: Where the participant was imported from; empty for the lab's own.
        added_at: ISO 8601.
        counterbalance_list: Which list of a counterbalanced protocol is taken; None leaves it to the code.
        consent: Version of the consent form that was signed; empty when none is noted.
        video: Whether the family agreed to video of the child.
        merged_into: Code under which this person is known since two entries were found to be one.
        withdrawn_at: Day on which the family withdrew; everything else of the person is gone.
    """

    code: Code
    kind: Literal["child", "adult"] = "child"
    sex: Sex | None = None
    languages: tuple[str, ...] = ()
    gestational_weeks: Annotated[int, Field(ge=22, le=44)] | None = None
    source: str = ""
    added_at: str
    counterbalance_list: Annotated[int, Field(ge=0, lt=LISTS)] | None = None
    consent: str = ""
    video: bool = False
    merged_into: str = ""
    withdrawn_at: str = ""

    @property
    def active(self) -> bool:
        """Whether the participant takes part: neither merged into another nor withdrawn."""
        return not self.merged_into and not self.withdrawn_at


class Participants:
    """The participants of a lab.

    Args:
        path: ``participants.jsonl``.
        people: Who stands behind the codes.
        scheme: How codes are made.
    """

    def __init__(self, path: Path, people: People, scheme: CodeScheme) -> None:
        self.path = path
        self.people = people
        self._scheme = scheme

    def add(
        self,
        code: str | None = None,
        *,
        kind: Literal["child", "adult"] = "child",
        sex: Sex | None = None,
        languages: tuple[str, ...] = (),
        gestational_weeks: int | None = None,
        birth_date: str = "",
        name: str = "",
        contact: str = "",
        source: str = "",
        consent: str = "",
        video: bool = False,
    ) -> Participant:
        """Add a participant; the code is made by the lab's scheme unless given.

        Args:
            code: A code of one's own.
            kind: ``child`` or ``adult``.
            sex: As told by the family.
            languages: BCP 47, the first language first.
            gestational_weeks: Completed weeks at birth.
            birth_date: ``YYYY-MM-DD`` or ``YYYY-MM``; kept apart.
            name: Kept apart.
            contact: Kept apart.
            source: Where the participant was imported from.
            consent: Version of the consent form.
            video: Whether the family agreed to video.

        Raises:
            UserError: The code is taken or no code, another value is wrong, or the disk refuses.
        """
        known = self.read()[0]
        taken = set(known)
        if code in taken:
            raise UserError(f"there is a participant '{code}' already", place=str(self.path), hint="choose another")
        birth = str(BirthDate.parse(birth_date)) if birth_date else ""
        if (name or birth or contact) and self.people.locked:
            self.people.all()  # says that it is locked, before anything is written
        participant = _made(
            code=code or self._new_code(taken),
            kind=kind,
            sex=sex,
            languages=languages,
            gestational_weeks=gestational_weeks,
            source=source,
            added_at=datetime.now(UTC).isoformat(timespec="seconds"),
            counterbalance_list=balanced_list(
                one.counterbalance_list
                for one in known.values()
                if one.active and one.kind == kind and one.counterbalance_list is not None
            ),
            consent=consent,
            video=video,
        )
        self.write([participant])
        if name or birth or contact:
            self.people.keep(Person(participant.code, name, birth, contact))
        return participant

    def all(self) -> list[Participant]:
        """Return everybody who takes part, in order of code; not those who were merged or have withdrawn."""
        found = (one for one in self.read()[0].values() if one.active)
        return sorted(found, key=lambda participant: participant.code)

    def change(
        self, code: str, *, birth_date: str = "", name: str = "", contact: str = "", **particulars: object
    ) -> Participant:
        """Change what is known of a participant; the earlier state stays in the file.

        Args:
            code: The participant.
            birth_date: Kept apart; empty changes nothing.
            name: Kept apart; empty changes nothing.
            contact: Kept apart; empty changes nothing.
            particulars: Columns of `Participant` with their new values.

        Raises:
            UserError: There is no such participant, a value is wrong, or the disk refuses.
        """
        before = self.get(code)
        wrong = set(particulars) - set(CHANGEABLE)
        if wrong:
            raise UserError(f"a participant's {min(wrong)} cannot be changed", hint=", ".join(CHANGEABLE))
        after = _made(**(before.model_dump() | particulars))
        if name or birth_date or contact:
            self.people.keep(Person(before.code, name, birth_date, contact))
        if after != before:
            self.write([after])
        return after

    def get(self, code: str) -> Participant:
        """Return a participant; of one who was merged into another, the other.

        Raises:
            UserError: There is none of that code, or the family has withdrawn.
        """
        found = self.read()[0]
        for _ in found:
            if code in found and found[code].merged_into:
                code = found[code].merged_into
        if code not in found:
            hint = did_you_mean(code, found) or "add one with 'devkit participant add'"
            raise UserError(f"there is no participant '{code}'", place=str(self.path), hint=hint)
        if found[code].withdrawn_at:
            message = f"participant '{code}' has withdrawn on {found[code].withdrawn_at}"
            raise UserError(message, place=str(self.path), code="withdrawn")
        return found[code]

    def names_of(self, code: str) -> frozenset[str]:
        """Return every code under which a person has been known: the code and those merged into it."""
        found, names = self.read()[0], {code}
        while more := {one.code for one in found.values() if one.merged_into in names} - names:
            names |= more
        return frozenset(names)

    def age(self, code: str, day: date) -> Age | None:
        """Return how old a participant is on a day; None when the date of birth is not kept.

        Raises:
            UserError: There is no such participant, the dates are locked, or the day is before the birth.
        """
        participant = self.get(code)
        birth = self.people.birth_date(participant.code)
        return age_on(birth, day, participant.gestational_weeks) if birth else None

    def ages(self, day: date) -> dict[str, Age]:
        """Return how old every participant is on a day whose date of birth is kept and not later; none when locked."""
        if self.people.locked:
            return {}
        born = {p.code: BirthDate.parse(p.birth_date) for p in self.people.all() if p.birth_date}
        return {
            p.code: age_on(born[p.code], day, p.gestational_weeks)
            for p in self.all()
            if p.code in born and born[p.code].day <= day
        }

    def info(self, code: str, day: date, *, language: str = "", without_age: bool = False) -> RespondentInfo:
        """Describe a participant as the respondent of a session on a day.

        Args:
            code: The participant.
            day: Day of the session.
            language: Language of the session; the participant's first by default.
            without_age: Go on without an age where the dates of birth are locked.

        Raises:
            UserError: There is no such participant, the dates are locked, or the day is before the birth.
        """
        participant = self.get(code)
        age = None if without_age and self.people.locked else self.age(code, day)
        return RespondentInfo(
            code=participant.code,
            kind=participant.kind,
            age_days=age.days if age else None,
            age_corrected_days=age.corrected_days if age else None,
            age_precision=age.precision if age else None,
            language=language or next(iter(participant.languages), "en"),
        )

    def read(self) -> tuple[dict[str, Participant], list[Problem]]:
        """Return the participants by code, and what is wrong with the file."""
        found: dict[str, Participant] = {}
        problems: list[Problem] = []
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            data = b""
        for raw in split(data):
            try:
                participant = Participant.model_validate_json(decode(raw.text).data)
                found[participant.code] = participant
            except (BadLine, ValidationError) as error:
                message = str(error) if isinstance(error, BadLine) else "the participant cannot be read"
                place = f"{self.path}:{raw.number}"
                problems.append(Problem("participants-line", message, place, "the other lines were read"))
        return found, problems

    def write(self, participants: list[Participant]) -> None:
        """Append participants, or new states of them.

        Raises:
            UserError: Another program is writing, or the disk refuses.
        """
        with self._held() as descriptor:
            size = os.fstat(descriptor).st_size
            unended = size > 0 and _last_byte(descriptor) != b"\n"
            lines = b"\n" * unended + b"".join(encode("participant", p.model_dump_json()) for p in participants)
            files.append(descriptor, lines, durable=True, path=self.path)

    def erase(self, code: str, tombstone: Participant) -> None:
        """Replace every line of a participant by one that says only that the family withdrew, and when.

        The one place where lines of this file go away; `devkit.lab.withdrawal` is what calls it.
        """
        with self._held():
            kept = []
            for raw in split(self.path.read_bytes()):
                try:
                    mine = Participant.model_validate_json(decode(raw.text).data).code == code
                except (BadLine, ValidationError):
                    mine = code.encode() in raw.text
                if not mine:
                    kept.append(raw.text + b"\n")
            files.write_whole(self.path, b"".join(kept) + encode("participant", tombstone.model_dump_json()))

    @contextmanager
    def _held(self) -> Iterator[int]:
        """Hold the file against other writers; yields its descriptor."""
        while True:
            with files.writing(self.path):
                descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                if not files.lock(descriptor, patience=10 * LOCK_PATIENCE_S):
                    raise UserError("is being written by another program", place=str(self.path), hint="try again")
                if os.path.samestat(os.fstat(descriptor), os.stat(self.path)):  # else it was replaced while we waited
                    yield descriptor
                    return
            finally:
                os.close(descriptor)

    def merge(self, other: Participants) -> tuple[int, list[str]]:
        """Add the participants of another lab.

        Returns:
            How many were new, and the codes that both labs use with different particulars (ours stay).
        """
        ours, theirs = self.read()[0], other.read()[0]
        new = [participant for code, participant in theirs.items() if code not in ours]  # tombstones too
        if new:
            self.write(new)
        same = [code for code in theirs if code in ours]
        return len(new), [code for code in same if _particulars(ours[code]) != _particulars(theirs[code])]

    def _new_code(self, taken: set[str]) -> str:
        scheme, number = self._scheme, 1
        while True:
            if scheme.style == "counter":
                tail = f"{number:0{scheme.digits}d}"
                number += 1
            else:
                tail = "".join(secrets.choice(ALPHABET) for _ in range(scheme.digits))
            if (code := scheme.prefix + tail) not in taken:
                return code


def _last_byte(descriptor: int) -> bytes:
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1)


def _particulars(participant: Participant) -> Participant:
    return participant.model_copy(update={"added_at": "", "source": "", "counterbalance_list": None})


def _made(**values: object) -> Participant:
    try:
        return Participant.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)[0]
        name = str(found["loc"][0])
        hints = {"code": "letters, digits, '-', '_' and '.', at most 64", "sex": "female, male or other"}
        raise UserError(f"the participant's {name} is wrong: {found['msg']}", hint=hints.get(name, "")) from None
