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
from transformers import DynamicCache, LlavaForConditionalGeneration

from model.babyvlm.architecture import embed, hidden, image_features
from model.images import normalise
from model.tokenizer import EOS, PAD

PICTURES_AT_ONCE = 64
KEPT_PICTURES = 20_000
ENOUGH = 16


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


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says.

    Attributes:
        tokens: Greedy continuation without its end.
        scores: Log-probability of each choice, nats, summed over its tokens, its end included.
    """

    tokens: tuple[int, ...]
    scores: tuple[float, ...]


@dataclass(slots=True)
class Read:
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
        for group in self._groups(prompts):
            chosen = [prompts[place] for place in group]
            embedded, mask = self._left_padded(chosen)
            cache = DynamicCache()
            logits = self._read(embedded, mask, cache)
            replies.update(zip(group, self._finish(chosen, mask, cache, logits, speak), strict=True))
        return [replies[place] for place in range(len(prompts))]

    @torch.inference_mode()
    def go_on(self, prompt: Prompt, read: Read | None) -> tuple[Reply, Read]:
        """Answer one turn of a dialogue, reading only what is new.

        Args:
            prompt: The whole dialogue so far.
            read: What was read before; it is used up when the prompt begins with it.
        """
        if read is None or prompt.ids[: len(read.ids)] != read.ids or len(prompt.ids) == len(read.ids):
            read = Read((), 0, DynamicCache())
        features = self._encode(prompt.pictures[read.pictures :])
        new = torch.tensor([prompt.ids[len(read.ids) :]], device=self.device)
        mask = torch.ones(1, len(prompt.ids), dtype=torch.long, device=self.device)
        logits = self._read(embed(self.model, new, features), mask, read.cache)
        reply = self._finish([prompt], mask, read.cache, logits, speak=True)[0]
        _shorten(read.cache, len(prompt.ids))
        return reply, Read(prompt.ids, len(prompt.pictures), read.cache)

    def _groups(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Put prompts of like length together, within the limit of tokens; of equal length where there are many."""
        order = sorted(range(len(prompts)), key=lambda place: len(prompts[place].ids))
        groups: list[list[int]] = []
        for place in order:
            longest = len(prompts[place].ids)
            full = not groups or (len(groups[-1]) + 1) * longest > self.batch_tokens
            if full or (len(groups[-1]) >= ENOUGH and longest > len(prompts[groups[-1][0]].ids)):
                groups.append([])
            groups[-1].append(place)
        return groups

    def _left_padded(self, prompts: Sequence[Prompt]) -> tuple[torch.Tensor, torch.Tensor]:
        longest = max(len(prompt.ids) for prompt in prompts)
        ids = torch.full((len(prompts), longest), PAD)
        mask = torch.zeros(len(prompts), longest, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            ids[row, longest - len(prompt.ids) :] = torch.tensor(prompt.ids)
            mask[row, longest - len(prompt.ids) :] = 1
        features = self._encode([digest for prompt in prompts for digest in prompt.pictures])
        return embed(self.model, ids.to(self.device), features), mask.to(self.device)

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

    def _read(self, embedded: torch.Tensor, mask: torch.Tensor, cache: DynamicCache) -> torch.Tensor:
        """Read on into the cache; returns the log-probabilities of the next token, (B, V)."""
        positions = (mask.cumsum(-1) - 1).clamp_min(0)[:, -embedded.shape[1] :]
        seen = None if bool(mask.all()) else mask
        out = hidden(self.model, embedded, seen, position_ids=positions, past_key_values=cache, use_cache=True)
        logs: torch.Tensor = self.model.lm_head(out.last_hidden_state[:, -1]).float().log_softmax(-1)
        return logs

    def _finish(
        self, prompts: Sequence[Prompt], mask: torch.Tensor, cache: DynamicCache, first: torch.Tensor, speak: bool
    ) -> list[Reply]:
        scores = self._scores(prompts, mask, cache, first)
        said = self._greedy(mask, cache, first) if speak else [()] * len(prompts)
        return [Reply(tokens, row) for tokens, row in zip(said, scores, strict=True)]

    def _greedy(self, mask: torch.Tensor, cache: DynamicCache, first: torch.Tensor) -> list[tuple[int, ...]]:
        """Continue every row with its likeliest tokens; the cache grows."""
        rows = first.shape[0]
        said: list[list[int]] = [[] for _ in range(rows)]
        over = [False] * rows
        logits = first
        for left in reversed(range(self.max_new)):
            best = logits.argmax(-1)
            for row, token in enumerate(best.tolist()):
                over[row] = over[row] or token == EOS
                if not over[row]:
                    said[row].append(token)
            if all(over) or not left:
                break
            mask = torch.cat([mask, mask.new_ones(rows, 1)], dim=1)
            logits = self._read(embed(self.model, best[:, None], None), mask, cache)
        return [tuple(tokens) for tokens in said]

    def _scores(
        self, prompts: Sequence[Prompt], mask: torch.Tensor, cache: DynamicCache, first: torch.Tensor
    ) -> list[tuple[float, ...]]:
        """Sum the log-probabilities of each choice's tokens; leaves the cache as it was."""
        most = max(len(prompt.choices) for prompt in prompts)
        if not most:
            return [() for _ in prompts]
        longest = max(len(choice) for prompt in prompts for choice in prompt.choices)
        tokens = torch.full((len(prompts), most, longest), PAD)
        counted = torch.zeros(len(prompts), most, longest)
        for row, prompt in enumerate(prompts):
            for place, choice in enumerate(prompt.choices):
                tokens[row, place, : len(choice)] = torch.tensor(choice)
                counted[row, place, : len(choice)] = 1
        tokens, counted = tokens.to(self.device), counted.to(self.device)
        total = first.gather(1, tokens[:, :, 0]) * counted[:, :, 0]
        if longest > 1:
            total = total + (self._tails(tokens, mask, cache) * counted[:, :, 1:]).sum(-1)
        table = total.tolist()
        return [tuple(table[row][: len(prompt.choices)]) for row, prompt in enumerate(prompts)]

    def _tails(self, tokens: torch.Tensor, mask: torch.Tensor, cache: DynamicCache) -> torch.Tensor:
        """Return log-probabilities of the second and later tokens of each choice, (B, choices, longest − 1).

        All choices are read in one pass behind the prompt that they share: each sees the prompt and itself, and its
        positions go on from the prompt's.
        """
        rows, most, longest = tokens.shape
        read, width = mask.shape[1], longest - 1
        fed = tokens[:, :, :-1].reshape(rows, most * width)
        own = torch.block_diag(*[torch.ones(width, width).tril() for _ in range(most)]).bool().to(mask.device)
        sees = torch.cat([mask.bool()[:, None, :].expand(rows, most * width, read), own.expand(rows, -1, -1)], dim=2)
        steps = torch.arange(width, device=mask.device).repeat(most)
        positions = mask.sum(-1, keepdim=True) + steps
        out = hidden(
            self.model,
            embed(self.model, fed, None),
            sees[:, None],
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        )
        _shorten(cache, read)
        logs = self.model.lm_head(out.last_hidden_state).float().log_softmax(-1)
        return logs.gather(-1, tokens[:, :, 1:].reshape(rows, -1, 1)).view(rows, most, width)


def _shorten(cache: DynamicCache, length: int) -> None:
    """Forget what was read beyond a length."""
    if surplus := cache.get_seq_length() - length:
        cache.crop(-surplus)
