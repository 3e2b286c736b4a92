"""What a machine has for models, measured: its devices, its speed, and which of the built-in trainings it can carry.

The times are bounds from below: products of matrices at full speed, with nothing waiting for pictures or memory. They
tell minutes from weeks, no more.
"""

from __future__ import annotations

import os
import time

import psutil
import torch

from devkit.shelf import Burden, Gpu, Means
from model.babyvlm.architecture import parameter_counts
from model.config import BUILT_IN, TrainConfig, load_config
from model.flops import step_flops
from model.loop import StepReport
from model.memory import GIB

WIDTH = 1024
MEASURED_S = 0.4
BYTES_A_PARAMETER = 16
"""Weight, gradient and the optimiser's two moments in float32."""
WORDS = 24
ANSWER = 4


def means() -> Means:
    """Measure this machine and work out what the built-in configurations would take on it."""
    gpus = tuple(_gpu(number) for number in range(torch.cuda.device_count()))
    memory = psutil.virtual_memory().total / GIB
    speed = operations_per_s("cuda" if gpus else "cpu")
    room = max((gpu.memory_gib for gpu in gpus), default=memory)
    configs = (load_config(path.stem) for path in BUILT_IN.glob("*.yaml"))
    burdens = sorted((burden(config, speed, room) for config in configs), key=lambda one: one.hours)
    return Means(
        gpus=gpus,
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=round(memory, 1),
        operations_per_s=speed,
        burdens=tuple(burdens),
    )


def operations_per_s(device: str) -> float:
    """Return the speed of a product of matrices: float32 on a processor, bfloat16 on a GPU."""
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    left = torch.ones(WIDTH, WIDTH, dtype=kind, device=device)
    left @ left  # the first product also wakes the device
    done, begun = 0, time.monotonic()
    while (seconds := time.monotonic() - begun) < MEASURED_S:
        left @ left
        if device == "cuda":
            torch.cuda.synchronize()
        done += 1
    return done * 2.0 * WIDTH**3 / seconds


def burden(config: TrainConfig, speed: float, room_gib: float) -> Burden:
    """Return what a configuration asks for.

    Args:
        config: The configuration.
        speed: Operations a second.
        room_gib: Memory of the device.
    """
    vocabulary = config.tokenizer.vocabulary
    counts = parameter_counts(config, vocabulary)
    total = sum(counts.values())
    stage = config.stages["instruct"]
    tokens = stage.batch * (config.tower.tokens + WORDS)
    step = StepReport(1, 0.0, 0.0, 0.0, stage.batch * ANSWER, 1.0, 0.0, tokens, tokens, stage.batch)
    operations = step_flops(config, "instruct", counts, vocabulary, step) * (stage.steps or 0)
    memory = total * BYTES_A_PARAMETER / GIB
    return Burden(
        config=config.name,
        parameters=total,
        memory_gib=round(memory, 2),
        hours=operations / speed / 3600,
        fits=memory < room_gib,
    )


def _gpu(number: int) -> Gpu:
    known = torch.cuda.get_device_properties(number)
    return Gpu(name=known.name, memory_gib=round(known.total_memory / GIB, 1))
