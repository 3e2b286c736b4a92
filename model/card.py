"""The weights card of a run: what a checkpoint is, what it saw, how it was made; written from the run's own records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devkit.errors import UserError
from model.manifests import Manifest, last_checkpoint, read_manifest
from model.provenance import check_scratch, last_weights
from model.record import LOG, PROBES

LICENCE = "GPL-3.0-or-later for the code; the weights fall under the terms of the recordings they were trained on"


def write_card(run: Path, checkpoint: Path | None = None) -> Path:
    """Write ``README.md`` beside a checkpoint's weights.

    Args:
        run: Folder of the run.
        checkpoint: Which; the last one by default.

    Returns:
        The card.

    Raises:
        UserError: The folder holds no run, or no complete checkpoint.
    """
    folder = checkpoint or last_checkpoint(run)
    manifest = read_manifest(folder)
    card = folder / "README.md"
    card.write_text(card_text(run, manifest), encoding="utf-8")
    return card


def card_text(run: Path, manifest: Manifest) -> str:
    """Return the card as Markdown, with the front matter that model hubs read."""
    record = _record(run)
    contrastive = record.get("learner") == "contrastive"
    library, task = (
        ("open_clip", "zero-shot-image-classification") if contrastive else ("transformers", "image-text-to-text")
    )
    lines = [
        "---", f"library_name: {library}", f"pipeline_tag: {task}", "license: other", "---", "",
        f"# {manifest.model}, step {manifest.step}", "",
        *_what(manifest, contrastive), "",
        "## Data", "", *_data(record, manifest), "",
        "## Stages", "", *_stages(run, record), "",
        *_curve(run),
        "## No external weights", "", *_proof(run), "",
        "## Licence", "", f"{LICENCE}.", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _record(run: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads((run / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError("there is no run here", place=str(run), hint="give the folder of devkit train --out") from error
    except ValueError as error:
        raise UserError("the record of the run is broken", place=str(run / "run.json")) from error
    return found


def _what(manifest: Manifest, contrastive: bool) -> list[str]:
    if contrastive:
        return [
            f"Image and utterance towers, {manifest.parameters:,} parameters, trained contrastively from random "
            "weights on what a child's head camera saw and what was said. It loads with OpenCLIP (`local-dir:`)."
        ]
    return [
        f"A vision-language model of {manifest.parameters:,} parameters, trained from random weights on what a child's "
        "head camera saw and what was said: a ViT, a two-layer connector and a LLaMA.", "",
        "```python", "from transformers import AutoModelForImageTextToText, AutoProcessor", "",
        'model = AutoModelForImageTextToText.from_pretrained("PATH")',
        'processor = AutoProcessor.from_pretrained("PATH")', "```",
    ]  # fmt: skip


def _data(record: Mapping[str, Any], manifest: Manifest) -> list[str]:
    data = record["data"]
    return [
        f"- Recordings of the training split: {data['hours']:.2f} hours; digest `{data['digest']}`.",
        f"- Seen: {manifest.hours_seen:.2f} hours with repetition, {manifest.hours_distinct:.2f} at least once.",
        *([f"- Tokens read by the language model: {manifest.tokens_seen:,}."] if manifest.tokens_seen else []),
        f"- Order: {'by age of the child' if record['config'].get('order') == 'age' else 'shuffled'}.",
        "- Looking While Listening and Subitizing are held out of instruction.",
    ]


def _stages(run: Path, record: Mapping[str, Any]) -> list[str]:
    rows = ["| stage | steps | learning rate | trained | last loss |", "|---|---|---|---|---|"]
    losses = {row["stage"]: row["loss"] for row in _lines(run / LOG)}
    for name, steps in record["steps"].items():
        settings = record["config"]["stages"].get(name) or record["config"]["contrastive"]
        trained = ", ".join(settings.get("trained", ("all",)))
        rows.append(f"| {name} | {steps} | {settings['lr']:g} | {trained} | {losses.get(name, '')} |")
    return rows


def _curve(run: Path) -> list[str]:
    rows = _lines(run / PROBES)
    if not rows:
        return []
    last = [row for row in rows if row["step"] == rows[-1]["step"]]
    told = [f"| {row['form']} | {row['right']:g} of {row['items']} | {row['chance']:.2f} |" for row in last]
    return [
        "## Small test on validation recordings", "", "Few items of each form, for watching only.", "",
        "| form | right | chance |", "|---|---|---|", *told, "",
    ]  # fmt: skip


def _proof(run: Path) -> list[str]:
    scratch = check_scratch(run, last_weights(run))
    if scratch.findings:
        return ["**The check of the weights failed:**", "", *(f"- {finding}" for finding in scratch.findings)]
    return [
        f"All {scratch.weights} initial weights come from the run's seed, each stage began with what the one before "
        "left, and no stage opened a file of weights from outside (`devkit model check RUN`)."
    ]


def _lines(path: Path) -> Sequence[Mapping[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
