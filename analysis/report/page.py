"""What the page consists of: sections of paragraphs, figures and tables, in the order of a short paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from analysis.figures import development_figure, forms_figure, forms_over_experience, looking_figure
from analysis.look import voice_name
from analysis.report import accuracy_tables as acc
from analysis.report import session_tables as ses
from analysis.report.blocks import Block, FigureBlock, Page, Paragraph, Section, TableBlock
from analysis.report.claims import Sentence, answer, figure_statement, models_looking
from analysis.report.extras import Extras
from analysis.report.methods import methods
from analysis.report.topic_figures import Cast
from analysis.report.topic_sections import BEFORE_SESSIONS, plan_section, topic_section
from analysis.study import Study, leading_model
from analysis.tables import Table


def build_page(study: Study, title: str, extras: Extras | None = None) -> Page:
    """Lay out the report of a study, with the topics and the plan that were computed beside it."""
    leader = leading_model(study.cells)
    extras = extras or Extras()
    cast = Cast(study, leader)
    points = acc.development_table(study.main, "answer-table", "The points of the figure", leader)
    verdicts = acc.verdict_table(study, leader)
    looked = [ses.looking_table(one, f"looking-{at + 1}") for at, one in enumerate(study.looking)]
    first, second = answer(study, leader, points, verdicts, looked)
    makers: tuple[Callable[[], Section | None], ...] = (
        lambda: plan_section(extras),
        lambda: _answer_section(study, leader, points),
        lambda: _accuracy_section(study, leader, verdicts),
        lambda: _growth_section(study, leader),
        lambda: _aggregate_section(study, leader),
        lambda: _looking_section(study, looked, leader),
        *(partial(topic_section, name, extras, cast) for name in BEFORE_SESSIONS),
        lambda: _replies_section(study, leader),
        lambda: _provenance_section(study, leader),
        lambda: _sessions_section(study, leader),
        *(partial(topic_section, name, extras, cast) for name in ("quality", "sensitivity")),
        lambda: Section("methods", "Methods", tuple(Paragraph((text,)) for text in methods(study, extras.results()))),
    )
    sections = [section for make in makers if (section := make()) is not None]
    return Page(title, f"{study.trials:,} trials", (first, second), _badges(study, leader), tuple(sections))


def _badges(study: Study, leader: str) -> tuple[tuple[str, str], ...]:
    words = {
        "simulation": "Simulated children are a program with a stated ability curve, not children.",
        "robot": "The robot at the screen is a program that presses in a real window, not a person.",
    }
    found = [(voice_name(g, leader), words[g.kind]) for g in study.groups.values() if g.kind in words]
    untrained = sorted({g.model for g in study.groups.values() if g.kind == "model" and g.random})
    if untrained:
        names = ", ".join(untrained)
        found.append(
            (
                "baseline",
                f"Random weights: where a name says so, the model was never trained ({names}); it shows what "
                "guessing gives.",
            )
        )
    return tuple(dict.fromkeys(found))


def _answer_section(study: Study, leader: str, points: Table) -> Section | None:
    alt = "Right answers by age of children beside right answers of models by hours of recordings seen, with chance."
    drawn = development_figure(study.main, leader, alt)
    if drawn is None:
        return None
    figure = FigureBlock(drawn, figure_statement(study), points)
    names = "; ".join(acc.form_name(*form) for form in study.main[0].forms)
    forms = Paragraph((f"Task forms in the mean: {names}.",), "note")
    return Section("answer", "The answer in a figure", (figure, forms))


def _accuracy_section(study: Study, leader: str, verdicts: Table) -> Section | None:
    if not study.cells:
        return None
    full = acc.full_table(study, leader)
    alt = "Right answers of every respondent on every task form, with intervals and chance."
    drawn = forms_figure(study.shown, leader, alt)
    level = f"{study.options.level * 100:.3g}\u00a0%"
    words = (
        f"Right answers of all answered trials; beneath, the {level} interval: Wilson for one respondent, two-way over "
        "persons and items for groups. Chance differs between forms and stands beside every score. † marks tasks held "
        "out from training; grey forms are shown and not counted, since equality of pixels may solve them. Green: "
        "above "
        "chance by the criterion below."
    )
    blocks: list[Block] = [Paragraph((words,), "note")]
    blocks += [TableBlock(table) for table in acc.by_form_tables(study)]
    if drawn is not None:
        caption: Sentence = (
            "Right answers by task form, each with its interval. Dashes: chance of the form. Filled squares: text "
            "reply; "
            "open squares: likelihood of the offered choices, or random weights.",
        )
        blocks.append(FigureBlock(drawn, caption, full))
    blocks.append(TableBlock(verdicts))
    return Section("accuracy", "Accuracy by task", tuple(blocks))


def _growth_section(study: Study, leader: str) -> Section | None:
    blocks: list[Block] = []
    axes = (
        ("age", "Right answers by age, by task form. Dashes: chance. † held out."),
        (
            "hours",
            f"Right answers of {leader} by hours of recordings seen, by task form. Filled: text reply; open: "
            "likelihood.",
        ),
    )
    for axis, caption in axes:
        drawn = forms_over_experience(study.by_form, axis, leader, caption)
        tracks = [t for tracks in study.by_form.values() for t in tracks if t.axis == axis]
        if drawn is not None:
            table = acc.development_table(tracks, f"by-{axis}", f"The points of the figure, by {axis}", leader)
            blocks.append(FigureBlock(drawn, (caption,), table))
    return Section("growth", "Development by task", tuple(blocks)) if blocks else None


def _aggregate_section(study: Study, leader: str) -> Section | None:
    if not study.aggregates:
        return None
    words = (
        "Two means over eleven task scores, each beside its own chance. A mean is printed when all eleven scores are "
        "there; "
        "else the mean of those present is given with their own chance, and is not comparable with published figures. "
        "The group score of Looking While Listening needs the scores of both words for both pictures."
    )
    return Section(
        "aggregates",
        "Means of eleven",
        (Paragraph((words,), "note"), TableBlock(acc.aggregate_table(study.aggregates, leader))),
    )


def _looking_section(study: Study, tables: Sequence[Table], leader: str) -> Section | None:
    blocks: list[Block] = [
        Paragraph(
            (
                "Gaze trials have no right or wrong: what counts is the share of time spent looking at the named "
                "picture. "
                "It is never mixed with accuracy. The reference is 50 %, looking at both pictures alike.",
            ),
            "note",
        )
    ]
    for at, (one, table) in enumerate(zip(study.looking, tables, strict=True)):
        month = " Ages were recorded in whole months." if _whole_months(one.persons["age_months"]) else ""
        who = f"{one.group.label}, bank {one.bank}"
        caption: Sentence = (
            f"{who}: share of looking at the named picture by age. Small dots: persons; large: means of age "
            f"groups.{month}",
        )
        drawn = looking_figure(one, f"looking-{at + 1}-figure", caption[0] if isinstance(caption[0], str) else who)
        blocks.append(FigureBlock(drawn, caption, table) if drawn is not None else TableBlock(table))
    models = models_looking(study, acc.full_table(study, leader))
    if models:
        blocks.append(Paragraph(models))
    return Section("looking", "Looking while listening", tuple(blocks)) if study.looking else None


def _whole_months(months: Iterable[float]) -> bool:
    days = [round(month * 30.4375) for month in months if month == month]
    return bool(days) and all(day % 30 == 0 for day in days)


def _replies_section(study: Study, leader: str) -> Section | None:
    if not study.replies:
        return None
    return Section("replies", "Answers that could not be read", (TableBlock(ses.replies_table(study, leader)),))


def _provenance_section(study: Study, leader: str) -> Section | None:
    if not study.banks:
        return None
    blocks: list[Block] = [TableBlock(ses.banks_table(study))]
    if study.audits:
        blocks.append(TableBlock(ses.audit_table(study, leader)))
    return Section("provenance", "Where the items come from", tuple(blocks))


def _sessions_section(study: Study, leader: str) -> Section | None:
    if not study.running:
        return None
    blocks: list[Block] = [TableBlock(ses.running_table(study, leader)), TableBlock(ses.flow_table(study, leader))]
    if study.times:
        blocks.append(TableBlock(ses.times_table(study, leader)))
    if study.exclusions:
        note = "A trial may bear several reasons. Excluded trials stay in the lab."
        blocks.append(TableBlock(ses.codes_table(study.exclusions, "exclusions", "Reasons for exclusion", note)))
    if study.flags:
        note = "Flags are notes for the reader; nothing was excluded because of them."
        blocks.append(TableBlock(ses.codes_table(study.flags, "flags", "Soft flags", note)))
    blocks += [Paragraph((f"{note[0].upper()}{note[1:]}.",), "warning") for note in study.notes]
    blocks += [Paragraph((problem,), "warning") for problem in study.facts.problems[:20]]
    return Section("sessions", "How the sessions ran", tuple(blocks))


def study_tables(study: Study) -> tuple[Table, ...]:
    """Return the tables of a study without drawing anything: what `devkit analyse` prints and writes."""
    leader = leading_model(study.cells)
    found = [*acc.by_form_tables(study), acc.full_table(study, leader), acc.verdict_table(study, leader)]
    found.append(acc.development_table(study.main, "development", "Accuracy over age and hours seen", leader))
    found.append(acc.aggregate_table(study.aggregates, leader))
    found += [ses.looking_table(one, f"looking-{at + 1}") for at, one in enumerate(study.looking)]
    found += [ses.replies_table(study, leader), ses.banks_table(study), ses.audit_table(study, leader)]
    found += [ses.running_table(study, leader), ses.flow_table(study, leader), ses.times_table(study, leader)]
    found.append(ses.codes_table(study.exclusions, "exclusions", "Reasons for exclusion", ""))
    found.append(ses.codes_table(study.flags, "flags", "Soft flags", ""))
    return tuple(table for table in found if table.rows)
