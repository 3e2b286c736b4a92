"""``docs/tasks.md`` from the declarations of the tasks. ``python -m devkit.tasks.document`` writes it; a test compares.

Nothing is declared here: what is said about a task stands in its module.
"""

from __future__ import annotations

import inspect
import sys
from fractions import Fraction
from pathlib import Path

from devkit.languages import language_pack
from devkit.tasks import TASKS
from devkit.tasks.aggregates import MEMBERS, aggregate
from devkit.tasks.base import Form, Task

PLACE = Path("docs/tasks.md")
HEAD = """# The ten tasks

Made from the declarations in `devkit/tasks` by `python -m devkit.tasks.document`; do not edit.

Each task mirrors a measure for young children with stimuli of our own. Chance is the share of right answers by
guessing. Wordings are those of the published benchmark; where it has several, the cleanest one is the house wording:
interleaved pictures in Picture Vocabulary, and for Looking While Listening, of which none was published,
`Where is the dog? (A) <image> (B) <image>`. An imported bank keeps each item's own words.
"""
REPLIES = """## How a reply is read

A reply in words is resolved against the offered choices of its own trial: *answered*, *none* or *ambiguous*. None and
ambiguous are reported apart from wrong and never replaced by a guess; the words are kept. See `devkit.tasks.replies`.

- Letters count alone, in brackets, after words such as "answer" or "image", and wherever they cannot be a word. The
  article "a" is no answer; a bare "a" is.
- Positions count in words and digits where pictures are offered: "the second image", "image 2", "2".
- Choice words count in Localization, Visual Delayed Response and Memory. In tasks whose question names the object,
  repeating its name is no answer; nor is a count in Who Has More.
- Numbers count as digits and as words from zero to twenty. A number that is not offered is none.
- "Not A", "A is wrong" and "it isn't the dog" rule a choice out; ruling out all but one is still none.
- "A or B", "3 to 4" and "more than 3" are ambiguous.
- "A… no, actually B" is B. Of several clear declarations ("the answer is …", "so …") the last one wins; other mentions
  must agree.
- Full-width and styled letters count as plain ones. A capital of another script that looks like an offered letter
  counts where it stands alone (Cyrillic А and В as A and B); among words of that script only the first letter does.
"""


def markdown() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, _overview(), *(_task(task) for task in TASKS.values()), REPLIES, _aggregates()])


def _overview() -> str:
    rows = ["| task | code | measure mirrored | months | forms and chance |", "|---|---|---|---|---|"]
    for task in TASKS.values():
        forms = ", ".join(f"{form.name} {_percent(form.chance)}" for form in task.forms.values())
        youngest, oldest = task.ages_months
        rows.append(f"| {task.title} | `{task.code}` | {task.nih_measure} | {youngest}–{oldest} | {forms} |")
    return "\n".join(rows) + "\n"


def _task(task: Task) -> str:
    paragraphs = (inspect.getdoc(type(task)) or "").split("\n\n")
    told = [text for text in paragraphs if not text.startswith("Attributes:")]
    held = " Held out: no instruction data are made from it." if task.held_out else ""
    lines = [
        f"## {task.title}\n",
        "\n\n".join(text.replace("``", "`") for text in told) + "\n",
        f"Subdomain: {task.subdomain}. Screen: `{task.layout}`. Children answer by {task.answer_by}."
        f" Version {task.version}.{held}\n",
        *(_form(form) for form in task.forms.values()),
        "",
        *(f"- Wording, {name}: `{words}`" for name, words in _wordings(task).items()),
        *(f"- Said to a child, {name}: “{words}”" for name, words in language_pack("en").tasks[task.code].items()),
        "",
        "| difficulty column | type | meaning | unit |",
        "|---|---|---|---|",
        *(f"| `{c.name}` | {c.type} | {c.meaning} | {c.unit} |" for c in task.columns),
        "",
    ]
    return "\n".join(lines)


def _form(form: Form) -> str:
    further = "".join(f"; {name} {_percent(level)}" for name, level in form.chances.items())
    stop = "" if form.summary.endswith("?") else "."
    return (
        f"- Form `{form.name}`: {form.summary}{stop} {form.choices} choices, answered by {form.answer_format};"
        f" chance {_percent(form.chance)}{further}."
    )


def _wordings(task: Task) -> dict[str, str]:
    """Return each wording once, under the names of all forms that share it."""
    names: dict[str, list[str]] = {}
    for name, words in task.prompts.items():
        names.setdefault(words, []).append(name)
    return {" and ".join(shared): words for words, shared in names.items()}


def _aggregates() -> str:
    lines = ["## The two aggregates\n", "Means of eleven scores; with one missing there is no mean.\n"]
    for name, members in MEMBERS.items():
        parts = ", ".join(f"{code}/{form}{'' if score == 'score' else ' ' + score}" for code, form, score in members)
        lines.append(f"- **{name}**, chance {_percent(aggregate(name, {}).chance)}: {parts}.")
    return "\n".join(lines) + "\n"


def _percent(share: float) -> str:
    """Return a share in per cent, and as a fraction where per cent are not exact."""
    exact = Fraction(share).limit_denominator(100)
    rounded = f"{100 * share:.1f}".removesuffix(".0")
    return f"{rounded} %" if exact.denominator in (1, 2, 4, 8) or exact.denominator > 12 else f"{rounded} % ({exact})"


def main(arguments: list[str]) -> None:
    """Write the page to the path given, or to its place under the current folder."""
    Path(arguments[0] if arguments else PLACE).write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
