"""Kills running sessions at random moments and takes them up again, with and without a window; one process of its own.

It forks for every run, so that nothing has to be imported again: the child runs or resumes the session and tells by
lines in a pipe what is recorded; the parent ends child or presenter by SIGKILL, some trials and a random moment later,
every fifth time in the middle of a Memory dialogue. ``power`` also cuts the journal somewhere behind the last line that
was waited for, or tears a line, as a power cut does. After every kill: nothing that was told is gone. After every
session: the plan was followed but for what policies leave out. Some tasks of the battery get another policy, so that
all three are met.

Usage: python -m tests.protocols.killing FOLDER KILLS SEED [--window] [--who child|model]; prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from devkit.lab import Lab, Session, read_journal
from devkit.lab.check import check
from devkit.lab.lines import decode, split
from devkit.records import TrialRecord
from devkit.respondents import Answer, Exchange, PresentedTurn, Respondent, RespondentInfo
from protocols.baselines import Chance
from protocols.load import load_protocol
from protocols.placeholder import PlaceholderBank, placeholder_bank
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.process import Presenter, PresenterLost
from protocols.reopening import offer
from protocols.replay import REPEATED, RESTARTED
from protocols.robot import RobotPerson, RobotTraits
from protocols.runner import resume_in_lab, run_in_lab
from protocols.simulation import SimulatedChild
from tests.protocols.presenter.batteries import bank_with_pictures, battery_plan

THINKING_S, DIALOGUE_S = 0.001, 0.02
EVERY, MOST_TURNS = 5, 12
WAITED_FOR = ("header", "trial", "correction", "end")
DURABLE_EVENTS = ("block_begin", "block_closed", "turn", "task_restarting")
WINDOW_SIZE = (800, 600)
OTHER_POLICIES = {"left_right": "restart", "who_has_more": "restart", "subitizing": "closed"}


class SlowChild(SimulatedChild):
    say: Callable[[str], None]

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        if turn.turn_count > 1:
            self.say("turn")
        time.sleep(THINKING_S if turn.turn_count == 1 else DIALOGUE_S)
        return super().answer(turn, history)


class TellingRobot(RobotPerson):
    say: Callable[[str], None]

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        if turn.turn_count > 1:
            self.say("turn")
        return super().answer(turn, history)


class SlowModel(Chance):
    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        time.sleep(THINKING_S * len(turns))
        return super().answer_batch(turns)


@dataclass(slots=True)
class Tally:
    """What became of the kills."""

    killed: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    policies: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    lost: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Scene:
    """What is run: where, what, by whom, the trials and seconds until the kill, and whether single turns are told."""

    lab: Lab
    bank: PlaceholderBank
    plan: Plan
    make: Callable[[Callable[[str], None]], Respondent]
    info: RespondentInfo
    victims: tuple[str, ...]
    most_trials: int
    most_s: float
    tells_turns: bool = True


def with_policies(plan: Plan) -> Plan:
    """The plan with each of the three policies somewhere."""
    blocks = [b.model_copy(update={"resume": OTHER_POLICIES.get(b.task, b.resume)}) for b in plan.blocks]
    return plan.changed(blocks=tuple(blocks))


def without_window(folder: Path, who: str) -> Scene:
    lab, bank = Lab.open(folder), placeholder_bank(12, dialogues=3)
    plan = with_policies(make_plan(load_protocol("battery"), bank, "S1" if who == "child" else "model", 1))

    def make(say: Callable[[str], None]) -> Respondent:
        if who != "child":
            return SlowModel(3)
        child = SlowChild("S1", 30, 3)
        child.say = say
        return child

    info = make(print).describe()
    return Scene(lab, bank, plan, make, info, ("parent", "power"), 14, 0.03, tells_turns=who == "child")


def with_window(folder: Path, display: str) -> Scene:
    lab, bank = Lab.open(folder), bank_with_pictures(folder, 2)

    def make(say: Callable[[str], None]) -> Respondent:
        presenter = Presenter(display=display)
        say(f"presenter {presenter.pid}")
        traits = RobotTraits(rt_median_ms=700)
        robot = TellingRobot(traits=traits, time_scale=10, sound=False, presenter=presenter, x_display=display)
        robot.say = say
        return robot

    info = RobotPerson(traits=RobotTraits(rt_median_ms=700), time_scale=10).describe()
    return Scene(lab, bank, with_policies(battery_plan(bank)), make, info, ("presenter", "parent", "power"), 4, 1.5)


def campaign(scene: Scene, kills: int, seed: int) -> Tally:
    """Kill so many times, then let the last session come to its end."""
    rng, tally = random.Random(seed), Tally()
    while sum(tally.killed.values()) < kills:
        victim = scene.victims[sum(tally.killed.values()) % len(scene.victims)]
        kill_once(scene, victim, rng, tally, aimed=sum(tally.killed.values()) % EVERY == 0 and scene.tells_turns)
    for _ in range(5):
        if unfinished(scene) is None:
            break
        kill_once(scene, "", rng, tally)
    for session in scene.lab.sessions():
        tally.sessions += 1
        tally.problems += followed(scene.lab.read_session(session.session_id), scene.plan)
    tally.problems += [f"lab check: {problem}" for problem in check(scene.lab).problems]
    return tally


def unfinished(scene: Scene) -> str | None:
    """The session that broke off, by its journal alone."""
    for session in scene.lab.sessions():
        if session.reason is None:
            return session.session_id
    return None


def kill_once(scene: Scene, victim: str, rng: random.Random, tally: Tally, *, aimed: bool = False) -> None:
    """Run or resume a session until the kill; ``victim`` empty lets it run to its end.

    An aimed one comes in the middle of a dialogue, where there is one left.
    """
    before = held(scene.lab)
    broken = unfinished(scene)
    pid, pipe = fork(scene, broken)
    said = Said(pipe)
    presenter = said.presenter(scene.victims[0] == "presenter")
    told, least = ("trial", rng.randint(0, scene.most_trials)) if not aimed else ("turn", rng.randint(1, MOST_TURNS))
    ended = said.wait(pid, 300.0, until=(told, least) if victim else None)
    if victim and not ended:
        ended = said.wait(pid, rng.uniform(0, scene.most_s))
    if ended:
        if "completed" not in said.lines:
            tally.problems.append(f"a session ended without a kill: {said.lines[-3:]}")
        return
    tally.killed[victim] += 1
    if victim == "presenter":
        os.kill(presenter, signal.SIGKILL)
        if not said.wait(pid, 60.0) or "lost" not in said.lines:
            tally.problems.append("a dead presenter was not told")
            os.kill(pid, signal.SIGKILL)
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        said.drain()
    session_id = unfinished(scene)
    if session_id is None:
        return
    path = scene.lab.journal_path(session_id)
    if victim == "power":
        cut(path, rng)
    after, told = held(scene.lab), said.lines.count("trial")
    tally.lost = max(tally.lost, before + told - after)
    if after > before + told + 1:
        tally.problems.append(f"{after} recorded, {before + told} told")
    note(scene, session_id, tally)


def note(scene: Scene, session_id: str, tally: Tally) -> None:
    """Where did the kill fall, and what is offered for it? That must be what the block's policy says."""
    journal = read_journal(scene.lab.journal_path(session_id))
    tally.problems += [p.code for p in journal.problems if p.code != "journal-torn"]
    begun = [int(event.detail["block"]) for event in journal.events if event.name == "block_begin"]
    tally.tasks[scene.plan.blocks[begun[-1]].task if begun else "(before the first)"] += 1
    offered = offer(scene.lab, scene.plan, scene.info)
    if offered is None or offered.session_id != session_id:
        tally.problems.append("the session that broke off is not offered")
        return
    tally.policies[offered.policy if offered.block is not None else "between blocks"] += 1
    if offered.block is not None and offered.policy != scene.plan.blocks[offered.block - 1].resume:
        tally.problems.append(f"block {offered.block} is offered as {offered.policy}")


