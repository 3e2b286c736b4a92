"""Import of the visual-precision study (vislearnlab, MIT) as a Looking While Listening bank.

What infants saw and heard: photos, spoken prompts (FLAC in Ogg) and the list of trials. An item is a trial type of the
list, called by its ``Trials.trialID``, so that the infants' own looking has the same item ids. Every item keeps all
the carrier phrases that were recorded for its word ("find the …", "look at the …"); the first is the one that is
played. Photos and sounds are stored byte for byte; each is opened once to make sure that it can be shown and heard.

The looking data of the study are the business of `devkit.lab`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import av

from devkit.banks.store import Bank, BankWriter
from devkit.banks.validate import Limits, read_picture
from devkit.banks.visual_precision_tables import NEAR_S, Heard, TrialType, read_articles, read_phrase, read_trials
from devkit.errors import Problem, Problems, UserError, did_you_mean
from devkit.files import printable
from devkit.items import Choice, Item, Provenance, SpokenPrompt, Turn
from devkit.tasks import task

TRIALS = Path("data/main/data_to_analyze/level-trials_source-lookit_data.csv")
PHRASES = Path("data/metadata/level-syllables_added-audio_data.csv")
WORDS = Path("data/metadata/level-wordtype_added-audio_data.csv")
PICTURES, SOUNDS = Path("stimuli/lookit/exp1/img"), Path("stimuli/lookit/exp1/ogg")
CARRIERS = ("find", "look_at", "see", "where")
_LENGTH_S = 0.05


def looks_like_study(source: Path) -> bool:
    """Tell whether a folder is the study's."""
    return (source / TRIALS).is_file() and (source / PICTURES).is_dir()


def import_study(
    source: Path,
    out: Path,
    *,
    name: str = "",
    carrier: str = "balanced",
    keep_good: bool = False,
    replace: bool = False,
    limits: Limits | None = None,
) -> Bank:
    """Make a Looking While Listening bank of the study's photos, prompts and trial list.

    Args:
        source: The study's folder.
        out: Folder of the bank.
        name: Name of the bank.
        carrier: Carrier phrase that is played: one of `CARRIERS`, or ``balanced`` over the items.
        keep_good: Make a bank of the sound items although others have problems.
        replace: Replace the bank that is there.
        limits: What a photo may be.

    Raises:
        Problems: Files are missing, broken, or contradict each other (without ``keep_good``).
        UserError: This is not the study, or there is no such carrier phrase.
    """
    if carrier not in ("balanced", *CARRIERS):
        hint = did_you_mean(carrier, CARRIERS) or f"balanced, {', '.join(CARRIERS)}"
        raise UserError(f"there is no carrier phrase '{carrier}'", hint=hint)
    if not looks_like_study(source):
        raise UserError("this is not the visual-precision study", place=str(source), hint=f"it has {TRIALS}")
    made_with = {"kind": "visual-precision", "carrier": carrier}
    with BankWriter(out, name=name, source="visual-precision", replace=replace, made_with=made_with) as writer:
        study = _Study(source, writer, limits or Limits())
        items = study.items(carrier)
        problems = [printable(problem) for problem in study.problems]
        if problems and (not keep_good or not items):
            raise Problems(problems, subject=str(source))
        for item in items:
            writer.add_item(item)
        for problem in problems:
            writer.add_problem(problem)
    return Bank.open(out)


