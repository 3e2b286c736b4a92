"""The app's settings file: kept, migrated with a copy, and never in the way of a start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import UserError
from gui.settings import MOST_RECENT, VERSION, AppSettings, load, save, settings_path, with_recent


def test_what_is_saved_is_loaded(own_settings: Path) -> None:
    settings = AppSettings(theme="dark", scale=1.5, language="es", recent=("/a", "/b"))
    save(settings)
    assert load() == (settings, "")
    assert settings_path().parent == own_settings


def test_without_a_file_it_is_as_the_first_time() -> None:
    assert load() == (AppSettings(), "")


def test_an_old_file_is_migrated_and_kept(own_settings: Path) -> None:
    own_settings.mkdir()
    old = {"version": 1, "dark": True, "lab": "/labs/one"}
    settings_path().write_text(json.dumps(old))
    settings, told = load()
    assert (settings.version, settings.theme, settings.recent) == (VERSION, "dark", ("/labs/one",))
    assert json.loads((own_settings / "app.version-1.json").read_text()) == old
    assert "app.version-1.json" in told
    assert load() == (settings, "")


def test_the_version_before_is_brought_up_to_date(own_settings: Path) -> None:
    own_settings.mkdir()
    old = {"version": 2, "theme": "contrast", "examiner": "AB"}
    settings_path().write_text(json.dumps(old))
    settings, told = load()
    assert (settings.version, settings.theme, settings.examiner, settings.corpora) == (VERSION, "contrast", "AB", ())
    assert json.loads((own_settings / "app.version-2.json").read_text()) == old
    assert "app.version-2.json" in told


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 3, "scale": 9}', '{"version": 3, "colour": 1}', "\xff"])
def test_a_broken_file_is_set_aside(own_settings: Path, text: str) -> None:
    own_settings.mkdir()
    settings_path().write_bytes(text.encode("latin-1"))
    settings, told = load()
    assert settings == AppSettings()
    assert "app.unreadable.json" in told
    assert (own_settings / "app.unreadable.json").read_bytes() == text.encode("latin-1")


def test_a_newer_file_is_kept_and_not_used(own_settings: Path) -> None:
    own_settings.mkdir()
    settings_path().write_text('{"version": 99}')
    settings, told = load()
    assert settings == AppSettings()
    assert "newer" in told
    assert (own_settings / "app.version-99.json").exists()


@given(st.binary(max_size=200))
def test_no_bytes_keep_the_app_from_starting(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("settings") / "app.json"
    path.write_bytes(data)
    settings, _ = load(path)
    assert isinstance(settings, AppSettings)


def test_a_disk_that_refuses_is_said(own_settings: Path) -> None:
    own_settings.write_text("a file where the folder should be")
    with pytest.raises(UserError, match="cannot be written"):
        save(AppSettings())


def test_recent_labs_are_few_and_the_latest_is_first(tmp_path: Path) -> None:
    settings = AppSettings()
    for number in range(MOST_RECENT + 3):
        settings = with_recent(settings, tmp_path / str(number))
    settings = with_recent(settings, tmp_path / "5")
    assert len(settings.recent) == MOST_RECENT
    assert settings.recent[0] == str(tmp_path / "5")
    assert len(set(settings.recent)) == MOST_RECENT
