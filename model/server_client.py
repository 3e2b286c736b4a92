"""Talks to an OpenAI-compatible server: retries, pace, counts of tokens and cost. The key is never written anywhere.

Failures that may pass are tried again with growing pauses, or after the time that the server names; a pause that a
server asks for holds back all requests. Everything else ends as a message to the user.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devkit.errors import UserError

AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)
LONGEST_PAUSE_S = 120.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What requests took.

    Attributes:
        requests: Answered requests.
        prompt_tokens: Tokens of the prompts, pictures included, as the server counts them.
        reply_tokens: Tokens of the replies.
        cost: By the prices that the user named; 0 without.
    """

    requests: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.reply_tokens + other.reply_tokens,
            self.cost + other.cost,
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """How a server may be used.

    Attributes:
        timeout_s: Seconds to wait for an answer.
        retries: Tries after a failure that may pass.
        per_minute: Most requests a minute; 0 for no limit.
        price_in: Price of a million prompt tokens.
        price_out: Price of a million reply tokens.
        budget: Cost at which no further request is sent; 0 for no limit.
    """

    timeout_s: float = 120
    retries: int = 5
    per_minute: float = 0
    price_in: float = 0
    price_out: float = 0
    budget: float = 0


class Pace:
    """Spreads requests over time; a pause holds back all of them.

    Args:
        per_minute: Most requests a minute; 0 for no limit.
        clock: Seconds; of the system by default.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        per_minute: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.gap = 60 / per_minute if per_minute else 0.0
        self._clock, self._sleep, self._lock, self._free = clock, sleep, threading.Lock(), 0.0

    def take(self) -> None:
        """Wait for the next place in the row."""
        with self._lock:
            now = self._clock()
            place = max(now, self._free)
            self._free = place + self.gap
        if place > now:
            self._sleep(place - now)

    def pause(self, seconds: float) -> None:
        """Let no request begin before so many seconds have passed."""
        with self._lock:
            self._free = max(self._free, self._clock() + seconds)


@dataclass(slots=True)
class Client:
    """A server and what may be asked of it.

    Attributes:
        url: Address up to and with ``/v1``.
        key: Sent as bearer; empty for none. Never shown.
        terms: How it may be used.
        usage: What was used so far.
    """

    url: str
    key: str = field(repr=False)
    terms: Terms
    usage: Usage = Usage()
    pace: Pace = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.pace = Pace(self.terms.per_minute)

    def chat(self, body: Mapping[str, Any]) -> tuple[str, Usage]:
        """Ask for one chat completion; returns its words and what it took.

        Raises:
            UserError: The server refuses, does not answer, or the budget is used up.
        """
        self._check_budget()
        for attempt in range(self.terms.retries + 1):
            self.pace.take()
            told = self._once(body)
            if isinstance(told, _Failure):
                if not told.passing or attempt == self.terms.retries:
                    raise UserError(told.why, place=self.url, hint=told.hint, code="server")
                self.pace.pause(_pause(attempt, told.after_s))
                continue
            return self._read(told)
        raise AssertionError("the last attempt returns or raises")

    def _check_budget(self) -> None:
        if self.terms.budget and self.usage.cost >= self.terms.budget:
            raise UserError(
                f"the budget of {self.terms.budget:g} is used up after {self.usage.requests} requests",
                place=self.url,
                hint="what was answered is recorded; the same command goes on with a larger budget",
                code="budget",
            )

    def _once(self, body: Mapping[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(
            f"{self.url}/chat/completions", json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=self.terms.timeout_s) as reply:
                return json.loads(reply.read())
        except urllib.error.HTTPError as error:
            hint = "is the key in the environment variable that key_env names?" if error.code in (401, 403) else ""
            why = f"the server says {error.code} {error.reason}{self._detail(error)}"
            return _Failure(why, error.code in AGAIN, _seconds(error.headers.get("Retry-After")), hint)
        except (OSError, http.client.HTTPException) as error:
            return _Failure(f"the server does not answer: {error}", True)
        except ValueError:
            return _Failure("the server's answer is not JSON", False)

    def _detail(self, error: urllib.error.HTTPError) -> str:
        """Return what the server says of an error, without the key should it repeat that."""
        try:
            told = json.loads(error.read(4096))["error"]
            text = str(told["message"] if isinstance(told, dict) else told)
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        return f": {text.replace(self.key, '…') if self.key else text}"[:300]

    def _read(self, reply: Any) -> tuple[str, Usage]:
        try:
            words = _text(reply)
            counts = reply.get("usage") or {}
            asked, said = int(counts.get("prompt_tokens") or 0), int(counts.get("completion_tokens") or 0)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            why = "the server's answer is not in the form of chat completions"
            raise UserError(why, place=self.url, code="server") from error
        cost = (asked * self.terms.price_in + said * self.terms.price_out) / 1e6
        used = Usage(1, asked, said, cost)
        with self._lock:
            self.usage += used
        return words, used


@dataclass(frozen=True, slots=True)
class _Failure:
    why: str
    passing: bool
    after_s: float | None = None
    hint: str = ""


def _pause(attempt: int, told_s: float | None) -> float:
    """Return how long to wait before trying again; a random part keeps stations from coming back together."""
    own = 0.5 * 2**attempt * (0.75 + 0.5 * random.random())
    return min(LONGEST_PAUSE_S, own if told_s is None else max(told_s, 0.0))


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:  # a date; our own pause will do
        return None


def _text(reply: Any) -> str:
    """Return the words of a chat completion; an empty reply is an empty text."""
    content = reply["choices"][0]["message"]["content"]
    if isinstance(content, list):
        return "".join(str(part["text"]) for part in content)
    return str(content) if content is not None else ""
