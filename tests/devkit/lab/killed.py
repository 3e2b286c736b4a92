"""Run by `test_killing`: kills a writing process at random moments and says what it had been told was recorded.

Arguments: lab, number of kills, seed. A child process writes whole sessions one after the other (header, events, gaze,
trials, end, index) and reports every trial that was acknowledged; it is killed after a random time. Prints one JSON
list a kill: ``[[session_id, trial_id], …]`` of what was acknowledged before.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from devkit.ids import uuid7
from devkit.lab import Lab
from devkit.records import EventRecord, GazeRecord, SessionHeader, TrialRecord

HEADER = json.loads(sys.stdin.readline())
TRIAL = json.loads(sys.stdin.readline())


def write_sessions(lab: Lab, report: int) -> None:
    while True:
        session = SessionHeader.model_validate(HEADER | {"session_id": uuid7(), "lab_id": lab.lab_id})
        same = {"session_id": session.session_id, "lab_id": lab.lab_id, "plan_digest": session.plan_digest}
        with lab.new_session(session) as journal:
            for index in range(6):
                trial = TrialRecord.model_validate(TRIAL | same | {"trial_id": uuid7(), "trial_index": index})
                journal.event(EventRecord(session_id=session.session_id, t_ms=index, name="flip", detail={}))
                sample = GazeRecord(
                    session_id=session.session_id, trial_id=trial.trial_id, t_word_ms=0, aoi="other", coder="c"
                )
                journal.gaze([sample] * 50)
                journal.trial(trial)
                os.write(report, f"{session.session_id} {trial.trial_id}\n".encode())
            journal.close("completed")
        lab.rebuild(full=False)


def kill_one(lab: Lab, seconds: float) -> list[list[str]]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        write_sessions(lab, writer)
    os.close(writer)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        return [line.decode().split() for line in pipe.read().splitlines()]


def main() -> None:
    lab, rng = Lab.open(Path(sys.argv[1])), random.Random(int(sys.argv[3]))
    for _ in range(int(sys.argv[2])):
        sys.stdout.write(json.dumps(kill_one(lab, rng.uniform(0.001, 0.08))) + "\n")


if __name__ == "__main__":
    main()
