"""Whether trials fit into a model's context, said before a session begins; nothing is ever cut silently."""

from __future__ import annotations

from collections.abc import Mapping

from devkit.errors import UserError


def check_context(lengths: Mapping[str, int], items: Mapping[str, str], positions: int) -> None:
    """Make sure that every trial fits into a model's context.

    Args:
        lengths: Tokens of each trial.
        items: Its item.
        positions: Tokens that the model takes.

    Raises:
        UserError: A trial does not fit.
    """
    longest = max(lengths, key=lambda trial: lengths[trial], default=None)
    if longest is None or lengths[longest] <= positions:
        return
    many = sum(length > positions for length in lengths.values())
    raise UserError(
        f"{many} of {len(lengths)} trials do not fit into the model's context: item {items[longest]} takes "
        f"{lengths[longest]} tokens, the model {positions}",
        hint="leave the task out, or use a model with a longer context",
        code="context-overflow",
    )
