"""Spoken prompts as sound files, ready before the session begins: a lab's own recordings, else an offline voice.

Runs in the parent; nothing is synthesised while a trial runs. What the voice (`espeak-ng`) makes is cached by voice,
language and words, so the same words are made once per machine. Where the onset of a word matters (looking trials) the
words before it and from it on are made apart and joined, so that the onset is known to the sample; it is kept beside
the sound. Without the voice there is no sound for such a prompt, and the presenter flags the trial.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from devkit.ids import digest_json
from devkit.languages import language_pack
from protocols.presenter.recorded import Recordings

PROGRAM = "espeak-ng"
WORDS_PER_MINUTE = 140
PITCH = 60
GAP_S = 0.03
QUIET = 200
HEADER = 44

type Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Saying:
    """Something that is said, and where in it the word begins whose onset matters."""

    text: str
    word_at: int | None = None


class Voice:
    """Finds and makes the sound of prompts.

    Args:
        cache: Folder of the synthesised sound files; None takes the user's cache.
        recordings: The lab's own recordings; they go before the voice.
    """

    def __init__(self, cache: Path | None = None, recordings: Recordings | None = None) -> None:
        self.folder = cache or user_cache_path("devkit") / "voice"
        self.recordings = recordings or Recordings()

    @property
    def available(self) -> bool:
        """Whether the voice is installed."""
        return shutil.which(PROGRAM) is not None

    def path(self, said: Saying, language: str) -> Path:
        """Return where the synthesised sound is kept, whether it is there or not."""
        key = digest_json([PROGRAM, _speaker(language), WORDS_PER_MINUTE, PITCH, language, said.text, said.word_at])
        return self.folder / f"{key}.wav"

    def find(self, said: Saying, language: str) -> Path | None:
        """Return the sound of a prompt: recorded, or prepared; None when there is none."""
        recorded = self.recordings.find(said.text, language)
        if recorded is not None:
            return recorded.path
        path = self.path(said, language)
        return path if path.is_file() else None

    def word_onset_ms(self, said: Saying, language: str) -> float | None:
        """Return the onset of the word in the sound that `find` returns, ms; None when it is not known."""
        recorded = self.recordings.find(said.text, language)
        if recorded is not None:
            return recorded.word_onset_ms
        beside = self.path(said, language).with_suffix(".json")
        return float(json.loads(beside.read_text())["word_onset_ms"]) if beside.is_file() else None

    def prepare(self, sayings: Iterable[Saying], language: str) -> list[Saying]:
        """Make the sound of everything that has none yet.

        Args:
            sayings: What will be said; repeats cost nothing.
            language: BCP 47; the voice that its language pack names speaks.

        Returns:
            What cannot be spoken.
        """
        missing = [said for said in dict.fromkeys(sayings) if self.find(said, language) is None]
        if not missing or not self.available:
            return missing
        self.folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(2, thread_name_prefix="voice") as pool:
            made = pool.map(lambda said: self._make(said, language), missing)
            return [said for said, done in zip(missing, made, strict=True) if not done]

    def _make(self, said: Saying, language: str) -> bool:
        cut = said.word_at or 0
        parts = [part for part in (said.text[:cut], said.text[cut:]) if part.strip()]
        sounds = [self._spoken(part, language) for part in parts]
        known = [sound for sound in sounds if sound is not None]
        if not known or len(known) < len(parts):
            return False
        rate = known[0][0]
        pieces = [samples for _, samples in known]
        if len(pieces) == 2:
            before = _trimmed(pieces[0], end=True)
            gap = np.zeros(round(GAP_S * rate), dtype=np.int16)
            pieces = [before, gap, _trimmed(pieces[1], end=False)]
            self._keep_onset(said, language, (len(before) + len(gap)) / rate * 1000)
        self._write(self.path(said, language), rate, np.concatenate(pieces))
        return True

    def _spoken(self, text: str, language: str) -> tuple[int, Samples] | None:
        """Have the voice say something; returns the rate and samples, or None when it cannot."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            name = os.path.join(folder, "said.wav")
            command = [
                PROGRAM,
                "-v",
                _speaker(language),
                "-s",
                str(WORDS_PER_MINUTE),
                "-p",
                str(PITCH),
                "-w",
                name,
                "--stdin",
            ]
            try:
                done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=30, check=False)
            except subprocess.TimeoutExpired:
                return None
            if done.returncode != 0 or not os.path.exists(name) or os.path.getsize(name) <= HEADER:
                return None
            with wave.open(name, "rb") as sound:
                return sound.getframerate(), np.frombuffer(sound.readframes(sound.getnframes()), dtype=np.int16)

    def _keep_onset(self, said: Saying, language: str, onset_ms: float) -> None:
        beside = self.path(said, language).with_suffix(".json")
        part = beside.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps({"word_onset_ms": round(onset_ms, 3)}))
        os.replace(part, beside)

    def _write(self, path: Path, rate: int, samples: Samples) -> None:
        descriptor, name = tempfile.mkstemp(suffix=".part", dir=self.folder)
        with os.fdopen(descriptor, "wb") as stream, wave.open(stream, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(rate)
            sound.writeframes(samples.tobytes())
        os.replace(name, path)


def _speaker(language: str) -> str:
    """Return the voice that the language's pack names; without a pack, that of the language itself."""
    pack, primary = language_pack(language), language.split("-")[0].lower()
    return pack.voice if pack.language.split("-")[0] == primary else primary


def _trimmed(samples: Samples, *, end: bool) -> Samples:
    """Return samples without the silence at their end, or at their beginning."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > QUIET)
    if not len(loud):
        return samples
    return samples[: loud[-1] + 1] if end else samples[loud[0] :]
