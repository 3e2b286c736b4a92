"""Every format of transcripts: the same talk in each of them, and whatever damage hypothesis thinks of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.corpus.transcripts import parse_transcript, read_rttm, read_transcript, with_speakers
from devkit.corpus.transcripts.base import clock_seconds
from devkit.corpus.transcripts.chat import plain_words

GOLDEN = Path(__file__).parent / "golden"
TIMES = [(1200, 2500), (3000, 3800), (4250, 6000)]
TEXTS = ["Look at the dog!", "dog.", "Where is the red ball?"]
FILES = {
    "plain.json": ("plain", ["MOT", "CHI", "MOT"], [0.91, 0.42, 0.88], 0),
    "whisperx.json": ("whisper", ["MOT", "CHI", "MOT"], [0.91, 0.42, 0.88], 0),
    "faster_whisper.json": ("whisper", ["", "", ""], [0.91, 0.42, 0.88], 0),
    "azure_batch.json": ("azure", ["1", "2", "1"], [0.91, 0.42, 0.88], 1),
    "azure_fast.json": ("azure", ["1", "2", "1"], [0.91, 0.42, 0.88], 0),
    "azure_sdk.json": ("azure", ["Guest-1"] * 3, [0.91, 0.42, 0.88], 0),
    "film.srt": ("srt", ["MOT", "CHI", "MOT"], [None] * 3, 0),
    "film.vtt": ("vtt", ["MOT", "CHI", "MOT"], [None] * 3, 0),
    "talk.cha": ("chat", ["MOT", "CHI", "MOT"], [None] * 3, 1),
    "talk.eaf": ("elan", ["MOT", "CHI", "MOT"], [None] * 3, 2),
    "rows.csv": ("table", ["MOT", "CHI", "MOT"], [0.91, 0.42, 0.88], 0),
    "babyview.csv": ("table", ["", "", ""], [None] * 3, 0),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_talk_comes_out_of_every_format(name: str) -> None:
    form, speakers, confidence, rejected = FILES[name]
    found = read_transcript(GOLDEN / name, name)
    assert (found.format, found.problems) == (form, ())
    assert [(said.start_ms, said.end_ms) for said in found.utterances] == TIMES
    texts = [said.text for said in found.utterances]
    assert texts == (["look look at the dog", "dog", "where is the red ball"] if form == "chat" else TEXTS)
    assert [said.speaker for said in found.utterances] == speakers
    assert [said.confidence for said in found.utterances] == pytest.approx(confidence)
    assert len(found.rejected) == rejected
    assert found.entries == 3 + rejected


def test_words_come_with_their_times() -> None:
    for name in ("whisperx.json", "faster_whisper.json", "azure_batch.json", "babyview.csv"):
        said = read_transcript(GOLDEN / name, name).utterances[0]
        assert [(word.start_ms, word.end_ms) for word in said.words] == [
            (1200, 1525),
            (1525, 1850),
            (1850, 2175),
            (2175, 2500),
        ]
    assert read_transcript(GOLDEN / "whisperx.json", "whisperx.json").utterances[0].language == "en"
    assert read_transcript(GOLDEN / "azure_fast.json", "azure_fast.json").utterances[0].language == "en-US"
    assert read_transcript(GOLDEN / "talk.cha", "talk.cha").utterances[0].language == "eng"


def test_rows_without_an_end_last_until_the_next_one_and_no_longer_than_some_seconds() -> None:
    found = read_transcript(GOLDEN / "starts.tsv", "starts.tsv")
    assert [(said.start_ms, said.end_ms) for said in found.utterances] == [(1200, 3000), (3000, 4250), (4250, 9250)]


def test_each_reason_is_told() -> None:
    reasons = [row.reason for row in read_transcript(GOLDEN / "talk.eaf", "talk.eaf").rejected]
    assert reasons == ["no-time", "other-tier"]
    (row,) = read_transcript(GOLDEN / "azure_batch.json", "azure_batch.json").rejected
    assert (row.reason, row.entry, row.detail) == ("not-recognised", 4, "InitialSilenceTimeout")
    found = parse_transcript("1\n00:00:05,000 --> 00:00:02,000\nback\n\n2\nlost its times\n\n", "a.srt")
    assert [row.reason for row in found.rejected] == ["backwards", "no-time"]
    unordered = parse_transcript("start,end,text\n5,6,b\n1,2,a\n1.5,3,c\n", "a.csv")
    assert [said.text for said in unordered.utterances] == ["a", "c", "b"]
    assert (unordered.unordered, unordered.overlapping) == (1, 1)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", '{"a": 1}', "holds no list"),
        ("a.json", '[{"start_ms": 1', "delimiter"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.vtt", "1\n00:01.000 --> 00:02.000\nhi", "begin with WEBVTT"),
        ("a.eaf", "<ANNOTATION_DOCUMENT>", "no whole XML"),
        ("a.eaf", '<!DOCTYPE a [<!ENTITY b "c">]><a/>', "DOCTYPE"),
        ("a.eaf", f'<!--{"-" * 99_999} --><!DOCTYPE a [<!ENTITY b "c">]><a/>', "DOCTYPE"),
        ("a.eaf", "<a/>", "no ELAN file"),
        ("a.csv", "who,what\nMOT,hi\n", "no column for the start"),
        ("a.cha", "hello", "no @Begin"),
        ("a.docx", "hello", "no known format"),
    ],
)
def test_a_file_that_is_damaged_as_a_whole_is_one_problem(name: str, text: str, says: str) -> None:
    (problem,) = parse_transcript(text, name).problems
    assert says in problem.message
    assert problem.place.startswith(name)


def test_files_that_are_no_text_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_bytes(b"1\n00:00:01,000 --> 00:00:02,000\n\xff\xfe\xfd\n")
    assert "no UTF-8" in read_transcript(tmp_path / "a.srt", "a.srt").problems[0].message
    (tmp_path / "b.srt").write_bytes("1\n00:00:01,000 --> 00:00:02,000\nmüde\n".encode("utf-16"))
    assert read_transcript(tmp_path / "b.srt", "b.srt").utterances[0].text == "müde"
    assert "No such file" in read_transcript(tmp_path / "c.srt", "c.srt").problems[0].message


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("I want dat [: that] one .", "I want that one"),
        ("&=laughs yes [+ exc] +...", "yes"),
        ("0is he (go)ing to_the zoo@s:spa ?", "he going to the zoo"),
        ("xxx yyy www .", ""),
        ("<the dog> [//] the cat ran (1.5) away !", "the dog the cat ran away"),
        ("ba:na:na „ you see ?", "banana you see"),
    ],
)
def test_chat_marks_go_and_words_stay(marked: str, plain: str) -> None:
    assert plain_words(marked) == plain


def test_clock_times() -> None:
    known = {
        "90": 90.0,
        "1:30": 90.0,
        "0:01:30.5": 90.5,
        "00:01:30,500": 90.5,
        "x": None,
        "1:2:3:4": None,
        "1:-2": None,
    }
    assert {text: clock_seconds(text) for text in known} == known


def test_diarisation_names_who_speaks_longest() -> None:
    text = "SPEAKER f 1 0.0 2.0 <NA> <NA> FEM <NA> <NA>\nSPEAKER f 1 1.9 3.0 <NA> <NA> KCHI <NA> <NA>\nSPEAKER f 1 x\n"
    turns, problems = read_rttm(text, "a.rttm")
    assert [problem.place for problem in problems] == ["a.rttm:3"]
    said = read_transcript(GOLDEN / "faster_whisper.json", "a.json").utterances
    assert [one.speaker for one in with_speakers(said, turns)] == ["FEM", "KCHI", "KCHI"]
    assert [one.speaker for one in with_speakers(said, [])] == ["", "", ""]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a golden file with some stretches replaced, repeated, cut out or swapped."""
    name = draw(st.sampled_from([*FILES, "starts.tsv"]))
    text = (GOLDEN / name).read_text(encoding="utf-8")
    for _ in range(draw(st.integers(1, 4))):
        a, b = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        b = min(b, a + draw(st.sampled_from([0, 1, 3, 20, 400])))
        junk = draw(
            st.text(max_size=5) | st.sampled_from(['"', "\n", "\x15", "-->", "{", "]", "NaN", "1e999", "9" * 400])
        )
        text = text[:a] + draw(st.sampled_from([junk, text[a:b] * 2, "", junk + text[a:b]])) + text[b:]
    return name, text


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_damage_is_never_a_traceback_and_every_entry_is_accounted_for(file: tuple[str, str]) -> None:
    name, text = file
    found = parse_transcript(text, name)
    assert found.entries == len(found.utterances) + len(found.rejected)
    if found.problems:
        assert not found.utterances
    if name.endswith(".cha") and not found.problems:
        mains = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.startswith("*")]
        assert found.entries == len(mains)
    if name == "film.srt" and not found.problems:
        lines = text.replace("\r", "\n").split("\n")
        assert found.entries >= sum("-->" in line for line in lines)
    for said in found.utterances:
        assert 0 <= said.start_ms <= said.end_ms
        assert said.confidence is None or 0 <= said.confidence <= 1
    assert all(1 <= row.entry <= found.entries for row in found.rejected)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.sampled_from([".json", ".srt", ".vtt", ".cha", ".eaf", ".csv", ".tsv"]))
def test_any_text_is_read_or_refused(text: str, suffix: str) -> None:
    found = parse_transcript(text, f"a{suffix}")
    assert found.entries == 0 or not found.problems


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "segments",
                    "start",
                    "end",
                    "text",
                    "words",
                    "word",
                    "score",
                    "recognizedPhrases",
                    "phrases",
                    "nBest",
                    "NBest",
                    "Offset",
                    "Duration",
                    "offsetInTicks",
                    "durationInTicks",
                    "display",
                    "start_ms",
                    "speaker",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_json_of_any_shape_keeps_count(value: object) -> None:
    import json

    found = parse_transcript(json.dumps(value), "a.json")
    rows: object = value
    if isinstance(value, dict):
        rows = next((value[key] for key in ("recognizedPhrases", "phrases", "segments") if key in value), value)
    if not found.problems and isinstance(rows, list):
        assert found.entries == len(rows)
