"""From a corpus to training data: each recording on its own, several at a time, then joined; the manifest last.

A build that was stopped goes on where it was, and a build with other settings or more recordings redoes only what
depends on them (`devkit.corpus.frames`, `devkit.corpus.similarity`). The same corpus and options give the same files.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from devkit.annotations import Recording
from devkit.corpus.check import unusable
from devkit.corpus.data import MANIFEST, SHARDS, CorpusData, Manifest, open_data
from devkit.corpus.decode import decoder_version
from devkit.corpus.engine import Engine, LocalEngine, phases
from devkit.corpus.formats import FormatRules, Split
from devkit.corpus.frames import FrameRules
from devkit.corpus.join import join
from devkit.corpus.part import WORK, Part, Plan
from devkit.corpus.read import Corpus
from devkit.corpus.segments import SegmentRules
from devkit.corpus.similarity import FilterRules, similarity_file
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
        filters: Which pictures and clips are left out for not showing what is said.
        fractions: Shares of train, val and test.
        seed: Seed of the split.
        pinned: Splits of recordings that are given, not drawn: those of earlier data, or of a published benchmark.
    """

    segments: SegmentRules = SegmentRules()
    frames: FrameRules = FrameRules()
    formats: FormatRules = FormatRules()
    filters: FilterRules = FilterRules()
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0
    pinned: Mapping[str, Split] = Field(default_factory=dict)


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
    engine: Engine | None = None,
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
        engine: What runs the stages; processes of this machine by default.
        replace: Bring finished data up to date that were made from less or otherwise.
        keep_good: Leave out recordings that cannot be used instead of stopping.
        progress: Shows the advance, a step for each recording.

    Raises:
        Problems: Recordings cannot be used (without ``keep_good``, or when none is left).
        UserError: There is no corpus, or the folder holds something else.
    """
    chosen = options or BuildOptions()
    corpus = Corpus.open(source)
    with progress("looking through recordings", len(corpus.recordings)) as advance:
        sound = _look_through(corpus, keep_good, advance)
    key = _key(corpus, sound.recordings, chosen)
    if _finished(out, key, replace):
        return open_data(out)
    splits = split_recordings(sound.recordings, chosen.fractions, chosen.seed, chosen.pinned)
    (out / MANIFEST).unlink(missing_ok=True)
    plans = [_plan(corpus, out, recording, splits[recording.name], chosen) for recording in sound.recordings]
    parts, problems = _run(engine or LocalEngine(jobs), plans, chosen, progress)
    if problems and (not keep_good or not parts):
        raise Problems(problems, subject=str(source))
    left_out = sound.left_out | {problem.place: problem.message for problem in problems}
    _finish(corpus, out, chosen, key, parts, left_out)
    return open_data(out)


def _key(corpus: Corpus, recordings: Sequence[Recording], options: BuildOptions) -> str:
    """Name everything that the data follow from: the list of names too, which is kept nowhere else."""
    settings = [_settings(options), list(options.segments.names), decoder_version()]
    return digest_json(
        [corpus.card.model_dump(exclude={"media"}), [corpus.digest(one) for one in recordings], settings]
    )


def _settings(options: BuildOptions) -> dict[str, object]:
    return options.model_dump(mode="json")


def _finished(out: Path, key: str, replace: bool) -> bool:
    """Tell whether these very data are there; refuse a folder that is not ours to write into."""
    if not out.exists():
        return False
    if not out.is_dir():
        raise UserError("there is a file where the data should go", place=str(out))
    names = {entry.name for entry in out.iterdir()}
    if MANIFEST in names:
        try:
            if open_data(out).manifest.key == key:
                return True
        except UserError:
            if not replace:
                raise
        if not replace:
            hint = "--replace brings them up to date; what is the same is not decoded again"
            raise UserError("there are other data already", place=str(out), hint=hint)
    elif names and not names & {SHARDS, WORK}:
        raise UserError("the folder is not empty and holds no data", place=str(out), hint="choose another one")
    return False


def _look_through(corpus: Corpus, keep_good: bool, advance: Advance) -> _Sound:
    """See which recordings can be used, before any is decoded."""
    good: list[Recording] = []
    problems: list[Problem] = []
    left_out: dict[str, str] = {}
    for recording in corpus.recordings:
        found = [printable(problem) for problem in unusable(corpus, recording)]
        if found:
            left_out[recording.name] = found[0].message
        else:
            good.append(recording)
        problems += found
        advance(1)
    if problems and (not keep_good or not good):
        raise Problems(problems, subject=str(corpus.path))
    return _Sound(tuple(good), left_out)


def _plan(corpus: Corpus, out: Path, recording: Recording, split: Split, options: BuildOptions) -> Plan:
    return Plan(
        corpus=corpus.path,
        out=out,
        recording=recording,
        split=split,
        segments=options.segments,
        frames=options.frames,
        formats=options.formats,
        filters=options.filters,
    )


def _run(
    engine: Engine, plans: Sequence[Plan], options: BuildOptions, progress: Progress
) -> tuple[list[Part], list[Problem]]:
    """Take every recording through all phases; one that fails is out of those that follow."""
    parts: list[Part] = []
    problems: list[Problem] = []
    left = list(plans)
    for phase in phases(options.filters):
        with progress(phase.label, len(left)) as advance:
            outcomes = engine.run(phase, left, advance)
        problems += [problem for _, found in outcomes for problem in found]
        left = [plan for plan, (_, found) in zip(left, outcomes, strict=True) if not found]
        parts = [part for part, _ in outcomes if part is not None]
    return parts, problems


def _finish(
    corpus: Corpus, out: Path, options: BuildOptions, key: str, parts: Sequence[Part], left_out: dict[str, str]
) -> None:
    """Join the recordings' parts, remove what is no longer used, and write the manifest last."""
    files = join(out, parts)
    _sweep(out, parts, options)
    counts, dropped, records, hours = _totals(parts)
    manifest = Manifest(
        corpus=corpus.card.name,
        kind=corpus.card.kind,
        key=key,
        digest=digest_json(files),
        decoder=decoder_version(),
        options=_settings(options),
        hours={split: round(ms / 3_600_000, 4) for split, ms in sorted(hours.items())},
        recordings=dict(sorted(Counter(str(part.recording.split) for part in parts).items())),
        counts=dict(sorted(counts.items())),
        dropped=dict(sorted(dropped.items())),
        left_out_records=dict(sorted(records.items())),
        left_out=left_out,
        files=files,
    )
    write_whole(out / MANIFEST, (manifest.model_dump_json(indent=2) + "\n").encode(), sync=True)


