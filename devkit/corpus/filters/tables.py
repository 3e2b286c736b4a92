"""Similarities that were worked out elsewhere: a CSV or Parquet table, for machines without the weights.

Columns: ``recording``, ``start_ms`` (of the segment, as in ``segments.parquet``) and ``similarity``; for single images
also ``time_ms``. A build without a filter writes the segments and frames that such a table is about.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from devkit.corpus.segments import Segment
from devkit.corpus.similarity import FilterModel
from devkit.errors import UserError


class SimilarityTable:
    """A table of similarities in memory, by recording.

    Args:
        named: Where it is.

    Raises:
        UserError: It cannot be read, or lacks a column, or holds no numbers.
    """

    def __init__(self, named: FilterModel) -> None:
        self.named = named
        self._images: dict[str, dict[tuple[int, int], float]] = defaultdict(dict)
        self._clips: dict[str, dict[int, float]] = defaultdict(dict)
        for number, row in enumerate(self._rows(), start=2):
            try:
                recording, start, value = str(row["recording"]), int(row["start_ms"]), float(row["similarity"])
                time_ms = int(row["time_ms"]) if row.get("time_ms") not in (None, "") else None
            except KeyError as error:
                raise UserError(f"has no column {error}", place=str(named.path)) from None
            except (ValueError, TypeError):
                raise UserError("holds something that is no number", place=f"{named.path}:{number}") from None
            if time_ms is None:
                self._clips[recording][start] = value
            else:
                self._images[recording][start, time_ms] = value

    def _rows(self) -> Iterable[Mapping[str, Any]]:
        path = self.named.path
        try:
            if path.suffix == ".parquet":
                return list(pq.read_table(path).to_pylist())
            with path.open(encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file))
        except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"cannot be read: {error}", place=str(path)) from None

    def images(
        self, recording: str, segments: Sequence[Segment], times: Sequence[Sequence[int]]
    ) -> list[dict[int, float]]:
        """Return the similarity of each image of each segment.

        Raises:
            UserError: The table lacks some.
        """
        known = self._images[recording]
        pairs = [(segment.start_ms, time_ms) for segment, some in zip(segments, times, strict=True) for time_ms in some]
        self._complain(recording, "images", [pair for pair in pairs if pair not in known], len(pairs))
        return [
            {time_ms: known[segment.start_ms, time_ms] for time_ms in some}
            for segment, some in zip(segments, times, strict=True)
        ]

    def clips(self, recording: str, segments: Sequence[Segment]) -> list[float]:
        """Return the similarity of each segment's clip.

        Raises:
            UserError: The table lacks some.
        """
        known = self._clips[recording]
        absent = [segment.start_ms for segment in segments if segment.start_ms not in known]
        self._complain(recording, "clips", absent, len(segments))
        return [known[segment.start_ms] for segment in segments]

    def _complain(self, recording: str, what: str, absent: Sequence[object], total: int) -> None:
        if absent:
            message = f"lacks {len(absent)} of {total} {what} of '{recording}', the first at {absent[0]}"
            raise UserError(message, place=str(self.named.path), hint="work them out from a build without filters")
