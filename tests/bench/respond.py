"""How fast a model answers a battery: the respondent against one `generate` after another over the same model.

Both give greedy text; answers must be identical. The respondent also scores every offered choice, which the plain way
would have to pay for again. Pictures lie on disk in both.

Then the items of the published test sizes (`respond_published`): all of them with the published model on a GPU, a
share of them with the tiny one on a CPU.

Run: python tests/bench/respond.py [--share 1.0]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image
from respond_published import published

from devkit.items import LETTERS
from devkit.respondents import PresentedTurn, SessionContext, ShownChoice
from model.babyvlm.architecture import build
from model.babyvlm.respondent import BabyVLMRespondent, PictureChoices
from model.checkpoints import save_checkpoint
from model.config import load_config
from model.images import normalise, to_square
from model.manifests import Manifest
from model.tokenizer import EOS, PAD, train_tokenizer

TRIALS = 300
WAYS: dict[str, PictureChoices] = {
    "respondent, reply and scores of the letters": "letter",
    "respondent, reply and each picture named": "word",
}
NOUNS = ("ball", "cup", "hat", "key", "duck", "shoe", "train", "fish")


def _checkpoint(folder: Path) -> Path:
    """Random weights, turned up so that answers differ from picture to picture."""
    config = load_config("tiny")
    texts = [f"touch the image of {noun} where is the {noun} how many do you see" for noun in NOUNS] * 5
    tokenizer = train_tokenizer(texts, config.tokenizer)
    model = build(config, len(tokenizer))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4.0 if weight.ndim > 1 else 1.0)
    manifest = Manifest(
        model="bench", run="", stage="", step=0, stage_step=0, hours_seen=0, hours_distinct=0, random_weights=True,
        seed=0, data_digest="",
    )  # fmt: skip
    return save_checkpoint(model, config.tower, tokenizer, folder / "checkpoint", manifest).path


def _turns(folder: Path) -> list[PresentedTurn]:
    rng = random.Random(0)
    pictures = []
    for number in range(120):
        image = Image.new("RGB", (160, 120), tuple(rng.randrange(256) for _ in range(3)))
        image.paste(tuple(rng.randrange(256) for _ in range(3)), (30, 30, 90, 80))
        pictures.append(f"{number:064x}")
        image.save(folder / f"{pictures[-1]}.png")
    return [_turn(number, rng, pictures) for number in range(TRIALS)]


def _turn(number: int, rng: random.Random, pictures: list[str]) -> PresentedTurn:
    count = (2, 4)[number % 2]
    shown, noun = rng.sample(pictures, count), rng.choice(NOUNS)
    marks = " ".join(f"({LETTERS[k]}) <image>" for k in range(count))
    choices = tuple(ShownChoice(NOUNS[k], shown[k], "distractor", LETTERS[k]) for k in range(count))
    return PresentedTurn(
        trial_id=str(number), turn_index=0, turn_count=1, task="picture_vocabulary", form="standard",
        item_id=str(number), kind="test", prompt=f"Touch the image of '{noun}' {marks}", images=tuple(shown),
        stimuli=(), choices=choices, target_position=0, answer_format="letter", layout="grid4",
    )  # fmt: skip


def one_by_one(respondent: BabyVLMRespondent, turns: list[PresentedTurn], folder: Path) -> list[str]:
    """Answer with transformers' own generate, trial after trial."""
    encoder, model = respondent.encoder, respondent.engine.model
    said = []
    for turn in turns:
        ids = torch.tensor([encoder.question(turn.prompt, first=True)])
        pixels = normalise(
            [to_square(Image.open(folder / f"{d}.png").convert("RGB"), respondent.side) for d in turn.images]
        )
        made = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels, do_sample=False,
            max_new_tokens=respondent.engine.max_new, pad_token_id=PAD, eos_token_id=EOS,
        )  # fmt: skip
        said.append(encoder.tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True).strip())
    return said


def main() -> None:
    """Print trials per second of both ways and the ratio, then the time of the published items."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description="Benchmark answering.")
    parser.add_argument("--share", type=float, default=1.0 if torch.cuda.is_available() else 0.02)
    given = parser.parse_args()
    against_generate()
    published(given.share)


def against_generate() -> None:
    """Print trials per second of the respondent and of one-by-one generate, and the ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        turns, checkpoint = _turns(folder), _checkpoint(folder)
        context = SessionContext("bench", lambda digest: folder / f"{digest}.png", 0, "en", turns)
        plain, slow = [], 0.0
        sys.stdout.write(f"{'way':<44}{'trials/s':>10}{'ratio':>8}{'identical':>12}\n")
        for way, choices in WAYS.items():
            respondent = BabyVLMRespondent(checkpoint, picture_choices=choices)
            respondent.open(context)
            if not plain:
                one_by_one(respondent, turns[:4], folder)
                begun = time.perf_counter()
                plain = one_by_one(respondent, turns, folder)
                slow = time.perf_counter() - begun
                sys.stdout.write(f"{'generate, one by one':<44}{TRIALS / slow:>10.1f}\n")
            begun = time.perf_counter()
            batched = [answer.raw for answer in respondent.answer_batch(turns)]
            took = time.perf_counter() - begun
            same = sum(a == b for a, b in zip(plain, batched, strict=True))
            sys.stdout.write(f"{way:<44}{TRIALS / took:>10.1f}{slow / took:>8.1f}{same:>8}/{TRIALS}\n")
    sys.stdout.write(f"distinct answers {len(set(plain))}\n\n")


if __name__ == "__main__":
    main()
