"""Names behind a passphrase: what is kept, what a wrong passphrase gets, what losing it costs."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.lab import Lab, vault
from devkit.lab.people import PASSPHRASE, People, Person

WORDS = "seven small green ducks"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make keys at the lowest cost that is allowed; tests make many."""
    monkeypatch.setattr(vault._Head.model_fields["n"], "default", 2**12)
    vault._Head.model_rebuild(force=True)


@pytest.fixture
def kept(lab: Lab) -> Lab:
    lab.participants.add("C01", name="Ada Example", birth_date="2024-03-17", contact="ada@example.org")
    lab.participants.people.encrypt(WORDS)
    return lab


def test_nothing_readable_is_left_after_encrypting(kept: Lab) -> None:
    people = kept.participants.people
    assert not people.path.exists()
    assert stat.S_IMODE(people.vault.stat().st_mode) == 0o600
    for path in kept.path.rglob("*"):
        if path.is_file():
            assert b"Ada" not in path.read_bytes()
            assert b"2024-03-17" not in path.read_bytes()


def test_the_passphrase_opens_it_and_ages_are_known(kept: Lab) -> None:
    again = Lab.open(kept.path)
    assert again.participants.people.locked
    assert again.participants.ages(date(2026, 3, 17)) == {}
    with pytest.raises(UserError, match="locked") as locked:
        again.participants.info("C01", date(2026, 3, 17))
    assert locked.value.problem.code == "people-locked"
    assert again.participants.info("C01", date(2026, 3, 17), without_age=True).age_days is None
    again.participants.people.unlock(WORDS)
    assert again.participants.info("C01", date(2026, 3, 17)).age_days == 730
    again.participants.people.lock()
    assert again.participants.people.locked


def test_a_wrong_passphrase_is_said_and_opens_nothing(kept: Lab) -> None:
    again = Lab.open(kept.path).participants.people
    with pytest.raises(UserError, match="does not fit"):
        again.unlock("seven small green geese")
    assert again.locked


def test_the_environment_may_give_it(kept: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, WORDS)
    assert [p.name for p in Lab.open(kept.path).participants.people.all()] == ["Ada Example"]
    monkeypatch.setenv(PASSPHRASE, "another one entirely")
    assert Lab.open(kept.path).participants.people.locked


def test_a_changed_passphrase_locks_whoever_had_the_old_one(kept: Lab) -> None:
    other = Lab.open(kept.path).participants.people
    other.unlock(WORDS)
    kept.participants.people.encrypt("quite another passphrase")
    with pytest.raises(UserError, match="changed since"):
        other.all()
    other.unlock("quite another passphrase")
    assert [p.code for p in other.all()] == ["C01"]


def test_what_is_kept_changed_and_forgotten_survives_reopening(kept: Lab) -> None:
    people = kept.participants.people
    people.keep(Person("C02", "Bo"))
    people.keep(Person("C01", contact="12345"))
    again = People(people.path)
    again.unlock(WORDS)
    assert again.get("C01") == Person("C01", "Ada Example", "2024-03-17", "12345")
    again.forget("C01")
    assert [p.code for p in people.all()] == ["C02"]


def test_a_short_passphrase_is_refused_and_nothing_changes(lab: Lab) -> None:
    lab.participants.add("C01", name="Ada")
    with pytest.raises(UserError, match="too short"):
        lab.participants.people.encrypt("1234567")
    assert not lab.participants.people.encrypted
    assert lab.participants.people.get("C01") == Person("C01", "Ada")


def test_losing_the_passphrase_loses_names_and_nothing_else(kept: Lab) -> None:
    again = Lab.open(kept.path)
    aside = again.participants.people.give_up()
    assert aside.exists()
    assert [p.code for p in again.participants.all()] == ["C01"]
    assert again.participants.people.all() == []
    again.participants.people.keep(Person("C01", "Ada anew"))
    assert again.participants.people.get("C01") == Person("C01", "Ada anew")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.data())
def test_any_changed_byte_is_found(kept: Lab, data: st.DataObject) -> None:
    people = kept.participants.people
    sealed = people.vault.read_bytes()
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != sealed[place]))
    people.vault.write_bytes(sealed[:place] + bytes([other]) + sealed[place + 1 :])
    try:
        again = People(people.path)
        with pytest.raises(UserError):
            again.unlock(WORDS)
    finally:
        people.vault.write_bytes(sealed)


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), min_size=3, max_size=3))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("vault") / "v"
    key = vault.new_key(WORDS)
    vault.write(path, key, json.dumps(texts).encode())
    assert json.loads(vault.read(path, vault.key_for(path, WORDS))) == texts


@pytest.mark.parametrize("content", ["", "\n\n", "{}\nAAAA\n", '{"vault":2}\nAAAA\n', "x" * 100])
def test_a_damaged_file_is_said(lab: Lab, content: str) -> None:
    lab.participants.people.vault.write_text(content)
    with pytest.raises(UserError, match="damaged"):
        lab.participants.people.unlock(WORDS)
    assert not lab.participants.people.sound()


def test_a_read_only_folder_keeps_what_was_there(kept: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    people = kept.participants.people
    before = people.vault.read_bytes()

    def refuse(source: str, target: str) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr("devkit.lab.files.os.replace", refuse)
    with pytest.raises(UserError, match="No space"):
        people.keep(Person("C09", "Nobody"))
    assert people.vault.read_bytes() == before
    assert isinstance(people.vault, Path)
