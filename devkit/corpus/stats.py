"""What is in built training data: hours, words and when they are first heard, lengths, similarities, things in view.

`devkit.corpus.figures` draws it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from devkit.corpus.data import SPLITS, CorpusData, Spoken
from devkit.corpus.tables import read_rows
from devkit.items import Strict
from devkit.tasks.vocabulary import plural

_STEP = 0.02
_AROUND_MS = 500
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class ChildHours(Strict):
    """Hours of one child at one age."""

    child: str
    age_months: int
    hours: float
    recordings: int


class WordCount(Strict):
    """How often a word is said, and at what age (days) the youngest child of those who hear it first hears it."""

    word: str
    count: int
    first_days: int = 0


class ObjectCount(Strict):
    """How often a noun is in view.

    Attributes:
        noun: The noun.
        boxes: Boxes of it.
        instances: Different objects.
        recordings: Recordings with it.
        spoken: How often it is said.
        named: Sentences that name it, in recordings with annotated frames.
        named_in_view: Those of them with the thing in view while it is said.
    """

    noun: str
    boxes: int
    instances: int
    recordings: int
    spoken: int
    named: int = 0
    named_in_view: int = 0


class Exposure(Strict):
    """What one child has heard up to an age, added up over its recordings.

    Attributes:
        child: Code.
        age_days: Age on the day of the recording.
        hours: Hours of recordings so far.
        tokens: Words so far.
        types: Different words so far.
    """

    child: str
    age_days: int
    hours: float
    tokens: int
    types: int


class Likeness(Strict):
    """How similar pictures are to what is said.

    Attributes:
        what: ``image`` or ``clip``.
        edges: Bounds of the bars, one more than there are bars.
        counts: Pictures or clips in each.
        floor: The threshold of this build.
    """

    what: Literal["image", "clip"]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    floor: float

    def above(self, floor: float) -> float:
        """Return the share that a threshold at one of the bounds would keep."""
        kept = sum(count for edge, count in zip(self.edges, self.counts, strict=False) if edge >= floor - 1e-9)
        return kept / max(1, sum(self.counts))


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
        dropped: Left out pieces by reason.
        lengths: Sentences by number of words.
        exposure: What each child has heard, by age.
        likeness: Similarities, where a filter judged them.
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
    lengths: dict[int, int]
    exposure: tuple[Exposure, ...]
    likeness: tuple[Likeness, ...]


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
    objects = _objects(data, words, spoken)
    first: dict[str, int] = {}
    for said in spoken:
        for word in words_of(said.text):
            first[word] = min(first.get(word, said.age_days), said.age_days)
    return CorpusStats(
        corpus=data.manifest.corpus,
        hours=_hours(data),
        splits=data.manifest.recordings,
        utterances=len(spoken),
        tokens=words.total(),
        types=len(words),
        words=tuple(
            WordCount(word=word, count=count, first_days=first[word]) for word, count in ranked[: most or None]
        ),
        objects=objects[: most or None],
        dropped=data.manifest.dropped,
        lengths=dict(sorted(Counter(len(words_of(said.text)) for said in spoken).items())),
        exposure=_exposure(data, spoken),
        likeness=_likeness(data),
    )


def _exposure(data: CorpusData, spoken: Sequence[Spoken]) -> tuple[Exposure, ...]:
    """Add up what each child hears, recording by recording in order of age."""
    said: dict[str, list[str]] = defaultdict(list)
    for one in spoken:
        said[one.recording] += words_of(one.text)
    rows: list[Exposure] = []
    known: dict[str, set[str]] = defaultdict(set)
    tokens: Counter[str] = Counter()
    length: Counter[str] = Counter()
    for recording in sorted(data.recordings, key=lambda r: (r.child, r.total_age_days, r.name)):
        child = recording.child
        known[child].update(said[recording.name])
        tokens[child] += len(said[recording.name])
        length[child] += recording.duration_ms
        hours = round(length[child] / 3_600_000, 4)
        row = Exposure(child=child, age_days=recording.total_age_days, hours=hours, tokens=tokens[child],
                       types=len(known[child]))  # fmt: skip
        if rows and (rows[-1].child, rows[-1].age_days) == (row.child, row.age_days):
            rows.pop()
        rows.append(row)
    return tuple(rows)


def _likeness(data: CorpusData) -> tuple[Likeness, ...]:
    """Count similarities of clips, and of the images of kept clips, in steps of 0.02, left out ones too."""
    floors = data.manifest.options.get("filters", {})
    found: list[Likeness] = []
    rows = read_rows(data.path, "image_utterance", columns=["similarity"])
    images = (value for row in rows for value in row["similarity"])
    clips = (row["clip_similarity"] for row in read_rows(data.path, "segments", columns=["clip_similarity"]))
    judged: tuple[tuple[Literal["image", "clip"], list[float], str], ...] = (
        ("image", list(images), "image_floor"),
        ("clip", [value for value in clips if value is not None], "clip_floor"),
    )
    for what, values, floor in judged:
        if values:
            low, high = min(-0.1, *values), max(0.5, *values)
            steps = range(int(low // _STEP), int(high // _STEP) + 2)
            edges = [round(step * _STEP, 4) for step in steps]
            places = Counter(int((value + 1e-9) // _STEP) - steps[0] for value in values)
            counts = tuple(places[k] for k in range(len(edges) - 1))
            found.append(Likeness(what=what, edges=tuple(edges), counts=counts, floor=float(floors.get(floor, 0.0))))
    return tuple(found)


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


def _in_view(data: CorpusData, spoken: Sequence[Spoken], nouns: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """Count sentences that name a noun, and those of them with the thing in view while they are said."""
    names = {form: noun for noun in nouns for form in (plural(noun).lower(), noun.lower())}
    named: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for split in SPLITS:
        frames = data.pool(split).by_recording
        times = {name: [frame.time_ms for frame in some] for name, some in frames.items()}
        for said in spoken:
            if said.recording not in frames:
                continue
            text = f" {' '.join(words_of(said.text))} "
            first = bisect_left(times[said.recording], said.start_ms - _AROUND_MS)
            end = bisect_right(times[said.recording], said.end_ms + _AROUND_MS)
            view = {box.noun for frame in frames[said.recording][first:end] for box in frame.boxes}
            for noun in {noun for form, noun in names.items() if f" {form} " in text}:
                named[noun] += 1
                seen[noun] += noun in view
    return named, seen


def _objects(data: CorpusData, words: Counter[str], spoken: Sequence[Spoken]) -> tuple[ObjectCount, ...]:
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
    named, seen = _in_view(data, spoken, boxes)
    return tuple(
        ObjectCount(
            noun=noun,
            boxes=count,
            instances=len(instances[noun] - {""}),
            recordings=len(recordings[noun]),
            spoken=words[noun.lower()],
            named=named[noun],
            named_in_view=seen[noun],
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
        lines += ["", "left out pieces", *(f"  {reason:<18} {n:>7}" for reason, n in stats.dropped.items())]
    for one in stats.likeness:
        kept = "  ".join(f"> {floor:g}: {one.above(floor):.0%}" for floor in (0.0, 0.1, 0.2, 0.3, 0.4))
        lines += ["", f"similarity of {one.what}s (threshold {one.floor:g}): {sum(one.counts)} judged; {kept}"]
    lines += ["", "word               count  first heard (months)"]
    lines += [f"{row.word:<16} {row.count:>7}  {row.first_days / 30.4375:>20.1f}" for row in stats.words]
    if stats.objects:
        lines += ["", "object             boxes  instances  recordings  spoken  in view when named"]
        lines += [
            f"{row.noun:<16} {row.boxes:>7}  {row.instances:>9}  {row.recordings:>10}  {row.spoken:>6}  "
            + (f"{row.named_in_view / row.named:>18.0%}" if row.named else " " * 17 + "–")
            for row in stats.objects
        ]
    return "\n".join(lines)
