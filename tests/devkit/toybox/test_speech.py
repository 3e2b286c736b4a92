"""Speech: well-formed, timed, grounded where it says so, and of the size of a small child's vocabulary."""

from __future__ import annotations

import itertools
import re
from collections import Counter

from devkit.annotations import AnnotatedFrame, Box, Utterance
from devkit.toybox import NOUNS, lexicon
from devkit.toybox.plan import Settings, slots
from devkit.toybox.props import Toy
from devkit.toybox.speech import KEY_CHILD, Speaker, with_article
from devkit.toybox.writer import Drawn

SIZE = (640, 480)


def _speaker(frames: list[AnnotatedFrame], age: int = 20, seed: int = 1) -> Speaker:
    toys = {box.instance: Toy(box.noun, 3, box.instance) for frame in frames for box in frame.boxes}
    return Speaker(frames, toys, [(0, "floor")], SIZE, age, seed)


def _frames(*boxes: Box, count: int = 400) -> list[AnnotatedFrame]:
    return [AnnotatedFrame(recording="r", time_ms=500 * i, boxes=boxes) for i in range(count)]


def _box(noun: str, x: int = 40, y: int = 40, number: int = 1) -> Box:
    return Box(noun=noun, instance=f"{noun}-{number}", track=f"{noun}-{number}#1", x=x, y=y, w=120, h=120)


def test_utterances_are_in_order_apart_and_inside_the_recording() -> None:
    said = _speaker(_frames(_box("dog"), _box("ball", 400, 300))).utterances(200_000)
    assert 30 < len(said) < 90
    for before, after in itertools.pairwise(said):
        assert before.start_ms < before.end_ms <= after.start_ms
    assert said[-1].end_ms <= 200_000


def test_no_field_is_left_open_and_articles_are_right() -> None:
    for noun in NOUNS:
        for utterance in _speaker(_frames(_box(noun), _box("dog", 400), count=80), seed=hash_of(noun)).utterances(
            40_000
        ):
            assert "{" not in utterance.text
            assert not re.search(r"\ba [aeio]", utterance.text), utterance.text
            assert "  " not in utterance.text
    assert with_article("umbrella") == "an umbrella"
    assert with_article("cup") == "a cup"


def hash_of(noun: str) -> int:
    return sum(ord(letter) for letter in noun)


def test_counting_says_how_many_there_are() -> None:
    boxes = [_box("duck", 30 + 150 * i, 200, i) for i in range(3)]
    text = " / ".join(utterance.text for utterance in _speaker(_frames(*boxes, count=2000)).utterances(1_000_000))
    assert "three ducks" in text
    assert "one two three ducks" in text
    assert "two ducks" not in text.replace("one two", "")
    assert "four ducks" not in text


def test_places_are_where_the_toy_is() -> None:
    frames = _frames(_box("hat", 20, 20), count=2000)
    said = [u.text for u in _speaker(frames).utterances(1_000_000) if "hat" in u.text]
    text = " / ".join(said)
    assert "on the left" in text or "in the top left" in text
    for wrong in ("on the right", "the hat is down there", "bottom right", "in the middle"):
        assert wrong not in text


def test_one_hears_of_what_leaves_before_and_after() -> None:
    there, gone = _frames(_box("car"), count=8), []
    for i in range(8, 12):
        exits = {"car-1#1": "top left"} if i == 8 else {}
        gone.append(AnnotatedFrame(recording="r", time_ms=500 * i, exits=exits))
    heard: Counter[str] = Counter()
    for seed in range(150):
        heard.update(u.text for u in _speaker(there + gone, seed=seed).utterances(6000))
    assert any(text in heard for text in ("the car goes up to the left", "up in the top left, there goes the car"))
    assert heard["bye bye car"] + heard["the car is gone"] + heard["the car will come back"] > 0
    assert not any("to the right" in text for text in heard)


def test_nothing_in_view_gives_speech_about_other_things() -> None:
    said = _speaker(_frames(count=200)).utterances(100_000)
    assert said
    assert not any(u.text.startswith(("look at the", "here is the")) for u in said)


def test_speakers_confidences_and_the_growing_child() -> None:
    frames = _frames(_box("dog"), _box("ball", 400, 300), count=4000)
    young, old = (_speaker(frames, age).utterances(2_000_000) for age in (6, 31))
    for said in (young, old):
        assert {u.speaker for u in said} == {"MOT", "FAT", KEY_CHILD}
        adults = [u.confidence or 0 for u in said if u.speaker != KEY_CHILD]
        assert 0.01 < sum(c < 0.5 for c in adults) / len(adults) < 0.1
        assert all((u.confidence or 1) < 0.65 for u in said if u.speaker == KEY_CHILD)
    assert _share_of_babble(young) > 0.9 > 0.4 > _share_of_babble(old)


def _share_of_babble(said: list[Utterance]) -> float:
    child = [u.text for u in said if u.speaker == KEY_CHILD]
    return sum(text in lexicon.CHILD_BABBLE for text in child) / len(child)


def test_a_few_hours_use_some_hundred_words_and_every_noun() -> None:
    """Speech over invented views: 400 to 800 word types in all, each noun in both numbers."""
    words: Counter[str] = Counter()
    nouns = list(NOUNS)
    for i, noun in enumerate(nouns):
        other = nouns[(i * 7 + 3) % len(nouns)]
        frames = _frames(_box(noun), _box(noun, 200, 300, 2), _box(other, 420, 60), count=600)
        for utterance in _speaker(frames, seed=i).utterances(300_000):
            words.update(re.findall(r"[a-z']+", utterance.text.lower()))
    assert 400 <= len(words) <= 800
    for noun, kind in NOUNS.items():
        assert words[noun] > 0
        assert words[kind.plural] > 0


def test_most_speech_of_adults_is_about_what_is_in_view_but_not_all() -> None:
    names = {word: noun for noun, kind in NOUNS.items() for word in (noun, kind.plural, kind.pet) if word}
    about = seen = total = 0
    for seed in (1, 2, 3):
        settings = Settings(seed, 2, 320, 240, 60_000)
        drawn = Drawn(settings, slots(settings, 1 / 60)[0])
        for _ in drawn.scenes():
            pass
        said = [u for u in drawn.utterances() if u.speaker != KEY_CHILD]
        total += len(said)
        for utterance in said:
            spoken = {names[w] for w in re.findall(r"[a-z]+", utterance.text.lower()) if w in names}
            view = {b.noun for f in drawn.frames if abs(f.time_ms - utterance.start_ms) <= 3000 for b in f.boxes}
            about += bool(spoken)
            seen += bool(spoken & view)
    assert 0.45 < about / total < 0.95
    assert 0.7 < seen / about < 1.0
