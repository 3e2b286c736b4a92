"""Analyses stated before the data: exclusions, outcomes, models, bounds and families in YAML, done to the letter.

`load_plan` reads and checks, `run_plan` computes, `analysis.plans.ledger` remembers which plan met which data.
"""

from analysis.plans.load import load_plan
from analysis.plans.run import Planned, PlanRun, run_plan
from analysis.plans.schema import Plan

__all__ = ["Plan", "PlanRun", "Planned", "load_plan", "run_plan"]
