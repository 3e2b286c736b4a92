"""CSV files of jsPsych (``jsPsych.data.get().csv()``): reaction times in ms, any number of sessions a file."""

from __future__ import annotations

from pathlib import Path

from devkit.lab.imports import Imported, ImportOptions
from devkit.lab.imports.experiment import Dialect, bring_csv, no_date
from devkit.lab.store import Lab

JSPSYCH = Dialect(
    name="jspsych",
    usual={
        "participant": (
            "participant",
            "participant_id",
            "subject",
            "subject_id",
            "subjectid",
            "PROLIFIC_PID",
            "run_id",
        ),
        "response": ("response", "button_pressed", "key_press"),
        "correct": ("correct", "correct_bool"),
        "rt": ("rt",),
        "target": ("correct_response", "target", "answer"),
        "item": ("item", "item_id", "stimulus"),
        "choices": ("choices", "options"),
        "age_days": ("age_days",),
        "age_months": ("age_months",),
        "practice": ("is_practice", "practice", "is_practice_trial"),
    },
    rt_unit_ms=1.0,
    source=lambda column: "key" if column == "key_press" else None,
    date=no_date,
)


def bring(lab: Lab, source: Path, options: ImportOptions) -> Imported:
    """Bring jsPsych's files into a lab; raises as `devkit.lab.imports.experiment.bring_csv` does."""
    return bring_csv(lab, source, options, JSPSYCH)
