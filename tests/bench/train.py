"""What the training loop costs: a stage of the tiny model against a bare loop over the same model and samples.

The bare loop is what one would write in a notebook: make the samples, forward, loss, backward, clip, AdamW. Both make
their samples in the same way; the loop under test adds what a real run needs: normalisation over processes, checks
for finite numbers, rates, counts of what was seen, the log. Rounds alternate, so that a busy machine disturbs both.

Then every stage against transformers' Trainer (`train_stages`): the tiny size on a CPU, the published one on a GPU,
there with model FLOP utilisation, share of time waited for samples, and peak memory.

Run: python tests/bench/train.py [--config NAME] [--steps N] [--passes N] [--set machine.compile=true] [--only-stages]
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from train_stages import table

from devkit.annotations import AnnotatedFrame, Box
from devkit.pool import Pool
from model.babyvlm.architecture import build, embed, hidden, image_features, set_trained
from model.config import TrainConfig, load_config
from model.data.corpus import TrainingData, frame_name
from model.dialogue import IGNORED, Encoder
from model.images import normalise
from model.run import Run, task_wordings
from model.stages import Feed, make_feed
from model.tokenizer import train_tokenizer
from model.world import World

STEPS, ROUNDS = 8, 7
NOUNS = ("ball", "cup", "hat", "key", "duck", "shoe")


def _data() -> TrainingData:
    """Plain coloured boxes: what is in the pictures does not matter for speed."""
    rng, frames, images = random.Random(0), [], {}
    for place in range(40):
        picture = Image.effect_noise((320, 240), 60).convert("RGB")
        boxes = []
        for cell in range(6):
            x, y = cell % 3 * 100 + rng.randint(0, 40), cell // 3 * 110 + rng.randint(0, 40)
            picture.paste(tuple(rng.randrange(256) for _ in range(3)), (x, y, x + 50, y + 50))
            boxes.append(Box(noun=NOUNS[cell], instance=NOUNS[cell], x=x, y=y, w=50, h=50))
        frames.append(AnnotatedFrame(recording="A", time_ms=place * 500, boxes=tuple(boxes)))
        images["A", place * 500] = picture
    pool = Pool(frames, lambda r, t: images[r, t], source="bench", split="train", frame_digest=frame_name)
    return TrainingData("0" * 64, tuple(f"look at the {n}" for n in NOUNS) * 4, (), (), (), pool, 500, 0.01)


def _config() -> TrainConfig:
    config = load_config("tiny")
    stage = config.stages["instruct"].model_copy(
        update={"steps": STEPS, "mixture": {"who_has_more/synthetic": 1.0, "object_counting/standard": 1.0}}
    )
    return config.model_copy(update={"stages": {"instruct": stage}, "save_every": 10**6, "checkpoints": 1})


def bare_loop(config: TrainConfig, data: TrainingData) -> float:
    """Train as plainly as possible; return seconds per step."""
    stage = config.stages["instruct"]
    texts = [*data.utterances, *task_wordings(sorted(data.pool.by_noun))]
    tokenizer = train_tokenizer(texts, config.tokenizer)
    model = build(config, len(tokenizer))
    set_trained(model, stage.trained)
    feed, _ = make_feed("instruct", config, data, Encoder(tokenizer, config.tower.tokens))
    assert isinstance(feed, Feed)
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=stage.lr, betas=stage.betas, fused=True)
    begun = time.perf_counter()
    for step in range(STEPS):
        batches = [feed.batch(step * feed.turns + turn) for turn in range(feed.turns)]
        valid = sum(batch.valid for batch in batches)
        for batch in batches:
            assert batch.images is not None
            assert batch.places is not None
            features = image_features(model, normalise(batch.images))[batch.places]
            states = hidden(model, embed(model, batch.ids, features), batch.mask).last_hidden_state
            targets = batch.labels[:, 1:]
            counted = targets != IGNORED
            logits = model.lm_head(states[:, :-1][counted])
            (F.cross_entropy(logits, targets[counted], reduction="sum") / valid).backward()
        torch.nn.utils.clip_grad_norm_(learning, stage.clip)
        optimiser.step()
        optimiser.zero_grad()
    return (time.perf_counter() - begun) / STEPS


def our_loop(config: TrainConfig, data: TrainingData) -> float:
    """Train with the product's loop; return seconds per step, its log included, checkpoints not."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(config, data, Path(folder), World())
        moments: list[float] = []

        def watch(*_: object) -> None:
            moments.append(time.perf_counter())

        run.train(None, watch)
    # the last step of a stage also writes the checkpoint, so it is left out
    return (moments[-2] - moments[0]) / (len(moments) - 2)


def main() -> None:
    """Print what the loop costs, then the stages against transformers' Trainer."""
    torch.set_num_threads(1)
    gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description="Benchmark training.")
    parser.add_argument("--config", default="base" if gpu else "tiny")
    parser.add_argument("--steps", type=int, default=12 if gpu else 6)
    parser.add_argument("--passes", type=int, default=4 if gpu else 1)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    parser.add_argument("--only-stages", action="store_true")
    given = parser.parse_args()
    if not given.only_stages:
        overhead()
    table(given.config, given.steps, given.passes, given.changes)


def overhead() -> None:
    """Print seconds per step of our loop and of a bare one, and the ratio."""
    config, data = _config(), _data()
    bare, ours = [], []
    bare_loop(config, data)
    for number in range(ROUNDS):
        pair = [(bare, bare_loop), (ours, our_loop)]
        for times, loop in pair if number % 2 else reversed(pair):
            times.append(loop(config, data))
    ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
    sys.stdout.write(f"{'loop':<12}{'s/step (median)':>18}{'best':>10}\n")
    sys.stdout.write(f"{'bare':<12}{statistics.median(bare):>18.4f}{min(bare):>10.4f}\n")
    sys.stdout.write(f"{'devkit':<12}{statistics.median(ours):>18.4f}{min(ours):>10.4f}\n")
    sys.stdout.write(
        f"overhead: {100 * (ratio - 1):+.1f} % (median of pairs), {100 * (min(ours) / min(bare) - 1):+.1f} % (best)\n"
    )


if __name__ == "__main__":
    main()
