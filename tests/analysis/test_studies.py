"""The published studies: DevBench's divergence and the looking-while-listening study, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.items.divergence import BOUNDS, divergence_at
from analysis.options import Options
from analysis.studies import devbench, sections, study_in, visual_precision
from analysis.studies.visual_precision import pair_key, similarities
from analysis.studies.visual_precision_flags import compare_flags
from analysis.studies.visual_precision_pilot import WITHIN, pilot_results
from devkit.cli.root import run
from devkit.errors import UserError

COUNTS = {
    "4 years": 108,
    "7 years": 108,
    "10 years": 108,
    "25 years": 108,
    "1.5 years": 32,
    "2 years": 8,
    "2.5 years": 36,
}


def small(folder: Path) -> Path:
    """A bench of our own making: two tasks, two models, three trials."""
    for task in devbench.TASKS:
        own = folder / "evals" / task.folder
        own.mkdir(parents=True)
        columns = {"prop": [0.7, 0.6]} if task.options == 2 else {f"image{o + 1}": [0.25, 0.25] for o in range(4)}
        pd.DataFrame({"age_bin": [2, 2], "trial": [1, 3], **columns}).to_csv(own / "human.csv", index=False)
        scores = np.zeros((3, task.options))
        scores[1:, 0] = 1.0
        np.save(own / f"{task.prefix}tied.npy", scores)
        np.save(own / f"{task.prefix}pairs.npy", np.stack([scores + 1, np.ones_like(scores)], axis=2))
    return folder


def test_ties_are_wrong_and_two_numbers_go_by_difference(tmp_path: Path) -> None:
    found = {one.name: one for one in devbench.sections(small(tmp_path), Options())}
    for finding in found["lex-lwl-accuracy"].findings:
        assert finding.result.estimate == pytest.approx(2 / 3)
        assert "1 ties, taken as wrong" in finding.result.warnings
    one, two = (f.result for f in found["lex-lwl-divergence"].findings if f.labels[3] != "common")
    assert one.estimate == pytest.approx(two.estimate)
    assert one.count("trials") == 2


@pytest.mark.parametrize("spoil", ["human", "shape", "models", "trial"])
def test_a_spoiled_bench_is_named(tmp_path: Path, spoil: str) -> None:
    own = small(tmp_path) / "evals" / "lex-lwl"
    if spoil == "human":
        (own / "human.csv").write_text("age_bin,trial\n2,1\n")
    elif spoil == "shape":
        np.save(own / "lwl_pairs.npy", np.zeros((3, 5)))
    elif spoil == "models":
        for path in own.glob("*.npy"):
            path.unlink()
    else:
        (own / "human.csv").write_text("age_bin,trial,prop\n2,9,0.5\n")
    with pytest.raises(UserError, match="lex-lwl"):
        devbench.sections(tmp_path, Options())


def test_devbench_is_within_a_fine_grid_of_the_optimum(shared_data: Path) -> None:
    assert study_in(shared_data / "devbench") == "devbench"
    found = {one.name: one for one in sections("devbench", shared_data / "devbench", Options())}
    for task in devbench.TASKS:
        models = {model.name: model for model in devbench.models(shared_data / "devbench", task)}
        trials = len(next(iter(models.values())).score_TO)
        human = devbench.human_shares(shared_data / "devbench", task, trials)
        rows = [f for f in found[f"{task.folder}-divergence"].findings if f.labels[3] != "common"]
        assert len(rows) == len(models) * len(human)
        assert len(models) == 19
        for finding in rows:
            name, age, *_ = finding.labels
            there = np.isfinite(human[age]).any(axis=1)
            score = models[name].score_TO[there]
            grid = min(divergence_at(human[age][there], score, b) for b in np.geomspace(*BOUNDS, 100))
            assert finding.result.estimate is not None
            assert finding.result.estimate <= grid + 1e-4
            assert finding.result.count("trials") == COUNTS[age]


def test_every_flag_of_the_study_is_computed_again(shared_data: Path) -> None:
    folder = shared_data / "visual-precision"
    assert study_in(folder) == "visual_precision"
    table, shown = (
        visual_precision.read(folder, visual_precision.LOOKED),
        visual_precision.read(folder, visual_precision.SHOWN),
    )
    found = compare_flags(table, shown)
    assert len(found) == 16
    for labels, result in found:
        assert result.estimate == 1.0, labels
        assert result.count("rows") >= 3700


def test_the_pilot_s_frames_give_the_study_s_shares(shared_data: Path) -> None:
    for labels, result in pilot_results(shared_data / "visual-precision", Options()):
        if labels[0] != "time course":
            assert result.estimate is not None
            assert result.estimate <= WITHIN
            assert result.checks[0].held


def test_similarities_are_at_pair_level(shared_data: Path) -> None:
    folder = shared_data / "visual-precision"
    for model in visual_precision.MODELS:
        table = similarities(folder, model)
        last = table[table["epoch"] == table["epoch"].max()] if "epoch" in table else table
        assert len(last) == 16
        assert last["pair"].is_unique
    assert "text_similarity" not in similarities(folder, "saycamvit")
    assert pair_key("swan", "turkey") == pair_key("turkey", "swan")


@pytest.mark.slow
def test_the_whole_study_in_one_command(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyse", str(shared_data / "visual-precision"), "--json", "--draws", "200"]) == 0
    out = capsys.readouterr().out
    for words in ("easy-acorn-key", "hard-distractor", "noise ceiling", "saycamvit", "14–17 months"):
        assert words in out


def test_a_folder_without_the_study_s_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "data/main/processed_data/level-trials_data.csv"
    table.parent.mkdir(parents=True)
    table.write_text("a,b\n1,2\n")
    assert run(["analyse", str(tmp_path)]) == 2
    assert "has no column" in capsys.readouterr().err
