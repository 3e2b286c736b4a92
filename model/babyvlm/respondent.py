"""BabyVLM as a respondent: a checkpoint that takes a protocol like a child does, through the same trials.

Every turn is answered in both ways, the greedy text and the likelihood of the offered choices; both go into the
record and ``answer_by`` says which one decides. What the model said before is its history in a dialogue.

Where pictures are offered for a word (Looking While Listening, Picture Vocabulary), the likelihood is by default that
of the *word given each picture*: what a child's looking shows is which picture goes with the word, not whether it
knows letters. ``picture_choices="letter"`` takes the likelihood of the letters there too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from devkit.ids import digest_json
from devkit.respondents import Answer, Exchange, PresentedTurn, RespondentInfo, SessionContext
from model.answering import Reply
from model.babyvlm.engine import Engine, Heard, Prompt
from model.checkpoints import load_weights
from model.context import check_context
from model.dialogue import ANSWER, QUESTION, Encoder, answered, choice_text
from model.images import open_picture, to_square
from model.manifests import read_manifest
from model.tokenizer import load_tokenizer
from model.wording import asked_word, offers_pictures

AnswerBy = Literal["text", "likelihood"]
PictureChoices = Literal["word", "letter"]
PROMPT = {"question": QUESTION, "answer": ANSWER, "start": "<sos>", "end": "<eos>"}


class BabyVLMRespondent:
    """A checkpoint that answers.

    Args:
        checkpoint: Folder with weights, tokenizer and ``devkit.json``.
        code: Code in the records; made from model and step by default.
        answer_by: What decides: the likeliest of the offered choices, or the reply in words.
        picture_choices: Whether pictures offered for a word are scored by the word or by their letters.
        batch_tokens: Most tokens of one forward pass.
        max_new: Longest reply, tokens.
        device: ``cpu``, ``cuda`` …; a GPU where there is one by default.
        threads: Threads of torch; its own default when None.
        dtype: ``float32``, or ``bfloat16`` to be faster on a GPU; then a batch may change a score in its third figure.

    Raises:
        UserError: The folder is no complete checkpoint.
    """

    def __init__(
        self,
        checkpoint: Path,
        *,
        code: str = "",
        answer_by: AnswerBy = "likelihood",
        picture_choices: PictureChoices = "word",
        batch_tokens: int = 8192,
        max_new: int = 8,
        device: str | None = None,
        threads: int | None = None,
        dtype: str = "float32",
    ) -> None:
        self.manifest = read_manifest(checkpoint)
        self.answer_by, self.picture_choices = answer_by, picture_choices
        self.code = code or f"{self.manifest.model}-{self.manifest.step:06d}"
        if threads is not None:
            torch.set_num_threads(threads)
        where = device or ("cuda" if torch.cuda.is_available() else "cpu")
        model = load_weights(checkpoint).to(where, torch.bfloat16 if dtype == "bfloat16" else torch.float32)
        tower, text = model.config.vision_config, model.config.text_config
        self.side, self.positions = int(tower.image_size), int(text.max_position_embeddings)
        self.encoder = Encoder(load_tokenizer(checkpoint), int(model.config.image_seq_length), self.manifest.letters)
        self.engine = Engine(model, lambda digest: self._picture(digest), batch_tokens=batch_tokens, max_new=max_new)
        self._picture = lru_cache(maxsize=1024)(self._load)
        self._session: SessionContext | None = None
        self._heard: tuple[str, Heard] | None = None

    def describe(self) -> RespondentInfo:
        """Return model, step and hours seen for the session's header and records."""
        manifest = self.manifest
        return RespondentInfo(
            code=self.code,
            kind="model",
            model_id=manifest.model,
            model_digest=manifest.digest,
            model_step=manifest.step,
            model_hours_seen=manifest.hours_seen,
            random_weights=manifest.random_weights,
            decoding=self._decoding(),
            prompt_digest=digest_json(PROMPT | ({"letters": "after"} if manifest.letters == "after" else {})),
            detail={**manifest.model_dump(mode="json"), "answer_by": self.answer_by},
        )

    def _decoding(self) -> str:
        """Say how answers are taken, as the records show it."""
        if self.answer_by == "text":
            return "greedy"
        return "likelihood (word given picture)" if self.picture_choices == "word" else "likelihood"

    def open(self, session: SessionContext) -> None:
        """Take the session's media and make sure that every trial fits into the context.

        Raises:
            UserError: A trial is longer than the model's context.
        """
        self._session, self._heard = session, None
        trials: dict[str, list[PresentedTurn]] = defaultdict(list)
        for turn in session.turns:
            trials[turn.trial_id].append(turn)
        lengths = {trial: self._length(turns) for trial, turns in trials.items()}
        check_context(lengths, {trial: turns[0].item_id for trial, turns in trials.items()}, self.positions)

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Answer one turn; earlier turns of the trial are read only once."""
        if turn.turn_count == 1 and not history:
            return self.answer_batch([turn])[0]
        prompt = self._prompt(turn, history)
        heard = self._heard[1] if self._heard is not None and self._heard[0] == turn.trial_id else None
        reply, heard = self.engine.turn(prompt, heard)
        self._heard = (turn.trial_id, heard)
        return self._answer(turn, reply)

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        """Answer turns without history, in the same order."""
        replies = self.engine.answer([self._prompt(turn, ()) for turn in turns])
        named = self._named([turn for turn in turns if self.picture_choices == "word" and offers_pictures(turn)])
        return [
            self._answer(turn, replace(reply, scores=named.get(id(turn), reply.scores)))
            for turn, reply in zip(turns, replies, strict=True)
        ]

    def close(self) -> None:
        """Let go of the session's media."""
        self._session, self._heard = None, None
        self._picture.cache_clear()

    def _named(self, turns: Sequence[PresentedTurn]) -> dict[int, tuple[float, ...]]:
        """Return the log-probability of the asked word as what is said of each offered picture.

        Each picture is looked at once, whatever the number of words that are asked of it.
        """
        asked: dict[str, list[tuple[int, ...]]] = {}
        for turn in turns:
            said = self.encoder.said(asked_word(turn))
            for choice in turn.choices:
                words = asked.setdefault(str(choice.media), [])
                if said not in words:
                    words.append(said)
        prompts = [Prompt(self.encoder.looking, (media,), tuple(words)) for media, words in asked.items()]
        replies = self.engine.answer(prompts, speak=False)
        score = {
            (prompt.pictures[0], said): value
            for prompt, reply in zip(prompts, replies, strict=True)
            for said, value in zip(prompt.choices, reply.scores, strict=True)
        }
        return {
            id(turn): tuple(score[str(c.media), self.encoder.said(asked_word(turn))] for c in turn.choices)
            for turn in turns
        }

    def _prompt(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Prompt:
        ids: tuple[int, ...] = ()
        pictures: tuple[str, ...] = ()
        for place, exchange in enumerate(history):
            ids += self.encoder.question(exchange.turn.prompt, first=not place)
            ids += self.encoder.answer(answered(exchange))
            pictures += exchange.turn.images
        ids += self.encoder.question(turn.prompt, first=not history)
        offered = tuple(self.encoder.answer(choice_text(turn, place)) for place in range(len(turn.choices)))
        return Prompt(ids, pictures + turn.images, offered)

    def _answer(self, turn: PresentedTurn, reply: Reply) -> Answer:
        raw = str(self.encoder.tokenizer.decode(list(reply.tokens), skip_special_tokens=True)).strip()
        if self.answer_by == "text" or not reply.scores:
            return Answer(raw=raw, source="text", choice_scores=reply.scores)
        best = max(range(len(reply.scores)), key=lambda place: reply.scores[place])
        return Answer(raw=raw, position=best, source="likelihood", choice_scores=reply.scores)

    def _length(self, turns: Sequence[PresentedTurn]) -> int:
        """Tokens of a trial with the longest answers it can get."""
        total = 0
        for place, turn in enumerate(turns):
            offered = [len(self.encoder.answer(choice_text(turn, k))) for k in range(len(turn.choices))]
            total += len(self.encoder.question(turn.prompt, first=not place)) + max(self.engine.max_new + 1, *offered)
        return total

    def _load(self, digest: str) -> np.ndarray:
        if self._session is None:
            raise RuntimeError("the respondent is not open")
        return to_square(open_picture(self._session.media_path(digest)), self.side)
