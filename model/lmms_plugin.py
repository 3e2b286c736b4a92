"""The plug by which an installed lmms-eval finds BabyVLM: ``lmms-eval --model babyvlm --model_args pretrained=PATH``.

Named in ``pyproject.toml`` as an entry point, so nothing has to be imported by hand. Imported by lmms-eval alone; what
the model does is in `model.lmms`.
"""

from __future__ import annotations

from typing import Any

from lmms_eval.api.model import lmms
from lmms_eval.models.registry_v2 import ModelManifest

from model.lmms import NAME, BabyVLMForLmms


class BabyVLM(BabyVLMForLmms, lmms):  # type: ignore[misc]
    """A BabyVLM checkpoint, or any image-text model of transformers, inside lmms-eval."""


def manifest() -> Any:
    """Return what lmms-eval registers."""
    return ModelManifest(model_id=NAME, simple_class_path=f"{BabyVLM.__module__}.{BabyVLM.__name__}")
