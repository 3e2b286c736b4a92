"""Transcribing recordings by faster-whisper, from weights that lie on this machine.

Needs the extra ``transcribe``. Transcripts are written in our own form with words, times and confidences; recordings
that have one are passed over, so an interrupted run goes on. Who speaks is not told: an RTTM file in the list tells it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from devkit.annotations import Recording, Utterance, Word
from devkit.corpus.annotate.store import write_recordings
from devkit.corpus.read import Corpus
from devkit.corpus.sound import samples
from devkit.errors import UserError
from devkit.files import write_whole

TRANSCRIPTS = "transcripts"
_RATE = 16_000


class Recogniser:
    """A Whisper model in the form of CTranslate2.

    Args:
        folder: Of the weights.
        language: Of the recordings; told by the model for each when empty.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        UserError: faster-whisper is not installed, or the folder holds no such model.
    """

    def __init__(self, folder: Path, language: str = "", device: str = "auto") -> None:
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise UserError(
                "faster-whisper is not installed", hint="install devkit with the extra 'transcribe'"
            ) from None
        if not (folder / "model.bin").is_file():
            raise UserError("the folder holds no model of CTranslate2", place=str(folder), hint="model.bin is missing")
        try:
            self._model: Any = WhisperModel(str(folder), device=device, compute_type="auto", local_files_only=True)
        except (RuntimeError, ValueError, OSError) as error:
            raise UserError(f"cannot be loaded: {str(error)[:200]}", place=str(folder)) from None
        self.language = language

    def listen(self, video: Path, *, advance: Callable[[int], None] = lambda steps: None) -> list[Utterance]:
        """Return what is said in a recording, with words.

        Args:
            video: The file; its sound is decoded here.
            advance: Called with the seconds that were heard.
        """
        blocks = [np.zeros(0, np.float32), *samples(video, _RATE)]
        segments, info = self._model.transcribe(
            np.concatenate(blocks) / 32768,
            language=self.language or None,
            word_timestamps=True,
            beam_size=5,
            vad_filter=False,
        )
        said: list[Utterance] = []
        heard = 0
        for segment in segments:
            said += _utterance(segment, str(info.language))
            advance(max(0, int(segment.end) - heard))
            heard = max(heard, int(segment.end))
        return said


def _utterance(segment: Any, language: str) -> Iterable[Utterance]:
    """Return a segment; one without words or with times that cannot be is nothing that was said."""
    start, end = round(segment.start * 1000), round(segment.end * 1000)
    if end < start or start < 0 or not segment.text.strip():
        return
    words = tuple(
        Word(
            start_ms=max(0, round(word.start * 1000)),
            end_ms=max(0, round(word.end * 1000)),
            text=word.word.strip(),
            confidence=min(1.0, max(0.0, word.probability)),
        )
        for word in segment.words or ()
    )
    sure = (
        sum(word.confidence or 0.0 for word in words) / len(words) if words else math.exp(min(0, segment.avg_logprob))
    )
    yield Utterance(
        start_ms=start,
        end_ms=end,
        text=segment.text.strip(),
        confidence=min(1.0, max(0.0, sure)),
        language=language,
        words=words,
    )


def transcribe(
    corpus: Corpus, folder: Path, recogniser: Recogniser, *, advance: Callable[[int], None] = lambda steps: None
) -> int:
    """Transcribe the recordings of a corpus that have no transcript, and name the transcripts in its list.

    Args:
        corpus: The corpus; transcripts go into its folder.
        folder: That its list lies in.
        recogniser: The model.
        advance: Called after each recording.

    Returns:
        How many were transcribed.
    """
    rows: list[Recording] = []
    count = 0
    for recording in corpus.recordings:
        row = recording
        if not recording.transcript:
            name = f"{TRANSCRIPTS}/{recording.name}.json"
            if not (corpus.path / name).exists():
                said = recogniser.listen(corpus.path / recording.video)
                text = json.dumps([one.model_dump(mode="json") for one in said], ensure_ascii=False, indent=0)
                (corpus.path / TRANSCRIPTS).mkdir(exist_ok=True)
                write_whole(corpus.path / name, text.encode(), sync=True)
            row = recording.model_copy(update={"transcript": name})
            count += 1
        rows.append(row)
        advance(1)
    write_recordings(folder, rows)
    return count
