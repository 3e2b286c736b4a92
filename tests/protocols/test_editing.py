"""Changing a protocol's text: what is set is said, everything else is as it was, character by character."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.errors import Problems, UserError
from protocols import library
from protocols.editing import drop, move, put, steps_of, values_of

TEXT = """\
# a note above
protocol: mine   # a note behind
about: >-
  Two lines
  of text.
for: {kinds: [child], age_months: [6, 42]}
blocks:
  - title: One  # first
    # between
    task: memory
    timing:
      gap: 1 s

  # above the second
  - title: Two
    task: memory
"""


def _lines_gone(before: str, after: str) -> list[str]:
    return [line for line in before.splitlines() if line not in after.splitlines()]


@pytest.mark.parametrize(
    ("path", "value", "touched"),
    [
        ("protocol", "other", ["protocol: mine   # a note behind"]),
        ("about", "One line", ["about: >-", "  Two lines", "  of text."]),
        ("for.age_months", [12, 24], ["for: {kinds: [child], age_months: [6, 42]}"]),
        ("blocks.1.timing.gap", "2 s", ["      gap: 1 s"]),
        ("blocks.1.timing.delay", "3 s", []),
        ("blocks.2.items.sample", 4, []),
        ("screen.ground", "#808080", []),
    ],
)
def test_only_the_value_is_touched(path: str, value: object, touched: list[str]) -> None:
    changed = put(TEXT, steps_of(path), value)
    found = values_of(changed)
    for step in steps_of(path):
        found = found[step]
    assert found == value
    assert _lines_gone(TEXT, changed) == touched
    assert changed.count("#") >= TEXT.count("#")


def test_the_note_behind_a_changed_value_stays() -> None:
    assert "protocol: other   # a note behind" in put(TEXT, ("protocol",), "other")


def test_dropping_keeps_the_comments_around() -> None:
    found = drop(TEXT, steps_of("blocks.1.title"))
    assert values_of(found)["blocks"][0] == {"task": "memory", "timing": {"gap": "1 s"}}
    assert "# between" in found
    assert "timing" not in drop(TEXT, steps_of("blocks.1.timing.gap"))
    assert values_of(drop(TEXT, steps_of("for.kinds")))["for"] == {"age_months": [6, 42]}
    assert values_of(drop(TEXT, steps_of("for.age_months")))["for"] == {"kinds": ["child"]}
    assert "# above the second" in drop(TEXT, steps_of("blocks.2"))
    assert drop(TEXT, ("screen", "ground")) == TEXT


def test_blocks_change_places_and_are_added() -> None:
    moved = move(TEXT, steps_of("blocks.1"), 1)
    assert [block["title"] for block in values_of(moved)["blocks"]] == ["Two", "One"]
    assert sorted(moved.split()) == sorted(TEXT.split())
    assert move(TEXT, steps_of("blocks.2"), 1) == TEXT
    more = put(TEXT, ("blocks", 2), {"title": "Three", "task": "memory", "items": {"sample": 1}})
    assert values_of(more)["blocks"][2]["items"] == {"sample": 1}
    assert more.startswith(TEXT)


def test_what_cannot_be_said() -> None:
    with pytest.raises(UserError, match="another shape"):
        put(TEXT, ("protocol", "inside"), 1)
    with pytest.raises(Problems):
        put("a: [", ("a",), 1)


SCALARS = st.one_of(
    st.integers(-999, 999),
    st.booleans(),
    st.text(st.characters(codec="utf-8", categories=("L", "P", "Zs", "N")), max_size=30),
)


@settings(max_examples=60, deadline=None)
@given(SCALARS, st.sampled_from(["title", "blocks.1.title", "blocks.2.items.where", "for.kinds", "about", "new.key"]))
def test_any_value_is_read_as_it_was_set(value: object, path: str) -> None:
    steps = steps_of(path)
    found = values_of(put(TEXT, steps, value))
    for step in steps:
        found = found[step]
    assert found == value


@pytest.mark.parametrize("name", library.names())
def test_the_librarys_protocols_can_be_edited(name: str) -> None:
    text = library.path(name).read_text(encoding="utf-8")
    changed = put(text, ("blocks", 0, "timing", "gap"), "1.5 s")
    before, after = values_of(text), values_of(changed)
    before["blocks"][0].setdefault("timing", {})["gap"] = "1.5 s"
    assert after == before
    assert values_of(drop(changed, ("blocks", 0, "timing"))) == {
        **before,
        "blocks": [{k: v for k, v in before["blocks"][0].items() if k != "timing"}, *before["blocks"][1:]],
    }
