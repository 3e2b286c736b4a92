"""What a published prompt says: which task and form it is, its noun, its options, and what a file's name tells.

Everything is read from the item's own words; nothing is rewritten. Names and wordings are those of the published
files and of the public leaderboard runner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from devkit.annotations import DIRECTIONS
from devkit.tasks.vocabulary import CATEGORIES, plural

Split = Literal["train", "val", "test", ""]


@dataclass(frozen=True, slots=True)
class Kind:
    """A task and its form; the form is empty where it cannot be told."""

    task: str
    form: str = ""


QUADRANTS = ("top left", "top right", "bottom left", "bottom right")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_PLAIN = {
    "picture_vocabulary": "standard",
    "localization": "standard",
    "left_right": "published",
    "spatial_details": "published",
    "memory": "standard",
    "subitizing": "standard",
    "object_counting": "standard",
    "looking_while_listening": "standard",
}
_NAMES = (
    (r"picture[ _-]?vocab|(^|[^a-z])pv([^a-z]|$)", "picture_vocabulary"),
    (r"locali[sz]", "localization"),
    (r"left[ _-]?right", "left_right"),
    (r"spatial", "spatial_details"),
    (r"visual[ _-]?delay|delayed[ _-]?response|(^|[^a-z])vdr([^a-z]|$)", "visual_delayed_response"),
    (r"who[ _-]?has[ _-]?more|compare[ _-]?count", "who_has_more"),
    (r"memory", "memory"),
    (r"subiti[sz]", "subitizing"),
    (r"looking|(^|[^a-z])lwl([^a-z]|$)", "looking_while_listening"),
    (r"count", "object_counting"),
)
_NAME_FORMS = (
    (r"(^|[^a-z])binary", "binary"),
    (r"(^|[^a-z])open", "open"),
    (r"synthetic", "synthetic"),
    (r"naturalistic|(^|[^a-z])real([^a-z]|$)", "naturalistic"),
    (r"(^|[^a-z])robust", "robust"),
)
_TEXTS = (
    (r"touch the image of", "picture_vocabulary"),
    (r"touch the new image", "memory"),
    (r"\bpoint (at|to)\b", "localization"),
    (r"the same as this", "left_right"),
    (r"contains? exactly this", "spatial_details"),
    (r"\bleaves? (the frame|from)\b|part of the frame", "visual_delayed_response"),
    (r"\bhas more\b|\bhave more\b", "who_has_more"),
    (r"\bwhere (is|are) the\b", "looking_while_listening"),
    (r"how many of\b", "subitizing"),
    (r"how many\b", "object_counting"),
)
_WORDS = {
    "picture_vocabulary": r"image of ['‘\"](.+?)['’\"]",
    "looking_while_listening": r"where (?:is|are) the (.+?)\s*\?",
    "localization": r"point (?:at|to) (?:the )?(.+?)\s*[.?]",
    "visual_delayed_response": r"(?:does|do|did) the (.+?) leaves?\b",
    "who_has_more": r"more (.+?)\s*\?",
    "object_counting": r"how many (.+?) (?:do you|are there|can you)",
    "subitizing": r"how many of (?:the )?(.+?) (?:do you|are there|can you)",
}
_PLURAL_ASKED = ("who_has_more", "object_counting", "subitizing")
_SINGULAR: dict[str, str] = {plural(noun).lower(): noun for nouns in CATEGORIES.values() for noun in nouns}


def kind_from_name(path: PurePosixPath) -> Kind:
    """Tell the task and form from a file's name, else from the nearest folder whose name tells."""
    parts = (path.stem, *reversed(path.parts[:-1]))
    task = next((t for part in parts for pattern, t in _NAMES if re.search(pattern, part.lower())), "")
    form = next((f for part in parts for pattern, f in _NAME_FORMS if re.search(pattern, part.lower())), "")
    return settled(Kind(task, form))


def settled(kind: Kind) -> Kind:
    """Fill in the form of a task that has one published form; drop a form that the task does not have."""
    forms = forms_of(kind.task)
    if kind.form in forms:
        return kind
    return Kind(kind.task, _PLAIN.get(kind.task, ""))


