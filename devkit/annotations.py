"""What a corpus offers to the makers of items: recordings, utterances, and boxes on frames.

A corpus is a folder::

    corpus.json                 `CorpusCard`: name, kind, seed, who made it
    recordings.csv              one `Recording` a row
    videos/NAME.mp4             what the head camera saw
    transcripts/NAME.json       a list of `Utterance`; any format of `devkit.corpus.transcripts` will do
    annotations/NAME.jsonl      one `AnnotatedFrame` a line, in order of time

Boxes are x, y, width, height in pixels of the video's frame, origin at the top left; they are clipped to the frame.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from devkit.items import Strict


class CorpusCard(Strict):
    """What a corpus says of itself (``corpus.json``).

    Attributes:
        name: Name of the corpus.
        kind: Where it comes from.
        made_by: Who made it.
        seed: Of a drawn corpus.
        licence: Under which terms.
        note: For people.
        media: Folder that the paths of the recordings start from, when they lie elsewhere (on a disk that nothing may
            be written to); this folder when empty.
    """

    name: str
    kind: Literal["toybox", "saycam", "babyview", "ego4d", "plain"] = "plain"
    made_by: str = ""
    seed: int | None = None
    licence: str = ""
    note: str = ""
    media: str = ""


class Recording(Strict):
    """One recording, a row of ``recordings.csv``.

    Attributes:
        name: By the SAYCam convention ``CHILD_YYYYMMDD_MMDD_NN``: child, date, age as months and days, number.
        child: Code of the child who wore the camera.
        date: ISO date.
        age_months: Completed months of age.
        age_days: Days beyond the completed months, 0–30.
        video: Path relative to the corpus.
        transcript: Path relative to the corpus; empty when there is none.
        annotations: Path relative to the corpus; empty when there is none.
        duration_ms: Length of the video.
        fps: Frames per second.
        width: Pixels.
        height: Pixels.
        consent: ``private``, ``shareable`` or ``public``.
        diarisation: Path of an RTTM file relative to the corpus, for transcripts without speakers; empty for none.
    """

    name: str
    child: str
    date: str
    age_months: int = Field(ge=0)
    age_days: int = Field(ge=0, le=30)
    video: str
    transcript: str = ""
    annotations: str = ""
    duration_ms: int = Field(ge=0)
    fps: float = Field(gt=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    consent: Literal["private", "shareable", "public"] = "private"
    diarisation: str = ""

    @property
    def total_age_days(self) -> int:
        """Age in days, a month counted as 30.4375 days."""
        return round(self.age_months * 30.4375) + self.age_days


class Word(Strict):
    """One word of an utterance, with times in ms from the start of the recording and a confidence of 0–1."""

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    text: str
    confidence: float | None = Field(default=None, ge=0, le=1)


class Utterance(Strict):
    """Something said, with times in ms from the start of the recording.

    Attributes:
        start_ms: Start.
        end_ms: End.
        speaker: Code of who says it (``CHI``, ``MOT``); empty when unknown.
        text: What is said.
        confidence: Of the transcript, 0–1; None when unknown.
        language: BCP 47 or ISO 639; empty when unknown.
        words: Its words, where the transcript has them with times.
    """

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    speaker: str = ""
    text: str
    confidence: float | None = Field(default=None, ge=0, le=1)
    language: str = ""
    words: tuple[Word, ...] = ()


class Box(Strict):
    """One object on one frame.

    Attributes:
        noun: Singular, of the early vocabulary.
        instance: Name of the very object, the same across frames and recordings.
        track: Name of one appearance of the instance, from entering to leaving the frame.
        x: Left edge, pixels.
        y: Top edge, pixels.
        w: Width, pixels.
        h: Height, pixels.
        visible: Share of the object's own pixels that are inside the frame and not covered, 0–1.
    """

    noun: str
    instance: str = ""
    track: str = ""
    x: int
    y: int
    w: int = Field(gt=0)
    h: int = Field(gt=0)
    visible: float = Field(default=1.0, ge=0, le=1)


class AnnotatedFrame(Strict):
    """The boxes of one frame of a recording.

    Attributes:
        recording: Name of the recording.
        time_ms: Time of the frame from the start of the recording.
        boxes: The objects in view, back to front.
        exits: For each track that left the frame since the annotated frame before: track → one of the eight
            directions (``left``, ``top left`` …) through which its centre left.
    """

    recording: str
    time_ms: int = Field(ge=0)
    boxes: tuple[Box, ...] = ()
    exits: dict[str, str] = Field(default_factory=dict)


DIRECTIONS = ("top", "bottom", "left", "right", "top right", "top left", "bottom right", "bottom left")
