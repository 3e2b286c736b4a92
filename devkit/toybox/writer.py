"""Writes a toybox: videos, transcripts and annotations, recording by recording, over several processes.

A recording is written beside its place and moved there when it is whole, its video last; so one whose video is there
is complete and is skipped when the work is taken up again. `corpus.json` is written when everything is there.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from devkit.annotations import AnnotatedFrame, CorpusCard, Recording, Utterance
from devkit.errors import UserError
from devkit.ids import canonical_json
from devkit.processes import end_with_parent
from devkit.toybox.paint import derive
from devkit.toybox.plan import Settings, Slot, half_seconds, nursery, slots
from devkit.toybox.props import Toy
from devkit.toybox.script import Scene, scenes
from devkit.toybox.speech import Speaker
from devkit.toybox.stage import Annotator, Stage

FORMAT = 1
SETTINGS_FILE = "toybox.json"
X264 = {
    "preset": "superfast",
    "crf": "26",
    "threads": "1",
    "x264-params": "threads=1:lookahead-threads=1:sliced-threads=0:bframes=0:mbtree=0:rc-lookahead=0",
}
"""Fixed, and without what made one video in fifty differ by some bytes even with one thread (macroblock-tree rate
control together with B-frames)."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written.

    Attributes:
        path: Of the corpus.
        recordings: Number of recordings.
        hours: Their length together.
        skipped: How many were there already.
        size_bytes: Of all files.
    """

    path: Path
    recordings: int
    hours: float
    skipped: int
    size_bytes: int


def make(
    out: str | Path,
    *,
    hours: float,
    seed: int = 0,
    fps: int = 10,
    size: tuple[int, int] = (640, 480),
    jobs: int | None = None,
    recording_minutes: float = 3.0,
    advance: Callable[[int], None] | None = None,
) -> Made:
    """Write a toybox corpus; the same arguments give the same bytes, whatever ``jobs`` is.

    Args:
        out: Folder, new, empty, or holding an unfinished or shorter toybox of the same settings, which is continued.
        hours: Length of all recordings together.
        seed: Everything follows from it.
        fps: Frames per second, even.
        size: Width and height of the frame, pixels.
        jobs: Processes; as many as there are processors by default.
        recording_minutes: Length of one recording.
        advance: Called with the seconds of video that were finished (or found finished).

    Returns:
        What was written.

    Raises:
        UserError: If an argument is out of range or the folder holds something else.
    """
    settings = Settings(seed, fps, size[0], size[1], half_seconds(recording_minutes))
    settings.check()
    if jobs is not None and jobs < 1:
        raise UserError(f"jobs must be at least 1, not {jobs}", code="toybox-jobs")
    wanted = slots(settings, hours)
    todo = [slot for slot in wanted if not _complete(Path(out), slot)]
    _check_space(Path(out), settings, todo)
    folder = _open_folder(Path(out), settings)
    tell = advance or (lambda seconds: None)
    tell((_length_ms(wanted) - _length_ms(todo)) // 1000)
    _write_all(folder, settings, todo, jobs or os.cpu_count() or 1, tell)
    _write_index(folder, settings, wanted)
    total = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Made(folder, len(wanted), _length_ms(wanted) / 3_600_000, len(wanted) - len(todo), total)


def _open_folder(folder: Path, settings: Settings) -> Path:
    """Make the folder, or take one up again that was begun with the same settings."""
    mark = folder / SETTINGS_FILE
    text = canonical_json({"format": FORMAT, **asdict(settings)})
    if folder.is_dir() and any(folder.iterdir()):
        if not mark.is_file():
            raise UserError(
                "the folder is not empty and holds no toybox",
                place=str(folder),
                hint="choose a new folder",
                code="toybox-folder",
            )
        if mark.read_text(encoding="utf-8") != text:
            raise UserError(
                "the folder holds a toybox with other settings",
                place=str(mark),
                hint="choose a new folder or the same seed, fps, size and recording length",
                code="toybox-settings",
            )
    elif folder.exists() and not folder.is_dir():
        raise UserError("this is a file, not a folder", place=str(folder), code="toybox-folder")
    for name in ("videos", "transcripts", "annotations"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    mark.write_text(text, encoding="utf-8")
    (folder / "corpus.json").unlink(missing_ok=True)
    return folder


def _files(folder: Path, name: str) -> tuple[Path, Path, Path]:
    return (
        folder / "videos" / f"{name}.mp4",
        folder / "transcripts" / f"{name}.json",
        folder / "annotations" / f"{name}.jsonl",
    )


def _complete(folder: Path, slot: Slot) -> bool:
    """Return whether a recording is there in its full length."""
    video, transcript, annotations = _files(folder, slot.name)
    if not (video.is_file() and transcript.is_file() and annotations.is_file()):
        return False
    with annotations.open(encoding="utf-8") as lines:
        return sum(1 for _ in lines) == slot.duration_ms // 500


def _write_all(folder: Path, settings: Settings, todo: list[Slot], jobs: int, tell: Callable[[int], None]) -> None:
    """Write recordings in this process or in several; the first mistake stops the rest."""
    if jobs == 1 or len(todo) < 2:
        for slot in todo:
            write_recording(folder, settings, slot)
            tell(slot.duration_ms // 1000)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(todo)), context, initializer=end_with_parent) as pool:
        waiting = {pool.submit(write_recording, folder, settings, slot): slot for slot in todo}
        try:
            for done in as_completed(waiting):
                done.result()
                tell(waiting[done].duration_ms // 1000)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def write_recording(folder: Path, settings: Settings, slot: Slot) -> None:
    """Write one recording: annotations, transcript and video, moved into place when whole."""
    video, transcript, annotations = _files(folder, slot.name)
    half = [file.with_name(f".{file.name}.part") for file in (video, transcript, annotations)]
    drawn = Drawn(settings, slot)
    encode(half[0], drawn.images(), settings)
    with half[2].open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(frame.model_dump_json() + "\n" for frame in drawn.frames)
    said = [utterance.model_dump(mode="json", exclude={"language", "words"}) for utterance in drawn.utterances()]
    half[1].write_text(json.dumps(said, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    for done, place in ((half[2], annotations), (half[1], transcript), (half[0], video)):
        done.replace(place)


class Drawn:
    """One recording as it is drawn: its pictures in a stream, its annotations collected on the way."""

    def __init__(self, settings: Settings, slot: Slot, stage: Stage | None = None) -> None:
        self.settings, self.slot = settings, slot
        self.stage = stage or Stage((settings.width, settings.height))
        self.frames: list[AnnotatedFrame] = []
        self.toys: dict[str, Toy] = {}
        self.places: list[tuple[int, str]] = []

    def scenes(self) -> Iterator[Scene]:
        """Yield its scenes, annotating each."""
        annotator = Annotator(self.stage, self.slot.name)
        for scene in scenes(nursery(self.settings, self.slot), self.slot.duration_ms):
            self.frames.extend(annotator.frames(scene))
            self.toys.update((actor.toy.name, actor.toy) for actor in scene.actors if actor.toy.noun)
            self.places.append((scene.start_ms, scene.room.view))
            yield scene

    def images(self) -> Iterator[Image.Image]:
        """Yield every frame of the video."""
        fps = self.settings.fps
        for scene in self.scenes():
            for index in range(scene.start_ms * fps // 1000, scene.end_ms * fps // 1000):
                yield self.stage.render(scene, index * 1000 / fps)

    def utterances(self) -> list[Utterance]:
        """Return what is said; the scenes must have been drawn."""
        seed = derive(self.settings.seed, "speech", self.slot.number)
        size = (self.settings.width, self.settings.height)
        return Speaker(self.frames, self.toys, self.places, size, self.slot.age_months, seed).utterances(
            self.slot.duration_ms
        )


def encode(path: Path, images: Iterator[Image.Image], settings: Settings) -> None:
    """Write frames as H.264 in MP4, 4:2:0, a key frame every four seconds."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=settings.fps, options=X264)
        stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, "yuv420p"
        stream.codec_context.gop_size = 4 * settings.fps
        stream.codec_context.time_base = Fraction(1, settings.fps)
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = index, Fraction(1, settings.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _write_index(folder: Path, settings: Settings, wanted: list[Slot]) -> None:
    """Write ``recordings.csv`` and then ``corpus.json``; drop what an interrupted run left half done."""
    for left in folder.glob("*/.*.part"):
        left.unlink()
    rows = [_row(settings, slot).model_dump(mode="json") for slot in wanted]
    half = folder / ".recordings.csv.part"
    with half.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(Recording.model_fields), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    half.replace(folder / "recordings.csv")
    card = CorpusCard(
        name=f"toybox-{settings.seed}",
        kind="toybox",
        made_by="devkit toybox",
        seed=settings.seed,
        licence="GPL-3.0-or-later",
        note="Drawn by program; no person or home is shown. Speakers: MOT, FAT; CHI wears the camera.",
    )
    half = folder / ".corpus.json.part"
    half.write_text(json.dumps(card.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    half.replace(folder / "corpus.json")


def _row(settings: Settings, slot: Slot) -> Recording:
    return Recording(
        name=slot.name,
        child=slot.child,
        date=slot.date.isoformat(),
        age_months=slot.age_months,
        age_days=slot.age_days,
        video=f"videos/{slot.name}.mp4",
        transcript=f"transcripts/{slot.name}.json",
        annotations=f"annotations/{slot.name}.jsonl",
        duration_ms=slot.duration_ms,
        fps=settings.fps,
        width=settings.width,
        height=settings.height,
        consent="public",
    )


def _length_ms(some: list[Slot]) -> int:
    return sum(slot.duration_ms for slot in some)


def _check_space(folder: Path, settings: Settings, todo: list[Slot]) -> None:
    """Refuse work that will not fit on the disk, by the usual size of a toybox (about 80 MB an hour)."""
    there = next(parent for parent in folder.resolve().parents if parent.exists())
    hours = _length_ms(todo) / 3_600_000
    need = hours * (50 + 3 * settings.fps) * 1e6 * settings.width * settings.height / 307_200
    free = shutil.disk_usage(there).free
    if need > free:
        raise UserError(
            f"about {need / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free",
            place=str(folder),
            hint="choose another disk or fewer hours",
            code="toybox-space",
        )
