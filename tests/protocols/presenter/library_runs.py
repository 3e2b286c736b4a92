"""The library's protocols, whole or cut short, with a robot at a real window: for tests and for `make soak`.

Usage: python -m tests.protocols.presenter.library_runs OUT [--time-scale S] [--language L ...] [--protocol P ...]
runs them whole, in real time unless told otherwise, on a virtual screen, with sound where there is a device.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from devkit.lab import Lab
from devkit.lab.store import Session
from protocols import library
from protocols.load import load_protocol
from protocols.placeholder import PlaceholderBank
from protocols.planner import make_plan
from protocols.presenter.virtual import start_virtual_screen
from protocols.process import Presenter
from protocols.robot import RobotPerson, RobotTraits
from protocols.runner import run_in_lab
from protocols.schema import Block, Protocol
from tests.protocols.presenter.batteries import bank_with_pictures

FOR_PEOPLE = tuple(name for name in library.names() if not name.startswith("model-"))
FEW = 2


def shortened(protocol: Protocol) -> Protocol:
    """Return a protocol with every block, part and phase, but few items, and a minute in place of six."""
    return protocol.model_copy(update={"blocks": tuple(_short(block) for block in protocol.blocks)})


def _short(block: Block) -> Block:
    changed: dict[str, object] = {}
    items = block.items
    if items.learned is None:
        few = {"at_most": FEW if block.task not in ("memory", "familiarization") else 1, "sample": None}
        changed["items"] = items.model_copy(update=few)
    if block.retention is not None:
        changed["retention"] = block.retention.model_copy(update={"least": 30_000, "most": 90_000})
    if block.adaptive is not None:
        changed["items"] = items
        changed["adaptive"] = block.adaptive.model_copy(update={"least_items": 2, "most_items": 3})
    if block.stop is not None and block.stop.gate:
        changed["stop"] = None
    return block.model_copy(update=changed)


def robot_session(
    lab: Lab,
    bank: PlaceholderBank,
    protocol: Protocol,
    language: str,
    *,
    presenter: Presenter,
    display: str,
    time_scale: float,
    sound: bool,
) -> Session:
    """Let a robot take a protocol and return the session."""
    robot = RobotPerson(
        traits=RobotTraits(ability=4.0, lapse=0.0, rt_median_ms=600),
        seed=5,
        time_scale=time_scale,
        language=language,
        sound=sound,
        presenter=presenter,
        x_display=display,
    )
    plan = make_plan(protocol, bank, "robot", 5, language=language)
    return lab.read_session(run_in_lab(lab, plan, bank, robot).session_id)


def main() -> None:
    """Run the library whole and say what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--language", nargs="+", default=["en", "es"])
    parser.add_argument("--protocol", nargs="+", default=list(FOR_PEOPLE))
    parser.add_argument("--silent", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    bank = bank_with_pictures(given.out, 40, dialogues=4)
    lab = Lab.open(given.out / "lab") if (given.out / "lab").exists() else Lab.create(given.out / "lab")
    with start_virtual_screen((1024, 768)) as screen, Presenter(display=screen.display) as presenter:
        for language in given.language:
            for name in given.protocol:
                began = time.monotonic()
                session = robot_session(
                    lab,
                    bank,
                    load_protocol(name),
                    language,
                    presenter=presenter,
                    display=screen.display,
                    time_scale=given.time_scale,
                    sound=not given.silent,
                )
                ended = "unfinished" if session.end is None else session.end.reason
                outcomes = Counter(trial.outcome for trial in session.trials)
                minutes = (time.monotonic() - began) / 60
                said = f"{name} {language}: {ended}, {len(session.trials)} trials, {minutes:.1f} min, {dict(outcomes)}"
                sys.stdout.write(said + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
