"""``devkit protocol``: check, plan and pilot protocols, list the library, write the schema for editors."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import Problem, Problems, UserError

if TYPE_CHECKING:
    from protocols.pilot import PilotReport, Spread

app = typer.Typer(help="Check, plan and pilot protocols.", no_args_is_help=True)
ProtocolArgument = Annotated[str, typer.Argument(help="A YAML file, or the name of a protocol of the library.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Seed = Annotated[int, typer.Option(help="Seed of the draw.")]


@app.command("list")
def list_library(as_json: Json = False) -> None:
    """List the protocols that come with devkit.

    Example: devkit protocol list
    """
    from protocols import library
    from protocols.load import load_protocol

    found = {name: load_protocol(name) for name in library.names()}
    if as_json:
        typer.echo(
            json.dumps([{"name": name, "title": p.title, "file": str(library.path(name))} for name, p in found.items()])
        )
        return
    width = max(map(len, found))
    for name, protocol in found.items():
        typer.echo(f"{name:<{width}}  {protocol.title}")


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="YAML files, or names of the library.")], as_json: Json = False
) -> None:
    """Check protocols: all mistakes of all files at once, each with its place. Exit status 2 when there are any.

    Example: devkit protocol check my-protocol.yaml
    """
    from protocols.load import load_protocol

    found: list[Problem] = []
    for file in files:
        try:
            protocol = load_protocol(file)
        except UserError as error:
            found += error.problems
        else:
            if not as_json:
                blocks = f"{len(protocol.blocks)} block{'s' if len(protocol.blocks) > 1 else ''}"
                typer.echo(f"{file}: good ({protocol.title}, version {protocol.version}, {blocks})")
    if as_json:
        rows = [asdict(problem) for problem in found]
        typer.echo(json.dumps({"files": len(files), "problems": rows}, ensure_ascii=False))
        raise typer.Exit(2 if found else 0)
    if found:
        raise Problems(found)


@app.command()
def plan(
    protocol: ProtocolArgument,
    respondent: Annotated[str, typer.Option(help="Code of the respondent ('model' for models and baselines).")],
    bank: Annotated[Path, typer.Option(help="Folder of the bank.")],
    seed: Seed = 1,
    lab: Annotated[Path | None, typer.Option(help="The lab of the session to follow.")] = None,
    yoke: Annotated[str, typer.Option(help="Follow this session: its trials, order and positions.")] = "",
    language: Annotated[str, typer.Option(help="Language of the session; the protocol's own otherwise.")] = "",
    counterbalance_list: Annotated[
        int | None, typer.Option("--list", min=0, help="Counterbalancing list; the code decides it otherwise.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the whole plan to this JSON file.")] = None,
    as_json: Json = False,
) -> None:
    """Work a protocol out to the list of trials of one respondent.

    Example: devkit protocol plan who-has-more --respondent C01 --seed 7 --bank banks/toybox
    """
    from devkit.banks.store import Bank
    from devkit.lab import Lab
    from protocols.load import load_protocol
    from protocols.plan import summarise
    from protocols.planner import make_plan
    from protocols.yoke import yoked_plan

    if yoke and lab is None:
        raise UserError("--yoke needs --lab", hint="--lab my-lab")
    loaded, opened = load_protocol(protocol), Bank.open(bank)
    made = (
        yoked_plan(Lab.open(lab).read_session(yoke), opened)
        if yoke and lab
        else make_plan(
            loaded, opened, respondent, seed, counterbalance_list=counterbalance_list, language=language or None
        )
    )
    if made.protocol != loaded.protocol:
        raise UserError(f"session {yoke} took the protocol '{made.protocol}', not '{loaded.protocol}'")
    if out is not None:
        out.write_text(made.to_json() + "\n", encoding="utf-8")
    if as_json:
        typer.echo(made.to_json())
        return
    summary = summarise(made)
    typer.echo(f"{summary.protocol} for {summary.respondent_code}, seed {summary.seed}: {summary.trials} trials")
    typer.echo(f"digest {summary.digest}")
    for trial in made.trials:
        block = made.blocks[trial.block]
        places = "".join(str(place + 1) for place in trial.targets)
        typer.echo(
            f"{trial.index:>5}  {block.task}/{block.form:<12} {trial.kind:<13} {trial.item_id}  right at {places}"
        )


@app.command()
def schema(
    write: Annotated[bool, typer.Option("--write", help="Renew the file that comes with devkit instead.")] = False,
) -> None:
    """Print the JSON Schema of protocols, for editors.

    Example: devkit protocol schema > protocol.schema.json
    """
    import protocols
    from protocols.schema import json_schema

    text = json.dumps(json_schema(), indent=1, ensure_ascii=False)
    if not write:
        typer.echo(text)
        return
    file = Path(protocols.__file__).with_name("protocol.schema.json")
    file.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"wrote {file}")


@app.command()
def pilot(
    protocol: ProtocolArgument,
    children: Annotated[int, typer.Option("-n", "--children", min=2, max=10_000, help="Simulated children.")] = 30,
    bank: Annotated[Path | None, typer.Option(help="Folder of a bank; a bank without pictures otherwise.")] = None,
    seed: Seed = 1,
    ages: Annotated[str, typer.Option(help="Ages in months, such as 24-36; the protocol's own otherwise.")] = "",
    as_json: Json = False,
) -> None:
    """Let simulated children take a protocol: durations, numbers of trials, precision, what stop rules do.

    Example: devkit protocol pilot who-has-more -n 30
    """
    from devkit.banks.store import Bank
    from devkit.progress import progress
    from protocols.load import load_protocol
    from protocols.pilot import run_pilot
    from protocols.placeholder import placeholder_bank

    loaded = load_protocol(protocol)
    opened = Bank.open(bank) if bank else placeholder_bank(320, dialogues=64)
    with progress("simulated children", children) as advance:
        report = run_pilot(loaded, opened, children=children, ages=_range(ages), seed=seed, advance=advance)
    if as_json:
        typer.echo(report.model_dump_json())
        return
    _print_pilot(report)


@app.command()
def preview(
    protocol: ProtocolArgument,
    bank: Annotated[Path | None, typer.Option(help="Folder of a bank; a bank without pictures otherwise.")] = None,
    trial: Annotated[int, typer.Option(min=0, help="Number of one trial, from 1; 0 for all.")] = 0,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Say step by step what a child would see, and for how long.

    Example: devkit protocol preview who-has-more --trial 1
    """
    from devkit.banks.store import Bank
    from protocols.load import load_protocol
    from protocols.placeholder import placeholder_bank
    from protocols.planner import make_plan
    from protocols.preview import preview as look

    opened = Bank.open(bank) if bank else placeholder_bank(320, dialogues=64)
    made = make_plan(load_protocol(protocol), opened, "preview", seed)
    wanted = [one for one in made.trials if trial in (0, one.index + 1)]
    if not wanted:
        raise UserError(f"there is no trial {trial}", hint=f"the plan has {len(made.trials)}")
    for found in (look(made, opened, one) for one in wanted):
        if as_json:
            steps = [{"lasts_ms": s.lasts_ms, **s.stage.model_dump(mode="json", exclude={"v"})} for s in found.steps]
            about = {"trial": found.index + 1, "title": found.title, "item": found.item_id, "kind": found.kind}
            typer.echo(json.dumps({**about, "target": found.target, "steps": steps}, ensure_ascii=False))
            continue
        typer.echo(f"{found.index + 1:>4}  {found.title} ({found.kind}): {found.item_id}, right: {found.target}")
        for step in found.steps:
            lasts = "until answered" if step.lasts_ms is None else f"{step.lasts_ms:.0f} ms"
            things = ", ".join(thing.what for thing in step.stage.shown)
            typer.echo(f"      {step.stage.name:<10} {lasts:<15} {things}  {step.stage.prompt}".rstrip())


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="A YAML file, or a name of the library.")],
    second: Annotated[str, typer.Argument(help="The other one.")],
    as_json: Json = False,
) -> None:
    """Say which values two versions of a protocol give differently. Exit status 1 when there are any.

    Example: devkit protocol compare my-protocol-1.yaml my-protocol-2.yaml
    """
    from protocols.load import load_protocol
    from protocols.versions import compare as differ

    found = differ(load_protocol(first), load_protocol(second))
    if as_json:
        typer.echo(json.dumps([asdict(change) for change in found], ensure_ascii=False))
    else:
        for change in found:
            typer.echo(f"{change.path}: {change.before or '(not said)'} → {change.after or '(not said)'}")
        typer.echo(f"{len(found)} difference{'s' if len(found) != 1 else ''}")
    raise typer.Exit(1 if found else 0)


