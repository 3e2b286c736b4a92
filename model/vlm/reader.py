"""Reads prompts with any image-text model of transformers, each picture through the tower once.

The processor makes tokens and pixels of one prompt at a time, so that a prompt is the same alone and in a batch. Its
pixels are cut into units (tiles, or the patches of one picture), and a unit's features are kept by the digest of its
bytes. A model whose pixels cannot be cut is read one prompt at a time with its pixels; that is slower and as right.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from transformers import Cache, DynamicCache
from transformers.modeling_outputs import BaseModelOutputWithPooling

from model.answering import Read, Reply, in_groups, left_padded, say, score
from model.vlm.load import Loaded

UNITS_AT_ONCE = 32
KEPT_BYTES = 4 * 1024**3
CUT = {"input_ids", "attention_mask", "pixel_values", "pixel_attention_mask", "image_grid_thw", "mm_token_type_ids"}


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt, processed.

    Attributes:
        given: What the processor made, (1, …) each.
        choices: Tokens of each offered answer.
    """

    given: Mapping[str, torch.Tensor]
    choices: tuple[tuple[int, ...], ...]

    @property
    def ids(self) -> list[int]:
        """Tokens of the prompt, pictures included."""
        found: list[int] = self.given["input_ids"][0].tolist()
        return found

    @property
    def cut(self) -> bool:
        """Whether the pixels can be cut into units."""
        pixels = self.given.get("pixel_values")
        return pixels is None or (set(self.given) <= CUT and (pixels.ndim in (4, 5) or "image_grid_thw" in self.given))


