"""Closeness of nouns from outside the words: embeddings in a table, and how alike the pictures of a pool look.

A table of embeddings is a text file with a word and its numbers on each line, as word2vec, GloVe and fastText write
them, or as any model on your machine can be made to. `devkit.tasks.distractors` says what closeness is used for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from devkit.errors import UserError
from devkit.pool import Pool
from devkit.tasks.distractors import Closeness
from devkit.tasks.material import CropRules, material

Vector = np.ndarray[Any, np.dtype[np.float64]]
_SIDE = 16
_VIEWS = 12


def read_embeddings(path: Path, wanted: frozenset[str] | None = None) -> dict[str, Vector]:
    """Read word vectors, scaled to length 1; only those of some words when they are given.

    Raises:
        UserError: The file cannot be read or holds no vectors.
    """
    found: dict[str, Vector] = {}
    size = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                word, *values = line.split()
                if number == 1 and len(values) == 1:
                    continue  # the header of word2vec and fastText
                name = word.replace("_", " ").lower()
                if wanted is not None and name not in wanted:
                    continue
                vector = np.array([float(value) for value in values])
                if (size and len(vector) != size) or not np.linalg.norm(vector):
                    raise UserError("the vector is empty or of another length", place=f"{path}:{number}")
                size = len(vector)
                found[name] = vector / np.linalg.norm(vector)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UserError(f"is no table of word vectors: {error}", place=str(path)) from None
    if not found:
        raise UserError("holds no vector of a noun", place=str(path))
    return found


def by_embeddings(vectors: Mapping[str, Vector], spare: Closeness) -> Closeness:
    """Return closeness as the cosine of two words, 0 where it is negative; another measure where a word has no vector.

    A noun of several words is the mean of its words, where the table has not the whole.
    """

    @lru_cache(maxsize=65536)
    def close(one: str, other: str) -> float:
        a, b = _vector(vectors, one), _vector(vectors, other)
        if a is None or b is None:
            return spare(one, other)
        return 1.0 if one.lower() == other.lower() else min(1.0, max(0.0, float(a @ b)))

    return close


def _vector(vectors: Mapping[str, Vector], noun: str) -> Vector | None:
    name = noun.lower()
    if name in vectors:
        return vectors[name]
    parts = [vectors[part] for part in name.split() if part in vectors]
    if not parts or len(parts) < len(name.split()):
        return None
    mean = np.mean(parts, axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length else None


def by_looks(pool: Pool, rules: CropRules | None = None) -> Closeness:
    """Return closeness in looks: how alike the mean pictures of two nouns are in colour and coarse shape.

    Each noun is the mean over some of its instances of a thumbnail of 16 × 16 pixels in luminance and two colour
    differences; closeness is the correlation, rescaled to 0–1. Vectors of a model can take its place (`by_embeddings`).
    """
    stock = material(pool, rules or CropRules())
    looks = {noun: _look(stock, noun) for noun in stock.nouns}
    centre = np.mean(list(looks.values()), axis=0) if looks else np.zeros(1)

    @lru_cache(maxsize=65536)
    def close(one: str, other: str) -> float:
        if one not in looks or other not in looks:
            return 0.0
        a, b = looks[one] - centre, looks[other] - centre
        length = float(np.linalg.norm(a) * np.linalg.norm(b))
        return (1 + float(a @ b) / length) / 2 if length else 1.0

    return close


def _look(stock: Any, noun: str) -> Vector:
    """Return the mean thumbnail of a noun over its first instances, one view of each."""
    views = [refs[len(refs) // 2] for refs in list(stock.by_noun[noun].values())[:_VIEWS]]
    thumbs = []
    for ref in views:
        small = stock.crop(ref).convert("YCbCr").resize((_SIDE, _SIDE), Image.Resampling.BOX)
        thumbs.append(np.asarray(small, float).ravel() / 255)
    mean: Vector = np.mean(thumbs, axis=0)
    return mean
