"""``devkit bank review``, ``agreement`` and ``reviewed``: people look at items before anybody is tested with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devkit.errors import UserError

BankPath = Annotated[Path, typer.Argument(help="Folder of the bank.", metavar="BANK")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def review(
    bank: BankPath,
    reviewer: Annotated[str, typer.Option(help="Your code; it stands with every decision.")],
    form: Annotated[list[str] | None, typer.Option(help="TASK or TASK/FORM; may be repeated. All by default.")] = None,
    double: Annotated[float, typer.Option(min=0, max=1, help="Share that two reviewers decide on.")] = 1.0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; any free one by default.")] = 0,
) -> None:
    """Open a page on this machine to accept, correct or reject items; decisions are kept at once. Ctrl-C ends it.

    Example: devkit bank review toybox-bank --reviewer AB --form visual_delayed_response
    """
    from devkit.banks.review import ItemDesk
    from devkit.banks.store import Bank
    from devkit.corpus.annotate.page import ReviewServer
    from devkit.corpus.annotate.review import ReviewLog
    from devkit.errors import did_you_mean

    if not reviewer.strip():
        raise UserError("the reviewer's code is empty", place="--reviewer")
    opened = Bank.open(bank)
    known = {*opened.card.counts, *(name.partition("/")[0] for name in opened.card.counts)}
    for name in form or []:
        if name not in known:
            raise UserError(f"the bank has no items of '{name}'", place=str(bank), hint=did_you_mean(name, known))
    wanted = [i for i in opened.items.values() if not form or {i.task, f"{i.task}/{i.form}"} & set(form)]
    server = ReviewServer(ItemDesk(opened, ReviewLog(bank), reviewer.strip(), wanted, double), port)
    typer.echo(f"Open {server.address}")
    try:
        server.serve_forever()
    finally:
        server.server_close()


def agreement(bank: BankPath, as_json: AsJson = False) -> None:
    """Say how far the reviewers of a bank agree.

    Example: devkit bank agreement toybox-bank
    """
    from devkit.banks.store import Bank
    from devkit.cli.annotations import show_agreement
    from devkit.corpus.annotate.review import ReviewLog

    show_agreement(ReviewLog(Bank.open(bank).path), as_json)


def reviewed(
    bank: BankPath,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace the bank that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the bank of the items that reviewers accepted or corrected. Exit 1 while items are open or disputed.

    Example: devkit bank reviewed toybox-bank --out toybox-checked
    """
    from devkit.banks.review import settle_items, write_reviewed
    from devkit.banks.store import Bank
    from devkit.corpus.annotate.review import ReviewLog

    opened = Bank.open(bank)
    settled = settle_items(opened, ReviewLog(bank))
    written = write_reviewed(opened, out, settled, replace=replace)
    if as_json:
        typer.echo(written.card.model_dump_json(indent=2))
    else:
        for state, count in sorted(settled.counts.items()):
            typer.echo(f"{state:<10} {count:>7}")
    if settled.counts.get("open") or settled.counts.get("disputed"):
        raise typer.Exit(1)
