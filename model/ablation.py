"""Ablations: one training with one thing left out or changed at a time, over several seeds, in one table.

Each run is an ordinary one in a folder of its own, so an interrupted ablation goes on where it stopped. What a run has
learnt is told by the small test at its end (`model.probe`), on items from the validation recordings: what is chosen by
an ablation must not have seen the test recordings.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from devkit.errors import UserError, did_you_mean
from devkit.files import write_whole
from devkit.ids import digest_json
from model.config import ProbeConfig, StageConfig, StageName, TrainConfig
from model.data.corpus import load_training_data
from model.launch import train
from model.probe import Probe
from model.run import Watcher, last_checkpoint
from model.stages import DEFAULT_MIXTURE, NARRATED

SCORES = "scores.json"
ALPHA = 0.001
Change = Callable[[TrainConfig], TrainConfig]


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that is changed.

    Attributes:
        name: On the command line and in the table.
        meaning: In words.
        change: Makes the changed configuration from the full one.
    """

    name: str
    meaning: str
    change: Change


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run scored on one task form.

    Attributes:
        variant: Of the configuration.
        seed: Of weights and data.
        form: ``task/form``.
        right: Items right (for Memory the sum of the adjusted scores).
        items: Items put.
        chance: Of a guess.
    """

    variant: str
    seed: int
    form: str
    right: float
    items: int
    chance: float

    @property
    def share(self) -> float:
        """Share of items right."""
        return self.right / self.items

    @property
    def above(self) -> bool:
        """Whether the run is above chance on the form: one-sided binomial test, p < 0.001."""
        return bool(binomtest(round(self.right), self.items, self.chance, alternative="greater").pvalue < ALPHA)


def _without_stage(name: StageName) -> Change:
    def change(config: TrainConfig) -> TrainConfig:
        return config.model_copy(update={"stages": {key: s for key, s in config.stages.items() if key != name}})

    return change


def _without_sources(stage: StageName, dropped: Sequence[str]) -> Change:
    def change(config: TrainConfig) -> TrainConfig:
        if stage not in config.stages:
            return config
        settings = config.stages[stage]
        mixture = settings.mixture or DEFAULT_MIXTURE.get(stage, {})
        kept = {key: weight for key, weight in mixture.items() if key not in dropped}
        if not kept or len(kept) == len(mixture):
            return config
        return config.model_copy(
            update={"stages": {**config.stages, stage: settings.model_copy(update={"mixture": kept})}}
        )

    return change


def _stages(change: Callable[[StageName, StageConfig], Mapping[str, Any]]) -> Change:
    """Change values of every stage."""

    def changed(config: TrainConfig) -> TrainConfig:
        stages = {name: stage.model_copy(update=change(name, stage)) for name, stage in config.stages.items()}
        return config.model_copy(update={"stages": stages})

    return changed


def _setting(**values: Any) -> Change:
    return lambda config: config.model_copy(update=values)


def _rates(factor: float) -> Change:
    def rates(name: StageName, stage: StageConfig) -> Mapping[str, Any]:
        tower = None if stage.vision_lr is None else stage.vision_lr * factor
        return {"lr": stage.lr * factor, "vision_lr": tower}

    return _stages(rates)


def _even(name: StageName, stage: StageConfig) -> Mapping[str, Any]:
    mixture = stage.mixture or DEFAULT_MIXTURE.get(name, {})
    return {"mixture": dict.fromkeys(mixture, 1.0)} if len(set(mixture.values())) > 1 else {}


def _frozen(name: StageName, stage: StageConfig) -> Mapping[str, Any]:
    rest = tuple(part for part in stage.trained if part != "vision")
    return {} if name == "vision" or not rest else {"trained": rest}


def _other_centring(config: TrainConfig) -> TrainConfig:
    other = "mean" if config.dino.centring == "sinkhorn" else "sinkhorn"
    if "vision" not in config.stages:
        return config
    return config.model_copy(update={"dino": config.dino.model_copy(update={"centring": other})})


def _narrow(config: TrainConfig) -> TrainConfig:
    parts = {name: getattr(config, name).model_copy(update={"init": 0.02}) for name in ("tower", "language")}
    return config.model_copy(update=parts)


def _coarse(config: TrainConfig) -> TrainConfig:
    half = {"image_size": config.tower.image_size // 2, "patch_size": config.tower.patch_size // 2}
    dino = config.dino.model_copy(update={"local_size": config.dino.local_size // 2})
    return config.model_copy(update={"tower": config.tower.model_copy(update=half), "dino": dino})


FULL = Variant("full", "as configured", _setting())
VARIANTS: Mapping[str, Variant] = {
    variant.name: variant
    for variant in (
        FULL,
        Variant("no-vision", "no self-distillation before", _without_stage("vision")),
        Variant("frozen-tower", "the tower learns by self-distillation alone", _stages(_frozen)),
        Variant("other-centring", "moving mean for Sinkhorn, or the reverse, in self-distillation", _other_centring),
        Variant("no-language", "no utterances alone before", _without_stage("language")),
        Variant("no-joint", "no narrated pictures before instruction", _without_stage("joint")),
        Variant("no-names", "no objects cut out with their noun", _without_sources("joint", ("name", "crop"))),
        Variant("no-places", "nothing said of where things are", _without_sources("joint", ("place",))),
        Variant("no-video", "no clips", _without_sources("joint", ("video",))),
        Variant("no-interleaved", "no interleaved sequences", _without_sources("joint", ("interleaved",))),
        Variant("no-instruction", "no instruction", _without_stage("instruct")),
        Variant("no-rehearsal", "no narrated pictures during instruction", _without_sources("instruct", NARRATED)),
        Variant("even-mixture", "all sources of a stage as often as one another", _stages(_even)),
        Variant("few-recordings", "a quarter of the recordings", _setting(recordings=0.25)),
        Variant("by-age", "younger recordings first", _setting(order="age")),
        Variant("letters-after", "letters after their pictures in questions", _setting(letters="after")),
        Variant("half-resolution", "pictures of half the side, as many tokens", _coarse),
        Variant("narrow-init", "initial weights of standard deviation 0.02", _narrow),
        Variant("low-rates", "a tenth of the learning rates", _rates(0.1)),
        Variant("high-rates", "three times the learning rates", _rates(3.0)),
        Variant("no-jitter", "no changes of light and colour", _stages(lambda name, stage: {"jitter": 0.0})),
    )
}


def variants(names: Sequence[str]) -> list[Variant]:
    """Return the named variants, `FULL` first whether named or not; all when none is named.

    Raises:
        UserError: There is no such variant.
    """
    for name in names:
        if name not in VARIANTS:
            hint = did_you_mean(name, VARIANTS) or f"there are {', '.join(VARIANTS)}"
            raise UserError(f"there is no variant '{name}'", hint=hint)
    return [v for v in VARIANTS.values() if v is FULL or not names or v.name in names]


def applicable(config: TrainConfig, wanted: Sequence[Variant]) -> list[tuple[Variant, TrainConfig]]:
    """Return each variant with its configuration; those that change nothing are left out."""
    changed = [(variant, variant.change(config)) for variant in wanted]
    return [(variant, other) for variant, other in changed if variant is FULL or other != config]


def ablate(
    config: TrainConfig,
    data: Path,
    out: Path,
    wanted: Sequence[Variant],
    *,
    seeds: int,
    items: int,
    processes: int,
    watch: Callable[[str, int], Watcher],
) -> Iterator[list[Outcome]]:
    """Train every variant with every seed; yield what each run scored.

    Seeds take turns before variants do, so that a table over all variants is there early.

    Args:
        config: The full configuration; seeds count on from its own.
        data: Folder of ``devkit corpus build``.
        out: Folder of all runs and of the table.
        wanted: Variants.
        seeds: Number of seeds.
        items: Items of each form in the test at the end.
        processes: That train one run together.
        watch: Makes the watcher of a run from the variant's name and the seed.

    Raises:
        UserError: A folder holds a run of another configuration.
    """
    held = load_training_data(data, split="val", width=config.picture_width)
    probe = Probe(held.pool, ProbeConfig(items=items, samples=0), out / "pictures", config.seed)
    for seed in range(config.seed, config.seed + seeds):
        for variant, changed in applicable(config, wanted):
            folder = out / f"{variant.name}-{seed}"
            ready = changed.model_copy(update={"seed": seed, "checkpoints": 1})
            asked = digest_json({"config": ready.identity, "data": held.digest, "items": items, "test": config.seed})
            outcomes = _known(folder / SCORES, asked)
            if outcomes is None:
                train(ready, data, folder, stage=None, watch=watch(variant.name, seed), processes=processes)
                outcomes = list(_tested(probe, folder, variant.name, seed))
                scores = {"asked": asked, "outcomes": [asdict(outcome) for outcome in outcomes]}
                write_whole(folder / SCORES, json.dumps(scores, indent=2).encode())
            yield outcomes


def _known(path: Path, asked: str) -> list[Outcome] | None:
    """Return the scores that lie in a run's folder; None if there are none, or they answer another question."""
    if not path.is_file():
        return None
    scores = json.loads(path.read_text("utf-8"))
    if not isinstance(scores, dict) or scores.get("asked") != asked:
        return None
    return [Outcome(**row) for row in scores["outcomes"]]


def _tested(probe: Probe, run: Path, variant: str, seed: int) -> Iterator[Outcome]:
    for row in probe(last_checkpoint(run)):
        yield Outcome(variant, seed, str(row["form"]), float(row["right"]), int(row["items"]), float(row["chance"]))


def table(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """Return the table: a line for each variant, a column for each form, mean ± standard deviation over seeds.

    The last column counts the forms above chance in a run, its mean over seeds.
    """
    by_variant: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_variant[outcome.variant].append(outcome)
    forms = list(dict.fromkeys(outcome.form for outcome in outcomes))
    lines = [["variant", *forms, "above chance"]]
    for name, mine in by_variant.items():
        shares = [[o.share for o in mine if o.form == form] for form in forms]
        seeds = len({o.seed for o in mine})
        lines.append([name, *map(_spread, shares), f"{sum(o.above for o in mine) / seeds:.1f}"])
    return lines


def _spread(shares: Sequence[float]) -> str:
    if not shares:
        return "–"
    mean = f"{100 * statistics.mean(shares):.0f}"
    return f"{mean} ± {100 * statistics.stdev(shares):.0f}" if len(shares) > 1 else mean
