"""Respondents by name: what stands after ``--respondent`` on the command line, turned into somebody who answers.

::

    human:CODE[,screen=HDMI-1]          a participant of the lab, at a PsychoPy window
    human:CODE,gaze=eyelink,tracker=100.1.1.1,camera=/dev/video0|off
    robot[:ability=2,time_scale=10]     a robot person at a real window; gaze=robot gives it eyes
    simulated:24                        a simulated child of 24 months
    simulated:ages=6-42,n=30,seed=1     thirty of them, evenly over an age range
    chance | text_only | position_only  the baselines
    model:PATH | vlm:PATH | openclip:PATH | server:URL [,option=value …]   made by the function that the caller gives

Models live in another package that this one may not import; whoever calls gives a `Maker` for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from devkit.errors import UserError, did_you_mean
from devkit.lab import Lab
from devkit.lab.station import LabGaze, LabInput, LabScreen
from devkit.respondents import Respondent
from protocols.baselines import Chance, PositionOnly, TextOnly
from protocols.camera import camera_settings
from protocols.equipment import SoundSettings
from protocols.plan import MODEL_CODE, ItemSource, Plan
from protocols.simulation import SimulatedChild
from protocols.station import OPTIONS as STATION_OPTIONS
from protocols.station import display_settings, gaze_settings, sound_settings
from protocols.training import training_turns

MODELS = ("model", "vlm", "openclip", "server")
BASELINES = ("chance", "text_only", "position_only")
KINDS = ("human", "robot", "simulated", *BASELINES, *MODELS)
MOST_SIMULATED = 10_000
OPTIONS: dict[str, tuple[str, ...]] = {
    "human": ("time_scale", "gaze", "tracker", "camera", *STATION_OPTIONS),
    "robot": ("gaze", "code", "seed", "ability", "lapse", "rt_median_ms", "side_bias", "time_scale", *STATION_OPTIONS),
    "simulated": ("age", "ages", "n", "code", "seed", "ability", "side_bias"),
    "chance": ("seed",),
    "text_only": (),
    "position_only": (),
}
_OPTION = re.compile(r"([a-z_]+)=([^,]*)")

type Maker = Callable[[str, str, Mapping[str, str]], Respondent]
"""Makes a model respondent from its kind, its value (path or address) and its options."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A respondent that was asked for.

    Attributes:
        text: As it was written.
        kind: One of `KINDS`.
        value: What stands after the colon, options apart.
        options: By name.
    """

    text: str
    kind: str
    value: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def plan_code(self) -> str:
        """Code that the plan is drawn by; models and baselines share one, so that they take the same trials."""
        if self.kind == "human":
            return self.value
        if self.kind in ("simulated", "robot"):
            return self.options.get("code", self.kind)
        return MODEL_CODE

    def number(self, option: str, default: float) -> float:
        """Return a numeric option; `UserError` when it is none."""
        text = self.options.get(option)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) < 1e9:
            raise UserError(f"'{text}' is no number", place=f"--respondent {self.text}", hint=f"{option}=1")
        return value

    def whole(self, option: str, default: int) -> int:
        """Return an option that is a whole number; `UserError` when it is none."""
        value = self.number(option, default)
        if value != int(value):
            raise UserError(f"{option} is a whole number", place=f"--respondent {self.text}")
        return int(value)


def parse_spec(text: str) -> Spec:
    """Read one respondent.

    Raises:
        UserError: An unknown kind or option, or a value is missing.
    """
    kind, _, rest = text.strip().partition(":")
    place = f"--respondent {text}"
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"kinds: {', '.join(KINDS)}"
        raise UserError(f"there is no respondent of kind '{kind}'", place=place, hint=hint)
    value, options = _split(rest)
    if kind in OPTIONS:
        for option in options:
            if option not in OPTIONS[kind]:
                known = did_you_mean(option, OPTIONS[kind]) or f"options: {', '.join(OPTIONS[kind]) or 'none'}"
                raise UserError(f"{kind} has no option '{option}'", place=place, hint=known)
    if kind == "simulated" and value:
        options, value = {"age": value, **options}, ""
    if kind in ("human", *MODELS) and not value:
        raise UserError(f"{kind} needs a value", place=place, hint=f"{kind}:{'CODE' if kind == 'human' else 'PATH'}")
    if kind not in ("human", *MODELS) and value:
        raise UserError(f"{kind} takes options only", place=place, hint=f"{kind}:option=value")
    return Spec(text, kind, value, options)


def _split(rest: str) -> tuple[str, dict[str, str]]:
    """Split ``PATH,a=1,b=2`` into its value and options; a comma in a path is kept."""
    options: dict[str, str] = {}
    parts = rest.split(",")
    while parts and (found := _OPTION.fullmatch(parts[-1])):
        options[found[1]] = found[2]
        parts.pop()
    return ",".join(parts), dict(reversed(options.items()))


def expand(spec: Spec) -> Iterator[Spec]:
    """Yield the spec, or one for each simulated child where it asks for many."""
    if spec.kind != "simulated":
        yield spec
        return
    place, count = f"--respondent {spec.text}", spec.whole("n", 1)
    if not 1 <= count <= MOST_SIMULATED:
        raise UserError(f"n is from 1 to {MOST_SIMULATED}", place=place)
    low, high = _ages(spec, place)
    kept = {name: text for name, text in spec.options.items() if name not in ("ages", "n", "age", "code")}
    stem = spec.options.get("code", "")
    for number in range(count):
        age = low + (high - low) * (number + 0.5) / count if count > 1 else (low + high) / 2
        code = stem if stem and count == 1 else f"{stem or 'S'}{number + 1:03d}-{age:04.1f}m"
        yield Spec(spec.text, "simulated", "", {**kept, "age": f"{age:.2f}", "code": code})


def _ages(spec: Spec, place: str) -> tuple[float, float]:
    if "age" in spec.options:
        low = high = spec.number("age", 0)
    else:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", spec.options.get("ages", ""))
        if found is None:
            raise UserError(
                "a simulated child needs an age", place=place, hint="simulated:24 or simulated:ages=6-42,n=30"
            )
        low, high = float(found[1]), float(found[2])
    if not 0 <= low <= high <= 1200:
        raise UserError("ages are months, the younger one first", place=place, hint="ages=6-42")
    return low, high


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a respondent may need to be made.

    Attributes:
        lab: Where participants are known.
        plan: What is to be taken.
        bank: Its bank.
        training_bank: What the baselines learn from; None takes the bank's items that are not in the plan.
        make_model: Makes model respondents.
        sound: Whether prompts are played to people.
    """

    lab: Lab
    plan: Plan
    bank: ItemSource
    training_bank: ItemSource | None = None
    make_model: Maker | None = None
    sound: bool = True


