"""Turns in a real window with injected input: what counts, what does not, and when it happened."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from devkit.respondents import Timing
from protocols.controls import Stage
from protocols.equipment import DisplaySettings
from protocols.messages import Capture
from protocols.presenter.look import FEEDBACK_RIGHT_MS
from tests.protocols.presenter.conftest import COLOURS, GROUND, LAYOUTS, SIZE, Turns
from tests.protocols.presenter.player import Player, keying, middle, tapping, wait_for

FRAME_MS = 1000 / 60
TICK_MS = 1.0  # the window system's times are whole milliseconds


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "single_number"])
def test_every_choice_of_every_layout_can_be_pressed(layout: str, play: Callable[..., Player], turn: Turns) -> None:
    player = play()
    quick = Timing(answer_max_ms=60_000, prompt="none", gap_ms=0, frame_ms=20, delay_ms=20)
    for position in range(len(turn(layout).choices)):
        put = turn(layout, timing=quick)
        answer = player.at("awaiting", tapping(position)).run(put)
        assert (answer.outcome, answer.position, answer.source) == ("answered", position, "touch")
        assert answer.measured.input_device == "pointer, window system time"
        assert answer.measured.timing_tier == "demo"
        assert answer.measured.display == f"screen {SIZE[0]}x{SIZE[1]}+0+0"
        assert answer.rt_ms is not None
        assert answer.rt_ms > 0
    player.person.close()


def test_pictures_are_where_they_can_be_pressed(play: Callable[..., Player], turn: Turns) -> None:
    """What the X server shows: each picture's colour in its region, the ground around, nothing at the edge."""
    player = play()
    shots: list[tuple[Stage, Image.Image]] = []

    def look(player: Player, stage: Stage) -> None:
        shots.append((stage, player.grab()))
        player.tap(*middle(stage, 0))

    for layout in ("pair", "grid4", "query3", "dialogue/one"):
        player.at("awaiting", look).run(turn(layout))
    for (stage, image), first in zip(shots, (0, 0, 0, 2), strict=True):
        for number, place in enumerate(stage.regions):
            x, y = middle(stage, number)
            shown = image.getpixel((int(x), int(y)))
            wanted = tuple(int(COLOURS[first + number][i : i + 2], 16) for i in (1, 3, 5))
            assert shown == pytest.approx(wanted, abs=3)
            assert image.getpixel((int(place[0]) - 6, int(y))) == pytest.approx(GROUND, abs=1)
        edges = [image.getpixel((x, y)) for x in (0, SIZE[0] - 1) for y in range(0, SIZE[1], 40)]
        assert all(pixel == pytest.approx(GROUND, abs=1) for pixel in edges)
        assert len({(round(w, 3), round(h, 3)) for _, _, w, h in stage.regions}) == 1


def test_a_capture_shows_what_the_screen_shows(play: Callable[..., Player], turn: Turns, tmp_path: Path) -> None:
    player = play()
    shots: list[Image.Image] = []

    def look(player: Player, stage: Stage) -> None:
        assert player.person.presenter is not None
        player.person.presenter.send(Capture(path=str(tmp_path / "now.png")))
        wait_for((tmp_path / "now.png").exists, "the picture")
        shots.append(player.grab())
        player.tap(*middle(stage, 0))

    player.at("awaiting", look).run(turn("grid4"))
    captured = Image.open(tmp_path / "now.png").convert("RGB")
    assert captured.size == SIZE
    for x in range(20, SIZE[0], 97):
        for y in range(20, SIZE[1], 83):
            assert captured.getpixel((x, y)) == pytest.approx(shots[0].getpixel((x, y)), abs=2)