def cut(path: Path, rng: random.Random) -> None:
    """Lose what the disk need not have: anything behind the last line that was waited for; or tear a line."""
    data, safe = path.read_bytes(), 0
    for raw in split(data):
        line = decode(raw.text) if raw.ended else None
        if line is not None and (line.kind in WAITED_FOR or durable_event(line.kind, line.data)):
            safe = raw.end
    if safe < len(data):
        path.write_bytes(data[: rng.randint(safe, len(data))])
    else:
        last = data.rstrip(b"\n").rsplit(b"\n", 1)[-1]
        path.write_bytes(data + last[: rng.randint(1, len(last) - 1)])


def durable_event(kind: str, data: bytes) -> bool:
    return kind == "event" and json.loads(data)["name"] in DURABLE_EVENTS


def held(lab: Lab) -> int:
    """Trials in all journals."""
    return sum(len(read_journal(path).trials) for path in lab.index.journal_paths())


def fork(scene: Scene, broken: str | None) -> tuple[int, int]:
    """Run the session, or the rest of it, in a child; returns its process id and where it tells."""
    reading, writing = os.pipe()
    child = os.fork()
    if child != 0:
        os.close(writing)
        return child, reading
    os.close(reading)
    os.setpgid(0, 0)

    def say(line: str) -> None:
        os.write(writing, f"{line}\n".encode())

    def tell(record: TrialRecord) -> None:
        say("trial")

    status = 1
    try:
        respondent = scene.make(say)
        say("ready")
        if broken is None:
            run_in_lab(scene.lab, scene.plan, scene.bank, respondent, on_trial=tell, batch=8)
        else:
            resume_in_lab(scene.lab, broken, scene.bank, respondent, on_trial=tell, batch=8)
        say("completed")
        status = 0
    except PresenterLost:
        say("lost")
    except BaseException as error:  # noqa: BLE001  # process boundary: the campaign must learn of whatever went wrong
        say(f"failed {type(error).__name__}: {error}".replace("\n", " "))
    finally:
        os._exit(status)


