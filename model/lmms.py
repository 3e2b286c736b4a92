"""BabyVLM's checkpoints, and any model of `model.vlm`, inside lmms-eval: so that public leaderboards can run them.

lmms-eval is not needed here. Where it is installed beside devkit, it finds the model by itself (`model.lmms_plugin`)::

    lmms-eval --model babyvlm --model_args pretrained=PATH --tasks TASK

Implemented are ``generate_until``, ``generate_until_multi_round`` and ``loglikelihood``, in the shapes of lmms-eval's
`Instance`: ``args`` is ``(context, generation settings, doc_to_visual, doc_id, task, split)``, with the continuation
in place of the settings for ``loglikelihood`` and ``doc_to_text`` after ``doc_to_visual`` for dialogues; documents come
from ``task_dict[task][split][doc_id]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from devkit.errors import UserError
from devkit.items import IMAGE_MARK
from model.answering import Reply
from model.vlm.load import load_vlm
from model.vlm.reader import Question, Reader
from model.vlm.respondent import content_parts

NAME = "babyvlm"
MOST_ROUNDS = 64


class BabyVLMForLmms:
    """A model as lmms-eval sees it.

    Args:
        pretrained: Checkpoint folder.
        batch_tokens: Most tokens of one forward pass.
        device: ``cpu``, ``cuda`` …
        dtype: Type of the weights.
        batch_size: Kept for lmms-eval and not used: batches are made by length.
        more: Anything else that lmms-eval passes.
    """

    is_simple = True

    def __init__(
        self,
        pretrained: str,
        batch_tokens: int = 16384,
        device: str | None = None,
        dtype: str = "auto",
        batch_size: int | str = 1,
        **more: Any,
    ) -> None:
        super().__init__()
        self.loaded = load_vlm(Path(pretrained), device, dtype)
        self.batch_tokens, self.batch_size = int(batch_tokens), batch_size
        self.device = self.loaded.model.device
        self.task_dict: dict[str, Any] = {}
        self._rank, self._world_size = 0, 1

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        """Answer each request greedily, up to its first stop word."""
        found: dict[int, str] = {}
        by_length: dict[int, list[int]] = {}
        for place, request in enumerate(requests):
            by_length.setdefault(_most(request.args[1]), []).append(place)
        for most, places in by_length.items():
            questions = [self._question([(requests[k].args[0], None)], self._visuals(requests[k].args)) for k in places]
            for place, reply in zip(places, self._reader(most).answer(questions), strict=True):
                found[place] = _until(self._words(reply), requests[place].args[1])
        return [found[place] for place in range(len(requests))]

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[Any]:
        """Answer dialogues whose next question depends on the answers so far.

        A request's ``doc_to_text`` is called with the earlier answers and returns ``(visuals, context, terminal,
        answers, …)`` until it says that the dialogue is over; the model's own answers are its history.
        """
        return [self._dialogue(request.args) for request in requests]

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """Return the log-probability of each continuation, and whether it is the greedy one."""
        questions = []
        for request in requests:
            context, continuation, *_ = request.args
            text = self._text([(context, None)])
            said = continuation(self._doc(request.args)) if callable(continuation) else str(continuation)
            lead = "" if text[-1:].isspace() or text.endswith(">") else " "
            tokens = self.loaded.processor.tokenizer.encode(lead + said.strip(), add_special_tokens=False)
            questions.append(self._question([(context, None)], self._visuals(request.args), [tokens]))
        longest = max((len(question.choices[0]) for question in questions), default=1)
        replies = self._reader(longest).answer(questions)
        return [
            (reply.scores[0], reply.tokens[: len(question.choices[0])] == question.choices[0])
            for question, reply in zip(questions, replies, strict=True)
        ]

    def _dialogue(self, args: Sequence[Any]) -> Any:
        context, settings, _, doc_to_text, doc_id, task, split = args
        doc = self.task_dict[task][split][doc_id]
        visuals, info = _flat(args[2](doc)), None
        talk: list[tuple[str, str | None]] = []
        answers: list[str] = []
        for number in range(MOST_ROUNDS):
            asked = context
            if number:
                shown, asked, over, answers, info, *_ = doc_to_text(
                    doc, previous_output=answers, round_idx=number, previous_round_info=info
                )
                if over:
                    return answers
                visuals += _flat(shown)
            reply = self._reader(_most(settings)).answer([self._question([*talk, (asked, None)], visuals)])[0]
            words = _until(self._words(reply), settings)
            talk.append((asked, words))
            answers = [*answers, words]
        return answers

    def _question(
        self,
        talk: Sequence[tuple[str, str | None]],
        visuals: Sequence[Image.Image],
        choices: Sequence[Sequence[int]] = (),
    ) -> Question:
        marks = sum(asked.count(IMAGE_MARK) for asked, _ in talk)
        if marks and marks != len(visuals):
            raise UserError(f"a prompt has {marks} image marks and {len(visuals)} images")
        if not marks and visuals:  # lmms-eval's contexts often leave the marks out: pictures come first
            (asked, said), *rest = talk
            talk = [(f"{IMAGE_MARK * len(visuals)} {asked}", said), *rest]
        return self._reader(1).question(self._text(talk), [v.convert("RGB") for v in visuals], choices)

    def _text(self, talk: Sequence[tuple[str, str | None]]) -> str:
        messages: list[Mapping[str, Any]] = []
        for asked, said in talk:
            messages.append({"role": "user", "content": content_parts(asked)})
            if said is not None:
                messages.append({"role": "assistant", "content": [{"type": "text", "text": said}]})
        template: Callable[..., Any] = self.loaded.processor.apply_chat_template
        return str(template(messages, add_generation_prompt=True, tokenize=False))

    def _reader(self, max_new: int) -> Reader:
        if not hasattr(self, "_read"):
            self._read = Reader(self.loaded, batch_tokens=self.batch_tokens, max_new=max_new)
        self._read.max_new = max_new
        return self._read

    def _visuals(self, args: Sequence[Any]) -> list[Image.Image]:
        return _flat(args[2](self._doc(args)))

    def _doc(self, args: Sequence[Any]) -> Any:
        _, _, _, doc_id, task, split = args[:6]
        return self.task_dict[task][split][doc_id]

    def _words(self, reply: Reply) -> str:
        return str(self.loaded.processor.tokenizer.decode(list(reply.tokens), skip_special_tokens=True)).strip()


def _flat(visuals: Any) -> list[Image.Image]:
    if visuals is None:
        return []
    if isinstance(visuals, Image.Image):
        return [visuals]
    return [image for some in visuals for image in _flat(some)]


def _most(settings: Mapping[str, Any]) -> int:
    return int(settings.get("max_new_tokens") or 16)


def _until(words: str, settings: Mapping[str, Any]) -> str:
    """Cut an answer at the first of its stop words."""
    stops = settings.get("until") or ()
    for stop in [stops] if isinstance(stops, str) else stops:
        words = words.split(stop)[0] if stop else words
    return words.strip()
