"""The tables about everything but accuracy: looking, replies, sessions, exclusions, where items come from."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.look import voice_name
from analysis.looking import LookingGroup
from analysis.quality import OUTCOMES, CodeCount
from analysis.result import Result
from analysis.study import Study
from analysis.tables import (
    ESTIMATE_FIELDS,
    NONE,
    Column,
    Row,
    Table,
    Value,
    count,
    estimate,
    p_words,
    share,
    text,
)


def looking_table(one: LookingGroup, name: str) -> Table:
    """Return the looking of one group: over all, against the baseline, by age and by condition."""
    columns = (
        Column("share of looking at the target", ("what",), False),
        Column("mean", ESTIMATE_FIELDS),
        Column("reference", ("reference",)),
        Column("persons", ("persons",)),
        Column("p", ("p_one_sided",)),
    )
    rows = [
        _looking_row("all ages", "all", one.target),
        _looking_row("minus the baseline", "change", one.change, signed=True),
    ]
    rows += [_looking_row(f"{label} months", f"age {label}", result) for label, _, result in one.by_age]
    rows += [_looking_row(f"condition: {label}", f"condition {label}", result) for label, result in one.by_condition]
    note = f"Each person's trials are averaged first. {one.trials:,} trials" + (
        f"; in {one.low_usable:,} of them less than half of the window was usable." if one.low_usable else "."
    )
    return Table(name, f"Looking to the target, bank {one.bank}", columns, tuple(rows), note)


def _looking_row(what: str, key: str, result: Result, *, signed: bool = False) -> Row:
    value = estimate(result)
    if signed and result.estimate is not None and result.interval is not None:
        low, high = result.interval.low * 100, result.interval.high * 100
        value = Value(f"{result.estimate * 100:+.1f} points", value.raw, f"{low:+.1f} to {high:+.1f}")
    reference = Value("no change", (0.0,), "", "quiet") if signed else share(result.chance, "quiet")
    persons = result.n[0].number if result.n else 0
    return Row(key, (text(what), value, reference, count(persons), Value(p_words(result.p_value), (result.p_value,))))


def replies_table(study: Study, leader: str) -> Table:
    """Return how the test trials of everybody ended."""
    columns = (
        Column("respondent", ("respondent",), False),
        Column("test trials", ("trials",)),
        *(Column(name, (name,)) for name in OUTCOMES),
        Column("without a score", ("unscored",)),
        Column("looking trials", ("looking",)),
    )
    rows = tuple(
        Row(
            one.group.key,
            (
                text(one.group.label),
                count(one.trials),
                *(_share_of(one.outcomes[name], one.trials, name) for name in OUTCOMES),
                count(one.unscored),
                count(one.looking),
            ),
            voice_name(one.group, leader),
        )
        for one in study.replies
    )
    note = "none: no offered answer can be read from the reply; ambiguous: more than one. Neither is counted as wrong."
    return Table("replies", "How test trials ended", columns, rows, note)


def _share_of(number: int, total: int, name: str) -> Value:
    small = f"{number / total * 100:.0f} %" if total and number and name != "answered" else ""
    return Value(f"{number:,}" if number else NONE, (number,), small, "" if number else "quiet")


def running_table(study: Study, leader: str) -> Table:
    """Return how the sessions of everybody went."""
    columns = (
        Column("respondent", ("respondent",), False),
        Column("sessions", ("sessions", "respondents")),
        Column("trials", ("trials", "practice")),
        Column("median length", ("minutes",)),
        Column("timing tier", ("timing",), False),
        Column("late frames", ("late_frames", "frame_period_ms")),
        Column("clock", ("time_scale",), False),
        Column("ended", ("ended",), False),
    )
    rows = []
    for one in study.running:
        tiers = ", ".join(f"{name} {n}" for name, n in one.tiers.items() if name != "none")
        clock = ", ".join(f"{scale:g}×" for scale in one.time_scales)
        ended = ", ".join(f"{name} {n}" for name, n in one.ended.items())
        period = f"{one.period_ms:.1f} ms a frame" if one.period_ms is not None else ""
        late = Value(f"{one.late:,}" if one.period_ms is not None else NONE, (one.late, one.period_ms), period)
        rows.append(
            Row(
                one.group.key,
                (
                    text(one.group.label),
                    Value(f"{one.sessions:,}", (one.sessions, one.respondents), _of(one.respondents, one.sessions)),
                    Value(
                        f"{one.trials:,}",
                        (one.trials, one.practice),
                        f"{one.practice:,} practice" if one.practice else "",
                    ),
                    Value(_length(one.minutes), (one.minutes,)),
                    text(tiers or NONE),
                    late,
                    text(clock, "caution" if one.time_scales != (1.0,) else ""),
                    text(ended or NONE),
                ),
                voice_name(one.group, leader),
            )
        )
    note = (
        "Timing tier and late frames exist where a display was used. A clock other than 1× is a robot's: "
        "no reaction times."
    )
    return Table("sessions", "Sessions", columns, tuple(rows), note)


def _length(minutes: float | None) -> str:
    if minutes is None:
        return NONE
    return f"{minutes:.1f} min" if minutes >= 1 else f"{minutes * 60:.1f} s"


def _of(respondents: int, sessions: int) -> str:
    return f"by {respondents:,}" if respondents != sessions else ""


def times_table(study: Study, leader: str) -> Table:
    """Return reaction times, with what was refused."""
    columns = (
        Column("respondent", ("respondent",), False),
        Column("counted from", ("counted_from",), False),
        Column("trials", ("trials",)),
        Column("median", ("median_ms",)),
        Column("middle half", ("quartile_1_ms", "quartile_3_ms")),
        Column("refused: clock", ("refused_clock",)),
        Column("refused: timing", ("refused_timing",)),
    )
    rows = []
    for one in study.times:
        low, middle, high = one.quartiles_ms or (None, None, None)
        half = Value(NONE if low is None else f"{low:,.0f}–{high:,.0f} ms", (low, high))
        rows.append(
            Row(
                f"{one.group.key}|{one.counted_from}",
                (
                    text(one.group.label),
                    text({"prompt_end": "end of the prompt"}.get(one.counted_from, one.counted_from) or NONE),
                    count(one.trials),
                    Value(NONE if middle is None else f"{middle:,.0f} ms", (middle,)),
                    half,
                    count(one.refused_clock),
                    count(one.refused_tier),
                ),
                voice_name(one.group, leader),
            )
        )
    note = (
        "Times are refused where the clock did not run at 1× (a robot's session) and where the session's timing is "
        "of the "
        "lowest tier."
    )
    return Table("times", "Reaction times", columns, tuple(rows), note)


def flow_table(study: Study, leader: str) -> Table:
    """Return how many trials were left at each step."""
    columns = (
        Column("respondent", ("respondent",), False),
        Column("recorded", ("recorded",)),
        Column("practice", ("practice",)),
        Column("excluded", ("excluded",)),
        Column("broken off", ("aborted",)),
        Column("used", ("used",)),
    )
    rows = tuple(
        Row(
            one.group.key,
            (
                text(one.group.label),
                count(one.recorded),
                count(one.practice),
                count(one.excluded),
                count(one.aborted),
                count(one.used),
            ),
            voice_name(one.group, leader),
        )
        for one in study.flow
    )
    return Table("flow", "From recorded to used trials", columns, rows)


def codes_table(found: Sequence[CodeCount], name: str, title: str, note: str) -> Table:
    """Return the coded reasons or flags with their numbers."""
    columns = (
        Column("code", ("code",), False),
        Column("respondent", ("respondent",), False),
        Column("trials", ("trials",)),
        Column("of respondents", ("respondents",)),
    )
    rows = tuple(
        Row(
            f"{one.group.key}|{one.code}",
            (text(one.code), text(one.group.label), count(one.trials), count(one.respondents)),
        )
        for one in found
    )
    return Table(name, title, columns, rows, note)


def banks_table(study: Study) -> Table:
    """Return where the presented items come from."""
    columns = (
        Column("bank", ("bank",), False),
        Column("items presented", ("items",)),
        Column("by split", ("splits",), False),
        Column("recordings", ("recordings",)),
        Column("made from", ("sources",), False),
        Column("audit of the bank", ("audit",), False),
    )
    rows = tuple(
        Row(
            one.bank,
            (
                text(one.bank),
                count(one.items),
                text(", ".join(f"{name} {n:,}" for name, n in one.splits.items())),
                count(one.recordings),
                text(", ".join(one.sources) or NONE),
                text(
                    study.facts.bank_audits.get(one.bank, "not in this lab"),
                    "" if one.bank in study.facts.bank_audits else "quiet",
                ),
            ),
        )
        for one in study.banks
    )
    return Table("banks", "Items presented, by bank", columns, rows)


def audit_table(study: Study, leader: str) -> Table:
    """Return whether models could have met their test items in training."""
    columns = (
        Column("model", ("model",), False),
        Column("test items", ("items",)),
        Column("shared with training", ("shared",)),
        Column("training recordings stated", ("trained_on",)),
        Column("verdict", ("verdict", "note"), False),
    )
    marks = {"clean": "good", "shared": "wrong", "unknown": "caution"}
    rows = tuple(
        Row(
            one.group.model,
            (
                text(one.group.label),
                count(one.items),
                count(one.shared),
                count(one.trained_on),
                Value(one.verdict, (one.verdict, one.note), one.note, marks[one.verdict]),
            ),
            voice_name(one.group, leader),
        )
        for one in study.audits
    )
    return Table("provenance", "Whether models could have met the items", columns, rows)
