"""A small lab, and a session in the middle, for pictures of the app and for its tests."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.banks.store import Bank
from devkit.ids import digest_json
from devkit.lab import Lab
from devkit.lab.edit import change_recruitment, change_settings
from devkit.lab.settings import RecruitmentGroup
from devkit.progress import progress
from devkit.respondents import RespondentInfo
from devkit.toybox.sample import sample_bank
from gui.bench import Bench
from protocols.baselines import Chance
from protocols.controls import Shown, Stage
from protocols.load import load_protocol
from protocols.planner import make_plan
from protocols.runner import run_in_lab
from protocols.simulation import SimulatedChild

if TYPE_CHECKING:
    from gui.page import Page
    from gui.session.view import ExaminerView

CHILDREN = 8
PROTOCOL = "glimpse"


class _Model(SimulatedChild):
    """A simulated respondent that is written down as a model's checkpoint, so that the pictures show a comparison."""

    hours = 0.0

    def describe(self) -> RespondentInfo:
        """Return what a checkpoint's session would say."""
        return replace(
            super().describe(),
            kind="model",
            age_days=None,
            age_corrected_days=None,
            model_id="sample-model",
            model_step=round(self.hours * 100),
            model_hours_seen=self.hours,
        )


class _Child(SimulatedChild):
    """A simulated child that is written down as a participant, so that the pictures show a study."""

    def describe(self) -> RespondentInfo:
        """Return what a child's session would say."""
        return replace(super().describe(), kind="child")


def sample_lab(path: Path, *, children: int = CHILDREN, seed: int = 3, items: int = 6) -> Path:
    """Make a lab with children who took a short protocol; everything follows from the seed but the times."""
    lab = Lab.create(path, name="Infant Lab", languages=("en", "es"))
    groups = [RecruitmentGroup(age_months=(low, low + 5), participants=6) for low in (24, 30, 36)]
    change_recruitment(path, groups)
    lab.settings = change_settings(path, {"screen.width_cm": 34.5})
    bank = sample_bank(path / "banks" / "toybox", seed=1, items=items, progress=progress)
    chance, today = random.Random(seed), datetime.now(UTC).date()
    for number in range(children):
        born = today - timedelta(days=round(30.4375 * (24 + 17 * chance.random())))
        _take(lab, bank, f"C{number + 1:02d}", born, seed + number)
    lab.rebuild(full=False)
    return path


def _take(lab: Lab, bank: Bank, code: str, born: date, seed: int) -> None:
    languages = ("es", "en") if seed % 3 == 0 else ("en",)
    one = lab.participants.add(
        code, birth_date=born.isoformat(), languages=languages, gestational_weeks=39, consent="2", video=seed % 2 == 0
    )
    months = (datetime.now(UTC).date() - born).days / 30.4375
    child = _Child(code, months, seed, language="en")
    plan = make_plan(load_protocol(PROTOCOL), bank, code, 1, counterbalance_list=one.counterbalance_list)
    run_in_lab(lab, plan, bank, child)


def add_sample_models(lab: Lab) -> None:
    """Let three checkpoints of a sample model, and chance, take the short protocol; and lay a run's log beside them."""
    bank = Bank.open(lab.path / "banks" / "toybox")
    plan = make_plan(load_protocol(PROTOCOL), bank, "model", 1)
    for hours, months in ((0.5, 14), (2.0, 22), (8.0, 30)):
        model = _Model(f"sample-{hours:g}", months, 5, language="en")
        model.hours = hours
        run_in_lab(lab, plan, bank, model)
    run_in_lab(lab, plan, bank, Chance(1, "en"))
    sample_run(lab.path / "models" / "sample-model")
    lab.rebuild(full=False)


def sample_run(run: Path) -> None:
    """Write what a training leaves behind, its weights apart."""
    chance, step = random.Random(1), 0
    run.mkdir(parents=True)
    with (run / "log.jsonl").open("w", encoding="utf-8") as log:
        for stage, steps, first, last in (("vision", 200, 6.2, 4.9), ("language", 300, 6.9, 3.1), ("align", 150, 4, 3)):
            for number in range(steps):
                step += 1
                loss = last + (first - last) * 0.985**number + chance.gauss(0, 0.05)
                log.write(json.dumps({"step": step, "stage": stage, "loss": round(loss, 4)}) + "\n")
    for number, hours in ((50, 0.5), (200, 2.0), (650, 8.0)):
        folder = run / "checkpoints" / f"{number:07d}"
        folder.mkdir(parents=True)
        manifest = {
            "model": "sample-model", "run": "0" * 64, "stage": "align", "step": number, "stage_step": number,
            "hours_seen": hours, "hours_distinct": hours, "random_weights": False, "seed": 1, "data_digest": "0" * 64,
            "digest": digest_json({"step": number}), "parameters": 1_985_152,
        }  # fmt: skip
        (folder / "devkit.json").write_text(json.dumps(manifest), encoding="utf-8")


def sample_session(page: Page, bench: Bench) -> ExaminerView:
    """Show the examiner's view in the middle of a session; nothing runs behind it."""
    from gui.session.choice import Choice, prepare
    from gui.session.running import RunningSession
    from gui.session.view import ExaminerView
    from protocols.desk import NextUp, SessionState, StopRule

    lab = bench.lab
    assert lab is not None  # the pictures are of a lab
    choice = Choice("C01", PROTOCOL, lab.path / "banks" / "toybox", anew=True)
    ready = prepare(lab, choice, datetime.now(UTC).date(), 2)
    view = ExaminerView(bench)
    page.show_view(view)  # type: ignore[attr-defined]
    session = RunningSession(lab, ready, parent=view)
    view.attach(session)
    past = lab.read_session(lab.sessions()[0].session_id)
    for record in past.trials[:6]:
        session.recorded.emit(record)
    item = next(one for one in ready.bank.items.values() if one.task == "picture_vocabulary")
    turn = item.turns[0]
    boxes = ((0.28, 0.08, 0.2, 0.4), (0.52, 0.08, 0.2, 0.4), (0.28, 0.52, 0.2, 0.4), (0.52, 0.52, 0.2, 0.4))
    shown = tuple(
        Shown(what="picture", media=c.media or "", box=box) for c, box in zip(turn.choices, boxes, strict=False)
    )
    session.stage.emit(
        Stage(trial_id="", turn_index=0, name="awaiting", t_ms=0, prompt=f"Touch the {item.word}.", shown=shown)
    )
    coming = NextUp("Where did it go?", "visual_delayed_response", "binary", "test", "x")
    stops = (StopRule("wrong_in_a_row", 1, 4), StopRule("max_minutes", 2.1, 5))
    state = SessionState(
        session_id="",
        title=ready.plan.title,
        t_ms=127_000,
        trial=7,
        trials=len(ready.plan.trials),
        recorded=6,
        block=2,
        blocks=len(ready.plan.blocks),
        block_title="Which picture?",
        task="picture_vocabulary",
        form="standard",
        item_id=item.item_id,
        trial_kind="test",
        attempt=1,
        turn=1,
        turns=1,
        prompt="",
        target=item.word,
        choices=tuple(c.label for c in turn.choices),
        next=coming,
        stops=stops,
    )
    session.state.emit(state)
    return view
