"""What is in built training data: hours by child and age, words by frequency, objects by frequency."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from devkit.corpus.data import SPLITS, CorpusData
from devkit.items import Strict

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class ChildHours(Strict):
    """Hours of one child at one age."""

    child: str
    age_months: int
    hours: float
    recordings: int


class WordCount(Strict):
    """How often a word is said."""

    word: str
    count: int


class ObjectCount(Strict):
    """How often a noun is in view."""

    noun: str
    boxes: int
    instances: int
    recordings: int
    spoken: int


class CorpusStats(Strict):
    """Everything that is counted.

    Attributes:
        corpus: Name of the corpus.
        hours: Hours by child and age in completed months.
        splits: Recordings in each split.
        utterances: Utterances that passed the filters.
        tokens: Words said.
        types: Different words.
        words: The most frequent ones.
        objects: Nouns in view, the most frequent first; ``spoken`` counts the noun among the words.
        dropped: Left out utterances by reason.
    """

    corpus: str
    hours: tuple[ChildHours, ...]
    splits: dict[str, int]
    utterances: int
    tokens: int
    types: int
    words: tuple[WordCount, ...]
    objects: tuple[ObjectCount, ...]
    dropped: dict[str, int]


def words_of(text: str) -> list[str]:
    """Return the words of an utterance in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def corpus_stats(data: CorpusData, *, most: int = 50) -> CorpusStats:
    """Count what is in the data.

    Args:
        data: Built training data.
        most: How many words and objects to list; 0 for all.
    """
    spoken = [said for split in SPLITS for said in data.utterances(split)]
    words = Counter(word for said in spoken for word in words_of(said.text))
    ranked = sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))
    objects = _objects(data, words)
    return CorpusStats(
        corpus=data.manifest.corpus,
        hours=_hours(data),
        splits=data.manifest.recordings,
        utterances=len(spoken),
        tokens=words.total(),
        types=len(words),
        words=tuple(WordCount(word=word, count=count) for word, count in ranked[: most or None]),
        objects=objects[: most or None],
        dropped=data.manifest.dropped,
    )


def _hours(data: CorpusData) -> tuple[ChildHours, ...]:
    length: Counter[tuple[str, int]] = Counter()
    number: Counter[tuple[str, int]] = Counter()
    for recording in data.recordings:
        length[recording.child, recording.age_months] += recording.duration_ms
        number[recording.child, recording.age_months] += 1
    return tuple(
        ChildHours(child=c, age_months=age, hours=round(ms / 3_600_000, 4), recordings=number[c, age])
        for (c, age), ms in sorted(length.items())
    )


def _objects(data: CorpusData, words: Counter[str]) -> tuple[ObjectCount, ...]:
    boxes: Counter[str] = Counter()
    instances: dict[str, set[str]] = defaultdict(set)
    recordings: dict[str, set[str]] = defaultdict(set)
    for split in SPLITS:
        for ref in data.pool(split).boxes:
            noun = ref.box.noun
            boxes[noun] += 1
            instances[noun].add(ref.box.instance)
            recordings[noun].add(ref.recording)
    ranked = sorted(boxes.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        ObjectCount(
            noun=noun,
            boxes=count,
            instances=len(instances[noun] - {""}),
            recordings=len(recordings[noun]),
            spoken=words[noun.lower()],
        )
        for noun, count in ranked
    )


def as_text(stats: CorpusStats) -> str:
    """Return the counts as tables in plain text."""
    lines = [
        f"{stats.corpus}: {sum(row.hours for row in stats.hours):.2f} h in {sum(stats.splits.values())} recordings"
        f" ({', '.join(f'{name} {count}' for name, count in stats.splits.items())})",
        f"{stats.utterances} utterances, {stats.tokens} words, {stats.types} different ones",
        "",
        "child  age (months)   hours  recordings",
        *(f"{row.child:<5}  {row.age_months:>12}  {row.hours:>6.2f}  {row.recordings:>10}" for row in stats.hours),
    ]
    if stats.dropped:
        lines += ["", "left out utterances", *(f"  {reason:<18} {n:>7}" for reason, n in stats.dropped.items())]
    lines += ["", "word               count", *(f"{row.word:<16} {row.count:>7}" for row in stats.words)]
    if stats.objects:
        lines += ["", "object             boxes  instances  recordings  spoken"]
        lines += [
            f"{row.noun:<16} {row.boxes:>7}  {row.instances:>9}  {row.recordings:>10}  {row.spoken:>6}"
            for row in stats.objects
        ]
    return "\n".join(lines)
