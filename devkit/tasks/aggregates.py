"""The two means over eleven scores by which models are compared, and the group score one of them needs.

*paper-11* is the mean of the eleven scores of the benchmark's paper, *leaderboard-11* that of its public leaderboard:
delayed response within 45° is left out and the group score of Looking While Listening is in. Both are means of scores
with different chance levels, so each is given beside its own chance. What a respondent's scores are, and how sure, is
left to the analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devkit.errors import UserError, did_you_mean
from devkit.tasks import task

Slot = tuple[str, str, str]
"""Task, form and score: ``score`` for the primary one, else a name out of `devkit.tasks.base.Form.chances`."""

COMMON: tuple[Slot, ...] = (
    ("object_counting", "standard", "score"),
    ("picture_vocabulary", "standard", "score"),
    ("localization", "standard", "score"),
    ("visual_delayed_response", "binary", "score"),
    ("visual_delayed_response", "open", "score"),
    ("left_right", "published", "score"),
    ("spatial_details", "published", "score"),
    ("memory", "standard", "score"),
    ("who_has_more", "synthetic", "score"),
    ("who_has_more", "naturalistic", "score"),
)
MEMBERS: dict[str, tuple[Slot, ...]] = {
    "paper-11": (*COMMON, ("visual_delayed_response", "open", "adjacent")),
    "leaderboard-11": (*COMMON, ("looking_while_listening", "standard", "group")),
}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A mean over scores.

    Attributes:
        name: ``paper-11`` or ``leaderboard-11``.
        value: Mean of all members, 0–1; None when one of them is missing.
        chance: The same mean for guessing.
        missing: The members without a score.
    """

    name: str
    value: float | None
    chance: float
    missing: tuple[Slot, ...] = ()

    @property
    def reason(self) -> str:
        """Why there is no value; empty when there is one."""
        if not self.missing:
            return ""
        names = ", ".join("/".join(slot) for slot in self.missing)
        return f"{len(self.missing)} of {len(MEMBERS[self.name])} scores are missing: {names}"


def chance(slot: Slot) -> float:
    """Return the chance level of one score, as its task declares it."""
    code, form, score = slot
    declared = task(code).named_form(form)
    return declared.chance if score == "score" else declared.chances[score]


def aggregate(name: str, scores: Mapping[Slot, float | None], *, robust: bool = False) -> Aggregate:
    """Return the mean over the members of an aggregate; never over some of them.

    Args:
        name: ``paper-11`` or ``leaderboard-11``.
        scores: Score of each slot, 0–1; None where there is none.
        robust: Let the robust forms of Left/Right and Spatial Details stand for the published ones.

    Raises:
        UserError: There is no aggregate of that name.
    """
    if name not in MEMBERS:
        raise UserError(f"there is no aggregate '{name}'", hint=did_you_mean(name, MEMBERS), code="unknown-aggregate")
    members = [(code, "robust" if robust and form == "published" else form, s) for code, form, s in MEMBERS[name]]
    level = sum(map(chance, members)) / len(members)
    missing = tuple(slot for slot in members if scores.get(slot) is None)
    if missing:
        return Aggregate(name, None, level, missing)
    found = [value for slot in members if (value := scores[slot]) is not None]
    return Aggregate(name, sum(found) / len(found), level)


def group_score(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Tell whether two words are both matched to their pictures, and both pictures to their words.

    As in Winoground: with two words and two pictures there are four scores, and each right pair has to beat both wrong
    ones. Four independent scores in random order do so in 1 of 6 cases.

    Args:
        first: Scores of the first and second picture when the first is named.
        second: Scores of the same pictures, in the same order, when the second is named.
    """
    return first[0] > max(first[1], second[0]) and second[1] > max(first[1], second[0])
