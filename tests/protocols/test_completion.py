"""What an editor is offered at a place of a protocol's text, also of one that is only half written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import library
from protocols.completion import about, offer

BLOCK = "blocks:\n  - title: x\n    task: who_has_more\n"


def _words(marked: str) -> list[str]:
    at = marked.index("|")
    return [word.text for word in offer(marked.replace("|", ""), at).words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pro|", ["protocol: "]),
        ("for: {|", ["kinds: ", "age_months: ", "age: "]),
        ("for: {kinds: [child, ad|", ["adult"]),
        ("for: {kinds: [child], ag|}", ["age_months: ", "age: "]),
        (BLOCK + "    form: |", ["synthetic", "naturalistic"]),
        (BLOCK + "    items: {stratify: r|}", ["ratio"]),
        (BLOCK + "    ti|", ["title: ", "timing: "]),
        (BLOCK + "    timing:\n      re|", ["ready: ", "repeats: "]),
        (BLOCK + "    break_before: |", ["true", "false"]),
        ("blocks:\n  - form: |\n    task: memory", ["standard"]),
        ("nothing: {known: |", []),
    ],
)
def test_words_of_a_place(text: str, words: list[str]) -> None:
    assert _words(text) == words


def test_tasks_are_offered_by_name() -> None:
    assert {"memory", "subitizing", "touch_tutorial"} <= set(_words("blocks:\n  - task: |"))


def test_a_key_is_explained() -> None:
    text = BLOCK + "    timing: {ready: none}"
    assert about(text, text.index("ready") + 2) == "What starts a trial"
    assert about("whatever", 3) == ""


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(library.names()), st.integers(0, 4000), st.text(" -{}[]:,ab\n", max_size=8))
def test_no_place_of_no_text_breaks_it(name: str, at: int, more: str) -> None:
    text = library.path(name).read_text(encoding="utf-8")
    text = text[:at] + more + text[at:]
    offer(text, min(at + len(more), len(text)))
    about(text, min(at, len(text)))
