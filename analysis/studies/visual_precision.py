"""A looking-while-listening study of infants (vislearnlab/visual-precision), read from its repository.

The study's own exclusion flags are computed again from its raw columns and compared row by row. Looking is the share
of target in the study's windows (300–3500 ms after the noun, −2000–0 ms before it; ours differ, so they are chosen here
explicitly), corrected by the baseline, and averaged per infant before anything is pooled. The similarities of five
vision models stand beside the infants pair by pair.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.intervals import mean_over_persons
from analysis.items.agreement import agreement
from analysis.items.matrix import Answers
from analysis.options import Options
from analysis.regression.linear import hc3, mixed_linear
from analysis.result import Result, withheld
from analysis.sections import Section, section
from analysis.studies.visual_precision_flags import FLAGS, compare_flags
from analysis.studies.visual_precision_pilot import pilot_results
from devkit.errors import UserError

Rows = list[tuple[tuple[str, ...], Result]]
LOOKED = "data/main/processed_data/level-trials_data.csv"
SHOWN = "data/main/data_to_analyze/level-trials_source-lookit_data.csv"
SIMILARITIES = "data/embeddings/similarities-{}_data.csv"
MODELS = ("clip", "cvcl", "imagenetvit", "openclip", "saycamvit")
MEASURES = {"corrected_target_looking": "corrected", "mean_target_looking_critical_window": "share"}
DAYS = 30.0
"""The study gives ages in whole months of 30 days."""
AGES = ((14, 17), (18, 21), (22, 26))
FLAGS_NOTE = "Share of rows on which both agree. The rules are read off the columns; the study's code is not used."
WINDOWS_NOTE = "Averaged per infant first; windows 300–3500 and −2000–0 ms."
PAIRS_NOTE = (
    "Spearman over picture pairs between the model's similarity of the two pictures (or words, or picture and word) "
    "and the infants' corrected looking; negative: the more alike, the less they look at the named one."
)


def read(folder: Path, name: str, needed: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table of the study.

    Raises:
        UserError: It is missing, or lacks columns.
    """
    path = folder / name
    if not path.is_file():
        raise UserError("is missing", place=str(path), hint="name the folder of the study's repository")
    table = pd.read_csv(path, low_memory=False)
    missing = [column for column in needed if column not in table]
    if missing:
        raise UserError(f"has no column {', '.join(missing)}", place=str(path))
    return table


def sections(folder: Path, options: Options) -> tuple[Section, ...]:
    """Return flags, looking, the pilot and the models.

    Raises:
        UserError: A table is missing or lacks columns.
    """
    named = ("SubjectInfo.subjID", "SubjectInfo.testAge", "Trials.trialID", "Trials.imagePair")
    table = read(folder, LOOKED, (*FLAGS, *MEASURES, *named))
    shown = read(folder, SHOWN, ("SubjectInfo.subjID", "Trials.trialID", "Trials.ordinal"))
    infants = included(table)
    flags, pairs = compare_flags(table, shown), _models(folder, infants, options)
    looked, epochs = _looking(infants, options), _epochs(folder, infants, options)
    titles = "The study's exclusions, computed again", "Models beside infants, pair by pair"
    return (
        *section("flags", titles[0], ("flag", "rule"), flags, FLAGS_NOTE),
        *section("looking", "Looking at the target", ("by", "level", "measure"), looked, WINDOWS_NOTE),
        *section("age", "Looking over age", ("model", "measure"), _over_age(infants, options)),
        *section("pilot", "The pilot from its gaze frames", ("what", "window"), pilot_results(folder, options)),
        *section("models", titles[1], ("model", "similarity", "what"), pairs, PAIRS_NOTE),
        *section("openclip", "OpenCLIP over training", ("similarity", "epoch"), epochs, PAIRS_NOTE),
    )


def included(table: pd.DataFrame) -> pd.DataFrame:
    """Return the trials that the study analyses, with infant, age in months, trial and pair."""
    out = table[["trial_exclusion", "exclude_participant", "exclude_participant_insufficient_data", "age_exclusion"]]
    rows = table[(out == 0).all(axis=1)]
    return rows.assign(
        infant=rows["SubjectInfo.subjID"].astype(str), months=rows["SubjectInfo.testAge"] / DAYS,
        pair=[pair_key(*str(value).split("-", 1)) for value in rows["Trials.imagePair"]],
    )  # fmt: skip


def pair_key(first: str, second: str) -> str:
    """Return one name for a pair of pictures, whichever is named first."""
    return "-".join(sorted((first, second)))


