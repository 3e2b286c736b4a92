"""Simulated trial tables with exactly the columns of `devkit.records.TrialRecord`, for tests and benchmarks.

Answers follow p = g + (1 − g)·logistic(ability − item), so every test knows the truth behind its table.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from devkit.records import SCHEMA_VERSION, TrialRecord
from devkit.tasks import TASKS

Forms = tuple[tuple[str, str], ...]
ALL_FORMS = tuple((task.code, form) for task in TASKS.values() for form in task.forms)
DIRECTIONS = ("top", "bottom", "left", "right", "top right", "top left", "bottom right", "bottom left")


@dataclass
class Sitter:
    """One respondent and how able it is, in logits."""

    code: str
    kind: str = "simulation"
    ability: float = 0.0
    age_days: int | None = None
    baseline: str = ""
    model_id: str | None = None
    step: int | None = None
    hours: float | None = None
    random_weights: bool | None = None
    source: str = "simulated"
    scores: bool = False
    unread: float = 0.0
    time_scale: float = 1.0
    tier: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def session(
    sitter: Sitter, forms: tuple[tuple[str, str], ...], each: int, seed: int, *, items: int = 0
) -> pd.DataFrame:
    """One session of a sitter: ``each`` trials of every form, drawn from ``items`` items (``each`` by default)."""
    rng = np.random.default_rng(seed)
    parts = [_form(sitter, task, form, each, items or each, rng) for task, form in forms]
    frame = pd.concat(parts, ignore_index=True)
    n = len(frame)
    began = pd.Timestamp("2026-03-02T09:00:00+00:00") + pd.to_timedelta(np.arange(n) * 8, unit="s")
    session_id = f"s-{sitter.code}-{sitter.step}-{seed}-{len(forms)}-{forms[0][0]}"
    common: dict[str, Any] = {
        "session_id": session_id, "trial_index": np.arange(n), "plan_index": np.arange(n), "attempt": 1, "block": 0,
        "trial_id": [f"{session_id}-{i}" for i in range(n)], "lab_id": "lab", "protocol": "battery",
        "protocol_version": "1", "plan_digest": "0" * 64, "seed": seed, "schema_version": SCHEMA_VERSION,
        "started_at": [t.isoformat() for t in began], "respondent_code": sitter.code,
        "respondent_kind": sitter.kind, "baseline": sitter.baseline, "age_days": sitter.age_days,
        "age_corrected_days": sitter.age_days, "age_precision": "day" if sitter.age_days else None,
        "language": "en", "model_id": sitter.model_id, "model_digest": sitter.model_id and f"{sitter.step}" * 8,
        "model_step": sitter.step, "model_hours_seen": sitter.hours, "random_weights": sitter.random_weights,
        "bank": "toybox", "word": "", "trial_kind": "test", "is_practice": False, "feedback": False, "repeats": 0,
        "early_touches": 0, "timing_tier": sitter.tier, "time_scale": sitter.time_scale, "turns": "[]",
        "valid": True, "flags": "[]", "exclusion": "[]", "note": "", "corrections": "[]",
        "answer_source": sitter.source,
    }  # fmt: skip
    frame = frame.assign(**(common | sitter.extra))
    return frame.reindex(columns=list(TrialRecord.model_fields))


def _form(sitter: Sitter, task: str, form: str, each: int, items: int, rng: np.random.Generator) -> pd.DataFrame:
    chance, choices = TASKS[task].forms[form].chance, TASKS[task].forms[form].choices
    number = rng.permutation(items)[:each] if each <= items else rng.integers(0, items, each)
    hard = np.sin(number * 12.9898) * 0.8
    p = chance + (1 - chance) / (1 + np.exp(-(sitter.ability - hard)))
    right = rng.random(each) < p
    target = rng.integers(0, choices, each)
    chosen = np.where(right, target, (target + rng.integers(1, max(choices, 2), each)) % choices)
    read = rng.random(each) >= sitter.unread
    labels = DIRECTIONS if choices == 8 else tuple(str(i + 1) for i in range(choices))
    shown = json.dumps([{"label": label, "media": None, "role": "distractor", "letter": None} for label in labels])
    frame = pd.DataFrame(
        {
            "task": task, "form": form, "item_id": [f"{task}-{form}-{n}" for n in number], "item_digest": "0" * 64,
            "target": [labels[t] for t in target], "choices": shown, "chance": chance, "difficulty": "{}",
            "provenance": json.dumps({"source": "toybox", "split": "test", "recordings": [f"T_2026_{each}"]}),
            "target_position": target, "choice_order": "[]",
            "outcome": np.where(read, "answered", np.where(rng.random(each) < 0.5, "none", "ambiguous")),
            "answer_position": np.where(read, chosen, np.nan), "rt_ms": np.nan,
            "correct": pd.Series(np.where(read, right, None), dtype="object"),
            "score": np.where(read, right.astype(float), np.nan), "scores": "{}",
        }
    )  # fmt: skip
    if task == "memory":
        frame = _memory(frame, sitter, each, rng)
    if (task, form) == ("visual_delayed_response", "open"):
        frame["scores"] = [
            json.dumps({"exact": s, "adjacent": max(s, float(rng.random() < 0.4))})
            if r
            else json.dumps({"exact": None, "adjacent": None})
            for s, r in zip(frame["score"], read, strict=True)
        ]
    if sitter.scores and task != "memory":
        frame["choice_scores"] = _choice_scores(frame, choices, rng)
    return frame


def _memory(frame: pd.DataFrame, sitter: Sitter, each: int, rng: np.random.Generator) -> pd.DataFrame:
    turn = rng.random((each, 10)) < 0.5 + 0.5 / (1 + math.exp(-sitter.ability))
    learn = rng.random((each, 4)) < 0.5 + 0.5 / (1 + math.exp(-sitter.ability))
    adjusted = turn.reshape(each, 5, 2).all(axis=2).mean(axis=1)
    scores = [
        json.dumps({"adjusted": float(a), "raw": float(r), "learning": float(lr)})
        for a, r, lr in zip(adjusted, turn.mean(axis=1), learn.mean(axis=1), strict=True)
    ]
    return frame.assign(outcome="answered", correct=None, score=adjusted, scores=scores)


def _choice_scores(frame: pd.DataFrame, choices: int, rng: np.random.Generator) -> list[str]:
    raw = rng.normal(size=(len(frame), choices))
    target = frame["target_position"].to_numpy(dtype=int)
    better = frame["score"].fillna(0).to_numpy() > 0
    raw[np.arange(len(frame)), target] += np.where(better, 3.0, 0.6)
    return [json.dumps([round(float(v), 4) for v in row]) for row in raw]


def looking_table(infants: int = 24, trials: int = 16, seed: int = 3) -> pd.DataFrame:
    """Real infants' gaze trials, as an imported study has them: looking shares, no right or wrong."""
    rng = np.random.default_rng(seed)
    parts = []
    for i in range(infants):
        age = int(rng.integers(14, 26)) * 30
        one = session(
            Sitter(f"K{i:02d}", "child", age_days=age, source="gaze"),
            (("looking_while_listening", "standard"),),
            trials,
            seed + i,
            items=40,
        )
        bias = 0.5 + (age - 420) / 4000 + rng.normal(0, 0.04)
        kind = ["easy" if j % 2 else "hard" for j in range(trials)]
        look = np.clip(bias + rng.normal(0, 0.2, trials) + [0.05 if k == "easy" else -0.05 for k in kind], 0, 1)
        one = one.assign(
            bank="real study", correct=None, score=np.nan, answer_position=np.nan, look_target=look,
            age_precision="month",
            look_baseline=np.clip(0.5 + rng.normal(0, 0.2, trials), 0, 1), look_usable=rng.uniform(0.4, 1, trials),
            difficulty=[json.dumps({"condition": k}) for k in kind], provenance="{}",
        )  # fmt: skip
        out = rng.random(trials) < 0.1
        one["valid"] = ~out
        one["exclusion"] = [json.dumps(["trial_exclusion", "fuss_out"][: 1 + int(i % 2)]) if o else "[]" for o in out]
        parts.append(one)
    return pd.concat(parts, ignore_index=True)


