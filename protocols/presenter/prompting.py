"""The prompt of a turn: begun with its pictures, played to its end, repeated on request, said again by itself.

What a flow does before and after it is in `protocols.presenter.flow`, which stands on this.
"""

from __future__ import annotations

from devkit.respondents import PresentedTurn
from protocols.messages import ShowTurn
from protocols.presenter.inputs import Key, Press
from protocols.presenter.screen import Drawable
from protocols.presenter.stagehand import Stagehand
from protocols.presenter.stream import Playing, Samples
from protocols.presenter.turnlog import TurnLog

LATE_SOUND_S = 0.005


class Prompting:
    """What is heard in one turn, and the log of it.

    Args:
        stage: Everything at hand.
        message: The turn and its files.
    """

    def __init__(self, stage: Stagehand, message: ShowTurn) -> None:
        self._at, self._message = stage, message
        self._turn: PresentedTurn = message.turn
        self._log = TurnLog()
        self._playing: Playing | None = None
        self._samples: Samples | None = None

    @property
    def _audible(self) -> bool:
        return bool(self._message.prompt_audio) and self._at.sound.works and self._turn.timing.prompt == "audio"

    def _onset(self, name: str, scene: list[Drawable], *, with_prompt: bool = False) -> float:
        """Show what is asked about; the prompt begins at that flip, or as long after it as the protocol says."""
        if with_prompt and self._samples is not None:
            lead_ms = self._turn.timing.word_lead_ms
            self._log.onset_ms, self._playing = self._at.show_with(self._samples, scene, lead_ms, self._early)
        else:
            self._log.onset_ms = self._at.show(scene)
        self._at.stage(name, at_s=self._at.screen.flip_s)
        return self._log.onset_ms

    def _writing(self) -> list[Drawable]:
        """The prompt in writing, for adults where the lab says so."""
        wish = self._at.screen.settings.written_prompt
        if not self._turn.spoken or wish == "never" or (wish == "silent" and self._audible):
            return []
        return [self._at.shapes.writing(self._turn.spoken, self._at.screen.size)]

    def _prompt(self, scene: list[Drawable]) -> None:
        """Play the prompt to its end while the scene stays; presses meanwhile are early.

        In a looking trial only up to the word: from there on it is looked, and the prompt goes on by itself.
        """
        at, log = self._at, self._log
        if self._turn.timing.prompt != "audio":
            return
        if self._samples is None:
            log.flags.append("no_sound")
            return
        playing, self._playing = self._playing or at.sound.play(self._samples), None
        at.stage("prompt")
        word_ms = self._turn.word_onset_ms if self._turn.answer_by == "gaze" else None
        at.speak(playing, scene, self._early, for_s=None if word_ms is None else at.clock.real_s(word_ms))
        if playing is None or playing.onset_s is None:
            log.flags.append("sound_lost")
            return
        log.prompt_onset_ms = at.clock.at(playing.onset_s)
        log.prompt_end_ms = at.clock.at(playing.onset_s + playing.seconds)
        if self._turn.word_onset_ms is not None:
            log.word_onset_ms = log.prompt_onset_ms + self._turn.word_onset_ms
        if not at.sound.report.heard:
            log.flags.append("sound_muted")
        if playing.late_s > LATE_SOUND_S:
            log.flags.append("sound_late")
        told = at.sound.told(playing)
        at.note("audio", log.prompt_onset_ms, end_ms=log.prompt_end_ms, device=at.sound.report.device, **told)

    def _early(self, event: Press | Key) -> bool:
        if isinstance(event, Press):
            self._log.early_touches += 1
            self._at.note("early_press", self._at.clock.at(event.at_s), x=event.x, y=event.y)
        return False

    def _repeat(self) -> None:
        """Repeat the prompt on the examiner's wish, as often as the protocol allows; every further wish is noted."""
        at = self._at
        while at.repeats_asked:
            at.repeats_asked -= 1
            if self._log.repeats >= self._turn.timing.repeats:
                at.note("repeat_refused", at.clock.now(), allowed=self._turn.timing.repeats)
                continue
            self._log.repeats += 1
            at.note("prompt_repeated", at.clock.now())
            if self._samples is not None:
                at.sound.play(self._samples)

    def _say_again(self) -> None:
        """Say the prompt once more by itself: the second naming, or the reminder of a tutorial."""
        at, audio = self._at, self._message.again_audio or self._message.prompt_audio
        if self._samples is None or not audio:
            return
        at.note("prompt_again", at.clock.now(), text=self._turn.spoken_again)
        at.sound.play(at.sound.get(audio))
