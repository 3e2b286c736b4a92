"""Identifiers and digests: UUIDv7 for sessions and trials, SHA-256 for bytes and for canonical JSON.

Digests name media, items and plans, so two stations that hold the same thing call it the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from pathlib import Path
from typing import Any


def uuid7(unix_ms: int | None = None) -> str:
    """Return a new UUID version 7 (RFC 9562): sortable by time, never colliding between stations.

    Args:
        unix_ms: Milliseconds since the epoch; the present by default.
    """
    stamp = time.time_ns() // 1_000_000 if unix_ms is None else unix_ms
    value = (stamp & (2**48 - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def uuid7_of(unix_ms: int, source: str) -> str:
    """Return the UUID version 7 that ``source`` always has: for what is imported, so that importing twice adds nothing.

    Args:
        unix_ms: Milliseconds since the epoch at which the imported thing happened.
        source: Names the thing within the world: data set, file and key.
    """
    value = (unix_ms & (2**48 - 1)) << 80 | int.from_bytes(hashlib.sha256(source.encode()).digest()[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_file(path: Path, *, chunk: int = 1 << 20) -> str:
    """Return the SHA-256 of a file, read in chunks of ``chunk`` bytes."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(chunk):
            sha.update(block)
    return sha.hexdigest()


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys, no spaces and no NaN: equal values give equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest_json(value: Any) -> str:
    """Return the SHA-256 of a JSON value's canonical text."""
    return digest_bytes(canonical_json(value).encode())
