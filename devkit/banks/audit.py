"""``devkit bank audit``: looks for every known way in which a test can be solved without what it measures.

The list is that of the defects of the published benchmark. What was looked at and found sound is told as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devkit.banks import checks
from devkit.banks.findings import AuditReport, Result
from devkit.banks.leakage import open_other, shared
from devkit.banks.nouns import Nouns, read_vocabulary
from devkit.banks.pixels import Pictures
from devkit.banks.store import Bank
from devkit.items import Item

Advance = Callable[[int], None]
Progress = Callable[[str, int | None], AbstractContextManager[Advance]]


@dataclass(frozen=True, slots=True)
class AuditRules:
    """What an audit measures against.

    Attributes:
        tokens_per_image: Tokens that a model spends on an image.
        context: Context length of the model, tokens.
        vocabulary: File of further right nouns.
    """

    tokens_per_image: int = 197
    context: int = 8192
    vocabulary: Path | None = None


@contextmanager
def _silent(label: str, total: int | None) -> Iterator[Advance]:
    yield lambda steps: None


def audit_bank(
    bank: Bank, against: Sequence[Path] = (), rules: AuditRules | None = None, *, progress: Progress = _silent
) -> AuditReport:
    """Look through a bank.

    Args:
        bank: The bank.
        against: Banks or training data that must share nothing with it.
        rules: What to measure against.
        progress: Shows the advance, a step for each form and check.

    Raises:
        UserError: A picture of the bank is missing, or something to compare with is not there.
    """
    chosen = rules or AuditRules()
    nouns = Nouns(read_vocabulary(chosen.vocabulary) if chosen.vocabulary else frozenset())
    others = [open_other(path) for path in against]
    pictures = Pictures(bank)
    groups = _groups(bank)
    results: list[Result] = []
    with progress("auditing forms", len(groups) + 1) as advance:
        for group in groups:
            results += _look_at(group, pictures, nouns, chosen)
            advance(1)
        results += shared(bank, others)
        advance(1)
    return AuditReport(
        bank=bank.name,
        digest=bank.digest,
        items=len(bank.items),
        against=tuple(other.name for other in others),
        results=tuple(results),
    )


def _groups(bank: Bank) -> list[checks.Group]:
    forms: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in bank.items.values():
        forms[item.task, item.form].append(item)
    return [checks.Group(task, form, tuple(items)) for (task, form), items in sorted(forms.items())]


def _look_at(group: checks.Group, pictures: Pictures, nouns: Nouns, rules: AuditRules) -> Iterator[Result]:
    yield from checks.query_is_answer(group, pictures)
    yield from checks.identical_choices(group, pictures)
    yield from checks.pixel_equality(group, pictures)
    yield from checks.position_prior(group)
    yield from checks.text_only_baseline(group)
    yield from checks.choice_prior(group)
    yield from checks.label_noise(group, nouns)
    yield from checks.whole_frame_boxes(group, pictures)
    yield from checks.context_overflow(group, rules.tokens_per_image, rules.context)
    yield from checks.missing_labels(group)
