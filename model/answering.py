"""From prompts that were read to answers: greedy text, and the log-probability of every offered choice.

A `Speaker` is any model with a key–value cache. A prompt is read once; all its choices are scored in one pass behind
it, each seeing the prompt and itself only; the greedy text goes on from the same place. Whatever reads the prompts
pads on the left and counts positions without padding, so a batch gives what each prompt alone would give.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from transformers import Cache

ENOUGH = 16


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says.

    Attributes:
        tokens: Greedy continuation without its end.
        scores: Log-probability of each choice, nats, summed over its tokens.
    """

    tokens: tuple[int, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """Prompts that a model has read.

    Attributes:
        mask: (B, T), 1 for real tokens.
        cache: What the model keeps of them.
        next: Log-probabilities of the next token, (B, V).
        offset: (B, 1), what is added to the count of real tokens to give a position (models whose pictures take fewer
            positions than tokens); None for nothing.
    """

    mask: torch.Tensor
    cache: Cache
    next: torch.Tensor
    offset: torch.Tensor | None = None

    def positions(self, ahead: torch.Tensor) -> torch.Tensor:
        """Return the positions of tokens that come ``ahead`` places after the prompt, (B, n)."""
        places = self.mask.sum(-1, keepdim=True) + ahead
        return places if self.offset is None else places + self.offset


class Speaker(Protocol):
    """A model that reads on."""

    def go_on(self, tokens: torch.Tensor, sees: torch.Tensor, positions: torch.Tensor, cache: Cache) -> torch.Tensor:
        """Read tokens into the cache.

        Args:
            tokens: (B, n).
            sees: (B, T + n) as a mask of real tokens, or (B, 1, n, T + n), true where a token may look.
            positions: (B, n).
            cache: Grows by n.

        Returns:
            Log-probabilities of the token after each, (B, n, V).
        """
        ...


def say(speaker: Speaker, read: Read, most: int, ends: Container[int]) -> list[tuple[int, ...]]:
    """Continue every prompt with its likeliest tokens; the cache grows.

    Args:
        speaker: The model.
        read: The prompts.
        most: Longest answer, tokens.
        ends: Tokens that end an answer.
    """
    rows, mask, logs = len(read.mask), read.mask, read.next
    said: list[list[int]] = [[] for _ in range(rows)]
    over = [False] * rows
    for number in range(most):
        best = logs.argmax(-1)
        for row, token in enumerate(best.tolist()):
            over[row] = over[row] or token in ends
            if not over[row]:
                said[row].append(token)
        if all(over) or number == most - 1:
            break
        mask = torch.cat([mask, mask.new_ones(rows, 1)], dim=1)
        positions = read.positions(torch.tensor([[number]], device=mask.device))
        logs = speaker.go_on(best[:, None], mask, positions, read.cache)[:, -1]
    return [tuple(tokens) for tokens in said]


def score(speaker: Speaker, read: Read, choices: Sequence[Sequence[Sequence[int]]]) -> list[tuple[float, ...]]:
    """Sum the log-probabilities of each choice's tokens; leaves the cache as it was.

    Args:
        speaker: The model.
        read: The prompts.
        choices: Tokens of the choices of each prompt.
    """
    most = max(len(offered) for offered in choices)
    if not most:
        return [() for _ in choices]
    longest = max(len(choice) for offered in choices for choice in offered)
    tokens = torch.zeros(len(choices), most, longest, dtype=torch.long)
    counted = torch.zeros(len(choices), most, longest)
    for row, offered in enumerate(choices):
        for place, choice in enumerate(offered):
            tokens[row, place, : len(choice)] = torch.tensor(choice)
            counted[row, place, : len(choice)] = 1
    device = read.mask.device
    tokens, counted = tokens.to(device), counted.to(device)
    total = read.next.gather(1, tokens[:, :, 0]) * counted[:, :, 0]
    if longest > 1:
        total = total + (_tails(speaker, read, tokens) * counted[:, :, 1:]).sum(-1)
    table = total.tolist()
    return [tuple(table[row][: len(offered)]) for row, offered in enumerate(choices)]


def _tails(speaker: Speaker, read: Read, tokens: torch.Tensor) -> torch.Tensor:
    """Return log-probabilities of the second and later tokens of each choice, (B, choices, longest − 1).

    All choices are read in one pass behind the prompt that they share; their positions go on from the prompt's.
    """
    rows, most, longest = tokens.shape
    length, width = read.mask.shape[1], longest - 1
    fed = tokens[:, :, :-1].reshape(rows, most * width)
    own = torch.block_diag(*[torch.ones(width, width).tril() for _ in range(most)]).bool().to(fed.device)
    before = read.mask.bool()[:, None, :].expand(rows, most * width, length)
    sees = torch.cat([before, own.expand(rows, -1, -1)], dim=2)
    positions = read.positions(torch.arange(width, device=fed.device).repeat(most)[None])
    logs = speaker.go_on(fed, sees[:, None], positions, read.cache)
    shorten(read.cache, length)
    return logs.gather(-1, tokens[:, :, 1:].reshape(rows, -1, 1)).view(rows, most, width)


def shorten(cache: Cache, length: int) -> None:
    """Forget what was read beyond a length."""
    if surplus := cache.get_seq_length() - length:
        cache.crop(-surplus)


def in_groups(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Put prompts of like length together, at most ``most`` tokens; of equal length where there are many."""
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        longest = lengths[place]
        full = not groups or (len(groups[-1]) + 1) * longest > most
        if full or (len(groups[-1]) >= ENOUGH and longest > lengths[groups[-1][0]]):
            groups.append([])
        groups[-1].append(place)
    return groups


def left_padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens and mask of prompts padded on the left, both (B, T)."""
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), pad)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, longest - len(row) :] = torch.tensor(row)
        mask[place, longest - len(row) :] = 1
    return ids, mask
