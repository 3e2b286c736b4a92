"""A vision-language model behind an OpenAI-compatible server as a respondent: text answers only.

Pictures travel inside the request as base64; a dialogue is sent with the model's own earlier answers. The key is read
from an environment variable and never written anywhere. What each answer took stands in the session's events. A server
that does not answer stops the session with a message; what was answered before is in the journal.
"""

from __future__ import annotations

import base64
import mimetypes
import os
import time
import urllib.parse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from devkit.errors import UserError
from devkit.ids import digest_json
from devkit.items import IMAGE_MARK
from devkit.respondents import Answer, Exchange, PresentedTurn, RespondentInfo, SessionContext
from model.server_client import Client, Terms, Usage


class ServerRespondent:
    """A model behind ``URL/chat/completions``.

    Args:
        url: Address up to and with ``/v1``.
        model: Name by which the server knows the model.
        code: Code in the records.
        key_env: Environment variable that holds the key; none is sent when it is not set.
        max_tokens: Longest reply.
        at_once: Requests that are under way at the same time.
        terms: Waiting, retries, pace, prices and budget.

    Raises:
        UserError: The address is none, or the model has no name.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str,
        code: str = "",
        key_env: str = "OPENAI_API_KEY",
        max_tokens: int = 64,
        at_once: int = 4,
        terms: Terms = Terms(),
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UserError("this is no address of a server", place=f"server:{url}", hint="server:http://host:8000/v1")
        if parts.username or parts.password:
            raise UserError("the address holds a key or password", hint="put it into the variable that key_env names")
        if not model:
            raise UserError("which model?", place=f"server:{url}", hint=f"server:{url},model=NAME")
        self.client = Client(url.rstrip("/"), os.environ.get(key_env, ""), terms)
        self.model, self.max_tokens, self.at_once = model, max_tokens, max(1, at_once)
        self.code = code or model.rstrip("/").replace("/", "-")
        self._session: SessionContext | None = None
        self._begun = 0.0

    @property
    def usage(self) -> Usage:
        """Requests, tokens and cost so far."""
        return self.client.usage

    def describe(self) -> RespondentInfo:
        """Return the model's name and how it is asked."""
        return RespondentInfo(
            code=self.code,
            kind="model",
            model_id=self.model,
            decoding="greedy",
            prompt_digest=digest_json({"prompt": "as in the bank", "temperature": 0}),
            detail={"server": urllib.parse.urlsplit(self.client.url).netloc, "max_tokens": self.max_tokens},
        )

    def open(self, session: SessionContext) -> None:
        """Take the session's media."""
        self._session, self._begun = session, time.perf_counter()

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Ask one turn with all that was said before in its trial."""
        messages: list[dict[str, Any]] = []
        for exchange in history:
            messages.append({"role": "user", "content": self._content(exchange.turn)})
            messages.append({"role": "assistant", "content": exchange.answer.raw or ""})
        messages.append({"role": "user", "content": self._content(turn)})
        begun = time.perf_counter()
        body = {"model": self.model, "messages": messages, "temperature": 0, "max_tokens": self.max_tokens}
        raw, used = self.client.chat(body)
        now = time.perf_counter()
        event = ("server", 1000 * (now - self._begun), asdict(used))
        return Answer(raw=raw, source="text", rt_ms=1000 * (now - begun), events=(event,))

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        """Ask several turns, a few at a time."""
        with ThreadPoolExecutor(self.at_once) as workers:
            return list(workers.map(lambda turn: self.answer(turn, ()), turns))

    def close(self) -> None:
        """Let go of the session."""
        self._session = None

    def _content(self, turn: PresentedTurn) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        for place, text in enumerate(turn.prompt.split(IMAGE_MARK)):
            if place:
                parts.append({"type": "image_url", "image_url": {"url": self._data_url(turn.images[place - 1])}})
            if text.strip():
                parts.append({"type": "text", "text": text.strip()})
        return parts

    def _data_url(self, digest: str) -> str:
        if self._session is None:
            raise RuntimeError("the respondent is not open")
        path = self._session.media_path(digest)
        kind = mimetypes.guess_type(path.name)[0] or "image/png"
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
