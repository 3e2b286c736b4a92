"""The generated documents say what the declaration says, and the declaration says enough."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from devkit import codebook
from devkit.records import EventRecord, GazeRecord, TrialRecord

DOCS = Path(__file__).parents[2] / "docs"


def test_documents_are_not_stale() -> None:
    assert codebook.stale(DOCS) == [], "run python -m devkit.codebook"


def test_staleness_is_seen(tmp_path: Path) -> None:
    codebook.write(tmp_path)
    assert codebook.stale(tmp_path) == []
    (tmp_path / "codebook.csv").write_text("old")
    (tmp_path / "schema" / "gaze.schema.json").unlink()
    assert codebook.stale(tmp_path) == ["codebook.csv", "schema/gaze.schema.json"]


@pytest.mark.parametrize("model", [TrialRecord, EventRecord, GazeRecord])
def test_every_column_has_a_group_and_a_meaning(model: type[TrialRecord]) -> None:
    for column in codebook.columns(model):
        assert column.group in codebook.GROUPS, column.name
        assert column.meaning, column.name


def test_storage_follows_the_declared_types() -> None:
    found = {column.name: column for column in codebook.columns(TrialRecord)}
    assert (found["trial_index"].storage, found["trial_index"].nullable) == ("int", False)
    assert (found["rt_ms"].storage, found["rt_ms"].nullable, found["rt_ms"].unit) == ("float", True, "ms")
    assert (found["choice_order"].storage, found["choice_order"].element) == ("list", "int")
    assert (found["exclusion"].storage, found["exclusion"].element) == ("list", "text")
    assert found["choices"].storage == found["difficulty"].storage == "json"
    assert found["correct"].storage == "bool"
    assert found["outcome"].allowed == ("answered", "none", "ambiguous", "timeout", "skipped", "aborted")


def test_the_schema_takes_a_record_and_refuses_a_wrong_one(make_trial_json: str) -> None:
    schema = json.loads((DOCS / "schema" / "trial.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    record = json.loads(make_trial_json)
    jsonschema.validate(record, schema)
    for wrong in ({"outcome": "wrong"}, {"chance": "half"}, {"unheard_of": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(record | wrong, schema)


@pytest.fixture
def make_trial_json() -> str:
    lines = (Path(__file__).parent / "lab" / "trial.json").read_text()
    return TrialRecord.model_validate_json(lines).model_dump_json()
