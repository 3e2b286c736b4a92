"""Pace, prices, budget and keys of servers; and a real one, ``transformers serve``, on this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PIL import Image

from devkit.errors import UserError
from devkit.respondents import Exchange, PresentedTurn, SessionContext, ShownChoice
from model.run import last_checkpoint
from model.server_client import Client, Pace, Terms, Usage
from model.server_respondent import ServerRespondent


class _Server(BaseHTTPRequestHandler):
    replies: ClassVar[list[tuple[int, dict[str, str], Any]]] = []
    times: ClassVar[list[float]] = []

    def do_POST(self) -> None:
        type(self).times.append(time.monotonic())
        self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, body = type(self).replies.pop(0) if type(self).replies else (200, {}, _reply("B"))
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _reply(text: str) -> dict[str, Any]:
    usage = {"prompt_tokens": 1000, "completion_tokens": 10}
    return {"choices": [{"message": {"content": text}}], "usage": usage}


@pytest.fixture
def url() -> Iterator[str]:
    _Server.replies, _Server.times = [], []
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/v1"
    running.shutdown()
    running.server_close()
    thread.join()


def test_tokens_and_cost_are_counted_and_the_budget_holds(url: str) -> None:
    client = Client(url, "", Terms(price_in=2.0, price_out=10.0, budget=0.004))
    words, used = client.chat({})
    assert (words, used) == ("B", Usage(1, 1000, 10, pytest.approx(0.0021)))
    client.chat({})
    assert client.usage.cost == pytest.approx(0.0042)
    with pytest.raises(UserError, match=r"budget of 0.004 is used up after 2 requests"):
        client.chat({})


def test_the_pause_that_a_server_asks_for_is_kept(url: str) -> None:
    _Server.replies = [(429, {"Retry-After": "0.4"}, {"error": {"message": "slow down"}})]
    assert Client(url, "", Terms()).chat({})[0] == "B"
    assert _Server.times[1] - _Server.times[0] >= 0.39


def test_a_key_never_shows(url: str) -> None:
    client = Client(url, "sk-secret", Terms())
    _Server.replies = [(401, {}, {"error": {"message": "bad key sk-secret"}})]
    with pytest.raises(UserError, match="401") as caught:
        client.chat({})
    assert "sk-secret" not in str(caught.value)
    assert "bad key …" in str(caught.value)
    assert "sk-secret" not in repr(client)
    with pytest.raises(UserError, match="holds a key"):
        ServerRespondent("http://user:pass@host/v1", model="m")


def test_requests_keep_their_pace() -> None:
    now, slept = [0.0], []
    pace = Pace(30, clock=lambda: now[0], sleep=slept.append)
    for _ in range(3):
        pace.take()
    assert slept == [2.0, 4.0]
    pace.pause(60)
    pace.take()
    assert slept[-1] == 60.0


@pytest.mark.parametrize("body", [[], {"choices": []}, {"choices": [{"message": 3}]}, "no"])
def test_an_answer_in_another_form_is_a_users_mistake(url: str, body: Any) -> None:
    _Server.replies = [(200, {}, body)]
    with pytest.raises(UserError, match="not in the form"):
        Client(url, "", Terms(retries=0)).chat({})


def _turn(pictures: int) -> PresentedTurn:
    shown = tuple(f"{k:064x}" for k in range(pictures))
    choices = tuple(ShownChoice(f"thing {k}", shown[k], "distractor", "AB"[k]) for k in range(pictures))
    return PresentedTurn(
        trial_id="t", turn_index=0, turn_count=2, task="memory", form="standard", item_id="i", kind="test",
        prompt="Touch the new image. " + " ".join(f"({c.letter}) <image>" for c in choices), images=shown,
        stimuli=(), choices=choices, target_position=0, answer_format="letter", layout="pair",
    )  # fmt: skip


@pytest.fixture(scope="module")
def served(trained: Path) -> Iterator[tuple[str, str]]:
    """A checkpoint behind transformers' own server."""
    pytest.importorskip("fastapi")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    model = str(last_checkpoint(trained))
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", model]
    settings = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    server = subprocess.Popen([*command, *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}/v1", model
    finally:
        server.kill()
        server.wait()


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(1)
    pytest.fail("transformers serve did not come up")


@pytest.mark.slow
def test_a_real_server_answers_like_the_model_itself(served: tuple[str, str], tmp_path: Path) -> None:
    from model.vlm.respondent import VlmRespondent

    url, model = served
    for k in range(2):
        Image.effect_noise((48, 40), 40 + 30 * k).convert("RGB").save(tmp_path / f"{k:064x}.png")
    turns = [_turn(1), _turn(2)]
    session = SessionContext("s", lambda digest: tmp_path / f"{digest}.png", 0, "en", turns)
    far = ServerRespondent(url, model=model, max_tokens=6, terms=Terms(price_in=1.0))
    near = VlmRespondent(Path(model), answer_by="text", max_new=6)
    far.open(session)
    near.open(session)
    first, own = far.answer(turns[0], ()), near.answer(turns[0], ())
    assert first.raw is not None
    assert first.raw.strip() == (own.raw or "").strip()
    second = far.answer(turns[1], [Exchange(turns[0], first)])
    assert (second.raw or "").strip() == (near.answer(turns[1], [Exchange(turns[0], own)]).raw or "").strip()
    assert far.usage.requests == 2
    assert far.usage.prompt_tokens > 0
    assert far.usage.cost > 0
    assert [answer.outcome for answer in far.answer_batch([turns[1]] * 3)] == ["answered"] * 3
