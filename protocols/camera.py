"""Video of the child for later coding: a thread of the examiner's program, with the session time of every frame.

Only with the family's consent to video, and kept with the people's data (`devkit.lab.videos`). The camera is whatever
FFmpeg reads: a webcam (``/dev/video0``), a name on macOS or Windows, or a made-up picture for tests. A camera that
fails while it films is noted and never stops a session. Frames are written as Matroska, which survives a cut; times go
beside it at once. The child's screen is drawn by another process.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from devkit.errors import UserError
from devkit.lab import Lab
from devkit.lab.videos import make_folder, parts, require_consent, times_path, video_path

FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
CODECS = ("libx264", "mpeg4")
TIME_BASE = Fraction(1, 1000)
PATIENCE_S = 10.0
GLANCE_WIDTH = 320


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """Which camera, and where its videos go.

    Attributes:
        source: Device or address, as FFmpeg names it.
        lab: The lab's folder.
        format: FFmpeg's input format; empty takes the system's own for cameras.
        width: Wished width, pixels; 0 takes what the camera gives.
        height: Wished height.
        rate: Wished frames a second; 0 takes what the camera gives.
    """

    source: str
    lab: Path
    format: str = ""
    width: int = 0
    height: int = 0
    rate: int = 0


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What was filmed.

    Attributes:
        file: Name of the video; it says nothing but the session.
        frames: Frames written.
        first_ms: Session time of the first; None without frames.
        last_ms: Session time of the last.
        failure: What went wrong; empty when nothing did.
    """

    file: str
    frames: int
    first_ms: float | None
    last_ms: float | None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """A small picture of what the camera sees, for the examiner: red, green and blue, row by row from the top."""

    width: int
    height: int
    pixels: bytes


def camera_settings(lab: Lab, code: str, options: Mapping[str, str] | None = None) -> CameraSettings | None:
    """Return the camera that films a participant; None where nobody is filmed.

    The lab's own camera films those whose families consent to video and leaves everybody else alone; a camera that is
    asked for by name (``camera`` of the options) needs the consent. ``camera=off`` films nobody.

    Raises:
        UserError: A camera was asked for and there is no consent.
    """
    asked, own = (options or {}).get("camera", ""), lab.settings.camera
    if asked in ("off", "none") or not (asked or own.source):
        return None
    if asked:
        require_consent(lab.participants, code)
    elif not lab.participants.get(code).video:
        return None
    return CameraSettings(asked or own.source, lab.path, width=own.width, height=own.height, rate=own.rate)


class Camera:
    """One running recording.

    Args:
        settings: Which camera.
        session_id: Names the files; a session that was taken up again gets further ones, numbered.
        now_ms: The session's clock.

    Raises:
        UserError: The camera cannot be opened, or the disk refuses.
    """

    def __init__(self, settings: CameraSettings, session_id: str, now_ms: Callable[[], float]) -> None:
        self._now_ms = now_ms
        make_folder(settings.lab)
        self._video, self._times = _free_files(settings.lab, session_id)
        self._source: Any = _open(settings)
        self._stop = threading.Event()
        self._frames = 0
        self._first_ms: float | None = None
        self._last_ms: float | None = None
        self._failure = ""
        self._glance: Glance | None = None
        self._glance_wanted = False
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def stop(self) -> CameraReport:
        """End the recording and return what was filmed."""
        self._stop.set()
        self._thread.join(PATIENCE_S)
        return self.report()

    def report(self) -> CameraReport:
        """Return what was filmed so far."""
        return CameraReport(self._video.name, self._frames, self._first_ms, self._last_ms, self._failure)

    def glance(self) -> Glance | None:
        """Return the picture that was asked for last, and ask for the next; None before the first. Never waits."""
        found, self._glance_wanted = self._glance, True
        return found

    def _run(self) -> None:
        try:
            with self._source as source, av.open(str(self._video), "w", format="matroska") as sink:
                self._film(source, sink)
        except (FFmpegError, OSError) as error:
            self._failure = f"the camera stopped: {error}"

    def _film(self, source: Any, sink: Any) -> None:
        stream, pts = None, -1
        with self._times.open("w", encoding="utf-8", buffering=1) as times:
            times.write("frame,session_ms\n")
            for frame in source.decode(video=0):
                t_ms = self._now_ms()
                if stream is None:
                    stream, begun_ms = _stream(sink, frame), t_ms
                picture = frame.reformat(stream.width, stream.height, "yuv420p")
                pts = max(pts + 1, round(t_ms - begun_ms))  # frames that waited may come within a millisecond
                picture.time_base, picture.pts = TIME_BASE, pts
                sink.mux(stream.encode(picture))
                times.write(f"{self._frames},{t_ms:.3f}\n")
                self._note(t_ms)
                if self._glance_wanted:
                    self._glance_wanted, self._glance = False, _small(frame)
                if self._stop.is_set():
                    break
            if stream is not None:
                sink.mux(stream.encode(None))

    def _note(self, t_ms: float) -> None:
        self._first_ms = t_ms if self._first_ms is None else self._first_ms
        self._frames, self._last_ms = self._frames + 1, t_ms


def _small(frame: Any) -> Glance:
    height = max(2, round(GLANCE_WIDTH * frame.height / frame.width))
    pixels = frame.reformat(GLANCE_WIDTH, height, "rgb24").to_ndarray()
    return Glance(GLANCE_WIDTH, height, pixels.tobytes())


def _open(settings: CameraSettings) -> Any:
    options = {"framerate": str(settings.rate)} if settings.rate else {}
    if settings.width and settings.height:
        options["video_size"] = f"{settings.width}x{settings.height}"
    form = settings.format or FORMATS.get(sys.platform, FORMATS["linux"])
    try:
        source = av.open(settings.source, format=form, options=options)
        if not source.streams.video:
            raise UserError("the camera gives no picture", place=settings.source, code="camera")
    except (FFmpegError, OSError, ValueError) as error:
        hint = "plug it in, close other programs that use it, or go on without a camera"
        message = f"the camera cannot be opened: {error}"
        raise UserError(message, place=settings.source, hint=hint, code="camera") from error
    return source


def _stream(sink: Any, frame: Any) -> Any:
    """Add a video stream for frames like this one, with the first encoder that this machine has."""
    for codec in CODECS:
        try:
            stream = sink.add_stream(codec, rate=30)
        except (FFmpegError, ValueError):
            continue
        stream.width, stream.height = frame.width - frame.width % 2, frame.height - frame.height % 2
        stream.pix_fmt, stream.time_base = "yuv420p", TIME_BASE
        stream.codec_context.time_base = TIME_BASE
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "23"}
        return stream
    raise OSError("no video encoder")


def _free_files(lab: Path, session_id: str) -> tuple[Path, Path]:
    found = parts(lab, session_id)
    name = f"{session_id}-{len(found) + 1}" if found else session_id
    return video_path(lab, name), times_path(lab, name)
