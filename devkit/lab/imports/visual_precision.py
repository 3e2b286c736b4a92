"""The infants of the study vislearnlab/visual-precision, a looking-while-listening study of children at 14–26 months.

Two tables are joined by child, trial and place in the session: ``data/main/data_to_analyze/
level-trials_source-lookit_data.csv`` says what was shown (sides, times, age, session), ``data/main/processed_data/
level-trials_data.csv`` where the child looked and what the study excludes. A trial that was shown but is not in the
second table comes as a trial without an answer, excluded as ``not_analysed``; one that is only in the second table has
no sides, so it is left out and named.

Ages are whole months × 30 days in the source. Its times carry no zone; they are taken as UTC. Every column that has no
place in the trial format is kept in an event named ``source``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from devkit.banks.store import Bank
from devkit.errors import Problem
from devkit.ids import digest_json
from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.imports.rows import BadValue, CsvRow, read_csv
from devkit.lab.imports.visual_precision_records import SessionMaker
from devkit.lab.imports.visual_precision_rows import Shown, Trial, new_participant, read_shown
from devkit.lab.store import Lab

SHOWN_FILE = "data/main/data_to_analyze/level-trials_source-lookit_data.csv"
LOOKED_FILE = "data/main/processed_data/level-trials_data.csv"
PHOTOS = "stimuli/lookit/exp1/img"
NAME = "visual-precision"
SHOWN_COLUMNS = (
    *("SubjectInfo.subjID", "Trials.trialID", "Trials.ordinal", "absolute_onset", "absolute_offset"),
    *("SubjectInfo.testAge", "SubjectInfo.gender", "SubjectInfo.age_at_birth", "SubjectInfo.language_list"),
    *("Trials.leftImage", "Trials.rightImage", "Trials.targetImage", "Trials.trialType", "Session.response_id"),
    *("Trials.carrier_onset", "Trials.target_onset", "Trials.target_offset"),
)
LOOKED_COLUMNS = (
    *("SubjectInfo.subjID", "Trials.trialID", "Trials.ordinal", "Trials.imagePair"),
    *("mean_target_looking_critical_window", "mean_target_looking_baseline_window", "percent_usable_critical_window"),
    *("age_exclusion", "exclude_technical_issue", "technical_issue_exclusion_reason", "usable_window"),
    *("trial_exclusion", "trial_exclusion_reason", "exclude_participant", "preterm_infant_exclusion"),
    *("non_english_exposure_exclusion", "dev_concern_exclusion", "side_bias_exclusion"),
    "exclude_participant_insufficient_data",
)
Key = tuple[str, str, int]


def bring(lab: Lab, source: Path, options: ImportOptions) -> Imported:
    """Bring the infants into a lab.

    Args:
        lab: The lab.
        source: The study's folder.
        options: A bank of the same items, and progress.

    Raises:
        UserError: A file is missing or no CSV, the bank cannot be opened, or the disk refuses.
        Problems: All the columns that a file lacks.
    """
    done = Imported()
    shown = _keyed(read_csv(source / SHOWN_FILE, SHOWN_COLUMNS), "shown", done)
    looked = _keyed(read_csv(source / LOOKED_FILE, LOOKED_COLUMNS), "looking", done)
    trials = _joined(shown, looked, done)
    photos = _photos(lab, source / PHOTOS, trials, done)
    maker = SessionMaker(NAME, _bank(lab, options), photos)
    if maker.bank and (lacking := sorted({t.shown.item_id for t in trials if maker.item(t.shown) is None})):
        message = f"the bank has no such item of the same pictures: {', '.join(lacking)}"
        done.problems.append(Problem("bank-item", message, str(maker.bank.path), "their item digests stay empty"))
    sessions = defaultdict(list)
    for trial in trials:
        sessions[trial.shown.response_id].append(trial)
    _mark_repeats(sessions.values())
    strangers = _participants(lab, trials, done)
    for own in sorted(sessions.values(), key=lambda own: min(t.shown.onset for t in own)):
        if own[0].shown.child in strangers:
            done.count("rows left out", len(own))
        else:
            _session(lab, own, maker, done)
        options.advance(1)
    lab.rebuild(full=False)
    return done


def _keyed(rows: Iterable[CsvRow], what: str, done: Imported) -> dict[Key, CsvRow]:
    found: dict[Key, CsvRow] = {}
    for row in rows:
        done.count(f"rows of {what}")
        try:
            key = (row.text("SubjectInfo.subjID"), row.text("Trials.trialID"), row.whole("Trials.ordinal"))
        except BadValue as bad:
            _leave_out(done, bad.problem)
            continue
        if key in found:
            message = f"the same child, trial and place as line {found[key].line}"
            _leave_out(done, Problem("csv-twice", message, row.place, "the first counts"))
        else:
            found[key] = row
    return found


def _leave_out(done: Imported, problem: Problem) -> None:
    done.count("rows left out")
    done.problems.append(problem)


def _joined(shown: dict[Key, CsvRow], looked: dict[Key, CsvRow], done: Imported) -> list[Trial]:
    trials = []
    for key, row in shown.items():
        own = looked.get(key)
        try:
            trials.append(Trial(read_shown(row), own))
            done.count("rows shown and analysed" if own else "rows shown but not analysed")
        except BadValue as bad:
            _leave_out(done, bad.problem)
            if own:
                _leave_out(done, Problem("csv-join", "what was shown cannot be read", own.place))
    for key in looked.keys() - shown.keys():
        message = "the trial is not among those shown, so its sides are not known"
        _leave_out(done, Problem("csv-join", message, looked[key].place))
    return trials


def _photos(lab: Lab, folder: Path, trials: list[Trial], done: Imported) -> dict[str, str]:
    """Keep the photos in the lab; return their digests by name."""
    names = sorted({name for trial in trials for name in (trial.shown.left, trial.shown.right)})
    found = {name: lab.media.add_file(folder / f"{name}.jpg") for name in names if (folder / f"{name}.jpg").is_file()}
    if missing := [name for name in names if name not in found]:
        done.problems.append(Problem("photo-missing", f"no photo of {', '.join(missing)}", str(folder)))
    done.count("photos kept", len(found))
    return found


def _bank(lab: Lab, options: ImportOptions) -> Bank | None:
    own = lab.path / "banks" / NAME
    if options.bank is None and not (own / "bank.json").is_file():
        return None
    return Bank.open(options.bank or own)


def _mark_repeats(sessions: Iterable[list[Trial]]) -> None:
    """Flag the sessions of which the study analyses nothing although it analyses another one of the same child."""
    every = list(sessions)
    analysed = Counter(own[0].shown.child for own in every if any(trial.looked for trial in own))
    for own in every:
        repeat = analysed[own[0].shown.child] > 0 and not any(trial.looked for trial in own)
        for trial in own:
            trial.repeat_session = repeat


def _participants(lab: Lab, trials: list[Trial], done: Imported) -> set[str]:
    """Add the children; return the codes that belong to somebody else in this lab."""
    known, _ = lab.participants.read()
    children: dict[str, Shown] = {}
    for trial in trials:
        children.setdefault(trial.shown.child, trial.shown)
    strangers = {code for code in children if code in known and known[code].source != NAME}
    for code in sorted(strangers):
        message = f"the lab has a participant '{code}' of its own; the child's sessions were left out"
        done.problems.append(Problem("participant-taken", message, str(lab.participants.path)))
    new = [new_participant(shown, NAME) for code, shown in sorted(children.items()) if code not in known]
    if new:
        lab.participants.write(new)
    done.participants = len(new)
    return strangers


def _session(lab: Lab, own: list[Trial], maker: SessionMaker, done: Imported) -> None:
    own.sort(key=lambda trial: (trial.shown.onset, trial.shown.ordinal))
    session_id = maker.session_id(own)
    content = digest_json([[values_of(trial.shown.row), values_of(trial.looked)] for trial in own])
    path = lab.journal_path(session_id)
    if path.exists():
        done.there += 1
        header = lab.read_journal(session_id).header
        if header is None or header.machine.get("content") != content:
            message = "the source has changed since this session was imported; the session stays as it was"
            done.problems.append(Problem("import-changed", message, str(path)))
        return
    try:
        made = maker.make(own, content)
    except BadValue as bad:
        done.count("rows left out", len(own))
        done.problems.append(bad.problem)
        return
    lab.add_session(made.header, made.trials, events=made.events, end=made.end)
    done.sessions += 1
    done.trials += len(made.trials)
    for trial in made.trials:
        done.count("trials valid", int(trial.valid))
        for code in trial.exclusion:
            done.count(f"trials excluded as {code}")


def values_of(row: CsvRow | None) -> dict[str, str]:
    """Return a row's values; empty for no row."""
    return dict(row.values) if row else {}
