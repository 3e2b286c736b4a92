"""From a picture to what the tower takes: square by padding with the mean colour, resized, normalised.

The same steps as `transformers.LlavaImageProcessor` with ``do_pad``, kept as bytes until the last moment so that
millions of pictures fit into memory and a batch is normalised at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from devkit.errors import UserError

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
GROUND = tuple(int(channel * 255) for channel in MEAN)


def open_picture(path: Path) -> Image.Image:
    """Load a picture as RGB.

    Raises:
        UserError: It is missing, cut off, no picture, or holds numbers that are none.
    """
    try:
        with Image.open(path) as image:
            if image.mode in ("F", "I", "I;16") and not np.isfinite(np.asarray(image, dtype=np.float64)).all():
                raise UserError("the picture holds values that are not numbers", place=str(path))
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise UserError("the picture cannot be read", place=str(path), hint=str(error)[:200]) from error


def to_square(image: Image.Image, side: int) -> np.ndarray:
    """Pad a picture to a square with the mean colour and resize it bilinearly.

    Args:
        image: RGB of any size.
        side: Pixels.

    Returns:
        Bytes, shape (side, side, 3).
    """
    image = image if image.mode == "RGB" else image.convert("RGB")
    width, height = image.size
    if width != height:
        longest = max(width, height)
        square = Image.new("RGB", (longest, longest), GROUND)
        square.paste(image, ((longest - width) // 2, (longest - height) // 2))
        image = square
    if image.size != (side, side):
        image = image.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.uint8)


def normalise(pictures: Sequence[np.ndarray] | np.ndarray, device: torch.device | str = "cpu") -> torch.Tensor:
    """Stack bytes of shape (side, side, 3) and normalise them to float32 of shape (N, 3, side, side) on a device."""
    stacked = torch.from_numpy(pictures if isinstance(pictures, np.ndarray) else np.stack(list(pictures)))
    mean = torch.tensor(MEAN).mul_(255).to(device)
    scale = torch.tensor(STD).mul_(255).reciprocal_().to(device)
    return stacked.to(device).float().sub_(mean).mul_(scale).permute(0, 3, 1, 2).contiguous()


def jitter(pixels: torch.Tensor, owners: torch.Tensor, strength: float, chance: torch.Generator) -> torch.Tensor:
    """Change brightness, contrast and colours of pictures at random, in the same way for those of one sequence.

    Colours are mixed by a random matrix near the identity: what a thing is must not hang on its colour, while things
    of one colour still look alike within a question.

    Args:
        pixels: Normalised pictures, (N, 3, H, W).
        owners: (N,), the sequence that each picture belongs to.
        strength: Standard deviation of the changes; 0 returns the pictures as they are.
        chance: Source of chance.
    """
    if not strength:
        return pixels
    count, device = int(owners.max()) + 1, pixels.device
    mix = torch.eye(3) + strength * torch.randn(count, 3, 3, generator=chance)
    gain = (0.5 * strength * torch.randn(count, 1, 1, generator=chance)).exp()
    shift = 0.5 * strength * torch.randn(count, 3, 1, 1, generator=chance)
    mixed = torch.einsum("ncd,ndhw->nchw", (mix * gain)[owners].to(device), pixels)
    return mixed + shift[owners].to(device)
