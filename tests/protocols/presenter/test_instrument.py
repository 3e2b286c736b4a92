"""The instrument in a real window: what it keeps of every trial, and what it does when something fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ImageGrab

from devkit.errors import UserError
from devkit.respondents import Answer, PresentedTurn, SessionContext, Timing
from protocols.controls import Stage
from protocols.equipment import DisplaySettings, SoundSettings
from protocols.flashing import flashes, relative_luminance
from protocols.human import HumanRespondent
from protocols.messages import Notice, ToParent
from protocols.presenter.virtual import VirtualScreen, start_virtual_screen
from protocols.process import Presenter
from tests.protocols.presenter.conftest import GROUND, Turns
from tests.protocols.presenter.player import Player, keying, middle, tapping, wait_for
from tests.protocols.presenter.soundserver import SINK, null_sound_server
from tests.protocols.presenter.test_voice_and_sound import write_tone

Play = Callable[..., Player]


def detail(answer: Answer, name: str) -> dict[str, Any]:
    found = [dict(what) for event, _, what in answer.events if event == name]
    assert found, [event for event, _, _ in answer.events]
    return found[-1]


def test_every_interval_of_a_trial_is_kept(play: Play, turn: Turns) -> None:
    def act(player: Player, stage: Stage) -> None:
        time.sleep(0.3)
        player.tap(*middle(stage, 0))

    answer = play().at("awaiting", act).run(turn("pair"))
    frames = detail(answer, "frames")
    assert frames["paced"] is True, "a virtual screen does not make flips wait"
    assert frames["frame_ms"] == pytest.approx(1000 / 60, abs=3)
    assert sum(frames["intervals_ms"]) >= 250, "from the onset to the answer"
    late = sum(interval > 1.5 * frames["frame_ms"] for interval in frames["intervals_ms"])
    assert frames["late"] == late == answer.measured.frames_late
    assert ("late_frames" in answer.flags) == (late > 0)
    prepared = detail(answer, "prepared")
    assert prepared["held_ms"] >= 0


def test_a_stalled_trial_is_flagged(play: Play, turn: Turns) -> None:
    """The presenter is stopped for a fifth of a second, as a machine under load would."""
    player = play()

    def act(player: Player, stage: Stage) -> None:
        with player.still():
            time.sleep(0.2)
        time.sleep(0.1)
        player.tap(*middle(stage, 0))

    answer = player.at("awaiting", act).run(turn("pair"))
    assert "late_frames" in answer.flags
    assert max(detail(answer, "frames")["intervals_ms"]) >= 190


def test_a_press_that_is_held_and_a_press_at_the_edge_are_kept_apart(play: Play, turn: Turns) -> None:
    player = play()

    def act(player: Player, stage: Stage) -> None:
        player.tap(2, 300)
        player.tap(512, 384, 1.1)  # between the pictures, and held
        player.tap(*middle(stage, 1))

    answer = player.at("awaiting", act).run(turn("pair"))
    assert answer.position == 1
    assert detail(answer, "touch_refused")["why"] == "edge"
    assert detail(answer, "touch_held")["held_ms"] >= 1000


def test_a_button_box_stands_for_other_keys(
    screen: VirtualScreen, presenter: Presenter, context: Callable[..., SessionContext], turn: Turns
) -> None:
    settings = DisplaySettings(buttons={"f1": "1", "f2": "2"})
    person = HumanRespondent("P01", presenter=presenter, sound=False, display=settings)
    person.open(context())
    player = Player(screen, person)
    answer = player.at("awaiting", keying("F2")).run(turn("pair", answer_by="key"))
    player.close()
    assert (answer.position, answer.source) == (1, "key")
    assert answer.measured.input_device == "button box, window system time"


def test_a_prompt_begins_at_its_flip(turn: Turns, sound_presenter: Callable[..., Player], tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav", "pcm_s16le", "wav", seconds=0.2)
    player = sound_presenter(media={"e" * 64: tone})
    timing = Timing(answer_max_ms=200, prompt="audio", gap_ms=0)
    answer = player.run(turn("pair", timing=timing, spoken="-", spoken_media="e" * 64))
    measured, audio = answer.measured, detail(answer, "audio")
    assert measured.onset_ms is not None
    assert measured.prompt_onset_ms is not None
    planned = not {"late_frames", "sound_late"} & set(answer.flags)
    assert abs(measured.prompt_onset_ms - measured.onset_ms) < 60 or not planned, "late on a busy machine, and flagged"
    assert audio["late_ms"] < 5 or "sound_late" in answer.flags
    assert audio["clock_spread_ms"] >= 0
    assert audio["volume_percent"] == 100
    later = player.run(turn("pair", timing=replace(timing, word_lead_ms=400), spoken="-", spoken_media="e" * 64))
    assert later.measured.prompt_onset_ms is not None
    assert later.measured.onset_ms is not None
    apart = later.measured.prompt_onset_ms - later.measured.onset_ms
    assert apart == pytest.approx(400, abs=5) or {"late_frames", "sound_late"} & set(later.flags)


def test_a_picture_that_cannot_be_read_is_named_and_the_next_trial_runs(
    play: Play, turn: Turns, tmp_path: Path, presenter: Presenter
) -> None:
    player = play()
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x89PNG")
    put = turn("pair")
    session = player.person._session
    assert session is not None
    player.person._session = replace(session, media_path=lambda digest: broken)
    with pytest.raises(UserError, match="cannot be read") as caught:
        player.run(put)
    assert caught.value.problem.code == "bad-picture"
    assert caught.value.problem.place == str(broken)
    wait_for(lambda: player.grab().getpixel((512, 384)) == GROUND, "the plain ground")
    player.person._session = session
    answer = player.at("awaiting", tapping(0)).run(turn("pair"))
    assert answer.position == 0


@pytest.fixture
def own_sound(tmp_path: Path) -> Iterator[dict[str, str]]:
    folder = tmp_path / "pulse"
    folder.mkdir()
    with null_sound_server(folder) as environment:
        if environment is None:
            pytest.skip("PulseAudio does not start here")
        yield environment


def server_pid(folder: str) -> int:
    found = subprocess.run(["pgrep", "-f", f"pulseaudio.*{folder}"], capture_output=True, text=True, check=True)
    return int(found.stdout.split()[0])


@pytest.mark.slow
def test_sound_that_is_lost_stops_the_trial_once_and_then_there_is_silence(
    screen: VirtualScreen,
    own_sound: dict[str, str],
    context: Callable[..., SessionContext],
    turn: Turns,
    tmp_path: Path,
) -> None:
    tone = write_tone(tmp_path / "tone.wav", "pcm_s16le", "wav", seconds=0.2)
    whole = context()
    session = replace(whole, media_path=lambda digest: tone if digest == "e" * 64 else whole.media_path(digest))
    timing = Timing(answer_max_ms=60_000, prompt="audio", gap_ms=0)
    put = turn("pair", timing=timing, spoken="-", spoken_media="e" * 64)
    with Presenter(display=screen.display, environment=own_sound) as presenter:
        person = HumanRespondent("P01", presenter=presenter, sound=SoundSettings())
        person.open(session)
        player = Player(screen, person)
        pid = server_pid(own_sound["XDG_RUNTIME_DIR"])
        player.at("awaiting", lambda player, stage: os.kill(pid, signal.SIGKILL))
        with pytest.raises(UserError, match="sound device") as caught:
            player.run(put)
        assert caught.value.problem.code == "sound-lost"
        answer = player.at("awaiting", tapping(1)).run(put)
        player.close()
    assert answer.position == 1
    assert "no_sound" in answer.flags


@pytest.mark.slow
def test_a_mute_output_is_told_before_the_child_sits_down(
    screen: VirtualScreen, own_sound: dict[str, str], context: Callable[..., SessionContext]
) -> None:
    assert shutil.which("pactl")
    environment = {**os.environ, **own_sound}
    subprocess.run(["pactl", "set-sink-mute", SINK, "1"], env=environment, check=True)
    told: list[ToParent] = []
    with Presenter(display=screen.display, environment=own_sound) as presenter:
        person = HumanRespondent("P01", presenter=presenter, sound=True)
        person.listen(told.append)
        person.open(context())
        person.close()
    assert person.opened is not None
    assert person.opened.sound.muted is True
    notices = [message for message in told if isinstance(message, Notice)]
    assert len(notices) == 1
    assert "mute" in notices[0].message
    order = [type(message).__name__ for message in told]
    assert order.index("Notice") < order.index("Opened")


@pytest.mark.slow
@pytest.mark.parametrize("getter", ["star", "spiral", "bird"])
def test_attention_getters_do_not_flash(
    getter: str,
    screen: VirtualScreen,
    presenter: Presenter,
    context: Callable[..., SessionContext],
    turn: Callable[..., PresentedTurn],
) -> None:
    person = HumanRespondent("P01", presenter=presenter, sound=False)
    person.open(context(attention_getter=getter))
    player = Player(screen, person)
    times: list[float] = []
    shots: list[np.ndarray] = []

    def watch(player: Player, stage: Stage) -> None:
        until = time.perf_counter() + 1.8
        while time.perf_counter() < until:
            image = ImageGrab.grab(xdisplay=screen.display).convert("RGB").reduce(4)
            times.append(time.perf_counter() * 1000)
            shots.append(np.asarray(image))

    timing = Timing(answer_max_ms=50, prompt="none", gap_ms=0, attention=True)
    player.at("attention", watch).run(turn("pair", timing=timing))
    player.close()
    assert len(shots) > 2
    rows, columns = 6, 8
    height, width = (side // parts for side, parts in zip(shots[0].shape[:2], (rows, columns), strict=True))
    for row in range(rows):
        for column in range(columns):
            part = np.s_[row * height : (row + 1) * height, column * width : (column + 1) * width]
            assert flashes(times, [relative_luminance(shot[part]) for shot in shots]) <= 3
    assert flashes(times, [relative_luminance(shot) for shot in shots]) == 0


@pytest.mark.slow
def test_a_presenter_that_dies_leaves_the_plain_ground_and_not_the_desktop(
    context: Callable[..., SessionContext], turn: Turns
) -> None:
    with start_virtual_screen() as desktop:

        def shows(colour: tuple[int, int, int]) -> None:
            def now() -> bool:
                return ImageGrab.grab(xdisplay=desktop.display).convert("RGB").getpixel((640, 300)) == colour

            time.sleep(0.5)
            wait_for(now, str(colour))

        person = HumanRespondent("P01", x_display=desktop.display, sound=False, curtain=True)
        person.open(context())
        assert person.presenter is not None
        shows(GROUND)
        os.kill(person.presenter.pid, signal.SIGKILL)
        with pytest.raises(UserError, match="presenter ended"):
            person.answer(turn("pair"), ())
        shows(GROUND)
        person.recover()
        shows(GROUND)
        person.close()
        shows((0, 0, 0))
