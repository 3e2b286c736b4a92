"""The small test that a growing model takes at each checkpoint, so that its developmental curve comes with training.

A few items of every task form, made once from the validation recordings and kept in the run's folder; the same ones
at every checkpoint. It is for watching: the figures of a report come from a protocol and a bank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from devkit.errors import UserError
from devkit.files import write_whole
from devkit.items import Item
from devkit.pool import Pool
from devkit.respondents import Answer, Exchange, PresentedTurn, SessionContext
from devkit.tasks import TASKS
from devkit.tasks.generation import MemorySink, generate_items
from devkit.tasks.present import Setting, present
from devkit.tasks.replies import resolve
from model.babyvlm.respondent import BabyVLMRespondent
from model.config import ProbeConfig
from model.dialogue import answered
from model.manifests import read_manifest


class Probe:
    """The test of one run.

    Args:
        pool: Validation recordings.
        config: How many items.
        folder: Where the pictures are kept.
        seed: Of the items.
    """

    def __init__(self, pool: Pool, config: ProbeConfig, folder: Path, seed: int) -> None:
        self.pool, self.config, self.folder, self.seed = pool, config, folder, seed
        self._trials: dict[str, list[list[PresentedTurn]]] | None = None

    def __call__(self, checkpoint: Path) -> Iterator[Mapping[str, Any]]:
        """Test a checkpoint; yields a row for each task form."""
        if self._trials is None:
            self._trials = self._make()
        turns = [turn for trials in self._trials.values() for trial in trials for turn in trial]
        respondent = BabyVLMRespondent(checkpoint)
        respondent.open(SessionContext("probe", self._file, self.seed, "en", turns))
        manifest = read_manifest(checkpoint)
        seen = {"hours": manifest.hours_seen, "tokens": manifest.tokens_seen, "stage": manifest.stage}
        try:
            for form, trials in self._trials.items():
                yield {**seen, **self._row(form, [_take(respondent, trial) for trial in trials])}
        finally:
            respondent.close()

    def _row(self, form: str, taken: Sequence[Sequence[Exchange]]) -> dict[str, Any]:
        code, _, kind = form.partition("/")
        task = TASKS[code]
        words = [_in_words(exchanges) for exchanges in taken]
        return {
            "form": form,
            "items": len(taken),
            "right": sum(task.score(exchanges).score or 0.0 for exchanges in taken),
            "right_in_words": sum(task.score(exchanges).score or 0.0 for exchanges in words),
            "chance": round(task.named_form(kind).chance, 4),
            "samples": [_sample(exchanges[-1]) for exchanges in taken[: self.config.samples]],
        }

    def _make(self) -> dict[str, list[list[PresentedTurn]]]:
        """Make the items; a form that the recordings cannot give is left out."""
        trials: dict[str, list[list[PresentedTurn]]] = {}
        sink = MemorySink()
        forms = [(task, form) for task in TASKS.values() if not task.people_only for form in task.forms]
        for task, form in forms:
            name, count = f"{task.code}/{form}", self.config.items
            try:
                items = list(generate_items(task, form, self.pool, sink, count=count, seed=self.seed, prefix=task.code))
            except UserError:
                continue
            trials[name] = [_presented(item, f"{name}/{item.item_id}") for item in items]
        self._keep(sink.images)
        return trials

    def _keep(self, images: Mapping[str, Image.Image]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for digest, image in images.items():
            if not self._file(digest).is_file():
                write_whole(self._file(digest), _png(image))

    def _file(self, digest: str) -> Path:
        return self.folder / f"{digest}.png"


def _presented(item: Item, trial: str) -> list[PresentedTurn]:
    orders = [tuple(range(len(turn.choices))) for turn in item.turns]
    return [present(item, place, order, Setting(trial_id=trial)) for place, order in enumerate(orders)]


def _take(respondent: BabyVLMRespondent, trial: Sequence[PresentedTurn]) -> list[Exchange]:
    exchanges: list[Exchange] = []
    for turn in trial:
        exchanges.append(Exchange(turn, respondent.answer(turn, exchanges)))
    return exchanges


def _in_words(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return a trial as the replies in words decide it."""
    read = []
    for exchange in exchanges:
        found = resolve(exchange.answer.raw or "", exchange.turn)
        answer = Answer(raw=exchange.answer.raw, source="text", outcome=found.outcome, position=found.position)
        read.append(Exchange(exchange.turn, answer))
    return read


def _sample(exchange: Exchange) -> str:
    turn = exchange.turn
    right = turn.choices[turn.target_position]
    return f"{turn.prompt} → {exchange.answer.raw or answered(exchange)} (right: {right.letter or right.label})"


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
