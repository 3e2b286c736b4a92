"""Colours: enough contrast, one place only, and figures that follow the page's theme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import analysis
from analysis.figures import forms_figure, save
from analysis.groups import Group
from analysis.look import themed, voice_name
from analysis.study import Study
from devkit.look import SURFACES, VOICES, contrast

HEX = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "surface"])
def test_text_can_be_read(theme: str, ground: str) -> None:
    behind = getattr(SURFACES[ground], theme)
    for name in ("text", "quiet", "accent", "good", "caution", "wrong"):
        assert contrast(getattr(SURFACES[name], theme), behind) >= 4.5, name
    for name, voice in VOICES.items():
        assert contrast(getattr(voice, theme), behind) >= 3, name


def test_contrast_of_black_and_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_no_colour_is_written_elsewhere() -> None:
    folder = Path(analysis.__file__).parent
    found = [
        f"{path.name}:{number}"
        for path in folder.rglob("*")
        if path.suffix in (".py", ".css", ".html")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if HEX.search(line)
    ]
    assert found == []


def test_every_colour_of_a_figure_follows_the_theme(demo: Study) -> None:
    drawn = forms_figure(demo.shown, "babyvlm-tiny", "all forms")
    assert drawn is not None
    svg = save(drawn, None).svg
    bare = re.sub(r"var\(--[a-z-]+, #[0-9a-fA-F]{6}\)", "", svg)
    assert HEX.findall(bare) == []
    assert svg.startswith('<svg role="img" aria-label="all forms"')
    assert "<style" not in svg


def test_theming_keeps_the_colour_as_a_fallback() -> None:
    assert themed("fill: #0072b2") == "fill: var(--voice-child, #0072b2)"


def test_a_simulation_never_wears_the_childrens_colour() -> None:
    kinds = {
        kind: voice_name(Group(kind, kind, kind, kind), "") for kind in ("child", "simulation", "robot", "baseline")
    }
    assert kinds == {"child": "child", "simulation": "simulation", "robot": "simulation", "baseline": "baseline"}
    colours = [voice.light for name, voice in VOICES.items() if name != "chance"]
    assert len(set(colours)) == len(colours)
