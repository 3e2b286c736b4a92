from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from devkit.banks import Bank
from devkit.banks.visual_precision import PHRASES, PICTURES, SOUNDS, TRIALS, WORDS, import_study
from devkit.errors import Problems, UserError
from devkit.ids import digest_file
from tests.devkit.banks.conftest import draw

ARTICLE = {"cow": 0.18, "snail": 0.15, "key": 0.2}
PAIRS = (("snail", "cow"), ("key", "cow"))


def sound(path: Path, seconds: float) -> None:
    """Write FLAC in Ogg, which is what the study has and soundfile cannot open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = (np.random.default_rng(len(path.name)).standard_normal(round(seconds * 8000)) * 900).astype(np.int16)
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("flac", rate=8000)
        stream.layout = "mono"
        for start in range(0, len(noise), 4096):
            frame = av.AudioFrame.from_ndarray(noise[None, start : start + 4096], format="s16", layout="mono")
            frame.sample_rate = 8000
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def rows() -> list[dict[str, object]]:
    listed = []
    for one, other in PAIRS:
        for target, distractor, kind in ((one, other, "easy"), (other, one, "easy-distractor")):
            suffix = "-distractor" if kind.endswith("distractor") else ""
            for left in (target, distractor):
                for carrier in ("find", "see"):
                    listed.append(
                        {
                            "Trials.trialID": f"easy-{one}-{other}{suffix}",
                            "Trials.leftImage": left,
                            "Trials.rightImage": distractor if left == target else target,
                            "Trials.targetImage": target,
                            "Trials.targetAudio": carrier,
                            "Trials.trialType": kind,
                            "Trials.carrier_onset": 0.5,
                            "Trials.target_onset": 0.5 + 0.3 + ARTICLE[target],
                            "Trials.article_length": ARTICLE[target],
                        }
                    )
    return listed


def table(path: Path, listed: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    table(folder / TRIALS, rows())
    table(folder / PHRASES, [{"carrier": 0.3, "silence_before": 0.5, "total_length": 1.5}])
    table(folder / WORDS, [{"word": word, "article_length": length} for word, length in ARTICLE.items()])
    for word in ARTICLE:
        draw(folder / PICTURES / f"{word}.jpg", len(word))
        for carrier in ("find", "see"):
            sound(folder / SOUNDS / f"{carrier}_{word}.ogg", 1.5)
    return folder


@pytest.fixture
def study(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "study"))


def test_trial_types_become_items_with_their_own_ids_words_and_sounds(study: Path, tmp_path: Path) -> None:
    bank = import_study(study, tmp_path / "bank")
    assert list(bank.items) == [
        "easy-key-cow",
        "easy-key-cow-distractor",
        "easy-snail-cow",
        "easy-snail-cow-distractor",
    ]
    item = bank.items["easy-snail-cow-distractor"]
    assert item.word == "cow"
    assert [choice.label for choice in item.turns[0].choices] == ["snail", "cow"]
    assert item.turns[0].choices[item.turns[0].target].label == "cow"
    assert item.turns[0].prompt == "Where is the cow? (A) <image> (B) <image>"
    assert bank.path_of(str(item.turns[0].choices[1].media)).read_bytes() == (study / PICTURES / "cow.jpg").read_bytes()
    heard = {digest_file(study / SOUNDS / f"{carrier}_cow.ogg"): carrier for carrier in ("find", "see")}
    assert {prompt.media for prompt in item.spoken} == set(heard)
    for prompt in item.spoken:
        assert prompt.word_onset_ms == pytest.approx((0.5 + 0.3 + ARTICLE["cow"]) * 1000)
        assert bank.path_of(prompt.media).suffix == ".ogg"


def test_the_word_begins_earlier_in_files_whose_silence_is_cut_off(study: Path, tmp_path: Path) -> None:
    for word in ARTICLE:
        for carrier in ("find", "see"):
            sound(study / SOUNDS / f"{carrier}_{word}.ogg", 0.9)
    item = import_study(study, tmp_path / "bank").items["easy-snail-cow"]
    assert item.spoken[0].word_onset_ms == pytest.approx((0.3 + ARTICLE["snail"]) * 1000)


def test_carriers_are_balanced_or_the_one_asked_for(study: Path, tmp_path: Path) -> None:
    def first(bank: Bank) -> Counter[str]:
        return Counter(item.spoken[0].text.split(" ")[0] for item in bank.items.values())

    assert first(import_study(study, tmp_path / "a")) == {"find": 2, "see": 2}
    assert first(import_study(study, tmp_path / "b", carrier="see")) == {"see": 4}
    with pytest.raises(UserError, match="did you mean 'where'"):
        import_study(study, tmp_path / "c", carrier="were")


def _change(path: Path, place: int, **cells: object) -> None:
    listed = rows()
    listed[place].update({f"Trials.{name}": value for name, value in cells.items()})
    table(path / TRIALS, listed)


@pytest.mark.parametrize(
    ("damage", "code", "says"),
    [
        (lambda s: (s / PICTURES / "key.jpg").unlink(), "missing-image", "key.jpg"),
        (lambda s: (s / PICTURES / "key.jpg").write_bytes(b"no"), "corrupt-image", "key.jpg"),
        (lambda s: (s / SOUNDS / "find_key.ogg").unlink(), "broken-sound", "find_key.ogg"),
        (lambda s: (s / SOUNDS / "find_key.ogg").write_bytes(b"OggS"), "broken-sound", "find_key.ogg"),
        (lambda s: sound(s / SOUNDS / "find_key.ogg", 3.0), "sound-length", "3.000 s"),
        (lambda s: _change(s, 8, target_onset=0.9), "onset-mismatch", "the noun begins"),
        (lambda s: _change(s, 8, target_onset="soon"), "wrong-type", "soon"),
        (lambda s: _change(s, 8, targetImage="dog"), "contradiction", "'dog' is not one"),
        (lambda s: _change(s, 10, target_onset=1.3), "contradiction", "another trial than in line 10"),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_loads_when_asked(
    study: Path, tmp_path: Path, damage: Callable[[Path], object], code: str, says: str
) -> None:
    damage(study)
    with pytest.raises(Problems) as caught:
        import_study(study, tmp_path / "bank")
    assert [p for p in caught.value.problems if p.code == code and says in p.message], caught.value
    assert all(problem.place for problem in caught.value.problems)
    bank = import_study(study, tmp_path / "bank", keep_good=True)
    assert {"easy-snail-cow", "easy-snail-cow-distractor"} <= set(bank.items)
    assert code in {problem.code for problem in bank.problems}


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda s: (s / TRIALS).unlink(), "not the visual-precision study"),
        (lambda s: (s / TRIALS).write_text("a,b\n1,2\n"), "lacks the columns"),
        (lambda s: (s / WORDS).unlink(), "cannot be read"),
        (lambda s: (s / PHRASES).write_bytes(b"\xff\xfe"), "no readable CSV"),
        (lambda s: (s / PHRASES).write_text("carrier,silence_before,total_length\nx,1,2\n"), "could not convert"),
    ],
)
def test_missing_tables_are_one_message(
    study: Path, tmp_path: Path, damage: Callable[[Path], object], says: str
) -> None:
    damage(study)
    with pytest.raises(UserError, match=says):
        import_study(study, tmp_path / "bank")
    assert not (tmp_path / "bank").exists()


def test_the_real_study(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "visual-precision"
    bank = import_study(source, tmp_path / "bank")
    assert len(bank.items) == 32
    assert bank.problems == ()
    item = bank.items["easy-bulldozer-orange-distractor"]
    assert item.word == "orange"
    onsets = {prompt.text.split(" …")[0]: prompt.word_onset_ms for prompt in item.spoken}
    assert onsets == {"find": 3196.748, "see": 3196.748, "look at": 3175.748, "where": 3175.748}
    assert Counter(i.spoken[0].text.split(" …")[0] for i in bank.items.values()) == {
        "find": 8,
        "look at": 8,
        "see": 8,
        "where": 8,
    }
    assert Counter(i.turns[0].target for i in bank.items.values()) == {0: 16, 1: 16}
    for prompt in item.spoken:
        original = source / SOUNDS / f"{prompt.text.split(' …')[0].replace(' ', '_')}_orange.ogg"
        assert bank.path_of(prompt.media).read_bytes() == original.read_bytes()
