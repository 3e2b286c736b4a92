"""A look at a protocol as a child would see it: the trials of a plan, each as the steps of its screen.

Nothing is run and nobody answers. Where things lie is worked out by the presenter's own geometry, what comes after what
follows `docs/presenter.md`; times that depend on the person (answers, the examiner's Return) stay open.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from devkit.errors import UserError
from devkit.respondents import PresentedTurn, TrialKind
from protocols.controls import Shown, Stage, Thing
from protocols.plan import ItemSource, Plan, PlanTrial
from protocols.presenter import look
from protocols.presenter.geometry import Arrangement, Rect, Sheet, arrange, equally_large, quarters, query_pictures
from protocols.presenter.telling import WHOLE, share
from protocols.presenting import item_of, present_trial

SHEET = Sheet(1600, 1000, 46.4)  # a screen of 34.5 cm, 16:10
SQUARE = (1, 1)
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PreviewStep:
    """What the child sees for a while.

    Attributes:
        stage: The screen, as the presenter would tell the examiner.
        lasts_ms: How long it stays; None until somebody answers or goes on.
    """

    stage: Stage
    lasts_ms: float | None


@dataclass(frozen=True, slots=True)
class PreviewTrial:
    """A trial of the plan.

    Attributes:
        index: Place in the plan, from 0.
        title: Title of its block.
        task: Task code.
        form: Task form.
        kind: Demonstration, practice or test.
        item_id: Its item.
        target: Label of the right choice, of the first turn.
        steps: What the child sees, in order.
    """

    index: int
    title: str
    task: str
    form: str
    kind: TrialKind
    item_id: str
    target: str
    steps: tuple[PreviewStep, ...]


def preview(plan: Plan, bank: ItemSource, trial: PlanTrial, sheet: Sheet = SHEET) -> PreviewTrial:
    """Return what a child would see of a trial; pictures that the bank lacks are taken for squares.

    Raises:
        UserError: The bank lacks the item, or the item does not fit its layout.
    """
    block = plan.blocks[trial.block]
    item = item_of(bank, block.task, trial.item_id)
    if item is None:
        raise UserError(f"the bank '{bank.name}' lacks the item '{trial.item_id}'", code="other-bank")
    turns = present_trial(plan, trial, item, "preview")
    try:
        steps = [step for turn in turns for step in _steps(turn, sheet, lambda digest: _size(bank, digest))]
    except ValueError as error:
        raise UserError(str(error), place=trial.item_id, code="bad-layout") from None
    target = turns[0].choices[turns[0].target_position].label
    return PreviewTrial(
        trial.index, block.title, block.task, block.form, trial.kind, item.item_id, target, tuple(steps)
    )


def _size(bank: ItemSource, digest: str) -> Size:
    path_of: Callable[[str], Path] | None = getattr(bank, "path_of", None)
    try:
        if path_of is None:
            return SQUARE
        with Image.open(path_of(digest)) as image:
            return image.size
    except (UserError, OSError):
        return SQUARE


def _steps(turn: PresentedTurn, sheet: Sheet, size_of: Callable[[str], Size]) -> Iterator[PreviewStep]:
    scene = _Scene(turn, sheet, size_of)
    timing = turn.timing
    yield scene.step("fixation", [scene.fixation], timing.gap_ms)
    if timing.attention or timing.ready == "attention":
        yield scene.step("attention", [scene.thing("attention", _middle(look.ATTENTION_CM, sheet))], look.ATTENTION_MS)
    if timing.ready == "examiner":
        yield scene.step("ready", [scene.fixation], None)
    match turn.layout:
        case "sequence":
            last = yield from _sequence(scene)
        case "single_number":
            last = yield from _number(scene)
        case "hiding":
            last = yield from _hiding(scene)
        case _:
            last = [*scene.queries, *scene.choices]
            if timing.word_lead_ms:
                yield scene.step("choices", last, timing.word_lead_ms)
    if turn.kind != "demonstration":
        yield scene.step("awaiting", last, timing.answer_max_ms)
    if turn.feedback:
        yield scene.step("feedback", [*last, *scene.ring()], look.FEEDBACK_RIGHT_MS)


def _sequence(scene: _Scene) -> Generator[PreviewStep, None, list[Shown]]:
    timing = scene.turn.timing
    for frame in scene.queries:
        yield scene.step("stimuli", [frame], timing.frame_ms or look.FRAME_MS)
    outline = [scene.thing("outline", scene.places[-1])] if scene.places else []
    yield scene.step("delay", [*outline, scene.fixation], timing.delay_ms or look.DELAY_MS)
    return [*outline, *(scene.thing("arrow", box) for box in scene.plan.choices)]


def _number(scene: _Scene) -> Generator[PreviewStep, None, list[Shown]]:
    timing = scene.turn.timing
    if timing.exposure_ms is None:
        return list(scene.queries)
    yield scene.step("stimuli", scene.queries, timing.exposure_ms)
    mask = [scene.thing("mask", scene.places[-1])] if scene.places else []
    yield scene.step("mask", mask, timing.mask_ms)
    return [scene.fixation]


def _hiding(scene: _Scene) -> Generator[PreviewStep, None, list[Shown]]:
    boxes = [scene.thing("outline", box) for box in scene.plan.choices]
    yield scene.step("stimuli", [*boxes, *scene.queries], look.TOY_SHOWN_MS + look.TOY_MOVES_MS + look.TOY_HIDES_MS)
    yield scene.step("delay", [scene.thing("mask", box) for box in scene.plan.choices], scene.turn.timing.delay_ms)
    return boxes


class _Scene:
    """The things of a turn, each with its place."""

    def __init__(self, turn: PresentedTurn, sheet: Sheet, size_of: Callable[[str], Size]) -> None:
        self.turn, self._sheet = turn, sheet
        self.plan: Arrangement = arrange(turn, sheet)
        box, shown = self.plan.stimulus, query_pictures(turn)
        self.places = [box.fit(*size_of(one)) for one in shown] if box is not None else []
        self.queries = [self.thing("picture", at, one) for one, at in zip(shown, self.places, strict=False)]
        offered = [one for one in self.plan.pictures if one is not None]
        fitted = equally_large(self.plan.choices[: len(offered)], [size_of(one) for one in offered])
        self.choices = [self.thing("picture", at, one) for one, at in zip(offered, fitted, strict=True)]
        quartered = self.plan.quartered and self.places
        self.regions = fitted or list(quarters(self.places[-1], turn) if quartered else self.plan.choices)
        self.fixation = self.thing("fixation", _middle(look.FIXATION_CM, sheet))

    def thing(self, what: Thing, place: Rect | None, media: str = "") -> Shown:
        """Return a thing at its place."""
        size = (round(self._sheet.width), round(self._sheet.height))
        return Shown(what=what, media=media, box=WHOLE if place is None else share(place, size))

    def ring(self) -> list[Shown]:
        """Return the ring round the right choice; nothing where a number is keyed."""
        if self.turn.target_position >= len(self.regions):
            return []
        at = self.regions[self.turn.target_position]
        return [self.thing("ring", Rect(at.x, at.y, at.w * look.RING_GROWTH, at.h * look.RING_GROWTH))]

    def step(self, name: str, shown: Sequence[Shown], lasts_ms: float | None) -> PreviewStep:
        """Return a step; the prompt is told from the moment it can be heard."""
        turn = self.turn
        heard = name in ("delay", "awaiting", "choices")
        stage = Stage(
            trial_id="",
            turn_index=turn.turn_index,
            name=name,
            t_ms=0,
            phase=turn.phase,
            prompt=turn.spoken if heard else "",
            shown=tuple(shown),
            entry=turn.layout == "single_number" and name == "awaiting",
        )
        return PreviewStep(stage, lasts_ms)


def _middle(size_cm: float, sheet: Sheet) -> Rect:
    return Rect(0, 0, size_cm * sheet.px_per_cm, size_cm * sheet.px_per_cm)
