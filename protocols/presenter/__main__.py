"""Start of the child: take the conversation's descriptors away from every print, then import the heavy parts."""

from __future__ import annotations

import os
import sys


def main(argv: list[str]) -> int:
    """Run the presenter.

    Args:
        argv: ``--link IN,OUT`` with the numbers of inherited descriptors, or ``--link stdio``.

    Returns:
        Exit status.
    """
    if len(argv) != 2 or argv[0] != "--link":
        sys.stderr.write("the presenter is started by devkit, not by hand\n")
        return 2
    if argv[1] == "stdio":
        incoming, outgoing = os.dup(0), os.dup(1)
        os.dup2(2, 1)
    else:
        incoming, outgoing = (int(number) for number in argv[1].split(","))
    from protocols.presenter.link import Link

    link = Link(incoming, outgoing)
    from protocols.presenter.host import Host

    return Host(link).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
