"""Many items of a task from a pool: spread evenly over the task's difficulty bins, the same for the same seed.

What one item is made of is the task's business; where items go is the caller's (`devkit.pool.MediaSink`).
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator

from PIL import Image

from devkit.errors import UserError
from devkit.items import Item
from devkit.pool import MediaSink, Pool
from devkit.tasks import task as task_named
from devkit.tasks.base import Task, Wish

DRAWS = 40
"""Draws without success after which a bin counts as empty."""


class MemorySink:
    """Keeps pictures in memory, for training and tests. Its digests name pixels, not files.

    Attributes:
        images: Pictures by digest.
    """

    def __init__(self) -> None:
        self.images: dict[str, Image.Image] = {}

    def add(self, image: Image.Image, *, lossless: bool = True) -> str:
        """Keep a picture; return the SHA-256 of its size and pixels."""
        sha = hashlib.sha256(b"%d %d " % image.size)
        sha.update(image.tobytes())
        digest = sha.hexdigest()
        self.images[digest] = image
        return digest


def generate_items(
    task: Task | str,
    form: str,
    pool: Pool,
    sink: MediaSink,
    *,
    count: int,
    seed: int,
    prefix: str,
    unique: bool = True,
) -> Iterator[Item]:
    """Yield ``count`` items named ``prefix_00000`` …; equal arguments give equal items.

    Bins (`Task.bins`) take turns so that all are used equally often. A bin from which `DRAWS` draws make nothing new
    is left out from then on, so the others share its items. Companions of an item (`Task.companion`) follow it and
    are counted.

    Args:
        task: The task or its code.
        form: One of its forms.
        pool: Material, of one split.
        sink: Takes the pictures.
        count: Number of items.
        seed: Seed of all chance.
        prefix: Begin of every item's name.
        unique: Leave out an item that equals an earlier one in everything but its name.

    Raises:
        UserError: The task or form does not exist, or the pool cannot give that many items; what it could give was
            yielded before.
    """
    maker = task_named(task) if isinstance(task, str) else task
    maker.named_form(form)
    turns = _BinTurns(maker.bins(form, pool), random.Random(f"{seed}/{maker.code}/{form}/bins"))
    known: set[str] | None = set() if unique else None
    made = 0
    while made < count:
        wanted = turns.next()
        if wanted is None:
            raise _too_few(maker, form, pool, made, count)
        rng = random.Random(f"{seed}/{maker.code}/{form}/{made}")
        item = _draw(maker, form, pool, sink, rng, f"{prefix}_{made:05d}", wanted, known)
        if item is None:
            turns.drop(wanted)
            continue
        turns.use(wanted)
        yield item
        made += 1
        companion = maker.companion(item, f"{prefix}_{made:05d}") if made < count else None
        if companion is not None and _is_new(companion, known):
            yield companion
            made += 1


class _BinTurns:
    """Lets bins take turns so that every value of every column is used equally often.

    The load of a value is its use times the number of values of its column; the bin with the least load goes next,
    a drawn one where several have it.
    """

    def __init__(self, bins: tuple[Wish, ...], rng: random.Random) -> None:
        self._bins = rng.sample(bins, len(bins))
        self._rng = rng
        self._values = Counter(column for column, _ in {pair for wanted in bins for pair in wanted.items()})
        self._used: Counter[tuple[str, object]] = Counter()

    def next(self) -> Wish | None:
        """Return the bin whose turn it is; None when all were dropped."""
        loads = [sum(self._used[pair] * self._values[pair[0]] for pair in wanted.items()) for wanted in self._bins]
        lowest = min(loads, default=0)
        least = [wanted for wanted, load in zip(self._bins, loads, strict=True) if load == lowest]
        return self._rng.choice(least) if least else None

    def use(self, wanted: Wish) -> None:
        """Count a bin as used once."""
        self._used.update(wanted.items())

    def drop(self, wanted: Wish) -> None:
        """Leave a bin out from now on."""
        self._bins.remove(wanted)


def _draw(
    maker: Task,
    form: str,
    pool: Pool,
    sink: MediaSink,
    rng: random.Random,
    item_id: str,
    wanted: Wish,
    known: set[str] | None,
) -> Item | None:
    for _ in range(DRAWS):
        item = maker.generate(form, pool, sink, rng, item_id, wanted)
        if item is not None and _is_new(item, known):
            return item
    return None


def _is_new(item: Item, known: set[str] | None) -> bool:
    """Tell whether an item differs from all before, and remember it."""
    if known is None:
        return True
    digest = item.model_copy(update={"item_id": "-"}).digest
    if digest in known:
        return False
    known.add(digest)
    return True


def _too_few(maker: Task, form: str, pool: Pool, made: int, count: int) -> UserError:
    return UserError(
        f"only {made} of {count} items of {maker.code}/{form} can be made from the {pool.split} recordings"
        f" of {pool.source}",
        hint="ask for fewer, or give more recordings with clear, large, labelled objects",
        code="too-little-material",
    )
