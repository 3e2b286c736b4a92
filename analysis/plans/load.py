"""From a YAML file to a checked `Plan`: the shape by its schema, the sense here, all mistakes at once.

What needs data (whether a model sat in the lab at all) is known only when the plan runs, and then is a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.forms import measures
from analysis.plans.schema import GROUPS, Kind, Model, Plan, RespondentRule, TrialRule
from devkit.complaints import raise_found, validate
from devkit.errors import Problem, did_you_mean
from devkit.located import Located, Steps, parse_yaml, read_yaml
from devkit.tasks import TASKS

PAIRED: frozenset[Kind] = frozenset({"difference", "equivalence", "item_agreement", "age_equivalent"})
"""Kinds that set one outcome against another."""
TESTED: frozenset[Kind] = frozenset({"chance", "growth", "difference", "equivalence", "item_agreement"})
"""Kinds with a p-value; a growth curve has an interval only."""


def tested(model: Model) -> bool:
    """Return whether a model ends in a test, which must belong to a family."""
    return model.kind in TESTED and model.by != "curve"


def load_plan(path: Path) -> Plan:
    """Load an analysis plan.

    Raises:
        devkit.errors.Problems: Everything that is wrong with the file, each with its place.
        devkit.errors.UserError: There is no such file, or it cannot be read.
    """
    return _checked(read_yaml(path))


def parse_plan(text: str, file: str = "plan") -> Plan:
    """Check a plan given as text; ``file`` is its name in messages. Raises like `load_plan`."""
    return _checked(parse_yaml(text, file))


def split_form(form: str) -> tuple[str, str]:
    """Return task and form of ``task`` or ``task/form``."""
    task, _, rest = form.partition("/")
    return task, rest or "standard"


def _checked(document: Located) -> Plan:
    found: list[Problem] = []
    plan = validate(document, Plan, "plan", found)
    if plan is not None:
        check = _Check(document, plan)
        check.everything()
        found += check.found
    raise_found(document, found)
    assert plan is not None
    return plan


class _Check:
    """Finds what a schema cannot see: names that lead nowhere, keys that do not belong together."""

    def __init__(self, document: Located, plan: Plan) -> None:
        self.document = document
        self.plan = plan
        self.found: list[Problem] = []

    def say(self, code: str, message: str, path: Steps, hint: str = "", *, key: bool = False) -> None:
        self.found.append(Problem(code, message, self.document.place(path, key=key), hint))

    def everything(self) -> None:
        self.rules("trials", self.plan.exclusions.trials, TrialRule.CRITERIA)
        self.rules("respondents", self.plan.exclusions.respondents, RespondentRule.CRITERIA)
        self.outcomes()
        self.models()
        self.families()
        self.unused()

    def rules(self, kind: str, rules: Iterable[Any], criteria: tuple[str, ...]) -> None:
        codes: set[str] = set()
        for at, rule in enumerate(rules):
            given = [name for name in criteria if getattr(rule, name) is not None]
            path: Steps = ("exclusions", kind, at)
            if len(given) != 1:
                what = "no criterion" if not given else f"{len(given)} criteria ({', '.join(given)})"
                self.say("rule", f"the rule '{rule.code}' has {what}", path, f"exactly one of {', '.join(criteria)}")
            if rule.code in codes:
                self.say("name", f"the code '{rule.code}' is used twice", (*path, "code"))
            codes.add(rule.code)
            self.ages(getattr(rule, "outside_age_months", None), (*path, "outside_age_months"))

    def ages(self, months: tuple[float, float] | None, path: Steps) -> None:
        if months is not None and not 0 <= months[0] < months[1]:
            self.say("ages", f"the ages {months[0]:g} to {months[1]:g} months are no range", path, "such as [24, 42]")

    def outcomes(self) -> None:
        for name, one in self.plan.outcomes.items():
            path: Steps = ("outcomes", name)
            for at, form in enumerate(one.forms):
                self.form(form, (*path, "forms", at))
            self.ages(one.age_months, (*path, "age_months"))
            known = [m.name for form in one.forms for m in measures(*split_form(form))]
            if one.score not in known:
                hint = f"scores: {', '.join(dict.fromkeys(known))}"
                self.say("score", f"no form of '{name}' has the score '{one.score}'", (*path, "score"), hint)
            near = did_you_mean(one.of, GROUPS)
            if one.of not in GROUPS and near:
                self.say("group", f"there is no group '{one.of}'", (*path, "of"), near)
            if one.what == "looking" and one.of not in GROUPS:
                self.say("group", "a model does not look", (*path, "of"), f"one of {', '.join(GROUPS)}")

    def form(self, form: str, path: Steps) -> None:
        code, kind = split_form(form)
        if code not in TASKS:
            hint = did_you_mean(code, TASKS) or f"tasks: {', '.join(TASKS)}"
            self.say("task", f"there is no task '{code}'", path, hint)
        elif kind not in TASKS[code].forms:
            forms = ", ".join(f"{code}/{name}" for name in TASKS[code].forms)
            self.say("form", f"{code} has no form '{kind}'", path, f"write {forms}")

    def models(self) -> None:
        plan = self.plan
        for name, one in plan.models.items():
            path: Steps = ("models", name)
            self.known("outcome", one.outcome, (*path, "outcome"))
            if one.against is not None:
                self.known("outcome", one.against, (*path, "against"))
            self.belongs(one.kind in PAIRED, one.against, "against", one.kind, path)
            self.belongs(one.kind == "equivalence", one.bound, "bound", one.kind, path)
            self.belongs(None if one.kind == "growth" else False, one.by, "by", one.kind, path)
            if one.bound is not None and one.bound not in plan.bounds:
                hint = did_you_mean(one.bound, plan.bounds) or f"bounds: {', '.join(plan.bounds) or 'none'}"
                self.say("bound", f"there is no bound '{one.bound}'", (*path, "bound"), hint)
            if one.outcome in plan.outcomes:
                self.fits(name)

    def known(self, what: str, name: str, path: Steps) -> None:
        if name not in self.plan.outcomes:
            hint = did_you_mean(name, self.plan.outcomes) or f"outcomes: {', '.join(self.plan.outcomes)}"
            self.say(what, f"there is no outcome '{name}'", path, hint)

    def belongs(self, needed: bool | None, value: str | None, key: str, kind: str, path: Steps) -> None:
        """Complain of a missing key (needed), or of one that has no meaning here; None: it may be there."""
        if needed and value is None:
            self.say("missing-key", f"a model of kind {kind} needs the key '{key}'", path, key=True)
        elif needed is False and value is not None:
            self.say("unknown-key", f"a model of kind {kind} has no use for '{key}'", (*path, key), key=True)

    def fits(self, name: str) -> None:
        """Check that the outcomes of a model are such as it can take."""
        one, plan = self.plan.models[name], self.plan
        own, path = plan.outcomes[one.outcome], ("models", name)
        persons = own.of in GROUPS
        if own.what == "looking" and one.kind not in ("estimate", "chance", "growth"):
            self.say("kind", f"looking has no right and wrong: no {one.kind}", (*path, "kind"), "chance or growth")
        if one.kind in ("growth", "reliability", "age_equivalent") and not persons:
            self.say("kind", f"{one.kind} is of persons, and '{own.of}' is a model", (*path, "kind"))
        if one.by is not None and (one.by == "linear") != (own.what == "looking"):
            fit = "linear" if own.what == "looking" else "curve, gee or mixed"
            self.say("estimator", f"{own.what} cannot be estimated by {one.by}", (*path, "by"), f"write {fit}")
        if one.kind == "growth" and own.what == "accuracy" and one.by != "curve" and len(own.forms) > 1:
            hint = "'by: curve' gives an interval for the mean of several forms"
            self.say("forms", f"growth by {one.by or 'gee'} is of one task form", (*path, "outcome"), hint)
        if one.kind == "chance" and one.expected == "lower":
            self.say("expected", "the test against chance is one-sided: above", (*path, "expected"))
        if not persons and own.score != "score":
            self.say("score", "a model is scored on the primary score in a plan", ("outcomes", one.outcome, "score"))
        other = plan.outcomes.get(one.against or "")
        if other is not None and one.kind in PAIRED:
            self.pair(name, (len(own.forms), len(other.forms)), own.forms == other.forms, (persons, other.of in GROUPS))

    def pair(self, name: str, forms: tuple[int, int], same: bool, persons: tuple[bool, bool]) -> None:
        kind, path = self.plan.models[name].kind, ("models", name, "against")
        if forms != (1, 1) or not same:
            self.say("forms", f"{kind} compares two outcomes of one and the same task form", path)
        wanted = "a model's outcome against one of persons"
        if kind in ("difference", "equivalence"):
            if not any(persons):
                self.say("group", f"{kind} needs persons on one side", path, wanted)
        elif persons != (True, False):
            self.say("group", f"{kind} is of persons ('outcome') with a model ('against')", path)

    def families(self) -> None:
        seen: dict[str, str] = {}
        for family, one in self.plan.families.items():
            for at, name in enumerate(one.models):
                path: Steps = ("families", family, "models", at)
                if name not in self.plan.models:
                    hint = did_you_mean(name, self.plan.models) or f"models: {', '.join(self.plan.models)}"
                    self.say("model", f"there is no model '{name}'", path, hint)
                elif name in seen:
                    self.say("family", f"'{name}' is in the family '{seen[name]}' too", path, "one family a model")
                elif not tested(self.plan.models[name]):
                    self.say("family", f"'{name}' is no test: nothing to correct", path, "leave it out")
                seen.setdefault(name, family)
        for name, model in self.plan.models.items():
            if tested(model) and name not in seen:
                hint = "name it in a family; 'correction: none' where it stands alone"
                self.say("family", f"the test '{name}' is in no family", ("models", name), hint, key=True)

    def unused(self) -> None:
        used = {m.outcome for m in self.plan.models.values()} | {m.against for m in self.plan.models.values()}
        for name in self.plan.outcomes:
            if name not in used:
                self.say("unused", f"no model uses the outcome '{name}'", ("outcomes", name), key=True)
        for name in self.plan.bounds:
            if name not in {m.bound for m in self.plan.models.values()}:
                self.say("unused", f"no model uses the bound '{name}'", ("bounds", name), key=True)
