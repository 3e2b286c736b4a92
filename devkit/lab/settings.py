"""``lab.toml``: what a lab says of itself. Every mistake in it is named by its place.

The file is the user's to edit. What a program changes later goes through `devkit.lab.edit`, which keeps the user's
comments.
"""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from devkit.errors import Problem, Problems, UserError, did_you_mean
from devkit.items import Strict
from devkit.lab.files import write_whole
from devkit.lab.station import LabCamera, LabGaze, LabInput, LabScreen, LabSound, station_text

FORMAT = 2  # 2 knows the recruitment plan
FILE = "lab.toml"


class CodeScheme(Strict):
    """How codes of participants are made.

    Attributes:
        style: ``random`` codes cannot collide between stations and say nothing of who came when; ``counter`` counts.
        prefix: What every code begins with; give each station its own when codes are counted.
        digits: Length of the part behind the prefix.
    """

    style: Literal["random", "counter"] = "random"
    prefix: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9-]{0,11})?$")] = "P-"
    digits: int = Field(default=5, ge=2, le=12)


class Privacy(Strict):
    """What may leave the lab.

    Attributes:
        dates: ``time``, ``day``, ``month`` or ``none``: how exactly exports say when things were. Unless it is
            ``time``, ids are replaced too, since an id holds the time at which it was made.
        raw_answers: Whether exports hold the words of replies.
        notes: Whether exports hold the examiner's notes.
    """

    dates: Literal["time", "day", "month", "none"] = "time"
    raw_answers: bool = True
    notes: bool = False


class RecruitmentGroup(Strict):
    """A group that the study recruits.

    Attributes:
        name: For people.
        kind: ``child`` or ``adult``.
        age_months: Youngest and oldest age at a session, completed months; both count.
        participants: How many are wanted.
        protocol: Only those with a finished session of this protocol count; empty counts every protocol.
    """

    name: str = ""
    kind: Literal["child", "adult"] = "child"
    age_months: tuple[Annotated[int, Field(ge=0, le=1200)], Annotated[int, Field(ge=0, le=1200)]] = (0, 1200)
    participants: int = Field(ge=1, le=100_000)
    protocol: str = ""

    @field_validator("age_months")
    @classmethod
    def _in_order(cls, value: tuple[int, int]) -> tuple[int, int]:
        if value[0] > value[1]:
            raise ValueError("the youngest age comes first")
        return value


class LabSettings(Strict):
    """The settings of a lab.

    Attributes:
        format: Version of the lab folder.
        name: Name for people.
        lab_id: UUID; every record carries it.
        languages: BCP 47, the usual one first.
        codes: How codes of participants are made.
        privacy: What may leave the lab.
        screen: The child's screen.
        sound: The child's sound.
        input: How a child answers.
        recruitment: Whom the study recruits; empty when there is no plan.
    """

    format: int = FORMAT
    name: str = Field(min_length=1)
    lab_id: str
    languages: tuple[Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")], ...] = Field(min_length=1)
    codes: CodeScheme = CodeScheme()
    privacy: Privacy = Privacy()
    screen: LabScreen = LabScreen()
    sound: LabSound = LabSound()
    input: LabInput = LabInput()
    gaze: LabGaze = LabGaze()
    camera: LabCamera = LabCamera()
    recruitment: tuple[RecruitmentGroup, ...] = ()

    @field_validator("lab_id")
    @classmethod
    def _is_uuid(cls, value: str) -> str:
        return str(uuid.UUID(value))


def code_scheme(style: str, prefix: str) -> CodeScheme:
    """Make a code scheme from what a user typed.

    Raises:
        UserError: There is no such style, or the prefix is no prefix.
    """
    try:
        return CodeScheme.model_validate({"style": style, "prefix": prefix})
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)[0]
        hint = "random or counter" if found["loc"][0] == "style" else "letters, digits and '-', at most 12"
        raise UserError(f"the code {found['loc'][0]} is wrong: {found['msg']}", hint=hint) from None


