"""Two ways of asking that any model can be put into: all circular orders of the options, and a blank-image prior.

Each wraps a respondent and is one itself. `Circular` asks a question once for every rotation of its pictures, so that
a liking for a letter or a place cancels out. `BlankPrior` takes off what the model would say of blank pictures, so
that a liking for a word cancels out (contextual calibration; Zhao et al. 2021). Both need the model's scores.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from devkit.ids import digest_bytes
from devkit.items import LETTERS
from devkit.respondents import Answer, BatchRespondent, Exchange, PresentedTurn, RespondentInfo, SessionContext
from model.images import GROUND


class _Mode:
    """A respondent around another one.

    Args:
        inner: Who answers.
        name: Of the mode, as codes of respondents have it.
    """

    def __init__(self, inner: BatchRespondent, name: str) -> None:
        self.inner, self.name = inner, name

    def describe(self) -> RespondentInfo:
        """Return the inner respondent's description with the mode in its decoding and code."""
        info = self.inner.describe()
        return replace(info, code=f"{info.code}-{self.name}", decoding=f"{info.decoding or 'greedy'}, {self.name}")

    def open(self, session: SessionContext) -> None:
        """Open the inner respondent."""
        self.inner.open(session)

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        """Answer one turn, given the earlier turns of the trial."""
        return self._decide([turn], [self.inner.answer(asked, history) for asked in self._asked(turn)])[0]

    def answer_batch(self, turns: Sequence[PresentedTurn]) -> list[Answer]:
        """Answer turns without history, all their variants at once."""
        return self._decide(turns, self.inner.answer_batch([asked for turn in turns for asked in self._asked(turn)]))

    def close(self) -> None:
        """Close the inner respondent."""
        self.inner.close()

    def _decide(self, turns: Sequence[PresentedTurn], answers: Sequence[Answer]) -> list[Answer]:
        left, found = iter(answers), []
        for turn in turns:
            found.append(self._join(turn, [next(left) for _ in self._asked(turn)]))
        return found

    def _asked(self, turn: PresentedTurn) -> list[PresentedTurn]:
        """Return the variants in which a turn is asked; the first is the turn itself."""
        raise NotImplementedError

    def _join(self, turn: PresentedTurn, answers: Sequence[Answer]) -> Answer:
        """Return one answer from those to the variants."""
        raise NotImplementedError


class Circular(_Mode):
    """Asks each question in all rotations of its pictures, and takes the mean of the choices' log-probabilities.

    Only questions whose choices are all pictures can be rotated: elsewhere the order stands in the words.
    """

    def __init__(self, inner: BatchRespondent) -> None:
        super().__init__(inner, "circular")

    def _asked(self, turn: PresentedTurn) -> list[PresentedTurn]:
        if len(turn.choices) < 2 or any(choice.media is None for choice in turn.choices):
            return [turn]
        return [rotated(turn, by) for by in range(len(turn.choices))]

    def _join(self, turn: PresentedTurn, answers: Sequence[Answer]) -> Answer:
        count = len(turn.choices)
        if len(answers) == 1 or any(answer.choice_scores is None for answer in answers):
            return answers[0]
        scores = [0.0] * count
        for by, answer in enumerate(answers):
            shares = _log_shares(answer.choice_scores or ())
            for place, share in enumerate(shares):
                scores[(place + by) % count] += share / count
        best = max(range(count), key=lambda place: scores[place])
        return replace(answers[0], position=best, source="likelihood", outcome="answered", choice_scores=tuple(scores))


class BlankPrior(_Mode):
    """Takes off each choice's log-probability for blank pictures of the same number and size."""

    def __init__(self, inner: BatchRespondent) -> None:
        super().__init__(inner, "blank-prior")
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._blanks: dict[tuple[int, int], str] = {}
        self._paths: dict[str, Path] = {}

    def open(self, session: SessionContext) -> None:
        """Open the inner respondent with a finder that also finds blank pictures."""
        self._folder = tempfile.TemporaryDirectory(prefix="devkit-blank-")
        find = session.media_path
        self._find = find
        self.inner.open(replace(session, media_path=lambda digest: self._paths.get(digest) or find(digest)))

    def close(self) -> None:
        """Close the inner respondent and drop the blank pictures."""
        self.inner.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _asked(self, turn: PresentedTurn) -> list[PresentedTurn]:
        if not turn.images:
            return [turn]
        blank = {digest: self._blank(digest) for digest in dict.fromkeys(turn.images)}
        choices = tuple(
            choice if choice.media is None else replace(choice, media=blank[choice.media]) for choice in turn.choices
        )
        empty = replace(
            turn,
            images=tuple(blank[digest] for digest in turn.images),
            stimuli=tuple(blank[digest] for digest in turn.stimuli),
            choices=choices,
        )
        return [turn, empty]

    def _join(self, turn: PresentedTurn, answers: Sequence[Answer]) -> Answer:
        seen = answers[0]
        prior = answers[-1].choice_scores
        if len(answers) == 1 or seen.choice_scores is None or prior is None:
            return seen
        scores = tuple(own - before for own, before in zip(seen.choice_scores, prior, strict=True))
        best = max(range(len(scores)), key=lambda place: scores[place])
        return replace(seen, position=best, source="likelihood", outcome="answered", choice_scores=scores)

    def _blank(self, digest: str) -> str:
        """Return the digest of a blank picture as large as another one."""
        if self._folder is None:
            raise RuntimeError("the respondent is not open")
        with Image.open(self._find(digest)) as image:
            size = image.size
        if size not in self._blanks:
            path = Path(self._folder.name) / f"{size[0]}x{size[1]}.png"
            Image.new("RGB", size, GROUND).save(path)
            name = digest_bytes(path.read_bytes())
            self._blanks[size], self._paths[name] = name, path
        return self._blanks[size]


def rotated(turn: PresentedTurn, by: int) -> PresentedTurn:
    """Return a turn whose choices have moved: position k shows what position k + ``by`` showed."""
    count = len(turn.choices)
    moved = [turn.choices[(place + by) % count] for place in range(count)]
    choices = tuple(
        replace(choice, letter=LETTERS[place] if choice.letter is not None else None)
        for place, choice in enumerate(moved)
    )
    shown = turn.stimuli + tuple(choice.media for choice in choices if choice.media is not None)
    return replace(turn, choices=choices, images=shown, target_position=(turn.target_position - by) % count)


def _log_shares(scores: Sequence[float]) -> list[float]:
    """Normalise log-probabilities over the choices."""
    highest = max(scores)
    total = highest + math.log(sum(math.exp(score - highest) for score in scores))
    return [score - total for score in scores]