def demo_table(
    seed: int = 1, *, children: int = 14, each: int = 8, model_each: int = 320, forms: Forms = ALL_FORMS
) -> pd.DataFrame:
    """A lab like the demo's: simulated children, a model's checkpoints, the baselines, OpenCLIP, infants, a robot."""
    rng = np.random.default_rng(seed)
    parts = []
    for i, age in enumerate(np.linspace(6.5, 41.5, children)):
        able = (age - 22) / 7 + rng.normal(0, 0.5)
        parts.append(
            session(Sitter(f"SIM{i:03d}", ability=able, age_days=round(age * 30.4375)), forms, each, seed + i, items=40)
        )
    for step, hours, able in ((0, 0.0, -9.0), (500, 0.5, -3.5), (2000, 2.0, -2.2), (8000, 8.0, -0.9)):
        model = Sitter(
            "babyvlm",
            "model",
            able,
            model_id="babyvlm-tiny",
            step=step,
            hours=hours,
            source="text",
            scores=True,
            unread=0.08 if step else 0.5,
            random_weights=step == 0,
        )
        parts.append(session(model, forms, model_each, seed + 100 + step))
    clip = Sitter("openclip", "model", -9, model_id="ViT-B-32", random_weights=True, source="likelihood", scores=True)
    lookers = tuple(f for f in forms if f[0] in ("looking_while_listening", "picture_vocabulary", "left_right"))
    parts.append(session(clip, lookers, model_each, seed + 300))
    for code in ("chance", "text_only", "position_only"):
        parts.append(session(Sitter(code, "simulation", -9, baseline=code), forms, model_each, seed + 400 + len(code)))
    robot = Sitter("R001", "simulation", 2, age_days=1100, time_scale=10.0, tier="demo", source="touch")
    parts.append(session(robot, forms[:6], 6, seed + 500).assign(frame_period_ms=16.7, frames_late=1))
    parts.append(looking_table(seed=seed + 600))
    return pd.concat(parts, ignore_index=True)
