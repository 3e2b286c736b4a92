"""Language packs: every task can be said in every language, nouns agree, and mistakes in a pack are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.errors import UserError
from devkit.languages import language_pack, names, read_pack
from devkit.tasks import STAGED, TASKS
from devkit.tasks.vocabulary import CATEGORIES

NOUNS = sorted({noun for nouns in CATEGORIES.values() for noun in nouns})


def test_english_and_spanish_come_with_devkit() -> None:
    assert set(names()) >= {"en", "es"}


@pytest.mark.parametrize("language", names())
def test_every_task_and_every_noun_can_be_said(language: str) -> None:
    pack = language_pack(language)
    assert set(pack.tasks) >= (set(TASKS) | set(STAGED)) - {"familiarization"}
    assert pack.tasks.keys() == language_pack("en").tasks.keys()
    assert {"assent", "break"} <= set(pack.session)
    assert pack.lacking(set(NOUNS)) == []
    for task, kinds in pack.tasks.items():
        for kind in (kind for kind in kinds if not kind.endswith(("_f", "_pl"))):
            for noun in NOUNS:
                said = pack.say(task, kind, noun)
                assert said
                assert "{" not in said


@pytest.mark.parametrize(
    ("task", "kind", "noun", "said"),
    [
        ("object_counting", "question", "apple", "¿Cuántas manzanas ves?"),
        ("object_counting", "question", "dog", "¿Cuántos perros ves?"),
        ("looking_while_listening", "question", "scissors", "¿Dónde están las tijeras?"),
        ("picture_vocabulary", "question", "TV", "Toca la televisión."),
        ("who_has_more", "question", "fish", "Toca la imagen que tiene más peces."),
    ],
)
def test_spanish_agrees(task: str, kind: str, noun: str, said: str) -> None:
    assert language_pack("es-MX").say(task, kind, noun) == said


def test_english_goes_by_rule() -> None:
    pack = language_pack("en-GB")
    assert pack.say("looking_while_listening", "question", "glasses") == "Where are the glasses?"
    assert pack.say("object_counting", "question", "mouse") == "How many mice do you see?"
    assert language_pack("tlh").language == "en"


@pytest.mark.parametrize(("language", "noun", "bare"), [("en", "ball", "ball"), ("es", "ball", "pelota")])
def test_the_place_of_the_noun_is_known(language: str, noun: str, bare: str) -> None:
    pack = language_pack(language)
    said = pack.say("looking_while_listening", "question", noun)
    at = pack.word_at(said, noun)
    assert at is not None
    assert said[at:].startswith(bare)
    assert pack.word_at("Mira.", noun) is None


PACK = """language: xx
name: x
voice: en
session: {{}}
tasks: {{memory: {{first: "{phrase}"}}}}
nouns: {{ball: "{noun}"}}
"""


@pytest.mark.parametrize(
    ("phrase", "noun", "said"),
    [
        ("Touch {the_ball}", "la pelota, pelotas", "field other than"),
        ("Touch", "pelota", "needs its article and its plural"),
    ],
)
def test_mistakes_in_a_pack_are_told(phrase: str, noun: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "xx.yaml"
    file.write_text(PACK.format(phrase=phrase, noun=noun))
    with pytest.raises(UserError, match=said):
        read_pack(file)
    file.write_text("language: [")
    with pytest.raises(UserError, match="cannot be read"):
        read_pack(file)
