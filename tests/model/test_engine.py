"""Batched answering equals one-by-one answering, and both equal what transformers says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from devkit.pool import Pool
from devkit.tasks import TASKS
from devkit.tasks.generation import MemorySink, generate_items
from devkit.tasks.present import Setting, present
from model.babyvlm.engine import Engine, Prompt
from model.checkpoints import load_weights
from model.dialogue import Encoder, choice_text
from model.images import normalise, to_square
from model.run import last_checkpoint
from model.tokenizer import EOS, PAD, load_tokenizer


class Answering:
    """A model with prompts of several tasks; turns weights up so that answers differ."""

    def __init__(self, run: Path, pool: Pool) -> None:
        folder = last_checkpoint(run)
        self.model = load_weights(folder)
        with torch.no_grad():
            for weight in self.model.parameters():
                weight.mul_(1.5 if weight.ndim > 1 else 1.0)
        self.encoder = Encoder(load_tokenizer(folder), 5)
        self.sink = MemorySink()
        self.loads: list[str] = []
        self.prompts = [
            self._prompt(item)
            for code, form in (
                ("picture_vocabulary", "standard"),
                ("object_counting", "standard"),
                ("who_has_more", "synthetic"),
            )
            for item in generate_items(TASKS[code], form, pool, self.sink, count=6, seed=1, prefix=code)
        ]

    def _prompt(self, item: Any) -> Prompt:
        turn = present(item, 0, tuple(range(len(item.turns[0].choices))), Setting())
        offered = tuple(self.encoder.answer(choice_text(turn, k)) for k in range(len(turn.choices)))
        return Prompt(self.encoder.question(turn.prompt, first=True), turn.images, offered)

    def load(self, digest: str) -> Any:
        self.loads.append(digest)
        return to_square(self.sink.images[digest], 32)

    def engine(self, **more: Any) -> Engine:
        return Engine(self.model, self.load, **more)


@pytest.fixture(scope="module")
def answering(trained: Path, val_pool: Pool) -> Answering:
    return Answering(trained, val_pool)


def test_a_batch_does_not_change_a_score(answering: Answering) -> None:
    together = answering.engine().answer(answering.prompts)
    alone = [answering.engine().answer([prompt])[0] for prompt in answering.prompts]
    assert [reply.tokens for reply in together] == [reply.tokens for reply in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-5)


def test_small_batches_equal_large_ones(answering: Answering) -> None:
    large = answering.engine().answer(answering.prompts)
    small = answering.engine(batch_tokens=120).answer(answering.prompts)
    for one, other in zip(large, small, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-5)


def test_text_equals_generate(answering: Answering) -> None:
    replies = answering.engine(max_new=6).answer(answering.prompts)
    for prompt, reply in zip(answering.prompts, replies, strict=True):
        made = answering.model.generate(
            input_ids=torch.tensor([prompt.ids]),
            attention_mask=torch.ones(1, len(prompt.ids), dtype=torch.long),
            pixel_values=normalise([answering.load(d) for d in prompt.pictures]),
            do_sample=False,
            max_new_tokens=6,
            pad_token_id=PAD,
            eos_token_id=EOS,
        )
        said = made[0, len(prompt.ids) :].tolist()
        assert list(reply.tokens) == (said[: said.index(EOS)] if EOS in said else said)


def test_scores_equal_the_full_forward(answering: Answering) -> None:
    replies = answering.engine().answer(answering.prompts)
    for prompt, reply in list(zip(answering.prompts, replies, strict=True))[::4]:
        pixels = normalise([answering.load(d) for d in prompt.pictures])
        for choice, score in zip(prompt.choices, reply.scores, strict=True):
            ids = torch.tensor([prompt.ids + choice])
            with torch.no_grad():
                logs = answering.model(input_ids=ids, pixel_values=pixels).logits.log_softmax(-1)
            start = len(prompt.ids) - 1
            expected = sum(float(logs[0, start + k, token]) for k, token in enumerate(choice))
            assert score == pytest.approx(expected, abs=1e-4)


def test_every_picture_is_encoded_once(answering: Answering) -> None:
    engine = answering.engine()
    answering.loads.clear()
    engine.answer(answering.prompts)
    engine.answer(answering.prompts[:4])
    assert len(answering.loads) == len(set(answering.loads))


def test_a_dialogue_goes_on_from_what_was_read(answering: Answering) -> None:
    engine, first, second = answering.engine(), answering.prompts[0], answering.prompts[1]
    _, read = engine.turn(first, None)
    longer = Prompt(first.ids + first.choices[2] + second.ids[1:], first.pictures + second.pictures, second.choices)
    continued, _ = engine.turn(longer, read)
    fresh = answering.engine().answer([longer])[0]
    assert continued.tokens == fresh.tokens
    assert continued.scores == pytest.approx(fresh.scores, abs=1e-5)


def test_another_dialogue_is_read_from_its_start(answering: Answering) -> None:
    engine = answering.engine()
    _, read = engine.turn(answering.prompts[0], None)
    other, _ = engine.turn(answering.prompts[2], read)
    assert other.scores == pytest.approx(answering.engine().answer([answering.prompts[2]])[0].scores, abs=1e-5)


def test_prompts_without_choices_have_no_scores(answering: Answering) -> None:
    prompt = answering.prompts[0]
    assert answering.engine().answer([Prompt(prompt.ids, prompt.pictures, ())])[0].scores == ()