def respondent_from_spec(spec: Spec | str, around: Surroundings) -> Respondent:
    """Make a respondent.

    Raises:
        UserError: It cannot be made: no such participant, no display, no such model.
    """
    spec = parse_spec(spec) if isinstance(spec, str) else spec
    language = around.plan.language
    if spec.kind == "human":
        return _human(spec, around)
    if spec.kind == "robot":
        return _robot(spec, around)
    if spec.kind == "simulated":
        one = next(expand(spec)) if "code" not in spec.options else spec
        ability = one.number("ability", 0) if "ability" in one.options else None
        bias = one.number("side_bias", 0) if "side_bias" in one.options else None
        age, seed = one.number("age", 24), one.whole("seed", around.plan.seed)
        return SimulatedChild(one.plan_code, age, seed, language=language, ability=ability, side_bias=bias)
    if spec.kind == "chance":
        return Chance(spec.whole("seed", around.plan.seed), language)
    if spec.kind in ("text_only", "position_only"):
        turns = training_turns(around.plan, around.training_bank or around.bank)
        learner: type[TextOnly] | type[PositionOnly] = TextOnly if spec.kind == "text_only" else PositionOnly
        return learner(turns, around.plan.seed, language)
    if around.make_model is None:
        raise UserError(f"no {spec.kind} respondents can be made here", place=f"--respondent {spec.text}")
    return around.make_model(spec.kind, spec.value, spec.options)


def _human(spec: Spec, around: Surroundings) -> Respondent:
    from protocols.human import HumanRespondent
    from protocols.x11 import require_display

    info = around.lab.participants.info(
        spec.value, datetime.now(UTC).astimezone().date(), language=around.plan.language
    )
    require_display()
    kind: Literal["child", "adult"] = "adult" if info.kind == "adult" else "child"
    return HumanRespondent(
        info.code,
        kind=kind,
        age_days=info.age_days,
        age_corrected_days=info.age_corrected_days,
        age_precision=info.age_precision,
        language=around.plan.language,
        display=display_settings(around.lab.settings.screen, around.lab.settings.input, kind, spec.options),
        sound=_sound(spec, around),
        recordings=around.lab.path / "prompts",
        gaze=gaze_settings(around.lab.settings.gaze, spec.options),
        camera=camera_settings(around.lab, spec.value, spec.options),
        curtain=True,
        time_scale=spec.number("time_scale", 1.0),
    )


def _robot(spec: Spec, around: Surroundings) -> Respondent:
    from protocols.robot import RobotPerson, RobotTraits

    traits = RobotTraits(
        ability=spec.number("ability", 2.0),
        lapse=spec.number("lapse", 0.02),
        rt_median_ms=spec.number("rt_median_ms", 900.0),
        side_bias=spec.number("side_bias", 0.0),
    )
    return RobotPerson(
        spec.plan_code,
        traits=traits,
        seed=spec.whole("seed", around.plan.seed),
        time_scale=spec.number("time_scale", 1.0),
        language=around.plan.language,
        display=display_settings(LabScreen(), LabInput(), "child", spec.options),
        sound=_sound(spec, around),
        gaze=gaze_settings(LabGaze(), spec.options),
    )


def _sound(spec: Spec, around: Surroundings) -> SoundSettings:
    settings = sound_settings(around.lab.settings.sound, spec.options)
    return settings if around.sound else settings.model_copy(update={"on": False})
