"""Answers from the model, many at once: greedy text and the likelihood of every offered choice.

Prompts are sorted by length and padded on the left, with position ids that leave padding out, so that a batch gives
what each prompt alone would give (within 1e-5 in float32). A picture is encoded once, whatever the number of
questions about it; a prompt is read once, whatever the number of its choices; a dialogue goes on from what was read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import Cache, DynamicCache, LlavaForConditionalGeneration

from model.answering import Read, Reply, in_groups, left_padded, say, score, shorten
from model.babyvlm.architecture import embed, hidden, image_features
from model.images import normalise
from model.tokenizer import EOS, PAD

PICTURES_AT_ONCE = 64
KEPT_PICTURES = 20_000


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to the model.

    Attributes:
        ids: Tokens up to the place where the answer begins, images expanded.
        pictures: Digests of the images in reading order.
        choices: Tokens of each offered answer, its end included.
    """

    ids: tuple[int, ...]
    pictures: tuple[str, ...]
    choices: tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class Heard:
    """What a dialogue has been read up to."""

    ids: tuple[int, ...]
    pictures: int
    cache: DynamicCache


class Engine:
    """Batched answering.

    Args:
        model: In evaluation mode.
        load: Returns the bytes of a picture by its digest, (side, side, 3).
        batch_tokens: Most tokens of one forward pass.
        max_new: Longest greedy answer, tokens.
    """

    def __init__(
        self,
        model: LlavaForConditionalGeneration,
        load: Callable[[str], Any],
        *,
        batch_tokens: int = 8192,
        max_new: int = 8,
    ) -> None:
        self.model, self.load, self.batch_tokens, self.max_new = model.eval(), load, batch_tokens, max_new
        self.device = next(model.parameters()).device
        self._features: OrderedDict[str, torch.Tensor] = OrderedDict()

    @torch.inference_mode()
    def answer(self, prompts: Sequence[Prompt], *, speak: bool = True) -> list[Reply]:
        """Answer independent prompts, in the same order.

        Args:
            prompts: Any number.
            speak: Whether the greedy text is wanted too.
        """
        replies: dict[int, Reply] = {}
        for group in in_groups([len(prompt.ids) for prompt in prompts], self.batch_tokens):
            chosen = [prompts[place] for place in group]
            ids, mask = left_padded([prompt.ids for prompt in chosen], PAD)
            features = self._encode([digest for prompt in chosen for digest in prompt.pictures])
            embedded = embed(self.model, ids.to(self.device), features)
            read = self._read(embedded, mask.to(self.device), DynamicCache())
            replies.update(zip(group, self._finish(chosen, read, speak), strict=True))
        return [replies[place] for place in range(len(prompts))]

    @torch.inference_mode()
    def turn(self, prompt: Prompt, heard: Heard | None) -> tuple[Reply, Heard]:
        """Answer one turn of a dialogue, reading only what is new.

        Args:
            prompt: The whole dialogue so far.
            heard: What was read before; it is used up when the prompt begins with it.
        """
        if heard is None or prompt.ids[: len(heard.ids)] != heard.ids or len(prompt.ids) == len(heard.ids):
            heard = Heard((), 0, DynamicCache())
        features = self._encode(prompt.pictures[heard.pictures :])
        new = torch.tensor([prompt.ids[len(heard.ids) :]], device=self.device)
        mask = torch.ones(1, len(prompt.ids), dtype=torch.long, device=self.device)
        read = self._read(embed(self.model, new, features), mask, heard.cache)
        reply = self._finish([prompt], read, speak=True)[0]
        shorten(heard.cache, len(prompt.ids))
        return reply, Heard(prompt.ids, len(prompt.pictures), heard.cache)

    def go_on(self, tokens: torch.Tensor, sees: torch.Tensor, positions: torch.Tensor, cache: Cache) -> torch.Tensor:
        """Read tokens into the cache; returns the log-probabilities of the token after each, (B, n, V)."""
        return self._logs(embed(self.model, tokens, None), sees, positions, cache)

    def _encode(self, digests: Sequence[str]) -> torch.Tensor | None:
        """Return features (M, K, D) of pictures, encoding those that are new."""
        if not digests:
            return None
        new = [digest for digest in dict.fromkeys(digests) if digest not in self._features]
        for start in range(0, len(new), PICTURES_AT_ONCE):
            some = new[start : start + PICTURES_AT_ONCE]
            pixels = normalise([self.load(digest) for digest in some]).to(self.device)
            self._features.update(zip(some, image_features(self.model, pixels), strict=True))
        features = torch.stack([self._features[digest] for digest in digests])
        for digest in dict.fromkeys(digests):
            self._features.move_to_end(digest)
        while len(self._features) > KEPT_PICTURES:
            self._features.popitem(last=False)
        return features

    def _read(self, embedded: torch.Tensor, mask: torch.Tensor, cache: DynamicCache) -> Read:
        """Read on into the cache; the mask also covers what was read before."""
        positions = (mask.cumsum(-1) - 1).clamp_min(0)[:, -embedded.shape[1] :]
        return Read(mask, cache, self._logs(embedded, mask, positions, cache, last=True)[:, -1])

    def _logs(
        self, embedded: torch.Tensor, sees: torch.Tensor, positions: torch.Tensor, cache: Cache, *, last: bool = False
    ) -> torch.Tensor:
        whole = sees.ndim == 2 and bool(sees.all())
        out = hidden(
            self.model,
            embedded,
            None if whole else sees,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        )
        states = out.last_hidden_state[:, -1:] if last else out.last_hidden_state
        logs: torch.Tensor = self.model.lm_head(states).float().log_softmax(-1)
        return logs

    def _finish(self, prompts: Sequence[Prompt], read: Read, speak: bool) -> list[Reply]:
        scores = score(self, read, [prompt.choices for prompt in prompts])
        said = say(self, read, self.max_new, (EOS,)) if speak else [()] * len(prompts)
        return [Reply(tokens, row) for tokens, row in zip(said, scores, strict=True)]
