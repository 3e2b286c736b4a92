from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import UserError
from devkit.respondents import Answer, Measured, PresentedTurn, ShownChoice, Timing
from protocols.controls import Command, Stop
from protocols.equipment import DisplaySettings
from protocols.messages import Answered, Beat, OpenSession, ShowTurn, decode_for_child, decode_for_parent, encode

TURN = PresentedTurn(
    trial_id="t",
    turn_index=3,
    turn_count=15,
    task="memory",
    form="standard",
    item_id="i",
    kind="practice",
    prompt="Touch <image> ü",
    images=("a" * 64,),
    stimuli=(),
    choices=(ShownChoice("x\ny", "a" * 64, "target", "A"),),
    target_position=0,
    answer_format="letter",
    layout="dialogue",
    timing=Timing(answer_max_ms=9000, delay_ms=11_000, ready="attention"),
    difficulty={"base": 5, "ratio": 0.5, "name": "é", "new": True},
)


def test_a_turn_arrives_as_it_was_sent() -> None:
    sent = ShowTurn(turn=TURN, media={"a" * 64: "/media/a b.png"}, prompt_audio="p.ogg")
    line = encode(sent)
    assert line.count(b"\n") == 1, "one message is one line, whatever it holds"
    assert decode_for_child(line) == sent


def test_an_answer_arrives_as_it_was_sent() -> None:
    answer = Answer(
        raw="11",
        position=10,
        source="examiner",
        rt_ms=1234.5678901234567,
        measured=Measured(onset_ms=0.1, rt_from="prompt_end", timing_tier="lab", time_scale=1.0),
        flags=("no_sound",),
        events=(("flip", 12.5, {"x": [1, None]}),),
    )
    sent = Answered(trial_id="t", turn_index=0, answer=answer, stop=Stop(reason="reason_code", detail="4"))
    assert decode_for_parent(encode(sent)) == sent


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"ALSA lib pcm.c:2664: unknown PCM\n",
        b"{}",
        b"[1]",
        b'{"kind": "hello"}',
        b'{"kind": "beat", "v": 1}',
        b'{"kind": "beat", "v": 2, "more": 1}',
        b'{"kind": "answered", "v": 2}',
        b"\xff\xfe",
        b'{"kind": "beat", "loop_age_s": "' + b"9" * 100_000 + b'"}',
    ],
)
def test_what_is_no_message_is_refused_with_a_reason(line: bytes) -> None:
    with pytest.raises(UserError, match="not a message of version 2"):
        decode_for_parent(line)


def test_a_message_for_the_other_side_is_refused() -> None:
    with pytest.raises(UserError):
        decode_for_parent(encode(Command(name="pause")))
    with pytest.raises(UserError):
        decode_for_child(encode(Answered(trial_id="t", turn_index=0, answer=Answer())))
    assert decode_for_child(encode(Beat())) == Beat()


def test_the_clock_runs_between_one_and_ten() -> None:
    for scale in (0.5, 11):
        line = json.dumps({"kind": "open", "session_id": "s", "clock_zero_s": 1.0, "time_scale": scale}).encode()
        with pytest.raises(UserError, match="not a message"):
            decode_for_child(line)
    assert OpenSession(session_id="s", clock_zero_s=1.0, time_scale=10).time_scale == 10


def test_colours_of_the_ground_are_checked() -> None:
    with pytest.raises(ValueError, match="ground"):
        DisplaySettings(ground="grey")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_garbage_never_passes_and_never_breaks(line: bytes) -> None:
    for decode in (decode_for_child, decode_for_parent):
        with pytest.raises(UserError):
            decode(line)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(kind=st.sampled_from(["open", "show", "command", "capture", "answered", "stage", "hello"]), rest=json_values)
def test_half_right_messages_never_break(kind: str, rest: object) -> None:
    line = json.dumps({"kind": kind, "v": 2, "turn": rest, "answer": rest, "session_id": rest}).encode()
    for decode in (decode_for_child, decode_for_parent):
        with pytest.raises(UserError):
            decode(line)