class Said:
    """What a child has told so far."""

    def __init__(self, pipe: int) -> None:
        self._pipe, self._rest = pipe, b""
        self.lines: list[str] = []

    def read(self, timeout_s: float) -> bool:
        """Take what came in; False at the end."""
        if not select.select([self._pipe], [], [], timeout_s)[0]:
            return True
        data = os.read(self._pipe, 65536)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.lines += [line.decode() for line in lines]
        return bool(data)

    def presenter(self, wanted: bool) -> int:
        """Wait for the presenter's process id; 0 where there is none."""
        while wanted:
            for line in self.lines:
                if line.startswith("presenter "):
                    return int(line.split()[1])
            if not self.read(120.0):
                break
        return 0

    def wait(self, pid: int, seconds: float, until: tuple[str, int] | None = None) -> bool:
        """Wait for the child's end; False when the time is over, or so many lines of a kind were told, before."""
        over_s = time.monotonic() + seconds
        while (left := over_s - time.monotonic()) > 0:
            if until is not None and "ready" in self.lines and self.lines.count(until[0]) >= until[1]:
                return False
            if not self.read(min(left, 0.005)):
                os.waitpid(pid, 0)
                os.close(self._pipe)
                return True
        return False

    def drain(self) -> None:
        """Take everything that was told before the kill."""
        while self.read(5.0) and select.select([self._pipe], [], [], 0.2)[0]:
            pass
        os.close(self._pipe)


def followed(session: Session, plan: Plan) -> list[str]:
    """What of a session does not follow its plan, apart from blocks that the policy closed."""
    name = session.header.session_id[-6:]
    closed = {event.detail["block"] for event in session.events if event.name == "block_closed"}
    problems = [] if session.end is not None else [f"{name}: has no end"]
    keys = [(trial.plan_index, trial.attempt) for trial in session.trials]
    if len(set(keys)) < len(keys):
        problems.append(f"{name}: a trial is recorded twice")
    live = [t.plan_index for t in session.trials if not {RESTARTED, REPEATED} & set(t.exclusion)]
    for number, block in enumerate(plan.blocks):
        expected = [trial.index for trial in plan.trials if trial.block == number]
        got = [index for index in dict.fromkeys(live) if index in set(expected)]
        if number in closed and block.resume != "closed" and block.part != "test":
            problems.append(f"{name}: block {number} was closed although its policy is {block.resume}")
        if got != (expected[: len(got)] if number in closed else expected):
            problems.append(f"{name}: block {number} ({block.task}): {got} instead of {expected}")
    return problems


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("kills", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--window", action="store_true")
    parser.add_argument("--who", choices=("child", "model"), default="child")
    told = parser.parse_args(argv)
    if not (told.folder / "lab.toml").exists():
        Lab.create(told.folder)
    if told.window:
        from protocols.presenter.virtual import start_virtual_screen

        place = start_virtual_screen(WINDOW_SIZE)
    else:
        place = nullcontext()
    with place as screen:
        scene = with_window(told.folder, screen.display) if told.window else without_window(told.folder, told.who)
        tally = campaign(scene, told.kills, told.seed)
    found = {name: getattr(tally, name) for name in tally.__slots__}
    sys.stdout.write(json.dumps({**found, "digest": scene.plan.digest}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
