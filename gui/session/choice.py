"""What a session is to be, and whether it can begin: the choices, the plan they give, and the checklist.

Everything here is worked out by the library; this module puts it side by side and says it in the app's language.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from devkit.banks.store import Bank
from devkit.errors import UserError
from devkit.lab import Lab, Participant
from devkit.lab.files import LOW_SPACE
from devkit.respondents import RespondentInfo
from gui.sayings import DAYS_PER_MONTH, age_text
from gui.words import ntr, tr
from protocols import library
from protocols.gaze.settings import UNTESTED, Source
from protocols.load import load_protocol
from protocols.plan import Plan
from protocols.planner import make_plan
from protocols.reopening import Offer, offer
from protocols.schema import Protocol

Level = Literal["good", "caution", "wrong"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the examiner has chosen.

    Attributes:
        code: Participant.
        protocol: Name in the library, or path of a YAML file.
        bank: Folder of the bank.
        seed: Seed of the plans of the study.
        anew: Begin anew even where a session broke off.
        without_age: Go on without an age where birth dates are locked.
        window: Show the child's screen in a window instead of the whole screen.
        sound: Whether prompts are played.
        gaze: Who says where the child looks.
        tracker: Address of the tracker, or name of its stream.
        camera: Device that films the child; empty for none.
    """

    code: str
    protocol: str
    bank: Path
    seed: int = 1
    anew: bool = False
    without_age: bool = False
    window: bool = False
    sound: bool = True
    gaze: Source = "none"
    tracker: str = ""
    camera: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist.

    Attributes:
        level: ``good``, ``caution`` (works, with a limit worth knowing) or ``wrong`` (the session cannot begin).
        text: What was found.
        fix: What to do; empty when nothing has to be done.
        page: Page of the app where it is done; empty when there is none.
    """

    level: Level
    text: str
    fix: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A session that could begin, and what was found on the way.

    Attributes:
        choice: What was chosen.
        protocol: The protocol.
        bank: The bank.
        plan: The plan.
        info: The respondent as the records will have it.
        participant: The participant.
        offer: A session that broke off and can be taken up; None when there is none.
        checks: The checklist.
    """

    choice: Choice
    protocol: Protocol
    bank: Bank
    plan: Plan
    info: RespondentInfo
    participant: Participant
    offer: Offer | None
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """A protocol that can be chosen: its name or path, and its title."""

    source: str
    title: str


def protocols_of(lab: Lab) -> list[ProtocolLine]:
    """Return the lab's own protocols and those of the library; one that cannot be read says so in its title."""
    found = []
    for path in sorted((lab.path / "protocols").glob("*.y*ml")):
        try:
            found.append(ProtocolLine(str(path), load_protocol(path).title))
        except UserError:
            found.append(ProtocolLine(str(path), tr("{file}: has mistakes", file=path.name)))
    return found + [ProtocolLine(name, load_protocol(name).title) for name in library.names()]


def banks_of(lab: Lab) -> list[Path]:
    """Return the banks of a lab."""
    return sorted(card.parent for card in (lab.path / "banks").glob("*/bank.json"))


def prepare(lab: Lab, choice: Choice, day: date, screens: int) -> Prepared:
    """Work a choice out to a plan and look at everything that could stand in the way.

    Args:
        lab: The lab.
        choice: What was chosen.
        day: Day of the session.
        screens: Number of screens of this machine.

    Raises:
        UserError: Something that was chosen cannot be used at all.
    """
    participant = lab.participants.get(choice.code)
    protocol, bank = load_protocol(choice.protocol), Bank.open(choice.bank)
    plan = make_plan(protocol, bank, participant.code, choice.seed, counterbalance_list=participant.counterbalance_list)
    info = lab.participants.info(participant.code, day, language=plan.language, without_age=choice.without_age)
    broken_off = None if choice.anew else offer(lab, plan, info)
    checks = (
        *_of_participant(participant, info, protocol),
        *_of_material(plan, bank),
        *_of_station(lab, choice, screens),
        *_of_looking(plan, participant, choice),
        *_of_past(broken_off),
    )
    return Prepared(choice, protocol, bank, plan, info, participant, broken_off, checks)


