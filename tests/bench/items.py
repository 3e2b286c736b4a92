"""Whether items made from hours of the toybox reach the published sizes in proportion, and need eyes to be answered.

    python tests/bench/items.py FOLDER [--hours 5] [--fps 2] [--height 480] [--seed 11] [--jobs 2]

Draws a toybox of so many hours into FOLDER, builds it, makes a bank of its training recordings and one of its test
recordings, audits both (the test bank against the training data and the training bank) and lets the two baselines that
see no picture learn from the one and answer the other, every item in the order in which the bank, and so an export,
has it. Whatever is there already is used again.

Sizes: the published training items of each task over the 478 hours of SAYCam, times the hours drawn, rounded up. The
robust forms have the size of their published forms; Looking While Listening and Subitizing, of which nothing is
published for training, that of Object Counting. The test bank is as large as the training bank, where the published one
is a fourth of it, so that the intervals say something.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from devkit.banks.audit import audit_bank
from devkit.banks.build import FormKey, build_bank
from devkit.banks.chance import Share, wilson
from devkit.banks.store import Bank
from devkit.corpus.build import build_corpus
from devkit.corpus.data import MANIFEST, CorpusData, open_data
from devkit.respondents import PresentedTurn
from devkit.tasks.present import Setting, present
from devkit.toybox import make
from protocols.baselines import PositionOnly, TextOnly

SAYCAM_HOURS = 478
PUBLISHED: dict[FormKey, int] = {
    ("object_counting", "standard"): 13_695,
    ("memory", "standard"): 12_000,
    ("visual_delayed_response", "binary"): 2_584,
    ("visual_delayed_response", "open"): 2_584,
    ("localization", "standard"): 12_250,
    ("left_right", "published"): 12_250,
    ("picture_vocabulary", "standard"): 22_426,
    ("spatial_details", "published"): 11_818,
    ("who_has_more", "synthetic"): 11_200,
    ("who_has_more", "naturalistic"): 12_404,
}
"""Published training items (DevCV Toolbox)."""
LIKE: dict[FormKey, FormKey] = {
    ("left_right", "robust"): ("left_right", "published"),
    ("spatial_details", "robust"): ("spatial_details", "published"),
    ("looking_while_listening", "standard"): ("object_counting", "standard"),
    ("subitizing", "standard"): ("object_counting", "standard"),
}


def wishes(hours: float) -> dict[FormKey, int]:
    """Return the number of items of each form."""
    sizes = {key: math.ceil(count * hours / SAYCAM_HOURS) for key, count in PUBLISHED.items()}
    return sizes | {key: sizes[like] for key, like in LIKE.items()}


def data_of(folder: Path, options: argparse.Namespace) -> CorpusData:
    """Return the built toybox, drawn and built where it is missing."""
    begin = time.monotonic()
    corpus, data = folder / "toybox", folder / "data"
    if not (data / MANIFEST).exists():
        size = (options.height * 4 // 3, options.height)
        make(corpus, hours=options.hours, seed=options.seed, fps=options.fps, size=size, jobs=options.jobs)
        say(f"drawn after {time.monotonic() - begin:.0f} s")
        build_corpus(corpus, data, jobs=options.jobs)
        say(f"built after {time.monotonic() - begin:.0f} s")
    return open_data(data)


def bank_of(data: CorpusData, folder: Path, split: str, hours: float) -> Bank:
    """Return the bank of a split, made where it is missing."""
    out = folder / f"bank-{split}"
    begin = time.monotonic()
    if not (out / "bank.json").exists():
        build_bank(data, out, wishes(hours), split=split, allow_fewer=True)  # type: ignore[arg-type]
        say(f"{split} bank made in {time.monotonic() - begin:.0f} s")
    return Bank.open(out)


def turns_of(bank: Bank, key: FormKey) -> Iterator[PresentedTurn]:
    """Yield every question of a form in the bank's order; of Memory those with two answers."""
    for item in bank.of(*key):
        for index, turn in enumerate(item.turns):
            if len(turn.choices) > 1:
                yield present(item, index, tuple(range(len(turn.choices))), Setting())


def blind(train: Bank, test: Bank, key: FormKey) -> dict[str, tuple[Share, float]]:
    """Return the share of right answers and chance of each baseline, with Wilson's 99 % interval."""
    learned, asked = list(turns_of(train, key)), list(turns_of(test, key))
    chance = sum(1 / len(turn.choices) for turn in asked) / len(asked)
    found = {}
    for learner in (TextOnly(learned), PositionOnly(learned)):
        answers = learner.answer_batch(asked)
        hits = sum(one.position == turn.target_position for one, turn in zip(answers, asked, strict=True))
        found[learner.name] = (wilson(hits, len(asked), 0.99), chance)
    return found


def show_baselines(train: Bank, test: Bank, hours: float) -> None:
    """Print the sizes and what the blind reach."""
    out = Counter[bool]()
    say(f"{'form':34} {'wanted':>6} {'train':>6} {'test':>6} {'chance':>7}   text only             position only")
    for key, count in wishes(hours).items():
        cells = []
        for share, chance in blind(train, test, key).values():
            inside = share.low <= chance <= share.high
            out[inside] += 1
            cells.append(f"{share.value:5.1%} [{share.low:5.1%}, {share.high:5.1%}]{' ' if inside else '!'}")
        sizes = [len(bank.of(*key)) for bank in (train, test)]
        say(f"{'/'.join(key):34} {count:6} {sizes[0]:6} {sizes[1]:6} {chance:7.1%}   {'  '.join(cells)}")
    say(f"chance lies in the 99 % interval in {out[True]} of {out.total()}")


def show_audit(bank: Bank, against: list[Path]) -> None:
    """Print what an audit finds."""
    report = audit_bank(bank, against)
    counts = Counter(result.status for result in report.results)
    say(f"audit of {report.items} items: {', '.join(f'{n} {status}' for status, n in sorted(counts.items()))}")
    for result in report.of("defect", "expected", "unknown", "note"):
        say(f"  {result.status:8} {result.check:18} {result.where:34} {result.message}")


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hours", type=float, default=5)
    parser.add_argument("--fps", type=int, default=2)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    data = data_of(options.folder, options)
    train, test = (bank_of(data, options.folder, split, options.hours) for split in ("train", "test"))
    show_audit(train, [])
    show_audit(test, [data.path, train.path])
    show_baselines(train, test, options.hours)


if __name__ == "__main__":
    main()
