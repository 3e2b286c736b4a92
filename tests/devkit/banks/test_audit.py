"""Planted defects, each of which must be found, and a clean bank in which nothing may be."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from devkit.banks import Bank, BankWriter
from devkit.banks.audit import AuditRules, audit_bank
from devkit.banks.findings import AuditReport, Status
from devkit.banks.report import as_html, as_text
from devkit.errors import UserError
from devkit.items import Choice, Item, Provenance, Turn

WORDS = ("ball", "cat", "dog", "cup", "spoon", "shoe", "bird", "car", "book", "chair", "apple", "hat")
Make = Callable[["Maker", int], Item]


def noise(rng: random.Random, size: tuple[int, int] = (24, 20)) -> Image.Image:
    return Image.frombytes("RGB", size, rng.randbytes(size[0] * size[1] * 3))


class Maker:
    """Makes sound items; a test spoils what it wants to be found."""

    def __init__(
        self, writer: BankWriter, seed: int = 5, split: str = "test", recording: str = "S_20200101_1200"
    ) -> None:
        self.writer = writer
        self.rng = random.Random(seed)
        self.split = split
        self.recording = recording

    def picture(self, size: tuple[int, int] = (24, 20)) -> str:
        return self.writer.add(noise(self.rng, size))

    def origin(self, number: int) -> Provenance:
        frame = f"{self.rng.getrandbits(256):064x}"
        span = (number * 70_000, number * 70_000 + 1000)
        return Provenance(
            source="toys",
            split=self.split,  # type: ignore[arg-type]
            recordings=(f"{self.recording}_{number % 7:02d}",),
            span_ms=span,
            frames=(frame,),
        )

    def item(self, number: int, task: str, form: str, turns: Sequence[Turn], **more: object) -> Item:
        return Item.model_validate(
            {"item_id": f"{task}_{form}_{number}", "task": task, "form": form, "turns": tuple(turns)}
            | {"provenance": self.origin(number)}
            | more
        )

    def named(self, number: int, **more: object) -> Item:
        """Picture vocabulary: four pictures and a word."""
        words = self.rng.sample(WORDS, 4)
        target = number % 4
        choices = tuple(Choice(label=word, media=self.picture()) for word in words)
        prompt = f"Touch the image of '{words[target]}' (A)<image> (B)<image> (C)<image> (D)<image>"
        turn = Turn(prompt=prompt, choices=choices, target=target)
        return self.item(number, "picture_vocabulary", "standard", [turn], **({"word": words[target]} | more))

    def queried(self, number: int, task: str = "left_right", form: str = "robust") -> Item:
        """Left/Right, robust: the query and three options, no two alike."""
        choices = tuple(Choice(label=f"view {k}", media=self.picture()) for k in range(3))
        prompt = "<image> Which of the following is the same as this? (A) <image> (B) <image> (C) <image>"
        turn = Turn(prompt=prompt, stimuli=(self.picture(),), choices=choices, target=number % 3)
        return self.item(number, task, form, [turn], word=self.rng.choice(WORDS))

    def counted(self, number: int, largest: int = 12, **more: object) -> Item:
        """Object counting."""
        choices = tuple(Choice(label=str(n)) for n in range(1, largest + 1))
        word = self.rng.choice(WORDS)
        turn = Turn(
            prompt=f"<image> How many {word}s do you see?",
            stimuli=(self.picture(),),
            choices=choices,
            target=number % largest,
            answer_format="number",
            shuffle=False,
        )
        return self.item(number, "object_counting", "standard", [turn], **({"word": word} | more))

    def located(self, number: int, **more: object) -> Item:
        """Localization."""
        word = self.rng.choice(WORDS)
        labels = ("top left", "top right", "bottom left", "bottom right")
        turn = Turn(
            prompt=f"<image> Point at the {word}. Is it in the (A) top left or … of the image?",
            stimuli=(self.picture(),),
            choices=tuple(Choice(label=label) for label in labels),
            target=number % 4,
            shuffle=False,
        )
        more = {"word": word, "bb": (1.0, 1.0, 8.0, 7.0)} | more
        return self.item(number, "localization", "standard", [turn], **more)

    def remembered(self, number: int, *, same: bool = False, labels: bool = True) -> Item:
        """Memory with one learned object, tested twice."""
        known = self.picture()
        turns = [Turn(prompt="Touch the new image. (A) <image>", choices=(Choice(label="cup", media=known),), target=0)]
        for turn in range(2):
            old = Choice(label="cup", media=known if same else self.picture(), role="seen")
            new = Choice(label="dog", media=self.picture(), role="target")
            pair = (new, old) if (number + turn) % 2 else (old, new)
            prompt = "Let's try more. Touch the new image. (A) <image> (B) <image>"
            turns.append(Turn(prompt=prompt, choices=pair, target=pair.index(new)))
        words = tuple(tuple(c.label for c in t.choices) for t in turns)
        return self.item(number, "memory", "standard", turns, labels=words if labels else ())

    def delayed(self, number: int, **more: object) -> Item:
        """Visual delayed response, binary."""
        word = self.rng.choice(WORDS)
        words = ("left", "right") if self.rng.random() < 0.5 else ("right", "left")
        turn = Turn(
            prompt=f"<image><image> does the {word} leave through the {words[0]} or the {words[1]}?",
            stimuli=(self.picture(), self.picture()),
            choices=tuple(Choice(label=label) for label in words),
            target=number % 2,
            answer_format="word",
            shuffle=False,
        )
        return self.item(number, "visual_delayed_response", "binary", [turn], **({"word": word} | more))


def write(path: Path, *makes: Make, count: int = 60, seed: int = 5, **maker: str) -> Bank:
    with BankWriter(path) as writer:
        source = Maker(writer, seed, **maker)
        for make in makes:
            for number in range(count):
                writer.add_item(make(source, number))
    return Bank.open(path)


CLEAN: tuple[Make, ...] = (
    Maker.named,
    Maker.queried,
    Maker.counted,
    Maker.located,
    Maker.remembered,
    Maker.delayed,
)


def statuses(report: AuditReport, check: str) -> dict[str, Status]:
    return {result.where: result.status for result in report.results if result.check == check}


def test_nothing_is_found_in_a_clean_bank(tmp_path: Path) -> None:
    bank = write(tmp_path / "b", *CLEAN, count=96)
    other = write(tmp_path / "train", *CLEAN, count=20, seed=6, split="train", recording="A_20190101_0900")
    report = audit_bank(bank, [tmp_path / "train"])
    assert not report.found()
    assert report.of("note") == ()
    assert report.against == (other.name,)
    assert {result.check for result in report.results} >= {
        *("query-is-answer", "identical-choices", "pixel-equality", "position-prior", "text-only", "label-noise"),
        *("whole-frame-box", "context-overflow", "missing-labels", "shared-recordings", "shared-frames"),
    }
    assert "Nothing was found" in as_text(report)


def _few(maker: Maker, number: int) -> Item:
    return maker.counted(number, 4).model_copy(update={"task": "subitizing"})


def _trained(folder: Path, recordings: list[str], mixture: list[str]) -> Path:
    """Write what an audit reads of a training run."""
    last = folder / "checkpoints" / "000010-instruct"
    last.mkdir(parents=True)
    stage = {"mixture": dict.fromkeys(mixture, 1.0)}
    (folder / "run.json").write_text(json.dumps({"config": {"stages": {"instruct": stage}}}))
    (last / "devkit.json").write_text(json.dumps({"training_recordings": recordings}))
    return folder


def test_a_bank_is_compared_with_a_training_run(tmp_path: Path) -> None:
    bank = write(tmp_path / "b", _few, count=12)
    used = sorted({name for item in bank.items.values() for name in item.provenance.recordings})
    clean = _trained(tmp_path / "clean", ["another"], ["object_counting/standard"])
    report = audit_bank(bank, [clean])
    assert set(statuses(report, "shared-recordings").values()) == {"clean"}
    assert set(statuses(report, "held-out-taught").values()) == {"clean"}
    leaky = _trained(tmp_path / "leaky", used, ["subitizing/standard"])
    report = audit_bank(bank, [leaky])
    assert set(statuses(report, "shared-recordings").values()) == {"defect"}
    found = next(one for one in report.results if one.check == "held-out-taught")
    assert (found.status, found.hits) == ("defect", 12)
    (leaky / "run.json").write_text("{}")
    with pytest.raises(UserError, match="record of the training is broken"):
        audit_bank(bank, [leaky])


def _with_target(item: Item, media: str) -> Item:
    turn = item.turns[0]
    choices = list(turn.choices)
    choices[turn.target] = choices[turn.target].model_copy(update={"media": media})
    return item.model_copy(update={"turns": (turn.model_copy(update={"choices": tuple(choices)}),)})


def _copy(maker: Maker, number: int, form: str, task: str = "left_right") -> Item:
    item = maker.queried(number, task, form)
    return _with_target(item, item.turns[0].stimuli[0])


@pytest.mark.parametrize(
    ("task", "form", "query", "equality"),
    [
        ("left_right", "published", "expected", "expected"),
        ("left_right", "robust", "defect", "defect"),
        ("spatial_details", "published", "defect", "expected"),
        ("spatial_details", "robust", "defect", "defect"),
    ],
)
def test_the_query_as_right_option_is_found_and_judged_by_form(
    tmp_path: Path, task: str, form: str, query: Status, equality: Status
) -> None:
    report = audit_bank(write(tmp_path / "b", lambda m, n: _copy(m, n, form, task)))
    where = f"{task}/{form}"
    assert statuses(report, "query-is-answer")[where] == query
    assert statuses(report, "pixel-equality")[where] == equality
    solver = next(result for result in report.results if result.check == "pixel-equality")
    assert (solver.hits, solver.total, solver.chance) == (60, 60, pytest.approx(1 / 3, abs=1e-4))
    assert report.found()
    assert report.found(allow_expected=True) == ("defect" in (query, equality))


def test_the_same_pixels_in_another_file_are_the_same(tmp_path: Path) -> None:
    def make(maker: Maker, number: int) -> Item:
        item = maker.queried(number)
        stored = maker.writer.path / "media" / item.turns[0].stimuli[0][:2] / f"{item.turns[0].stimuli[0]}.png"
        buffer = io.BytesIO()
        Image.open(stored).save(buffer, "PNG", compress_level=0)
        return _with_target(item, maker.writer.add_bytes(buffer.getvalue(), ".png"))

    report = audit_bank(write(tmp_path / "b", make))
    assert statuses(report, "query-is-answer") == {"left_right/robust": "defect"}


def _saved_again(maker: Maker, number: int, *, mirrored: bool = False) -> Item:
    smooth = Image.fromarray(np.linspace(0, 200, 24 * 20 * 3).astype(np.uint8).reshape(20, 24, 3))
    smooth.paste((number * 4, 30, 30), (2, 3, 12, 13))
    query = maker.writer.add(smooth)
    copy = maker.writer.add(ImageOps.mirror(smooth) if mirrored else smooth, lossless=False)
    item = maker.queried(number)
    turn = item.turns[0].model_copy(update={"stimuli": (query,)})
    return _with_target(item.model_copy(update={"turns": (turn,)}), copy)


def test_a_copy_saved_again_as_jpeg_is_solved_by_pixels_too(tmp_path: Path) -> None:
    report = audit_bank(write(tmp_path / "b", _saved_again))
    assert statuses(report, "query-is-answer") == {"left_right/robust": "clean"}
    assert statuses(report, "pixel-equality") == {"left_right/robust": "defect"}
    other = audit_bank(write(tmp_path / "c", lambda m, n: _saved_again(m, n, mirrored=True)))
    assert statuses(other, "pixel-equality") == {"left_right/robust": "clean"}


def test_a_crop_inside_the_right_frame_is_solved_by_pixels(tmp_path: Path) -> None:
    def make(maker: Maker, number: int) -> Item:
        frame = noise(maker.rng, (64, 48))
        item = maker.queried(number, "spatial_details", "robust")
        crop = maker.writer.add(frame.crop((number % 30, 7, number % 30 + 20, 22)))
        turn = item.turns[0].model_copy(update={"stimuli": (crop,)})
        return _with_target(item.model_copy(update={"turns": (turn,)}), maker.writer.add(frame))

    report = audit_bank(write(tmp_path / "b", make))
    assert statuses(report, "pixel-equality") == {"spatial_details/robust": "defect"}


def test_memory_with_the_same_picture_again_is_solved_by_pixels(tmp_path: Path) -> None:
    report = audit_bank(write(tmp_path / "b", lambda m, n: m.remembered(n, same=True)))
    assert statuses(report, "pixel-equality") == {"memory/standard": "defect"}


def test_identical_choices_are_found(tmp_path: Path) -> None:
    def all_the_same(maker: Maker, number: int) -> Item:
        item = maker.queried(number, "left_right", "published")
        media = item.turns[0].stimuli[0]
        choices = tuple(choice.model_copy(update={"media": media}) for choice in item.turns[0].choices)
        turn = item.turns[0].model_copy(update={"choices": choices})
        return item.model_copy(update={"turns": (turn,)})

    def two_wrong_ones(maker: Maker, number: int) -> Item:
        item = maker.named(number)
        turn = item.turns[0]
        wrong = [place for place in range(4) if place != turn.target]
        choices = list(turn.choices)
        choices[wrong[0]] = choices[wrong[0]].model_copy(update={"media": choices[wrong[1]].media})
        return item.model_copy(update={"turns": (turn.model_copy(update={"choices": tuple(choices)}),)})

    report = audit_bank(write(tmp_path / "b", all_the_same, two_wrong_ones))
    assert statuses(report, "identical-choices") == {
        "left_right/published": "defect",
        "picture_vocabulary/standard": "defect",
    }
    messages = [result.message for result in report.results if result.check == "identical-choices"]
    assert "no answer is right" in messages[0]
    assert "odd one out" in messages[1]


def test_a_position_prior_is_found_and_a_few_items_do_not_tell(tmp_path: Path) -> None:
    def often_a(maker: Maker, number: int) -> Item:
        item = maker.named(number if number % 3 else number - number % 4)
        return item.model_copy(update={"item_id": f"pv_{number}"})

    report = audit_bank(write(tmp_path / "b", often_a))
    assert statuses(report, "position-prior") == {"picture_vocabulary/standard": "defect"}
    few = audit_bank(write(tmp_path / "few", Maker.named, count=8))
    assert statuses(few, "position-prior") == {"picture_vocabulary/standard": "unknown"}
    assert statuses(few, "text-only") == {"picture_vocabulary/standard": "unknown"}
    assert not few.found()


def test_a_word_that_is_mostly_right_is_found_although_its_place_changes(tmp_path: Path) -> None:
    def mostly_left(maker: Maker, number: int) -> Item:
        item = maker.delayed(number)
        turn = item.turns[0]
        labels = [choice.label for choice in turn.choices]
        target = labels.index("left" if maker.rng.random() < 0.85 else "right")
        return item.model_copy(update={"turns": (turn.model_copy(update={"target": target}),)})

    report = audit_bank(write(tmp_path / "b", mostly_left, count=90))
    prior = [result for result in report.results if result.check == "position-prior"]
    assert [result.status for result in prior] == ["clean", "defect"]
    assert "'left'" in prior[1].message


def test_words_that_tell_the_answer_are_found(tmp_path: Path) -> None:
    def telling(maker: Maker, number: int) -> Item:
        item = maker.counted(number)
        word = WORDS[item.turns[0].target]
        turn = item.turns[0].model_copy(update={"prompt": f"<image> How many {word}s do you see?"})
        return item.model_copy(update={"turns": (turn,), "word": word})

    report = audit_bank(write(tmp_path / "b", telling, count=120))
    assert statuses(report, "position-prior") == {"object_counting/standard": "clean"}
    assert statuses(report, "text-only") == {"object_counting/standard": "defect"}
    learned = next(result for result in report.results if result.check == "text-only")
    assert learned.low is not None
    assert learned.low > 0.5 > (learned.chance or 1)


def test_items_of_one_event_do_not_teach_the_learner(tmp_path: Path) -> None:
    def one_event(maker: Maker, number: int) -> Item:
        item = maker.delayed(number)
        event = number // 10
        turn = item.turns[0]
        prompt = f"<image><image> does the {WORDS[event % 12]} leave through the left or the right?"
        labels = ["left", "right"]
        choices = tuple(Choice(label=label) for label in labels)
        update = {"prompt": prompt, "choices": choices, "target": event % 2}
        place = {"recordings": ("S_1",), "span_ms": (event * 70_000, event * 70_000 + 5)}
        origin = item.provenance.model_copy(update=place)
        return item.model_copy(update={"turns": (turn.model_copy(update=update),), "provenance": origin})

    report = audit_bank(write(tmp_path / "b", one_event, count=120))
    assert statuses(report, "text-only") == {"visual_delayed_response/binary": "clean"}


def test_nouns_that_are_always_right_are_noted(tmp_path: Path) -> None:
    def always(maker: Maker, number: int) -> Item:
        item = maker.named(number)
        turn = item.turns[0]
        right, wrong = maker.rng.choice(WORDS[:6]), iter(maker.rng.sample(WORDS[6:], 3))
        choices = tuple(
            choice.model_copy(update={"label": right if place == turn.target else next(wrong)})
            for place, choice in enumerate(turn.choices)
        )
        prompt = f"Touch the image of '{right}' (A)<image> (B)<image> (C)<image> (D)<image>"
        update = {"choices": choices, "prompt": prompt}
        return item.model_copy(update={"turns": (turn.model_copy(update=update),), "word": right})

    report = audit_bank(write(tmp_path / "b", always))
    assert statuses(report, "choice-prior") == {"picture_vocabulary/standard": "note"}
    assert not report.found()


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("grasping", "a verb form"),
        ("buttercontainers", "butter + containers"),
        ("floras", "odd plural"),
        ("shoes", "a plural"),
        ("flurb", "not in the vocabulary"),
    ],
)
def test_label_noise_is_found_and_named(tmp_path: Path, word: str, fault: str) -> None:
    report = audit_bank(write(tmp_path / "b", lambda m, n: m.located(n, **({"word": word} if n == 7 else {}))))
    (found,) = [result for result in report.results if result.check == "label-noise"]
    assert found.status == "defect"
    assert fault in found.message
    assert found.examples == ("localization_standard_7",)


def test_a_study_can_add_nouns(tmp_path: Path) -> None:
    bank = write(tmp_path / "b", lambda m, n: m.located(n, word="flurb"))
    (tmp_path / "words.txt").write_text("# ours\nFlurb # a toy\n")
    assert not audit_bank(bank, rules=AuditRules(vocabulary=tmp_path / "words.txt")).found()
    with pytest.raises(UserError, match="vocabulary cannot be read"):
        audit_bank(bank, rules=AuditRules(vocabulary=tmp_path / "gone.txt"))


def test_whole_frame_boxes_are_found(tmp_path: Path) -> None:
    report = audit_bank(write(tmp_path / "b", lambda m, n: m.located(n, **({"bb": (0, 0, 24, 19)} if n == 3 else {}))))
    assert statuses(report, "whole-frame-box") == {"localization/standard": "defect"}


def test_context_overflow_is_found(tmp_path: Path) -> None:
    bank = write(tmp_path / "b", Maker.named, Maker.remembered)
    assert not audit_bank(bank).found()
    report = audit_bank(bank, rules=AuditRules(tokens_per_image=197, context=850))
    assert statuses(report, "context-overflow") == {
        "memory/standard": "defect",
        "picture_vocabulary/standard": "clean",
    }


def test_missing_labels_of_memory_are_found(tmp_path: Path) -> None:
    report = audit_bank(write(tmp_path / "b", lambda m, n: m.remembered(n, labels=False)))
    assert statuses(report, "missing-labels") == {"memory/standard": "defect"}


def test_everything_shared_between_train_and_test_is_found(tmp_path: Path) -> None:
    test = write(tmp_path / "test", Maker.named)
    write(tmp_path / "train", Maker.named, split="train")
    report = audit_bank(test, [tmp_path / "train"])
    for check in ("shared-recordings", "shared-spans", "shared-frames", "shared-pictures"):
        assert statuses(report, check) == {"whole bank": "defect"}


def test_a_shared_recording_without_a_shared_moment_is_still_found(tmp_path: Path) -> None:
    def later(maker: Maker, number: int) -> Item:
        item = maker.named(number)
        origin = item.provenance.model_copy(update={"span_ms": (90_000_000 + number, 90_000_001 + number)})
        return item.model_copy(update={"provenance": origin})

    test = write(tmp_path / "test", Maker.named)
    write(tmp_path / "train", later, split="train", seed=9)
    report = audit_bank(test, [tmp_path / "train"])
    assert statuses(report, "shared-recordings") == {"whole bank": "defect"}
    assert statuses(report, "shared-spans") == {"whole bank": "clean"}
    assert statuses(report, "shared-pictures") == {"whole bank": "clean"}


def test_sharing_within_a_bank_is_found(tmp_path: Path) -> None:
    with BankWriter(tmp_path / "b") as writer:
        for split in ("train", "test"):
            maker = Maker(writer, 5 if split == "train" else 6, split)
            for number in range(40):
                item = maker.named(number)
                writer.add_item(item.model_copy(update={"item_id": f"{split}_{number}"}))
    report = audit_bank(Bank.open(tmp_path / "b"))
    assert statuses(report, "shared-recordings") == {"whole bank": "defect"}
    assert statuses(report, "shared-pictures") == {"whole bank": "clean"}


def test_unknown_provenance_is_told_and_proves_nothing(tmp_path: Path) -> None:
    def unknown(maker: Maker, number: int) -> Item:
        return maker.named(number).model_copy(update={"provenance": Provenance()})

    bank = write(tmp_path / "b", unknown)
    alone = audit_bank(bank)
    assert statuses(alone, "provenance-known") == {"whole bank": "note"}
    assert not alone.found()
    write(tmp_path / "train", Maker.named, seed=8, split="train")
    assert statuses(audit_bank(bank, [tmp_path / "train"]), "provenance-unknown") == {"whole bank": "defect"}
    with pytest.raises(UserError, match="neither a bank nor training data"):
        audit_bank(bank, [tmp_path])


def test_a_damaged_picture_is_a_user_error(tmp_path: Path) -> None:
    bank = write(tmp_path / "b", Maker.named, count=2)
    bank.path_of(bank.items["picture_vocabulary_standard_0"].media()[0]).write_bytes(b"no picture")
    with pytest.raises(UserError, match="see devkit bank check"):
        audit_bank(bank)


def test_the_reports_tell_what_was_found(tmp_path: Path) -> None:
    report = audit_bank(write(tmp_path / "b<b>", lambda m, n: _copy(m, n, "robust")))
    text, page = as_text(report), as_html(report)
    assert "2 defects" in text.splitlines()[0]
    assert "comparing pixels alone gives 100.0% right".capitalize() in text
    assert "left_right_robust_0" in page
    assert "<b>.</h1>" not in page
    assert "b&lt;b&gt;" in page
    assert AuditReport.model_validate_json(report.model_dump_json()) == report