def _looking(infants: pd.DataFrame, options: Options) -> Rows:
    parts: list[tuple[str, str, pd.DataFrame]] = [("all", "", infants)]
    for first, last in AGES:
        inside = infants[(infants["months"] >= first) & (infants["months"] < last + 1)]
        parts.append(("age", f"{first}–{last} months", inside))
        parts += [
            ("age and trial type", f"{first}–{last} months, {kind}", rows)
            for kind, rows in inside.groupby("Trials.trialType")
        ]
    for column, words in (("Trials.trialType", "trial type"), ("Trials.trialID", "trial")):
        parts += [(words, str(level), rows) for level, rows in infants.groupby(column, sort=True)]
    found: Rows = []
    for by, level, rows in parts:
        for column, measure in MEASURES.items():
            own = rows.groupby("infant")[column].mean().dropna()
            reference = 0.0 if measure == "corrected" else 0.5
            name = f"{measure} looking, {by} {level}".strip()
            result = mean_over_persons(name, list(own), level=options.level, chance=reference, scale="difference")
            found.append(((by, level, measure), result))
    return found


def _over_age(infants: pd.DataFrame, options: Options) -> Rows:
    found: Rows = []
    for column, measure in MEASURES.items():
        own = infants.groupby("infant")[[column, "months"]].mean().dropna()
        names = (f"{measure}: at the mean age", f"{measure}: slope a month")
        design = np.column_stack([np.ones(len(own)), own["months"] - own["months"].mean()])
        line, _ = hc3(names, own[column].to_numpy(dtype=float), design, level=options.level, unit="share per month")
        rows = infants.dropna(subset=[column])
        age = (rows["months"] - own["months"].mean()).to_numpy(dtype=float)
        both = mixed_linear(
            names, rows[column].to_numpy(dtype=float), np.column_stack([np.ones(len(age)), age]),
            rows["infant"].to_numpy(dtype=str), rows["Trials.trialID"].to_numpy(dtype=str), level=options.level,
            unit="share per month",
        )  # fmt: skip
        found += [(("one mean an infant, HC3", measure), line[1]), (("mixed, infants and trials", measure), both[1])]
    return found


def by_pair(infants: pd.DataFrame) -> Answers:
    """Return each infant's corrected looking by pair of pictures, both directions averaged."""
    wide = infants.pivot_table(index="infant", columns="pair", values="corrected_target_looking", aggfunc="mean")
    return Answers(tuple(map(str, wide.index)), tuple(map(str, wide.columns)), wide.to_numpy(dtype=float))


def similarities(folder: Path, model: str) -> pd.DataFrame:
    """Return a model's similarities by pair; rows of one pair (both directions, repetitions) are averaged.

    Raises:
        UserError: The table is missing or names no pairs.
    """
    table = read(folder, SIMILARITIES.format(model))
    names = ("target", "distractor") if "target" in table else ("word1", "word2")
    if not {*names} <= {*table.columns}:
        raise UserError("has no columns naming a pair", place=str(folder / SIMILARITIES.format(model)))
    pairs = [pair_key(str(a), str(b)) for a, b in zip(table[names[0]], table[names[1]], strict=True)]
    kinds = [column for column in table if column.endswith("_similarity")]
    keys = ["pair", *(["epoch"] if "epoch" in table else [])]
    return table.assign(pair=pairs).groupby(keys, as_index=False)[kinds].mean()


def _models(folder: Path, infants: pd.DataFrame, options: Options) -> Rows:
    answers = by_pair(infants)
    found: Rows = []
    for model in MODELS:
        table = similarities(folder, model)
        if "epoch" in table:
            table = table[table["epoch"] == table["epoch"].max()]
        known = table.set_index("pair")
        for kind in ("image_similarity", "text_similarity", "multimodal_similarity"):
            words = kind.removesuffix("_similarity")
            name = f"{model}, {words} similarity"
            if kind not in known:
                nothing = withheld(name, "spearman", f"{model} has no {words} similarity", unit="correlation")
                found.append(((model, words, "Spearman"), nothing))
                continue
            score = known[kind].reindex(list(answers.items)).to_numpy(dtype=float)
            both = agreement(
                name, answers, score, level=options.level, draws=max(1000, options.draws), seed=options.seed
            )
            found.append(((model, words, "Spearman"), both.raw))
            found.append(((model, words, "disattenuated"), both.disattenuated))
            if model == MODELS[0] and words == "image":
                found.insert(0, (("infants", "", "noise ceiling"), both.ceiling))
    return found


def _epochs(folder: Path, infants: pd.DataFrame, options: Options) -> Rows:
    from analysis.items.agreement import rank_correlation

    answers, table = by_pair(infants), similarities(folder, "openclip")
    if "epoch" not in table:
        return []
    found: Rows = []
    for epoch, rows in table.groupby("epoch"):
        score = rows.set_index("pair")["image_similarity"].reindex(list(answers.items)).to_numpy(dtype=float)
        fine = np.isfinite(score)
        one = rank_correlation(
            f"openclip, epoch {epoch}", answers.keep(fine), score[fine], level=options.level, draws=1000,
            seed=options.seed,
        )  # fmt: skip
        found.append((("image", f"{epoch}"), one))
    return found
