"""``devkit power``: what a planned study could show, by simulating it from its protocol."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import UserError

if TYPE_CHECKING:
    from analysis.planning.power import Design
    from analysis.sections import Section
    from protocols.schema import Stop

app = typer.Typer(add_completion=False)


@app.command()
def power(
    protocol: Annotated[str, typer.Argument(help="A protocol: a file, or the name of one that comes with devkit.")],
    children: Annotated[list[str], typer.Option(help="Age in months and number, such as 24:20; repeat for each age.")],
    midpoint: Annotated[float, typer.Option(help="Age at which an average child is half-way above chance.")] = 28.0,
    slope: Annotated[float, typer.Option(min=0.1, help="Months for one logit of growth.")] = 6.0,
    between_children: Annotated[float, typer.Option(min=0.0, help="Spread of children, logits.")] = 0.7,
    between_items: Annotated[float, typer.Option(min=0.0, help="Spread of items, logits.")] = 0.8,
    items: Annotated[int, typer.Option(min=2, help="Items a form has in the bank.")] = 60,
    model: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Accuracy of a model to compare with.")] = None,
    bound: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Equivalence bound for that comparison.")
    ] = None,
    studies: Annotated[int, typer.Option(min=50, max=20_000, help="Simulated studies.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulation.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Simulate a planned study: how precise it would be, and how often it would find what is there.

    Example: devkit power who-has-more --children 26:20 --children 34:20 --midpoint 28
    """
    from analysis.planning.power import Design, power
    from analysis.sections import as_json as plain
    from analysis.sections import section
    from devkit.cli.analyse import show
    from devkit.progress import progress

    groups = tuple(_group(words) for words in children)
    designs = [
        Design(
            title, chance, trials, max(items, trials), groups, midpoint, slope, between_children, between_items,
            model=model, bound=bound, wrong_in_a_row=stop.wrong_in_a_row if stop else None,
            gate=(stop.gate or ()) if stop else (),
        )
        for title, chance, trials, stop in _forms(protocol, seed)
    ]  # fmt: skip
    found: list[Section] = []
    with progress("simulated studies", studies * len(designs)) as advance:
        for one in designs:
            rows = [((age, what), r) for age, what, r in power(one, studies=studies, seed=seed, advance=advance)]
            found += section(
                "power", _title(one), ("age", "what"), rows, "Holds under the stated growth and spread alone."
            )
    if as_json:
        typer.echo(json.dumps([{"title": one.title, **row} for one in found for row in plain(one)], ensure_ascii=False))
        return
    for part in found:
        show(part.table())


def _title(design: Design) -> str:
    return f"{design.title}: {design.trials} trials a child, {len(design.ages_C)} children"


def _group(words: str) -> tuple[float, int]:
    age, _, number = words.partition(":")
    try:
        found = float(age), int(number)
    except ValueError:
        found = (0.0, 0)
    if found[0] <= 0 or found[1] < 2:
        raise UserError(f"'{words}' is no age and number", hint="write 24:20 for twenty children of 24 months")
    return found


def _forms(protocol: str, seed: int) -> list[tuple[str, float, int, Stop | None]]:
    """Return title, chance, number of test trials and stop rule of each scored form of a protocol's plan."""
    from devkit.tasks import TASKS
    from devkit.tasks.staged import STAGED
    from protocols.load import load_protocol
    from protocols.placeholder import placeholder_bank
    from protocols.planner import make_plan

    loaded = load_protocol(protocol)
    plan = make_plan(loaded, placeholder_bank(320, dialogues=64), "design", seed)
    tested = [trial for trial in plan.trials if trial.kind == "test" and trial.part != "learning"]
    count = Counter((plan.blocks[trial.block].task, plan.blocks[trial.block].form) for trial in tested)
    found = []
    for (code, form), trials in count.items():
        task = TASKS.get(code) or STAGED.get(code)
        if task is not None and form in task.forms and task.layout != "looking" and task.answer_by != "gaze":
            title = task.title if form == "standard" else f"{task.title}, {form}"
            stops = [b.stop for b in loaded.blocks if (b.task, b.form) == (code, form)]
            found.append((title, task.forms[form].chance, trials, stops[0] if stops else None))
    if not found:
        raise UserError("the protocol has no test trials that are right or wrong", place=protocol)
    return found