def test_short_taps_are_never_lost_and_keep_their_time(play: Callable[..., Player], turn: Turns) -> None:
    player = play()
    taps = 25
    pressed: list[tuple[float, float]] = []

    def tap(player: Player, stage: Stage) -> None:
        x, y = middle(stage, 1)
        player.fingers.move(x, y)
        time.sleep(0.011)
        before = player.person.now_ms()
        player.fingers.button(True)
        pressed.append((before, player.person.now_ms()))
        player.fingers.button(False)

    for _ in range(taps):
        answer = player.at("awaiting", tap).run(turn("sequence", stimuli=(), images=()))
        assert answer.outcome == "answered"
        assert answer.measured.onset_ms is not None
        assert answer.rt_ms is not None
        assert answer.measured.rt_from == "onset"
        before, after = pressed[-1]
        assert before - TICK_MS <= answer.measured.onset_ms + answer.rt_ms <= after + TICK_MS
    assert len(pressed) == taps


def test_no_touch_counts_before_the_prompt_has_ended(
    turn: Turns, sound_presenter: Callable[..., Player], tmp_path: Path
) -> None:
    from tests.protocols.presenter.test_voice_and_sound import write_tone

    long = write_tone(tmp_path / "prompt.ogg", "flac", "ogg", seconds=5.0)  # a busy machine presses early all the same
    player = sound_presenter(media={"f" * 64: long})
    put = turn("pair", spoken="-", spoken_media="f" * 64, timing=Timing(answer_max_ms=60_000, gap_ms=0))

    def early(player: Player, stage: Stage) -> None:
        player.tap(SIZE[0] * 0.3, SIZE[1] / 2)
        player.tap(SIZE[0] * 0.7, SIZE[1] / 2)

    answer = player.at("prompt", early).at("awaiting", tapping(1)).run(put)
    seen = answer.measured
    assert (answer.outcome, answer.position, seen.early_touches) == ("answered", 1, 2)
    assert seen.prompt_onset_ms is not None
    assert seen.prompt_end_ms is not None
    assert seen.onset_ms is not None
    assert seen.onset_ms <= seen.prompt_onset_ms + 60 or "late_frames" in answer.flags
    assert seen.prompt_end_ms - seen.prompt_onset_ms == pytest.approx(5000, abs=5)
    assert seen.rt_from == "prompt_end"
    assert answer.rt_ms is not None
    assert answer.rt_ms > 0
    assert [name for name, _, _ in answer.events].count("early_press") == 2
    assert "no_sound" not in answer.flags


def test_the_words_onset_is_counted_from_the_sounds(
    turn: Turns, sound_presenter: Callable[..., Player], tmp_path: Path
) -> None:
    from tests.protocols.presenter.test_voice_and_sound import write_tone

    recorded = write_tone(tmp_path / "prompt.ogg", "flac", "ogg", seconds=1.0)
    player = sound_presenter(media={"f" * 64: recorded})
    put = turn("pair", spoken_media="f" * 64, word_onset_ms=400.0, answer_by="gaze")
    put = replace(put, timing=Timing(answer_max_ms=1500, gap_ms=0, word_lead_ms=200))
    answer = player.at("awaiting", tapping(1)).run(put)
    seen = answer.measured
    assert seen.prompt_onset_ms is not None
    assert seen.onset_ms is not None
    assert seen.word_onset_ms == pytest.approx(seen.prompt_onset_ms + 400)
    assert seen.prompt_end_ms == pytest.approx(seen.prompt_onset_ms + 1000, abs=5)
    assert seen.prompt_onset_ms - seen.onset_ms >= 190
    assert (answer.outcome, answer.position, seen.rt_from) == ("answered", 1, "word")
    assert "press_in_gaze_trial" in answer.flags
    silent = player.run(replace(put, trial_id="again"))
    assert (silent.outcome, silent.position) == ("none", None)
    assert "gaze_not_recorded" in silent.flags


def test_without_sound_the_trial_goes_on_and_is_flagged(play: Callable[..., Player], turn: Turns) -> None:
    put = turn("pair", spoken="Touch the red one.", timing=Timing(answer_max_ms=60_000, gap_ms=0))
    answer = play().at("awaiting", tapping(0)).run(put)
    assert answer.outcome == "answered"
    assert "no_sound" in answer.flags
    assert answer.measured.prompt_onset_ms is None
    assert answer.measured.rt_from == "onset"


