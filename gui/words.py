"""The words of the app in its languages. English texts stand in the code; `texts/<language>/` holds the others.

``tr("Add {what}", what=…)`` looks a text up when it is shown, ``ntr`` one that counts things, ``mark`` only marks a
text that is looked up later (module constants). A test finds every text that lacks its Spanish.
"""

from __future__ import annotations

import json
from pathlib import Path

LANGUAGES = {"en": "English", "es": "Español"}
FOLDER = Path(__file__).parent / "texts"
_catalogue: dict[str, str] = {}
_language = "en"


def use_language(code: str) -> None:
    """Show the app in a language; one that is not known is English."""
    global _catalogue, _language
    _language = code if code in LANGUAGES else "en"
    _catalogue = read_catalogue(_language)


def language() -> str:
    """Return the language in use."""
    return _language


def read_catalogue(code: str) -> dict[str, str]:
    """Return the texts of a language by their English; empty for English."""
    merged: dict[str, str] = {}
    for path in sorted((FOLDER / code).glob("*.json")):
        merged |= json.loads(path.read_text(encoding="utf-8"))
    return merged


def tr(text: str, **values: object) -> str:
    """Return a text in the language in use, its ``{names}`` filled in."""
    found = _catalogue.get(text, text)
    return found.format(**values) if values else found


def ntr(one: str, many: str, n: int, **values: object) -> str:
    """Return the text for ``n`` things; ``{n}`` is filled in."""
    return tr(one if n == 1 else many, n=n, **values)


def mark(text: str) -> str:
    """Return the English text itself: it is looked up with `tr` where it is shown."""
    return text
