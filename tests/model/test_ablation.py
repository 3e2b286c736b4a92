"""Ablations: each variant changes one thing, the table sums up seeds, an interrupted ablation goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devkit.cli.root import run
from devkit.errors import UserError
from model.ablation import FULL, VARIANTS, Outcome, applicable, table, variants
from model.config import load_config
from model.manifests import last_checkpoint, read_manifest


def test_every_variant_changes_something() -> None:
    demo = load_config("demo")
    joint = demo.stages["joint"].model_copy(update={"mixture": {**demo.stages["joint"].mixture, "place": 1}})
    with_places = demo.model_copy(update={"stages": {**demo.stages, "joint": joint}})
    told = {v.name for config in (demo, with_places) for v, _ in applicable(config, list(VARIANTS.values()))}
    assert told == set(VARIANTS)


def test_variants_change_only_what_they_say(make_config: Any) -> None:
    config = make_config()
    changed = {variant.name: other for variant, other in applicable(config, list(VARIANTS.values()))}
    assert changed["full"] == config
    assert set(config.stages) - set(changed["no-vision"].stages) == {"vision"}
    assert set(changed["no-video"].stages["joint"].mixture) == {"image", "interleaved", "crop"}
    assert changed["no-video"].stages["instruct"] == config.stages["instruct"]
    assert "crop" not in changed["no-names"].stages["joint"].mixture
    assert changed["by-age"].order == "age"
    assert changed["half-resolution"].tower.tokens == config.tower.tokens
    assert changed["low-rates"].stages["joint"].lr == pytest.approx(config.stages["joint"].lr / 10)
    assert changed["high-rates"].stages["instruct"].vision_lr == pytest.approx(1.5e-3)
    assert "vision" not in changed["frozen-tower"].stages["instruct"].trained
    assert changed["frozen-tower"].stages["vision"].trained == ("vision",)
    assert changed["other-centring"].dino.centring == "sinkhorn"
    assert "even-mixture" not in changed  # it is even as it is
    assert (changed["few-recordings"].recordings, changed["letters-after"].letters) == (0.25, "after")


def test_what_changes_nothing_is_left_out(make_config: Any) -> None:
    config = make_config()
    without = config.model_copy(update={"stages": {k: s for k, s in config.stages.items() if k != "vision"}})
    assert "no-vision" not in {variant.name for variant, _ in applicable(without, list(VARIANTS.values()))}


def test_the_full_training_always_comes_first() -> None:
    assert [variant.name for variant in variants(["no-video"])] == ["full", "no-video"]
    with pytest.raises(UserError, match="no-video"):
        variants(["no-vidio"])


def test_the_table_tells_mean_and_spread_over_seeds() -> None:
    outcomes = [
        Outcome("full", 0, "a/standard", 90, 100, 0.5),
        Outcome("full", 1, "a/standard", 80, 100, 0.5),
        Outcome("full", 0, "b/standard", 25, 100, 0.25),
        Outcome("full", 1, "b/standard", 45, 100, 0.25),
        Outcome("no-video", 0, "a/standard", 50, 100, 0.5),
    ]
    assert table(outcomes) == [
        ["variant", "a/standard", "b/standard", "above chance"],
        ["full", "85 ± 7", "35 ± 14", "1.5"],
        ["no-video", "50", "–", "0.0"],
    ]


def test_above_chance_is_the_criterion_of_the_report() -> None:
    # R: binom.test(66, 100, 0.5, alternative = "greater")$p.value → 0.0008949652; 65 → 0.001758821
    assert Outcome(FULL.name, 0, "a", 66, 100, 0.5).above
    assert not Outcome(FULL.name, 0, "a", 65, 100, 0.5).above


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_an_ablation_from_the_command_line_goes_on(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = str(built), str(tmp_path / "out")
    few = [word for stage in ("vision", "language", "align", "joint", "instruct") for word in _set(f"{stage}.steps", 2)]
    size = ["--seeds", "1", "--items", "10", "--processes", "1", "--set", "machine.tensorboard=false"]
    wanted = ["--variant", "few-recordings", "--variant", "letters-after"]
    command = ["ablate", "demo", "--data", data, "--out", out, *size, *few, *wanted]
    assert run(command) == 0
    assert "above chance" in capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in Path(out).glob("*/scores.json")}
    assert {path.parent.name for path in before} == {"full-0", "few-recordings-0", "letters-after-0"}
    trained = {name: read_manifest(last_checkpoint(Path(out) / f"{name}-0")) for name in ("full", "few-recordings")}
    assert set(trained["few-recordings"].training_recordings) < set(trained["full"].training_recordings)
    assert read_manifest(last_checkpoint(Path(out) / "letters-after-0")).letters == "after"
    assert run([*command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["variant"] for row in rows} == {"full", "few-recordings", "letters-after"}
    assert all(row["items"] <= 10 for row in rows)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    elsewhere = [*command, "--set", "stages.joint.lr=1e-3"]
    assert run(elsewhere) == 2, "scores of another configuration are not taken for this one's"
    assert "another" in capsys.readouterr().err
    assert run([*command, "--items", "12", "--json"]) == 0
    assert max(row["items"] for row in json.loads(capsys.readouterr().out)) == 12


def _set(where: str, value: int) -> list[str]:
    return ["--set", f"stages.{where}={value}"]
