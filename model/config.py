"""Training configurations as typed files: the five stages, what is logged, how the machine is used.

A configuration is YAML, found by name among the built-in ones (``tiny``, ``small``, ``base`` …) or by path.
`load_config` collects every mistake before it says anything. The sizes of the model are in `model.parts`, what a stage
*does* is in `model.stages`; here is only what can be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from devkit.errors import Problem, Problems, UserError, did_you_mean
from devkit.items import Strict
from model.manifests import Letters
from model.parts import DinoConfig, LanguageConfig, TokenizerConfig, TowerConfig

BUILT_IN = Path(__file__).parent / "configs"
StageName = Literal["vision", "language", "align", "joint", "instruct"]
STAGES: tuple[StageName, ...] = ("vision", "language", "align", "joint", "instruct")
Part = Literal["vision", "connector", "language"]


class StageConfig(Strict):
    """One stage of training.

    Attributes:
        steps: Optimiser steps; or give ``epochs``.
        epochs: Passes over the stage's data.
        batch: Samples of one step over all processes.
        micro: Samples of one forward pass; a step is made of ``batch / micro`` of them.
        trained: Which parts learn; the others are frozen.
        lr: Peak learning rate.
        vision_lr: Peak learning rate of the vision tower where it differs.
        betas: Of AdamW.
        weight_decay: Of AdamW, on matrices only.
        warmup: Share of the steps in which the rate rises linearly; afterwards it falls by a cosine.
        floor: Share of the peak rate at which the cosine ends.
        clip: Largest norm of the gradient.
        tokens: Most tokens of one forward pass; sources with long samples then give fewer than ``micro``.
        length: Longest sequence, tokens; packed sequences have exactly this length.
        mixture: Weights of the stage's sources: ``image``, ``crop``, ``video``, ``interleaved`` in the joint stage,
            ``task/form`` in the instruction stage, ``task/form lesson N`` for a lesson that goes on; empty for the
            stage's own default.
        jitter: Strength of random changes of light and colour, the same for all pictures of a sequence; 0 for none.
        shift: Largest share of a narrated picture that is cut off at random from each side; 0 for none.
        pack: Whether samples are joined into rows of at most ``length`` tokens. A sample never sees its neighbours:
            positions start anew with each, and attention ends at its bounds.
        group: Forward passes whose samples are sorted by length among themselves, so that little is padded; 0 or 1
            for none. Only for sources that know their lengths beforehand.
        lesson: Forward passes that each easier lesson of a task form has at the start of the stage, form after form,
            before the whole mixture begins (`devkit.tasks.base.Task.lessons`); 0 for none, as published.
        rehearse: Forward passes of the mixture, as far as its forms have had their lessons, for each of a lesson; 0.5
            is one after every second.
    """

    steps: int | None = Field(default=None, ge=0)
    epochs: float | None = Field(default=None, gt=0)
    batch: int = Field(gt=0)
    micro: int = Field(gt=0)
    trained: tuple[Part, ...] = Field(min_length=1)
    lr: float = Field(gt=0)
    vision_lr: float | None = None
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = 0.0
    warmup: float = 0.03
    floor: float = 0.1
    clip: float = 1.0
    tokens: int | None = None
    length: int = 512
    mixture: dict[str, float] = Field(default_factory=dict)
    jitter: float = 0.0
    shift: float = Field(default=0.0, ge=0, lt=0.5)
    pack: bool = False
    group: int = Field(default=0, ge=0)
    lesson: int = Field(default=0, ge=0)
    rehearse: float = Field(default=0.5, ge=0, le=10)

    @model_validator(mode="after")
    def _coherent(self) -> StageConfig:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        if self.batch % self.micro:
            raise ValueError("batch must be a multiple of micro")
        return self


class ProbeConfig(Strict):
    """The small test that a growing model takes at each checkpoint, on items from the validation recordings.

    Attributes:
        items: Items of each task form; 0 for no test.
        samples: Answers of each form that are kept in words.
    """

    items: int = Field(default=0, ge=0)
    samples: int = Field(default=2, ge=0)


class MachineConfig(Strict):
    """How the machine is used. Nothing here changes what is learnt, so a run may go on under other settings.

    Attributes:
        parallel: How processes share the work: ``sum`` adds gradients up after each step, ``ddp`` while they arise,
            ``fsdp`` also shares out weights and optimiser (the vision stage then uses ``ddp``); ``auto`` is ``ddp``
            on GPUs and ``sum`` without.
        workers: Processes that make samples ahead, for each process that trains; None for as many as there are
            cores to spare next to a GPU, and none without.
        ahead: Forward passes that each of them keeps ready.
        attention: Kernel of the attention; ``flash_attention_2`` needs the package of that name and a GPU.
        compile: Whether the blocks of tower and language model are compiled.
        recompute: Whether activations are made again in the backward pass instead of being kept.
        tensorboard: Whether the log is also written for TensorBoard.
    """

    parallel: Literal["auto", "sum", "ddp", "fsdp"] = "auto"
    workers: int | None = Field(default=None, ge=0)
    ahead: int = Field(default=4, ge=1)
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    compile: bool = False
    recompute: bool = False
    tensorboard: bool = True


class ContrastiveConfig(Strict):
    """The second learner: image and utterance towers that learn which belong together (Vong et al. 2024, CVCL).

    Tower and tokenizer are the configuration's own; the utterance tower has the language model's width and depth.

    Attributes:
        steps: Optimiser steps; or give ``epochs``.
        epochs: Passes over the narrated pictures and clips.
        batch: Pairs of one step over all processes; each is a distractor to all others.
        lr: Peak learning rate.
        weight_decay: Of AdamW.
        warmup: Share of the steps in which the rate rises.
        clip: Largest norm of the gradient.
        context: Longest utterance, tokens; longer ones are cut.
        embedding: Width of the common space.
        scale: Share of a picture's area that a random crop keeps, smallest and largest.
    """

    steps: int | None = Field(default=None, ge=1)
    epochs: float | None = Field(default=None, gt=0)
    batch: int = Field(default=128, gt=1)
    lr: float = Field(default=1e-3, gt=0)
    weight_decay: float = 0.1
    warmup: float = 0.1
    clip: float = 1.0
    context: int = Field(default=32, gt=3)
    embedding: int = Field(default=128, gt=0)
    scale: tuple[float, float] = (0.5, 1.0)

    @model_validator(mode="after")
    def _coherent(self) -> ContrastiveConfig:
        if self.steps is not None and self.epochs is not None:
            raise ValueError("give either steps or epochs")
        return self


class TrainConfig(Strict):
    """Everything that a run is made from, apart from its data.

    Attributes:
        name: Of the configuration; part of the model's name.
        seed: Of weights and data.
        tower: Vision tower.
        language: Language model.
        tokenizer: Tokenizer.
        dino: Self-distillation.
        stages: The stages that the run has, by name.
        checkpoints: Checkpoints per stage from ``align`` on, log-spaced in steps; the last step is always one.
        save_every: Steps between two saved states to resume from.
        dtype: Type of the forward pass on a GPU; on a CPU everything is float32.
        picture_width: Width to which frames are reduced when they are loaded for training, pixels; None keeps them.
        order: ``shuffled``, or ``age``: a curriculum in which each stage meets younger recordings first.
        recordings: Share of the training recordings that are used, drawn by the seed.
        letters: Whether a picture's letter comes ``before`` it in a question, as the tasks are worded, or ``after`` it.
        contrastive: The second learner.
        probe: The small test at each checkpoint.
        machine: How the machine is used.
    """

    name: str
    seed: int = 0
    tower: TowerConfig
    language: LanguageConfig
    tokenizer: TokenizerConfig
    dino: DinoConfig = DinoConfig()
    stages: dict[StageName, StageConfig]
    checkpoints: int = Field(default=4, ge=1)
    save_every: int = Field(default=200, ge=1)
    dtype: Literal["float32", "bfloat16"] = "float32"
    picture_width: int | None = None
    order: Literal["shuffled", "age"] = "shuffled"
    recordings: float = Field(default=1.0, gt=0, le=1)
    letters: Letters = "before"
    contrastive: ContrastiveConfig = ContrastiveConfig()
    probe: ProbeConfig = ProbeConfig()
    machine: MachineConfig = MachineConfig()

    @property
    def identity(self) -> dict[str, Any]:
        """What makes a run the run that it is: everything but defaults, the small test and the machine."""
        return self.model_dump(mode="json", exclude={"machine", "probe"}, exclude_defaults=True)


def load_config(name: str, changes: Sequence[str] = ()) -> TrainConfig:
    """Read a configuration by its built-in name or by path.

    Args:
        name: ``tiny``, ``small`` …, or a path.
        changes: Values that differ, each as ``stages.joint.lr=1e-3``.

    Raises:
        UserError: No such configuration, no YAML, or a change that is none.
        Problems: All the mistakes of the file, each with its line.
    """
    path = BUILT_IN / f"{name}.yaml" if (BUILT_IN / f"{name}.yaml").is_file() else Path(name)
    if not path.is_file():
        known = sorted(found.stem for found in BUILT_IN.glob("*.yaml"))
        hint = did_you_mean(name, known) or f"built in: {', '.join(known)}; or give the path of a YAML file"
        raise UserError(f"there is no training configuration '{name}'", hint=hint)
    try:
        data = YAML().load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(str(error.problem or "not YAML"), place=f"{path.name}:{line}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError("not a YAML text", place=str(path)) from error
    if not isinstance(data, Mapping):
        raise UserError("a training configuration is a mapping", place=str(path))
    for change in changes:
        _change(data, change)
    try:
        return TrainConfig.model_validate(data)
    except ValidationError as error:
        problems = [_problem(path, data, dict(found)) for found in error.errors()]
        raise Problems(problems, subject=str(path)) from error


def _change(data: Any, change: str) -> None:
    """Set one value of a configuration, given as ``a.b.c=value``; the value is YAML."""
    where, equals, text = change.partition("=")
    *parents, last = where.split(".")
    node = data
    for key in parents:
        node = node.setdefault(key, {}) if isinstance(node, dict) else None
    if not (equals and last) or not isinstance(node, dict):
        raise UserError(f"'{change}' changes nothing", hint="write it as stages.joint.lr=1e-3")
    try:
        node[last] = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise UserError(f"the value of '{where}' is no YAML", hint="write it as stages.joint.lr=1e-3") from error


def _problem(path: Path, data: Any, found: dict[str, Any]) -> Problem:
    """Turn one of pydantic's errors into a problem with line and a guess at what was meant."""
    node, line, parents = data, 1, list(found["loc"])
    for key in parents:
        if not isinstance(node, Mapping) or key not in node:
            break
        with suppress(AttributeError, KeyError):  # what was changed from outside has no line
            line = getattr(node, "lc").key(key)[0] + 1  # noqa: B009 - only what ruamel made has it
        node = node[key]
    where = ".".join(str(part) for part in parents if part != "[key]")
    hint = ""
    if found["type"] == "extra_forbidden":
        hint = did_you_mean(str(parents[-1]), _known_keys())
    message = str(found["msg"]).removeprefix("Value error, ")
    return Problem("config", f"{where}: {message}" if where else message, f"{path.name}:{line}", hint)


def _known_keys() -> set[str]:
    models = (
        TrainConfig,
        TowerConfig,
        LanguageConfig,
        TokenizerConfig,
        DinoConfig,
        StageConfig,
        ContrastiveConfig,
        ProbeConfig,
        MachineConfig,
    )
    return {name for model in models for name in model.model_fields}