def read_settings(path: Path) -> LabSettings:
    """Read a ``lab.toml``.

    Raises:
        UserError: The file is missing or no TOML.
        Problems: All that is wrong in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"is not UTF-8 text (byte {error.start})", place=str(path)) from None
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from None
    return parse_settings(text, path)


def parse_settings(text: str, path: Path) -> LabSettings:
    """Read the text of a ``lab.toml``; ``path`` is for messages. Raises as `read_settings` does."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        place, message = _toml_place(path, str(error) or "nested too deeply")
        raise UserError(f"is no TOML: {message}", place=place, code="toml") from None
    version = values.get("format", FORMAT)
    if isinstance(version, int) and version > FORMAT:
        hint = "update devkit"
        raise UserError(f"was made by a newer devkit (lab format {version}, here {FORMAT})", place=str(path), hint=hint)
    try:
        return LabSettings.model_validate_json(_as_json(values))
    except ValidationError as error:
        raise Problems(_problems(error, text, path), subject=str(path)) from None


def _as_json(values: dict[str, Any]) -> str:
    return json.dumps(values, default=str)  # dates and times become text, which no setting takes for something else


def _toml_place(path: Path, message: str) -> tuple[str, str]:
    found = re.search(r"\s*\(at line (\d+), column (\d+)\)", message)
    if found is None:
        return str(path), message
    return f"{path}:{found[1]}:{found[2]}", message.replace(found[0], "")


def _problems(error: ValidationError, text: str, path: Path) -> list[Problem]:
    problems = []
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        keys = [str(part) for part in found["loc"]]
        name, hint = ".".join(keys), ""
        message = f"'{name}': {found['msg']}"
        if found["type"] == "extra_forbidden":
            message, hint = f"there is no setting '{name}'", did_you_mean(keys[-1], _known(keys[:-1]))
        elif found["type"] == "missing":
            message = f"the setting '{name}' is missing"
        line = _line_of(text, keys)
        problems.append(Problem("lab-settings", message, f"{path}:{line}" if line else str(path), hint))
    return problems


def _known(parents: list[str]) -> list[str]:
    tables: dict[str, type[Strict]] = {
        "codes": CodeScheme,
        "privacy": Privacy,
        "recruitment": RecruitmentGroup,
        "screen": LabScreen,
        "sound": LabSound,
        "input": LabInput,
        "gaze": LabGaze,
        "camera": LabCamera,
    }
    model = tables.get(parents[0]) if parents else LabSettings
    return list(model.model_fields) if model else []


def _line_of(text: str, keys: list[str]) -> int | None:
    """Return the line on which a setting stands, as far as simple TOML goes."""
    table, wanted = "", [key for key in keys if not key.isdecimal()]
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = heading[1].strip()
            if wanted == [table]:
                return number
        name = re.match(r"\s*[\"']?([^\s=\"'\[\]]+)[\"']?\s*=", line)
        if name and wanted == [*(part for part in table.split(".") if part), name[1]]:
            return number
    return None


def settings_text(settings: LabSettings) -> str:
    """Return settings as TOML with a word of explanation for each."""

    def quoted(value: str) -> str:
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")

    codes, privacy = settings.codes, settings.privacy
    languages = ", ".join(quoted(language) for language in settings.languages)
    return f"""\
# The settings of this lab. Made by devkit; edit the values as you like, but never lab_id.
format = {settings.format}
name = {quoted(settings.name)}
lab_id = {quoted(settings.lab_id)}
languages = [{languages}]  # BCP 47, the usual one first

[codes]  # of participants
style = {quoted(codes.style)}  # random: never the same at two stations; counter: 1, 2, 3 ...
prefix = {quoted(codes.prefix)}
digits = {codes.digits}

[privacy]  # what exports may hold
dates = {quoted(privacy.dates)}  # time, day, month or none
raw_answers = {str(privacy.raw_answers).lower()}  # the words of replies
notes = {str(privacy.notes).lower()}  # notes of the examiner
{station_text(settings.screen, settings.sound, settings.input, settings.gaze, settings.camera)}"""


def write_settings(path: Path, settings: LabSettings) -> None:
    """Write a ``lab.toml``.

    Raises:
        UserError: The disk refuses.
    """
    write_whole(path, settings_text(settings).encode())
