"""The summary of one person for the examiner: what was done and how it went, with chance and reliability beside it.

No name, no norm, no rank among others: a score here says how this person did on these items. How far a score can be
trusted is taken from the others of the lab, and withheld where they are too few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from analysis.accuracy import Cell, cell
from analysis.base import Base
from analysis.data import nested
from analysis.figures import forms_figure
from analysis.forms import form_title, rank
from analysis.groups import Group
from analysis.intervals import mean_over_persons
from analysis.items.matrix import lay_out as matrix
from analysis.options import DAYS_A_MONTH
from analysis.reliability.consistency import split_half
from analysis.report.accuracy_tables import HELD_OUT
from analysis.report.blocks import Block, FigureBlock, Page, Paragraph, Section, TableBlock
from analysis.report.claims import Sentence, claim
from analysis.result import Result
from analysis.scoring import is_looking
from analysis.tables import (
    ESTIMATE_FIELDS,
    NONE,
    Column,
    Row,
    Table,
    Value,
    chance,
    chance_words,
    count,
    estimate,
    limits,
    percent,
    text,
)  # fmt: skip
from devkit.errors import UserError, did_you_mean

ALPHA = 0.05
RELIABLE = 0.7
READ = (
    "Chance is what guessing alone would give. The interval holds what this person would get on further items of the "
    "same kind; where it reaches down to chance, the answers may be guesses.",
    "Reliability says how far single scores on a task tell persons apart, from 0 to 1; below .70 a single score says "
    "little. It comes from all who took the task in this lab.",
    "This summary holds no norm, no rank and no diagnosis. The tasks are research tasks; a low score may mean that the "
    "day, the touch screen or the instructions were hard.",
)


@dataclass(frozen=True, slots=True)
class Score:
    """One task form: the person's accuracy, and how reliable such a score is in this lab."""

    cell: Cell
    reliability: Result

    @property
    def key(self) -> str:
        """Key of its row."""
        return f"{self.cell.task}/{self.cell.form}"

    @property
    def above(self) -> bool:
        """True when guessing is unlikely to give as much, also with the unanswered ones taken as not right."""
        return bool(self.cell.p_values) and max(self.cell.p_values) < ALPHA


def child_page(base: Base, code: str) -> Page:
    """Lay out the summary of one person.

    Args:
        base: The whole lab, laid out.
        code: The person's code.

    Raises:
        UserError: Nobody of the lab bears this code.
    """
    mine = base.frame[base.frame["is_person"].astype(bool) & (base.frame["respondent_code"].astype(str) == code)]
    if mine.empty:
        people = sorted(set(base.frame.loc[base.frame["is_person"].astype(bool), "respondent_code"].astype(str)))
        hint = did_you_mean(code, people) or "'devkit participant list LAB' lists the codes"
        raise UserError(f"there is no session of a participant '{code}' in this lab", hint=hint)
    group = replace(base.groups[str(mine["group"].iloc[0])], label=code)
    scores = _scores(base, mine, group)
    table = _score_table(scores)
    made = (
        _done_section(base, mine),
        _right_section(scores, table),
        _looking_section(base, mine, code),
        _ability_section(mine),
        _remarks_section(mine),
        Section("reading", "How to read this", tuple(Paragraph((words,), "note") for words in READ)),
    )
    number = mine["session_id"].nunique()
    byline = f"{len(mine):,} trials in {number} session{'s' if number > 1 else ''} · for the examiner"
    sections = tuple(one for one in made if one is not None)
    return Page(f"Summary for {code}", byline, (_first(mine, code), _second(scores, table)), (), sections)


def _scores(base: Base, mine: pd.DataFrame, group: Group) -> tuple[Score, ...]:
    code, key = str(mine["respondent_code"].iloc[0]), group.key
    answered = base.answered[(base.answered["group"] == key) & (base.answered["measure"] == "score")]
    own = answered[answered["person"].astype(str) == code]
    options, found = base.options, []
    for (task, form), rows in own.groupby(["task", "form"], observed=True):
        everybody = answered[(answered["task"] == task) & (answered["form"] == form)]
        fine = matrix(everybody[everybody["answered"].astype(bool)])
        title = form_title(str(task), str(form))
        reliable = split_half(title, fine, halves=min(options.draws, 1000), seed=options.seed, level=options.level)
        found.append(Score(cell(rows, group, "own", (str(task), str(form), "score"), options), reliable))
    return tuple(sorted(found, key=lambda one: rank(one.cell.task, one.cell.form)))


