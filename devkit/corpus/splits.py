"""Which recordings are for training, validation and testing: whole recordings, spread evenly over the children."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from devkit.annotations import Recording
from devkit.corpus.formats import Split
from devkit.errors import UserError
from devkit.ids import digest_bytes

Fractions = tuple[float, float, float]


def split_recordings(
    recordings: Sequence[Recording],
    fractions: Fractions = (0.8, 0.1, 0.1),
    seed: int = 0,
    pinned: Mapping[str, Split] | None = None,
) -> dict[str, Split]:
    """Assign recordings to splits, the same way whenever the same recordings are given.

    Recordings are ordered by child and, within a child, by a hash of their name and the seed; validation and test
    recordings are then taken at even distances, so each child gives its share. With three recordings or more no
    split with a fraction above zero is empty.

    Args:
        recordings: All of the corpus.
        fractions: Shares of train, val and test.
        seed: Another seed, another assignment.
        pinned: Splits of recordings by name that stay as they are; the others fill up what is lacking, so that a corpus
            can grow and no recording changes sides.

    Raises:
        UserError: The fractions are no shares of one.
    """
    if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise UserError(f"the fractions {fractions} are no shares that add up to 1")
    fixed = {r.name: pinned[r.name] for r in recordings if r.name in pinned} if pinned else {}
    free = [recording for recording in recordings if recording.name not in fixed]
    ordered = sorted(free, key=lambda r: (r.child, digest_bytes(f"{seed}/{r.name}".encode())))
    _, val, test = quotas(len(recordings), fractions)
    taken = Counter(fixed.values())
    val, test = max(0, val - taken["val"]), max(0, test - taken["test"])
    held = min(len(ordered), val + test)
    splits: dict[str, Split] = fixed | {recording.name: "train" for recording in ordered}
    for number in range(held):
        place = min(len(ordered) - 1, int((number + 0.5) * len(ordered) / held))
        # Test and validation take turns in proportion, the first of them test.
        is_test = (number + 1) * test // held > number * test // held if val else True
        splits[ordered[place].name] = "test" if is_test else "val"
    return splits


def quotas(count: int, fractions: Fractions) -> tuple[int, int, int]:
    """Return how many of ``count`` go to train, val and test: largest remainders, none empty where that is possible."""
    exact = [count * fraction for fraction in fractions]
    sizes = [int(number + 1e-9) for number in exact]
    by_rest = sorted(range(3), key=lambda i: (sizes[i] - exact[i], i))
    for place in by_rest[: count - sum(sizes)]:
        sizes[place] += 1
    wanted = [place for place in range(3) if fractions[place] > 0]
    while count >= len(wanted) and (empty := [place for place in wanted if sizes[place] == 0]):
        sizes[max(range(3), key=lambda i: sizes[i])] -= 1
        sizes[empty[0]] += 1
    return sizes[0], sizes[1], sizes[2]
