"""``devkit run``: one protocol, one bank, any number of respondents, each into a session of the lab."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.errors import UserError
from devkit.respondents import Respondent

if TYPE_CHECKING:
    from devkit.banks.store import Bank
    from devkit.lab import Lab
    from devkit.records import TrialRecord
    from protocols.console import Console
    from protocols.plan import Plan
    from protocols.runner import Finished
    from protocols.schema import Protocol
    from protocols.specs import Spec
    from protocols.wire import Message

app = typer.Typer(help="Run a protocol with any respondent.")


@app.command()
def run(
    protocol: Annotated[str, typer.Argument(help="A YAML file, or the name of a protocol of the library.")],
    lab: Annotated[Path, typer.Option(help="The lab's folder.")],
    bank: Annotated[Path, typer.Option(help="Folder of the bank.")],
    respondent: Annotated[
        list[str] | None,
        typer.Option(
            help="Who answers; repeat it. human:CODE, robot, simulated:24, simulated:ages=6-42,n=30, chance, "
            "text_only, position_only, model:PATH, vlm:PATH, openclip:PATH, server:URL; options follow as ,name=value."
        ),
    ] = None,
    simulate: Annotated[
        str, typer.Option(help="In place of people: screen (a robot in the real window) or data (data only).")
    ] = "",
    time_scale: Annotated[float, typer.Option(min=1, max=10, help="Speed of the robot's clock.")] = 1.0,
    ability: Annotated[float | None, typer.Option(help="Ability of who is simulated, logits.")] = None,
    language: Annotated[str, typer.Option(help="Language of the session, such as es; the protocol's otherwise.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of the plans.")] = 1,
    train_bank: Annotated[
        Path | None, typer.Option(help="Bank that the text-only and position-only baselines learn from.")
    ] = None,
    yoke: Annotated[str, typer.Option(help="Take the very trials of this session, as it took them.")] = "",
    anew: Annotated[bool, typer.Option("--anew", help="Begin anew even where a session broke off.")] = False,
    batch: Annotated[int, typer.Option(min=1, max=4096, help="Trials that a model is asked for at once.")] = 64,
    silent: Annotated[bool, typer.Option("--silent", help="Play no sound to people.")] = False,
    console: Annotated[
        bool | None, typer.Option("--console/--no-console", help="Type commands to the child's screen meanwhile.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Run a protocol with any respondents; each session is recorded trial by trial in the lab.

    A session of the same respondent through the same plan that broke off is taken up by its task's policy. While a
    person sits at the window, the terminal is the examiner's console (? lists its commands).

    Example: devkit run battery --lab my-lab --bank banks/toybox --respondent simulated:24 --respondent chance

    Rehearse: devkit run memory --lab my-lab --bank banks/toybox --simulate screen --time-scale 10 --language es
    """
    from devkit.banks.store import Bank
    from devkit.lab import Lab
    from devkit.lab.presence import Presence
    from protocols.load import load_protocol
    from protocols.planner import make_plan
    from protocols.specs import Surroundings, expand, parse_spec, respondent_from_spec
    from protocols.yoke import yoked_plan

    loaded, opened_lab, opened = load_protocol(protocol), Lab.open(lab), Bank.open(bank)
    specs = [one for text in respondent or [] for one in expand(parse_spec(text))]
    if simulate:
        specs = _rehearsed(specs, simulate, opened_lab, loaded, time_scale, ability)
    if not specs:
        raise UserError("nobody answers", hint="--respondent human:CODE, or --simulate data")
    _check_language(language)
    learned = Bank.open(train_bank) if train_bank else None
    followed = yoked_plan(opened_lab.read_session(yoke), opened) if yoke else None
    if followed is not None and followed.protocol != loaded.protocol:
        raise UserError(f"session {yoke} took the protocol '{followed.protocol}', not '{loaded.protocol}'")
    done: list[dict[str, Any]] = []
    for spec in specs:
        chosen = opened_lab.participants.get(spec.value).counterbalance_list if spec.kind == "human" else None
        plan = followed or make_plan(
            loaded, opened, spec.plan_code, seed, counterbalance_list=chosen, language=language or None
        )
        around = Surroundings(opened_lab, plan, opened, learned, _make_model, sound=not silent)
        respondent_now = respondent_from_spec(spec, around)
        desk = _desk(respondent_now, console, as_json=as_json)
        with Presence(opened_lab.path, "devkit run") as here:
            if here.other is not None and spec.kind in ("human", "robot"):
                typer.echo(f"devkit: {here.other}", err=True)
            finished, resumed = _take(opened_lab, plan, opened, respondent_now, spec, anew=anew, batch=batch, desk=desk)
        done.append({"respondent": spec.text, "resumed": resumed, **asdict(finished)})
        if not as_json:
            typer.echo(_line(finished, respondent_now.describe().code, resumed))
    if as_json:
        typer.echo(json.dumps(done))