def test_no_answer_in_time_is_a_timeout(play: Callable[..., Player], turn: Turns) -> None:
    answer = play().run(turn("pair", timing=Timing(answer_max_ms=300, prompt="none", gap_ms=0)))
    assert (answer.outcome, answer.position, answer.rt_ms, answer.measured.rt_from) == ("timeout", None, None, None)


def test_a_number_that_is_being_keyed_when_the_time_is_over_is_waited_for(
    play: Callable[..., Player], turn: Turns
) -> None:
    timing = Timing(answer_max_ms=1500, prompt="none", gap_ms=0)
    began: list[float] = []

    def slowly(player: Player, stage: Stage) -> None:
        player.fingers.key("4")
        began.append(player.person.now_ms() - stage.t_ms)
        time.sleep(2)
        player.fingers.key("Return")

    answer = play().at("awaiting", slowly).run(turn("single_number", timing=timing))
    if began[0] < 1500:  # else the machine was too slow for the question
        assert (answer.outcome, answer.raw, answer.position) == ("answered", "4", 3)


def test_a_press_in_time_counts_however_late_it_is_read(play: Callable[..., Player], turn: Turns) -> None:
    """The presenter is stopped while the time runs out, as a machine under load would."""
    pressed: list[float] = []

    def stalled(player: Player, stage: Stage) -> None:
        presenter = player.person.presenter
        assert presenter is not None
        os.kill(presenter.pid, signal.SIGSTOP)
        player.tap(*middle(stage, 1))
        pressed.append(player.person.now_ms() - stage.t_ms)
        time.sleep(1.5)
        os.kill(presenter.pid, signal.SIGCONT)

    player = play().at("awaiting", stalled)
    answer = player.run(turn("pair", timing=Timing(answer_max_ms=1000, prompt="none", gap_ms=0)))
    if pressed[0] < 1000:  # else the machine was too slow for the question
        assert (answer.outcome, answer.position) == ("answered", 1)
        assert answer.rt_ms is not None
        assert answer.rt_ms < 1000
        assert answer.measured.input_device == "pointer, window system time"


