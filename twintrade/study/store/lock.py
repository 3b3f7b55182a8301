"""One run at a time per analysis: a lock that ends with the process that holds it, however that ends."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from twintrade.errors import StoreError
from twintrade.text import Text

_WAIT_SECONDS = 0.1
"""Long enough to meet a holder that is just letting go, too short to be noticed."""

_FIRST_BYTE = 1
"""Where the holder's name begins: on Windows the lock is the byte before it, which nobody else may read."""


@contextmanager
def hold_lock(path: Path, name: str) -> Iterator[None]:
    """Hold the lock of an analysis, or refuse when another run holds it.

    The file names the holder (process and start time). The lock itself is the kernel's, so a file that a killed run
    left behind is stale by construction and is taken over. Whoever asks the process to end interrupts it, so that the
    file goes too.

    ``path``: lock file; its folder exists; ``name``: analysis, for the message.
    """
    from filelock import FileLock, Timeout  # what only lists or explains takes no lock

    try:
        lock = FileLock(path, timeout=_WAIT_SECONDS, poll_interval=_WAIT_SECONDS / 5).acquire()
    except Timeout:
        raise StoreError(
            f"{name} is being run by another process ({_read_holder(path)}): wait for it to end"
        ) from None
    except OSError as error:
        raise StoreError(f"the lock {path.name} cannot be made ({error.strerror}): is the folder writable?") from None
    with lock, _end_as_interrupted():
        try:
            _write_holder(path)
            yield
        finally:
            # Removed while it is held; one that cannot be removed is stale and does no harm.
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def _end_as_interrupted() -> Iterator[None]:
    """Take the signal to end for an interruption; only a main thread may choose."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _write_holder(path: Path) -> None:
    holder = {"pid": os.getpid(), "started": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        with path.open("r+b", buffering=0) as stream:
            stream.seek(_FIRST_BYTE)
            stream.truncate()
            stream.write(json.dumps(holder).encode())
    except OSError as error:
        raise StoreError(f"the lock {path.name} cannot be written ({error.strerror})") from None


def _read_holder(path: Path) -> str:
    try:
        with path.open("rb", buffering=0) as stream:
            stream.seek(_FIRST_BYTE)
            holder = json.loads(stream.read())
        return str(Text("study.held-by", process=int(holder["pid"]), since=str(holder["started"])))
    except (ValueError, KeyError, TypeError, OSError):
        return str(Text("study.lock-empty"))
