"""What a plan is: a protocol, a bank, a respondent code and a seed, worked out to the list of trials.

A plan is data: it goes into the header of a session as JSON, comes back equal, and its digest names protocol, bank,
order and positions. How it is worked out is in `protocols.planner`; how a trial of it is put, in
`protocols.presenting`; how it is run, in `protocols.runner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Protocol

from pydantic import Field, ValidationError

from devkit.errors import UserError
from devkit.ids import canonical_json, digest_json
from devkit.items import Item, Strict
from devkit.respondents import TrialKind
from protocols.rules import Adaptive, Habituation, SessionRules
from protocols.schema import AnswerBy, Feedback, Part, Positions, Practice, Resume, Stop

PLAN_FORMAT: Literal[1] = 1
MODEL_CODE = "model"


class ItemSource(Protocol):
    """What the planner needs of a bank; `devkit.banks.store.Bank` is one."""

    @property
    def name(self) -> str:
        """Short name."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of its items."""
        ...

    @property
    def items(self) -> Mapping[str, Item]:
        """Items by id, in the bank's order."""
        ...


class PlanTiming(Strict):
    """Times of a block's trials in ms; the columns are those of `devkit.respondents.Timing`."""

    answer_max_ms: int | None = None
    exposure_ms: int | None = None
    frame_ms: int | None = None
    ready: Literal["attention", "examiner", "none"] = "none"
    prompt: Literal["audio", "examiner", "none"] = "audio"
    word_lead_ms: int = 0
    gap_ms: int = 500
    again_ms: int | None = None
    repeats: int = 1
    mask_ms: int = 400


class PlanRetention(Strict):
    """Time between a learning part and its test.

    Attributes:
        learned_in: The block with the learning part.
        least_ms: The test begins no sooner after the end of the learning.
        most_ms: It should begin no later.
        late: What happens then.
    """

    learned_in: int
    least_ms: int
    most_ms: int
    late: Literal["go_on", "end_block"] = "go_on"


class PlanFill(Strict):
    """A block that fills a retention: after ``until_ms`` from the end of block ``learned_in`` no trial of it begins."""

    learned_in: int
    until_ms: int


class PlanBlock(Strict):
    """What all trials of a block share.

    Attributes:
        title: For people.
        task: Task code.
        form: Task form.
        layout: Arrangement of the child's screen.
        answer_by: How a child answers.
        chance: Probability of a right answer by guessing.
        positions: How the right choices were placed.
        feedback: Where right and wrong are shown.
        practice: Rules of the practice trials.
        stop: When the block ends early.
        timing: Times.
        part: Part of its dialogues that is held here.
        retention: Time since the learning part.
        fill: The retention that it fills.
        adaptive: Rules of an adaptive test; the items' parameters stand with the trials.
        provisional: Whether those parameters are provisional, not calibrated.
        habituation: Criterion of a Familiarization.
        resume: What happens to it when a session broke off within it.
        break_before: Whether a break comes first.
    """

    title: str
    task: str
    form: str
    layout: str
    answer_by: AnswerBy
    chance: float
    positions: Positions = "balanced"
    feedback: Feedback = "practice"
    practice: Practice | None = None
    stop: Stop | None = None
    timing: PlanTiming = PlanTiming()
    part: Part = "whole"
    retention: PlanRetention | None = None
    fill: PlanFill | None = None
    adaptive: Adaptive | None = None
    provisional: bool = False
    habituation: Habituation | None = None
    resume: Resume = "continue"
    break_before: bool = False


class PlanTrial(Strict):
    """One trial.

    Attributes:
        index: Place in the plan, from 0; a yoked plan keeps the indices of the plan it follows.
        block: Which block, from 0.
        kind: Demonstration, practice or test.
        item_id: The item.
        item_digest: SHA-256 of the item, so that a changed bank is noticed.
        orders: For each turn the bank index of the choice at each shown position.
        targets: For each turn the shown position of the right choice.
        attention: Whether an attention-getter comes before it.
        delay_ms: Pause between stimulus and choices.
        part: Part of the item's turns that it puts.
        first_turn: First of them.
        turn_count: Number of them; None for all.
        irt: Discrimination, difficulty and guessing in an adaptive test.
    """

    index: int
    block: int
    kind: TrialKind
    item_id: str
    item_digest: str
    orders: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]
    attention: bool = False
    delay_ms: int | None = None
    part: Part = "whole"
    first_turn: int = 0
    turn_count: int | None = None
    irt: tuple[float, float, float] | None = None


