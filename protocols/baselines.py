"""The three baselines that stand beside every score: chance, position only, text only.

None of them sees a picture. *Chance* picks any position. *Position only* always picks the position at which the right
choice stood most often in the training turns of that task form. *Text only* is a classifier over the words of the
prompt, exactly as a model reads them: where choices are pictures it cannot know what they show, and learns positions;
where they are words it learns which word is right for which prompt.

What they learn from is `protocols.training`; without training turns they have nothing to prefer and take the first
position. All are models in their manners: every item once, no practice, no stop rules.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from devkit.ids import digest_json
from devkit.respondents import Answer, Exchange, PresentedTurn, RespondentInfo, SessionContext
from protocols.draw import stream
from protocols.textmodel import PromptClassifier

type Name = Literal["chance", "text_only", "position_only"]
type FormKey = tuple[str, str, int]


class _Baseline:
    """What the three share: they open nothing and answer one turn or many alike."""

    name: Name

    def __init__(self, seed: int = 0, language: str = "en") -> None:
        self.seed = seed
        self.language = language

    def describe(self) -> RespondentInfo:
        """Return which baseline this is and what it learned from."""
        learned = self.learned()
        return RespondentInfo(
            code=self.name,
            kind="simulation",
            language=self.language,
            baseline=self.name,
            model_id=self.name,
            model_digest=digest_json({"name": self.name, "seed": self.seed, "learned": learned}),
            decoding=self.name,
            detail={"seed": self.seed, "training_turns": learned},
        )

    def learned(self) -> dict[str, int]:
        """Return the number of training turns of each task form."""
        return {}

    def open(self, session: SessionContext) -> None:
        """Nothing is needed."""

    def close(self) -> None:
        """Nothing is held."""

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Answer a turn; the history makes no difference."""
        raise NotImplementedError

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        """Answer many turns."""
        return [self.answer(turn, ()) for turn in turns]


class Chance(_Baseline):
    """Any offered position with equal probability; what it picks depends on seed, item and turn alone."""

    name: Name = "chance"

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Pick a position."""
        rng = stream("chance", self.seed, turn.item_id, turn.turn_index, turn.attempt)
        return Answer(position=rng.randrange(len(turn.choices)))


class PositionOnly(_Baseline):
    """Always the position at which the right choice stood most often in training.

    Args:
        training: Turns to learn the prior of positions from, see `protocols.training.training_turns`.
        seed: Kept for the record; nothing is drawn.
        language: Language of the session.
    """

    name: Name = "position_only"

    def __init__(self, training: Iterable[PresentedTurn] = (), seed: int = 0, language: str = "en") -> None:
        super().__init__(seed, language)
        self.prior: dict[FormKey, Counter[int]] = defaultdict(Counter)
        for turn in training:
            self.prior[_key(turn)][turn.target_position] += 1

    def learned(self) -> dict[str, int]:
        """Return the number of training turns of each task form."""
        return _sums((key, counts.total()) for key, counts in self.prior.items())

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Pick the favourite position; the first of equals."""
        counts = self.prior.get(_key(turn), Counter())
        size = len(turn.choices)
        scores = tuple(math.log((counts[place] + 1) / (counts.total() + size)) for place in range(size))
        return Answer(position=scores.index(max(scores)), choice_scores=scores)


class TextOnly(_Baseline):
    """A classifier that reads the prompt and sees no picture.

    Args:
        training: Turns to learn from, see `protocols.training.training_turns`.
        seed: Kept for the record; learning has no chance in it.
        language: Language of the session.
    """

    name: Name = "text_only"

    def __init__(self, training: Iterable[PresentedTurn] = (), seed: int = 0, language: str = "en") -> None:
        super().__init__(seed, language)
        groups: dict[FormKey, list[PresentedTurn]] = defaultdict(list)
        for turn in training:
            groups[_key(turn)].append(turn)
        self._turns = {key: len(turns) for key, turns in groups.items()}
        self._models = {
            key: PromptClassifier.fit([turn.prompt for turn in turns], [_class_of(turn) for turn in turns])
            for key, turns in groups.items()
        }

    def learned(self) -> dict[str, int]:
        """Return the number of training turns of each task form."""
        return _sums(self._turns.items())

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Pick the choice that the words of the prompt make likeliest; the first of equals."""
        model = self._models.get(_key(turn))
        names = [_class_of(turn, place) for place in range(len(turn.choices))]
        scores = model.log_probabilities(turn.prompt, names) if model else [-math.log(len(names))] * len(names)
        return Answer(position=scores.index(max(scores)), source="likelihood", choice_scores=tuple(scores))


def _key(turn: PresentedTurn) -> FormKey:
    return turn.task, turn.form, len(turn.choices)


def _class_of(turn: PresentedTurn, place: int | None = None) -> str:
    """Return what is learned: the word where choices are words, the position where they are pictures."""
    position = turn.target_position if place is None else place
    choice = turn.choices[position]
    return choice.label if choice.media is None else f"position {position}"


def _sums(counts: Iterable[tuple[FormKey, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for (task, form, _), count in counts:
        sums[f"{task}/{form}"] += count
    return dict(sorted(sums.items()))
