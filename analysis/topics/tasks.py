"""Topic *tasks*: what single tasks are made to measure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.base import Base
from analysis.data import nested
from analysis.forms import bare
from analysis.groups import Group
from analysis.intervals import mean_over_persons
from analysis.looking import age_groups, age_words
from analysis.regression.linear import hc3
from analysis.result import Result
from analysis.sections import Section, section
from analysis.tasks import weber
from analysis.tasks.sets import by_level, counting_error, slope_over, subitizing_range

Rows = list[tuple[tuple[str, ...], Result]]
COUNTED = ("subitizing", "object_counting")
DELAYED = ("visual_delayed_response", "hidden_toy", "memory")
WEBER_NOTE = (
    "Lapse rate .05, w between 0.02 and 3. One child's fraction from two dozen pairs is rough: read its interval."
)


def sections(base: Base) -> tuple[Section, ...]:
    """Return the statistics of single tasks for everybody."""
    rows = _rows(base)
    groups = [group for group in base.groups.values() if group.persons or (group.kind == "model" and group.final)]
    fractions: Rows = []
    sizes: Rows = []
    counts: Rows = []
    delays: Rows = []
    serial: Rows = []
    abilities: Rows = []
    for group in groups:
        mine = rows[rows["group"] == group.key]
        fractions += _fractions(mine[mine["task"] == "who_has_more"], group, base)
        sizes += _sizes(mine[mine["task"].isin(COUNTED)], group, base)
        counts += _counting(mine[mine["task"].isin(COUNTED)], group, base)
        delays += _delays(mine[mine["task"].isin(DELAYED)], group, base)
        serial += _serial(base.test[base.test["group"] == group.key], group, base)
        abilities += _abilities(base.test[base.test["group"] == group.key], group, base)
    return (
        *section("weber", "Weber fraction, Who Has More", ("who", "form", "of"), fractions, WEBER_NOTE),
        *section("set-sizes", "Accuracy by set size", ("who", "task", "set size"), sizes),
        *section("counting-error", "Counting error against number", ("who", "task", "number", "what"), counts),
        *section("delays", "Accuracy by delay", ("who", "task", "delay"), delays, "Delays in seconds, as measured."),
        *section("serial-position", "Memory by place in the learned list", ("who", "place"), serial),
        *section("ability", "Ability of adaptive tests over age", ("who", "task", "age"), abilities,
                 "Logits of the test's own item scale; no norm-referenced score."),
    )  # fmt: skip


def _rows(base: Base) -> pd.DataFrame:
    """Return answered single-choice trials with their difficulty columns."""
    rows = base.test[(base.test["outcome"] == "answered") & base.test["score"].notna()]
    difficulty = [value if isinstance(value, dict) else {} for value in nested(rows["difficulty"])]
    found = {name: pd.to_numeric(pd.Series([d.get(name) for d in difficulty], index=rows.index), errors="coerce")
             for name in ("set_size", "more", "fewer")}  # fmt: skip
    return rows.assign(
        person=rows["respondent_code"].astype(str), item=rows["bank"].astype(str) + "/" + rows["item_id"].astype(str),
        y=rows["score"].astype(float), n=1.0, delay_s=(rows["delay_ms"] / 1000).round(1), **found,
        stopped=rows["session_id"].astype(str).isin(_stopped(base)),
    )  # fmt: skip


def _stopped(base: Base) -> list[str]:
    rules = base.frame["stop_rule"].astype(str)
    return sorted(set(base.frame.loc[~rules.isin(["", "None", "nan"]), "session_id"].astype(str)))


def _forms(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for (task, form), part in rows.groupby(["task", "form"], observed=True):
        yield str(task), str(form), part


def _fractions(rows: pd.DataFrame, group: Group, base: Base) -> Rows:
    found: Rows = []
    for _, form, part in _forms(rows[rows["more"].notna() & rows["fewer"].notna()]):
        name, options = f"{group.label}, {form}: Weber fraction", base.options
        if not group.persons:
            y, more, fewer = (part[c].to_numpy(dtype=float) for c in ("y", "more", "fewer"))
            found.append(((group.label, form, "model"), weber.of_child(name, y, more, fewer, level=options.level)))
            continue
        draws = min(options.draws, 500)
        whole = weber.of_group(name, part, level=options.level, draws=draws, seed=options.seed, people=group.people)
        found.append(((group.label, form, "all"), whole))
        for first, aged in part[part["age_months"].notna()].groupby(age_groups(part["age_months"], options.bin_months)):
            words = f"{age_words(float(first), options.bin_months)} months"  # type: ignore[arg-type]
            one = weber.of_group(
                f"{name}, {words}", aged, level=options.level, draws=draws, seed=options.seed, people=group.people
            )
            found.append(((group.label, form, words), one))
        for person, own in part.groupby("person"):
            y, more, fewer = (own[c].to_numpy(dtype=float) for c in ("y", "more", "fewer"))
            one = weber.of_child(
                f"{person}, {form}: Weber fraction",
                y,
                more,
                fewer,
                level=options.level,
                stopped=bool(own["stopped"].any()),
            )
            found.append(((group.label, form, str(person)), one))
    return found


def _sizes(rows: pd.DataFrame, group: Group, base: Base) -> Rows:
    found: Rows = []
    for task, form, part in _forms(rows[rows["set_size"].notna()]):
        chance, name = float(part["chance"].mean()), f"{group.label}, {task}"
        levels = by_level(
            name, part, "set_size", chance=chance, level=base.options.level, draws=min(base.options.draws, 1000),
            seed=base.options.seed, people=group.people, persons=group.persons,
        )  # fmt: skip
        title = task if bare(form) == "standard" else f"{task}, {form}"
        found += [((group.label, title, f"{size:g}"), result) for size, result in levels]
        reach = subitizing_range(
            f"{name}: range", part, chance=chance, level=base.options.level, seed=base.options.seed
        )
        found.append(((group.label, title, "range"), reach))
    return found


def _counting(rows: pd.DataFrame, group: Group, base: Base) -> Rows:
    said = pd.to_numeric(rows["answer"].astype(str), errors="coerce")
    told = rows[rows["set_size"].notna() & said.notna()].assign(said=said)
    found: Rows = []
    for task, _, part in _forms(told):
        for number, error, spread in counting_error(f"{group.label}, {task}", part, level=base.options.level):
            found.append(((group.label, task, f"{number:g}", "error"), error))
            found.append(((group.label, task, f"{number:g}", "coefficient of variation"), spread))
    return found


def _delays(rows: pd.DataFrame, group: Group, base: Base) -> Rows:
    found: Rows = []
    for task, form, part in _forms(rows[rows["delay_s"].notna() & (rows["delay_s"] > 0)]):
        part = part.assign(delay_s=_rounded(part["delay_s"]))
        title, chance = f"{task}, {form}", float(part["chance"].mean())
        levels = by_level(
            f"{group.label}, {title}", part, "delay_s", chance=chance, level=base.options.level,
            draws=min(base.options.draws, 1000), seed=base.options.seed, people=group.people, persons=group.persons,
        )  # fmt: skip
        found += [((group.label, title, f"{delay:g}"), result) for delay, result in levels]
        if group.persons:
            slope = slope_over(
                f"{group.label}, {title}: slope over delay (s)",
                part,
                "delay_s",
                level=base.options.level,
                people=group.people,
            )
            found.append(((group.label, title, "slope"), slope))
    return found


def _rounded(delay_s: pd.Series) -> pd.Series:
    """Round measured delays: to whole seconds below a minute, to half minutes above."""
    return delay_s.where(delay_s >= 60, delay_s.round()).where(delay_s < 60, (delay_s / 30).round() * 30)


def _serial(test: pd.DataFrame, group: Group, base: Base) -> Rows:
    """Return accuracy of the test turns of a memory dialogue by the place of the object in the learned list."""
    rows = test[test["task"] == "memory"]
    table = []
    for person, item, turns in zip(
        rows["respondent_code"].astype(str), rows["item_id"].astype(str), nested(rows["turns"]), strict=True
    ):
        table += [(person, f"{item}", place, right) for place, right in serial_scores(turns)]
    if not table:
        return []
    frame = pd.DataFrame(table, columns=["person", "item", "place", "y"]).assign(n=1.0)
    levels = by_level(
        f"{group.label}, memory", frame, "place", chance=0.5, level=base.options.level,
        draws=min(base.options.draws, 1000), seed=base.options.seed, people=group.people, persons=group.persons,
    )  # fmt: skip
    return [((group.label, f"{place:g}"), result) for place, result in levels]


def serial_scores(turns: object) -> list[tuple[int, float]]:
    """Return (place in the learned list from 1, right 1 or wrong 0) of each answered test turn of a dialogue.

    A test turn asks for the new picture beside a learned one; the learned one's label tells its place. Turns whose
    learned label was not shown in learning are left out.
    """
    if not isinstance(turns, list):
        return []
    learned: list[str] = []
    found = []
    for turn in turns:
        choices = turn.get("choices") or []
        labels = {str(c.get("role")): str(c.get("label")) for c in choices}
        if turn.get("phase") == "learning":
            if "target" in labels:
                learned.append(labels["target"])
        elif turn.get("outcome") == "answered" and labels.get("seen") in learned:
            found.append((learned.index(labels["seen"]) + 1, float(bool(turn.get("correct")))))
    return found


def _abilities(test: pd.DataFrame, group: Group, base: Base) -> Rows:
    """Return the last ability of each session by age, and its slope over age."""
    rows = test[pd.to_numeric(test["theta"], errors="coerce").notna()]
    found: Rows = []
    for task, _, part in _forms(rows):
        last = part.sort_values("trial_index").groupby(part["session_id"].astype(str)).last()
        own = last.groupby(last["respondent_code"].astype(str)).agg(theta=("theta", "mean"), age=("age_months", "mean"))
        width, name = base.options.bin_months, f"{group.label}, {task}: θ"
        for first, aged in own[own["age"].notna()].groupby(age_groups(own["age"], width)):
            words = f"{age_words(float(first), width)} months"  # type: ignore[arg-type]
            mean = mean_over_persons(
                f"{name}, {words}",
                [float(v) for v in aged["theta"]],
                level=base.options.level,
                unit=group.people,
                scale="logits",
            )
            found.append(((group.label, task, words), mean))
        aged = own.dropna()
        if len(aged):
            design = np.column_stack([np.ones(len(aged)), aged["age"] - aged["age"].mean()])
            results, _ = hc3(
                (f"{name} at the mean age", f"{name}: slope"),
                aged["theta"].to_numpy(dtype=float),
                design,
                level=base.options.level,
                unit="logits",
            )
            found.append(((group.label, task, "slope a month"), results[1]))
    return found
