"""What the app and its worker process say to each other: one JSON object a line, one schema.

`devkit.cli.worker` (the worker: statistics, models, training) and `gui.work` (the app) both import this module and
nothing of each other. A job is a ``devkit`` command by its arguments, so the app can do nothing that the command line
cannot; what the command prints comes back whole when it is done, its progress while it runs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from devkit.errors import Problem, UserError

VERSION: Literal[1] = 1


class Message(BaseModel):
    """Base of all messages: the version of the schema, no unknown keys, no later change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    v: Literal[1] = VERSION


class Start(Message):
    """App → worker: run this command; jobs are done one after the other.

    Attributes:
        job: Name of the job, chosen by the app.
        arguments: What would stand after ``devkit`` on the command line.
        environment: Variables to set while it runs; a passphrase travels here, never among the arguments.
    """

    kind: Literal["start"] = "start"
    job: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = Field(default_factory=dict, repr=False)


class Cancel(Message):
    """App → worker: interrupt this job, as Ctrl-C would; what was finished is kept."""

    kind: Literal["cancel"] = "cancel"
    job: str


class Begun(Message):
    """Worker → app: the job runs now."""

    kind: Literal["begun"] = "begun"
    job: str


class Progress(Message):
    """Worker → app: how far the job is.

    Attributes:
        label: What is being done.
        done: Steps done.
        total: Steps in all; None when nobody knows.
        per_s: Steps a second lately; None at the beginning.
    """

    kind: Literal["progress"] = "progress"
    job: str
    label: str
    done: int
    total: int | None = None
    per_s: float | None = None


class ProblemText(Message):
    """A `devkit.errors.Problem` on its way."""

    code: str
    message: str
    place: str = ""
    hint: str = ""

    def problem(self) -> Problem:
        """Return it as the library's own type."""
        return Problem(self.code, self.message, self.place, self.hint)


class Done(Message):
    """Worker → app: the job is over.

    Attributes:
        status: Exit status of the command: 0 done, 1 a check found something, 2 a user's mistake, 130 cancelled,
            70 a fault of the program.
        said: What it printed on standard output (JSON where the command was asked for it).
        heard: The last lines of its standard error.
        problems: What was wrong, where the status is 2 or 70.
    """

    kind: Literal["done"] = "done"
    job: str
    status: int
    said: str = ""
    heard: str = ""
    problems: tuple[ProblemText, ...] = ()


ToWorker = Annotated[Start | Cancel, Field(discriminator="kind")]
ToApp = Annotated[Begun | Progress | Done, Field(discriminator="kind")]
_TO_WORKER: TypeAdapter[ToWorker] = TypeAdapter(ToWorker)
_TO_APP: TypeAdapter[ToApp] = TypeAdapter(ToApp)


def encode(message: Message) -> bytes:
    """Return the message as one line of UTF-8 JSON with its newline."""
    return message.model_dump_json().encode() + b"\n"


def decode_for_worker(line: bytes) -> ToWorker:
    """Read one line that the app wrote; `UserError` when it is no message of this version."""
    return _decode(_TO_WORKER, line)


def decode_for_app(line: bytes) -> ToApp:
    """Read one line that the worker wrote; `UserError` when it is no message of this version."""
    return _decode(_TO_APP, line)


def _decode[Either](adapter: TypeAdapter[Either], line: bytes) -> Either:
    try:
        return adapter.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        hint = "both processes must come from the same installation"
        raise UserError(f"not a message of version {VERSION}: {first['msg']}", place=place, hint=hint) from None
