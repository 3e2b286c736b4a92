"""Files that must not be lost or half written: locks, flushing to the disk, whole-file writes.

Turns what a disk can do to us (full, read-only, failing) into one `devkit.errors.UserError` that says what is safe.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devkit.errors import UserError

if sys.platform == "win32":  # pragma: no cover - written after the manual, not tried on Windows
    import msvcrt
else:
    import fcntl

LOW_SPACE = 32 << 20
_LOCK_PLACE = 1 << 40  # Windows locks bytes: one far behind any journal's end


def lock(descriptor: int, *, patience: float = 0.0) -> bool:
    """Take the exclusive lock of an open file; False when another writer still holds it after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not _lock_now(descriptor):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def _lock_now(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":  # pragma: no cover
            os.lseek(descriptor, _LOCK_PLACE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def is_locked(path: Path) -> bool:
    """Return whether a writer holds the file at this moment."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not lock(descriptor)
    finally:
        os.close(descriptor)


def append(descriptor: int, data: bytes, *, durable: bool, path: Path) -> None:
    """Append bytes to a file in one write, all of them or none.

    Args:
        descriptor: Open for appending.
        data: What to append.
        durable: Whether to wait until the disk has it.
        path: For the message.

    Raises:
        UserError: The disk is full, read-only or failing; the file is as it was before.
    """
    before = os.fstat(descriptor).st_size
    try:
        written = os.write(descriptor, data)
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if durable:
            os.fsync(descriptor)
    except OSError as error:
        try:
            os.ftruncate(descriptor, before)
        except OSError:
            reason = "the last line may be torn; it is mended when the session is opened again"
            raise disk_error(path, error, reason) from error
        raise disk_error(path, error, "everything before this record is safe") from error


def disk_error(path: Path, error: OSError, safe: str) -> UserError:
    """Return what to tell a user when a disk refuses."""
    hints = {
        errno.ENOSPC: "free some space and go on",
        errno.EDQUOT: "free some space and go on",
        errno.EROFS: "the disk is read-only",
        errno.EACCES: "you may not write there",
    }
    hint = "; ".join(part for part in (hints.get(error.errno or 0, ""), safe) if part)
    return UserError(f"cannot be written: {error.strerror or error}", place=str(path), hint=hint, code="disk")


def require_space(folder: Path, need: int = LOW_SPACE) -> None:
    """Refuse to begin where fewer than ``need`` bytes are free.

    Raises:
        UserError: The disk is nearly full.
    """
    free = shutil.disk_usage(folder).free
    if free < need:
        message = f"only {free >> 20} MiB are free on this disk; a session needs {need >> 20} MiB"
        raise UserError(message, place=str(folder), hint="free some space first", code="disk")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write ``path`` into a `UserError`; for whole files that a failure leaves as they were."""
    try:
        yield
    except OSError as error:
        raise disk_error(Path(error.filename or path), error, "nothing was changed") from error


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file so that it is either wholly there or as before, also after a power cut.

    Raises:
        UserError: The disk refuses; ``path`` is as it was before.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with writing(path):
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o666)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the disk keep a folder's new names (a no-op where folders cannot be flushed)."""
    if sys.platform == "win32":  # pragma: no cover
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
