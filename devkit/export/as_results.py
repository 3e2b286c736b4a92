"""Results of models, laid out as lmms-eval lays out its own: ``results.json`` and ``samples_<task>.jsonl`` a session.

Accuracy is the mean score over all valid test trials; a reply that is none of the choices counts as not right, as in
the benchmark (``answered`` says how many were readable). Its standard error is the binomial one. Layout after
https://github.com/EvolvingLMMs-Lab/lmms-eval (``results``, ``configs``, ``n-samples``, ``config``).
"""

from __future__ import annotations

import json
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from typing import Any

from devkit.errors import UserError
from devkit.export.files import Folder, rows_of
from devkit.export.keys import keys_of
from devkit.export.per_session import SessionOut, sessions_out
from devkit.export.registry import Exported
from devkit.lab.store import Lab

Row = dict[str, Any]


def write(lab: Lab, out: Path) -> Exported:
    """Write the results of the models of a lab.

    Raises:
        UserError: No model took a test trial.
    """
    folder = Folder(out)
    codes = keys_of({session.respondent_code for session in lab.sessions()})
    others = 0
    for session in sessions_out(lab, gaze=False):
        names = session.trials.schema.names
        trials = [dict(zip(names, row, strict=True)) for row in rows_of(session.trials)]
        tested = [trial for trial in trials if trial["trial_kind"] == "test"]
        if tested and tested[0]["respondent_kind"] == "model":
            _session(folder, session, tested, f"{codes[tested[0]['respondent_code']]}/{session.session_id}")
        else:
            others += 1
    if not folder.done.files:
        hint = "run one with 'devkit run … --respondent model:CHECKPOINT'"
        raise UserError("no model took a test trial", place=str(lab.path), hint=hint)
    if others:
        folder.done.left_out = [f"{others} sessions of other respondents"]
    return folder.done


def _session(folder: Folder, session: SessionOut, tested: list[Row], place: str) -> None:
    forms: dict[str, list[Row]] = {}
    for trial in tested:
        forms.setdefault(f"devcv_{trial['task']}_{trial['form']}", []).append(trial)
    first = tested[0]
    results = {name: {"alias": name} | accuracy(trials) for name, trials in forms.items()}
    counts = {name: {"original": len(t), "effective": sum(x["valid"] for x in t)} for name, t in forms.items()}
    settings = {name: first[name] for name in ("model_digest", "model_step", "model_hours_seen", "random_weights")}
    folder.json(
        f"{place}/results.json",
        {
            "results": results,
            "configs": {name: {"task": name, "metadata": _metadata(trials[0])} for name, trials in forms.items()},
            "versions": {name: first["protocol_version"] for name in forms},
            "n-samples": counts,
            "config": {
                "model": first["model_id"] or first["respondent_code"],
                "model_args": settings,
                "gen_kwargs": first["decoding"],
            },
            "devkit_version": version("devkit"),
            "date": first["started_at"],
        },
    )
    for name, trials in forms.items():
        lines = [json.dumps(_sample(trial), ensure_ascii=False) for trial in trials]
        folder.text(f"{place}/samples_{name}.jsonl", "\n".join(lines) + "\n")
    folder.done.rows["samples"] = folder.done.rows.get("samples", 0) + len(tested)
    folder.done.rows["results"] = folder.done.rows.get("results", 0) + len(results)


def accuracy(trials: list[Row]) -> Row:
    """Return the accuracy of one form, with its standard error, chance and the number of readable answers."""
    valid = [trial for trial in trials if trial["valid"]]
    scores = [trial["score"] or 0.0 for trial in valid]
    n = len(scores)
    mean = sum(scores) / n if n else None
    error = sqrt(mean * (1 - mean) / n) if mean is not None and n else None
    return {
        "acc,none": mean,
        "acc_stderr,none": error,
        "chance,none": trials[0]["chance"],
        "answered,none": sum(trial["outcome"] == "answered" for trial in valid),
    }


def _metadata(trial: Row) -> Row:
    return {name: trial[name] for name in ("protocol", "protocol_version", "plan_digest", "bank", "language")}


def _sample(trial: Row) -> Row:
    scored = trial["choice_scores"]
    labels = [choice["label"] for choice in json.loads(trial["choices"])]
    return {
        "doc_id": trial["item_id"],
        "target": trial["target"],
        "arguments": labels,
        "resps": [[trial["answer_raw"]]],
        "filtered_resps": [trial["answer"]],
        "loglikelihoods": scored,
        "doc_hash": trial["item_digest"],
        "outcome": trial["outcome"],
        "acc": trial["score"] or 0.0,
        "valid": trial["valid"],
    }
