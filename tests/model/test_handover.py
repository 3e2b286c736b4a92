"""What leaves a run: the card, the proof of training from nothing, the small test, and lmms-eval's interface."""

from __future__ import annotations

import json
import pickle
import shutil
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from devkit.cli.root import run as devkit
from devkit.errors import UserError
from devkit.pool import Pool
from model.card import write_card
from model.checkpoints import load_weights
from model.config import ProbeConfig
from model.images import open_picture
from model.lmms import BabyVLMForLmms
from model.manifests import last_checkpoint
from model.probe import Probe
from model.provenance import append_link, check_scratch, last_weights
from model.vlm.load import load_vlm


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


def test_a_run_from_nothing_passes(trained: Path) -> None:
    found = check_scratch(trained, last_weights(trained))
    assert found.findings == ()
    assert found.stages == ("vision", "language", "align", "joint", "instruct")
    assert found.weights > 30


def test_weights_from_elsewhere_are_found(copied: Path) -> None:
    weights = last_checkpoint(copied) / "model.safetensors"
    changed = {name: value + 0.5 if "lm_head" in name else value for name, value in load_file(weights).items()}
    save_file(changed, weights, metadata={"format": "pt"})
    assert [p.code for p in check_scratch(copied, last_weights(copied)).findings] == ["broken-chain"]
    assert devkit(["model", "check", str(copied)]) == 1


def test_initial_weights_that_the_seed_does_not_give_are_found(copied: Path) -> None:
    initial = json.loads((copied / "initial_weights.json").read_text())
    initial["lm_head.weight"] = "0" * 64
    (copied / "initial_weights.json").write_text(json.dumps(initial))
    codes = [problem.code for problem in check_scratch(copied).findings]
    assert codes == ["weights-not-from-seed", "broken-chain"]


def test_a_file_of_weights_that_was_opened_is_found(copied: Path) -> None:
    append_link(copied, {"event": "ends", "stage": "joint", "step": 12, "weights": "x", "opened": ["clip.bin"]})
    assert "outside-weights" in [problem.code for problem in check_scratch(copied).findings]


def test_opened_files_of_weights_are_noted(trained: Path, tmp_path: Path) -> None:
    from model.provenance import opened_outside, watch_files

    watch_files()
    opened_outside(trained)
    torch.save({}, tmp_path / "borrowed.pt")
    torch.load(tmp_path / "borrowed.pt", weights_only=True)
    assert opened_outside(trained) == ["borrowed.pt"]
    assert opened_outside(trained) == []


