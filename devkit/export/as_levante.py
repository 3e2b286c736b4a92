"""LEVANTE export: ``trials.csv`` and ``runs.csv`` with the columns of LEVANTE's validator.

A run is one task of one session. ``rt`` is whole milliseconds, ages are years. A trial without an answer has an empty
``correct``; ``validation_msg_trial`` holds the coded reasons for exclusion, ``warning_msg_trial`` the outcome and the
flags. Columns after https://github.com/levante-framework/data-validator.
"""

from __future__ import annotations

import json
from math import comb
from pathlib import Path
from typing import Any

from devkit.export.files import Folder, rows_of
from devkit.export.per_session import SessionOut, sessions_out
from devkit.export.registry import Exported
from devkit.lab.store import Lab

TRIAL_COLUMNS = (
    *("trial_id", "user_id", "run_id", "task_id", "assessment_stage", "trial_index", "item", "item_id", "item_uid"),
    *("answer", "subtask", "response", "correct", "difficulty", "response_source", "time_elapsed", "rt", "rt_numeric"),
    *("server_timestamp", "input_type", "is_practice_trial", "corpus_id", "corpus_trial_type", "response_type"),
    *("response_location", "distractors", "trial_mode", "theta_estimate", "theta_estimate2", "theta_se", "theta_se2"),
    *("valid_trial", "validation_msg_trial", "warning_msg_trial"),
)
RUN_COLUMNS = (
    *("run_id", "user_id", "task_id", "variant_id", "administration_id", "age", "reliable", "completed", "best_run"),
    *("task_version", "time_started", "time_finished", "num_attempted", "num_correct", "test_comp_theta_estimate"),
    *("test_comp_theta_se", "stop_type", "valid_run", "validation_msg_run", "warning_msg_run", "bc_p_below"),
)
Row = dict[str, Any]


def write(lab: Lab, out: Path) -> Exported:
    """Write a lab as LEVANTE's tables.

    Raises:
        UserError: No session holds a trial.
    """
    folder = Folder(out)
    trials: list[list[Any]] = []
    runs: list[list[Any]] = []
    for session in sessions_out(lab, gaze=False):
        names = session.trials.schema.names
        every = [dict(zip(names, row, strict=True)) for row in rows_of(session.trials)]
        summary = session.summary.to_pylist()[0]
        for task in session.tasks():
            own = [trial for trial in every if trial["task"] == task]
            run = f"{session.session_id}-{task}"
            trials += [[_trial(trial, run).get(name) for name in TRIAL_COLUMNS] for trial in own]
            entry = _run(session, own, run, summary)
            runs.append([entry.get(name) for name in RUN_COLUMNS])
    folder.table("trials.csv", TRIAL_COLUMNS, trials, of="trials")
    folder.table("runs.csv", RUN_COLUMNS, runs, of="runs")
    return folder.done


def _trial(trial: Row, run: str) -> Row:
    choices = json.loads(trial["choices"])
    labels = [choice["label"] for choice in choices]
    place = trial["target_position"]
    reaction = None if trial["rt_ms"] is None else round(trial["rt_ms"])
    onset = trial["onset_ms"]
    spoken = {"touch": "afc", "mouse": "afc", "key": "afc", "likelihood": "afc"}
    return {
        "trial_id": trial["trial_id"],
        "user_id": trial["respondent_code"],
        "run_id": run,
        "task_id": trial["task"],
        "assessment_stage": "practice_response" if trial["is_practice"] else "test_response",
        "trial_index": trial["trial_index"],
        "item": trial["word"] or trial["item_id"],
        "item_id": trial["item_id"],
        "item_uid": f"{trial['task']}_{trial['form']}_{trial['item_digest'][:16] or trial['item_id']}",
        "answer": trial["target"],
        "subtask": trial["form"],
        "response": trial["answer"],
        "correct": trial["correct"],
        "response_source": trial["answer_source"],
        "time_elapsed": None if onset is None else round(onset),
        "rt": reaction,
        "rt_numeric": reaction,
        "server_timestamp": trial["started_at"],
        "input_type": trial["input_device"],
        "is_practice_trial": trial["is_practice"],
        "corpus_id": trial["bank"],
        "corpus_trial_type": trial["trial_kind"],
        "response_type": spoken.get(trial["answer_source"] or "", trial["answer_source"]),
        "response_location": trial["answer_position"],
        "distractors": [label for position, label in enumerate(labels) if position != place],
        "trial_mode": trial["decoding"],
        "theta_estimate": trial["theta"],
        "theta_se": trial["theta_se"],
        "valid_trial": trial["valid"],
        "validation_msg_trial": "; ".join(trial["exclusion"]) or None,
        "warning_msg_trial": "; ".join([trial["outcome"]] * (trial["outcome"] != "answered") + trial["flags"]) or None,
    }


def _run(session: SessionOut, own: list[Row], run: str, summary: Row) -> Row:
    tested = [trial for trial in own if trial["trial_kind"] == "test"]
    answered = [trial for trial in tested if trial["outcome"] == "answered"]
    correct = sum(trial["correct"] is True for trial in answered)
    thetas = [trial for trial in tested if trial["theta"] is not None]
    age = own[0]["age_days"]
    reasons = sorted({reason for trial in tested for reason in trial["exclusion"]})
    return {
        "run_id": run,
        "user_id": own[0]["respondent_code"],
        "task_id": own[0]["task"],
        "variant_id": f"{own[0]['protocol']}-{own[0]['protocol_version']}",
        "administration_id": session.session_id,
        "age": None if age is None else round(age / 365.25, 4),
        "completed": summary["reason"] == "completed",
        "task_version": own[0]["protocol_version"],
        "time_started": own[0]["started_at"],
        "time_finished": own[-1]["started_at"],
        "num_attempted": len(answered),
        "num_correct": correct,
        "test_comp_theta_estimate": thetas[-1]["theta"] if thetas else None,
        "test_comp_theta_se": thetas[-1]["theta_se"] if thetas else None,
        "stop_type": next((trial["stop_rule"] for trial in own if trial["stop_rule"]), None),
        "valid_run": any(trial["valid"] for trial in tested),
        "validation_msg_run": "; ".join(reasons) or None,
        "bc_p_below": _below(correct, answered),
    }


def _below(correct: int, answered: list[Row]) -> float | None:
    """Return the one-sided binomial probability of so few right answers by guessing; None where chance differs."""
    chances = {trial["chance"] for trial in answered if trial["correct"] is not None}
    if len(chances) != 1:
        return None
    chance, n = chances.pop(), len(answered)
    terms = (comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in range(correct + 1))
    return min(1.0, float(sum(terms)))
