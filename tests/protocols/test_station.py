from __future__ import annotations

from pathlib import Path

import pytest

from devkit.errors import UserError
from devkit.lab.settings import LabSettings, parse_settings, settings_text
from devkit.lab.station import LabGaze, LabInput, LabScreen, LabSound
from protocols.specs import parse_spec
from protocols.station import (
    MeasuredSound,
    StationFile,
    display_settings,
    gaze_settings,
    keep_measured_sound,
    read_station,
    sound_settings,
)

MEASURED = MeasuredSound(
    offset_ms=31.5, sd_ms=0.4, p95_ms=0.9, sounds=20, through="microphone", measured_at="2026-01-01T10:00:00+00:00"
)
SCREEN = LabScreen(name="HDMI-1", geometry=(1920, 0, 1280, 800), width_cm=34.5)


def test_the_lab_s_settings_reach_the_presenter() -> None:
    found = display_settings(SCREEN, LabInput(pointer="mouse", buttons={"F1": "Left"}), "child")
    assert (found.screen, found.geometry, found.width_cm, found.pointer) == ("HDMI-1", SCREEN.geometry, 34.5, "mouse")
    assert found.buttons == {"f1": "left"}
    assert display_settings(LabScreen(), LabInput(), "child").pointer == "touch"
    assert display_settings(LabScreen(), LabInput(), "adult").pointer == "mouse"


def test_the_command_line_goes_before_the_lab() -> None:
    spec = parse_spec("human:P001,screen=DP-2,geometry=1024x768+0+0,pointer=touch,sound=off,lock_keyboard=on")
    found = display_settings(SCREEN, LabInput(pointer="mouse"), "adult", spec.options)
    assert (found.screen, found.geometry, found.pointer, found.lock_keyboard) == (
        "DP-2",
        (0, 0, 1024, 768),
        "touch",
        True,
    )
    assert not sound_settings(LabSound(), spec.options, StationFile()).on
    assert display_settings(SCREEN, LabInput(), "child", {"window": "640x480"}).window_size == (640, 480)


def test_the_lab_says_who_follows_the_eyes_unless_the_command_line_does() -> None:
    own = LabGaze(source="eyelink", tracker="100.1.1.1", rate_hz=500, distance_cm=55, max_error_deg=1.5)
    found = gaze_settings(own)
    assert (found.source, found.address, found.rate_hz) == ("eyelink", "100.1.1.1", 500)
    assert (found.distance_cm, found.max_error_deg) == (55, 1.5)
    said = gaze_settings(own, {"gaze": "tobii", "tracker": "Spark"})
    assert (said.source, said.address, said.distance_cm) == ("tobii", "Spark", 55)
    assert gaze_settings(LabGaze()).source == "none"
    with pytest.raises(UserError, match="did you mean 'eyelink'"):
        gaze_settings(own, {"gaze": "eyelinc"})


@pytest.mark.parametrize(
    "options", [{"geometry": "big"}, {"pointer": "nose"}, {"width_cm": "wide"}, {"lock_keyboard": "perhaps"}]
)
def test_an_option_that_means_nothing_is_named(options: dict[str, str]) -> None:
    with pytest.raises(UserError) as caught:
        display_settings(LabScreen(), LabInput(), "child", options)
    assert caught.value.problem.place == next(iter(options))


def test_what_a_loop_back_measured_is_kept_by_device(tmp_path: Path) -> None:
    path = tmp_path / "config" / "station.json"
    assert read_station(path) == StationFile()
    keep_measured_sound("speaker", MEASURED, path)
    keep_measured_sound("hdmi", MEASURED.model_copy(update={"offset_ms": 80.0}), path)
    station = read_station(path)
    assert sound_settings(LabSound(), {}, station).offsets_ms == {"speaker": 31.5, "hdmi": 80.0}
    path.write_text("{")
    with pytest.raises(UserError, match=r"station\.json"):
        read_station(path)


def test_the_station_stands_in_the_lab_s_file() -> None:
    text = settings_text(
        LabSettings(
            name="Lab",
            lab_id="c14533e7-8d23-4410-8320-05ac0eacc534",
            languages=("en",),
            screen=SCREEN,
            sound=LabSound(device="USB", full_scale_db_spl=92),
            input=LabInput(pointer="touch", buttons={"f1": "1"}),
        )
    )
    read = parse_settings(text, Path("lab.toml"))
    assert read.screen == SCREEN
    assert read.sound.full_scale_db_spl == 92
    assert read.input.buttons == {"f1": "1"}
    older = "\n".join(line for line in text.split("[screen]")[0].splitlines())
    assert parse_settings(older, Path("lab.toml")).screen == LabScreen()
