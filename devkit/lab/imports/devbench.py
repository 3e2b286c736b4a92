"""DevBench's answer distributions of children and adults, for Looking While Listening and Picture Vocabulary.

SOURCE is DevBench's folder (``assets/<assessment>/manifest.csv``, ``evals/<assessment>/human.csv``). What comes in are
distributions (`devkit.lab.references`), not trials: nobody's answers are known. A looking score is the share of looking
at the target; its two numbers are that share and the rest. Ages are the source's own labels in years; 25 stands for its
adults. Right is the first option in every row, which is no position.
"""

from __future__ import annotations

from pathlib import Path

from devkit.errors import UserError
from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.imports.rows import BadValue, CsvRow, read_csv
from devkit.lab.references import Distribution, keep_references
from devkit.lab.store import Lab

NAME = "devbench"
ADULTS = 25.0
TASKS = {"lex-viz_vocab": "picture_vocabulary", "lex-lwl": "looking_while_listening"}
SUM_WITHIN = 1e-3


def bring(lab: Lab, source: Path, options: ImportOptions) -> Imported:
    """Bring DevBench's distributions into a lab; doing it again replaces them.

    Raises:
        UserError: No assessment is there, a file is missing or no CSV, or the disk refuses.
        Problems: All the columns that a file lacks.
    """
    done = Imported()
    rows: list[Distribution] = []
    present = [name for name in TASKS if (source / "evals" / name / "human.csv").is_file()]
    if not present:
        raise UserError("no assessment is there", place=str(source), hint=f"evals/{'|'.join(TASKS)}/human.csv")
    for name in present:
        rows += _assessment(source, name, done)
        options.advance(1)
    keep_references(lab, NAME, rows)
    done.count("distributions", len(rows))
    return done


def _assessment(source: Path, name: str, done: Imported) -> list[Distribution]:
    manifest = list(read_csv(source / "assets" / name / "manifest.csv", ("text1", "image1", "image2")))
    found = []
    for row in read_csv(source / "evals" / name / "human.csv", ("age_bin", "trial")):
        done.count("rows")
        try:
            found.append(_distribution(row, manifest, name))
        except BadValue as bad:
            done.count("rows left out")
            done.problems.append(bad.problem)
    return found


def _distribution(row: CsvRow, manifest: list[CsvRow], name: str) -> Distribution:
    number = row.whole("trial")
    if not 1 <= number <= len(manifest):
        raise row.bad("trial", f"is {number}, but the manifest has {len(manifest)} trials")
    trial = manifest[number - 1]
    if row.has("text1") and row.values["text1"] != trial.values["text1"]:
        raise row.bad(
            "text1", f"is '{row.values['text1'][:40]}', but trial {number} asks '{trial.values['text1'][:40]}'"
        )
    options = [value for column, value in sorted(trial.values.items()) if column.startswith("image") and value]
    target = row.share("prop") if "prop" in row.values else None
    told = [target, None if target is None else 1 - target] if "prop" in row.values else _shares(row, len(options))
    shares = [share for share in told if share is not None]
    if len(shares) != len(options) or abs(sum(shares) - 1) > SUM_WITHIN:
        raise row.bad(
            "trial", f"has shares of {len(shares)} of {len(options)} options that add up to {sum(shares):.4f}"
        )
    age = row.required("age_bin")
    return Distribution(
        source=NAME,
        task=TASKS[name],
        form="standard",
        item=f"{name}/{number}",
        word=trial.values["text1"],
        kind="adult" if age == ADULTS else "child",
        age_years=age,
        options=tuple(Path(option).stem for option in options),
        shares=tuple(shares),
    )


def _shares(row: CsvRow, options: int) -> list[float | None]:
    return [row.share(f"image{place}") for place in range(1, options + 1)]
