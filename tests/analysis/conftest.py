"""Fixtures of the analysis tests: simulated tables, one study of them, one rendered page."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "reference"))

from simulated_tables import demo_table

from analysis.data import prepare
from analysis.options import Options
from analysis.report import Written, write_report
from analysis.study import LabFacts, Study, study

QUICK = Options(draws=200)
SOME = (
    ("looking_while_listening", "standard"),
    ("picture_vocabulary", "standard"),
    ("left_right", "robust"),
    ("left_right", "published"),
    ("visual_delayed_response", "open"),
    ("memory", "standard"),
)


@pytest.fixture(scope="session")
def demo_frame() -> pd.DataFrame:
    return demo_table(children=10, each=5, model_each=60, forms=SOME)


@pytest.fixture(scope="session")
def demo(demo_frame: pd.DataFrame) -> Study:
    return study(prepare(demo_frame), LabFacts("Demo"), QUICK)


@pytest.fixture(scope="session")
def written(demo: Study, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write_report(demo, tmp_path_factory.mktemp("report") / "report.html")
