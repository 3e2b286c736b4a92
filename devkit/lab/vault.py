"""An encrypted file that a passphrase opens: bytes in, bytes out, and nothing of what they mean.

AES-256 in Galois/counter mode (NIST SP 800-38D) under a key that scrypt (RFC 7914) makes of the passphrase. The
first line of the file is JSON with the salt and scrypt's cost, and is authenticated with the rest; the second is the
nonce and the ciphertext in base 64. Every write takes a new nonce; the salt changes with the passphrase only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devkit.errors import UserError
from devkit.lab.files import write_whole

NONCE_BYTES = 12
SALT_BYTES = 16
COST = 2**15
SHORTEST = 8


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    vault: int = Field(default=1, ge=1, le=1)
    kdf: str = Field(default="scrypt", pattern="^scrypt$")
    n: int = Field(default=COST, ge=2**12, le=2**20)
    r: int = Field(default=8, ge=1, le=32)
    p: int = Field(default=1, ge=1, le=16)
    salt: str = Field(pattern=r"^[0-9a-f]{32}$")

    def line(self) -> bytes:
        return self.model_dump_json().encode()


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """What opens a vault; made of a passphrase and the vault's salt, and never written."""

    secret: bytes
    head: bytes


def new_key(passphrase: str) -> Key:
    """Return the key of a new vault.

    Raises:
        UserError: The passphrase is too short to be one.
    """
    if len(passphrase) < SHORTEST:
        hint = f"at least {SHORTEST} characters; several words are good"
        raise UserError("the passphrase is too short", hint=hint, code="passphrase")
    return _key(_Head(salt=os.urandom(SALT_BYTES).hex()), passphrase)


def key_for(path: Path, passphrase: str) -> Key:
    """Return the key that a passphrase gives for a vault that is there; `read` tells whether it fits."""
    return _key(_head(path, _lines(path)[0]), passphrase)


def read(path: Path, key: Key) -> bytes:
    """Return what a vault holds.

    Raises:
        UserError: The passphrase is another (code ``passphrase``), or the file is damaged (code ``people``).
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head, sealed = _lines(path)
    _head(path, head)
    if head != key.head:
        raise UserError("the passphrase was changed since", place=str(path), hint="give the new one", code="passphrase")
    try:
        data = base64.b64decode(sealed, validate=True)
        return AESGCM(key.secret).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], head)
    except InvalidTag:
        hint = "try again; if it is lost, names are lost but no data"
        raise UserError("the passphrase does not fit", place=str(path), hint=hint, code="passphrase") from None
    except (binascii.Error, ValueError):
        raise _damaged(path) from None


def write(path: Path, key: Key, data: bytes) -> None:
    """Write a vault anew, whole or not at all, readable by its owner only.

    Raises:
        UserError: The disk refuses; the file is as it was.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key.secret).encrypt(nonce, data, key.head)
    write_whole(path, key.head + b"\n" + base64.b64encode(sealed) + b"\n", private=True)


def whole(path: Path) -> bool:
    """Tell whether a file looks like a whole vault; only its passphrase shows whether every byte is right."""
    try:
        head, sealed = _lines(path)
        _head(path, head)
        return len(base64.b64decode(sealed, validate=True)) > NONCE_BYTES
    except (UserError, binascii.Error, ValueError):
        return False


def _key(head: _Head, passphrase: str) -> Key:
    room = 256 * head.n * head.r  # twice what scrypt needs
    secret = hashlib.scrypt(
        passphrase.encode(), salt=bytes.fromhex(head.salt), n=head.n, r=head.r, p=head.p, maxmem=room, dklen=32
    )
    return Key(secret, head.line())


def _lines(path: Path) -> tuple[bytes, bytes]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path), code="people") from None
    if len(lines) != 3 or lines[2]:
        raise _damaged(path)
    return lines[0], lines[1]


def _head(path: Path, line: bytes) -> _Head:
    try:
        return _Head.model_validate(json.loads(line))
    except (ValueError, ValidationError, RecursionError):
        raise _damaged(path) from None


def _damaged(path: Path) -> UserError:
    hint = "restore it from a backup; sessions are not affected"
    return UserError("the file is damaged", place=str(path), hint=hint, code="people")
