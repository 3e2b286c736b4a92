"""Spoken prompts made beforehand by an offline voice, for items that bring no recording.

Runs in the parent, before the session begins: nothing is synthesised while a trial runs. Files are named by voice,
language and text, so the same words are made once per machine. Without ``espeak-ng`` there is no sound for such a
prompt, and the presenter flags the trial.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from platformdirs import user_cache_path

from devkit.ids import digest_json

PROGRAM = "espeak-ng"
WORDS_PER_MINUTE = 140
PITCH = 60


class Voice:
    """A cache of synthesised prompts.

    Args:
        cache: Folder of the sound files; None takes the user's cache.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self.folder = cache or user_cache_path("devkit") / "voice"

    @property
    def available(self) -> bool:
        """Whether the voice is installed."""
        return shutil.which(PROGRAM) is not None

    def path(self, text: str, language: str) -> Path:
        """Return where the sound of ``text`` is kept, whether it is there or not."""
        key = digest_json([PROGRAM, WORDS_PER_MINUTE, PITCH, language, text])
        return self.folder / f"{key}.wav"

    def find(self, text: str, language: str) -> Path | None:
        """Return the sound of a prompt that was prepared; None when there is none."""
        path = self.path(text, language)
        return path if path.is_file() else None

    def prepare(self, texts: Iterable[str], language: str) -> list[str]:
        """Make the sound of every text that has none yet.

        Args:
            texts: What will be said; repeats cost nothing.
            language: BCP 47; the voice of its primary language speaks.

        Returns:
            The texts that cannot be spoken.
        """
        missing = [text for text in dict.fromkeys(texts) if self.find(text, language) is None]
        if not missing or not self.available:
            return missing
        self.folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(2, thread_name_prefix="voice") as pool:
            made = pool.map(lambda text: self._make(text, language), missing)
            return [text for text, done in zip(missing, made, strict=True) if not done]

    def _make(self, text: str, language: str) -> bool:
        descriptor, name = tempfile.mkstemp(suffix=".part", dir=self.folder)
        os.close(descriptor)
        command = [PROGRAM, "-v", language.split("-")[0].lower(), "-s", str(WORDS_PER_MINUTE), "-p", str(PITCH)]
        try:
            done = subprocess.run(
                [*command, "-w", name, "--stdin"], input=text.encode(), capture_output=True, timeout=30, check=False
            )
            spoken = done.returncode == 0 and os.path.getsize(name) > 44  # more than a WAV header
        except subprocess.TimeoutExpired:
            spoken = False
        if spoken:
            os.replace(name, self.path(text, language))
        else:
            os.unlink(name)
        return spoken
