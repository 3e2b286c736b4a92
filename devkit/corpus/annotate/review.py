"""Reviewing proposed boxes and items: who decided what and when, agreement of reviewers, and what comes out.

Every decision is a line of an append-only log, synced at once; nothing is overwritten. The last decision of a reviewer
on a thing counts. A thing is settled when the reviewers that decided on it agree, or when a further one has settled it.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from devkit.annotations import AnnotatedFrame, Box
from devkit.corpus.annotate.exits import overlap_share, with_exits
from devkit.errors import UserError
from devkit.files import first_error, write_whole
from devkit.ids import digest_json
from devkit.items import Strict

Verdict = Literal["accept", "correct", "reject"]
LOG = "review.jsonl"
SAME_BOX = 0.75
"""Two corrected boxes that overlap at least so much are the same."""


class Decision(Strict):
    """One decision of one reviewer.

    Attributes:
        subject: What it is about: the name of a box (`box_name`) or of an item.
        kind: What kind of thing that is.
        reviewer: Code of the reviewer.
        verdict: Accept it as it is, correct it, or reject it.
        noun: The right noun, when it is corrected.
        edges: The right left, top, width and height, pixels, when they are corrected.
        target: Place of the right answer in the bank's order, when an item's is corrected.
        note: Why.
        at: When, with time zone.
    """

    subject: str
    kind: Literal["box", "item"] = "box"
    reviewer: str
    verdict: Verdict
    noun: str = ""
    edges: tuple[int, int, int, int] | None = None
    target: int | None = Field(default=None, ge=0)
    note: str = Field(default="", max_length=2000)
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two reviewers agree.

    Attributes:
        reviewers: Their codes.
        both: Things that both decided on.
        share: Share of them with the same outcome (`outcome`).
        kappa: Cohen's kappa of keeping against rejecting; None when it is not defined.
    """

    reviewers: tuple[str, str]
    both: int
    share: float
    kappa: float | None


def box_name(recording: str, time_ms: int, box: Box) -> str:
    """Name a proposed box: the same box always has the same name."""
    place = [recording, time_ms, box.noun, box.x, box.y, box.w, box.h, box.instance]
    return digest_json(place)[:20]


