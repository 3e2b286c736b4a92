"""Image–text and video–text models behind one face: embeddings of pictures, clips and words as unit vectors.

CLIP and X-CLIP come through transformers from a folder that ``save_pretrained`` wrote, OpenCLIP from an architecture
name and a file of weights. Similarity is the cosine, which is what the published thresholds (0.2 and 0.1) are about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image

from devkit.corpus.similarity import FilterModel
from devkit.errors import UserError

Vectors = np.ndarray[Any, np.dtype[np.float32]]
BATCH = 32
CLIP_BATCH = 4


class PictureModel(Protocol):
    """Judges how well pictures show what is said."""

    def pictures(self, images: Sequence[Image.Image]) -> Vectors:
        """Return one unit vector for each picture, shape (n, d)."""
        ...

    def words(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each text, shape (n, d)."""
        ...

    def clips(self, clips: Sequence[Sequence[Image.Image]], texts: Sequence[str]) -> list[float]:
        """Return the similarity of each clip to its text."""
        ...


def load_model(named: FilterModel) -> PictureModel:
    """Load a model from this machine onto a GPU where there is one.

    Raises:
        UserError: The files are not what they are said to be.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()
    makers: dict[str, Callable[[FilterModel], PictureModel]] = {
        "clip": ClipModel,
        "open_clip": OpenClipModel,
        "xclip": XClipModel,
    }
    try:
        return makers[named.kind](named)
    except (OSError, ValueError, KeyError, RuntimeError, AttributeError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UserError(f"cannot be loaded as {named.kind}: {reason}", place=str(named.path)) from None


def device() -> torch.device:
    """Return the device that models run on."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def unit(vectors: torch.Tensor) -> Vectors:
    """Return rows scaled to length 1."""
    return torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy()


class _Averaged:
    """Judges a clip by the mean of its pictures' vectors, for models that know single pictures only."""

    def clips(self: Any, clips: Sequence[Sequence[Image.Image]], texts: Sequence[str]) -> list[float]:
        words = self.words(texts)
        found: list[float] = []
        for clip, word in zip(clips, words, strict=True):
            mean = self.pictures(clip).mean(axis=0)
            found.append(float(mean @ word / max(float(np.linalg.norm(mean)), 1e-8)))
        return found


class ClipModel(_Averaged):
    """CLIP, or a model of its shape (SigLIP), in the form of transformers."""

    def __init__(self, named: FilterModel) -> None:
        from transformers import AutoModel, AutoProcessor

        self.processor = AutoProcessor.from_pretrained(named.path, local_files_only=True)
        self.model = AutoModel.from_pretrained(named.path, local_files_only=True).eval().to(device())
        self.length = int(self.model.config.text_config.max_position_embeddings)

    @torch.inference_mode()
    def pictures(self, images: Sequence[Image.Image]) -> Vectors:
        """Return one unit vector for each picture."""
        found = []
        for start in range(0, len(images), BATCH):
            inputs = self.processor(images=list(images[start : start + BATCH]), return_tensors="pt").to(device())
            found.append(unit(_pooled(self.model.get_image_features(pixel_values=inputs["pixel_values"]))))
        return np.concatenate(found)

    @torch.inference_mode()
    def words(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each text."""
        found = []
        for start in range(0, len(texts), BATCH):
            inputs = self.processor(
                text=list(texts[start : start + BATCH]),
                return_tensors="pt",
                padding="max_length",
                truncation=True,
                max_length=self.length,
            ).to(device())
            found.append(unit(_pooled(self.model.get_text_features(**inputs))))
        return np.concatenate(found)


class XClipModel:
    """X-CLIP in the form of transformers: words are read in the light of the clip, so pairs are judged together."""

    def __init__(self, named: FilterModel) -> None:
        from transformers import AutoProcessor, XCLIPModel

        self.processor = AutoProcessor.from_pretrained(named.path, local_files_only=True)
        self.model = XCLIPModel.from_pretrained(named.path, local_files_only=True).eval().to(device())
        self.frames = int(self.model.config.vision_config.num_frames)
        self.length = int(self.model.config.text_config.max_position_embeddings)

    def pictures(self, images: Sequence[Image.Image]) -> Vectors:
        """Refuse: it judges clips."""
        raise UserError("X-CLIP judges clips, not single images", hint="use it as --video-filter")

    def words(self, texts: Sequence[str]) -> Vectors:
        """Refuse: it reads words together with a clip."""
        raise UserError("X-CLIP reads words together with a clip only", hint="use it as --video-filter")

    @torch.inference_mode()
    def clips(self, clips: Sequence[Sequence[Image.Image]], texts: Sequence[str]) -> list[float]:
        """Return the similarity of each clip to its text."""
        found: list[float] = []
        scale = self.model.logit_scale.exp()
        for start in range(0, len(clips), CLIP_BATCH):
            some = clips[start : start + CLIP_BATCH]
            pixels = [self._pixels(clip) for clip in some]
            text = self.processor.tokenizer(
                list(texts[start : start + CLIP_BATCH]),
                return_tensors="pt",
                padding="max_length",
                truncation=True,
                max_length=self.length,
            ).to(device())
            out = self.model(
                pixel_values=torch.stack(pixels).to(device()),
                input_ids=text["input_ids"],
                attention_mask=text["attention_mask"],
            )
            found += (out.logits_per_video.diagonal() / scale).float().cpu().tolist()
        return found

    def _pixels(self, clip: Sequence[Image.Image]) -> torch.Tensor:
        """Return as many frames as the model takes, spread evenly over the clip: (frames, 3, height, width)."""
        places = np.linspace(0, len(clip) - 1, self.frames).round().astype(int)
        inputs = self.processor.image_processor([[clip[place] for place in places]], return_tensors="pt")
        pixels: torch.Tensor = inputs["pixel_values"]
        return pixels.reshape(self.frames, *pixels.shape[-3:])


class OpenClipModel(_Averaged):
    """A model of open_clip: architecture by name, weights from a file."""

    def __init__(self, named: FilterModel) -> None:
        import open_clip

        model, _, self.preprocess = open_clip.create_model_and_transforms(
            named.name, pretrained=str(named.path), device=device(), load_weights=True
        )
        self.model = model.eval()
        self._tokenize = open_clip.get_tokenizer(named.name)

    @torch.inference_mode()
    def pictures(self, images: Sequence[Image.Image]) -> Vectors:
        """Return one unit vector for each picture."""
        found = []
        for start in range(0, len(images), BATCH):
            batch = torch.stack([self.preprocess(image) for image in images[start : start + BATCH]])
            found.append(unit(self.model.encode_image(batch.to(device()))))
        return np.concatenate(found)

    @torch.inference_mode()
    def words(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each text."""
        found = []
        for start in range(0, len(texts), BATCH):
            tokens = self._tokenize(list(texts[start : start + BATCH]))
            found.append(unit(self.model.encode_text(tokens.to(device()))))
        return np.concatenate(found)


def _pooled(features: Any) -> torch.Tensor:
    """Return the joint embedding, whichever way this version of transformers returns it."""
    found: torch.Tensor = features if isinstance(features, torch.Tensor) else features.pooler_output
    return found