def _rehearsed(
    specs: list[Spec], way: str, lab: Lab, protocol: Protocol, time_scale: float, ability: float | None
) -> list[Spec]:
    """Put robots or simulated children in the place of people."""
    from protocols.rehearsal import rehearsed

    if way not in ("screen", "data"):
        raise UserError(f"'{way}' is no way to simulate", place="--simulate", hint="screen or data")
    return rehearsed(
        specs,
        "screen" if way == "screen" else "data",
        lab,
        protocol.audience.age_months,
        time_scale=time_scale,
        ability=ability,
    )


def _check_language(language: str) -> None:
    from devkit.languages import names

    if language and language.split("-")[0].lower() not in names():
        message = f"there is no language pack '{language}'"
        raise UserError(message, place="--language", hint=f"there are {', '.join(names())}")


def _desk(respondent: Respondent, wanted: bool | None, *, as_json: bool) -> Console | None:
    """Make the examiner's console where a person answers and somebody sits at the terminal, or as was asked."""
    from protocols.console import Console
    from protocols.human import HumanRespondent

    if not isinstance(respondent, HumanRespondent) or wanted is False or as_json:
        return None
    if wanted is None and not sys.stdin.isatty():
        respondent.listen(_warn)
        return None
    console = Console(sys.stdin, lambda line: typer.echo(line, err=True), respondent.command)
    respondent.listen(console.hear)
    console.start()
    return console


def _warn(message: Message) -> None:
    """Say what the examiner must know where no console says it."""
    from protocols.messages import Notice

    if isinstance(message, Notice):
        typer.echo(f"{message.message} {message.hint}", err=True)


def _take(
    lab: Lab,
    plan: Plan,
    bank: Bank,
    respondent: Respondent,
    spec: Spec,
    *,
    anew: bool,
    batch: int,
    desk: Console | None,
) -> tuple[Finished, bool]:
    """Run one session, or the rest of one; returns what it came to and whether it was taken up again."""
    from devkit.progress import listening, progress
    from protocols.reopening import close_in_lab, offer
    from protocols.runner import resume_in_lab, run_in_lab

    broken_off = None if anew else offer(lab, plan, respondent.describe())
    if broken_off is not None and broken_off.too_old:
        typer.echo(f"{broken_off}; a new one begins", err=True)
        close_in_lab(lab, broken_off.session_id, "too old to be taken up again")
        broken_off = None
    silent = listening(lambda *_: None) if desk is not None else nullcontext()
    with silent, progress(spec.text, len(plan.trials)) as advance:

        def tell(record: TrialRecord) -> None:
            advance(int(record.attempt == 1))

        if broken_off is not None:
            typer.echo(str(broken_off), err=True)
            advance(sum(trial.attempt == 1 for trial in lab.read_session(broken_off.session_id).trials))
            found = resume_in_lab(lab, broken_off.session_id, bank, respondent, on_trial=tell, batch=batch, desk=desk)
            return found, True
        return run_in_lab(lab, plan, bank, respondent, on_trial=tell, batch=batch, desk=desk), False


def _make_model(kind: str, value: str, options: Mapping[str, str]) -> Respondent:
    """Make a model respondent; torch is imported here and not before."""
    made: Respondent = importlib.import_module("model.respondents").from_spec(kind, value, **options)
    return made


def _line(finished: Finished, code: str, resumed: bool) -> str:
    """Say in one line what a session came to."""
    parts = [f"{code}: {finished.test_trials} test trials, {finished.correct} right", finished.reason]
    if resumed:
        parts.append("taken up again")
    parts += [flag.replace("_", " ") for flag in finished.flags]
    return f"{'; '.join(parts)} · session {finished.session_id}"
