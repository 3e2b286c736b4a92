"""Proposing boxes with nouns by an open-vocabulary detector whose weights lie on this machine (Grounding DINO).

A proposal is no annotation: it has to be reviewed (`devkit.corpus.annotate.review`) before an item is made from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from devkit.annotations import Box
from devkit.corpus.annotate.exits import overlap_share
from devkit.corpus.annotate.vocabulary import Vocabulary
from devkit.corpus.filters.models import device
from devkit.errors import UserError

AT_ONCE = 20
"""Nouns asked for in one prompt; the text encoder reads few hundred tokens."""


@dataclass(frozen=True, slots=True)
class DetectRules:
    """When something counts as seen.

    Attributes:
        box_floor: Lowest confidence of a box.
        text_floor: Lowest confidence of its noun.
        same: Boxes that overlap more than this are one thing; the surest stays.
        most: Largest number of boxes on a picture.
    """

    box_floor: float = 0.35
    text_floor: float = 0.25
    same: float = 0.7
    most: int = 30


class Detector:
    """Grounding DINO in the form of transformers.

    Args:
        folder: Written by ``save_pretrained``.
        rules: When something counts as seen.

    Raises:
        UserError: The folder holds no such model.
    """

    def __init__(self, folder: Path, rules: DetectRules | None = None) -> None:
        from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.rules = rules or DetectRules()
        try:
            self.processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
            model = AutoModelForZeroShotObjectDetection.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0][:200]
            raise UserError(f"cannot be loaded as a detector: {reason}", place=str(folder)) from None
        self.model = model.eval().to(device())

    def boxes(self, image: Image.Image, nouns: Sequence[str], vocabulary: Vocabulary) -> list[tuple[Box, float]]:
        """Return the things in a picture with their confidence, the surest first.

        Args:
            image: RGB.
            nouns: What to look for.
            vocabulary: Turns the detector's words into nouns.
        """
        found: list[tuple[Box, float]] = []
        for start in range(0, len(nouns), AT_ONCE):
            found += self._ask(image, nouns[start : start + AT_ONCE], vocabulary)
        found.sort(key=lambda pair: (-pair[1], pair[0].x, pair[0].y, pair[0].noun))
        kept: list[tuple[Box, float]] = []
        for box, sure in found:
            if all(overlap_share(box, other) <= self.rules.same for other, _ in kept):
                kept.append((box, sure))
        return kept[: self.rules.most]

    @torch.inference_mode()
    def _ask(self, image: Image.Image, nouns: Sequence[str], vocabulary: Vocabulary) -> list[tuple[Box, float]]:
        prompt = ". ".join(noun.lower() for noun in nouns) + "."
        inputs = self.processor(images=image, text=prompt, return_tensors="pt").to(device())
        outputs = self.model(**inputs)
        told: Any = self.processor.post_process_grounded_object_detection(
            outputs,
            inputs["input_ids"],
            threshold=self.rules.box_floor,
            text_threshold=self.rules.text_floor,
            target_sizes=[(image.height, image.width)],
        )[0]
        found: list[tuple[Box, float]] = []
        for edges, sure, label in zip(
            told["boxes"].tolist(), told["scores"].tolist(), told["text_labels"], strict=True
        ):
            words = re.sub(r"\[[A-Z]+\]|\.", " ", str(label))  # several nouns may be told of one box: the last counts
            noun = vocabulary.noun(words)
            left, top = max(0, round(edges[0])), max(0, round(edges[1]))
            right, bottom = min(image.width, round(edges[2])), min(image.height, round(edges[3]))
            if noun and right > left and bottom > top:
                found.append((Box(noun=noun, x=left, y=top, w=right - left, h=bottom - top), float(sure)))
        return found
