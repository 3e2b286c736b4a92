"""``devkit corpus annotations``: take boxes over from annotation tools, propose them, review them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import Problems, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from devkit.corpus.annotate.review import ReviewLog
    from devkit.corpus.annotate.vocabulary import Vocabulary

app = typer.Typer(help="Boxes with nouns for test items: import, propose, review.", no_args_is_help=True)

CorpusPath = Annotated[Path, typer.Argument(help="Folder of the corpus.", metavar="CORPUS")]
Words = Annotated[Path | None, typer.Option("--vocabulary", help="Your list: noun,synonyms,plural. Ours by default.")]
Data = Annotated[Path, typer.Option("--data", help="Training data built from the corpus; gives the pictures.")]


@app.command("import")
def import_(
    corpus: CorpusPath,
    file: Annotated[Path, typer.Argument(help="COCO or Label Studio JSON, CVAT XML, or CSV.")],
    vocabulary: Words = None,
    any_noun: Annotated[bool, typer.Option("--any-noun", help="Take labels as they are, whatever they are.")] = False,
    places: Annotated[
        Path | None, typer.Option(help="Table image,recording,time_ms for pictures whose names do not tell.")
    ] = None,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="Put them in place at once: people have checked them.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what was there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Take boxes over from an annotation tool, as proposals to be reviewed. Exit 1 when some were left out.

    Example: devkit corpus annotations import saycam cvat-export.xml
    """
    from collections import Counter

    from devkit.corpus.annotate.collect import Collector
    from devkit.corpus.annotate.formats import read_annotation_file
    from devkit.corpus.annotate.store import install, keep_proposals
    from devkit.corpus.read import Corpus

    opened = Corpus.open(corpus)
    collector = Collector(opened.recordings, None if any_noun else _vocabulary(vocabulary), _places(places))
    problems = read_annotation_file(file, collector)
    if problems:
        raise Problems(problems, subject=str(file))
    found = collector.found
    frames = found.frames(opened.recordings)
    if reviewed:
        install(opened, corpus, frames)
    else:
        keep_proposals(opened, frames, replace=replace)
    reasons = Counter(row.reason for row in found.rejected)
    taken = sum(map(len, found.boxes.values()))
    if as_json:
        rows = [{"place": row.place, "reason": row.reason, "detail": row.detail} for row in found.rejected]
        typer.echo(json.dumps({"boxes": taken, "thinned": found.thinned, "left_out": rows}, indent=2))
    else:
        for row in found.rejected[:20]:
            typer.echo(f"{row.place}: {row.reason}{': ' + row.detail if row.detail else ''}")
        told = "".join(f", {count} left out ({reason})" for reason, count in sorted(reasons.items()))
        typer.echo(f"{taken} boxes on {len(found.boxes)} pictures{told}")
    if found.rejected:
        raise typer.Exit(1)


@app.command()
def propose(
    corpus: CorpusPath,
    data: Data,
    detector: Annotated[Path, typer.Option(help="Folder of Grounding DINO weights on this machine.")],
    vocabulary: Words = None,
    noun: Annotated[list[str] | None, typer.Option(help="Look for this only; may be repeated.")] = None,
    every_ms: Annotated[int, typer.Option(min=1, help="Pictures at multiples of this are looked at.")] = 1000,
    box_above: Annotated[float, typer.Option(min=0, max=1, help="Lowest confidence of a box.")] = 0.35,
    text_above: Annotated[float, typer.Option(min=0, max=1, help="Lowest confidence of its noun.")] = 0.25,
    namer: Annotated[str, typer.Option(help="Model that names boxes: FOLDER, or URL@MODEL of a server.")] = "",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let pictures go to a server on another machine.")
    ] = False,
) -> None:
    """Propose boxes by a detector on this machine, joined into tracks. Proposals have to be reviewed.

    Example: devkit corpus annotations propose saycam --data saycam-data --detector weights/grounding-dino-tiny
    """
    from devkit.corpus.annotate.store import propose as look
    from devkit.corpus.data import open_data
    from devkit.corpus.filters.detect import Detector, DetectRules
    from devkit.corpus.read import Corpus
    from devkit.progress import progress

    opened, words = Corpus.open(corpus), _vocabulary(vocabulary)
    eyes = Detector(detector, DetectRules(box_floor=box_above, text_floor=text_above))
    with progress("looking for objects", len(opened.recordings)) as advance:
        count = look(
            opened,
            open_data(data),
            eyes,
            words,
            nouns=tuple(noun or ()),
            every_ms=every_ms,
            name=_namer(namer, allow_remote, words),
            advance=advance,
        )
    typer.echo(f"{count} boxes proposed")


