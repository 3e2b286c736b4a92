"""The demo as a user runs it, from nothing to the report; what its model must be able to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devkit.cli.demo import SIZES
from devkit.cli.root import run
from devkit.lab import Lab, table

COLUMNS = ["item_id", "item_digest", "choice_order", "target_position", "target", "choices"]


@pytest.mark.slow
@pytest.mark.timeout(2700)
def test_the_demo_ends_with_a_model_above_chance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "demo"
    assert run(["demo", "--out", str(out)]) == 0
    page = (out / "report.html").read_text("utf-8")
    assert "<svg" in page
    assert 'http-equiv="refresh"' not in page
    capsys.readouterr()

    assert run(["analyse", str(out / "lab"), "--json"]) == 0
    cells = json.loads(capsys.readouterr().out)
    last = max(cell["model_step"] for cell in cells if cell["kind"] == "model")
    good = [c for c in cells if c["kind"] == "model" and c["model_step"] == last and c["above_chance"] and c["counted"]]
    forms = {(c["task"], c["form"]): c["held_out"] for c in good if c["asked"] >= SIZES["short"].items}
    assert len(forms) >= 4, forms
    assert any(forms.values()), "no task that was held out from training"

    assert run(["lab", "check", str(out / "lab")]) == 0
    trials = table(Lab.open(out / "lab"), "trials")
    long = trials[trials.protocol == "model-battery"]
    by_respondent = [rows.sort_values("plan_index")[COLUMNS] for _, rows in long.groupby("respondent_code")]
    assert len(by_respondent) == 4
    for rows in by_respondent[1:]:
        assert rows.astype(str).reset_index(drop=True).equals(by_respondent[0].astype(str).reset_index(drop=True))
