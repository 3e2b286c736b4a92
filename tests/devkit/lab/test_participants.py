"""Participants, the people behind them, and their ages."""

from __future__ import annotations

import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.lab import CodeScheme, Lab
from devkit.lab.ages import Age, BirthDate, age_on, corrected_days, months_and_days

DAYS = st.dates(date(1950, 1, 1), date(2030, 12, 31))


@given(DAYS, st.integers(0, 30_000))
def test_months_and_days_lead_back_to_the_day(born: date, days: int) -> None:
    day = born + timedelta(days)
    months, rest = months_and_days(born, day)
    assert 0 <= rest <= 30
    before = months_and_days(born, day + timedelta(1))
    assert before in [(months, rest + 1), (months + 1, 0)]


def test_months_and_days_over_short_months() -> None:
    assert months_and_days(date(2024, 1, 31), date(2024, 2, 29)) == (0, 29)
    assert months_and_days(date(2024, 1, 31), date(2024, 3, 1)) == (1, 1)
    assert months_and_days(date(2024, 3, 17), date(2026, 3, 16)) == (23, 27)
    assert months_and_days(date(2024, 3, 17), date(2026, 3, 17)) == (24, 0)


def test_the_age_of_a_preterm_child_is_corrected_until_24_months() -> None:
    born = BirthDate.parse("2024-03-17")
    assert age_on(born, date(2025, 3, 17), 34) == Age(365, 365 - 42, "day")
    assert age_on(born, date(2025, 3, 17), 37) == Age(365, 365, "day")
    assert age_on(born, date(2025, 3, 17), None) == Age(365, None, "day")
    assert age_on(born, date(2026, 3, 16), 34).corrected_days == 729 - 42
    assert age_on(born, date(2026, 3, 17), 34).corrected_days == 730
    assert corrected_days(480, 16, 34) == 438


def test_a_birth_known_by_its_month_says_so() -> None:
    assert age_on(BirthDate.parse("2024-03"), date(2024, 4, 15), 40) == Age(31, 31, "month")
    assert age_on(BirthDate.parse("2024-03"), date(2024, 3, 2), 40).days == 0
    with pytest.raises(UserError, match="later than the session"):
        age_on(BirthDate.parse("2024-03-17"), date(2024, 3, 16), 40)


@given(st.text(max_size=12))
def test_a_wrong_date_is_a_users_mistake_and_is_not_repeated(text: str) -> None:
    said = "the date of birth is no date (write YYYY-MM-DD or YYYY-MM)"
    try:
        BirthDate.parse(text)
    except UserError as error:
        said = str(error)
    assert said == "the date of birth is no date (write YYYY-MM-DD or YYYY-MM)"


def test_names_and_birth_dates_stay_in_their_own_file(lab: Lab) -> None:
    added = lab.participants.add(
        name="Ada Zephyrine", birth_date="2023-07-29", contact="zeph@example.org", sex="female", gestational_weeks=35
    )
    person = lab.participants.people.get(added.code)
    assert person is not None
    assert (person.name, person.birth_date) == ("Ada Zephyrine", "2023-07-29")
    assert "Zephyrine" not in repr(person)
    assert "2023-07-29" not in repr(person)
    people = lab.path / "people.sqlite"
    assert stat.S_IMODE(people.stat().st_mode) == 0o600
    lab.sessions()
    others = [path for path in lab.path.rglob("*") if path.is_file() and path != people]
    assert others
    for secret in (b"Zephyrine", b"2023-07-29", b"zeph@"):
        assert secret in people.read_bytes()
        assert [path for path in others if secret in path.read_bytes()] == []


def test_a_participant_becomes_a_respondent_with_an_age(lab: Lab) -> None:
    code = lab.participants.add(birth_date="2024-03-17", gestational_weeks=34, languages=("es", "en")).code
    info = lab.participants.info(code, date(2025, 3, 17))
    assert (info.code, info.kind, info.language) == (code, "child", "es")
    assert (info.age_days, info.age_corrected_days, info.age_precision) == (365, 323, "day")
    unknown = lab.participants.add(kind="adult").code
    assert lab.participants.info(unknown, date(2025, 3, 17)).age_days is None
    with pytest.raises(UserError, match="there is no participant"):
        lab.participants.info("P-nobody", date(2025, 3, 17))


def test_codes_follow_the_scheme_and_are_never_given_twice(tmp_path: Path) -> None:
    counting = Lab.create(tmp_path / "a", codes=CodeScheme(style="counter", prefix="N", digits=3))
    assert [counting.participants.add().code for _ in range(3)] == ["N001", "N002", "N003"]
    drawn = Lab.create(tmp_path / "b", codes=CodeScheme(prefix="X-", digits=2))
    codes = [drawn.participants.add().code for _ in range(60)]
    assert len(set(codes)) == 60
    assert all(code.startswith("X-") and len(code) == 4 for code in codes)
    with pytest.raises(UserError, match="already"):
        drawn.participants.add(codes[0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"code": "a/b"}, "code is wrong"),
        ({"code": "Ada Zephyrine"}, "code is wrong"),
        ({"gestational_weeks": 60}, "gestational_weeks is wrong"),
        ({"birth_date": "yesterday"}, "no date"),
    ],
)
def test_wrong_particulars(lab: Lab, values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        lab.participants.add(**values)  # type: ignore[arg-type]
    assert lab.participants.all() == []
    assert lab.participants.people.all() == []


def test_a_damaged_line_costs_that_participant_only(lab: Lab) -> None:
    codes = [lab.participants.add().code for _ in range(3)]
    path = lab.participants.path
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b"child", b"adult") + lines[2][:-1])
    found, problems = lab.participants.read()
    assert list(found) == [codes[0], codes[2]]
    assert [problem.place for problem in problems] == [f"{path}:2"]
    again = lab.participants.add().code  # the last line had lost its end
    assert list(lab.participants.read()[0]) == [codes[0], codes[2], again]


def test_a_damaged_people_file_is_told_without_its_content(lab: Lab) -> None:
    lab.participants.add(name="Ada Zephyrine")
    path = lab.path / "people.sqlite"
    path.write_bytes(b"garbage " * 500)
    assert not lab.participants.people.sound()
    with pytest.raises(UserError, match="sessions are not affected"):
        lab.participants.people.all()
