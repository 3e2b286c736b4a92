"""Kills a running session at random moments, again and again, until it is through; run by `test_kill.py`.

One process of its own: it forks, the child runs or resumes the session, the parent ends the child by SIGKILL. The child
tells by a byte in a pipe that a trial is recorded, so afterwards it is known what must be in the journal.

Usage: python killing.py LAB WHO KILLS SEED; prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from devkit.lab import Lab, read_journal
from devkit.respondents import Answer, Exchange, PresentedTurn, Respondent
from protocols.baselines import Chance
from protocols.load import load_protocol
from protocols.placeholder import PlaceholderBank, placeholder_bank
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.reopening import offer
from protocols.runner import resume_in_lab, run_in_lab
from protocols.simulation import SimulatedChild

THINKING_S = 0.001


class SlowChild(SimulatedChild):
    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        time.sleep(THINKING_S)
        return super().answer(turn, history)


class SlowModel(Chance):
    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        time.sleep(THINKING_S * len(turns))
        return super().answer_batch(turns)


def respondent(who: str) -> Respondent:
    return SlowChild("S1", 30, 3) if who == "child" else SlowModel(3)


def main(folder: str, who: str, kills: int, seed: int) -> dict[str, object]:
    rng = random.Random(seed)
    lab, bank = Lab.open(Path(folder)), placeholder_bank(12, dialogues=3)
    plan = make_plan(load_protocol("battery"), bank, "S1" if who == "child" else "model", 1)
    done = killed = lost = 0
    problems: list[str] = []
    while killed < kills:
        before, _ = held(lab)
        told = run_until_killed(lab, bank, plan, who, rng.uniform(0.0, 0.15))
        if told is None:
            done += 1
            continue
        killed += 1
        after, found = held(lab)
        problems += found
        lost = max(lost, before + told - after)
        if after > before + told + 1:
            problems.append(f"{after} recorded, {before + told} told")
    while offer(lab, plan, respondent(who).describe()) is not None:
        run_until_killed(lab, bank, plan, who, 60.0)
    return {"killed": killed, "completed": done, "lost": lost, "problems": problems, "digest": plan.digest}


def held(lab: Lab) -> tuple[int, list[str]]:
    """Trials in all journals, and what is wrong with them besides a torn last line."""
    journals = [read_journal(path) for path in lab.index.journal_paths()]
    problems = [p.code for journal in journals for p in journal.problems if p.code != "journal-torn"]
    return sum(len(journal.trials) for journal in journals), problems


def run_until_killed(lab: Lab, bank: PlaceholderBank, plan: Plan, who: str, after_s: float) -> int | None:
    """Number of trials told of; None when the session was through before the time was over."""
    broken_off = offer(lab, plan, respondent(who).describe())
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        tell = lambda record: os.write(writing, b".")  # noqa: E731
        if broken_off is None:
            run_in_lab(lab, plan, bank, respondent(who), on_trial=tell, batch=8)
        else:
            resume_in_lab(lab, broken_off.session_id, bank, respondent(who), on_trial=tell, batch=8)
        os._exit(0)
    os.close(writing)
    deadline = time.monotonic() + after_s
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            os.close(reading)
            return None
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        return len(pipe.read())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
