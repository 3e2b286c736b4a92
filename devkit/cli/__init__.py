"""The command line. Each group of commands is one module here, imported only when it is called."""

from devkit.cli.root import main

__all__ = ["main"]
