"""The items of the published test sizes, answered by a model of random weights; used by `respond.py`.

On a GPU the published model and all 14,970 items; without one the tiny model and a share of them. What is measured is
what a session costs: loading and encoding pictures, the greedy reply, the likelihood of every choice, and dialogues
turn by turn.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

from devkit.items import LETTERS
from devkit.respondents import Exchange, PresentedTurn, SessionContext, ShownChoice
from model.babyvlm.architecture import build
from model.babyvlm.respondent import BabyVLMRespondent
from model.checkpoints import save_checkpoint
from model.config import load_config
from model.manifests import Manifest
from model.tokenizer import train_tokenizer

SIZES = {
    "object_counting": (3019, 1, 12), "visual_delayed_response": (930, 7, 2), "localization": (2100, 1, 4),
    "left_right": (2265, 4, 3), "picture_vocabulary": (1132, 4, 4), "spatial_details": (1243, 4, 3),
    "who_has_more": (4031, 2, 2), "memory": (250, 2, 2),
}  # fmt: skip
"""Items, pictures of an item (of a turn for Memory), and offered answers, by task."""
MEMORY_TURNS = 15


def _pictures(folder: Path, count: int) -> list[str]:
    names = []
    for number in range(count):
        names.append(f"{number:064x}")
        Image.effect_noise((224, 224), 30 + number % 60).convert("RGB").save(folder / f"{names[-1]}.jpg")
    return names


def _turn(task: str, number: int, place: int, rng: random.Random, pictures: list[str]) -> PresentedTurn:
    _, shown, offered = SIZES[task]
    letters = task != "object_counting"
    images = tuple(rng.sample(pictures, 1 if task == "memory" and not place else shown))
    choices = tuple(
        ShownChoice(str(k + 1), None, "distractor", LETTERS[k] if letters else None) for k in range(offered)
    )
    words = "<image> " * len(images) + "which one has more of the things that you see here (A) (B) (C)"
    return PresentedTurn(
        trial_id=f"{task}-{number}", turn_index=place, turn_count=MEMORY_TURNS if task == "memory" else 1, task=task,
        form="standard", item_id=f"{task}-{number}", kind="test", prompt=words, images=images, stimuli=images,
        choices=choices, target_position=0, answer_format="letter" if letters else "number", layout="pair",
    )  # fmt: skip


def published(share: float) -> None:
    """Print how long the items take, by task and together."""
    gpu = torch.cuda.is_available()
    config, rng = load_config("base" if gpu else "tiny"), random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokenizer = train_tokenizer(["which one has more of the things that you see here"] * 9, config.tokenizer)
        manifest = Manifest(
            model="bench", run="", stage="", step=0, stage_step=0, hours_seen=0, hours_distinct=0,
            random_weights=True, seed=0, data_digest="",
        )  # fmt: skip
        model = build(config, len(tokenizer))
        checkpoint = save_checkpoint(model, config.tower, tokenizer, folder / "checkpoint", manifest).path
        pictures = _pictures(folder, 2000 if gpu else 200)
        kind = "bfloat16" if gpu else "float32"
        respondent = BabyVLMRespondent(checkpoint, batch_tokens=65536 if gpu else 8192, dtype=kind)
        counts = {task: max(1, round(size[0] * share)) for task, size in SIZES.items()}
        trials = {
            task: [
                [_turn(task, n, k, rng, pictures) for k in range(MEMORY_TURNS if task == "memory" else 1)]
                for n in range(count)
            ]
            for task, count in counts.items()
        }
        turns = [turn for some in trials.values() for trial in some for turn in trial]
        respondent.open(SessionContext("bench", lambda digest: folder / f"{digest}.jpg", 0, "en", turns))
        _report(respondent, trials, share)


def _report(respondent: BabyVLMRespondent, trials: dict[str, list[list[PresentedTurn]]], share: float) -> None:
    gpu, out, total = torch.cuda.is_available(), sys.stdout.write, 0.0
    device = torch.cuda.get_device_name() if gpu else "CPU, one thread"
    out(f"\n{share:.0%} of the 14,970 items on {device}\n{'task':<26}{'items':>7}{'seconds':>9}\n")
    for task, some in trials.items():
        begun = time.perf_counter()
        if task == "memory":
            for trial in some:
                history: list[Exchange] = []
                for turn in trial:
                    history.append(Exchange(turn, respondent.answer(turn, history)))
        else:
            respondent.answer_batch([trial[0] for trial in some])
        if gpu:
            torch.cuda.synchronize()
        took = time.perf_counter() - begun
        total += took
        out(f"{task:<26}{len(some):>7}{took:>9.1f}\n")
    out(f"{'together':<26}{sum(map(len, trials.values())):>7}{total:>9.1f}\n")
    if gpu:
        out(f"peak memory {torch.cuda.max_memory_allocated() / 1024**3:.1f} GiB\n")
