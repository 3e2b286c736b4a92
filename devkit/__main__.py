"""``python -m devkit``: the command line."""

from devkit.cli import main

if __name__ == "__main__":
    main()
