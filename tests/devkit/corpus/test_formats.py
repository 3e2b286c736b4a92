from __future__ import annotations

from devkit.annotations import Recording
from devkit.corpus.formats import (
    FormatRules,
    Judged,
    RecordMaker,
    TrainingRecord,
    image_times,
    record_of,
    video_times,
)
from devkit.corpus.segments import Segment

RECORDING = Recording(
    name="S_20130601_0612_01",
    child="S",
    date="2013-06-01",
    age_months=6,
    age_days=12,
    video="v.mp4",
    duration_ms=100_000,
    fps=10,
    width=64,
    height=48,
)


def piece(start: int, end: int, text: str = "look") -> Segment:
    return Segment(recording=RECORDING.name, start_ms=start, end_ms=end, text=text)


def maker(stored: range, floor: float = float("-inf"), **rules: int) -> RecordMaker:
    return RecordMaker(RECORDING.name, list(stored), FormatRules.model_validate(rules), floor)


def records(made: RecordMaker, name: str, pieces: list[Segment]) -> list[TrainingRecord]:
    passages = getattr(made, name)([Judged(one) for one in pieces])
    return [record_of(passage, RECORDING, "train") for passage in passages]


def test_images_are_taken_at_full_seconds_else_in_the_middle() -> None:
    rules = FormatRules()
    assert image_times(piece(1000, 3000), rules) == (1000, 2000)
    assert image_times(piece(1100, 3100), rules) == (2000, 3000)
    assert image_times(piece(1100, 1900), rules) == (1500,)


def test_clips_have_two_frames_a_second_and_are_thinned_evenly() -> None:
    rules = FormatRules()
    assert video_times(piece(1000, 2600), rules) == (1000, 1500, 2000, 2500)
    long = video_times(piece(0, 20_000), rules)
    assert len(long) == 8
    assert (long[0], long[-1]) == (0, 19_500)
    assert video_times(piece(0, 5000), FormatRules(video_max_frames=1)) == (0,)


def test_records_have_the_published_form_with_age_and_provenance() -> None:
    (first, second) = records(maker(range(0, 10_000, 500)), "image_utterance", [piece(1000, 3000, "a red ball")])
    assert first.model_dump(by_alias=True) == {
        "id": "S_20130601_0612_01_1000_3000_frame_0",
        "image": ("frames/S_20130601_0612_01/1000.jpg",),
        "conversations": ({"from": "human", "value": "<image>"}, {"from": "gpt", "value": "a red ball"}),
        "child": "S",
        "age_days": 195,
        "recording": "S_20130601_0612_01",
        "split": "train",
        "span_ms": (1000, 3000),
    }
    assert second.image == ("frames/S_20130601_0612_01/2000.jpg",)
    (clip,) = records(maker(range(0, 10_000, 500)), "video_utterance", [piece(1000, 3000, "a red ball")])
    assert clip.conversations[0].value == "<image>" * 4
    assert len(clip.image) == 4
    assert clip.texts == ("a red ball",)


def test_interleaved_windows_hold_4_to_8_consecutive_segments_with_an_image_each() -> None:
    pieces = [piece(n * 2000, n * 2000 + 1500, f"word {n}") for n in range(20)]
    windows = records(maker(range(0, 60_000, 500)), "interleaved", pieces)
    assert [w.span_ms[0] for w in windows] == [n * 2000 for n in range(0, 17, 3)]
    assert len({len(w.texts) for w in windows}) > 1
    for window in windows:
        assert 4 <= len(window.texts) <= 8
        assert len(window.image) == len(window.texts)
        assert [entry.value for entry in window.conversations[::2]] == ["<image>"] * len(window.image)
        first = int(window.texts[0].split()[1])
        assert list(window.texts) == [f"word {first + k}" for k in range(len(window.texts))]


def test_a_long_silence_ends_a_window() -> None:
    pieces = [piece(n * 2000 + (n >= 5) * 40_000, n * 2000 + 1500 + (n >= 5) * 40_000) for n in range(8)]
    windows = records(maker(range(0, 100_000, 500)), "interleaved", pieces)
    assert [len(w.texts) for w in windows if w.span_ms[0] == 0] in ([4], [5])
    assert all(w.span_ms[1] <= 9500 or w.span_ms[0] >= 50_000 for w in windows)


def test_a_segment_without_a_stored_frame_is_seen_and_ids_stay_unique() -> None:
    made = maker(range(0, 2000, 500))
    assert made.images(piece(0, 1000))
    assert not made.images(piece(5000, 6000))
    twice = [piece(0, 1000, "mother"), piece(0, 1000, "father")]
    ids = [record.id for record in records(made, "image_utterance", twice)]
    assert len(set(ids)) == 2


def test_images_below_the_floor_are_left_out_with_their_reason_and_the_best_one_goes_into_windows() -> None:
    made = maker(range(0, 60_000, 500), 0.2)
    likeness = {0: 0.1, 1000: 0.2, 2000: 0.21, 3000: 0.5}
    judged = [
        Judged(piece(n * 5000, n * 5000 + 4000), {n * 5000 + t: s for t, s in likeness.items()}) for n in range(4)
    ]
    passages = list(made.image_utterance(judged))
    assert [p.reason for p in passages[:4]] == ["low-similarity", "low-similarity", "", ""]
    assert [p.similarity for p in passages[:4]] == [(0.1,), (0.2,), (0.21,), (0.5,)]
    (window,) = made.interleaved(judged)
    assert [times for _, times in window.parts] == [(n * 5000 + 3000,) for n in range(4)]
    none_passes = [Judged(piece(0, 1000), {0: 0.1}), *judged[1:]]
    assert list(made.interleaved(none_passes)) == []
