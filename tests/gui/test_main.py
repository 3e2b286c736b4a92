"""The one executable of a build: finding what it leaves out in an environment, and saying so when it is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from devkit.errors import UserError
from gui.__main__ import Absent, add_environment

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


def test_an_environment_is_found_with_its_standard_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    base, environment = tmp_path / "base", tmp_path / "environment"
    library, packages = base / "lib" / VERSION, environment / "lib" / VERSION / "site-packages"
    for folder in (base / "bin", library, packages):
        folder.mkdir(parents=True)
    (library / "os.py").touch()
    (environment / "pyvenv.cfg").write_text(f"home = {base / 'bin'}\nversion = 3.12\n")
    assert add_environment(str(environment))
    assert sys.path[:3] == [str(packages), str(library), str(library / "lib-dynload")]


def test_no_environment_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", before := list(sys.path))
    assert not add_environment("")
    assert not add_environment(str(tmp_path))
    assert sys.path == before


def test_what_was_left_out_is_named_and_can_be_done_without() -> None:
    assert Absent().find_spec("pickle") is None
    with pytest.raises(UserError, match="DEVKIT_ENVIRONMENT"):
        Absent().find_spec("torch")
    with pytest.raises(ImportError):
        Absent().find_spec("torchvision")