@app.command()
def duplicate(
    protocol: ProtocolArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="File of the copy.")],
    name: Annotated[str, typer.Option(help="Name of the copy; that of the file by default.")] = "",
) -> None:
    """Copy a protocol, comments and all, as version 1 of another one.

    Example: devkit protocol duplicate who-has-more --out my-lab/protocols/more-or-less.yaml
    """
    from protocols.versions import duplicate as copy

    typer.echo(f"wrote {copy(protocol, out, name)}")


@app.command("set")
def set_value(
    file: Annotated[Path, typer.Argument(help="A YAML file.")],
    values: Annotated[list[str], typer.Argument(help="PATH=VALUE, blocks counted from 1; an empty value drops it.")],
) -> None:
    """Change values of a protocol's text and nothing else of it; comments and layout are kept.

    Example: devkit protocol set my-protocol.yaml blocks.1.timing.answer_max='12 s' version=2
    """
    from devkit.located import read_yaml
    from protocols.editing import drop, put, steps_of, values_of
    from protocols.load import load_text
    from protocols.versions import save

    read_yaml(file)
    text = file.read_text(encoding="utf-8-sig")
    for one in values:
        path, equals, value = one.partition("=")
        if not equals:
            raise UserError(f"'{one}' sets nothing", hint="PATH=VALUE")
        text = put(text, steps_of(path), values_of(value)) if value else drop(text, steps_of(path))
    load_text(text, file)
    kept = save(file, text)
    typer.echo(f"wrote {file}" + (f"; the former version is kept as {kept}" if kept else ""))


