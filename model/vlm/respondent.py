"""Any image-text model of transformers as a respondent, in both ways: free text and likelihood of the choices.

Prompts go through the model's own chat template, with the pictures at their places and the model's own earlier answers
as its side of the dialogue. An answer by letter is scored as the letter; answers by word or number are scored with the
end of the turn, since "1" would otherwise be part of "12".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from devkit.ids import digest_json
from devkit.items import IMAGE_MARK
from devkit.respondents import Answer, Exchange, PresentedTurn, RespondentInfo, SessionContext
from model.answering import Reply
from model.context import check_context
from model.dialogue import answered, choice_text
from model.images import open_picture
from model.vlm.load import load_vlm
from model.vlm.reader import Question, Reader

AnswerBy = Literal["text", "likelihood"]


class VlmRespondent:
    """An image-text model that answers.

    Args:
        folder: Weights and processor in transformers' layout.
        code: Code in the records; the folder's name by default.
        answer_by: What decides: the likeliest of the offered choices, or the reply in words.
        batch_tokens: Most tokens of one forward pass.
        max_new: Longest reply, tokens.
        device: ``cpu``, ``cuda`` …; a GPU where there is one by default.
        dtype: Type of the weights; ``auto`` is float32 on a CPU and as saved elsewhere.

    Raises:
        UserError: The model cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        code: str = "",
        answer_by: AnswerBy = "likelihood",
        batch_tokens: int = 16384,
        max_new: int = 16,
        device: str | None = None,
        dtype: str = "auto",
    ) -> None:
        self.loaded, self.answer_by = load_vlm(folder, device, dtype), answer_by
        self.processor: Any = self.loaded.processor
        self.reader = Reader(self.loaded, batch_tokens=batch_tokens, max_new=max_new)
        self.code = code or self.loaded.name
        self._session: SessionContext | None = None
        self._picture = lru_cache(maxsize=512)(self._load)

    def describe(self) -> RespondentInfo:
        """Return the model's name, the digest of its weights, and how it is asked."""
        return RespondentInfo(
            code=self.code,
            kind="model",
            model_id=self.loaded.name,
            model_digest=self.loaded.digest,
            decoding="greedy" if self.answer_by == "text" else "likelihood",
            prompt_digest=digest_json({"template": str(self.processor.chat_template)}),
            detail={"class": type(self.loaded.model).__name__, "answer_by": self.answer_by},
        )

    def open(self, session: SessionContext) -> None:
        """Take the session's media and make sure that every trial fits into the context.

        Raises:
            UserError: A trial is longer than the model's context.
        """
        self._session = session
        trials: dict[str, list[PresentedTurn]] = defaultdict(list)
        for turn in session.turns:
            trials[turn.trial_id].append(turn)
        lengths = {trial: self._length(turns) for trial, turns in trials.items()}
        check_context(lengths, {trial: turns[0].item_id for trial, turns in trials.items()}, self.loaded.positions)

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Answer one turn, given the earlier turns of the trial."""
        return self._answer(turn, self.reader.answer([self._question(turn, history)])[0])

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        """Answer turns without history, in the same order."""
        replies = self.reader.answer([self._question(turn, ()) for turn in turns])
        return [self._answer(turn, reply) for turn, reply in zip(turns, replies, strict=True)]

    def close(self) -> None:
        """Let go of the session's media."""
        self._session = None
        self._picture.cache_clear()

    def _question(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Question:
        text = self._text([*((e.turn.prompt, answered(e)) for e in history), (turn.prompt, None)])
        digests = [digest for exchange in history for digest in exchange.turn.images] + list(turn.images)
        return self.reader.question(text, [self._picture(digest) for digest in digests], self._choices(turn, text))

    def _text(self, talk: Sequence[tuple[str, str | None]]) -> str:
        """Put a dialogue into the model's own template; the last answer is still to come."""
        messages: list[dict[str, Any]] = []
        for asked, said in talk:
            messages.append({"role": "user", "content": content_parts(asked)})
            if said is not None:
                messages.append({"role": "assistant", "content": [{"type": "text", "text": said}]})
        return str(self.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))

    def _choices(self, turn: PresentedTurn, text: str) -> list[list[int]]:
        """Return the tokens of the offered answers as they go on from the prompt."""
        lead = "" if text[-1:].isspace() or text.endswith(">") else " "
        end = [] if turn.answer_format == "letter" else sorted(self.reader.ends)[:1]
        tokenizer = self.processor.tokenizer
        return [
            [*tokenizer.encode(lead + choice_text(turn, place), add_special_tokens=False), *end]
            for place in range(len(turn.choices))
        ]

    def _answer(self, turn: PresentedTurn, reply: Reply) -> Answer:
        raw = str(self.processor.tokenizer.decode(list(reply.tokens), skip_special_tokens=True)).strip()
        if self.answer_by == "text" or not reply.scores:
            return Answer(raw=raw, source="text", choice_scores=reply.scores)
        best = max(range(len(reply.scores)), key=lambda place: reply.scores[place])
        return Answer(raw=raw, position=best, source="likelihood", choice_scores=reply.scores)

    def _length(self, turns: Sequence[PresentedTurn]) -> int:
        """Tokens of a trial with the longest answers it can get."""
        text = self._text([(turn.prompt, None if turn is turns[-1] else "") for turn in turns])
        digests = [digest for turn in turns for digest in turn.images]
        sizes = [self._picture(digest).size[::-1] for digest in digests]
        seen = sum(self._image_tokens(size) for size in sizes)
        words = len(self.processor.tokenizer.encode(text, add_special_tokens=False))
        return words + seen + len(turns) * self.reader.max_new

    def _image_tokens(self, size: tuple[int, int]) -> int:
        """Return how many tokens a picture of (height, width) takes."""
        try:
            told = self.processor._get_num_multimodal_tokens(image_sizes=[size])
            return int(told["num_image_tokens"][0])
        except (AttributeError, KeyError, TypeError, ValueError):
            blank = Image.new("RGB", size[::-1])
            marked = self._text([(IMAGE_MARK, None)])
            return len(self.reader.question(marked, [blank], ()).ids)

    def _load(self, digest: str) -> Image.Image:
        if self._session is None:
            raise RuntimeError("the respondent is not open")
        return open_picture(self._session.media_path(digest))


def content_parts(prompt: str) -> list[dict[str, str]]:
    """Cut a prompt at its image marks into the parts of a message."""
    parts: list[dict[str, str]] = []
    for place, text in enumerate(prompt.split(IMAGE_MARK)):
        if place:
            parts.append({"type": "image"})
        if text.strip():
            parts.append({"type": "text", "text": text.strip()})
    return parts
