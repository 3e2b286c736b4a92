"""``devkit lab``, ``participant`` and ``export`` as a user meets them: output, exit status, one message a mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from devkit.cli.root import run
from devkit.ids import uuid7
from devkit.lab import Lab
from devkit.records import SessionHeader, TrialRecord

EXAMPLE = Path(__file__).parents[1] / "lab" / "trial.json"


@dataclass
class Said:
    status: int
    out: str
    err: str


Devkit = Callable[..., Said]


@pytest.fixture
def devkit(capsys: pytest.CaptureFixture[str]) -> Devkit:
    def call(*arguments: object) -> Said:
        status = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return call


@pytest.fixture
def lab(tmp_path: Path, devkit: Devkit) -> Path:
    path = tmp_path / "lab"
    assert devkit("lab", "init", path, "--name", "Infant Lab", "--language", "es").status == 0
    return path


def add_session(path: Path) -> Path:
    """Add a session of one trial to a lab; return its journal."""
    record, lab = TrialRecord.model_validate_json(EXAMPLE.read_text()), Lab.open(path)
    same = ("started_at", "protocol", "protocol_version", "plan_digest", "seed", "bank", "respondent_code")
    values: dict[str, object] = {name: getattr(record, name) for name in (*same, "respondent_kind")}
    rest = {"devkit_version": "0", "bank_digest": "", "respondent": {}, "plan": {}}
    header = SessionHeader.model_validate(values | rest | {"session_id": uuid7(), "lab_id": lab.lab_id})
    own = {"session_id": header.session_id, "lab_id": lab.lab_id, "trial_id": uuid7()}
    with lab.new_session(header) as journal:
        journal.trial(record.model_copy(update=own))
        journal.close("completed")
        return journal.path


def test_init_makes_a_lab_that_opens(lab: Path, devkit: Devkit) -> None:
    opened = Lab.open(lab)
    assert (opened.settings.name, opened.settings.languages) == ("Infant Lab", ("es",))
    again = devkit("lab", "init", lab)
    assert (again.status, again.out) == (2, "")
    assert again.err == f"devkit: {lab}: there is a lab already\n"


def test_participants_are_added_and_listed_without_names(lab: Path, devkit: Devkit) -> None:
    named = ("--name", "Ada Zephyrine", "--born", "2024-03-17", "--contact", "zeph@example.org")
    added = devkit("participant", "add", lab, *named, "--weeks", 34, "--language", "es", "--sex", "female")
    assert added.status == 0
    code = added.out.strip()
    listed = devkit("participant", "list", lab)
    rows = json.loads(devkit("participant", "list", lab, "--json").out)
    assert code in listed.out
    assert (rows[0]["code"], rows[0]["gestational_weeks"], rows[0]["sessions"]) == (code, 34, 0)
    assert rows[0]["age_days"] > 600
    for said in (added.out, listed.out, json.dumps(rows)):
        assert "Zephyrine" not in said
        assert "2024-03-17" not in said
    wrong = devkit("participant", "add", lab, "--born", "2024-13-17")
    assert (wrong.status, "2024-13" in wrong.err) == (2, False)


def test_check_tells_by_its_status(lab: Path, devkit: Devkit) -> None:
    journal = add_session(lab)
    clean = devkit("lab", "check", lab)
    assert (clean.status, clean.out.splitlines()[-1]) == (0, "1 sessions, 1 trials: nothing wrong")
    journal.write_bytes(journal.read_bytes() + b"torn")
    found = devkit("lab", "check", lab, "--json")
    assert found.status == 1
    assert [problem["place"] for problem in json.loads(found.out)["problems"]] == [f"{journal}:4"]
    mended = devkit("lab", "check", lab, "--repair")
    assert mended.status == 0
    assert f"moved aside: {journal.with_suffix('.torn-1')}" in mended.out


def test_rebuild_counts(lab: Path, devkit: Devkit) -> None:
    add_session(lab)
    assert devkit("lab", "rebuild", lab).out == "1 sessions, 1 trials\n"
    assert json.loads(devkit("lab", "rebuild", lab, "--json").out) == {"sessions": 1, "trials": 1, "problems": 0}


def test_merge_says_what_came_and_what_is_disputed(lab: Path, tmp_path: Path, devkit: Devkit) -> None:
    other = tmp_path / "other"
    devkit("lab", "init", other)
    add_session(other)
    done = devkit("lab", "merge", lab, other, "--json")
    assert (done.status, json.loads(done.out)["added"]) == (0, 1)
    for path, weeks in ((lab, 30), (other, 40)):
        devkit("participant", "add", path, "--code", "A1", "--weeks", weeks)
    disputed = devkit("lab", "merge", lab, other)
    assert disputed.status == 1
    assert "disputed" in disputed.out


def test_export_writes_the_tables(lab: Path, tmp_path: Path, devkit: Devkit) -> None:
    add_session(lab)
    done = devkit("export", "csv", lab, "--out", tmp_path / "out", "--json")
    assert (done.status, json.loads(done.out)["rows"]["trials"]) == (0, 1)
    assert (tmp_path / "out" / "trials.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lab", "check", "{none}"], "{none}: there is no such folder"),
        (["lab", "rebuild", "{none}"], "there is no such folder"),
        (["lab", "merge", "{lab}", "{none}"], "{none}: there is no such folder"),
        (["lab", "merge", "{lab}", "{lab}"], "cannot be joined with itself"),
        (["lab", "import", "{lab}", "visual-precison", "{none}"], "did you mean 'visual-precision'"),
        (["lab", "import", "{lab}", "visual-precision", "{none}"], "cannot be read"),
        (["lab", "init", "{lab}/new", "--codes", "letters"], "the code style is wrong"),
        (["lab", "init", "{lab}/new", "--language", "English!"], "languages"),
        (["lab", "init", "{toml}/new"], "no lab was made"),
        (["participant", "list", "{none}"], "there is no such folder"),
        (["participant", "add", "{lab}", "--weeks", "many"], "--weeks"),
        (["participant", "add", "{lab}", "--sex", "x"], "the participant's sex is wrong"),
        (["export", "csw", "{lab}", "--out", "{none}"], "did you mean 'csv'"),
        (["export", "csv", "{lab}", "--out", "{lab}"], "not empty"),
        (["export", "csv", "{none}", "--out", "{lab}/o"], "there is no such folder"),
    ],
)
def test_mistakes_end_with_status_2_and_one_message(
    lab: Path, tmp_path: Path, devkit: Devkit, arguments: list[str], said: str
) -> None:
    places = {"none": str(tmp_path / "none"), "lab": str(lab), "toml": str(lab / "lab.toml")}
    done = devkit(*(argument.format(**places) for argument in arguments))
    assert done.status == 2
    assert said.format(**places) in done.err
    assert done.err.count("devkit: ") <= 2
    assert "Traceback" not in done.err


def test_a_broken_lab_toml_is_named_by_its_line(lab: Path, devkit: Devkit) -> None:
    settings = lab / "lab.toml"
    settings.write_text(settings.read_text().replace("digits = 5", "digits = "))
    done = devkit("lab", "check", lab)
    assert done.status == 2
    assert f"{settings}:10:10: is no TOML" in done.err


@pytest.mark.parametrize("command", ["lab", "participant", "export"])
def test_help_has_an_example(devkit: Devkit, command: str) -> None:
    names = {"lab": ["init", "rebuild", "check", "merge", "import"], "participant": ["add", "list"], "export": []}
    for arguments in [[command, name] for name in names[command]] or [[command]]:
        said = devkit(*arguments, "--help")
        assert said.status == 0
        assert "Example: devkit" in said.out