class _Study:
    """Reads the study's tables and files, collecting everything that is wrong."""

    def __init__(self, source: Path, writer: BankWriter, limits: Limits) -> None:
        self.source = source
        self.writer = writer
        self.limits = limits
        self.problems: list[Problem] = []
        self.phrase = read_phrase(source / PHRASES)
        self.articles = read_articles(source / WORDS)
        self._pictures: dict[str, str | None] = {}

    def items(self, carrier: str) -> list[Item]:
        """Return the items whose files are all sound."""
        found = []
        types, problems = read_trials(self.source / TRIALS)
        self.problems += problems
        for number, kind in enumerate(types):
            media = [self._picture(name, kind) for name in (kind.target, kind.distractor)]
            spoken = [prompt for one in _in_order(kind, carrier, number) if (prompt := self._prompt(kind, one))]
            if media[0] and media[1] and len(spoken) == len(kind.heard):
                found.append(_item(kind, media[0], media[1], spoken))
        return found

    def _picture(self, name: str, kind: TrialType) -> str | None:
        if name not in self._pictures:
            path = self.source / PICTURES / f"{name}.jpg"
            answer = read_picture(path, self.limits)
            if len(answer) == 3:
                code = answer[0] if path.exists() else "missing-image"
                place = f"{TRIALS.name}: '{kind.trial_id}'"
                self.problems.append(Problem(code, answer[1], place, answer[2]))
            self._pictures[name] = None if len(answer) == 3 else self.writer.add_bytes(*answer)
        return self._pictures[name]

    def _prompt(self, kind: TrialType, heard: Heard) -> SpokenPrompt | None:
        """Store a prompt and work out when its noun begins, from the start of the sound file."""
        path = self.source / SOUNDS / f"{heard.carrier}_{kind.target}.ogg"
        place = f"{TRIALS.name}:{heard.line}"
        try:
            data = path.read_bytes()
            length = sound_length(data)
        except (av.FFmpegError, OSError, EOFError, ValueError) as error:
            reason = getattr(error, "strerror", "") or str(error)
            self._refuse("broken-sound", f"'{path.name}' cannot be heard: {reason}", place)
            return None
        spoken_from = self._spoken_from(length)
        if spoken_from is None:
            self._refuse("sound-length", f"'{path.name}' is {length:.3f} s, not {self.phrase.total} s", place)
            return None
        if not self._agrees(kind, heard, place):
            return None
        onset = spoken_from + heard.word_onset - heard.carrier_onset
        text = f"{heard.carrier.replace('_', ' ')} … the {kind.target}"
        return SpokenPrompt(media=self.writer.add_bytes(data, ".ogg"), word_onset_ms=round(onset * 1000, 3), text=text)

    def _spoken_from(self, length: float) -> float | None:
        """Return where the carrier phrase begins in a file: after the silence, or at once when that was cut off."""
        if abs(length - self.phrase.total) <= _LENGTH_S:
            return self.phrase.silence_before
        spoken = self.phrase.total - self.phrase.silence_before
        return 0.0 if length <= spoken + _LENGTH_S else None

    def _agrees(self, kind: TrialType, heard: Heard, place: str) -> bool:
        """Check the list's word onset against the study's own tables: carrier phrase + article."""
        onset = heard.word_onset - heard.carrier_onset
        expected = self.phrase.carrier + heard.article
        if abs(onset - expected) > NEAR_S:
            message = f"the noun begins {onset:.3f} s after the carrier, but phrase and article take {expected:.3f} s"
            return self._refuse("onset-mismatch", message, place)
        known = self.articles.get(kind.target, ())
        if known and all(abs(heard.article - length) > NEAR_S for length in known):
            message = f"the article of '{kind.target}' takes {heard.article} s, which {WORDS.name} does not have"
            return self._refuse("onset-mismatch", message, place)
        return True

    def _refuse(self, code: str, message: str, place: str) -> bool:
        self.problems.append(Problem(code, message, place))
        return False


def sound_length(data: bytes) -> float:
    """Decode a sound to its end and return its length in seconds.

    Raises:
        ValueError: It has no sound in it.
    """
    with av.open(io.BytesIO(data)) as container:
        if not container.streams.audio:
            raise ValueError("there is no sound in it")
        samples = sum(frame.samples for frame in container.decode(audio=0))
        rate = container.streams.audio[0].rate
    if not samples or not rate:
        raise ValueError("it is empty")
    return float(samples / rate)


def _item(kind: TrialType, target: str, distractor: str, spoken: Sequence[SpokenPrompt]) -> Item:
    lwl = task("looking_while_listening")
    hard = kind.kind.startswith("hard")
    named = Choice(label=kind.target, media=target, role="target")
    other = Choice(label=kind.distractor, media=distractor, role="similar" if hard else "unrelated")
    first = not kind.kind.endswith("distractor")  # the study's ids name the pair in one order for both of its words
    return Item(
        item_id=kind.trial_id,
        task=lwl.code,
        form="standard",
        turns=(
            Turn(
                prompt=lwl.prompts["standard"].format(word=kind.target),
                choices=(named, other) if first else (other, named),
                target=0 if first else 1,
            ),
        ),
        word=kind.target,
        difficulty={"distractor": kind.distractor, "animacy": "matched"},
        spoken=tuple(spoken),
        notes=f"trial type {kind.kind}",
        provenance=Provenance(source="visual-precision", split="test"),
    )


def _in_order(kind: TrialType, carrier: str, number: int) -> list[Heard]:
    """Return the carrier phrases of a trial type, the one to be played first."""
    names = sorted(kind.heard)
    turn = (number + number // len(CARRIERS)) % len(names)
    first = carrier if carrier in kind.heard else names[turn]
    return [kind.heard[first], *(kind.heard[name] for name in names if name != first)]
