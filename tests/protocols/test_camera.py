"""Video of the child: FFmpeg's test picture filmed at its pace, every frame with its time, only with consent."""

from __future__ import annotations

import itertools
import stat
import time
from collections.abc import Callable

import av
import pytest

from devkit.errors import UserError
from devkit.gaze.session import read_times
from devkit.lab import Lab
from devkit.lab.settings import write_settings
from devkit.lab.station import LabCamera
from devkit.lab.videos import FOLDER, times_path, video_path
from protocols.camera import Camera, CameraSettings, camera_settings
from protocols.load import load_protocol
from protocols.placeholder import PlaceholderBank
from protocols.planner import make_plan
from protocols.specs import Surroundings, respondent_from_spec

SOURCE = "testsrc=size=160x120:rate=25,realtime"


def clock() -> Callable[[], float]:
    began = time.perf_counter()
    return lambda: (time.perf_counter() - began) * 1000


def filmed(camera: Camera, frames: int) -> None:
    """Wait until so many frames were filmed."""
    until = time.monotonic() + 60
    while camera.report().frames < frames and time.monotonic() < until:
        time.sleep(0.01)


def film(lab: Lab, seconds: float, session_id: str = "s") -> tuple[int, float]:
    now_ms = clock()
    camera = Camera(CameraSettings(SOURCE, lab.path, format="lavfi"), session_id, now_ms)
    time.sleep(seconds)
    filmed(camera, 5)
    report = camera.stop()
    assert report.failure == ""
    assert report.file == f"{session_id}.mkv"
    return report.frames, now_ms()


def test_every_frame_has_its_time(lab: Lab) -> None:
    count, end_ms = film(lab, 1.5)
    times = read_times(times_path(lab.path, "s")).times
    assert list(times) == list(range(count))
    values = list(times.values())
    assert values == sorted(values)
    assert 0 <= values[0] < values[-1] <= end_ms
    assert count >= 5
    with av.open(str(video_path(lab.path, "s"))) as video:
        seen = [float(frame.time) * 1000 for frame in video.decode(video=0)]
    assert len(seen) == count
    for shown, told in zip(seen, values, strict=True):
        assert shown == pytest.approx(told - values[0], abs=2.0), "the video's own times are the session's"
    gaps = [later - earlier for earlier, later in itertools.pairwise(values)]
    assert sum(gaps) / len(gaps) > 25, "at the camera's pace, or later on a busy machine"


def test_videos_lie_with_the_people_and_nothing_is_overwritten(lab: Lab) -> None:
    film(lab, 0.2)
    folder = lab.path / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    first = video_path(lab.path, "s").read_bytes()
    camera = Camera(CameraSettings(SOURCE, lab.path, format="lavfi"), "s", clock())
    filmed(camera, 1)
    assert camera.stop().file == "s-2.mkv"
    assert video_path(lab.path, "s").read_bytes() == first


def test_a_camera_that_is_not_there_is_told(lab: Lab) -> None:
    with pytest.raises(UserError, match="the camera cannot be opened"):
        Camera(CameraSettings("/dev/no-such-camera", lab.path), "s", clock())


def test_a_source_that_ends_keeps_what_was_filmed(lab: Lab) -> None:
    camera = Camera(CameraSettings("testsrc=size=64x48:rate=10:duration=1", lab.path, format="lavfi"), "s", clock())
    filmed(camera, 10)
    assert camera.stop().frames == 10


@pytest.mark.parametrize("consent", [True, False])
def test_nobody_is_filmed_without_consent(
    consent: bool, lab: Lab, bank: PlaceholderBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocols.x11.require_display", lambda *_: None)
    lab.participants.add("C1", video=consent, birth_date="2024-01-01")
    plan = make_plan(load_protocol("battery"), bank, "C1", 1)
    around = Surroundings(lab, plan, bank)
    if consent:
        assert respondent_from_spec("human:C1,camera=/dev/video0", around)
    else:
        with pytest.raises(UserError, match="no consent to video") as refused:
            respondent_from_spec("human:C1,camera=/dev/video0", around)
        assert refused.value.problem.code == "no-video-consent"
    assert respondent_from_spec("human:C1,gaze=examiner", around)
    with pytest.raises(UserError, match="did you mean 'eyelink'"):
        respondent_from_spec("human:C1,gaze=eyelinc", around)


def test_the_lab_s_own_camera_films_only_with_consent(lab: Lab) -> None:
    lab.participants.add("C1", video=True)
    lab.participants.add("C2", video=False)
    assert camera_settings(lab, "C1") is None, "a lab without a camera films nobody"
    settings = lab.settings.model_copy(update={"camera": LabCamera(source="/dev/video2", rate=30)})
    write_settings(lab.path / "lab.toml", settings)
    again = Lab.open(lab.path)
    assert camera_settings(again, "C1") == CameraSettings("/dev/video2", lab.path, rate=30)
    assert camera_settings(again, "C2") is None, "the session goes on without"
    assert camera_settings(again, "C1", {"camera": "off"}) is None
    with pytest.raises(UserError, match="no consent to video"):
        camera_settings(again, "C2", {"camera": "/dev/video0"})
