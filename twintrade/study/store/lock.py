"""One run at a time per analysis: a lock that ends with the process that holds it, however that ends."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from twintrade.errors import StoreError


@contextmanager
def hold_lock(path: Path, name: str) -> Iterator[None]:
    """Hold the lock of an analysis, or refuse when another run holds it.

    The file names the holder (process and start time). The lock itself is the kernel's, so a file that a killed run
    left behind is stale by construction and is taken over.

    Parameters
    ----------
    path : Path
        Lock file; its folder exists.
    name : str
        Analysis, for the message.

    Raises
    ------
    StoreError
        Another run holds the lock, or the file cannot be made.
    """
    descriptor = _taken(path, name)
    try:
        yield
    finally:
        _released(descriptor, path)


def _taken(path: Path, name: str) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise StoreError(
                f"the lock {path.name} cannot be made ({error.strerror}): is the folder writable?"
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise StoreError(f"{name} is being run by another process ({holder}): wait for it to end") from None
        if _is_current(descriptor, path):
            break
        os.close(descriptor)
    try:
        _describe(descriptor)
    except OSError as error:
        _released(descriptor, path)
        raise StoreError(f"the lock {path.name} cannot be written ({error.strerror})") from None
    except BaseException:
        _released(descriptor, path)
        raise
    return descriptor


def _released(descriptor: int, path: Path) -> None:
    """Remove the file, then let go of it; one that cannot be removed is stale and does no harm."""
    try:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _is_current(descriptor: int, path: Path) -> bool:
    """Whether the file under this name is still the one that was locked: its last holder may just have removed it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _describe(descriptor: int) -> None:
    holder = {"pid": os.getpid(), "started": datetime.now(UTC).isoformat(timespec="seconds")}
    os.ftruncate(descriptor, 0)
    os.write(descriptor, json.dumps(holder).encode())


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {int(holder['pid'])}, since {holder['started']}"
    except (ValueError, KeyError, TypeError, OSError):
        return "its lock file is still empty"