def _of_participant(participant: Participant, info: RespondentInfo, protocol: Protocol) -> list[Check]:
    checks = []
    ages = protocol.audience.age_months
    if info.age_days is None and participant.kind == "child":
        checks.append(Check("caution", tr("The age is not known"), tr("Enter the date of birth."), "participants"))
    elif info.age_days is not None and ages is not None and participant.kind == "child":
        months = info.age_days / DAYS_PER_MONTH
        fits = ages[0] <= months < ages[1] + 1
        text = tr("{age}; made for {low}–{high} months", age=age_text(info.age_days), low=ages[0], high=ages[1])
        fix = "" if fits else tr("The record will say that the child is outside the ages.")
        checks.append(Check("good" if fits else "caution", text, fix))
    if participant.kind not in protocol.audience.kinds:
        checks.append(Check("caution", tr("The protocol is made for others than this participant")))
    if participant.consent:
        checks.append(Check("good", tr("Consent noted, version {version}", version=participant.consent)))
    else:
        checks.append(Check("caution", tr("No consent is noted"), tr("Note the version of the form."), "participants"))
    return checks


def _of_material(plan: Plan, bank: Bank) -> list[Check]:
    missing = [
        digest
        for digest in {d for trial in plan.trials for d in bank.items[trial.item_id].media()}
        if bank.find(digest) is None
    ]
    if missing:
        text = ntr("{n} picture or sound is missing from the bank", "{n} files are missing from the bank", len(missing))
        return [Check("wrong", text, tr("Restore the bank, or choose another."))]
    blocks = ntr("{n} block", "{n} blocks", len(plan.blocks))
    trials = ntr("{n} trial", "{n} trials", len(plan.trials))
    return [
        Check(
            "good", tr("{trials} in {blocks}; list {n}", trials=trials, blocks=blocks, n=plan.counterbalance_list + 1)
        )
    ]


def _of_station(lab: Lab, choice: Choice, screens: int) -> list[Check]:
    checks = []
    screen = lab.settings.screen
    if choice.window:
        checks.append(Check("caution", tr("The child's screen is a window: for trying out, not for data")))
    elif screens < 2:
        text = tr("There is one screen: the child's covers this window while the session runs")
        checks.append(
            Check("caution", text, tr("Connect a second screen, or work with the keys in the child's window."))
        )
    elif not screen.name:
        checks.append(Check("caution", tr("The child's screen is not chosen"), tr("Choose it."), "settings"))
    else:
        checks.append(Check("good", tr("The child's screen is {name}", name=screen.name)))
    if screen.width_cm is None:
        checks.append(Check("caution", tr("The screen was never measured"), tr("Measure it with a card."), "settings"))
    if not choice.sound or not lab.settings.sound.on:
        checks.append(Check("caution", tr("Prompts are not played"), tr("Say them yourself, in the protocol's words.")))
    free = shutil.disk_usage(lab.path).free
    if free < LOW_SPACE:
        checks.append(Check("wrong", tr("The disk is full"), tr("Free some space.")))
    return checks


def _of_looking(plan: Plan, participant: Participant, choice: Choice) -> list[Check]:
    checks = []
    if any(block.answer_by == "gaze" for block in plan.blocks) and choice.gaze == "none" and not choice.camera:
        fix = tr("Choose who says where the child looks, or a camera to code from later.")
        checks.append(Check("caution", tr("Nobody records where the child looks"), fix))
    if choice.gaze in UNTESTED:
        checks.append(Check("caution", tr("{tracker} was never tried with this program", tracker=choice.gaze)))
    if choice.camera and not participant.video:
        fix = tr("Note the family's consent to video where it was given.")
        text = tr("The family has not agreed to video: nobody is filmed")
        checks.append(Check("caution", text, fix, "participants"))
    return checks


def _of_past(broken_off: Offer | None) -> list[Check]:
    if broken_off is None:
        return []
    recorded = tr("{done} of {all} trials are recorded", done=broken_off.recorded, all=broken_off.trials)
    if broken_off.too_old:
        text = tr("A session broke off {n} hours ago and is too old to go on", n=round(broken_off.age_h))
        return [Check("caution", text, tr("A new one begins; what was recorded stays."))]
    does = {
        "continue": tr("it goes on at the next trial"),
        "restart": tr("“{title}” begins anew", title=broken_off.title),
        "closed": tr("the rest of “{title}” is left out", title=broken_off.title),
    }
    return [Check("caution", tr("A session broke off: {recorded}", recorded=recorded), does[broken_off.policy])]
