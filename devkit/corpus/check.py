"""``devkit corpus check``: everything that is wrong with recordings, before hours are spent on them.

Two levels: what makes a recording unusable stops a build; the rest is worth knowing and is dealt with (a rotated video
is turned upright, a variable frame rate is followed by timestamps, damaged packets are passed over).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from devkit.annotations import Recording
from devkit.corpus.decode import upright
from devkit.corpus.inspect import FilmFacts, inspect_film
from devkit.corpus.read import RECORDINGS, Corpus, read_annotations
from devkit.corpus.sound import fit_clock, is_silent, loudness
from devkit.corpus.transcripts import Transcript
from devkit.errors import Problem
from devkit.files import printable

_SLACK_MS = 1000
_STEADY = 0.99
UNHEARD = frozenset({"toybox"})
"""Kinds of corpora that have no sound by nature."""


@dataclass(frozen=True, slots=True)
class CheckRules:
    """How closely to look.

    Attributes:
        videos: Open the videos.
        sound: Decode the sound and hold it against the transcript.
        deep: Decode every picture.
        clock_ms: Shift or drift between sound and transcript that is reported.
    """

    videos: bool = True
    sound: bool = True
    deep: bool = False
    clock_ms: float = 500


def check_corpus(path: Path, rules: CheckRules | None = None) -> Iterator[list[Problem]]:
    """Look through a corpus; yield the problems of each recording in turn.

    Raises:
        UserError: There is no corpus, or its list of recordings is wrong.
    """
    corpus = Corpus.open(path)
    for recording in corpus.recordings:
        yield check_recording(corpus, recording, rules or CheckRules())


def check_recording(corpus: Corpus, recording: Recording, rules: CheckRules) -> list[Problem]:
    """Return everything that is wrong with a recording, the gravest first."""
    transcript = corpus.look_at_transcript(recording)
    found = unusable(corpus, recording, videos=rules.videos, transcript=transcript)
    if not recording.transcript:
        found.append(Problem("missing-transcript", "the recording has no transcript", f"'{recording.name}'"))
    found += _transcript_notes(transcript, recording)
    video = corpus.path / recording.video
    if rules.videos and not any(problem.place == recording.video for problem in found):
        try:
            facts = inspect_film(video, deep=rules.deep)
            found += film_notes(facts, recording, heard=corpus.card.kind not in UNHEARD)
            if rules.sound and facts.has_audio:
                found += _sound_notes(video, recording, transcript, rules)
        except (av.FFmpegError, OSError, IndexError) as error:
            found.append(_unreadable(recording.video, error))
    return [printable(problem) for problem in found]


def unusable(
    corpus: Corpus, recording: Recording, *, videos: bool = True, transcript: Transcript | None = None
) -> list[Problem]:
    """Return what makes a recording unusable: quick, for a build looks at it too."""
    read = transcript or corpus.look_at_transcript(recording)
    found = check_video(corpus.path / recording.video, recording) if videos else []
    found += read.problems
    if recording.annotations:
        found += read_annotations(corpus.path / recording.annotations, recording)[1]
    return found


def check_video(path: Path, recording: Recording) -> list[Problem]:
    """Look at a video's first picture and its last moments; decode nothing else.

    Returns:
        Problems: missing, unreadable, of another size, or shorter than the list says (a copy that broke off).
    """
    name = recording.video
    if not path.is_file():
        return [Problem("missing-video", "there is no such file", name)]
    if recording.duration_ms == 0 or path.stat().st_size == 0:
        return [Problem("zero-length", "the recording has no length", name)]
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                return [Problem("broken-video", "has no picture stream", name)]
            first = next(container.decode(container.streams.video[0]), None)
            if first is None:
                return [Problem("broken-video", "has no picture that can be decoded", name)]
            found = _check_size(*upright(first.width, first.height, first.rotation), recording)
            end_ms = _last_ms(container, recording.duration_ms)
    except (av.FFmpegError, OSError, EOFError) as error:
        return [_unreadable(name, error)]
    if end_ms < recording.duration_ms - _SLACK_MS:
        message = f"ends at {end_ms} ms, not at {recording.duration_ms} ms as {RECORDINGS} says"
        found.append(Problem("truncated-video", message, name, "copy it again, or correct the list"))
    return found


def _unreadable(name: str, error: Exception) -> Problem:
    reason = getattr(error, "strerror", "") or str(error) or type(error).__name__
    return Problem("broken-video", f"cannot be read: {reason}", name, "is the file complete?")


def _check_size(width: int, height: int, recording: Recording) -> list[Problem]:
    if (width, height) == (recording.width, recording.height):
        return []
    message = f"is {width} × {height}, not {recording.width} × {recording.height} as {RECORDINGS} says"
    return [Problem("wrong-size", message, recording.video)]


def _last_ms(container: av.container.InputContainer, duration_ms: int) -> int:
    """Return the end of the last packet that is really there, looking only at the end of the file."""
    stream = container.streams.video[0]
    base = stream.time_base
    if base is None:
        return 0
    begin_ms = (container.start_time or 0) * 1000 / av.time_base
    best = -1
    for back in (3000, duration_ms):
        try:
            container.seek(int((max(0, duration_ms - back) + begin_ms) / 1000 / base), stream=stream)
            for packet in container.demux(stream):
                stamp = packet.pts if packet.pts is not None else packet.dts
                if stamp is not None and packet.size:
                    best = max(best, int((stamp + (packet.duration or 0)) * base * 1000 - begin_ms))
        except (av.FFmpegError, EOFError):
            pass  # a file that breaks off: what was there before counts
        if best >= 0:
            break
    return best


def film_notes(facts: FilmFacts, recording: Recording, *, heard: bool = True) -> Iterator[Problem]:
    """Yield what is worth knowing of a video."""
    name = recording.video
    if not facts.has_audio and heard:
        yield Problem("no-audio", "has no sound", name, "its transcript cannot be held against it")
    if facts.has_audio and facts.audio_end_ms < facts.duration_ms - 5 * _SLACK_MS:
        yield Problem("short-audio", f"its sound ends at {facts.audio_end_ms:.0f} ms of {facts.duration_ms} ms", name)
    if facts.steady < _STEADY:
        message = (
            f"has a variable frame rate: {1 - facts.steady:.0%} of the pictures come early or late,"
            f" {facts.shortest_ms:.0f} to {facts.longest_ms:.0f} ms apart"
        )
        yield Problem("variable-frame-rate", message, name, "pictures are taken by their timestamps")
    if facts.rotation:
        yield Problem("rotated-video", f"is flagged as rotated by {facts.rotation}°", name, "it is turned upright")
    if not facts.square_pixels:
        yield Problem("non-square-pixels", "its pixels are not square", name, "pictures are stored as they are coded")
    if facts.bad_packets:
        message = f"{facts.bad_packets} of {facts.packets} packets are damaged"
        yield Problem("corrupt-packets", message, name, "they are passed over")
    if facts.longest_ms > 10_000:
        yield Problem("picture-gap", f"has no picture for {facts.longest_ms / 1000:.1f} s", name)
    if abs(facts.fps - recording.fps) > 0.02 * recording.fps and facts.steady >= _STEADY:
        yield Problem("wrong-rate", f"has {facts.fps:.2f} pictures a second, not {recording.fps:g}", name)


def _transcript_notes(transcript: Transcript, recording: Recording) -> Iterator[Problem]:
    name = recording.transcript
    for reason, count in sorted(Counter(row.reason for row in transcript.rejected).items()):
        first = next(row for row in transcript.rejected if row.reason == reason)
        message = f"{count} of {transcript.entries} entries are left out ({reason}), the first is entry {first.entry}"
        yield Problem(f"{reason}-entries", f"{message}: {first.detail}" if first.detail else message, name)
    if transcript.unordered:
        yield Problem("unordered-utterances", f"{transcript.unordered} entries begin before the one above", name)
    if transcript.overlapping:
        message = f"{transcript.overlapping} utterances begin before an earlier one of the same speaker ends"
        yield Problem("overlapping-utterances", message, name)
    empty = sum(said.end_ms == said.start_ms for said in transcript.utterances)
    if empty:
        yield Problem("zero-length-utterances", f"{empty} utterances have no length", name)
    late = sum(said.start_ms >= recording.duration_ms for said in transcript.utterances)
    if late:
        message = f"{late} utterances begin after the recording's end at {recording.duration_ms} ms"
        yield Problem("late-utterances", message, name)


def _sound_notes(video: Path, recording: Recording, transcript: Transcript, rules: CheckRules) -> Iterator[Problem]:
    levels = loudness(video)
    if is_silent(levels):
        yield Problem("silent-audio", "nothing is to be heard", recording.video)
        return
    fit = fit_clock(levels, transcript.utterances)
    if abs(fit.drift_ms) > rules.clock_ms:
        message = f"the transcript's clock drifts by {fit.drift_ms / 1000:+.1f} s over the recording"
        yield Problem("clock-drift", message, recording.transcript, "was it made from another version of the file?")
    elif abs(fit.offset_ms) > rules.clock_ms:
        direction = "late" if fit.offset_ms > 0 else "early"
        message = f"the transcript is {abs(fit.offset_ms) / 1000:.1f} s {direction} against the sound"
        yield Problem("transcript-offset", message, recording.transcript, "was the file cut at its begin?")
