"""Writing the report: the page as one file that opens offline, figures and tables as files beside it."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from analysis.figures import Picture, save
from analysis.look import css_variables
from analysis.report.blocks import FigureBlock, Page
from analysis.report.extras import Extras
from analysis.report.page import build_page
from analysis.study import Study, versions
from devkit.errors import UserError
from devkit.look import BETWEEN_GROUPS_PX, CORNER_PX, FONT_FAMILY, INSIDE_GROUP_PX, PAGE_CHARACTERS, SIZES_PX


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the page, and the folder of figures and tables with their names."""

    page: Path
    folder: Path
    files: tuple[str, ...]


def write_report(study: Study, out: Path, *, title: str = "", extras: Extras | None = None) -> Written:
    """Write the report of a study.

    Args:
        study: All results.
        out: The page; figures (SVG, PNG) and tables (CSV) go to ``NAME_files`` beside it.
        title: Of the page; the lab's name by default.
        extras: Topics and plan beside the accuracies.

    Raises:
        UserError: ``out`` is a folder, or cannot be written.
    """
    return write_page(build_page(study, title or _title(study), extras), out)


def write_page(page: Page, out: Path) -> Written:
    """Write a page, its figures and its tables.

    Args:
        page: Laid out.
        out: The page; figures (SVG, PNG) and tables (CSV) go to ``NAME_files`` beside it.

    Raises:
        UserError: ``out`` is a folder, or cannot be written.
    """
    if out.is_dir():
        raise UserError("is a folder; name a file", place=str(out), hint=f"{out / 'report.html'}")
    folder = out.with_name(f"{out.stem}_files")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pictures = {
            b.drawn.name: save(b.drawn, folder) for s in page.sections for b in s.blocks if isinstance(b, FigureBlock)
        }
        for table in page.tables:
            (folder / f"{table.name}.csv").write_text(table.csv(), encoding="utf-8")
        partial = out.with_name(f".{out.name}.part")
        partial.write_text(render(page, pictures), encoding="utf-8")
        os.replace(partial, out)
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror or error}", place=str(error.filename or out)) from None
    names = [name for picture in pictures.values() for name in picture.files]
    return Written(out, folder, tuple(sorted(names + [f"{table.name}.csv" for table in page.tables])))


def _title(study: Study) -> str:
    kinds = {group.kind for group in study.groups.values()}
    side = (
        "children and models side by side"
        if "model" in kinds and kinds & {"child", "adult", "simulation"}
        else "report"
    )
    return f"{study.facts.name or 'Lab'}: {side}"


def render(page: Page, pictures: Mapping[str, Picture]) -> str:
    """Return the page as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["data_uri"] = _data_uri
    template = environment.from_string(_text("template.html"))
    return template.render(
        page=page,
        version=versions()["devkit"],
        script=Markup(_text("copy.js")),
        pictures=pictures,
        svg={name: Markup(picture.svg) for name, picture in pictures.items()},  # made by us, not by a user
        css=Markup(_style()),
        written=datetime.now(UTC).astimezone().strftime("%d %B %Y"),
    )


def _style() -> str:
    """Return the style sheet with the tokens as custom properties."""
    sizes = " ".join(f"--size-{at}: {size}px;" for at, size in enumerate(SIZES_PX))
    spaces = f"--inside: {INSIDE_GROUP_PX}px; --between: {BETWEEN_GROUPS_PX}px; --corner: {CORNER_PX}px;"
    spaces += f" --page: {PAGE_CHARACTERS}ch;"
    fixed = f":root {{ {css_variables('light')} {sizes} {spaces} --font: {FONT_FAMILY}; }}"
    dark = (
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ color-scheme: dark; {css_variables('dark')} }} }}"
    )
    return f"{fixed}\n{dark}\n{_text('style.css')}"


def _text(name: str) -> str:
    return files("analysis.report").joinpath(name).read_text(encoding="utf-8")


def _data_uri(text: str) -> str:
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode()).decode()
