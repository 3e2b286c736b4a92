"""Every text of the app has its Spanish, with the same names to fill in, and no Spanish is left over."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import gui
from gui.words import ntr, read_catalogue, tr, use_language

FOLDER = Path(gui.__file__).parent
CALLS = {"tr": 1, "mark": 1, "ntr": 2}


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                for argument in node.args[: CALLS[node.func.id]]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value, f"{path.relative_to(FOLDER.parent)}:{node.lineno}"


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_has_its_spanish() -> None:
    spanish = read_catalogue("es")
    missing = {text: place for text, place in _texts() if text not in spanish}
    assert not missing, "\n".join(f"{place}: {text!r}" for text, place in missing.items())


def test_no_spanish_is_left_over_and_all_names_are_kept() -> None:
    used = {text for text, _ in _texts()}
    spanish = read_catalogue("es")
    assert not set(spanish) - used
    for english, other in spanish.items():
        assert _names(english) == _names(other), english
        assert other.strip(), english


def test_texts_are_looked_up_and_filled_in() -> None:
    assert ntr("{n} row", "{n} rows", 1) == "1 row"
    use_language("es")
    assert tr("Home") == "Inicio"
    assert ntr("{n} row", "{n} rows", 3) == "3 filas"
    use_language("xx")
    assert tr("Home") == "Home"
