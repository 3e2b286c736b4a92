"""The review page: a small server on this machine only, one box or item at a time, decisions by keys.

It listens on the loopback address, and every request carries a secret that is drawn when it starts and stands in the
address printed for the reviewer: no other page or user of the machine can read pictures or write decisions.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Lock
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from devkit.annotations import AnnotatedFrame, Box
from devkit.corpus.annotate.review import Decision, ReviewLog, box_name
from devkit.corpus.annotate.store import subjects
from devkit.corpus.annotate.vocabulary import Vocabulary
from devkit.corpus.data import CorpusData
from devkit.errors import UserError

LARGEST_BODY = 10_000
_KINDS = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png"}


class Desk(Protocol):
    """What a review page shows and takes; called by several threads at the same time."""

    def next(self) -> dict[str, Any]:
        """Return what is to be decided next, and how much is left."""
        ...

    def picture(self, name: str) -> bytes | None:
        """Return a picture that the page asks for; None when it may not have it."""
        ...

    def decide(self, value: Any) -> str:
        """Take a decision; return what is wrong with it, empty when nothing is."""
        ...


def parse_decision(value: Mapping[str, Any], reviewer: str) -> Decision | None:
    """Return a decision as a page sends it; None when it is none."""
    given = {key: item for key, item in value.items() if key not in ("reviewer", "at")}
    try:
        return Decision(**given, reviewer=reviewer, at=dt.datetime.now(dt.UTC))
    except (ValidationError, TypeError):
        return None


class BoxDesk:
    """What the page shows of proposed boxes and takes.

    Args:
        proposed: Proposed frames of each recording, in pixels of the video.
        data: Gives the pictures.
        log: Takes the decisions.
        reviewer: Code of the reviewer.
        vocabulary: Nouns that a correction may use.
        double: Share of the boxes that two reviewers decide on.
        widths: Width of each recording's video.
    """

    def __init__(
        self,
        proposed: Mapping[str, Sequence[AnnotatedFrame]],
        data: CorpusData,
        log: ReviewLog,
        reviewer: str,
        vocabulary: Vocabulary,
        widths: Mapping[str, int],
        double: float = 1.0,
    ) -> None:
        self.data, self.log, self.reviewer, self.vocabulary = data, log, reviewer, vocabulary
        self.widths, self.double = widths, double
        self.boxes: dict[str, tuple[str, int, Box]] = {
            box_name(name, time_ms, box): (name, time_ms, box) for name, time_ms, box in subjects(proposed)
        }
        self._lock = Lock()

    def next(self) -> dict[str, Any]:
        """Return what is to be decided next, and how much is left."""
        with self._lock:
            waiting = self.log.waiting(list(self.boxes), self.reviewer, self.double)
        told: dict[str, Any] = {"kind": "box", "left": len(waiting), "all": len(self.boxes)}
        told["nouns"] = list(self.vocabulary.nouns)
        if waiting:
            name, time_ms, box = self.boxes[waiting[0]]
            edges = [box.x, box.y, box.w, box.h]
            told |= {"subject": waiting[0], "recording": name, "time_ms": time_ms, "noun": box.noun, "edges": edges}
            told["width"] = self.widths[name]
        return told

    def picture(self, name: str) -> bytes | None:
        """Return the picture that a box is on as JPEG."""
        found = self.boxes.get(name)
        return self.data.frame_bytes(found[0], found[1]) if found else None

    def decide(self, value: Any) -> str:
        """Take a decision; return what is wrong with it, empty when nothing is."""
        if not isinstance(value, dict) or value.get("subject") not in self.boxes:
            return "there is no such box"
        noun = self.vocabulary.noun(str(value.get("noun", ""))) if value.get("noun") else ""
        if value.get("noun") and not noun:
            return "the noun is not in the vocabulary"
        decision = parse_decision({**value, "noun": noun, "kind": "box"}, self.reviewer)
        if decision is None or (decision.verdict == "correct" and not noun and decision.edges is None):
            return "this is no decision"
        if decision.edges is not None and min(decision.edges[2:]) <= 0:
            return "the box is empty"
        with self._lock:
            self.log.decide(decision)
        return ""


class ReviewServer(ThreadingHTTPServer):
    """Serves a desk to one browser.

    Args:
        desk: What it shows.
        port: 0 for any free one.
    """

    daemon_threads = True

    def __init__(self, desk: Desk, port: int = 0) -> None:
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise UserError(f"port {port} cannot be used: {error.strerror}", hint="another --port") from None
        self.desk = desk
        self.secret = secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """Address for the browser."""
        return f"http://127.0.0.1:{self.server_address[1]}/?key={self.secret}"


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer

    def do_GET(self) -> None:
        """Serve the page, the next box or a picture."""
        parts = urlsplit(self.path)
        if not self._allowed(parts.query):
            return self._send(HTTPStatus.FORBIDDEN, b"", "text/plain")
        if parts.path == "/":
            page = files("devkit.corpus.annotate").joinpath("review.html").read_bytes()
            return self._send(HTTPStatus.OK, page, "text/html; charset=utf-8")
        if parts.path == "/next":
            return self._send_json(self.server.desk.next())
        if parts.path == "/picture":
            try:
                picture = self.server.desk.picture(parse_qs(parts.query).get("name", [""])[0])
            except UserError:
                picture = None
            if picture is not None:
                return self._send(HTTPStatus.OK, picture, _KINDS.get(picture[:2], "application/octet-stream"))
        return self._send(HTTPStatus.NOT_FOUND, b"", "text/plain")

    def do_POST(self) -> None:
        """Take a decision."""
        parts = urlsplit(self.path)
        length = self.headers.get("Content-Length", "")
        if not self._allowed(parts.query) or parts.path != "/decide":
            return self._send(HTTPStatus.FORBIDDEN, b"", "text/plain")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"", "text/plain")
        try:
            value = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            value = None
        wrong = self.server.desk.decide(value)
        return self._send_json({"error": wrong}, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK)

    def _allowed(self, query: str) -> bool:
        given = parse_qs(query).get("key", [""])[0]
        return hmac.compare_digest(given.encode(), self.server.secret.encode())

    def _send_json(self, value: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: addresses carry the secret."""
