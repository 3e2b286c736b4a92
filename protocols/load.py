"""From a YAML file, or the name of a protocol of the library, to a checked `Protocol`.

All the mistakes of a file are reported together, each with ``file:line:column``, what is wrong and what was probably
meant. The text is read by `devkit.located`, the shape is checked against `protocols.schema`, the sense by
`protocols.checks`.
"""

from __future__ import annotations

from pathlib import Path

from devkit.complaints import raise_found, validate
from devkit.errors import Problem, UserError, did_you_mean
from devkit.located import Located, parse_yaml, read_yaml
from protocols import library
from protocols.checks import check
from protocols.parameters import with_parameters
from protocols.schema import Protocol


def load_protocol(source: str | Path) -> Protocol:
    """Load a protocol.

    Args:
        source: Path of a YAML file, or the name of a protocol of the library (``who-has-more``).

    Raises:
        Problems: Everything that is wrong with the file, each with its place.
        UserError: There is no such file or name, or it cannot be read.
    """
    path = find_protocol(source)
    document = read_yaml(path)
    return with_parameters(_validated(document), path.parent, document)


def parse_protocol(text: str, file: str = "protocol") -> Protocol:
    """Check a protocol given as text; ``file`` is its name in messages. Raises `Problems` like `load_protocol`."""
    return _validated(parse_yaml(text, file))


def load_text(text: str, path: Path) -> Protocol:
    """Check a text as if it stood in a file, the parameter files beside it included; raises like `load_protocol`."""
    document = parse_yaml(text, str(path))
    return with_parameters(_validated(document), path.parent, document)


def find_protocol(source: str | Path) -> Path:
    """Return the file of a path or of a library name; `UserError` with a guess when there is none."""
    path = Path(source)
    text = str(source)
    if "\0" in text:
        raise UserError("this is no file name", place=repr(text))
    if path.suffix in (".yaml", ".yml") or path.exists() or len(path.parts) != 1:
        return path
    if text in library.names():
        return library.path(text)
    hint = did_you_mean(text, library.names()) or f"the library has {', '.join(library.names())}"
    raise UserError(f"there is no protocol file or library protocol '{text}'", hint=hint, code="missing-file")


def _validated(document: Located) -> Protocol:
    found: list[Problem] = []
    protocol = validate(document, Protocol, "protocol", found)
    if isinstance(document.value, dict):
        found += check(document)
    raise_found(document, found)
    assert protocol is not None
    return protocol