def _totals(parts: Sequence[Part]) -> tuple[Counter[str], Counter[str], Counter[str], Counter[str]]:
    """Return counts, dropped pieces by reason, left out records by format and reason, and ms of each split."""
    counts: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    records: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    for part in parts:
        counts.update({"entries": part.entries, "gained": part.gained, "masked": part.masked})
        counts.update({"segments": part.segments, "frames": part.recording.frames})
        counts.update({f"{name}/{part.recording.split}": number for name, number in part.records.items()})
        dropped.update(part.dropped)
        records.update(part.left_out)
        hours[part.recording.split] += part.recording.duration_ms
    return counts, dropped, records, hours


def _sweep(out: Path, parts: Sequence[Part], options: BuildOptions) -> None:
    """Remove what other builds left in the folder, so that equal builds leave equal folders."""
    shards = out / SHARDS
    keep = {f"{part.recording.name}.json" for part in parts}
    if options.filters.wanted:
        keep |= {similarity_file(shards, part.recording.name).name for part in parts}
    names = {part.recording.name for part in parts}
    for file in shards.iterdir():
        owner, _, number = file.name.removesuffix(".tar").rpartition("-")
        whole = file.suffix == ".tar" and number.isdigit() and owner in names
        if not whole and file.name not in keep:
            file.unlink()
    shutil.rmtree(out / WORK, ignore_errors=True)
