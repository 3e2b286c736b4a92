"""``devkit bank``: build, import, export, audit and show item banks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from devkit.cli.review import agreement, review, reviewed
from devkit.errors import UserError

app = typer.Typer(help="Build, import, review, export and audit item banks.", no_args_is_help=True)

BankPath = Annotated[Path, typer.Argument(help="Folder of the bank.", metavar="BANK")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")]
Name = Annotated[str, typer.Option(help="Name of the bank; the folder's by default.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace the bank that is there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def build(
    data: Annotated[Path, typer.Argument(help="Training data made by `devkit corpus build`.", metavar="DATA")],
    out: Out,
    form: Annotated[
        list[str] | None,
        typer.Option(help="TASK, TASK/FORM or either with =COUNT; may be repeated. Every form by default."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Items of each form that names no number.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed of all chance.")] = 1,
    split: Annotated[str, typer.Option(help="Recordings to use: train, val or test.")] = "test",
    name: Name = "",
    allow_fewer: Annotated[
        bool, typer.Option("--allow-fewer", help="Keep what a form gives when the material is too little.")
    ] = False,
    roles: Annotated[
        str, typer.Option(help="Distractors of words: three of semantic, phonological, visual, unrelated.")
    ] = "semantic,phonological,unrelated",
    embeddings: Annotated[
        Path | None, typer.Option(help="Word vectors that meaning is measured by; categories by default.")
    ] = None,
    match_frequency: Annotated[
        bool, typer.Option("--match-frequency", help="Distractors are said about as often as the word.")
    ] = False,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Make items from the annotated frames of a corpus.

    Example: devkit bank build toybox-data --out toybox-bank --form left_right/robust=50 --form memory --count 20
    """
    from typing import cast

    from devkit.banks.build import build_bank, parse_wishes
    from devkit.banks.distractors import parse_rules
    from devkit.corpus.data import open_data
    from devkit.corpus.formats import Split
    from devkit.progress import progress

    bank = build_bank(
        open_data(data),
        out,
        parse_wishes(form or [], count),
        split=cast("Split", split),
        seed=seed,
        name=name,
        allow_fewer=allow_fewer,
        replace=replace,
        distractors=parse_rules(roles, embeddings, match_frequency),
        progress=progress,
    )
    _summary(bank.path, as_json)