class ReviewLog:
    """The decisions on one set of proposals.

    Args:
        folder: Where the log lies.

    Raises:
        UserError: The log is damaged other than by a line that was not finished.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOG
        self.decisions: list[Decision] = []
        if not self.path.exists():
            return
        lines = self.path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            try:
                self.decisions.append(Decision.model_validate_json(line))
            except ValidationError as error:
                if number == len(lines):  # the last line was being written when the power went
                    continue
                raise UserError(first_error(error), place=f"{self.path}:{number}") from None

    def decide(self, decision: Decision) -> None:
        """Keep a decision; it is on disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            file.seek(0)
            whole = file.read().rfind(b"\n") + 1
            file.truncate(whole)  # a line that was being written when the power went says nothing
            file.write(decision.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.decisions.append(decision)

    def by_subject(self) -> dict[str, dict[str, Decision]]:
        """Return the last decision of each reviewer on each thing."""
        found: dict[str, dict[str, Decision]] = {}
        for decision in self.decisions:
            found.setdefault(decision.subject, {})[decision.reviewer] = decision
        return found

    def waiting(self, subjects: Sequence[str], reviewer: str, double: float = 1.0) -> list[str]:
        """Return what a reviewer has still to decide on, in order.

        Args:
            subjects: All things.
            reviewer: Code of the reviewer.
            double: Share of the things that two reviewers decide on, drawn by their names; the others are done when one
                has decided.
        """
        known = self.by_subject()
        left = []
        for subject in subjects:
            done = known.get(subject, {})
            wanted = 2 if int(digest_json(subject)[:8], 16) < double * 0x1_0000_0000 else 1
            agreed = len({outcome(decision) for decision in done.values()}) <= 1
            if reviewer not in done and (len(done) < wanted or not agreed):
                left.append(subject)
        return left

    def agreement(self) -> list[Agreement]:
        """Return the agreement of each pair of reviewers."""
        known = self.by_subject()
        names = sorted({decision.reviewer for decision in self.decisions})
        found = []
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                pairs = [(done[one], done[other]) for done in known.values() if one in done and other in done]
                if pairs:
                    found.append(_agreement((one, other), pairs))
        return found


def outcome(decision: Decision) -> str:
    """Return what a decision comes to, for comparing: accepted, rejected, or corrected to this noun or answer."""
    answer = "" if decision.target is None else str(decision.target)
    return " ".join(part for part in (decision.verdict, decision.noun, answer) if part)


def _agreement(names: tuple[str, str], pairs: Sequence[tuple[Decision, Decision]]) -> Agreement:
    same = sum(_same(one, other) for one, other in pairs) / len(pairs)
    kept = [(one.verdict != "reject", other.verdict != "reject") for one, other in pairs]
    observed = sum(a == b for a, b in kept) / len(kept)
    first, second = sum(a for a, _ in kept) / len(kept), sum(b for _, b in kept) / len(kept)
    chance = first * second + (1 - first) * (1 - second)
    return Agreement(names, len(pairs), same, None if chance == 1 else (observed - chance) / (1 - chance))


def _same(one: Decision, other: Decision) -> bool:
    if outcome(one) != outcome(other):
        return False
    if one.edges is None or other.edges is None:
        return one.edges == other.edges
    a, b = (Box(noun="-", x=edges[0], y=edges[1], w=edges[2], h=edges[3]) for edges in (one.edges, other.edges))
    return overlap_share(a, b) >= SAME_BOX


@dataclass(frozen=True, slots=True)
class Settled:
    """What reviewing came to.

    Attributes:
        frames: Annotated frames of each recording with the boxes that were accepted or corrected.
        counts: Boxes accepted, corrected, rejected, open (nobody decided) and disputed (reviewers differ).
    """

    frames: dict[str, list[AnnotatedFrame]]
    counts: Mapping[str, int]


def settle(
    proposals: Mapping[str, Sequence[AnnotatedFrame]], log: ReviewLog, sizes: Mapping[str, tuple[int, int]]
) -> Settled:
    """Return the annotations that the decisions make of the proposals.

    Args:
        proposals: Proposed frames of each recording.
        log: The decisions.
        sizes: Width and height of each recording, for exits.
    """
    known = log.by_subject()
    counts: Counter[str] = Counter()
    frames: dict[str, list[AnnotatedFrame]] = {}
    for name, proposed in proposals.items():
        made = []
        for frame in proposed:
            boxes = []
            for box in frame.boxes:
                state, kept = _settle_box(box, list(known.get(box_name(name, frame.time_ms, box), {}).values()))
                counts[state] += 1
                if kept is not None:
                    boxes.append(kept)
            made.append(frame.model_copy(update={"boxes": tuple(boxes), "exits": {}}))
        frames[name] = with_exits(made, sizes[name])
    return Settled(frames, counts)


def verdict_of(decisions: Sequence[Decision]) -> tuple[str, Decision | None]:
    """Return what became of a thing (`Settled`), and the decision to go by: the majority's, if there is one."""
    if not decisions:
        return "open", None
    votes = Counter(outcome(decision) for decision in decisions).most_common()
    if len(votes) > 1 and votes[0][1] == votes[1][1]:
        return "disputed", None
    chosen = [decision for decision in decisions if outcome(decision) == votes[0][0]][-1]
    return {"accept": "accepted", "correct": "corrected", "reject": "rejected"}[chosen.verdict], chosen


def _settle_box(box: Box, decisions: Sequence[Decision]) -> tuple[str, Box | None]:
    """Return what became of a box, and the box to keep."""
    state, chosen = verdict_of(decisions)
    if chosen is None or state == "rejected":
        return state, None
    if state == "accepted":
        return state, box
    update: dict[str, object] = {"noun": chosen.noun} if chosen.noun else {}
    if chosen.edges is not None:
        update |= dict(zip("xywh", chosen.edges, strict=True))
    return state, box.model_copy(update=update)


def write_frames(path: Path, frames: Iterable[AnnotatedFrame]) -> None:
    """Write annotated frames, one a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "".join(frame.model_dump_json() + "\n" for frame in frames).encode(), sync=True)


def read_frames(path: Path) -> list[AnnotatedFrame]:
    """Read annotated frames.

    Raises:
        UserError: The file is missing or damaged.
    """
    try:
        return [AnnotatedFrame.model_validate_json(line) for line in path.read_bytes().splitlines()]
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except ValidationError as error:
        raise UserError(first_error(error), place=str(path)) from None