def test_the_card_tells_data_hours_stages_and_proof(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = write_card(copied).read_text(encoding="utf-8")
    assert text.startswith("---\nlibrary_name: transformers")
    assert "All " in text
    assert "initial weights come from the run's seed" in text
    for stage in ("vision", "language", "align", "joint", "instruct"):
        assert f"| {stage} | 3 |" in text
    assert devkit(["model", "card", str(copied)]) == 0
    assert devkit(["model", "card", str(copied.parent)]) == 2
    assert "no checkpoints here" in capsys.readouterr().err


def test_the_small_test_gives_a_row_for_each_form(trained: Path, val_pool: Pool, tmp_path: Path) -> None:
    probe = Probe(val_pool, ProbeConfig(items=2, samples=1), tmp_path, 0)
    rows = list(probe(last_checkpoint(trained)))
    assert {"object_counting/standard", "memory/standard"} <= {row["form"] for row in rows}
    for row in rows:
        assert 0 <= row["right"] <= row["items"] == 2
        assert len(row["samples"]) == 1
        assert row["hours"] > 0
    assert rows == list(probe(last_checkpoint(trained)))


class Lmms:
    """A model inside lmms-eval's interface, with documents of two pictures."""

    def __init__(self, checkpoint: Path) -> None:
        self.model = BabyVLMForLmms(str(checkpoint), batch_size="8", unknown="x")
        noise = np.random.default_rng(0)
        pictures = [Image.fromarray(noise.integers(0, 256, (40, 40, 3), dtype=np.uint8)) for _ in range(2)]
        self.model.task_dict = {"count": {"test": [{"pictures": pictures}, {"pictures": pictures[:1]}]}}

    def request(self, context: str, second: Any, doc: int) -> Any:
        return types.SimpleNamespace(args=(context, second, lambda d: d["pictures"], doc, "count", "test"))


@pytest.fixture(scope="module")
def lmms(trained: Path) -> Lmms:
    return Lmms(last_checkpoint(trained))


def test_lmms_generates_until_a_stop_word(lmms: Lmms) -> None:
    settings = {"max_new_tokens": 5, "until": ["\n\n"]}
    requests = [lmms.request("How many? <image> <image>", settings, 0), lmms.request("How many?", settings, 1)]
    together = lmms.model.generate_until(requests)
    assert together == [lmms.model.generate_until([request])[0] for request in requests]
    first = lmms.model.generate_until([lmms.request("How many? <image> <image>", {**settings, "until": [" "]}, 0)])
    assert together[0].startswith(first[0])


def test_lmms_likelihoods_say_which_continuation_is_greedy(lmms: Lmms) -> None:
    said = lmms.model.generate_until([lmms.request("How many? <image>", {"max_new_tokens": 1}, 1)])[0]
    found = lmms.model.loglikelihood([lmms.request("How many? <image>", word, 1) for word in ("A", "twelve")])
    assert all(score < 0 for score, _ in found)
    assert isinstance(said, str)
    assert {type(greedy) for _, greedy in found} == {bool}


def test_lmms_rounds_see_the_models_own_answers(lmms: Lmms) -> None:
    told: list[Any] = []

    def next_round(doc: Any, previous_output: Any, round_idx: int, previous_round_info: Any) -> Any:
        told.append(list(previous_output))
        return doc["pictures"][:1], "And now? <image>", round_idx == 3, previous_output, None

    args = ("First? <image>", {"max_new_tokens": 3}, lambda d: d["pictures"][:1], next_round, 0, "count", "test")
    answers = lmms.model.generate_until_multi_round([types.SimpleNamespace(args=args)])[0]
    assert len(answers) == 3
    assert [len(some) for some in told] == [1, 2, 3]


TASK = """
task: two_pictures
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
test_split: test
output_type: generate_until
doc_to_visual: !function helper.visuals
doc_to_text: !function helper.text
doc_to_target: answer
process_results: !function helper.results
generation_kwargs: {max_new_tokens: 4, temperature: 0, do_sample: false}
metric_list:
  - {metric: right, aggregation: mean, higher_is_better: true}
"""
HELPER = """
from PIL import Image
def visuals(doc): return [Image.open(path).convert("RGB") for path in doc["pictures"]]
def text(doc, lmms_eval_specific_kwargs=None): return doc["question"]
def results(doc, answers): return {"right": float(bool(answers[0].strip()))}
"""


@pytest.mark.slow
def test_lmms_eval_itself_runs_a_task(trained: Path, tmp_path: Path) -> None:
    evaluator = pytest.importorskip("lmms_eval.evaluator", reason="lmms-eval is not installed")
    from lmms_eval.models import MODEL_REGISTRY_V2
    from lmms_eval.tasks import TaskManager

    from model.lmms_plugin import manifest

    MODEL_REGISTRY_V2.register_manifest(manifest(), overwrite=True)  # an installed devkit is found by its entry point
    for k in range(3):
        Image.effect_noise((40, 40), 50).convert("RGB").save(tmp_path / f"{k}.png")
    docs = [
        {"pictures": [str(tmp_path / f"{k}.png")], "question": "How many? <image>", "answer": "1"} for k in range(3)
    ]
    (tmp_path / "docs.json").write_text("".join(json.dumps(doc) + "\n" for doc in docs))
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "helper.py").write_text(HELPER)
    (tmp_path / "tasks" / "two_pictures.yaml").write_text(TASK.replace("DATA", str(tmp_path / "docs.json")))
    found = evaluator.simple_evaluate(
        model="babyvlm", model_args=f"pretrained={last_checkpoint(trained)}", tasks=["two_pictures"], batch_size=1,
        task_manager=TaskManager(include_path=str(tmp_path / "tasks")), device="cpu", bootstrap_iters=0,
    )  # fmt: skip
    assert found["results"]["two_pictures"]["right,none"] >= 0.0
    assert len(found["samples"]["two_pictures"]) == 3


def test_a_picture_without_numbers_is_refused(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8), dtype=np.float32)
    pixels[2, 2] = np.nan
    Image.fromarray(pixels).save(tmp_path / "nan.tiff")
    with pytest.raises(UserError, match="not numbers"):
        open_picture(tmp_path / "nan.tiff")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n123")
    with pytest.raises(UserError, match="cannot be read"):
        open_picture(tmp_path / "cut.png")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("hidden_size", 48, "cannot be read"),
        ("num_hidden_layers", 3, "of another shape than config.json: they lack 9 of them"),
        ("num_hidden_layers", 1, "of another shape than config.json: they have beyond it 9 of them"),
    ],
)
def test_a_checkpoint_of_another_shape_is_a_users_mistake(name: str, value: int, told: str, copied: Path) -> None:
    folder = last_checkpoint(copied)
    settings = json.loads((folder / "config.json").read_text())
    settings["text_config"][name] = value
    (folder / "config.json").write_text(json.dumps(settings))
    with pytest.raises(UserError, match=told):
        load_weights(folder)


def test_a_pickle_by_the_name_of_safetensors_is_not_loaded(copied: Path) -> None:
    folder, ran = last_checkpoint(copied), copied / "ran"

    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (ran,)

    with (folder / "model.safetensors").open("wb") as file:
        pickle.dump(Trap(), file)
    for load in (load_weights, load_vlm):
        with pytest.raises(UserError, match=r"cannot be (read|loaded)"):
            load(folder)
    assert not ran.exists()
