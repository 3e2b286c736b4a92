"""What an audit says: one result for each check and form, and the report of them all."""

from __future__ import annotations

from typing import Literal

from devkit.banks.chance import Share
from devkit.items import Strict

Status = Literal["clean", "defect", "expected", "note", "unknown"]
_EXAMPLES = 5


class Result(Strict):
    """The outcome of one check on one form.

    Attributes:
        check: Name of the check (``pixel-equality``).
        task: Task; empty for checks over the whole bank.
        form: Form.
        status: ``clean``; ``defect``; ``expected`` for what the published construction of a form brings with it;
            ``note`` for what is worth knowing and no defect; ``unknown`` when the check could not be made.
        hits: Items (or answers) that are affected.
        total: Out of how many.
        low: Lower end of the 95 % Wilson interval of their share, where it is an accuracy or a rate.
        high: Upper end.
        chance: What guessing gives, where there is such a thing.
        message: What was seen, one sentence.
        examples: A few of the items.
        advice: What to do.
    """

    check: str
    task: str = ""
    form: str = ""
    status: Status
    hits: float = 0
    total: int = 0
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    message: str
    examples: tuple[str, ...] = ()
    advice: str = ""

    @property
    def where(self) -> str:
        """Task and form, or the whole bank."""
        return f"{self.task}/{self.form}" if self.task else "whole bank"


class AuditReport(Strict):
    """Everything an audit looked at.

    Attributes:
        bank: Name of the bank.
        digest: Its digest.
        items: Number of its items.
        against: What it was compared with.
        results: In the order of the checks.
    """

    bank: str
    digest: str
    items: int
    against: tuple[str, ...] = ()
    results: tuple[Result, ...]

    def of(self, *status: Status) -> tuple[Result, ...]:
        """Return the results of some status."""
        return tuple(result for result in self.results if result.status in status)

    def found(self, *, allow_expected: bool = False) -> bool:
        """Tell whether something was found."""
        return bool(self.of("defect") if allow_expected else self.of("defect", "expected"))


def result(
    check: str,
    where: tuple[str, str],
    status: Status,
    message: str,
    *,
    share: Share | None = None,
    hits: float = 0,
    total: int = 0,
    chance: float | None = None,
    examples: list[str] | None = None,
    advice: str = "",
) -> Result:
    """Make a result; ``share`` gives hits, total and interval at once, advice is kept only for what was found."""
    return Result(
        check=check,
        task=where[0],
        form=where[1],
        status=status,
        hits=share.hits if share else hits,
        total=share.total if share else total,
        low=round(share.low, 4) if share else None,
        high=round(share.high, 4) if share else None,
        chance=None if chance is None else round(chance, 4),
        message=message,
        examples=tuple((examples or [])[:_EXAMPLES]),
        advice="" if status == "clean" else advice,
    )
