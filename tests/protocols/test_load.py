"""Protocol files: all mistakes at once with their places, and never a traceback whatever the text is."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from devkit.errors import Problems, UserError
from devkit.tasks import STAGED, TASKS
from protocols import library
from protocols.durations import format_duration, parse_duration
from protocols.load import load_protocol, parse_protocol
from protocols.rules import Adaptive, Habituation, ItemParameters, Retention, SessionRules, StartAge
from protocols.schema import Audience, Block, ItemChoice, Practice, Protocol, Stop, TimingSpec, json_schema

GOOD = """\
protocol: who-has-more
version: 1
title: Who has more? (25–42 months)
for: {kinds: [child, adult, model], age_months: [25, 42]}
blocks:
  - task: who_has_more
    form: synthetic
    items: {bank: toybox, sample: 22, stratify: ratio}
    demonstration: 1
    practice: {until_correct: 1, max_attempts: 3}
    order: random
    positions: balanced
    timing: {ready: attention, prompt: audio, answer_max: 10 s}
    answer: touch
    stop: {wrong_in_a_row: 4}
    feedback: practice
"""
BAD = """\
protocol: Who Has
version: 1.5
title: x
for: {kinds: [childs], age_months: [42, 25], foo: 1}
blocks:
  - task: who_has_mor
    items: {bank: toybox, smple: 22, stratify: ratio}
    timing: {answer_max: 10, delay: [9 s, 3]}
    oder: random
  - task: who_has_more
    form: synthetc
    items: {bank: toybx, sample: 22, stratify: ratoi, at_most: 3}
    order: randm
    stop: {gate: [30], max_minutes: x}
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        parse_protocol(text, "f.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_the_protocol_of_the_design_is_read() -> None:
    protocol = parse_protocol(GOOD)
    block = protocol.blocks[0]
    assert block.timing.answer_max == 10_000
    assert block.stop is not None
    assert block.stop.wrong_in_a_row == 4
    assert protocol.audience.age_months == (25, 42)


def test_all_mistakes_are_told_at_once_with_line_and_column() -> None:
    assert problems_of(BAD) == [
        "f.yaml:1:11: protocol cannot be 'Who Has' (Name: small letters, digits and hyphens)",
        "f.yaml:2:10: version must be a whole number, not 1.5",
        "f.yaml:4:15: entry 1 of kinds cannot be 'childs' (did you mean 'child'?)",
        "f.yaml:4:36: the youngest age, 42 months, is above the oldest, 25 ([25, 42])",
        "f.yaml:4:46: there is no key 'foo' here (known keys: kinds, age_months, age)",
        "f.yaml:6:11: there is no task 'who_has_mor' (did you mean 'who_has_more'?)",
        "f.yaml:7:12: items needs one of sample, at_most and ids (such as sample: 22)",
        "f.yaml:7:27: there is no key 'smple' here (did you mean 'sample'?)",
        "f.yaml:8:26: answer_max: a duration needs a unit: '10 s' or '10 ms'",
        "f.yaml:8:43: entry 2 of delay: a duration needs a unit: '3 s' or '3 ms'",
        "f.yaml:9:5: there is no key 'oder' here (did you mean 'order'?)",
        "f.yaml:11:11: who_has_more has no form 'synthetc' (did you mean 'synthetic'?)",
        "f.yaml:12:12: sample and at_most exclude another (such as sample: 22)",
        "f.yaml:12:19: bank 'toybx', but a block above takes 'toybox' (a session takes all its items from one bank)",
        "f.yaml:12:48: who_has_more has no difficulty column 'ratoi' (did you mean 'ratio'?)",
        "f.yaml:13:12: order cannot be 'randm' (did you mean 'random'?)",
        "f.yaml:14:19: the gate at trial 30 is beyond the 22 test trials",
        "f.yaml:14:37: max_minutes must be a number, not 'x'",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.yaml:1:1: the file is empty"),
        ("- a\n", "f.yaml:1:1: a protocol is a mapping of keys to values"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key 'a' is here a second time (the first is in line 1)"),
        ("a:\n\tb: 1", "f.yaml:2:1: found character '\\t' that cannot start any token (indent with spaces, not tabs)"),
        ("a: [1, 2", "f.yaml:1:9: expected ',' or ']', but got '<stream end>'"),
        ("a: &x [1]\nb: *x", "f.yaml:1:4: anchors and aliases (& and *) are not used here (write it out)"),
        ("a: !!python/object:os.system {}", "f.yaml:1:4: tags such as !!python"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: a second document begins here (one document a file: remove '---')"),
        ("? [a]\n: 3", "f.yaml:1:3: a key must be a single word"),
        ("version: " + "9" * 5000, "f.yaml:1:10: this number is too large"),
        ("version: 1e999", "f.yaml:1:10: this is no finite number"),
        ("version: .nan", "f.yaml:1:10: this is no finite number"),
        ("a: \0", "f.yaml:1:4: the control character U+0000 is not allowed"),
        ("[" * 100_000, "f.yaml:1:25: nested more than 24 deep"),
        ("- " * 5000, "f.yaml:1:49: nested more than 24 deep"),
        ("a: 'x", "f.yaml:1:6: found unexpected end of stream"),
    ],
)
def test_malformed_text(text: str, said: str) -> None:
    found = problems_of(text)
    assert any(problem.replace('"', "'").startswith(said) for problem in found), found


def test_words_stay_words() -> None:
    """YAML 1.1 would make a truth value of NO and 90 seconds of 1:30."""
    protocol = parse_protocol(GOOD.replace("Who has more? (25–42 months)", "NO"))
    assert protocol.title == "NO"
    assert "must be text" in problems_of(GOOD.replace("title: Who has more? (25–42 months)", "title: true"))[0]


def test_billion_laughs_cost_nothing() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert len(problems_of("\n".join(lines))) > 29


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_garbage_never_gives_a_traceback(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_protocol(text, "f.yaml")
    assert all(problem.place.startswith("f.yaml:") for problem in caught.value.problems)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_bytes_never_give_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "garbage.yaml"
    file.write_bytes(data)
    with pytest.raises(UserError) as caught:
        load_protocol(file)
    assert all(problem.place.startswith(str(file)) for problem in caught.value.problems)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def places_of_mistakes(text: str) -> list[str]:
    """Places of all mistakes, none when there are none; anything but a user's mistake goes through."""
    try:
        parse_protocol(text, "f.yaml")
    except UserError as error:
        return [problem.place for problem in error.problems]
    return []


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, len(GOOD)), cut=st.integers(0, 30), put=st.text(max_size=12))
def test_a_good_protocol_with_a_wound(place: int, cut: int, put: str) -> None:
    places = places_of_mistakes(GOOD[:place] + put + GOOD[place + cut :])
    assert all(place.startswith("f.yaml:") for place in places)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), value=VALUES)
