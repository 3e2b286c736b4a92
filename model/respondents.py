"""Respondents that are models, made from what stands after ``--respondent``.

``model:PATH`` a BabyVLM checkpoint or run · ``openclip:PATH`` or ``openclip:random`` · ``server:URL``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from devkit.errors import UserError, did_you_mean
from devkit.respondents import Respondent

Options = Mapping[str, str]


def from_spec(kind: str, value: str, **options: str) -> Respondent:
    """Make a model respondent.

    Args:
        kind: ``model``, ``openclip`` or ``server``.
        value: Path of a checkpoint or run, ``random``, or the address of a server.
        options: As they were written; ``devkit run --help`` names them.

    Raises:
        UserError: An unknown kind, option or value, or a checkpoint that cannot be used.
    """
    makers: dict[str, tuple[Callable[[str, Options], Respondent], tuple[str, ...]]] = {
        "model": (_babyvlm, ("code", "answer_by", "picture_choices", "batch_tokens", "max_new", "device", "threads")),
        "openclip": (_openclip, ("code", "model", "seed", "template")),
        "server": (_server, ("code", "model", "key_env", "timeout", "retries", "max_tokens")),
    }
    if kind not in makers:
        raise UserError(f"there is no model respondent '{kind}'", hint=f"kinds: {', '.join(makers)}")
    make, known = makers[kind]
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known) or f"options: {', '.join(known)}"
            raise UserError(f"{kind} has no option '{name}'", place=f"{kind}:{value}", hint=hint)
    return make(value, options)


def _babyvlm(value: str, options: Options) -> Respondent:
    from model.babyvlm.respondent import BabyVLMRespondent
    from model.checkpoints import MANIFEST
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
    )


def _openclip(value: str, options: Options) -> Respondent:
    from model.openclip_respondent import DEFAULT_TEMPLATE, OpenClipRespondent

    return OpenClipRespondent(
        None if value == "random" else Path(value),
        code=options.get("code", ""),
        model=options.get("model", ""),
        seed=whole(options, "seed", 0),
        template=options.get("template", DEFAULT_TEMPLATE),
    )


def _server(value: str, options: Options) -> Respondent:
    from model.server_respondent import ServerRespondent

    return ServerRespondent(
        value,
        model=options.get("model", ""),
        code=options.get("code", ""),
        key_env=options.get("key_env", "OPENAI_API_KEY"),
        timeout_s=whole(options, "timeout", 120),
        retries=whole(options, "retries", 3),
        max_tokens=whole(options, "max_tokens", 64),
    )


def one_of(options: Options, name: str, known: tuple[str, ...]) -> str:
    """Return an option that has a few values; the first is the default.

    Raises:
        UserError: It is none of them.
    """
    value = options.get(name, known[0])
    if value not in known:
        raise UserError(f"{name} is {' or '.join(known)}, not '{value}'", hint=did_you_mean(value, known))
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
