"""What a protocol may say: the pydantic models behind the YAML, and the JSON Schema that editors use.

The models check shapes, words and ranges. What needs the task declarations (does this form exist, does the task
have this column) is in `protocols.checks`; reading the text, with lines and columns, is in `protocols.load`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from devkit.ids import digest_json
from devkit.items import Strict
from protocols.durations import PATTERN, Duration, Durations, format_duration
from protocols.rules import Adaptive, Habituation, Positive, Retention, SessionRules

Kind = Literal["child", "adult", "model", "simulation"]
Order = Literal["random", "fixed", "blocked", "ascending"]
Positions = Literal["balanced", "random", "fixed"]
Feedback = Literal["none", "practice", "all"]
AnswerBy = Literal["touch", "key", "examiner", "gaze"]
Part = Literal["whole", "learning", "test"]
Resume = Literal["continue", "restart", "closed"]
Scalar = bool | int | float | str
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Month = Annotated[int, Field(ge=0, le=1200)]


class Audience(Strict):
    """Whom the protocol is made for. Others may take it; their records then say so."""

    kinds: tuple[Kind, ...] = Field(
        default=("child", "adult", "model", "simulation"), min_length=1, description="Kinds of respondents"
    )
    age_months: tuple[Month, Month] | None = Field(
        default=None, description="Youngest and oldest age of a child, completed months"
    )
    age: Literal["corrected", "chronological"] = Field(
        default="corrected",
        description="Which age is compared with age_months: corrected for prematurity (the same for a term baby), "
        "or since birth; both are recorded",
    )


class Screen(Strict):
    """What the child's screen looks like between and behind the pictures."""

    ground: str = Field(default="#808080", pattern=r"^#[0-9A-Fa-f]{6}$", description="Colour of the ground, #RRGGBB")
    attention_getter: Literal["star", "spiral", "bird"] = Field(
        default="star", description="The moving picture that calls attention"
    )


class ItemChoice(Strict):
    """Which items of the bank a block takes. Exactly one of ``sample``, ``at_most``, ``ids`` and ``learned``."""

    bank: str = Field(default="", description="Logical name of the bank; the folder is given when the protocol is run")
    sample: Positive | Literal["all"] | None = Field(
        default=None, description="Number of test items drawn, or 'all'; too few items in the bank are a mistake"
    )
    at_most: Positive | None = Field(default=None, description="Draw this many, or all when the bank has fewer")
    ids: tuple[str, ...] | None = Field(default=None, min_length=1, description="Exactly these items")
    learned: Literal[True] | None = Field(
        default=None, description="The items of the block that held their learning part; goes with part: test"
    )
    stratify: str | None = Field(
        default=None, description="Difficulty column of the task whose values are drawn equally often"
    )
    companions: Literal["any", "together"] = Field(
        default="any",
        description="together: items that share their pictures (Looking While Listening, each picture named once) are "
        "drawn together or not at all; goes with at_most and all",
    )
    where: dict[str, Scalar | tuple[Scalar, ...]] = Field(
        default_factory=dict, description="Only items whose difficulty column has this value, or one of these"
    )


class Practice(Strict):
    """Practice before the test: each item is repeated until it was answered rightly or the attempts are used up.

    Models take every practice item once; practice never counts.
    """

    items: Positive = Field(default=1, description="Number of practice items")
    until_correct: Positive = Field(default=1, description="Right answers needed to be done with an item")
    max_attempts: Positive = Field(default=3, description="Attempts at an item at most")
    then: Literal["show", "go_on", "end_block"] = Field(
        default="show", description="After the last failed attempt: show the right answer, go on, or end the block"
    )
    turns: Positive | None = Field(default=None, description="Of a dialogue, practise only the first turns")


class TimingSpec(Strict):
    """Times of a trial. Durations carry a unit."""

    ready: Literal["attention", "examiner", "none"] = Field(default="none", description="What starts a trial")
    prompt: Literal["audio", "examiner", "none"] = Field(default="audio", description="Who says the prompt")
    answer_max: Duration | None = Field(default=None, description="Answers later than this are a timeout")
    exposure: Duration | None = Field(default=None, description="The stimulus is shown this long, then hidden")
    delay: Durations | None = Field(
        default=None, description="Pause between stimulus and choices; of several, each is used equally often"
    )
    frame: Duration | None = Field(default=None, description="Time of each picture of a sequence")
    word_lead: Duration = Field(default=0, description="The pictures are shown this long before the prompt begins")
    gap: Duration = Field(default=500, description="Quiet fixation after a trial")
    again: Duration | None = Field(
        default=None,
        description="The prompt is said once more by itself this long after it ended: the second naming of a looking "
        "trial, or the one reminder of a touch tutorial",
    )
    repeats: Annotated[int, Field(ge=0, le=20)] = Field(
        default=1, description="How often the examiner may have the prompt repeated in a trial"
    )
    mask: Duration = Field(default=400, description="After a timed exposure a mask is shown this long")
    attention_every: Positive | None = Field(default=None, description="An attention-getter after every so many trials")