@app.command()
def review(
    corpus: CorpusPath,
    data: Data,
    reviewer: Annotated[str, typer.Option(help="Your code; it stands with every decision.")],
    vocabulary: Words = None,
    double: Annotated[float, typer.Option(min=0, max=1, help="Share that two reviewers decide on.")] = 1.0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; any free one by default.")] = 0,
) -> None:
    """Open the review page on this machine; decisions are kept at once. Ctrl-C ends it.

    Example: devkit corpus annotations review saycam --data saycam-data --reviewer AB
    """
    from devkit.corpus.annotate.page import BoxDesk, ReviewServer
    from devkit.corpus.annotate.store import log_of, proposals
    from devkit.corpus.data import open_data
    from devkit.corpus.read import Corpus

    if not reviewer.strip():
        raise UserError("the reviewer's code is empty", place="--reviewer")
    opened = Corpus.open(corpus)
    proposed = proposals(opened)
    if not proposed:
        raise UserError("there is nothing to review", place=str(corpus), hint="devkit corpus annotations propose")
    widths = {recording.name: recording.width for recording in opened.recordings}
    words = _vocabulary(vocabulary)
    desk = BoxDesk(proposed, open_data(data), log_of(opened), reviewer.strip(), words, widths, double)
    server = ReviewServer(desk, port)
    typer.echo(f"Open {server.address}")
    try:
        server.serve_forever()
    finally:
        server.server_close()


@app.command()
def agreement(
    corpus: CorpusPath, as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False
) -> None:
    """Say how far reviewers agree.

    Example: devkit corpus annotations agreement saycam
    """
    from devkit.corpus.annotate.store import log_of
    from devkit.corpus.read import Corpus

    show_agreement(log_of(Corpus.open(corpus)), as_json)


def show_agreement(log: ReviewLog, as_json: bool) -> None:
    """Print the agreement of each pair of reviewers."""
    from dataclasses import asdict

    pairs = log.agreement()
    if as_json:
        typer.echo(json.dumps({"decisions": len(log.decisions), "pairs": [asdict(pair) for pair in pairs]}, indent=2))
        return
    typer.echo(f"{len(log.decisions)} decisions")
    for pair in pairs:
        kappa = "not defined" if pair.kappa is None else f"{pair.kappa:.2f}"
        typer.echo(f"{' and '.join(pair.reviewers)}: {pair.both} in common, {pair.share:.0%} the same, kappa {kappa}")


@app.command()
def apply(corpus: CorpusPath) -> None:
    """Make the annotations of a corpus from what reviewing settled. Exit 1 while boxes are open or disputed.

    Example: devkit corpus annotations apply saycam
    """
    from devkit.corpus.annotate.store import apply_review
    from devkit.corpus.read import Corpus

    settled = apply_review(Corpus.open(corpus), corpus)
    for state, count in sorted(settled.counts.items()):
        typer.echo(f"{state:<10} {count:>7}")
    if settled.counts.get("open") or settled.counts.get("disputed"):
        raise typer.Exit(1)


def _vocabulary(path: Path | None) -> Vocabulary:
    from devkit.corpus.annotate.vocabulary import own_vocabulary, read_vocabulary

    return read_vocabulary(path) if path else own_vocabulary()


def _places(path: Path | None) -> dict[str, tuple[str, int]]:
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["image"]: (row["recording"], int(row["time_ms"])) for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError) as error:
        hint = "image,recording,time_ms"
        raise UserError(f"is no table of pictures: {error}", place=str(path), hint=hint) from None


def _namer(text: str, allow_remote: bool, words: Vocabulary) -> Callable[[Image.Image], str] | None:
    if not text:
        return None
    from devkit.corpus.filters.naming import LocalNamer, ServerNamer, name_of

    url, _, model = text.rpartition("@")
    namer = ServerNamer(url, model, allow_remote=allow_remote) if "://" in text else LocalNamer(Path(text))
    return lambda image: name_of(namer, image, words.nouns, words)