@app.command()
def calibrate(
    lab: Annotated[Path, typer.Argument(help="The lab whose answers are used.")],
    out: Annotated[Path, typer.Option(help="Write the parameters to this CSV file.")],
    task: Annotated[str, typer.Option(help="Code of the task.")] = "picture_vocabulary",
    form: Annotated[str, typer.Option(help="Form of the task.")] = "standard",
    by_word: Annotated[
        bool, typer.Option("--by-word", help="One set of parameters for all items with a word.")
    ] = False,
    kinds: Annotated[str, typer.Option(help="Whose answers count.")] = "child,adult",
    least: Annotated[int, typer.Option(min=10, help="Items with fewer answers are left out.")] = 30,
) -> None:
    """Estimate item parameters for an adaptive test from what a lab has recorded.

    Example: devkit protocol calibrate my-lab --out vocabulary.csv
    """
    from devkit.lab import Lab
    from protocols.calibration import answers_of
    from protocols.calibration import calibrate as fit
    from protocols.parameters import parameters_csv

    opened = Lab.open(lab)
    trials = (trial for session in opened.sessions() for trial in opened.read_session(session.session_id).trials)
    answers, chance = answers_of(trials, task, form, kinds.split(","), by_word=by_word)
    found = fit(answers, chance, by_word=by_word, least_answers=least)
    out.write_text(parameters_csv(found.table), encoding="utf-8")
    what = "words" if by_word else "items"
    typer.echo(f"{len(found.table)} {what} from {found.persons} persons, guessing fixed at {chance:.3f}; wrote {out}")
    if found.left_out:
        typer.echo(f"too few answers to {len(found.left_out)} {what}: {', '.join(found.left_out[:8])}")
    wide = sum(error > 0.4 for error in found.se_b)
    if wide:
        typer.echo(f"the difficulty of {wide} {what} is known to no better than 0.4 logits; record more answers")


def _range(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    low, dash, high = text.partition("-")
    try:
        found = float(low), float(high if dash else low)
    except ValueError:
        found = (1.0, 0.0)
    if not 0 <= found[0] <= found[1] <= 1200:
        raise UserError(f"'{text}' is no range of ages in months", place="--ages", hint="--ages 24-36")
    return found


def _print_pilot(report: PilotReport) -> None:
    typer.echo(f"{report.protocol}: {report.children} simulated children, {_ages(report.ages)}")
    rows = [("block", "trials", "minutes", "right", "chance", "± one child", "no answer", "stopped early")]
    for block in report.blocks:
        rule = ", ".join(f"{name.replace('_', ' ')}: {n}" for name, n in block.stopped.items())
        rows.append(
            (
                f"{block.task}/{block.form}",
                f"{_spread(block.taken, '.0f')} of {block.planned}",
                _spread(block.minutes, ".1f"),
                _percent(block.right),
                _percent(block.chance),
                _percent(None if block.standard_error is None else 1.96 * block.standard_error),
                _percent(block.unanswered),
                rule or "–",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for block in report.blocks:
        if block.theta_se is not None:
            typer.echo(f"{block.title}: standard error of ability {_spread(block.theta_se, '.2f')} logits")
        if block.retained is not None:
            typer.echo(f"{block.title}: {_spread(block.retained, '.1f')} minutes after the learning part")
    rests = ", ".join(f"{name} {minutes:.1f}" for name, minutes in report.rests.items() if minutes)
    if rests:
        typer.echo(f"minutes between trials: {rests}")
    typer.echo(f"whole session: {_spread(report.minutes, '.1f')} minutes, {_spread(report.trials, '.0f')} trials")
    typer.echo("Medians over children, in brackets the middle 80 %; ± is the 95 % margin of one child's share.")
    typer.echo(
        "Growth and reaction times are invented for simulation; durations are estimates from the protocol's times."
    )
    hopeless = [f"{b.task}/{b.form}" for b in report.blocks if b.standard_error is not None and b.tellable is None]
    if hopeless:
        typer.echo(f"Too few trials to tell any single child from guessing (one-sided 5 %): {', '.join(hopeless)}")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _ages(ages: tuple[float, float]) -> str:
    return f"{ages[0]:g} to {ages[1]:g} months"


def _spread(spread: Spread, digits: str) -> str:
    middle, low, high = (f"{value:{digits}}" for value in (spread.median, spread.low, spread.high))
    return middle if low == high else f"{middle} ({low}–{high})"
