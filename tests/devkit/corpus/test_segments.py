from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devkit.annotations import Utterance
from devkit.corpus.segments import SegmentRules, cut


def said(start: int, end: int, text: str = "look", speaker: str = "MOT", confidence: float | None = None) -> Utterance:
    return Utterance(start_ms=start, end_ms=end, text=text, speaker=speaker, confidence=confidence)


def test_segments_lie_at_the_bounds_of_utterances() -> None:
    pieces = cut("r", 60_000, [said(1000, 3500, "look  at\nthe dog"), said(4000, 6000)], SegmentRules())
    assert [(s.start_ms, s.end_ms) for s in pieces.segments] == [(1000, 3500), (4000, 6000)]
    assert pieces.segments[0].text == "look at the dog"
    assert pieces.segments[0].speaker == "MOT"


def test_every_rule_gives_its_reason() -> None:
    rules = SegmentRules(drop_speakers=("chi",), min_confidence=0.5, max_ms=5000)
    utterances = [
        said(0, 1500, "ba ba", speaker="CHI"),
        said(2000, 3500, confidence=0.49),
        said(4000, 5500, "... [!]"),
        said(6000, 11_001),
        said(12_000, 13_000),
        said(14_000, 15_000, confidence=0.5),
        said(21_000, 22_000),
    ]
    pieces = cut("r", 20_000, utterances, rules)
    assert [row.reason for row in pieces.dropped] == [
        "speaker",
        "low-confidence",
        "no-words",
        "too-long",
        "outside-recording",
    ]
    assert [s.start_ms for s in pieces.segments] == [12_000, 14_000]
    spoken = sorted([*pieces.segments, *(row for row in pieces.dropped if row.spoken)], key=lambda row: row.start_ms)
    assert [row.start_ms for row in spoken] == [6000, 12_000, 14_000, 21_000]


def test_the_childs_own_words_stay_unless_dropped() -> None:
    assert len(cut("r", 5000, [said(0, 1500, speaker="CHI")], SegmentRules()).segments) == 1


def test_short_utterances_widen_into_silence_only() -> None:
    rules = SegmentRules(min_ms=1000)
    alone = cut("r", 60_000, [said(5000, 5200)], rules).segments[0]
    assert (alone.start_ms, alone.end_ms) == (4600, 5600)
    crowd = cut("r", 60_000, [said(4000, 4900), said(5000, 5200), said(5300, 7000)], rules).segments[1]
    assert (crowd.start_ms, crowd.end_ms) == (4900, 5300)
    first = cut("r", 60_000, [said(0, 200)], rules).segments[0]
    assert (first.start_ms, first.end_ms) == (0, 1000)
    last = cut("r", 2000, [said(1900, 2600)], rules).segments[0]
    assert (last.start_ms, last.end_ms) == (1000, 2000)


utterances = st.lists(
    st.builds(
        lambda start, length, text, speaker, confidence: said(start, start + length, text, speaker, confidence),
        st.integers(0, 40_000),
        st.integers(0, 30_000),
        st.sampled_from(["ball", "", "??", "look at that"]),
        st.sampled_from(["MOT", "CHI", ""]),
        st.none() | st.floats(0, 1),
    ),
    max_size=12,
)


@given(utterances, st.integers(1, 45_000), st.integers(1, 3000), st.integers(1, 20_000))
def test_counts_add_up_and_nothing_leaves_the_recording(
    spoken: list[Utterance], duration_ms: int, least: int, most: int
) -> None:
    ordered = sorted(spoken, key=lambda u: (u.start_ms, u.end_ms))
    rules = SegmentRules(drop_speakers=("CHI",), min_confidence=0.5, min_ms=least, max_ms=most)
    pieces = cut("r", duration_ms, ordered, rules)
    assert len(pieces.segments) + len(pieces.dropped) == pieces.entries + pieces.gained
    assert pieces.entries == len(ordered)
    for segment in pieces.segments:
        assert 0 <= segment.start_ms < segment.end_ms <= duration_ms
        assert segment.end_ms - segment.start_ms <= most
