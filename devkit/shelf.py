"""What the models of a lab say of themselves: rows of ``devkit model list``, and what a machine has for them.

Only the shapes stand here, so that the app can read what the worker wrote; `model.shelf` and `model.means` fill them.
"""

from __future__ import annotations

from typing import Literal

from devkit.items import Strict

Kind = Literal["babyvlm", "contrastive", "vlm", "openclip", "server"]


class Shelved(Strict):
    """One model, or one checkpoint of a run.

    Attributes:
        name: Of the model in the lab.
        kind: ``babyvlm`` and ``contrastive`` were trained by ``devkit train``; ``vlm`` is an image-text model of
            transformers, ``openclip`` weights of OpenCLIP, ``server`` an address.
        respondent: What stands after ``--respondent`` to ask it.
        place: Its folder or file, or the address.
        run: Folder of the training run that it is a checkpoint of; empty for others.
        stage: Stage in which it was taken; empty for others.
        step: Optimiser steps over all stages; None when it is not known.
        hours_seen: Hours of recordings met, with repetition; None when it is not known.
        digest: SHA-256 over weights and settings, as the records of its sessions name it; empty when not worked out.
        parameters: How many; None when it is not known.
        random_weights: True when nothing was trained.
        key_variable: Name of the environment variable that holds a server's key.
        problem: Why it cannot be used; empty when it can, as far as can be seen without loading it.
    """

    name: str
    kind: Kind
    respondent: str
    place: str
    run: str = ""
    stage: str = ""
    step: int | None = None
    hours_seen: float | None = None
    digest: str = ""
    parameters: int | None = None
    random_weights: bool = False
    key_variable: str = ""
    problem: str = ""


class Gpu(Strict):
    """A device that computes faster than the processor."""

    name: str
    memory_gib: float


class Burden(Strict):
    """What training a configuration asks of this machine.

    Attributes:
        config: Its name.
        parameters: How many.
        memory_gib: Weights, gradients and optimiser, activations left out.
        hours: Least time of its instruction stage at the measured speed; the other stages come on top.
        fits: Whether the device has that much memory.
    """

    config: str
    parameters: int
    memory_gib: float
    hours: float
    fits: bool


class Means(Strict):
    """What the machine has for models.

    Attributes:
        gpus: Its devices; empty when the processor computes.
        cores: Cores of the processor that may be used.
        memory_gib: Of the machine.
        operations_per_s: Of a product of matrices in float32 (bfloat16 on a GPU), measured just now.
        burdens: Of the built-in configurations, the lightest first.
    """

    gpus: tuple[Gpu, ...]
    cores: int
    memory_gib: float
    operations_per_s: float
    burdens: tuple[Burden, ...] = ()
