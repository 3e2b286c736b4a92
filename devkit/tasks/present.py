"""From an item and an order to the turn that is put to a respondent, for sessions and for training alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from devkit.items import LETTERS, Item
from devkit.respondents import PresentedTurn, ShownChoice, Timing, TrialKind


@dataclass(frozen=True, slots=True)
class Setting:
    """How a turn is put, apart from the item itself; comes from the protocol."""

    trial_id: str = ""
    kind: TrialKind = "test"
    layout: str = "pair"
    spoken: str = ""
    timing: Timing = field(default_factory=Timing)
    feedback: bool = False
    chance: float = 0.5
    answer_by: Literal["touch", "key", "examiner", "gaze"] = "touch"


def present(item: Item, turn_index: int, order: tuple[int, ...], setting: Setting) -> PresentedTurn:
    """Put one turn of an item, its choices in ``order``.

    Args:
        item: The item.
        turn_index: Which of its turns.
        order: Bank index of the choice at each shown position; a permutation of all choices.
        setting: Everything that comes from the protocol.

    Raises:
        ValueError: ``order`` is not a permutation, or it moves choices that must stay.
    """
    turn = item.turns[turn_index]
    natural = tuple(range(len(turn.choices)))
    if tuple(sorted(order)) != natural:
        raise ValueError(f"order {order} is not a permutation of {len(natural)} choices")
    if not turn.shuffle and order != natural:
        raise ValueError(f"the choices of {item.item_id} keep their places")
    letters = turn.answer_format == "letter"
    choices = tuple(
        ShownChoice(c.label, c.media, c.role, LETTERS[place] if letters else None)
        for place, c in enumerate(turn.choices[i] for i in order)
    )
    recorded = item.spoken[turn_index] if turn_index < len(item.spoken) else None
    return PresentedTurn(
        trial_id=setting.trial_id,
        turn_index=turn_index,
        turn_count=len(item.turns),
        task=item.task,
        form=item.form,
        item_id=item.item_id,
        kind=setting.kind,
        prompt=turn.prompt,
        images=turn.images(order),
        stimuli=turn.stimuli,
        choices=choices,
        target_position=order.index(turn.target),
        answer_format=turn.answer_format,
        layout=setting.layout,
        spoken=setting.spoken,
        spoken_media=recorded.media if recorded else None,
        word_onset_ms=recorded.word_onset_ms if recorded else None,
        timing=setting.timing,
        feedback=setting.feedback,
        difficulty=item.difficulty,
        chance=setting.chance,
        answer_by=setting.answer_by,
        phase=turn.phase,
    )
