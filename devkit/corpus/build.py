"""From a corpus to training data: each recording on its own, several at a time, then joined; the manifest last.

A build that was stopped goes on where it was: a recording whose pictures are stored with the same settings is not
decoded again. The same corpus and options give the same files.
"""

from __future__ import annotations

import multiprocessing
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import Field

from devkit.annotations import Recording
from devkit.corpus.data import FRAMES, MANIFEST, CorpusData, Manifest, open_data
from devkit.corpus.formats import FORMATS, FormatRules, Split
from devkit.corpus.frames import FrameRules, decoder_version
from devkit.corpus.join import WORK, join
from devkit.corpus.part import Part, Plan, build_part
from devkit.corpus.read import Corpus, check_video, read_annotations, read_transcript
from devkit.corpus.segments import SegmentRules
from devkit.corpus.splits import split_recordings
from devkit.errors import Problem, Problems, UserError
from devkit.files import printable, write_whole
from devkit.ids import digest_json
from devkit.items import Strict

Advance = Callable[[int], None]
Progress = Callable[[str, int | None], AbstractContextManager[Advance]]


class BuildOptions(Strict):
    """How a corpus becomes training data.

    Attributes:
        segments: Which utterances are kept and how they are cut.
        frames: How pictures are stored.
        formats: How segments become records.
        fractions: Shares of train, val and test.
        seed: Seed of the split.
    """

    segments: SegmentRules = SegmentRules()
    frames: FrameRules = FrameRules()
    formats: FormatRules = FormatRules()
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = Field(default=0)


@dataclass(frozen=True, slots=True)
class _Sound:
    """The recordings that can be used, and why others cannot."""

    recordings: tuple[Recording, ...]
    left_out: dict[str, str]


@contextmanager
def _silent(label: str, total: int | None) -> Iterator[Advance]:
    yield lambda steps: None


def build_corpus(
    source: Path,
    out: Path,
    options: BuildOptions | None = None,
    *,
    jobs: int = 1,
    replace: bool = False,
    keep_good: bool = False,
    progress: Progress = _silent,
) -> CorpusData:
    """Build training data from a corpus.

    Args:
        source: The corpus.
        out: Folder of the data; an interrupted build there goes on.
        options: How; see `BuildOptions`.
        jobs: Recordings worked on at a time, each in a process of its own.
        replace: Replace finished data that were made otherwise.
        keep_good: Leave out recordings that have problems instead of stopping.
        progress: Shows the advance, a step for each recording.

    Raises:
        Problems: Recordings have problems (without ``keep_good``, or when none is left).
        UserError: There is no corpus, or the folder holds something else.
    """
    chosen = options or BuildOptions()
    corpus = Corpus.open(source)
    with progress("looking through recordings", len(corpus.recordings)) as advance:
        sound = _look_through(corpus, keep_good, advance)
    key = digest_json([corpus.card.model_dump(), [corpus.digest(r) for r in sound.recordings], _settings(chosen)])
    if _finished(out, key, replace):
        return open_data(out)
    (out / MANIFEST).unlink(missing_ok=True)
    splits = split_recordings(sound.recordings, chosen.fractions, chosen.seed)
    plans = [_plan(corpus, out, recording, splits[recording.name], chosen, jobs) for recording in sound.recordings]
    with progress("building recordings", len(plans)) as advance:
        parts, problems = _run(plans, jobs, advance)
    if problems and (not keep_good or not parts):
        raise Problems(problems, subject=str(source))
    left_out = sound.left_out | {problem.place: problem.message for problem in problems}
    _finish(corpus, out, chosen, key, parts, left_out)
    return open_data(out)


def _settings(options: BuildOptions) -> list[object]:
    return [options.model_dump(mode="json"), decoder_version()]


def _finished(out: Path, key: str, replace: bool) -> bool:
    """Tell whether these very data are there; refuse a folder that is not ours to write into."""
    if not out.exists():
        return False
    if not out.is_dir():
        raise UserError("there is a file where the data should go", place=str(out))
    names = {entry.name for entry in out.iterdir()}
    if MANIFEST in names:
        if open_data(out).manifest.key == key:
            return True
        if not replace:
            raise UserError("there are other data already", place=str(out), hint="choose another folder or --replace")
    elif names and not names & {FRAMES, WORK}:
        raise UserError("the folder is not empty and holds no data", place=str(out), hint="choose another one")
    return False


