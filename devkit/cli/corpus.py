"""``devkit corpus``: make the toybox, check corpora, build training data from them, and count what is in those."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from devkit.cli.toybox import toybox
from devkit.errors import UserError

app = typer.Typer(help="Make, check and build corpora.", no_args_is_help=True)
app.command()(toybox)

CorpusPath = Annotated[Path, typer.Argument(help="Folder of the corpus.", metavar="CORPUS")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def check(
    corpus: CorpusPath,
    no_videos: Annotated[bool, typer.Option("--no-videos", help="Do not open the videos.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look through a corpus before hours are spent on it. Exit 1 when something is wrong.

    Example: devkit corpus check saycam
    """
    from devkit.corpus.read import Corpus, check_corpus
    from devkit.progress import progress

    recordings = Corpus.open(corpus).recordings
    problems = []
    with progress("checking recordings", len(recordings)) as advance:
        for found in check_corpus(corpus, videos=not no_videos):
            problems += found
            advance(1)
    if as_json:
        rows = [{"code": p.code, "message": p.message, "place": p.place, "hint": p.hint} for p in problems]
        typer.echo(json.dumps({"recordings": len(recordings), "problems": rows}, indent=2))
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(f"{len(recordings)} recordings, {len(problems)} problems")
    if problems:
        raise typer.Exit(1)


@app.command()
def build(
    corpus: CorpusPath,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the training data.")],
    drop_speaker: Annotated[
        list[str] | None, typer.Option(help="Leave out what this speaker says (the key child: CHI); may be repeated.")
    ] = None,
    min_confidence: Annotated[float, typer.Option(min=0, max=1, help="Lowest confidence of a transcript.")] = 0.0,
    max_seconds: Annotated[float, typer.Option(min=0.1, help="Longest utterance that becomes a clip.")] = 20.0,
    max_side: Annotated[int | None, typer.Option(min=16, help="Longer side of stored pictures, pixels.")] = None,
    quality: Annotated[int, typer.Option(min=1, max=100, help="JPEG quality of stored pictures.")] = 90,
    fractions: Annotated[str, typer.Option(help="Shares of train, val and test.")] = "0.8,0.1,0.1",
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Recordings worked on at a time.")] = 1,
    keep_good: Annotated[bool, typer.Option("--keep-good", help="Leave out recordings that have problems.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace data that were made otherwise.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build training data: segments, pictures, three formats, splits. A build that was stopped goes on.

    Example: devkit corpus build toybox --out toybox-data --jobs 2
    """
    from devkit.corpus.build import BuildOptions, build_corpus
    from devkit.corpus.frames import FrameRules
    from devkit.corpus.segments import SegmentRules
    from devkit.progress import progress

    segments = SegmentRules(
        drop_speakers=tuple(drop_speaker or ()), min_confidence=min_confidence, max_ms=round(max_seconds * 1000)
    )
    options = BuildOptions(
        segments=segments,
        frames=FrameRules(quality=quality, max_side=max_side),
        fractions=_shares(fractions),
        seed=seed,
    )
    data = build_corpus(corpus, out, options, jobs=jobs, replace=replace, keep_good=keep_good, progress=progress)
    if as_json:
        typer.echo(data.manifest.model_dump_json(indent=2))
        return
    manifest = data.manifest
    typer.echo(f"{manifest.corpus}: {sum(manifest.hours.values()):.2f} h, {len(data.recordings)} recordings ({out})")
    for name, number in manifest.counts.items():
        typer.echo(f"  {name:<24} {number:>8}")
    for reason, number in manifest.dropped.items():
        typer.echo(f"  left out: {reason:<14} {number:>8}")
    for name, reason in manifest.left_out.items():
        typer.echo(f"  recording left out: {name}: {reason}")


@app.command()
def stats(
    data: Annotated[Path, typer.Argument(help="Training data made by `devkit corpus build`.", metavar="DATA")],
    most: Annotated[int, typer.Option(min=0, help="Words and objects to list; 0 for all.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Count hours by child and age, words and objects.

    Example: devkit corpus stats toybox-data --most 10
    """
    from devkit.corpus.data import open_data
    from devkit.corpus.stats import as_text, corpus_stats

    counted = corpus_stats(open_data(data), most=most)
    typer.echo(counted.model_dump_json(indent=2) if as_json else as_text(counted))


def _shares(text: str) -> tuple[float, float, float]:
    try:
        train, val, test = (float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"'{text}' is not three shares", hint="for example 0.8,0.1,0.1") from None
    return train, val, test
