"""``devkit corpus``: make the toybox; find, check and build corpora; count, export and review what is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.cli.annotations import app as annotations_app
from devkit.cli.toybox import toybox
from devkit.errors import UserError

if TYPE_CHECKING:
    from devkit.corpus.engine import Engine

app = typer.Typer(help="Make, check and build corpora.", no_args_is_help=True)
app.command()(toybox)
app.add_typer(annotations_app, name="annotations")

CorpusPath = Annotated[Path, typer.Argument(help="Folder of the corpus.", metavar="CORPUS")]
DataPath = Annotated[Path, typer.Argument(help="Training data made by `devkit corpus build`.", metavar="DATA")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def scan(
    folder: Annotated[Path, typer.Argument(help="Folder with videos and transcripts.", metavar="FOLDER")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the list; the recordings stay where they are.")
    ] = None,
    layout: Annotated[str, typer.Option(help="auto, saycam, babyview or table.")] = "auto",
    people: Annotated[
        Path | None,
        typer.Option(help="Table of recordings or children: child, file, date, birth_date or age_months, consent."),
    ] = None,
    consent: Annotated[str, typer.Option(help="Sharing level where the table has none.")] = "private",
    name: Annotated[str, typer.Option(help="Name of the corpus; the folder's by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Find the recordings in a folder and write the list that a corpus is read from. Exit 1 when files were left out.

    Example: devkit corpus scan saycam-disk --out saycam
    """
    from typing import cast

    from devkit.annotations import CorpusCard
    from devkit.corpus.people import read_people
    from devkit.corpus.scan import Consent, Layout, write_list
    from devkit.corpus.scan import scan as look
    from devkit.progress import progress

    if layout not in ("auto", "saycam", "babyview", "table"):
        raise UserError(f"there is no layout '{layout}'", hint="auto, saycam, babyview or table")
    if consent not in ("private", "shareable", "public"):
        raise UserError(f"there is no sharing level '{consent}'", hint="private, shareable or public")
    if not folder.is_dir():
        raise UserError("there is no such folder", place=str(folder))
    with progress("looking at videos", None) as advance:
        found = look(
            folder,
            layout=None if layout == "auto" else cast("Layout", layout),
            people=read_people(people) if people else None,
            consent=cast("Consent", consent),
            advance=advance,
        )
    if not found.recordings:
        first = f": {found.problems[0]}" if found.problems else ""
        raise UserError(f"no recordings were found{first}", place=str(folder))
    kind = found.layout if found.layout != "table" else "plain"
    media = "" if out is None or out.resolve() == folder.resolve() else str(folder.resolve())
    write_list(out or folder, CorpusCard(name=name or folder.resolve().name, kind=kind, media=media), found.recordings)
    if as_json:
        rows = [{"code": p.code, "message": p.message, "place": p.place} for p in found.problems]
        typer.echo(
            json.dumps({"layout": found.layout, "recordings": len(found.recordings), "problems": rows}, indent=2)
        )
    else:
        for problem in found.problems:
            typer.echo(str(problem))
        hours = sum(recording.duration_ms for recording in found.recordings) / 3_600_000
        spoken = sum(bool(recording.transcript) for recording in found.recordings)
        typer.echo(f"{found.layout}: {len(found.recordings)} recordings, {hours:.2f} h, {spoken} with a transcript")
    if found.problems:
        raise typer.Exit(1)


