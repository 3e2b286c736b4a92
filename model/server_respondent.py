"""A vision-language model behind an OpenAI-compatible server as a respondent: text answers only.

Pictures travel inside the request as base64; a dialogue is sent with the model's own earlier answers. The key is read
from an environment variable and never written anywhere. A server that does not answer stops the session with a
message; what was answered before is in the journal.
"""

from __future__ import annotations

import base64
import http.client
import json
import mimetypes
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from devkit.errors import UserError
from devkit.ids import digest_json
from devkit.items import IMAGE_MARK
from devkit.respondents import Answer, Exchange, PresentedTurn, RespondentInfo, SessionContext

AT_ONCE = 4
AGAIN = (408, 409, 429, 500, 502, 503, 504)


class ServerRespondent:
    """A model behind ``URL/chat/completions``.

    Args:
        url: Address up to and with ``/v1``.
        model: Name by which the server knows the model.
        code: Code in the records.
        key_env: Environment variable that holds the key; none is sent when it is not set.
        timeout_s: Seconds to wait for an answer.
        retries: Tries after a failure that may pass, with growing pauses.
        max_tokens: Longest reply.

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
        timeout_s: float = 120,
        retries: int = 3,
        max_tokens: int = 64,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UserError("this is no address of a server", place=f"server:{url}", hint="server:http://host:8000/v1")
        if not model:
            raise UserError("which model?", place=f"server:{url}", hint=f"server:{url},model=NAME")
        self.url, self.model = url.rstrip("/"), model
        self.code = code or model.replace("/", "-")
        self.key = os.environ.get(key_env, "")
        self.timeout_s, self.retries, self.max_tokens = timeout_s, retries, max_tokens
        self._session: SessionContext | None = None

    def describe(self) -> RespondentInfo:
        """Return the model's name and how it is asked."""
        return RespondentInfo(
            code=self.code,
            kind="model",
            model_id=self.model,
            decoding="greedy",
            prompt_digest=digest_json({"prompt": "as in the bank", "temperature": 0}),
            detail={"server": urllib.parse.urlsplit(self.url).netloc, "max_tokens": self.max_tokens},
        )

    def open(self, session: SessionContext) -> None:
        """Take the session's media."""
        self._session = session

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Ask one turn with all that was said before in its trial."""
        messages: list[dict[str, Any]] = []
        for exchange in history:
            messages.append({"role": "user", "content": self._content(exchange.turn)})
            messages.append({"role": "assistant", "content": exchange.answer.raw or ""})
        messages.append({"role": "user", "content": self._content(turn)})
        begun = time.perf_counter()
        raw = self._ask(messages)
        return Answer(raw=raw, source="text", rt_ms=1000 * (time.perf_counter() - begun))

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        """Ask several turns at once, a few at a time."""
        with ThreadPoolExecutor(AT_ONCE) as workers:
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

    def _ask(self, messages: list[dict[str, Any]]) -> str:
        body = {"model": self.model, "messages": messages, "temperature": 0, "max_tokens": self.max_tokens}
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(
            f"{self.url}/chat/completions", json.dumps(body).encode(), headers, method="POST"
        )
        for attempt in range(self.retries + 1):
            try:
                with urllib.request.urlopen(request, timeout=self.timeout_s) as reply:
                    return _text(json.loads(reply.read()))
            except urllib.error.HTTPError as error:
                why, passing = f"the server says {error.code} {error.reason}", error.code in AGAIN
            except (OSError, http.client.HTTPException) as error:
                why, passing = f"the server does not answer: {error}", True
            except (ValueError, KeyError, IndexError, TypeError):
                why, passing = "the server's answer is not in the form of chat completions", False
            if not passing or attempt == self.retries:
                break
            time.sleep(min(20.0, 0.5 * 2**attempt))
        raise UserError(why, place=self.url, code="server")


def _text(reply: Any) -> str:
    """Return the words of a chat completion; an empty reply is an empty text."""
    content = reply["choices"][0]["message"]["content"]
    if isinstance(content, list):
        return "".join(str(part["text"]) for part in content)
    return str(content) if content is not None else ""
