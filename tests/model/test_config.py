from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import Problems, UserError
from model.config import BUILT_IN, load_config


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.stem)
def test_built_in_configurations_load(path: Path) -> None:
    assert load_config(path.stem).name == path.stem


def test_unknown_name_is_guessed() -> None:
    with pytest.raises(UserError, match="did you mean 'tiny'"):
        load_config("tinny")


def test_all_mistakes_at_once_with_lines(tmp_path: Path) -> None:
    text = (BUILT_IN / "tiny.yaml").read_text(encoding="utf-8")
    text = text.replace("seed:", "sede:").replace("patch_size: 16", "patch_size: 15")
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Problems) as caught:
        load_config(str(path))
    told = str(caught.value)
    assert "did you mean 'seed'" in told
    assert "multiple of patch_size" in told
    assert all(problem.place.startswith("mine.yaml:") for problem in caught.value.problems)
    assert len(caught.value.problems) == 2


def test_steps_and_epochs_exclude_each_other(make_config: object) -> None:
    with pytest.raises(ValueError, match="either steps or epochs"):
        make_config(
            stages={"align": {"steps": 1, "epochs": 1, "batch": 2, "micro": 2, "lr": 1, "trained": ["connector"]}}
        )


@given(st.binary(max_size=200))
def test_garbage_is_a_users_mistake(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    path = tmp_path_factory.mktemp("config") / "x.yaml"
    path.write_bytes(garbage)
    with pytest.raises(UserError):
        load_config(str(path))