def _first(mine: pd.DataFrame, code: str) -> Sentence:
    test = mine[(mine["trial_kind"] == "test") & ~is_looking(mine)]
    done = int((test["outcome"] == "answered").sum())
    looked = int(((mine["trial_kind"] == "test") & is_looking(mine)).sum())
    words = f"{code} answered {done:,} of {len(test):,} questions" if len(test) else f"{code} was asked nothing"
    words += f" and looked at pictures in {looked:,} trials" if looked else ""
    age = age_words(mine["age_days"].dropna())
    return (f"{words}{f', at {age}' if age else ''}.",)


def age_words(days: pd.Series) -> str:
    """Return an age, or the span of several, in months and days; empty when it is not known."""
    found = []
    for one in sorted({float(days.min()), float(days.max())}) if len(days) else []:
        months = int(one // DAYS_A_MONTH)
        rest = int(one - months * DAYS_A_MONTH)
        found.append(f"{months} months and {rest} days")
    return " to ".join(found)


def _second(scores: tuple[Score, ...], table: Table) -> Sentence:
    fit = [one for one in scores if one.cell.result.estimate is not None]
    if not fit:
        return ("Nothing of it can be counted as right or wrong.",)
    best = max(fit, key=lambda one: one.cell.result.estimate or 0.0)
    above = sum(one.above for one in fit)
    told = "on none" if not above else f"on {above}"
    return (
        f"Right answers are more than guessing would give {told} of {len(fit)} task forms; most are right in "
        f"{best.cell.title} (", claim(table, best.key, "estimate"), ", chance ",
        claim(table, best.key, "chance", chance_words(best.cell.result.chance)), ").",
    )  # fmt: skip


def _done_section(base: Base, mine: pd.DataFrame) -> Section:
    columns = (
        Column("session", ("began",), False), Column("protocol", ("protocol",), False), Column("age", ("age",), False),
        Column("trials", ("trials",)), Column("of these test", ("test",)), Column("ended", ("ended",), False),
    )  # fmt: skip
    rows = []
    for session, part in mine.groupby("session_id", observed=True, sort=False):
        began = pd.to_datetime(part["started_at"].astype(str).min(), errors="coerce", utc=True)
        day = f"{began:%d %B %Y}" if pd.notna(began) else NONE
        ended = base.facts.ended.get(str(session), "")
        stop = sorted({str(v) for v in part["stop_rule"]} - {"", "None", "nan"})
        values = (
            text(day), text(str(part["protocol"].iloc[0])), text(age_words(part["age_days"].dropna()) or NONE),
            count(len(part)), count(int((part["trial_kind"] == "test").sum())),
            text(ended or NONE, small=f"stop rule: {', '.join(stop)}" if stop else ""),
        )  # fmt: skip
        rows.append(Row(str(session), values))
    note = "A stop rule ends a task after too many wrong answers: the score then rests on fewer, easier trials."
    stopped = any(value.small for row in rows for value in row.values)
    table = Table("sessions-of-one", "Sessions", columns, tuple(rows), note if stopped else "")
    return Section("done", "What was done", (TableBlock(table),))


def _right_section(scores: tuple[Score, ...], table: Table) -> Section | None:
    if not scores:
        return None
    blocks: list[Block] = []
    drawn = forms_figure([one.cell for one in scores], "", "Right answers by task form, with intervals and chance.")
    if drawn is not None:
        words = "Right answers by task form. Bars: 95 % intervals. Dashes: chance. † held out from training."
        blocks.append(FigureBlock(drawn, (words,), _counts_table(scores)))
    return Section("right", "Right answers", (*blocks, TableBlock(table)))


def _score_table(scores: tuple[Score, ...]) -> Table:
    columns = (
        Column("task form", ("task", "form"), False), Column("right", ESTIMATE_FIELDS), Column("chance", ("chance",)),
        Column("trials", ("trials",)), Column("more than guessing", ("above_chance", "p"), False),
        Column("reliability", ("reliability", "reliability_low", "reliability_high"), False),
    )  # fmt: skip
    rows = [Row(one.key, tuple(_score_values(one))) for one in scores]
    note = "Reliability: split half over all of this lab who took the task, with its interval."
    return Table("scores-of-one", "Right answers by task form", columns, tuple(rows), note)


def _score_values(one: Score) -> Iterator[Value]:
    result, reliable = one.cell.result, one.reliability
    held = HELD_OUT if one.cell.held_out else ""
    yield Value(one.cell.title + held, (one.cell.task, one.cell.form))
    yield estimate(result) if result.estimate is not None else Value(NONE, (None, None, None), result.reason)
    yield chance(result.chance)
    yield count(one.cell.answered)
    yield Value("yes" if one.above else "cannot be told", (one.above, result.p_value), "", "" if one.above else "quiet")
    if reliable.estimate is None:
        yield Value("not known", (None, None, None), reliable.reason, "quiet")
        return
    interval = reliable.interval
    around = f"{interval.low:.2f} to {interval.high:.2f}" if interval is not None else ""
    raw = (reliable.estimate, interval.low if interval else None, interval.high if interval else None)
    yield Value(f"{reliable.estimate:.2f}", raw, around, "caution" if reliable.estimate < RELIABLE else "")


def _counts_table(scores: tuple[Score, ...]) -> Table:
    columns = (
        Column("task form", ("task", "form"), False), Column("right", ("right",)), Column("answered", ("answered",)),
        Column("asked", ("asked",)), Column("not answered", ("unanswered",)),
    )  # fmt: skip
    rows = []
    for one in scores:
        c = one.cell
        right = None if c.result.estimate is None else round(c.result.estimate * c.answered, 2)
        values = (
            Value(c.title, (c.task, c.form)), Value(NONE if right is None else f"{right:g}", (right,)),
            count(c.answered), count(c.asked), count(c.asked - c.answered),
        )  # fmt: skip
        rows.append(Row(one.key, values))
    return Table("counts-of-one", "Counted", columns, tuple(rows))


def _looking_section(base: Base, mine: pd.DataFrame, code: str) -> Section | None:
    rows = mine[(mine["trial_kind"] == "test") & is_looking(mine) & mine["valid"].astype(bool)]
    if rows.empty:
        return None
    values = [float(v) for v in rows["look_target"].dropna()]
    found = mean_over_persons(f"{code}: looking", values, level=base.options.level, unit="trials", chance=0.5)
    around = f" [{limits(found.interval)}]" if found.interval is not None else ""
    words = (
        f"In {len(values)} trials {percent(found.estimate)}{around} of the looking went to the named picture; looking "
        "at both alike would be 50 %. The interval is over trials. Looking has no right or wrong."
    )
    columns = (Column("what", ("what",), False), Column("mean", ESTIMATE_FIELDS), Column("equal", ("reference",)),
               Column("trials", ("trials",)))  # fmt: skip
    row = Row("all", (text("looking at the named picture"), estimate(found), chance(0.5), count(len(values))))
    return Section(
        "looking-of-one",
        "Looking",
        (Paragraph((words,)), TableBlock(Table("looking-of-one", "Looking", columns, (row,)))),
    )


def _ability_section(mine: pd.DataFrame) -> Section | None:
    rows = mine[mine["theta"].notna()]
    if rows.empty:
        return None
    columns = (Column("task form", ("task", "form"), False), Column("session", ("session",), False),
               Column("θ", ("theta",)), Column("standard error", ("theta_se",)))  # fmt: skip
    made = []
    for (session, task, form), part in rows.groupby(["session_id", "task", "form"], observed=True):
        last = part.sort_values("trial_index").iloc[-1]
        error = pd.to_numeric(last["theta_se"], errors="coerce")
        se = None if pd.isna(error) else float(error)
        day = str(last["started_at"])[:10]
        values = (
            Value(form_title(str(task), str(form)), (str(task), str(form))), text(day),
            Value(f"{last['theta']:.2f}", (float(last["theta"]),)), Value(NONE if se is None else f"{se:.2f}", (se,)),
        )  # fmt: skip
        made.append(Row(f"{session}/{task}/{form}", values))
    note = "Logits of the test's own item scale; no norm-referenced score."
    table = Table("ability-of-one", "Ability in adaptive tests", columns, tuple(made), note)
    return Section("ability", "Adaptive tests", (TableBlock(table),))


def _remarks_section(mine: pd.DataFrame) -> Section | None:
    columns = (Column("remark", ("code",), False), Column("kind", ("kind",), False), Column("trials", ("trials",)))
    rows = []
    for column, kind in (("exclusion", "excluded"), ("flags", "flag")):
        codes = pd.Series([str(code) for found in nested(mine[column]) for code in dict.fromkeys(found or [])])
        for code, number in codes.value_counts().items() if len(codes) else ():
            rows.append(Row(f"{kind}/{code}", (text(str(code).replace("_", " ")), text(kind), count(int(number)))))
    if not rows:
        return None
    note = "Excluded trials are in no score above. A flag is a note for the reader; nothing is left out because of it."
    return Section(
        "remarks", "Remarks on trials", (TableBlock(Table("remarks", "Remarks", columns, tuple(rows), note)),)
    )
