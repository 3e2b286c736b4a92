from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.errors import UserError
from protocols.presenter import look
from protocols.presenter.decode import decode
from protocols.presenter.recorded import Recordings
from protocols.presenter.voice import PROGRAM, Saying, Voice

LOOK = Saying("Look at the ball!")
needs_voice = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")


def write_tone(path: Path, codec: str, container: str, *, seconds: float = 0.5, rate: int = 44100) -> Path:
    """Write a 440 Hz tone of half amplitude, mono."""
    t = np.arange(int(seconds * rate)) / rate
    tone = (0.5 * np.sin(2 * np.pi * 440 * t) * 32767).astype(np.int16)
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        for start in range(0, len(tone), 4096):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 4096], format="s16", layout="mono")
            frame.sample_rate = rate
            frame.pts = start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("codec", "container"), [("flac", "ogg"), ("pcm_s16le", "wav"), ("flac", "flac")])
def test_prompts_of_several_formats_are_decoded(codec: str, container: str, tmp_path: Path) -> None:
    samples = decode(str(write_tone(tmp_path / f"tone.{container}", codec, container)))
    assert samples.shape[1] == 2
    assert len(samples) / look.SAMPLE_RATE == pytest.approx(0.5, abs=0.005)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.03)
    spectrum = np.abs(np.fft.rfft(samples[:, 0]))
    assert np.argmax(spectrum) * look.SAMPLE_RATE / len(samples) == pytest.approx(440, abs=4)


def test_a_fast_clock_shortens_the_sound(tmp_path: Path) -> None:
    path = str(write_tone(tmp_path / "tone.wav", "pcm_s16le", "wav"))
    assert len(decode(path, 10.0)) == pytest.approx(len(decode(path)) / 10, rel=0.02)


def test_what_holds_no_sound_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "prompt.ogg"
    broken.write_bytes(b"OggS" + bytes(200))
    for path in (broken, tmp_path / "missing.ogg"):
        with pytest.raises(UserError, match=path.name):
            decode(str(path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.binary(max_size=400))
def test_garbage_is_no_sound(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "garbage.ogg"
    path.write_bytes(data)
    with pytest.raises(UserError):
        decode(str(path))


def test_the_recorded_prompts_of_a_study_can_be_played(shared_data: Path) -> None:
    found = sorted((shared_data / "visual-precision" / "stimuli").rglob("*.ogg"))
    if not found:
        pytest.skip("the study brings no Ogg prompts")
    samples = decode(str(found[0]))
    assert 0.5 < len(samples) / look.SAMPLE_RATE < 10
    assert np.abs(samples).max() > 0.01


@needs_voice
def test_words_are_spoken_once_and_kept(tmp_path: Path) -> None:
    voice = Voice(tmp_path)
    assert voice.prepare([LOOK, LOOK, Saying("-x rm")], "en-GB") == []
    assert len(list(tmp_path.iterdir())) == 2
    path = voice.find(LOOK, "en-GB")
    assert path is not None
    assert 0.4 < len(decode(str(path))) / look.SAMPLE_RATE < 4
    before = path.stat().st_mtime_ns
    voice.prepare([LOOK], "en-GB")
    assert path.stat().st_mtime_ns == before
    assert voice.find(LOOK, "de") is None, "another language is another sound"


@needs_voice
def test_a_language_without_a_voice_stays_silent(tmp_path: Path) -> None:
    voice = Voice(tmp_path)
    assert voice.prepare([Saying("ball")], "qqq") == [Saying("ball")]
    assert list(tmp_path.iterdir()) == []


@needs_voice
@pytest.mark.parametrize(
    ("text", "word", "language"), [("Where is the ball?", "ball", "en"), ("¿Dónde está la pelota?", "pelota", "es")]
)
def test_the_onset_of_a_word_is_where_it_begins(text: str, word: str, language: str, tmp_path: Path) -> None:
    said, voice = Saying(text, text.index(word)), Voice(tmp_path)
    assert voice.prepare([said, Saying(text)], language) == []
    onset_ms = voice.word_onset_ms(said, language)
    found = voice.find(said, language)
    assert found is not None
    assert onset_ms is not None
    samples = np.abs(decode(str(found))[:, 0])
    at = round(onset_ms / 1000 * look.SAMPLE_RATE)
    gap = round(0.02 * look.SAMPLE_RATE)
    assert samples[at - gap : at - 48].max() < 0.02, "there is quiet just before the word"
    assert samples[at : at + gap].max() > 0.01, "and the word begins at its onset"
    assert voice.word_onset_ms(Saying(text), language) is None


def test_a_labs_own_recording_goes_before_the_voice(tmp_path: Path) -> None:
    folder = tmp_path / "es"
    folder.mkdir()
    write_tone(folder / "toca.ogg", "flac", "ogg")
    (folder / "prompts.csv").write_text("text,file,word_onset_ms\nToca  la pelota.,toca.ogg,320.5\n", encoding="utf-8")
    voice = Voice(tmp_path / "cache", Recordings(tmp_path))
    said = Saying("Toca la pelota.", 8)
    assert voice.find(said, "es-MX") == folder / "toca.ogg"
    assert voice.word_onset_ms(said, "es-MX") == 320.5
    assert voice.prepare([said], "es-MX") == []
    assert voice.find(said, "en") is None


def test_mistakes_in_the_table_of_recordings_are_told_together(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    (folder / "prompts.csv").write_text("text,file,word_onset_ms\nHi,hi.wav,\n,x.wav,\n", encoding="utf-8")
    with pytest.raises(UserError) as told:
        Voice(tmp_path, Recordings(tmp_path)).find(Saying("Hi"), "en")
    assert [problem.place.rsplit(":", 1)[1] for problem in told.value.problems] == ["2", "3"]


def test_without_the_program_nothing_is_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Voice(tmp_path).prepare([Saying("ball")], "en") == [Saying("ball")]
