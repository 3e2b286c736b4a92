"""What a bank shares with another one, with training data or with a training: recordings, times, frames, pictures.

A bank for testing must share nothing with what a model was trained on; sharing is looked for within a bank too, when
it has items of more than one split.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devkit.banks.chance import wilson
from devkit.banks.findings import Result, Status, result
from devkit.banks.store import CARD, Bank
from devkit.corpus.data import MANIFEST, open_data
from devkit.errors import UserError
from devkit.items import Item
from devkit.tasks import TASKS

RUN = "run.json"
_BANK = ("", "")
_Spans = dict[str, list[tuple[int, int]]]


@dataclass(slots=True)
class Traces:
    """Where a set of items or records comes from.

    Attributes:
        name: What messages call it.
        recordings: Names of recordings.
        frames: Digests of source frames.
        media: Digests of pictures.
        spans: Times used of each recording, ms.
        unknown: Number of items that do not say where they come from.
        taught: Tasks that a model was instructed in.
    """

    name: str
    recordings: set[str] = field(default_factory=set)
    frames: set[str] = field(default_factory=set)
    media: set[str] = field(default_factory=set)
    spans: _Spans = field(default_factory=lambda: defaultdict(list))
    unknown: int = 0
    taught: set[str] = field(default_factory=set)


def traces_of(name: str, items: Iterable[Item]) -> Traces:
    """Collect where items come from."""
    traces = Traces(name)
    for item in items:
        origin = item.provenance
        traces.recordings.update(origin.recordings)
        traces.frames.update(origin.frames)
        traces.media.update(digest for turn in item.turns for digest in turn.images())
        if origin.span_ms is not None and origin.recordings:
            traces.spans[origin.recordings[0]].append(origin.span_ms)
        traces.unknown += not origin.recordings and not origin.frames
    return traces


def open_other(path: Path) -> Traces:
    """Read what a bank, the training recordings of built data, or a training run is made from.

    Raises:
        UserError: There is none of these.
    """
    if (path / CARD).exists():
        bank = Bank.open(path)
        return traces_of(bank.name, bank.items.values())
    if (path / RUN).exists():
        return _run(path)
    if not (path / MANIFEST).exists():
        raise UserError("there is neither a bank nor training data nor a training run", place=str(path))
    data = open_data(path)
    traces = Traces(f"the training recordings of {data.manifest.corpus}")
    for recording in data.recordings_of("train"):
        traces.recordings.add(recording.name)
        traces.frames.update(data.frame_digests(recording.name).values())
        traces.spans[recording.name].append((0, recording.duration_ms))
    traces.media = traces.frames
    return traces


def _run(path: Path) -> Traces:
    """Read what a training run learnt from, as its record and its checkpoints say.

    Raises:
        UserError: They are broken, or there is no checkpoint.
    """
    traces = Traces(f"the training of {path.resolve().name}")
    place = path / RUN
    try:
        stages = json.loads(place.read_bytes())["config"]["stages"]
        traces.taught.update(name.partition("/")[0] for stage in stages.values() for name in stage["mixture"])
        for place in path.glob("checkpoints/*/devkit.json"):
            traces.recordings.update(json.loads(place.read_bytes())["training_recordings"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError("the record of the training is broken", place=str(place)) from error
    if not traces.recordings:
        raise UserError("the training names no recordings that it learnt from", place=str(path))
    return traces


def shared(bank: Bank, others: Iterable[Traces]) -> Iterator[Result]:
    """Compare a bank with others, and its own splits with each other."""
    by_split: dict[str, list[Item]] = defaultdict(list)
    for item in bank.items.values():
        by_split[item.provenance.split].append(item)
    held_out = [item for split in ("val", "test") for item in by_split[split]]
    if by_split["train"] and held_out:
        yield from _compare(held_out, traces_of("its own training items", by_split["train"]))
    for other in others:
        yield from _compare(list(bank.items.values()), other)
    if not any(True for _ in bank.items):
        return
    unknown = [i.item_id for i in bank.items.values() if not i.provenance.recordings and not i.provenance.frames]
    message = f"{len(unknown)} of {len(bank.items)} items do not say which recordings or frames they come from"
    status: Status = "note" if unknown else "clean"
    advice = "sharing with training data can then not be ruled out"
    share = wilson(len(unknown), len(bank.items))
    yield result("provenance-known", _BANK, status, message, share=share, examples=unknown, advice=advice)


def _compare(items: list[Item], other: Traces) -> Iterator[Result]:
    """Compare items with what something else was made from, kind by kind."""
    recordings = [item for item in items if other.recordings & set(item.provenance.recordings)]
    spans = [item for item in items if _overlaps(item, other.spans)]
    frames = [item for item in items if other.frames & set(item.provenance.frames)]
    media = [item for item in items if other.media & {d for turn in item.turns for d in turn.images()}]
    for check, hit, what in (
        ("shared-recordings", recordings, "recordings"),
        ("shared-spans", spans, "stretches of time"),
        ("shared-frames", frames, "source frames"),
        ("shared-pictures", media, "pictures"),
    ):
        status: Status = "defect" if hit else "clean"
        message = f"{len(hit)} of {len(items)} items share {what} with {other.name}"
        examples = [item.item_id for item in hit]
        share = wilson(len(hit), len(items))
        advice = "split by recording before items are made"
        yield result(check, _BANK, status, message, share=share, examples=examples, advice=advice)
    if other.taught:
        taught = [item.item_id for item in items if TASKS[item.task].held_out and item.task in other.taught]
        message = f"{len(taught)} of {len(items)} items are of held-out tasks that are in {other.name}"
        status = "defect" if taught else "clean"
        advice = "a task that tests generalisation must not be instructed"
        yield result("held-out-taught", _BANK, status, message, hits=len(taught), examples=taught, advice=advice)
    blind = [i.item_id for i in items if not i.provenance.recordings and not i.provenance.frames]
    if blind or other.unknown:
        message = f"{len(blind)} items here and {other.unknown} of {other.name} do not say where they come from"
        advice = "only their pictures could be compared: that nothing is shared is not proven"
        yield result("provenance-unknown", _BANK, "defect", message, hits=len(blind), examples=blind, advice=advice)


def _overlaps(item: Item, spans: _Spans) -> bool:
    origin = item.provenance
    if origin.span_ms is None or not origin.recordings:
        return False
    start, end = origin.span_ms
    return any(start <= until and since <= end for since, until in spans.get(origin.recordings[0], ()))
