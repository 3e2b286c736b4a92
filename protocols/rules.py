"""Rules that a protocol may state as data: the session's limits, retention, adaptive testing and habituation.

The rest of what a protocol says is in `protocols.schema`, which takes these in. How they act is in `protocols.flow`,
`protocols.adaptive`, `protocols.habituation` and `protocols.intermission`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from devkit.items import Strict
from protocols.durations import Duration

Positive = Annotated[int, Field(ge=1, le=1_000_000)]
Estimator = Literal["map", "ml"]


class SessionRules(Strict):
    """What holds for a session as a whole. Models and baselines know neither breaks nor limits."""

    consent: str = Field(default="", max_length=60, description="Version of the consent form; recorded")
    assent: str = Field(
        default="",
        max_length=60,
        description="Version of what the child is asked before the first trial; the examiner confirms it and the "
        "version is recorded. Empty: nobody is asked",
    )
    longest: Duration | None = Field(default=None, description="No trial begins later than this after the first one")
    break_every: Duration | None = Field(
        default=None, description="Between two blocks, a break when this much time has passed since the last one"
    )
    break_least: Duration = Field(default=0, description="A break lasts at least this long; the examiner ends it")
    take_up_within: Duration = Field(
        default=86_400_000,
        description="A session that broke off is taken up no later than this after its last trial; then it is closed "
        "and a new one begins",
    )


class Retention(Strict):
    """The time between the end of a learning part and its test, which the app keeps."""

    least: Duration = Field(default=360_000, description="The test begins no sooner after the end of the learning")
    most: Duration = Field(default=480_000, description="It should begin no later")
    late: Literal["go_on", "end_block"] = Field(
        default="go_on",
        description="When more time has passed: go on, or leave the test out. Either way the event says so, the trials "
        "are flagged, and delay_ms holds the time that did pass",
    )


class StartAge(Strict):
    """Where an adaptive test begins for a child of this age."""

    months: Annotated[float, Field(ge=0, le=1200)]
    theta: Annotated[float, Field(ge=-6, le=6)]


class ItemParameters(Strict):
    """Parameters of one item, or of all items with one word: p(t) = c + (1 - c) / (1 + exp(-a (t - b)))."""

    item: str = Field(default="", description="Id of the item; goes before word")
    word: str = Field(default="", description="The item's noun")
    a: Annotated[float, Field(gt=0, le=10)] = Field(description="Discrimination")
    b: Annotated[float, Field(ge=-10, le=10)] = Field(description="Difficulty, logits")
    c: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        default=None, description="Guessing, fixed; the form's chance when it is left out"
    )


class Adaptive(Strict):
    """Computerised adaptive testing by the two-parameter logistic model with guessing fixed."""

    parameters: str = Field(
        default="",
        description="CSV file with columns item or word, a, b and perhaps c, beside the protocol. Without one, and "
        "without a table, items get provisional parameters and every trial is flagged",
    )
    table: tuple[ItemParameters, ...] = Field(default=(), description="The same written out")
    estimator: Estimator = Field(
        default="map", description="map: with a normal prior; ml: maximum likelihood, bounded to [-4, 4]"
    )
    prior_mean: Annotated[float, Field(ge=-6, le=6)] = Field(default=0.0, description="Of ability, logits")
    prior_sd: Annotated[float, Field(gt=0, le=10)] = Field(default=1.0, description="Of ability, logits")
    start: tuple[StartAge, ...] = Field(
        default=(), description="First guess of ability by age, straight between the ages; the prior's mean otherwise"
    )
    exposure: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.25,
        description="Share of the bank's items that one child may meet: of items of like difficulty each child is "
        "drawn this share, so that no item is met by more children than that; a bank that is too small for it lets "
        "every child choose from most_items",
    )
    stop_se: Annotated[float, Field(gt=0, le=5)] | None = Field(
        default=0.38, description="Stop when the standard error is at most this"
    )
    least_items: Positive = Field(default=8, description="Not before so many items")
    most_items: Positive = Field(default=30, description="Stop after so many items")
    models: Literal["adapt", "all"] = Field(
        default="adapt",
        description="Models and baselines take the adaptive test as everybody does, or all items drawn for them",
    )


class Habituation(Strict):
    """The criterion of a Familiarization: looking has fallen to a share of what it was."""

    window: Positive = Field(default=3, description="Trials whose looking is summed")
    share: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.5, description="Habituated when a window's looking is at most this share of the basis"
    )
    basis: Literal["first", "longest"] = Field(
        default="first", description="The first window, or the longest window so far"
    )
    least_trials: Positive = Field(default=6, description="Not before so many trials")
    most_trials: Positive = Field(default=14, description="Then the test begins even so")
    least_looking: Duration = Field(default=1000, description="A trial ends by looking away only after this looking")
    look_away: Duration = Field(default=2000, description="Looking away for this long ends a trial")
    test_trials: Positive = Field(default=2, description="Test trials with the new picture; the sides alternate")
