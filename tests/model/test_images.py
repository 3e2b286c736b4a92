from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

from model.images import MEAN, STD, jitter, normalise, to_square


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 90), st.integers(3, 90), st.integers(0, 2**32 - 1))
def test_equals_the_llava_processor(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    theirs = LlavaImageProcessorPil(
        do_pad=True,
        size={"shortest_edge": 32},
        crop_size={"height": 32, "width": 32},
        resample=2,
        image_mean=list(MEAN),
        image_std=list(STD),
    )
    expected = torch.as_tensor(np.asarray(theirs(images=[image])["pixel_values"]))
    assert torch.allclose(normalise([to_square(image, 32)]), expected, atol=1e-5)


def test_grey_and_palette_pictures_become_rgb() -> None:
    assert to_square(Image.new("L", (10, 20), 7), 16).shape == (16, 16, 3)
    assert to_square(Image.new("P", (16, 16)), 16).shape == (16, 16, 3)


def test_jitter_is_reproducible_shared_by_a_sequence_and_can_be_off() -> None:
    pixels = torch.randn(1, 3, 8, 8).expand(4, 3, 8, 8)
    owners = torch.tensor([0, 0, 1, 1])
    one, two = (jitter(pixels, owners, 0.2, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.allclose(one[0], one[1])
    assert not torch.allclose(one[1], one[2])
    assert jitter(pixels, owners, 0.0, torch.Generator()) is pixels
