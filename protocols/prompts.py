"""The sound of every prompt of a session: the item's own recording, else what was made or recorded beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devkit.respondents import PresentedTurn, SessionContext
from protocols.presenter.voice import Saying, Voice


class Prompts:
    """Finds prompts.

    Args:
        voice: Makes what nobody recorded, before the session.
        on: Whether there is sound at all.
    """

    def __init__(self, voice: Voice, *, on: bool) -> None:
        self._voice, self._on = voice, on

    def prepare(self, session: SessionContext) -> None:
        """Make every prompt of a session that has no recording."""
        if self._on:
            self._voice.prepare(sayings(session.turns), session.language)

    def with_word(self, turn: PresentedTurn, session: SessionContext) -> PresentedTurn:
        """Return the turn with the onset of its word, where that is known of the prompt that was made."""
        if turn.word_at is None or turn.word_onset_ms is not None or not self._on:
            return turn
        onset_ms = self._voice.word_onset_ms(Saying(turn.spoken, turn.word_at), session.language)
        return replace(turn, word_onset_ms=onset_ms)

    def audio(self, turn: PresentedTurn, session: SessionContext) -> str:
        """Return the path of a turn's prompt; empty when it has no sound."""
        if turn.timing.prompt != "audio" or not self._on:
            return ""
        if turn.spoken_media:
            return str(session.media_path(turn.spoken_media))
        return self._made(Saying(turn.spoken, turn.word_at), session) if turn.spoken else ""

    def again(self, turn: PresentedTurn, session: SessionContext) -> str:
        """Return the path of what is said when the prompt comes again by itself; empty for the same."""
        if turn.timing.again_ms is None or not self._on:
            return ""
        if turn.spoken_again_media or turn.spoken_media:
            return str(session.media_path(turn.spoken_again_media)) if turn.spoken_again_media else ""
        return self._made(Saying(turn.spoken_again), session) if turn.spoken_again else ""

    def _made(self, saying: Saying, session: SessionContext) -> str:
        path = self._voice.find(saying, session.language)
        return "" if path is None else str(path)


def sayings(turns: Sequence[PresentedTurn]) -> list[Saying]:
    """Return everything that is said in turns without a recording of their own."""
    said = [Saying(turn.spoken, turn.word_at) for turn in turns if turn.spoken and not turn.spoken_media]
    again = [turn for turn in turns if turn.timing.again_ms is not None and turn.spoken_again and not turn.spoken_media]
    return [*said, *(Saying(turn.spoken_again) for turn in again)]