@app.command()
def check(
    corpus: CorpusPath,
    no_videos: Annotated[bool, typer.Option("--no-videos", help="Do not open the videos.")] = False,
    no_sound: Annotated[bool, typer.Option("--no-sound", help="Do not hold transcripts against the sound.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Decode every picture.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look through a corpus before hours are spent on it. Exit 1 when something is wrong.

    Example: devkit corpus check saycam
    """
    from devkit.corpus.check import CheckRules, check_corpus
    from devkit.corpus.read import Corpus
    from devkit.progress import progress

    rules = CheckRules(videos=not no_videos, sound=not no_sound, deep=deep)
    recordings = Corpus.open(corpus).recordings
    problems = []
    with progress("checking recordings", len(recordings)) as advance:
        for found in check_corpus(corpus, rules):
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
def transcribe(
    corpus: CorpusPath,
    weights: Annotated[Path, typer.Option(help="Folder of a Whisper model in the form of CTranslate2.")],
    language: Annotated[str, typer.Option(help="Of the recordings; told by the model when empty.")] = "",
) -> None:
    """Transcribe recordings without a transcript by faster-whisper, on this machine.

    Example: devkit corpus transcribe my-corpus --weights weights/faster-whisper-small --language en
    """
    from devkit.corpus.read import Corpus
    from devkit.corpus.transcribe import Recogniser
    from devkit.corpus.transcribe import transcribe as listen
    from devkit.progress import progress

    opened = Corpus.open(corpus)
    recogniser = Recogniser(weights, language)
    with progress("transcribing", len(opened.recordings)) as advance:
        count = listen(opened, corpus, recogniser, advance=advance)
    typer.echo(f"{count} recordings transcribed")


@app.command()
def build(
    corpus: CorpusPath,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the training data.")],
    drop_speaker: Annotated[
        list[str] | None, typer.Option(help="Leave out what this speaker says (the key child: CHI); may be repeated.")
    ] = None,
    min_confidence: Annotated[float, typer.Option(min=0, max=1, help="Lowest confidence of an utterance.")] = 0.0,
    min_word_confidence: Annotated[float, typer.Option(min=0, max=1, help="Lowest confidence of a word.")] = 0.0,
    language: Annotated[list[str] | None, typer.Option(help="Keep this language; may be repeated.")] = None,
    names: Annotated[Path | None, typer.Option(help="Personal names to mask, one a line.")] = None,
    max_seconds: Annotated[float, typer.Option(min=0.1, help="Longest sentence that becomes a clip.")] = 20.0,
    max_side: Annotated[int | None, typer.Option(min=16, help="Longer side of stored pictures, pixels.")] = None,
    quality: Annotated[int, typer.Option(min=1, max=100, help="JPEG quality of stored pictures.")] = 90,
    image_filter: Annotated[
        str, typer.Option(help="none, clip:FOLDER, open_clip:ARCHITECTURE@FILE or table:FILE.")
    ] = "none",
    image_above: Annotated[float, typer.Option(min=-1, max=1, help="Images must be more similar than this.")] = 0.2,
    video_filter: Annotated[str, typer.Option(help="As --image-filter, and xclip:FOLDER.")] = "none",
    video_above: Annotated[float, typer.Option(min=-1, max=1, help="Clips must be more similar than this.")] = 0.1,
    fractions: Annotated[str, typer.Option(help="Shares of train, val and test.")] = "0.8,0.1,0.1",
    splits_of: Annotated[
        Path | None, typer.Option(help="Earlier data, or a table name,split: these recordings keep their split.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Recordings worked on at a time; all processors.")
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or ray for a cluster.")] = "local",
    address: Annotated[str, typer.Option(help="Of the Ray cluster; one is started here when empty.")] = "",
    keep_good: Annotated[bool, typer.Option("--keep-good", help="Leave out recordings that cannot be used.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Bring data up to date that were made from less or otherwise.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build training data: segments, pictures, three formats, splits. A build that was stopped goes on.

    Example: devkit corpus build toybox --out toybox-data --jobs 2
    """
    from devkit.corpus.build import BuildOptions, build_corpus
    from devkit.corpus.engine import processors
    from devkit.corpus.frames import FrameRules
    from devkit.corpus.lists import read_names, read_splits
    from devkit.corpus.segments import SegmentRules
    from devkit.corpus.similarity import FilterRules, parse_filter
    from devkit.progress import progress

    options = BuildOptions(
        segments=SegmentRules(
            drop_speakers=tuple(drop_speaker or ()),
            min_confidence=min_confidence,
            min_word_confidence=min_word_confidence,
            languages=tuple(language or ()),
            max_ms=round(max_seconds * 1000),
            names=read_names(names) if names else (),
        ),
        frames=FrameRules(quality=quality, max_side=max_side),
        filters=FilterRules(
            image=parse_filter(image_filter, "image"),
            video=parse_filter(video_filter, "video"),
            image_floor=image_above,
            clip_floor=video_above,
        ),
        fractions=_shares(fractions),
        pinned=read_splits(splits_of) if splits_of else {},
        seed=seed,
    )
    workers = jobs or processors()
    data = build_corpus(
        corpus,
        out,
        options,
        jobs=workers,
        engine=_engine(engine, address),
        replace=replace,
        keep_good=keep_good,
        progress=progress,
    )
    manifest = data.manifest
    if as_json:
        typer.echo(manifest.model_dump_json(indent=2))
        return
    typer.echo(f"{manifest.corpus}: {sum(manifest.hours.values()):.2f} h, {len(data.recordings)} recordings ({out})")
    for name, number in manifest.counts.items():
        typer.echo(f"  {name:<24} {number:>8}")
    for reason, number in (manifest.dropped | manifest.left_out_records).items():
        typer.echo(f"  left out: {reason:<30} {number:>8}")
    for name, reason in manifest.left_out.items():
        typer.echo(f"  recording left out: {name}: {reason}")


@app.command()
def stats(
    data: DataPath,
    most: Annotated[int, typer.Option(min=0, help="Words and objects to list; 0 for all.")] = 30,
    figures: Annotated[Path | None, typer.Option(help="Also draw figures into this folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Count hours by child and age, words and when they are first heard, objects, similarities; draw them.

    Example: devkit corpus stats toybox-data --most 10 --figures figures
    """
    from devkit.corpus.data import open_data
    from devkit.corpus.stats import as_text, corpus_stats

    data_ = open_data(data)
    counted = corpus_stats(data_, most=most)
    if figures is not None:
        from devkit.corpus.figures import write_figures

        write_figures(corpus_stats(data_, most=0), figures)
    typer.echo(counted.model_dump_json(indent=2) if as_json else as_text(counted))


@app.command()
def export(
    data: DataPath,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    split: Annotated[str, typer.Option(help="train, val or test; all by default.")] = "",
    level: Annotated[
        str, typer.Option(help="Least sharing level of the recordings: private, shareable or public.")
    ] = "shareable",
) -> None:
    """Write the three formats in the published JSON form with their pictures; only what may be shared.

    Example: devkit corpus export toybox-data --out toybox-llava --split train
    """
    from devkit.corpus.data import open_data
    from devkit.corpus.export import export_records
    from devkit.progress import progress

    opened = open_data(data)
    with progress("writing pictures", None) as advance:
        told = export_records(opened, out, split=split, level=level, advance=advance)
    for name, count in told.records.items():
        typer.echo(f"{name:<20} {count:>8}")
    if told.refused:
        typer.echo(f"{len(told.refused)} recordings are not {level} and were left out")


def _engine(name: str, address: str) -> Engine | None:
    if name == "ray":
        from devkit.corpus.cluster import RayEngine

        return RayEngine(address)
    if name != "local":
        raise UserError(f"there is no engine '{name}'", hint="local or ray")
    return None


def _shares(text: str) -> tuple[float, float, float]:
    try:
        train, val, test = (float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"'{text}' is not three shares", hint="for example 0.8,0.1,0.1") from None
    return train, val, test
