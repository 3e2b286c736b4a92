from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, LlavaForConditionalGeneration

from model.babyvlm.architecture import build, embed, hidden, image_features, parameter_counts, part_of, set_trained
from model.config import load_config
from model.data.corpus import TrainingData
from model.data.instruction import InstructionSource
from model.dialogue import Encoder, collate
from model.images import normalise, to_square
from model.manifests import read_manifest
from model.run import last_checkpoint
from model.tokenizer import load_tokenizer


def test_base_has_the_published_size() -> None:
    config = load_config("base")
    counts = parameter_counts(config, config.tokenizer.vocabulary)
    tower = 303_301_632 + 1024 * 1024 + 1024  # ViT-L/16, and the pooler that transformers' class holds unused
    block = 2 * 2048**2 + 2 * 2048 * 256 + 3 * 2048 * 5632 + 2 * 2048
    language = 2 * 6000 * 2048 + 22 * block + 2048
    assert counts == {"vision": tower, "connector": (1024 + 1) * 2048 + (2048 + 1) * 2048, "language": language}


def test_the_published_count_with_a_dinov2_tower() -> None:
    config = load_config("base")
    config = config.model_copy(update={"tower": config.tower.model_copy(update={"kind": "dinov2"})})
    assert sum(parameter_counts(config, 6000).values()) == 1_303_199_744


def test_an_image_of_base_takes_197_tokens() -> None:
    assert load_config("base").tower.tokens == 197


def test_same_seed_same_weights(make_config: Any) -> None:
    one, two, other = (build(make_config(), 300, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def loaded(trained: Path) -> tuple[Path, LlavaForConditionalGeneration, Encoder]:
    folder = last_checkpoint(trained)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    assert isinstance(model, LlavaForConditionalGeneration)
    return folder, model.eval(), Encoder(load_tokenizer(folder), model.config.image_seq_length)


def test_features_and_hidden_states_equal_the_models_own_forward(loaded: Any, data: TrainingData) -> None:
    _, model, encoder = loaded
    source = InstructionSource("picture_vocabulary/standard", data.pool, encoder, 32, 9)
    batch = collate([source.sample(0), source.sample(1)])
    with torch.no_grad():
        features = image_features(model, normalise(batch.images))[batch.places]
        ours = model.lm_head(hidden(model, embed(model, batch.ids, features), batch.mask).last_hidden_state)
        pixels = normalise(batch.images[batch.places.numpy()])
        theirs = model(input_ids=batch.ids, pixel_values=pixels, attention_mask=batch.mask).logits
    real = batch.mask.bool() if batch.mask is not None else torch.ones_like(batch.ids).bool()
    assert torch.allclose(ours[real], theirs[real], atol=1e-5)


def test_the_saved_processor_does_what_training_did(loaded: Any) -> None:
    folder, model, encoder = loaded
    processor = AutoProcessor.from_pretrained(folder)
    image = Image.fromarray(np.full((40, 60, 3), 90, dtype=np.uint8))
    ids, _ = encoder.dialogue([("Where is the dog? <image>", "A")])
    made = processor(
        images=[image],
        text="<sos> USER: Where is the dog? <image> ASSISTANT: A<eos>",
        add_special_tokens=False,
        return_tensors="pt",
    )
    assert tuple(made["input_ids"][0].tolist()) == ids
    assert made["pixel_values"].shape == (1, 3, 32, 32)
    with torch.no_grad():
        assert torch.isfinite(model(**made).logits).all()


def test_the_saved_processor_sees_what_training_saw(loaded: Any) -> None:
    folder, _, _ = loaded
    processor = AutoProcessor.from_pretrained(folder)
    noise = np.random.default_rng(0)
    for shape in ((40, 60, 3), (61, 37, 3), (32, 32, 3)):
        image = Image.fromarray(noise.integers(0, 256, shape, dtype=np.uint8))
        theirs = processor.image_processor(images=[image], return_tensors="pt")["pixel_values"]
        assert torch.allclose(theirs[0], normalise([to_square(image, 32)])[0], atol=0.03)


ALONE = """
import sys
from transformers import AutoModelForImageTextToText, AutoProcessor
model = AutoModelForImageTextToText.from_pretrained(sys.argv[1])
processor = AutoProcessor.from_pretrained(sys.argv[1])
assert not [name for name in sys.modules if name.split(".")[0] in ("devkit", "model")]
print(type(model).__name__, type(processor).__name__, sum(w.numel() for w in model.parameters()))
"""


@pytest.mark.slow
def test_checkpoints_load_with_transformers_alone(trained: Path, tmp_path: Path) -> None:
    folder = last_checkpoint(trained)
    told = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(folder)], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == [
        "LlavaForConditionalGeneration", "LlavaProcessor", str(read_manifest(folder).parameters)
    ]  # fmt: skip


def test_only_the_chosen_parts_learn(make_config: Any) -> None:
    model = build(make_config(), 300)
    set_trained(model, ["connector"])
    learning = {part_of(name) for name, weight in model.named_parameters() if weight.requires_grad}
    assert learning == {"connector"}
    set_trained(model, ["vision", "language"])
    unused = [name for name, weight in model.named_parameters() if ".pooler." in name and weight.requires_grad]
    assert not unused


@pytest.mark.parametrize(("name", "most"), [("small-20m", 20_000_000), ("small", 120_000_000)])
def test_small_is_as_small_as_it_says(name: str, most: int) -> None:
    config = load_config(name)
    assert 0.7 * most < sum(parameter_counts(config, config.tokenizer.vocabulary).values()) <= most