class Reader:
    """Batched reading and answering.

    Args:
        loaded: The model.
        batch_tokens: Most tokens of one forward pass.
        max_new: Longest greedy answer, tokens.
    """

    def __init__(self, loaded: Loaded, *, batch_tokens: int, max_new: int) -> None:
        self.model, self.processor = loaded.model, loaded.processor
        self.batch_tokens, self.max_new = batch_tokens, max_new
        self.device = next(self.model.parameters()).device
        tokenizer = self.processor.tokenizer
        ends = self.model.generation_config.eos_token_id
        self.ends = {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}
        self.pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        self._features: OrderedDict[str, torch.Tensor] = OrderedDict()
        self._bytes, self._listed = 0, True
        self.encoded = 0

    def question(self, text: str, images: Sequence[Image.Image], choices: Sequence[Sequence[int]]) -> Question:
        """Process one prompt.

        Args:
            text: As the chat template gave it.
            images: In reading order.
            choices: Tokens of the offered answers.
        """
        more = {"images": [list(images)]} if images else {}
        given = self.processor(text=[text], return_tensors="pt", add_special_tokens=False, **more)
        kept = {key: value for key, value in given.items() if isinstance(value, torch.Tensor)}
        return Question(kept, tuple(tuple(choice) for choice in choices))

    @torch.inference_mode()
    def answer(self, questions: Sequence[Question]) -> list[Reply]:
        """Answer independent prompts, in the same order."""
        replies: dict[int, Reply] = {}
        together = [place for place, question in enumerate(questions) if question.cut]
        groups = in_groups([len(questions[place].ids) for place in together], self.batch_tokens)
        batches = [[together[k] for k in group] for group in groups]
        batches += [[place] for place, question in enumerate(questions) if not question.cut]
        for batch in batches:
            chosen = [questions[place] for place in batch]
            read = self._read(chosen)
            scores = score(self, read, [question.choices for question in chosen])
            said = say(self, read, self.max_new, self.ends)
            replies.update(zip(batch, (Reply(t, s) for t, s in zip(said, scores, strict=True)), strict=True))
        return [replies[place] for place in range(len(questions))]

    def go_on(self, tokens: torch.Tensor, sees: torch.Tensor, positions: torch.Tensor, cache: Cache) -> torch.Tensor:
        """Read tokens into the cache; returns the log-probabilities of the token after each, (B, n, V)."""
        if self._three_dimensional:
            positions = positions[None].expand(3, -1, -1)
        out = self.model(
            input_ids=tokens, attention_mask=sees, position_ids=positions, past_key_values=cache, use_cache=True
        )
        logs: torch.Tensor = out.logits.float().log_softmax(-1)
        return logs

    @property
    def _three_dimensional(self) -> bool:
        """Whether positions have time, height and width (Qwen-VL)."""
        return hasattr(self.model.model, "rope_deltas")

    def _read(self, questions: Sequence[Question]) -> Read:
        ids, mask = left_padded([question.ids for question in questions], self.pad)
        more: dict[str, Any] = {}
        if self._three_dimensional:
            more = self._grids(questions, ids)
            self.model.model.rope_deltas = None
        else:
            more["position_ids"] = (mask.cumsum(-1) - 1).clamp_min(0).to(self.device)
        if not questions[0].cut:
            keep = {"input_ids", "attention_mask"}
            more |= {key: value.to(self.device) for key, value in questions[0].given.items() if key not in keep}
        elif features := [unit for question in questions for unit in self._encode(question.given)]:
            pooled = features if self._listed else torch.stack(features)
            more["mm_encoder_outputs"] = {"image": BaseModelOutputWithPooling(pooler_output=pooled)}
        cache = DynamicCache(config=self.model.config.get_text_config())
        ids, mask = ids.to(self.device), mask.to(self.device)
        out = self.model(
            input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, logits_to_keep=1, **more
        )
        offset = getattr(self.model.model, "rope_deltas", None)
        return Read(mask, cache, out.logits[:, -1].float().log_softmax(-1), offset)

    def _grids(self, questions: Sequence[Question], ids: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return what positions in time, height and width are made from."""
        grids = [q.given["image_grid_thw"] for q in questions if "image_grid_thw" in q.given]
        if not grids:
            return {}
        kinds, _ = left_padded([q.given["mm_token_type_ids"][0].tolist() for q in questions], 0)
        return {"image_grid_thw": torch.cat(grids).to(self.device), "mm_token_type_ids": kinds.to(self.device)}

    def _encode(self, given: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
        """Return the features of a prompt's units, (tokens, width) each, encoding those that are new."""
        units = _units(given)
        names = [_digest(unit) for unit in units]
        new = {name: unit for name, unit in zip(names, units, strict=True) if name not in self._features}
        for start in range(0, len(new), UNITS_AT_ONCE):
            some = list(new.items())[start : start + UNITS_AT_ONCE]
            for (name, _), features in zip(some, self._see([unit for _, unit in some]), strict=True):
                self._features[name] = features
                self._bytes += features.nbytes
        found = [self._features[name] for name in names]
        for name in names:
            self._features.move_to_end(name)
        while self._bytes > KEPT_BYTES and len(self._features) > 1:
            self._bytes -= self._features.popitem(last=False)[1].nbytes
        return found

    def _see(self, units: Sequence[Mapping[str, torch.Tensor]]) -> list[torch.Tensor]:
        """Run the tower over units."""
        self.encoded += len(units)
        joined = {key: torch.cat([unit[key] for unit in units]).to(self.device) for key in units[0]}
        if "pixel_attention_mask" in joined:  # these models take rows of pictures
            joined = {key: value[None] for key, value in joined.items()}
        joined["pixel_values"] = joined["pixel_values"].to(self.model.dtype)
        pooled = self.model.get_image_features(**joined, return_dict=True).pooler_output
        self._listed = not isinstance(pooled, torch.Tensor)
        if len(pooled) == len(units):
            return list(pooled)
        whole = torch.cat(list(pooled))
        return list(whole.split(len(whole) // len(units)))


def _units(given: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
    """Cut the pixels of a prompt into what the tower sees one by one."""
    pixels = given.get("pixel_values")
    if pixels is None:
        return []
    if "image_grid_thw" in given:
        grids = given["image_grid_thw"]
        parts = pixels.split(grids.prod(-1).tolist())
        return [{"pixel_values": part, "image_grid_thw": grid[None]} for part, grid in zip(parts, grids, strict=True)]
    if pixels.ndim == 5:
        masks = given.get("pixel_attention_mask")
        shape = (pixels.shape[1], *pixels.shape[3:])
        shown = torch.ones(shape, dtype=torch.bool) if masks is None else masks[0]
        tiles = zip(pixels[0], shown, strict=True)
        return [{"pixel_values": tile[None], "pixel_attention_mask": mask[None]} for tile, mask in tiles]
    return [{"pixel_values": tile[None]} for tile in pixels]


def _digest(unit: Mapping[str, torch.Tensor]) -> str:
    sha = hashlib.sha256()
    for key in sorted(unit):
        sha.update(f"{key}{tuple(unit[key].shape)}".encode())
        sha.update(unit[key].reshape(-1).contiguous().view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()
