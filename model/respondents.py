"""Respondents that are models, made from what stands after ``--respondent``.

``model:PATH`` a BabyVLM checkpoint or run · ``vlm:PATH`` any image-text model of transformers · ``openclip:PATH`` or
``openclip:random`` · ``server:URL``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

from devkit.errors import UserError, did_you_mean
from devkit.respondents import BatchRespondent, Respondent
from model.server_client import Terms

Options = Mapping[str, str]


def from_spec(kind: str, value: str, **options: str) -> Respondent:
    """Make a model respondent.

    Args:
        kind: ``model``, ``vlm``, ``openclip`` or ``server``.
        value: Path of a checkpoint or run, ``random``, or the address of a server.
        options: As they were written; ``devkit run --help`` names them.

    Raises:
        UserError: An unknown kind, option or value, or a checkpoint that cannot be used.
    """
    if kind not in KINDS:
        raise UserError(f"there is no model respondent '{kind}'", hint=f"kinds: {', '.join(KINDS)}")
    make, known = KINDS[kind]
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known) or f"options: {', '.join(known)}"
            raise UserError(f"{kind} has no option '{name}'", place=f"{kind}:{value}", hint=hint)
    made = make(value, options)
    return made if kind not in SCORED else _in_mode(made, options)


def _in_mode(respondent: Respondent, options: Options) -> Respondent:
    """Put a respondent into the ways of asking that were chosen (`model.modes`)."""
    from model.modes import BlankPrior, Circular

    assert isinstance(respondent, BatchRespondent)
    if one_of(options, "prior", ("none", "blank")) == "blank":
        respondent = BlankPrior(respondent)
    if one_of(options, "orders", ("shown", "circular")) == "circular":
        respondent = Circular(respondent)
    return respondent


def _babyvlm(value: str, options: Options) -> Respondent:
    from model.babyvlm.respondent import BabyVLMRespondent
    from model.manifests import MANIFEST
    from model.run import last_checkpoint

    path = Path(value)
    if not path.is_dir():
        raise UserError("there is no such checkpoint or run", place=value)
    decides = one_of(options, "answer_by", ("likelihood", "text"))
    pictures = one_of(options, "picture_choices", ("word", "letter"))
    return BabyVLMRespondent(
        path if (path / MANIFEST).is_file() else last_checkpoint(path),
        code=options.get("code", ""),
        answer_by="text" if decides == "text" else "likelihood",
        picture_choices="letter" if pictures == "letter" else "word",
        batch_tokens=whole(options, "batch_tokens", 8192),
        max_new=whole(options, "max_new", 8),
        device=options.get("device"),
        threads=whole(options, "threads", 0) or None,
        dtype=one_of(options, "dtype", ("float32", "bfloat16")),
    )


def _vlm(value: str, options: Options) -> Respondent:
    from model.vlm.respondent import VlmRespondent

    return VlmRespondent(
        Path(value),
        code=options.get("code", ""),
        answer_by="text" if one_of(options, "answer_by", ("likelihood", "text")) == "text" else "likelihood",
        batch_tokens=whole(options, "batch_tokens", 16384),
        max_new=whole(options, "max_new", 16),
        device=options.get("device"),
        dtype=one_of(options, "dtype", ("auto", "float32", "bfloat16", "float16")),
    )


def _openclip(value: str, options: Options) -> Respondent:
    from model.manifests import last_checkpoint
    from model.openclip_respondent import OpenClipRespondent

    weights = None if value == "random" else Path(value)
    if weights is not None and (weights / "checkpoints").is_dir():
        weights = last_checkpoint(weights)
    return OpenClipRespondent(
        weights,
        code=options.get("code", ""),
        model=options.get("model", ""),
        seed=whole(options, "seed", 0),
        template=options.get("template", ""),
    )


def _server(value: str, options: Options) -> Respondent:
    from model.server_respondent import ServerRespondent

    terms = Terms(
        timeout_s=decimal(options, "timeout_s", 120),
        retries=whole(options, "retries", 5),
        per_minute=decimal(options, "per_minute", 0),
        price_in=decimal(options, "price_in", 0),
        price_out=decimal(options, "price_out", 0),
        budget=decimal(options, "budget", 0),
    )
    return ServerRespondent(
        value,
        model=options.get("model", ""),
        code=options.get("code", ""),
        key_env=options.get("key_env", "OPENAI_API_KEY"),
        max_tokens=whole(options, "max_tokens", 64),
        at_once=whole(options, "at_once", 4),
        terms=terms,
    )


MODES = ("orders", "prior")
SCORED = ("model", "vlm", "openclip")
"""Kinds that score the offered choices, so that they can be put into a mode."""
KINDS: dict[str, tuple[Callable[[str, Options], Respondent], tuple[str, ...]]] = {
    "model": (
        _babyvlm,
        ("code", "answer_by", "picture_choices", "batch_tokens", "max_new", "device", "threads", "dtype", *MODES),
    ),
    "vlm": (_vlm, ("code", "answer_by", "batch_tokens", "max_new", "device", "dtype", *MODES)),
    "openclip": (_openclip, ("code", "model", "seed", "template", *MODES)),
    "server": (
        _server,
        ("code", "model", "key_env", "max_tokens", "at_once", *(field.name for field in fields(Terms))),
    ),
}


def one_of(options: Options, name: str, known: tuple[str, ...]) -> str:
    """Return an option that has a few values; the first is the default.

    Raises:
        UserError: It is none of them.
    """
    value = options.get(name, known[0])
    if value not in known:
        raise UserError(f"{name} is {' or '.join(known)}, not '{value}'", hint=did_you_mean(value, known))
    return value


def decimal(options: Options, name: str, default: float) -> float:
    """Return an option that is a number, 0 or above.

    Raises:
        UserError: It is none.
    """
    text = options.get(name)
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < 1e12:
        raise UserError(f"{name} is a number, not '{text}'")
    return value


def whole(options: Options, name: str, default: int) -> int:
    """Return an option that is a whole number, 0 or above.

    Raises:
        UserError: It is none.
    """
    text = options.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise UserError(f"{name} is a whole number, not '{text}'")
    return int(text)
