"""The root command: finds a group by name, and turns a user's mistake into one message and exit status 2.

Groups load lazily, so ``devkit --help`` needs neither torch nor pandas. Exit status: 0 done, 1 a check found
something, 2 a user's mistake, 130 interrupted.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click
import typer

from devkit.errors import UserError, did_you_mean

COMMANDS: dict[str, tuple[str, str]] = {
    "doctor": ("devkit.cli.doctor", "Check this machine: display, input, sound, libraries."),
    "demo": ("devkit.cli.demo", "Run the whole bench on the toybox and write a report."),
    "gui": ("devkit.cli.gui", "Open the desktop app."),
    "lab": ("devkit.cli.lab", "Make, check, rebuild, merge and fill labs."),
    "participant": ("devkit.cli.participant", "Add and list participants."),
    "protocol": ("devkit.cli.protocol", "Check, plan and pilot protocols."),
    "bank": ("devkit.cli.bank", "Build, import, export and audit item banks."),
    "run": ("devkit.cli.run", "Run a protocol with any respondent."),
    "corpus": ("devkit.cli.corpus", "Make, check and build corpora."),
    "train": ("devkit.cli.train", "Train BabyVLM, stage by stage."),
    "analyse": ("devkit.cli.analyse", "Compute the developmental statistics of a lab."),
    "report": ("devkit.cli.report", "Write the side-by-side report of a lab."),
    "export": ("devkit.cli.export", "Export a lab's records."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the declaration."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command; its ``app`` is a `typer.Typer`."""
        if cmd_name not in COMMANDS:
            return None
        app: typer.Typer = importlib.import_module(COMMANDS[cmd_name][0]).app
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; an unknown one is a user's mistake with a guess at what was meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS) or "see devkit --help"
            raise UserError(f"there is no command '{args[0]}'", hint=hint)
        return super().resolve_command(ctx, args)


root = LazyGroup(
    "devkit",
    help="One bench on which children, adults and vision-language models take the same developmental tests.",
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=lambda c, p, v: _version(c, v),
        )
    ],
)


def _version(ctx: click.Context, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"devkit {version('devkit')}")
        ctx.exit(0)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status instead of leaving."""
    try:
        result = root.main(args=list(argv) if argv is not None else None, standalone_mode=False)
    except UserError as error:
        for problem in error.problems:
            click.echo(f"devkit: {problem}", err=True)
        return 2
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        click.echo(f"devkit: {error.format_message()}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("devkit: interrupted; what was done so far is kept", err=True)
        return 130
    except OSError as error:
        if error.filename is None and error.strerror is None:
            raise
        click.echo(f"devkit: {error.filename or 'file system'}: {error.strerror}", err=True)
        return 2
    return result if isinstance(result, int) else 0
