"""Naming what a box holds by a vision–language model: one on this machine, or an OpenAI-compatible server.

Pictures of children's homes go to no other machine unless a person says so: a server must be on this machine, or be
allowed by name.
"""

from __future__ import annotations

import base64
import io
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from PIL import Image

from devkit.corpus.annotate.vocabulary import Vocabulary
from devkit.errors import UserError

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
QUESTION = "What is the object in this picture? Answer with one word of this list, or none: {nouns}."


class Namer(Protocol):
    """Says what a picture shows."""

    def ask(self, image: Image.Image, question: str) -> str:
        """Return the model's reply."""
        ...


def name_of(namer: Namer, image: Image.Image, nouns: Sequence[str], vocabulary: Vocabulary) -> str:
    """Return the noun that a picture shows; empty when the reply is none of the vocabulary."""
    reply = namer.ask(image, QUESTION.format(nouns=", ".join(nouns)))
    return vocabulary.noun(reply.strip().strip("\"'.!").splitlines()[0]) if reply.strip() else ""


class LocalNamer:
    """An image–text-to-text model in the form of transformers.

    Args:
        folder: Written by ``save_pretrained``.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForImageTextToText, AutoProcessor

        from devkit.corpus.filters.models import device

        try:
            self.processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModelForImageTextToText.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0][:200]
            raise UserError(f"cannot be loaded as a vision model: {reason}", place=str(folder)) from None
        self.model = model.eval().to(device())

    def ask(self, image: Image.Image, question: str) -> str:
        """Return the model's reply, decoded greedily."""
        talk = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
        text = self.processor.apply_chat_template(talk, add_generation_prompt=True)
        inputs = self.processor(images=image, text=text, return_tensors="pt").to(self.model.device)
        out = self.model.generate(**inputs, max_new_tokens=8, do_sample=False)
        reply: str = self.processor.decode(out[0][inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return reply


class ServerNamer:
    """A server that speaks the OpenAI chat protocol.

    Args:
        url: Its base, such as ``http://localhost:8000/v1``.
        model: Name of the model there.
        allow_remote: Whether pictures may go to another machine.

    Raises:
        UserError: The server is on another machine and that was not allowed.
    """

    def __init__(self, url: str, model: str, *, allow_remote: bool = False) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise UserError("is no address of a server", place=url, hint="http://localhost:8000/v1")
        if parts.hostname not in HERE and not allow_remote:
            hint = "recordings stay on this machine; --allow-remote sends pictures there"
            raise UserError("the server is on another machine", place=url, hint=hint)
        self.url, self.model = url.rstrip("/"), model

    def ask(self, image: Image.Image, question: str) -> str:
        """Return the model's reply.

        Raises:
            UserError: The server does not answer, or not as one of its kind does.
        """
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=90)
        picture = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
        content = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": question}]
        talk = [{"role": "user", "content": content}]
        body = {"model": self.model, "messages": talk, "max_tokens": 8, "temperature": 0}
        request = urllib.request.Request(
            f"{self.url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return str(json.load(answer)["choices"][0]["message"]["content"])
        except (urllib.error.URLError, TimeoutError, ValueError, KeyError, IndexError, TypeError) as error:
            raise UserError(f"the server did not answer: {error}", place=self.url) from None
