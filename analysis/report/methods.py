"""The methods section: what was computed, how, with which versions, written from what was used."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.result import METHODS, Result
from analysis.study import Study


def methods(study: Study, more: Iterable[Result] = ()) -> tuple[str, ...]:
    """Return the paragraphs of the methods section; ``more`` are results beside those of the study."""
    level = f"{study.options.level * 100:.3g} %"
    versions = ", ".join(f"{name} {number}" for name, number in study.versions.items())
    paragraphs = [
        "Accuracy is the share of right answers among answered, valid test trials; practice, excluded and broken-off "
        "trials "
        "are left out and counted above. Answers that could not be read are neither right nor wrong. A trial of Memory "
        "counts as five learned objects, each right when both of its tests are; delayed response in eight directions "
        "is "
        "scored exactly, and within 45° as a further score.",
        f"Intervals are {level}. A single respondent (a model, a baseline, one child) gets Wilson's interval over "
        "its items and "
        "the exact one-sided binomial test; when an item was put more than once, its first presentation counts. Items "
        "that end in one frame of a recording show one event: beating chance asks for as small a p with these as "
        "clusters. "
        "Groups of "
        f"persons get the studentised two-way bootstrap over persons and items ({study.options.draws:,} draws, seed "
        f"{study.options.seed}), the two-way clustered variance with t below five persons, and a one-sided t test "
        "from the "
        "same variance. p-values are corrected by Holm over the task forms of a respondent; the criterion uses the "
        "uncorrected ones.",
        "A model is scored by its text reply, as a program read it, and by likelihood: the offered choice with the "
        "highest "
        "log-probability, where a tie is wrong. Both are shown and never merged. A model is one respondent, not a "
        "sample of "
        "persons.",
        f"Curves hold chance fixed. Ages are in months of 30.4375 days, {_ages(study)}. "
        "Hours are hours of recordings seen in training. No score here is norm-referenced.",
    ]
    used = sorted({result.method for result in (*_results(study), *more)} - {"count"})
    paragraphs += [f"{METHODS[key].name}: {METHODS[key].formula}. {METHODS[key].reference}." for key in used]
    digest = f" Data digest {study.facts.digest[:16]}." if study.facts.digest else ""
    paragraphs.append(f"Computed from {study.trials:,} records with {versions}.{digest}")
    return tuple(paragraphs)


def _ages(study: Study) -> str:
    if study.options.corrected_age:
        return "corrected for prematurity where that is known (weeks before 40 are subtracted, up to 24 months)"
    return "chronological, not corrected for prematurity"


def _results(study: Study) -> list[Result]:
    found = [one.result for one in study.cells] + [one.present for one in study.aggregates]
    found += [track.curve.slope for track in study.main if track.curve.fitted]
    found += [point.result for track in study.main for point in track.points]
    for one in study.looking:
        found += [one.target, one.line.slope]
    return found
