from __future__ import annotations

from pathlib import Path

import pytest

from devkit.errors import UserError
from devkit.languages import language_pack
from devkit.tasks import TASKS, task
from devkit.tasks.document import markdown

# Task, form, number of choices, chance: the table of the published benchmark.
PUBLISHED = [
    ("looking_while_listening", "standard", 2, 1 / 2),
    ("picture_vocabulary", "standard", 4, 1 / 4),
    ("localization", "standard", 4, 1 / 4),
    ("left_right", "published", 3, 1 / 3),
    ("left_right", "robust", 3, 1 / 3),
    ("spatial_details", "published", 3, 1 / 3),
    ("spatial_details", "robust", 3, 1 / 3),
    ("visual_delayed_response", "binary", 2, 1 / 2),
    ("visual_delayed_response", "open", 8, 1 / 8),
    ("memory", "standard", 2, 1 / 4),
    ("who_has_more", "synthetic", 2, 1 / 2),
    ("who_has_more", "naturalistic", 2, 1 / 2),
    ("subitizing", "standard", 4, 1 / 4),
    ("object_counting", "standard", 12, 1 / 12),
]
AGES = {
    **{"looking_while_listening": (6, 24), "picture_vocabulary": (25, 42), "localization": (1, 42)},
    **{"left_right": (1, 42), "spatial_details": (1, 42), "visual_delayed_response": (22, 42), "memory": (22, 42)},
    **{"who_has_more": (25, 42), "subitizing": (25, 42), "object_counting": (25, 42)},
}


def test_forms_choices_and_chance_are_the_published_ones() -> None:
    declared = [(code, f.name, f.choices, f.chance) for code, t in TASKS.items() for f in t.forms.values()]
    assert declared == [(code, form, n, pytest.approx(chance)) for code, form, n, chance in PUBLISHED]


def test_further_chances() -> None:
    assert task("visual_delayed_response").forms["open"].chances["adjacent"] == pytest.approx(0.375)
    assert task("memory").forms["standard"].chances == {"learning": 0.5, "raw": 0.5, "adjusted": 0.25}


def test_ages_and_held_out_tasks() -> None:
    assert {code: t.ages_months for code, t in TASKS.items()} == AGES
    assert {code for code, t in TASKS.items() if t.held_out} == {"looking_while_listening", "subitizing"}


@pytest.mark.parametrize("code", TASKS)
def test_every_task_says_what_it_is(code: str) -> None:
    found = TASKS[code]
    assert found.code == code
    assert found.title
    assert set(found.forms) <= set(found.prompts)
    assert language_pack("en").tasks[code]


def test_an_unknown_task_or_form_is_the_users_mistake_with_a_guess() -> None:
    with pytest.raises(UserError, match="did you mean 'memory'"):
        task("memmory")
    with pytest.raises(UserError, match="did you mean 'robust'"):
        task("left_right").named_form("robust_")


def test_spoken_wording_falls_back_to_english() -> None:
    subitizing = task("subitizing")
    assert subitizing.say("question", "de-AT", word="boot") == "How many boots did you see?"


def test_the_documentation_is_what_the_declarations_say() -> None:
    page = Path(__file__).parents[3] / "docs" / "tasks.md"
    assert page.read_text(encoding="utf-8") == markdown(), "run: python -m devkit.tasks.document"
