"""How similar pictures and clips are to what is said: which models or tables to ask, and the answers kept on disk.

Nothing here computes; `devkit.corpus.filters` does, and is imported only when a model is asked. Filter weights choose
training data and do nothing else: no weight of them goes into a trained model. Similarities lie beside the shards
(``NAME.similarity.json``), so that another threshold asks no model again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from devkit.corpus.segments import Segment
from devkit.errors import UserError
from devkit.ids import digest_bytes, digest_file, digest_json
from devkit.items import Strict

FilterKind = Literal["clip", "open_clip", "xclip", "table"]
_KINDS: Mapping[str, tuple[FilterKind, ...]] = {
    "image": ("clip", "open_clip", "table"),
    "video": ("xclip", "clip", "open_clip", "table"),
}
_WEIGHTS = (".safetensors", ".bin", ".pt", ".json", ".txt", ".model")


class FilterModel(Strict):
    """Where similarities come from.

    Attributes:
        kind: ``clip`` or ``xclip`` (a folder in the form of transformers), ``open_clip`` (an architecture and a file of
            weights), ``table`` (a CSV or Parquet file of similarities).
        name: Name of the folder or file; for ``open_clip`` the architecture.
        digest: SHA-256 over its files.
        path: Where it is; not kept, for it differs from machine to machine.
    """

    kind: FilterKind
    name: str
    digest: str
    path: Path = Field(default=Path(), exclude=True, repr=False)


class FilterRules(Strict):
    """Which pictures and clips are left out.

    Attributes:
        image: Judges single images; None for no filter.
        video: Judges clips; None for no filter.
        image_floor: Images that are not more similar than this are left out; published: 0.2.
        clip_floor: Clips that are not more similar than this are left out, with their images; published: 0.1.
    """

    image: FilterModel | None = None
    video: FilterModel | None = None
    image_floor: float = Field(default=0.2, ge=-1, le=1)
    clip_floor: float = Field(default=0.1, ge=-1, le=1)

    @property
    def wanted(self) -> bool:
        """Whether anything is judged."""
        return self.image is not None or self.video is not None


class SegmentSimilarity(Strict):
    """Similarities of one segment; ``text`` is the SHA-256 of its words."""

    start_ms: int
    end_ms: int
    text: str
    clip: float | None = None
    images: dict[int, float] = Field(default_factory=dict)


class Similarities(Strict):
    """Similarities of the segments of one recording.

    Attributes:
        key: Digest of the models, the pictures and the words.
        segments: In order of time.
    """

    key: str = ""
    segments: tuple[SegmentSimilarity, ...] = ()

    @cached_property
    def _by_place(self) -> dict[tuple[int, int, str], SegmentSimilarity]:
        return {(row.start_ms, row.end_ms, row.text): row for row in self.segments}

    def images_of(self, segment: Segment) -> Mapping[int, float]:
        """Return the similarity of each image of a segment by its time; empty when unknown."""
        row = self._by_place.get(place_of(segment)) if self.segments else None
        return row.images if row else {}

    def clip_of(self, segment: Segment) -> float | None:
        """Return the similarity of a segment's clip; None when unknown."""
        row = self._by_place.get(place_of(segment)) if self.segments else None
        return row.clip if row else None


def place_of(segment: Segment) -> tuple[int, int, str]:
    """Return what a segment's similarities are found by."""
    return segment.start_ms, segment.end_ms, digest_bytes(segment.text.encode())


def similarity_file(shards: Path, recording: str) -> Path:
    """Return where the similarities of a recording lie."""
    return shards / f"{recording}.similarity.json"


def read_similarities(shards: Path, recording: str) -> Similarities:
    """Return the similarities of a recording; empty ones when there are none, or they are damaged."""
    try:
        return Similarities.model_validate_json(similarity_file(shards, recording).read_bytes())
    except (OSError, ValidationError):
        return Similarities()


def parse_filter(text: str, what: Literal["image", "video"]) -> FilterModel | None:
    """Read ``none``, ``clip:FOLDER``, ``xclip:FOLDER``, ``open_clip:ARCHITECTURE@FILE`` or ``table:FILE``.

    Raises:
        UserError: It is none of these, or there is no such folder or file.
    """
    if text in ("", "none"):
        return None
    kind, _, where = text.partition(":")
    name, at, file = where.partition("@")
    for known in _KINDS[what]:
        if kind == known and where:
            path = Path(file if known == "open_clip" and at else where).expanduser()
            if not path.exists():
                raise UserError("there is no such filter", place=str(path), hint="weights must lie on this machine")
            return FilterModel(
                kind=known, name=name if known == "open_clip" else path.name, digest=_digest(path), path=path.resolve()
            )
    hint = f"none, or one of {', '.join(_KINDS[what])} with a path after a colon"
    raise UserError(f"'{text}' is no {what} filter", hint=hint)


def _digest(path: Path) -> str:
    """Return the SHA-256 over the files of a model in the order of their names."""
    if path.is_file():
        return digest_file(path)
    files = sorted(file for file in path.iterdir() if file.is_file() and file.suffix in _WEIGHTS)
    if not files:
        raise UserError("the folder holds no model", place=str(path), hint="a folder written by save_pretrained")
    return digest_json([[file.name, digest_file(file)] for file in files])