def test_exposure_is_measured_between_flips(play: Callable[..., Player], turn: Turns) -> None:
    timing = Timing(answer_max_ms=60_000, prompt="none", gap_ms=0, exposure_ms=1000, mask_ms=1000)
    player = play()
    shown: list[Image.Image] = []
    in_time: list[bool] = []

    def seen(player: Player, stage: Stage) -> None:
        with player.still() as now_ms:
            shown.append(player.grab())
            in_time.append(now_ms - stage.t_ms < 1000 - 2 * FRAME_MS)

    player.at("stimuli", seen).at("mask", seen)
    player.at("awaiting", keying("1", "1", "Return"))
    answer = player.run(turn("single_number", timing=timing))
    assert answer.measured.exposure_ms is not None
    assert answer.measured.exposure_ms >= 1000 - FRAME_MS
    assert (answer.raw, answer.position, answer.source) == ("11", 10, "examiner")
    assert player.digits == ["1", "11"]
    assert player.stages[-1].entry
    if not all(in_time):
        pytest.skip("the machine was too slow to look at a picture of a second")
    centre = (SIZE[0] // 2, SIZE[1] // 2)
    picture = tuple(int(COLOURS[5][i : i + 2], 16) for i in (1, 3, 5))
    assert shown[0].getpixel(centre) == pytest.approx(picture, abs=3)
    masked = shown[1].getpixel(centre)
    assert isinstance(masked, tuple)
    assert max(masked) - min(masked) <= 2, "the mask is grey"


def test_the_delay_is_measured_from_the_last_frame(play: Callable[..., Player], turn: Turns) -> None:
    timing = Timing(answer_max_ms=60_000, prompt="none", gap_ms=0, frame_ms=60, delay_ms=400)
    player = play().at("awaiting", tapping(1))
    answer = player.run(turn("sequence", timing=timing))
    assert answer.measured.delay_ms is not None
    assert answer.measured.delay_ms >= 400 - FRAME_MS
    times = {stage.name: stage.t_ms for stage in player.stages}
    assert times["delay"] - times["stimuli"] >= 300 - FRAME_MS
    assert answer.measured.onset_ms == pytest.approx(times["choices"], abs=1)


def test_a_press_during_the_delay_is_early(play: Callable[..., Player], turn: Turns) -> None:
    timing = Timing(answer_max_ms=60_000, prompt="none", gap_ms=0, frame_ms=30, delay_ms=500)
    player = play().at("delay", lambda player, stage: player.tap(60, SIZE[1] / 2)).at("awaiting", tapping(0))
    answer = player.run(turn("sequence", timing=timing))
    assert (answer.position, answer.measured.early_touches) == (0, 1)


def test_feedback_marks_the_right_answer(play: Callable[..., Player], turn: Turns) -> None:
    player = play()
    shots: list[Image.Image] = []

    def look(player: Player, stage: Stage) -> None:
        with player.still() as now_ms:
            if now_ms - stage.t_ms < FEEDBACK_RIGHT_MS - 2 * FRAME_MS:  # else the machine was too slow: once more
                shots.append(player.grab())

    regions = []
    for position in (0, 1):
        before = len(shots)
        while len(shots) == before:
            player.at("awaiting", tapping(position)).at("feedback", look)
            answer = player.run(turn("pair", kind="practice", feedback=True))
            assert answer.outcome == "answered"
            regions = list(player.stages[-2].regions)
    marked = [_marked(shot, regions) for shot in shots]
    assert marked == [[True, False], [True, False]], "the right picture is marked, after right and wrong answers"
    assert shots[0] != shots[1], "a ring for right, a plain box for wrong"


def test_no_feedback_in_test_trials(play: Callable[..., Player], turn: Turns) -> None:
    player = play().at("awaiting", tapping(1))
    player.run(turn("pair"))
    assert "feedback" not in [stage.name for stage in player.stages]


def _marked(shot: Image.Image, regions: list[tuple[float, float, float, float]]) -> list[bool]:
    """Whether there is something else than the ground in the strip left of each region."""
    found = []
    for left, top, _, height in regions:
        strip = [shot.getpixel((int(left) - d, int(top + height / 2))) for d in range(2, 24)]
        found.append(any(pixel != pytest.approx(GROUND, abs=4) for pixel in strip))
    return found


def test_a_demonstration_asks_nobody(play: Callable[..., Player], turn: Turns) -> None:
    player = play(time_scale=5.0)
    answer = player.run(turn("pair", kind="demonstration", feedback=True))
    assert (answer.outcome, answer.position) == ("none", None)
    assert "demonstrated" in answer.flags
    assert "awaiting" not in [stage.name for stage in player.stages]


def test_words_are_written_for_adults_only_where_the_lab_says_so(play: Callable[..., Player], turn: Turns) -> None:
    put = turn("pair", spoken="Which one is red?")

    def darkest(display: DisplaySettings) -> int:
        shots: list[Image.Image] = []
        player = play(display=display)
        player.at("awaiting", lambda player, stage: (shots.append(player.grab()), player.tap(*middle(stage, 0)))[1])
        player.run(put)
        player.close = lambda: None  # type: ignore[method-assign]  # closed here, before the next session opens
        Player.close(player)
        low = shots[0].crop((0, int(SIZE[1] * 0.9), SIZE[0], SIZE[1])).convert("L").getextrema()[0]
        assert isinstance(low, int)
        return low

    assert darkest(DisplaySettings(written_prompt="never")) >= 127
    assert darkest(DisplaySettings(written_prompt="silent")) < 90


def test_a_fast_clock_measures_in_its_own_time(play: Callable[..., Player], turn: Turns) -> None:
    player = play(time_scale=10.0).at("awaiting", keying("3", "Return"))
    timing = Timing(answer_max_ms=60_000, prompt="none", gap_ms=0, exposure_ms=1000)
    answer = player.run(turn("single_number", timing=timing))
    assert answer.measured.exposure_ms is not None
    assert answer.measured.exposure_ms >= 1000 - 10 * FRAME_MS
    assert answer.measured.time_scale == 10
    assert answer.measured.timing_tier == "demo"
