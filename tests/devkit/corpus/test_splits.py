from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.annotations import Recording
from devkit.corpus.splits import quotas, split_recordings
from devkit.errors import UserError


def recordings(counts: dict[str, int]) -> list[Recording]:
    return [
        Recording(
            name=f"{child}_{number}",
            child=child,
            date="2020-01-01",
            age_months=1,
            age_days=0,
            video="v",
            duration_ms=1,
            fps=1,
            width=1,
            height=1,
        )
        for child, count in counts.items()
        for number in range(count)
    ]


def test_quotas_are_largest_remainders_and_none_is_empty() -> None:
    assert quotas(100, (0.8, 0.1, 0.1)) == (80, 10, 10)
    assert quotas(12, (0.8, 0.1, 0.1)) == (10, 1, 1)
    assert quotas(3, (0.8, 0.1, 0.1)) == (1, 1, 1)
    assert quotas(4, (1.0, 0.0, 0.0)) == (4, 0, 0)
    assert quotas(1, (0.8, 0.1, 0.1)) == (1, 0, 0)


def test_each_child_gives_its_share() -> None:
    splits = split_recordings(recordings({"A": 30, "S": 30, "Y": 30}))
    by_child = Counter((name[0], split) for name, split in splits.items())
    for child in "ASY":
        assert by_child[child, "train"] == 24
        assert by_child[child, "test"] == by_child[child, "val"] == 3


def test_the_split_depends_on_names_and_seed_not_on_order() -> None:
    listed = recordings({"A": 20, "S": 20})
    assert split_recordings(listed) == split_recordings(listed[::-1])
    assert split_recordings(listed) != split_recordings(listed, seed=1)


def test_fractions_must_be_shares() -> None:
    with pytest.raises(UserError, match="add up to 1"):
        split_recordings(recordings({"A": 3}), (0.5, 0.1, 0.1))


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 30), min_size=1),
    st.sampled_from([(0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (0.5, 0.0, 0.5), (0.34, 0.33, 0.33), (0.0, 0.0, 1.0)]),
    st.integers(0, 3),
)
def test_every_recording_has_a_split_and_the_numbers_are_right(
    counts: dict[str, int], fractions: tuple[float, float, float], seed: int
) -> None:
    listed = recordings(counts)
    splits = split_recordings(listed, fractions, seed)
    found = Counter(splits.values())
    assert (found["train"], found["val"], found["test"]) == quotas(len(listed), fractions)
    if len(listed) >= 3:
        assert all(found[name] > 0 for name, share in zip(("train", "val", "test"), fractions, strict=True) if share)
