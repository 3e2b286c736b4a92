"""Judging pictures and clips by image–text models whose weights lie on this machine; nothing is ever downloaded.

The only part of the corpus pipeline that imports torch. Models choose training data; no weight of theirs goes into a
trained model.
"""

from __future__ import annotations

from devkit.corpus.filters.judge import Judge
from devkit.corpus.filters.models import PictureModel, load_model

__all__ = ["Judge", "PictureModel", "load_model"]