def forms_of(task: str) -> tuple[str, ...]:
    """Return the forms that a published file of this task can have."""
    if task == "visual_delayed_response":
        return ("binary", "open")
    if task == "who_has_more":
        return ("synthetic", "naturalistic")
    if task in ("left_right", "spatial_details"):
        return ("published", "robust")
    return ("standard",) if task in _PLAIN else ()


def kind_from_text(prompt: str) -> Kind:
    """Tell the task, and the form where the words tell it, from the first question of an item."""
    low = prompt.lower()
    task = next((task for pattern, task in _TEXTS if re.search(pattern, low)), "")
    if task == "visual_delayed_response":
        return Kind(task, "binary" if len(word_options(prompt)) == 2 else "open")
    return Kind(task, _PLAIN.get(task, ""))


def split_from_name(path: PurePosixPath) -> Split:
    """Tell the split from a file's name (``pv_test.json``), else from its folders."""
    for part in (path.stem, *reversed(path.parts[:-1])):
        tokens = set(re.split(r"[^a-z]+", part.lower()))
        for split, names in _SPLITS:
            if tokens & names:
                return split
    return ""


_SPLITS: tuple[tuple[Split, frozenset[str]], ...] = (
    ("train", frozenset({"train", "training"})),
    ("val", frozenset({"val", "valid", "validation"})),
    ("test", frozenset({"test"})),
)


def letter_options(prompt: str) -> list[tuple[str, str]]:
    """Return the options ``(A) …`` of a prompt as letter and text, in their order."""
    pieces = re.split(r"\(([A-Z])\)", prompt)
    return [(letter, _option_text(text)) for letter, text in zip(pieces[1::2], pieces[2::2], strict=True)]


def _option_text(text: str) -> str:
    """Cut an option's text down to the option: ``top left or`` → ``top left``."""
    cut = re.split(r"\bof the (?:image|picture|frame)\b|[.?!,;\n]", text)[0]
    return re.sub(r"\s+or\s*$", "", cut.strip()).strip()


def word_options(prompt: str) -> tuple[str, ...]:
    """Return the words in quotes that a delayed-response prompt offers, in their order."""
    quoted = re.findall(r"['‘\"]([a-z ]+)['’\"]", prompt.lower())
    return tuple(dict.fromkeys(word for word in quoted if word in DIRECTIONS))


def ordinal_order(texts: list[str]) -> list[int] | None:
    """Return which image each option names (``the second image`` → 1), or None when the options name none."""
    named = [next((i for i, word in enumerate(ORDINALS) if re.search(rf"\b{word}\b", t.lower())), -1) for t in texts]
    return named if named and all(place >= 0 for place in named) else None


def word_of(task: str, prompt: str) -> str:
    """Return the noun that a prompt asks about, singular; empty when there is none."""
    pattern = _WORDS.get(task)
    found = re.search(pattern, prompt, re.IGNORECASE) if pattern else None
    if not found:
        return ""
    word = found.group(1).strip()
    return singular(word) if task in _PLURAL_ASKED else word


def singular(noun: str) -> str:
    """Return the singular of an English plural; a noun that looks singular stays as it is.

    >>> singular("shoes"), singular("knives"), singular("boxes"), singular("glass"), singular("TV")
    ('shoe', 'knife', 'box', 'glass', 'TV')
    """
    low = noun.lower()
    if low in _SINGULAR:
        return _SINGULAR[low]
    head, _, last = noun.rpartition(" ")
    prefix, low = (f"{head} " if head else ""), last.lower()
    if low in _SINGULAR:
        return prefix + _SINGULAR[low]
    if low.endswith("ies") and len(low) > 4:
        return prefix + last[:-3] + "y"
    if low.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return prefix + last[:-2]
    if low.endswith("s") and not low.endswith(("ss", "us", "is")) and len(low) > 2:
        return prefix + last[:-1]
    return noun