def _look_through(corpus: Corpus, keep_good: bool, advance: Advance) -> _Sound:
    """Check every recording before any is decoded."""
    good: list[Recording] = []
    problems: list[Problem] = []
    left_out: dict[str, str] = {}
    for recording in corpus.recordings:
        found = check_video(corpus.path / recording.video, recording)
        if recording.transcript:
            found += read_transcript(corpus.path / recording.transcript, recording.transcript)[1]
        if recording.annotations:
            found += read_annotations(corpus.path / recording.annotations, recording)[1]
        if found:
            left_out[recording.name] = printable(found[0]).message
        else:
            good.append(recording)
        problems += [printable(problem) for problem in found]
        advance(1)
    if problems and (not keep_good or not good):
        raise Problems(problems, subject=str(corpus.path))
    return _Sound(tuple(good), left_out)


def _plan(corpus: Corpus, out: Path, recording: Recording, split: Split, options: BuildOptions, jobs: int) -> Plan:
    return Plan(
        corpus=corpus.path,
        out=out,
        recording=recording,
        split=split,
        segments=options.segments,
        frames=options.frames,
        formats=options.formats,
        threads=1 if jobs > 1 else 0,
    )


def _run(plans: Sequence[Plan], jobs: int, advance: Advance) -> tuple[list[Part], list[Problem]]:
    """Build every recording; a recording that fails does not stop the others."""
    parts: dict[str, Part] = {}
    problems: dict[str, list[Problem]] = {}

    def keep(plan: Plan, result: Callable[[], Part]) -> None:
        try:
            parts[plan.recording.name] = result()
        except BrokenProcessPool:
            raise UserError("a worker process was killed", hint="out of memory? Try fewer --jobs") from None
        except UserError as error:
            problems[plan.recording.name] = list(error.problems)
        advance(1)

    if jobs <= 1:
        for plan in plans:
            keep(plan, partial(build_part, plan))
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, mp_context=context, initializer=_die_quietly) as pool:
            try:
                futures = {pool.submit(build_part, plan): plan for plan in plans}
                for future in as_completed(futures):
                    keep(futures[future], future.result)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    order = [plan.recording.name for plan in plans]
    found = [problem for name in order for problem in problems.get(name, [])]
    return [parts[name] for name in order if name in parts], found


def _die_quietly() -> None:
    """Let an interrupt end a worker at once and without a word; the main process says what is to be said."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _finish(
    corpus: Corpus, out: Path, options: BuildOptions, key: str, parts: Sequence[Part], left_out: dict[str, str]
) -> None:
    """Join the recordings' parts, remove what is no longer used, and write the manifest last."""
    files = join(out, parts)
    for folder in (out / FRAMES).iterdir():
        if folder.name not in {part.recording.name for part in parts}:
            shutil.rmtree(folder)
    shutil.rmtree(out / WORK, ignore_errors=True)
    counts: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    for part in parts:
        counts.update({"utterances": part.utterances, "segments": part.segments, "frames": part.recording.frames})
        counts.update({f"{name}/{part.recording.split}": part.records[name] for name in FORMATS})
        dropped.update(part.dropped)
        hours[part.recording.split] += part.recording.duration_ms
    manifest = Manifest(
        corpus=corpus.card.name,
        kind=corpus.card.kind,
        key=key,
        digest=digest_json(files),
        decoder=decoder_version(),
        options=options.model_dump(mode="json"),
        hours={split: round(ms / 3_600_000, 4) for split, ms in sorted(hours.items())},
        recordings=dict(sorted(Counter(str(part.recording.split) for part in parts).items())),
        counts=dict(sorted(counts.items())),
        dropped=dict(sorted(dropped.items())),
        left_out=left_out,
        files=files,
    )
    write_whole(out / MANIFEST, (manifest.model_dump_json(indent=2) + "\n").encode(), sync=True)
