"""The models of a lab: what lies in its ``models`` folder, and taking further ones in.

A run of ``devkit train`` gives a row for each of its checkpoints. What was taken in from elsewhere has a note beside it
(``NAME.model.json``) with its kind, where it is, and the digest that was worked out then. A server's note holds the
name of an environment variable; the key itself is written nowhere. Nothing here loads a model.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AwareDatetime, ValidationError

from devkit.errors import UserError
from devkit.items import Strict
from devkit.shelf import Kind, Shelved
from model.manifests import MANIFEST, Checkpoint, Manifest, checkpoints, openclip_digest, read_manifest, vlm_digest

FOLDER = "models"
NOTE = ".model.json"
KEY_VARIABLE = "OPENAI_API_KEY"
OPENCLIP_SETTINGS = "open_clip_config.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")

type Advance = Callable[[int], None]


class Note(Strict):
    """What a lab keeps of a model that was taken in.

    Attributes:
        kind: What it is.
        place: Path, from the ``models`` folder or whole, or the address of a server.
        model: OpenCLIP's name of the architecture of a single file, or the server's name of the model.
        key_variable: Environment variable that holds the server's key.
        digest: SHA-256 over weights and settings.
        added: When.
    """

    kind: Kind
    place: str
    model: str = ""
    key_variable: str = ""
    digest: str = ""
    added: AwareDatetime


def shelf(lab: Path) -> tuple[Shelved, ...]:
    """Return the models of a lab by name, checkpoints of a run in order of step.

    A model that cannot be used is listed with its problem.
    """
    folder = lab / FOLDER
    rows: list[Shelved] = []
    noted: set[Path] = set()
    for path in sorted(folder.glob(f"*{NOTE}")):
        name = path.name.removesuffix(NOTE)
        try:
            note = Note.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            rows.append(_broken(name, path, "its note cannot be read"))
            continue
        place = folder / note.place
        noted.add(place.parent if place.is_file() else place)
        rows += _noted(name, note, place)
    for path in sorted(p for p in folder.glob("*") if p.is_dir() and p not in noted):
        rows += _found(path.name, path)
    return tuple(rows)


def take_in(
    lab: Path,
    source: str,
    *,
    name: str = "",
    model: str = "",
    key_variable: str = KEY_VARIABLE,
    copy: bool = True,
    advance: Advance | None = None,
) -> tuple[Shelved, ...]:
    """Take a model into a lab.

    Args:
        lab: Folder of the lab.
        source: A folder of ``devkit train``, of transformers or of OpenCLIP, a file of OpenCLIP weights, or an address.
        name: What the lab calls it; the source's own name by default.
        model: Architecture of a single file of OpenCLIP weights, or the server's name of the model.
        key_variable: Environment variable with a server's key.
        copy: Whether weights are copied into the lab; else they stay where they are.
        advance: Told of every byte copied.

    Returns:
        Its rows.

    Raises:
        UserError: It is no such thing, has no safetensors, or the name is taken.
    """
    folder = lab / FOLDER
    folder.mkdir(exist_ok=True)
    called = name or _name_of(source)
    _check_name(folder, called)
    if urlsplit(source).scheme in ("http", "https"):
        note = _server_note(source, model, key_variable)
    else:
        path = Path(source).expanduser().resolve()
        kind = kind_of(path)
        place = _copy(path, folder / called, advance) if copy else path
        at = str(place.relative_to(folder)) if copy else str(place)
        note = Note(kind=kind, place=at, model=model, digest=_digest(kind, place), added=datetime.now(UTC))
    text = note.model_dump_json(indent=1) + "\n"
    partial = folder / f".{called}{NOTE}.partial"
    partial.write_text(text, encoding="utf-8")
    partial.replace(folder / f"{called}{NOTE}")
    return tuple(row for row in shelf(lab) if row.name == called)


def kind_of(path: Path) -> Kind:
    """Return what a folder or file of weights is, by what lies in it.

    Raises:
        UserError: It holds no model, or none in safetensors, or one that wants to run its own code.
    """
    if path.is_file():
        if path.suffix != ".safetensors":
            raise UserError("weights are taken in safetensors only; pickles are never loaded", place=str(path))
        return "openclip"
    if not path.is_dir():
        raise UserError("there is no such folder or file", place=str(path))
    last = _last(path) if (path / "checkpoints").is_dir() else path
    if not list(last.glob("*.safetensors")):
        pickled = [*last.glob("*.bin"), *last.glob("*.pt"), *last.glob("*.pth")]
        hint = "pickled weights are never loaded; convert them to safetensors" if pickled else ""
        raise UserError("there are no weights in safetensors here", place=str(path), hint=hint)
    own = (last / MANIFEST).is_file()
    if (last / OPENCLIP_SETTINGS).is_file():
        return "contrastive" if own else "openclip"
    if not (last / "config.json").is_file():
        raise UserError("there is no model here: config.json is missing", place=str(path))
    if own:
        return "babyvlm"
    if b'"auto_map"' in (last / "config.json").read_bytes():
        raise UserError("the model wants to run its own code, which is never done", place=str(path))
    return "vlm"


def _last(run: Path) -> Path:
    found = checkpoints(run)
    if not found:
        raise UserError("the run has no complete checkpoint yet", place=str(run))
    return found[-1].path


def _noted(name: str, note: Note, place: Path) -> Iterator[Shelved]:
    if note.kind == "server":
        options = f",model={note.model}" if note.model else ""
        spec = f"server:{note.place}{options},key_env={note.key_variable},code={name}"
        missing = "" if note.key_variable in os.environ else f"the environment variable {note.key_variable} is not set"
        yield Shelved(
            name=name, kind="server", respondent=spec, place=note.place, key_variable=note.key_variable, problem=missing
        )
        return
    if not place.exists():
        yield _broken(name, place, "its weights are not where they were").model_copy(update={"kind": note.kind})
        return
    if note.kind in ("babyvlm", "contrastive"):
        yield from _found(name, place)
        return
    options = f",model={note.model}" if note.model else ""
    spec = f"{note.kind}:{place}{options},code={name}"
    yield Shelved(name=name, kind=note.kind, respondent=spec, place=str(place), digest=note.digest)


def _found(name: str, path: Path) -> Iterator[Shelved]:
    """Yield the rows of a folder that has no note of its own, or whose manifest says more than a note."""
    try:
        if (path / "checkpoints").is_dir():
            learner = _learner(path)
            yield from (_checkpoint(name, one, learner, path) for one in checkpoints(path))
            return
        kind = kind_of(path)
        if (path / MANIFEST).is_file():
            yield _checkpoint(name, Checkpoint(path, read_manifest(path)), kind, None)
        else:
            yield Shelved(name=name, kind=kind, respondent=f"{kind}:{path},code={name}", place=str(path))
    except UserError as error:
        yield _broken(name, path, error.problem.message)


def _learner(run: Path) -> Kind:
    try:
        record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "babyvlm"
    return "contrastive" if isinstance(record, dict) and record.get("learner") == "contrastive" else "babyvlm"


def _checkpoint(name: str, one: Checkpoint, kind: Kind, run: Path | None) -> Shelved:
    known: Manifest = one.manifest
    return Shelved(
        name=name,
        kind=kind,
        respondent=f"{'openclip' if kind == 'contrastive' else 'model'}:{one.path}",
        place=str(one.path),
        run="" if run is None else str(run),
        stage=known.stage,
        step=known.step,
        hours_seen=known.hours_seen,
        digest=known.digest,
        parameters=known.parameters or None,
        random_weights=known.random_weights,
    )


def _broken(name: str, place: Path, why: str) -> Shelved:
    return Shelved(name=name, kind="babyvlm", respondent="", place=str(place), problem=why)


def _name_of(source: str) -> str:
    parts = urlsplit(source)
    plain = parts.hostname or "" if parts.scheme in ("http", "https") else Path(source).expanduser().resolve().stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.") or "model"


def _check_name(folder: Path, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UserError(f"'{name}' is no name of a model", hint="letters, digits, '.', '_' and '-', at most 64")
    if (folder / name).exists() or (folder / f"{name}{NOTE}").exists():
        raise UserError(f"the lab has a model '{name}' already", place=str(folder), hint="give another name")


def _server_note(address: str, model: str, key_variable: str) -> Note:
    parts = urlsplit(address)
    if not parts.hostname or parts.username or parts.password or parts.query:
        raise UserError("that is no address of a server", hint="such as https://models.example.org/v1, without a key")
    if not model:
        raise UserError("a server needs the name of its model", place=address, hint="--model NAME")
    if not _VARIABLE.fullmatch(key_variable):  # what was given may be the key itself, so it is not repeated
        hint = "such as OPENAI_API_KEY; the key is kept nowhere"
        raise UserError("give the name of the environment variable with the key", place="--key-variable", hint=hint)
    added = datetime.now(UTC)
    return Note(kind="server", place=address.rstrip("/"), model=model, key_variable=key_variable, added=added)


def _copy(source: Path, target: Path, advance: Advance | None) -> Path:
    """Copy a folder or file into a folder of the lab that appears only when it is whole; pickles are left out."""
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for path in files_of(source):
        to = partial / (path.relative_to(source) if source.is_dir() else path.name)
        to.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as old, to.open("wb") as new:
            while block := old.read(1 << 22):
                new.write(block)
                if advance is not None:
                    advance(len(block))
    partial.replace(target)
    return target if source.is_dir() else target / source.name


def files_of(source: Path) -> list[Path]:
    """Return the files of a model that are copied: all but hidden ones and pickles."""
    if source.is_file():
        return [source]
    left_out = (".bin", ".pt", ".pth", ".pkl", ".h5", ".msgpack")
    found = (p for p in sorted(source.rglob("*")) if p.is_file() and p.suffix not in left_out)
    return [p for p in found if not any(part.startswith(".") for part in p.relative_to(source).parts)]


def _digest(kind: Kind, place: Path) -> str:
    if kind == "openclip":
        return openclip_digest(place)
    return vlm_digest(place) if kind == "vlm" else ""  # our own checkpoints state theirs
