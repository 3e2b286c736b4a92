"""Words of prompts: which one a prompt asks about, which turns offer pictures for a word, and the tasks' wordings."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from devkit.respondents import PresentedTurn
from devkit.tasks import TASKS

WORD_TASKS = ("looking_while_listening", "picture_vocabulary")

_QUOTED = re.compile(r"['‘“\"]([^'’”\"]+)['’”\"]")
_OFFER = re.compile(r"\(?\b[A-Z]\)|<image>|\bthe (first|second|third|fourth) image\b")
_CARRIER = re.compile(
    r"^(?:(?:can|do|did|will|could) you (?:see|find|show me|point (?:at|to))|where(?:'s| is| are)|look(?: at)?|see|find"
    r"|show me|point (?:at|to)|touch(?: the (?:image|picture) of)?|which (?:one )?is|that'?s|there'?s|here'?s)\s+"
    r"(?:(?:the|a|an)\s+)?",
    re.IGNORECASE,
)


def offers_pictures(turn: PresentedTurn) -> bool:
    """Tell whether a turn is a word with pictures to choose from."""
    pictures = all(choice.media is not None for choice in turn.choices)
    return turn.task in WORD_TASKS and pictures and not turn.stimuli and len(turn.choices) > 1


def asked_word(turn: PresentedTurn) -> str:
    """Return the word that a prompt asks about.

    It stands in quotes, or after a carrier phrase (*where is the …*); else the sentence itself is taken.
    """
    if quoted := _QUOTED.search(turn.prompt):
        return quoted.group(1).strip()
    sentence = re.split(r"[?!.]", _OFFER.sub(" ", turn.prompt).strip())[0].strip()
    return _CARRIER.sub("", sentence).strip() or sentence


def task_wordings(nouns: Sequence[str], *, each: int = 40) -> list[str]:
    """Return the wordings of the tasks that are trained on, filled with nouns of the corpus.

    Args:
        nouns: Of the annotations.
        each: How often each wording occurs.
    """
    rng = random.Random(0)
    texts = []
    for task in TASKS.values():
        for wording in () if task.held_out else task.prompts.values():
            for _ in range(each if nouns else 0):
                noun = rng.choice(nouns)
                text = wording.replace("{word}", noun).replace("{words}", f"{noun}s").replace("<image>", " ")
                texts.append(f" USER: {text} ASSISTANT: A")
    return texts
