"""OpenCLIP as a respondent: it points at the picture that is most like the word.

It takes the tasks that offer pictures for a word, Looking While Listening and Picture Vocabulary; everything else it
skips with the flag ``unsupported``. Weights come from a local folder or file, never from the net and never from a
pickle. With random weights, for tests and as a control, the session says ``random_weights``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import open_clip
import torch

from devkit.errors import UserError, did_you_mean
from devkit.ids import digest_bytes, digest_json
from devkit.respondents import Answer, Exchange, PresentedTurn, RespondentInfo, SessionContext
from model.images import open_picture
from model.manifests import MANIFEST, openclip_digest, read_manifest
from model.wording import WORD_TASKS, asked_word, offers_pictures

DEFAULT_TEMPLATE = "a photo of a {word}"
OWN_TEMPLATE = "{word}"
"""For models of ours: their utterances are a caregiver's, and none says 'a photo'."""
DEFAULT_MODEL = "ViT-B-32"
SMALL: dict[str, Any] = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
"""Shape of the random control, small enough to be made in a moment."""


class OpenClipRespondent:
    """An OpenCLIP model that answers by image–text similarity.

    Args:
        weights: Folder with ``open_clip_config.json`` and safetensors, or a safetensors file; None for random weights.
        code: Code in the records.
        model: OpenCLIP's name of the architecture, for a single file or random weights; random weights have a small
            shape of their own when it is empty.
        seed: Of random weights.
        template: Sentence that the word is put into; by default the usual one, and the bare word for our own models.

    Raises:
        UserError: The weights cannot be used.
    """

    def __init__(
        self,
        weights: Path | None,
        *,
        code: str = "",
        model: str = "",
        seed: int = 0,
        template: str = "",
    ) -> None:
        if template and "{word}" not in template:
            raise UserError("the template of the OpenCLIP respondent lacks {word}")
        self.random = weights is None
        if model and model not in open_clip.list_models():
            hint = did_you_mean(model, open_clip.list_models())
            raise UserError(f"OpenCLIP has no architecture '{model}'", hint=hint)
        self.model, self.preprocess, self.tokenizer = (
            _random(model, seed) if weights is None else _local(weights, model)
        )
        grown = weights is not None and (weights / MANIFEST).is_file()
        self.manifest = read_manifest(weights) if weights is not None and grown else None
        self.template = template or (OWN_TEMPLATE if grown else DEFAULT_TEMPLATE)
        self.name = f"openclip-{'random' if weights is None else weights.stem}"
        self.digest = _digest(self.model) if weights is None else openclip_digest(weights)
        self.code = code or self.name
        if self.manifest is not None:  # one of our own, trained by devkit train --learner contrastive
            self.name, self.random = self.manifest.model, self.manifest.random_weights
            self.code = code or f"{self.name}-{self.manifest.step:06d}"
        self._session: SessionContext | None = None
        self._pictures: dict[str, torch.Tensor] = {}
        self._words: dict[str, torch.Tensor] = {}

    def describe(self) -> RespondentInfo:
        """Return model and weights; random weights are said to be so."""
        return RespondentInfo(
            code=self.code,
            kind="model",
            model_id=self.name,
            model_digest=self.digest,
            model_step=None if self.manifest is None else self.manifest.step,
            model_hours_seen=None if self.manifest is None else self.manifest.hours_seen,
            random_weights=self.random,
            decoding="similarity",
            prompt_digest=digest_json({"template": self.template}),
            detail={"template": self.template, "supported": list(WORD_TASKS), **self._grown()},
        )

    def _grown(self) -> dict[str, Any]:
        """Return what a model of ours knows of its training."""
        return {} if self.manifest is None else self.manifest.model_dump(mode="json")

    def open(self, session: SessionContext) -> None:
        """Take the session's media."""
        self._session = session

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Point at the picture most like the word; skip what has no word and pictures to choose from."""
        return self.answer_batch([turn])[0]

    @torch.inference_mode()
    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        """Answer turns, encoding each picture and each word once."""
        fit = [turn for turn in turns if offers_pictures(turn)]
        self._see([digest for turn in fit for digest in turn.images])
        self._hear([asked_word(turn) for turn in fit])
        return [self._answer(turn) if offers_pictures(turn) else _skipped() for turn in turns]

    def close(self) -> None:
        """Let go of the session."""
        self._session = None
        self._pictures.clear()

    def _answer(self, turn: PresentedTurn) -> Answer:
        word = self._words[asked_word(turn)]
        pictures = torch.stack([self._pictures[str(choice.media)] for choice in turn.choices])
        scores = (self.model.logit_scale.exp() * pictures @ word).log_softmax(0)
        return Answer(
            position=int(scores.argmax()), source="likelihood", choice_scores=tuple(float(score) for score in scores)
        )

    def _see(self, digests: Sequence[str]) -> None:
        if self._session is None:
            raise RuntimeError("the respondent is not open")
        new = [digest for digest in dict.fromkeys(digests) if digest not in self._pictures]
        for start in range(0, len(new), 32):
            some = new[start : start + 32]
            pixels = torch.stack([self.preprocess(open_picture(self._session.media_path(digest))) for digest in some])
            features = self.model.encode_image(pixels, normalize=True)
            self._pictures.update(zip(some, features, strict=True))

    def _hear(self, words: Sequence[str]) -> None:
        new = [word for word in dict.fromkeys(words) if word not in self._words]
        if new:
            tokens = self.tokenizer([self.template.format(word=word) for word in new])
            self._words.update(zip(new, self.model.encode_text(tokens, normalize=True), strict=True))


def _skipped() -> Answer:
    return Answer(outcome="skipped", source="likelihood", flags=("unsupported",))


def _random(model: str, seed: int) -> tuple[Any, Any, Any]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if model:
            made, _, preprocess = open_clip.create_model_and_transforms(model, load_weights=False)
            return made.eval(), preprocess, open_clip.get_tokenizer(model)
        made = open_clip.CLIP(**SMALL)
    preprocess = open_clip.image_transform(SMALL["vision_cfg"]["image_size"], is_train=False)
    return made.eval(), preprocess, open_clip.SimpleTokenizer(context_length=SMALL["text_cfg"]["context_length"])


def _local(weights: Path, model: str) -> tuple[Any, Any, Any]:
    """Load weights from a folder or a file; safetensors only."""
    if not weights.exists():
        raise UserError("there are no weights here", place=str(weights), hint="openclip:random makes random ones")
    inside = sorted(weights.glob("*.safetensors")) if weights.is_dir() else [weights]
    if not inside or inside[0].suffix != ".safetensors":
        raise UserError("there are no weights in safetensors here; pickles are never loaded", place=str(weights))
    try:
        if weights.is_dir():
            name = f"local-dir:{weights}"
            made, _, preprocess = open_clip.create_model_and_transforms(name)
        else:
            name = model or DEFAULT_MODEL
            made, _, preprocess = open_clip.create_model_and_transforms(name, pretrained=str(weights))
        return made.eval(), preprocess, open_clip.get_tokenizer(name)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, json.JSONDecodeError) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        hint = "name the architecture: openclip:PATH,model=ViT-B-32" if weights.is_file() else ""
        raise UserError(f"OpenCLIP cannot load the weights: {line}", place=str(weights), hint=hint) from error


def _digest(model: torch.nn.Module) -> str:
    return digest_json({name: digest_bytes(w.detach().numpy().tobytes()) for name, w in model.named_parameters()})
