"""``lab.toml``: what is written reads back, and every mistake in it is named by its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import Problems, UserError
from devkit.lab import CodeScheme, Lab, LabSettings, Privacy
from devkit.lab.settings import parse_settings, settings_text

PATH = Path("my-lab/lab.toml")
LAB_ID = "800359d3-1a43-4879-9b1d-1c9116190cb8"
GOOD = f'name = "x"\nlab_id = "{LAB_ID}"\nlanguages = ["en"]\n'


@given(
    name=st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])),
    languages=st.lists(st.sampled_from(["en", "es", "zh-Hant"]), min_size=1, max_size=3).map(tuple),
    codes=st.builds(CodeScheme, style=st.sampled_from(["random", "counter"]), prefix=st.just("A-"), digits=st.just(4)),
    privacy=st.builds(Privacy, dates=st.sampled_from(["day", "none"]), raw_answers=st.booleans()),
)
def test_settings_read_back(name: str, languages: tuple[str, ...], codes: CodeScheme, privacy: Privacy) -> None:
    settings = LabSettings(name=name, lab_id=LAB_ID, languages=languages, codes=codes, privacy=privacy)
    assert parse_settings(settings_text(settings), PATH) == settings


@given(st.text(max_size=80) | st.text(alphabet='[]="\n#.x1', max_size=80))
def test_garbage_is_a_users_mistake_with_a_place(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_settings(text, PATH)
    assert all(problem.place.startswith(str(PATH)) for problem in caught.value.problems)


@given(
    st.dictionaries(
        st.sampled_from(["name", "lab_id", "languages", "format", "codes.style", "privacy.dates", "codes", "colour"]),
        st.sampled_from(['"en"', "1", "[]", '["en"]', "2026-03-04", "true", "{}", "nan", f'"{LAB_ID}"']),
    )
)
def test_any_mixture_of_values_is_read_or_reported(values: dict[str, str]) -> None:
    text = "".join(f"{name} = {value}\n" for name, value in values.items())
    places = []
    try:
        parse_settings(text, PATH)
    except UserError as error:
        places = [problem.place for problem in error.problems]
    assert all(place.startswith(str(PATH)) for place in places)


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    text = GOOD + '\n[codes]\nstyle = "randon"\ndigit = 5\n[privacy]\ndates = "year"\n'
    with pytest.raises(Problems) as caught:
        parse_settings(text, PATH)
    found = {(p.place, p.hint) for p in caught.value.problems}
    assert found == {(f"{PATH}:6", ""), (f"{PATH}:7", "did you mean 'digits'?"), (f"{PATH}:9", "")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = \n", r"lab\.toml:1:8: is no TOML"),
        (GOOD.replace(LAB_ID, "7"), r"lab\.toml:2: 'lab_id'"),
        (GOOD + "format = 9\n", "newer devkit"),
        ("", "'name' is missing"),
        ("[" * 5000, "is no TOML"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_settings(text, PATH)


def test_a_lab_is_made_in_a_new_or_empty_folder_only(tmp_path: Path) -> None:
    lab = Lab.create(tmp_path / "a" / "b", languages=("es", "en"))
    assert Lab.open(lab.path).settings == lab.settings
    assert lab.settings.name == "b"
    with pytest.raises(UserError, match="there is a lab already"):
        Lab.create(lab.path)
    with pytest.raises(UserError, match="not empty"):
        Lab.create(tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        Lab.open(tmp_path / "none")
    with pytest.raises(UserError, match="no lab here"):
        Lab.open(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file"):
        Lab.create(tmp_path / "file" / "lab")
