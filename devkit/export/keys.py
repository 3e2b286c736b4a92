"""Keys of letters and digits for codes, ids and task names: what Psych-DS and BIDS allow in the name of a file."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

_DIGEST = 6


def keys_of(values: Iterable[str]) -> dict[str, str]:
    """Return a key for each value.

    A key is the value without everything but ASCII letters and digits. Values that come to the same key (also where
    only upper and lower case differ, since some file systems do not tell them apart), and values of which nothing is
    left, get six hexadecimal digits of their SHA-256 behind it. A key depends on the set of values, never on their
    order.

    Args:
        values: Codes, ids or names.
    """
    plain = {value: re.sub(r"[^A-Za-z0-9]", "", value) for value in values}
    shared = Counter(key.casefold() for key in plain.values())
    return {value: key if key and shared[key.casefold()] == 1 else key + _short(value) for value, key in plain.items()}


def _short(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:_DIGEST]
