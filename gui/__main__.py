"""The one executable of a packaged build: the app, or with a first argument the worker, the presenter or any command.

``devkit-app [LAB]`` · ``devkit-app --worker`` · ``devkit-app --presenter --link IN,OUT`` · ``devkit-app --devkit …``.
The build leaves torch out; models run when the variable ``DEVKIT_ENVIRONMENT`` names an environment that has it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from devkit.errors import UserError

LEFT_OUT = ("torch", "torchvision", "transformers", "open_clip", "accelerate", "tokenizers", "safetensors", "cv2")
ENVIRONMENT = "DEVKIT_ENVIRONMENT"


def main(arguments: list[str]) -> int:
    """Become the program that the first argument names; the app when it names none."""
    add_environment(os.environ.get(ENVIRONMENT, ""))
    if getattr(sys, "frozen", False):
        sys.meta_path.append(Absent())  # asked last, when nobody else has found a module
    which, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if which == "--presenter":
        from protocols.presenter.__main__ import main as presenter

        return presenter(rest)
    from devkit.cli.root import run

    if which == "--worker":
        return run(["worker", *rest])
    if which == "--devkit":
        return run(rest)
    return run(["gui", *arguments])


def add_environment(folder: str) -> bool:
    """Let Python find the packages of another environment before its own; False when there are none.

    A build holds only as much of each package, and of the standard library, as its own modules need; what is found in
    the environment is whole, so it comes first.
    """
    if not folder:
        return False
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for place in (Path(folder) / "lib" / version / "site-packages", Path(folder) / "Lib" / "site-packages"):
        if place.is_dir():
            sys.path[:0] = [str(place), *_standard_library(Path(folder), version)]
            return True
    return False


def _standard_library(folder: Path, version: str) -> list[str]:
    """Return where the Python of an environment keeps its standard library."""
    try:
        lines = (folder / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    homes = [Path(value.strip()) for key, _, value in (line.partition("=") for line in lines) if key.strip() == "home"]
    bases = [home.parent for home in homes] + homes + [folder]
    places = [base / lib for base in bases for lib in (Path("lib") / version, Path("Lib"))]
    found = next((place for place in places if (place / "os.py").is_file()), None)
    return [] if found is None else [str(found), str(found / "lib-dynload")]


class LeftOut(UserError, ModuleNotFoundError):
    """A module that a build leaves out: for callers that can do without it an import error, else the user's to mend."""


class Absent:
    """Says what to do when a module is wanted that the build leaves out and no environment has."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise `LeftOut` for what was left out; anything else is none of its business."""
        if fullname in LEFT_OUT:
            hint = f"install it for Python 3.12 and name that environment's folder in {ENVIRONMENT}"
            raise LeftOut(f"this needs {fullname}, which this build leaves out", hint=hint, code="left-out")
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
