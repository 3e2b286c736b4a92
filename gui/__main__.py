"""The one executable of a packaged build: the app, or with a first argument the worker, the presenter or any command.

``devkit-app [LAB]`` · ``devkit-app --worker`` · ``devkit-app --presenter --link IN,OUT`` · ``devkit-app --devkit …``.
The build leaves torch out; models run when the variable ``DEVKIT_ENVIRONMENT`` names an environment that has it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ENVIRONMENT = "DEVKIT_ENVIRONMENT"


def main(arguments: list[str]) -> int:
    """Become the program that the first argument names; the app when it names none."""
    add_environment(os.environ.get(ENVIRONMENT, ""))
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
    """Let Python find the packages of another environment after its own; False when there are none."""
    if not folder:
        return False
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for place in (Path(folder) / "lib" / version / "site-packages", Path(folder) / "Lib" / "site-packages"):
        if place.is_dir():
            sys.path.append(str(place))
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