class Stop(Strict):
    """When a block ends early. Models and baselines ignore stop rules and take every item."""

    wrong_in_a_row: Positive | None = Field(
        default=None, description="This many trials in a row wrong, timed out or without a response"
    )
    gate: tuple[Positive, ...] | None = Field(
        default=None, min_length=1, description="Test trials (counted from 1) that must be right to go on"
    )
    max_trials: Positive | None = Field(default=None, description="Test trials at most")
    max_minutes: Annotated[float, Field(gt=0, le=600)] | None = Field(
        default=None, description="No test trial begins later than this, minutes from the first one"
    )


class Block(Strict):
    """One task form with its items, order, timing and rules."""

    title: str = Field(default="", description="For people; the task's own title by default")
    task: str = Field(description="Code of the task")
    form: str = Field(default="standard", description="Form of the task")
    items: ItemChoice = Field(description="Which items")
    demonstration: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="Items that the examiner shows with their answers"
    )
    practice: Practice | None = Field(default=None, description="Practice before the test")
    order: Order = Field(
        default="random",
        description="random; fixed (the bank's order, or that of ids); blocked (by the stratify column, groups in "
        "random order); ascending (by the stratify column, ties in random order)",
    )
    positions: Positions = Field(
        default="balanced",
        description="balanced: the right choice is at each position equally often and at most three times running; "
        "random; fixed: the bank's own order of choices",
    )
    counterbalance: Annotated[int, Field(ge=1, le=24)] = Field(
        default=1,
        description="Number of lists: items and positions are drawn once a seed, and each list moves the right "
        "choice on by one position; the respondent's code decides the list",
    )
    timing: TimingSpec = Field(default_factory=TimingSpec, description="Times of a trial")
    answer: AnswerBy | None = Field(default=None, description="How a child answers; the task's own way by default")
    stop: Stop | None = Field(default=None, description="When the block ends early")
    feedback: Feedback = Field(default="practice", description="Where right and wrong are shown")
    part: Part = Field(
        default="whole",
        description="Of a dialogue that has a learning and a test part: both at once, or one of them in this block",
    )
    retention: Retention | None = Field(
        default=None, description="Time between the learning part and this test; goes with part: test"
    )
    fill: Duration | None = Field(
        default=None,
        description="The block fills the time after the latest learning part: none of its trials begins later than "
        "this after the end of the learning",
    )
    adaptive: Adaptive | None = Field(default=None, description="Items are chosen by the answers before")
    habituation: Habituation | None = Field(default=None, description="The criterion of a Familiarization")
    resume: Resume | None = Field(
        default=None,
        description="When the session broke off within the block: continue at the next trial, restart the block, or "
        "closed (go on with the next block). By default the task's own: closed where pictures were learned",
    )
    break_before: bool = Field(default=False, description="A break before the block; the examiner ends it")


class Protocol(Strict):
    """A protocol: whom it is for and its blocks in order."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, title="devkit protocol")

    protocol: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Name: small letters, digits and hyphens")
    version: Positive = Field(description="Raise it with every change")
    title: str = Field(min_length=1, description="For people")
    about: str = Field(default="", description="What it is for, in a few sentences")
    mirrors: str = Field(default="", description="The measure whose paradigm it mirrors")
    audience: Audience = Field(default_factory=Audience, alias="for", description="Whom it is for")
    language: str = Field(default="en", pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$", description="BCP 47")
    screen: Screen = Field(default_factory=Screen, description="The child's screen")
    session: SessionRules = Field(default_factory=SessionRules, description="Consent, assent, breaks, longest session")
    blocks: tuple[Block, ...] = Field(min_length=1, max_length=100, description="What is taken, in order")

    @property
    def digest(self) -> str:
        """SHA-256 of everything the protocol says (comments and layout of the file do not count)."""
        return digest_json(self.model_dump(mode="json"))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a protocol for editors, with the known tasks and forms as allowed words."""
    from devkit.tasks import TASKS
    from devkit.tasks.staged import STAGED

    known = {**TASKS, **STAGED}
    schema = Protocol.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    fields = schema["$defs"]["Block"]["properties"]
    fields["task"]["enum"] = list(known)
    fields["form"]["enum"] = sorted({form for task in known.values() for form in task.forms})
    for field in (field for part in schema["$defs"].values() for field in part.get("properties", {}).values()):
        if isinstance(field.get("default"), int) and field.get("pattern") == PATTERN:
            field["default"] = format_duration(field["default"])
    return schema
