"""The root command: finds a command by name, and turns a user's mistake into one message and exit status 2.

Each command is a module with a `typer.Typer` called ``app``, imported only when it is called, so ``devkit --help``
needs neither torch nor pandas. Exit status: 0 done, 1 a check found something, 2 a user's mistake, 130 interrupted.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version

import typer
from typer.exceptions import TyperException

from devkit.errors import Problem, UserError, did_you_mean

COMMANDS: dict[str, tuple[str, str]] = {
    "doctor": ("devkit.cli.doctor", "Check this machine: display, input, sound, libraries."),
    "demo": ("devkit.cli.demo", "Run the whole bench on the toybox and write a report."),
    "gui": ("devkit.cli.gui", "Open the desktop app."),
    "lab": ("devkit.cli.lab", "Make, check, rebuild, merge and fill labs."),
    "participant": ("devkit.cli.participant", "Add and list participants."),
    "protocol": ("devkit.cli.protocol", "Check, plan and pilot protocols."),
    "bank": ("devkit.cli.bank", "Build, import, export and audit item banks."),
    "run": ("devkit.cli.run", "Run a protocol with any respondent."),
    "trial": ("devkit.cli.trial", "Leave trials out and put records right, with a reason."),
    "gaze": ("devkit.cli.gaze", "Bring in, code and compare where children looked."),
    "corpus": ("devkit.cli.corpus", "Make, check and build corpora."),
    "train": ("devkit.cli.train", "Train BabyVLM, stage by stage."),
    "model": ("devkit.cli.model", "Check and describe trained models."),
    "ablate": ("devkit.cli.ablate", "Find out what a training owes to each of its parts."),
    "analyse": ("devkit.cli.analyse", "Compute the developmental statistics of a lab."),
    "compare": ("devkit.cli.compare", "Put children, adults, models and baselines side by side."),
    "power": ("devkit.cli.power", "Precision and power of a planned study, by simulation."),
    "report": ("devkit.cli.report", "Write the side-by-side report of a lab."),
    "export": ("devkit.cli.export", "Export a lab's records."),
    "worker": ("devkit.cli.worker", "Do the app's long work; started by the app."),
}

HELP = """Usage: devkit COMMAND [OPTIONS] …

One bench on which children, adults and vision-language models take the same
developmental tests.

Commands:
{commands}

'devkit COMMAND --help' explains a command. 'devkit --version' tells the version.
Example: devkit demo --out demo-out"""

INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(argv: Sequence[str]) -> int:
    """Run the command line on arguments (without the program's name); return the exit status."""
    status, problems = attempt(argv)
    for problem in problems:
        typer.echo(f"devkit: {problem}", err=True)
    return status


def attempt(argv: Sequence[str]) -> tuple[int, tuple[Problem, ...]]:
    """Run the command line on arguments; return the exit status and what a user has to be told, not yet printed."""
    try:
        return _dispatch(list(argv)), ()
    except UserError as error:
        return 2, error.problems
    except TyperException as error:
        return 2, (Problem("command-line", error.format_message()),)
    except OSError as error:
        if error.strerror is None:
            raise
        return 2, (Problem("system", error.strerror, str(error.filename or "")),)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED, (Problem("interrupted", "interrupted; what was done so far is kept"),)


def _dispatch(argv: list[str]) -> int:
    if not argv or argv[0] in ("--help", "-h", "help"):
        width = max(map(len, COMMANDS))
        commands = "\n".join(f"  {name:<{width}}  {text}" for name, (_, text) in COMMANDS.items())
        typer.echo(HELP.format(commands=commands))
        return 0
    if argv[0] == "--version":
        typer.echo(f"devkit {version('devkit')}")
        return 0
    name, *rest = argv
    if name not in COMMANDS:
        raise UserError(f"there is no command '{name}'", hint=did_you_mean(name, COMMANDS) or "see devkit --help")
    app: typer.Typer = importlib.import_module(COMMANDS[name][0]).app
    command = typer.main.get_command(app)
    try:
        result = command.main(args=rest, prog_name=f"devkit {name}", standalone_mode=False)
    except typer.Exit as done:
        return done.exit_code
    if result == INTERRUPTED:  # typer turns Ctrl-C into this exit status, silently
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0