def test_a_good_protocol_with_a_value_of_another_shape(data: st.DataObject, value: object) -> None:
    document = YAML(typ="safe", pure=True).load(GOOD)
    spot = data.draw(st.sampled_from(("for", "blocks", "version", "title", "screen")))
    if data.draw(st.booleans()):
        document["blocks"][0][data.draw(st.sampled_from(sorted(document["blocks"][0])))] = value
    else:
        document[spot] = value
    assert all(place.startswith("f.yaml:") for place in places_of_mistakes(json.dumps(document)))


def test_text_that_is_not_utf8_is_placed(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_bytes("protocol: a\ntitle: Für\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"p\.yaml:2:9: the text is not UTF-8"):
        load_protocol(file)


def test_missing_large_and_unknown_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such file"):
        load_protocol(tmp_path / "none.yaml")
    with pytest.raises(UserError, match="this is a folder"):
        load_protocol(tmp_path)
    (tmp_path / "big.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(UserError, match="1,000,001 bytes"):
        load_protocol(tmp_path / "big.yaml")
    with pytest.raises(UserError, match="did you mean 'who-has-more'"):
        load_protocol("who-has-mor")
    with pytest.raises(UserError, match="no file name"):
        load_protocol("a\0b")


def test_the_library_mirrors_every_task_and_is_valid() -> None:
    protocols = {name: load_protocol(name) for name in library.names()}
    assert {name.replace("-", "_") for name in protocols} >= set(TASKS)
    for name, protocol in protocols.items():
        assert protocol.protocol == name
        code = name.replace("-", "_")
        if code in TASKS:
            assert {block.task for block in protocol.blocks} <= {code, *STAGED, "visual_delayed_response"}
            assert code in {block.task for block in protocol.blocks}
            assert protocol.audience.age_months == TASKS[code].ages_months
    forms = {(block.task, block.form) for block in protocols["model-battery"].blocks}
    assert forms == {(code, form) for code, task in TASKS.items() for form in task.forms}
    assert len({(block.task, block.form) for block in protocols["battery"].blocks}) == 12


def test_the_rules_of_the_original_measures() -> None:
    blocks = {name: load_protocol(name).blocks[0] for name in library.names()}
    more, vocabulary = blocks["who-has-more"], blocks["picture-vocabulary"]
    assert (more.demonstration, more.items.sample) == (1, 22)
    assert more.stop is not None
    assert more.stop.wrong_in_a_row == 4
    assert vocabulary.practice is not None
    assert (vocabulary.practice.items, vocabulary.practice.max_attempts, vocabulary.practice.then) == (2, 3, "show")
    assert (blocks["subitizing"].items.sample, blocks["subitizing"].timing.exposure) == (4, 1000)
    assert blocks["object-counting"].stop is not None
    assert blocks["object-counting"].stop.gate == (1, 3)
    assert {block.timing.delay for block in load_protocol("visual-delayed-response").blocks} == {(9000, 11000, 13000)}
    looking = blocks["looking-while-listening"]
    assert (looking.items.at_most, looking.timing.attention_every, looking.timing.again) == (24, 4, 500)
    *_, test = load_protocol("memory").blocks
    assert test.retention is not None
    assert (test.part, test.retention.least, test.retention.most) == ("test", 360_000, 480_000)
    assert (blocks["touch-tutorial"].items.at_most, blocks["touch-tutorial"].timing.again) == (5, 5000)
    assert blocks["familiarization"].habituation is not None
    assert vocabulary.adaptive is not None


def test_the_schema_for_editors_is_fresh_and_agrees() -> None:
    stored = json.loads(Path(library.path("memory")).parents[1].joinpath("protocol.schema.json").read_text("utf-8"))
    assert stored == json_schema(), "run: devkit protocol schema --write"
    check = jsonschema.Draft202012Validator(stored)
    for name in library.names():
        check.validate(YAML(typ="safe", pure=True).load(library.path(name)))
    assert list(check.iter_errors(YAML(typ="safe", pure=True).load(BAD)))


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("10 s", 10_000),
        ("500 ms", 500),
        ("2 min", 120_000),
        ("1.5 s", 1500),
        ("0 s", 0),
        ("9s", 9000),
        ("24 h", 86_400_000),
    ],
)
def test_durations(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize("text", ["10", "s", "-1 s", "1 d", "1  s", "1e3 s", "2000 h", "", None, True, 10, "1 s x"])
def test_bad_durations(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


def test_durations_for_people() -> None:
    assert [format_duration(ms) for ms in (500, 9000, 270_000, 120_000, 86_400_000)] == [
        "500 ms",
        "9 s",
        "4 min 30 s",
        "2 min",
        "24 h",
    ]


PAGE = Path(__file__).parents[2] / "docs" / "protocols.md"


def test_the_page_on_protocols_shows_a_valid_one_and_names_every_key() -> None:
    text = PAGE.read_text("utf-8")
    parse_protocol(text.split("```yaml\n")[1].split("```")[0])
    named = {word for part in text.split("`")[1::2] for word in part.replace(":", " ").split()}
    models = (Protocol, Audience, Block, ItemChoice, Practice, TimingSpec, Stop)
    models += (SessionRules, Retention, Adaptive, StartAge, ItemParameters, Habituation)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert keys - named == set()
    assert {name for name in library.names() if name.replace("-", "_") not in TASKS} <= named