@app.command()
def sample(
    out: Out,
    items: Annotated[int, typer.Option(min=1, max=60, help="Items of each form.")] = 6,
    seed: Annotated[int, typer.Option(help="Seed of all chance.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Draw a small bank of toys in a few seconds, to try out a lab or a station before there are recordings.

    Example: devkit bank sample --out my-lab/banks/toybox
    """
    from devkit.progress import progress
    from devkit.toybox.sample import sample_bank

    _summary(sample_bank(out, items=items, seed=seed, progress=progress).path, as_json)


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="A published item file, a folder of them, or a study's folder.")],
    out: Out,
    kind: Annotated[str, typer.Option(help="auto, devcv or visual-precision.")] = "auto",
    as_: Annotated[
        list[str] | None,
        typer.Option("--as", help="PATTERN=TASK/FORM, or TASK/FORM for every file; may be repeated."),
    ] = None,
    split: Annotated[str, typer.Option(help="Split of every item; read from the file names by default.")] = "",
    images: Annotated[Path | None, typer.Option(help="Folder that the image paths start from.")] = None,
    carrier: Annotated[
        str, typer.Option(help="visual-precision: the carrier phrase of every prompt, or balanced.")
    ] = "balanced",
    keep_good: Annotated[
        bool, typer.Option("--keep-good", help="Load the sound items; keep the problems in the bank.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Check only the headers of the images.")] = False,
    max_pixels: Annotated[int, typer.Option(min=1, help="Largest image.")] = 50_000_000,
    name: Name = "",
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Import published DevCV items (LLaVA JSON), or the trials of the visual-precision study.

    Example: devkit bank import devcv_test --out devcv-bank --as 'shoes.json=who_has_more/naturalistic'
    """
    from devkit.banks.validate import Limits
    from devkit.banks.visual_precision import import_study, looks_like_study
    from devkit.progress import progress

    if kind not in ("auto", "devcv", "visual-precision"):
        raise UserError(f"there is no kind '{kind}'", hint="auto, devcv or visual-precision")
    if split not in ("", "train", "val", "test"):
        raise UserError(f"there is no split '{split}'", hint="train, val or test")
    limits = Limits(pixels=max_pixels, decode=not quick)
    if kind == "visual-precision" or (kind == "auto" and looks_like_study(source)):
        bank = import_study(
            source, out, name=name, carrier=carrier, keep_good=keep_good, replace=replace, limits=limits
        )
    else:
        from typing import cast

        from devkit.banks.devcv import ImportOptions, import_devcv, parse_kind
        from devkit.banks.wording import Split

        options = ImportOptions(
            kinds=tuple(parse_kind(text) for text in as_ or []),
            split=cast("Split", split),
            images=images,
            keep_good=keep_good,
            limits=limits,
        )
        bank = import_devcv(source, out, name=name, options=options, replace=replace, progress=progress)
    _summary(bank.path, as_json)


for command in (review, agreement, reviewed):
    app.command()(command)


@app.command()
def export(
    bank: BankPath,
    out: Out,
    layout: Annotated[str, typer.Option(help="flat, or folders: one for each task.")] = "flat",
    level: Annotated[
        str, typer.Option(help="Least sharing level of the recordings: private, shareable or public.")
    ] = "shareable",
    blur_faces: Annotated[
        Path | None, typer.Option(help="Blur faces that this Grounding DINO on this machine finds.")
    ] = None,
) -> None:
    """Write a bank as published item files with their images; only what may be shared.

    Example: devkit bank export devcv-bank --out devcv-again
    """
    from typing import cast

    from devkit.banks.export import Layout, Level, export_devcv
    from devkit.banks.store import Bank

    if layout not in ("flat", "folders"):
        raise UserError(f"there is no layout '{layout}'", hint="flat or folders")
    if level not in ("private", "shareable", "public"):
        raise UserError(f"there is no sharing level '{level}'", hint="private, shareable or public")
    change = None
    if blur_faces is not None:
        from devkit.corpus.filters.faces import FaceBlur

        change = FaceBlur(blur_faces)
    opened = Bank.open(bank)
    for path in export_devcv(opened, out, layout=cast("Layout", layout), level=cast("Level", level), change=change):
        typer.echo(str(path))


@app.command()
def audit(
    bank: BankPath,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="A bank, training data or a training run that must share nothing with this one."),
    ] = None,
    tokens_per_image: Annotated[int, typer.Option(min=1, help="Tokens that a model spends on an image.")] = 197,
    context: Annotated[int, typer.Option(min=1, help="Context length of the model, tokens.")] = 8192,
    vocabulary: Annotated[
        Path | None, typer.Option(help="Nouns that are right, one a line, beside the built-in ones.")
    ] = None,
    allow_expected: Annotated[
        bool, typer.Option("--allow-expected", help="Exit 0 when all that was found belongs to a published form.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Also write the report as a page.")] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the result in the bank as audit.json, where a lab's report finds it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what lets a test be solved without the ability it measures. Exit 1 when something is found.

    Example: devkit bank audit toybox-bank --against toybox-data --html audit.html
    """
    from devkit.banks.audit import AuditRules, audit_bank
    from devkit.banks.report import as_html, as_text
    from devkit.banks.store import Bank
    from devkit.progress import progress

    rules = AuditRules(tokens_per_image=tokens_per_image, context=context, vocabulary=vocabulary)
    report = audit_bank(Bank.open(bank), list(against or []), rules, progress=progress)
    if html is not None:
        html.write_text(as_html(report), encoding="utf-8")
    if keep:
        (bank / "audit.json").write_text(report.model_dump_json(indent=2), encoding="utf-8")
    typer.echo(report.model_dump_json(indent=2) if as_json else as_text(report))
    if report.found(allow_expected=allow_expected):
        raise typer.Exit(1)


@app.command()
def check(bank: BankPath, as_json: AsJson = False) -> None:
    """Check that every file of a bank is there, unchanged, and can be shown. Exit 1 when one is not.

    Example: devkit bank check toybox-bank
    """
    from devkit.banks.store import Bank
    from devkit.banks.validate import check_bank

    opened = Bank.open(bank)
    problems = check_bank(opened)
    if as_json:
        rows = [{"code": p.code, "message": p.message, "place": p.place, "hint": p.hint} for p in problems]
        typer.echo(json.dumps({"bank": opened.name, "media": opened.card.media, "problems": rows}, indent=2))
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(f"{opened.name}: {opened.card.media} files, {len(problems)} problems")
    if problems:
        raise typer.Exit(1)


@app.command()
def show(
    bank: BankPath,
    item: Annotated[str, typer.Option(help="Show one item in full.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what is in a bank.

    Example: devkit bank show toybox-bank --item memory_standard_test_00003
    """
    from devkit.banks.store import Bank
    from devkit.errors import did_you_mean

    if not item:
        return _summary(bank, as_json)
    opened = Bank.open(bank)
    if item not in opened.items:
        raise UserError(f"there is no item '{item}'", place=str(bank), hint=did_you_mean(item, opened.items))
    typer.echo(opened.items[item].model_dump_json(indent=2, exclude_defaults=True))
    return None


def _summary(path: Path, as_json: bool) -> None:
    from devkit.banks.store import Bank

    bank = Bank.open(path)
    if as_json:
        typer.echo(bank.card.model_dump_json(indent=2))
        return
    typer.echo(f"{bank.name}: {bank.card.items} items, {bank.card.media} files ({path})")
    if bank.card.source:
        typer.echo(f"made from {bank.card.source}; digest {bank.digest[:12]}")
    width = max((len(key) for key in bank.card.counts), default=0)
    for key, number in bank.card.counts.items():
        typer.echo(f"  {key:<{width}}  {number:>6}")
    for problem in bank.problems:
        typer.echo(f"  left out: {problem}")
