"""R export: a table of answers and a script that fits the mixed models with lme4.

The script fits, for each task and form with enough children, accuracy over age with crossed intercepts of children and
items; it prints what it leaves out and why. It needs R with lme4 and nothing else. Model answers come in the same table
with ``respondent_kind`` ``model`` and do not enter the children's fits.
"""

from __future__ import annotations

from pathlib import Path

from devkit.export.files import Folder, rows_of
from devkit.export.per_session import sessions_out
from devkit.export.registry import Exported
from devkit.lab.store import Lab

COLUMNS = (
    *("session_id", "trial_id", "respondent_code", "respondent_kind", "baseline", "age_days", "age_corrected_days"),
    *("model_id", "model_step", "model_hours_seen", "task", "form", "item_id", "bank", "word", "chance"),
    *("target_position", "trial_kind", "outcome", "correct", "score", "answer_source", "rt_ms", "rt_from"),
    *("look_target", "look_baseline", "look_usable", "timing_tier", "time_scale", "valid"),
)


def write(lab: Lab, out: Path) -> Exported:
    """Write ``answers.csv`` and ``analysis.R``.

    Raises:
        UserError: No session holds a trial.
    """
    folder = Folder(out, missing="NA")
    rows = (row for session in sessions_out(lab, gaze=False) for row in rows_of(session.trials, COLUMNS))
    folder.table("answers.csv", COLUMNS, rows, of="answers")
    folder.text("analysis.R", SCRIPT)
    return folder.done


SCRIPT = """\
# Accuracy over age, with crossed intercepts of children and items.
# Run: Rscript analysis.R   (needs lme4)
# p = logistic(b0 + b1 * years + child + item): chance is not fixed in this model; devkit's own curves fix it.
suppressPackageStartupMessages(library(lme4))
answers <- read.csv("answers.csv", na.strings = "NA", stringsAsFactors = FALSE,
                    colClasses = c(correct = "character", valid = "character"))
answers$correct <- ifelse(is.na(answers$correct), NA, as.integer(answers$correct == "true"))
answers <- subset(answers, valid == "true" & trial_kind == "test" & respondent_kind == "child" & !is.na(correct))
answers$years <- (answers$age_days - 730.5) / 365.25  # zero at two years
answers$kind <- paste(answers$task, answers$form, sep = "/")
least <- c(children = 10, items = 5)

for (form in sort(unique(answers$kind))) {
  own <- answers[answers$kind == form & !is.na(answers$years), ]
  n <- c(children = length(unique(own$respondent_code)), items = length(unique(own$item_id)))
  cat(sprintf("\\n== %s: %d answers of %d children to %d items\\n", form, nrow(own), n["children"], n["items"]))
  if (any(n < least)) { cat("left out: too few children or items\\n"); next }
  if (length(unique(own$correct)) < 2) { cat("left out: all answers are alike\\n"); next }
  if (length(unique(own$years)) < 3) { cat("left out: too few different ages\\n"); next }
  fit <- tryCatch(
    glmer(correct ~ years + (1 | respondent_code) + (1 | item_id), data = own, family = binomial("logit")),
    error = function(e) { cat("no fit:", conditionMessage(e), "\\n"); NULL })
  if (!is.null(fit)) {
    print(summary(fit)$coefficients)
    print(as.data.frame(VarCorr(fit))[, c("grp", "vcov", "sdcor")])
  }
}
"""