class Plan(Strict):
    """A protocol worked out for one respondent.

    Attributes:
        plan_format: Version of this layout.
        protocol: Name of the protocol.
        protocol_version: Its version.
        protocol_digest: SHA-256 of what it says.
        title: For people.
        language: Language of the session.
        age_months: Youngest and oldest age it is made for.
        age: Which age is compared with that, and starts an adaptive test.
        session: What holds for the session as a whole.
        bank: Name of the bank.
        bank_digest: SHA-256 of the bank's items.
        respondent_code: Code that the draw depends on; for models ``model``, so that all take the same trials.
        seed: Seed of the draw.
        counterbalance_list: Index of the respondent's list.
        yoked_to: Session whose trials these are; empty when they were drawn.
        ground: Colour of the screen's ground.
        attention_getter: Which attention-getter.
        blocks: What the trials of each block share.
        trials: In planned order.
    """

    plan_format: Literal[1] = PLAN_FORMAT
    protocol: str
    protocol_version: str
    protocol_digest: str
    title: str
    language: str
    age_months: tuple[int, int] | None = None
    age: Literal["corrected", "chronological"] = "corrected"
    session: SessionRules = SessionRules()
    bank: str
    bank_digest: str
    respondent_code: str
    seed: int
    counterbalance_list: int = 0
    yoked_to: str = ""
    ground: str = "#808080"
    attention_getter: str = "star"
    blocks: tuple[PlanBlock, ...]
    trials: tuple[PlanTrial, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over protocol, bank, order and positions; who takes the plan and by which seed is left out."""
        return digest_json(
            self.model_dump(mode="json", exclude={"respondent_code", "seed", "yoked_to", "counterbalance_list"})
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, for a session's header."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """Return the plan as canonical JSON text: equal plans give equal text."""
        return canonical_json(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes, place: str = "plan") -> Plan:
        """Read a plan; `UserError` naming ``place`` when the text is no plan."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise _not_a_plan(error, place) from None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], place: str = "plan") -> Plan:
        """Read a plan from JSON values, as a session's header holds it; `UserError` naming ``place`` otherwise."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _not_a_plan(error, place) from None

    def changed(self, **values: Any) -> Plan:
        """Return the plan with other values of some fields; its digest is worked out anew (`model_copy` keeps it)."""
        return Plan(**{**{name: getattr(self, name) for name in type(self).model_fields}, **values})

    def of_block(self, block: int, kind: TrialKind = "test") -> tuple[PlanTrial, ...]:
        """Return the trials of one kind of a block, in planned order."""
        return tuple(trial for trial in self.trials if trial.block == block and trial.kind == kind)


class PlanSummary(Strict):
    """A plan in a few numbers, for people and programs."""

    digest: str
    protocol: str
    respondent_code: str
    seed: int
    counterbalance_list: int
    trials: int
    test_trials: int = Field(description="Trials that count")
    blocks: tuple[str, ...]


def summarise(plan: Plan) -> PlanSummary:
    """Return a plan in a few numbers."""
    return PlanSummary(
        digest=plan.digest,
        protocol=plan.protocol,
        respondent_code=plan.respondent_code,
        seed=plan.seed,
        counterbalance_list=plan.counterbalance_list,
        trials=len(plan.trials),
        test_trials=sum(trial.kind == "test" for trial in plan.trials),
        blocks=tuple(f"{block.task}/{block.form}" for block in plan.blocks),
    )


def _not_a_plan(error: ValidationError, place: str) -> UserError:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "plan"
    return UserError(f"this is no plan: {where}: {first['msg'][:200]}", place=place, code="plan")
