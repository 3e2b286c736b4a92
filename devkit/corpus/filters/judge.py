"""The stage of a build that asks the models: one recording at a time, its answers kept beside its shards.

Pictures are judged as they are stored, so the answers depend on the data folder alone. Numbers are kept to four
decimals: batches of another machine may differ in the sixth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from PIL import Image

from devkit.corpus.filters.models import PictureModel, load_model
from devkit.corpus.filters.tables import SimilarityTable
from devkit.corpus.frames import pictures_of
from devkit.corpus.part import Part, Plan, Prepared, prepare
from devkit.corpus.segments import Segment
from devkit.corpus.shards import ShardReader
from devkit.corpus.similarity import (
    FilterModel,
    FilterRules,
    SegmentSimilarity,
    Similarities,
    place_of,
    read_similarities,
    similarity_file,
)
from devkit.files import write_whole
from devkit.ids import digest_json

DIGITS = 4
_Images = Mapping[int, Image.Image]


class Judge:
    """Judges recordings; models are loaded when the first one needs them.

    Args:
        rules: Which models.
    """

    def __init__(self, rules: FilterRules) -> None:
        self.rules = rules
        self._model = cache(load_model)
        self._table = cache(SimilarityTable)

    def __call__(self, plan: Plan) -> Part | None:
        """Judge a recording whose pictures are stored, unless that was done before."""
        made = prepare(plan)
        key = self._key(made)
        if read_similarities(plan.shards, plan.recording.name).key == key:
            return None
        judged = [segment for segment in made.pieces.segments if made.maker.images(segment)]
        images = self._single(made, judged) if self.rules.image else [{} for _ in judged]
        clips = self._clips(made, judged) if self.rules.video else [None for _ in judged]
        rows = tuple(
            SegmentSimilarity(
                start_ms=segment.start_ms,
                end_ms=segment.end_ms,
                text=place_of(segment)[2],
                clip=None if clip is None else round(clip, DIGITS),
                images={time_ms: round(value, DIGITS) for time_ms, value in likeness.items()},
            )
            for segment, likeness, clip in zip(judged, images, clips, strict=True)
        )
        found = Similarities(key=key, segments=rows)
        write_whole(similarity_file(plan.shards, plan.recording.name), found.model_dump_json().encode(), sync=True)
        return None

    def _key(self, made: Prepared) -> str:
        models = [model.digest if model else "" for model in (self.rules.image, self.rules.video)]
        frames = [frame.digest for frame in made.index.frames]
        return digest_json([models, frames, [place_of(segment) for segment in made.pieces.segments]])

    def _single(self, made: Prepared, judged: Sequence[Segment]) -> list[dict[int, float]]:
        """Return the similarity of each image of each segment."""
        named = self._image_model()
        times = [made.maker.images(segment) for segment in judged]
        if named.kind == "table":
            return self._table(named).images(made.plan.recording.name, judged, times)
        if not judged:
            return []
        model = self._model(named)
        wanted = sorted({time_ms for some in times for time_ms in some})
        stored = self._stored(made, set(wanted))
        vectors = dict(zip(wanted, model.pictures([stored[time_ms] for time_ms in wanted]), strict=True))
        words = model.words([segment.text for segment in judged])
        return [
            {time_ms: float(np.dot(vectors[time_ms], word)) for time_ms in some}
            for some, word in zip(times, words, strict=True)
        ]

    def _clips(self, made: Prepared, judged: Sequence[Segment]) -> list[float]:
        """Return the similarity of each segment's clip."""
        named = self._video_model()
        if named.kind == "table":
            return self._table(named).clips(made.plan.recording.name, judged)
        model: PictureModel = self._model(named)
        found: list[float] = []
        for start in range(0, len(judged), 32):  # so few clips are held at once
            some = judged[start : start + 32]
            times = [made.maker.clip(segment) for segment in some]
            stored = self._stored(made, {time_ms for one in times for time_ms in one})
            clips = [[stored[time_ms] for time_ms in one] for one in times]
            found += model.clips(clips, [segment.text for segment in some])
        return found

    def _stored(self, made: Prepared, wanted: set[int]) -> _Images:
        frames = tuple(frame for frame in made.index.frames if frame.time_ms in wanted)
        some = made.index.model_copy(update={"frames": frames})
        return dict(pictures_of(some, ShardReader(made.plan.shards)))

    def _image_model(self) -> FilterModel:
        if self.rules.image is None:
            raise RuntimeError("no image filter is wanted")
        return self.rules.image

    def _video_model(self) -> FilterModel:
        if self.rules.video is None:
            raise RuntimeError("no video filter is wanted")
        return self.rules.video
