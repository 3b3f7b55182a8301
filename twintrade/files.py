"""The one door for bytes: regular files alone, of a bearable size, and words where memory does not suffice."""

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from twintrade.errors import DataError
from twintrade.text import Text

MOST_BYTES = 4 * 1024**3


def open_file(path: Path, shown: str = "") -> io.BufferedReader:
    """Open a regular file for its bytes: a pipe would wait for a writer, and a device need not end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DataError(Text("common.no-regular-file", file=shown or path.name))
    return os.fdopen(descriptor, "rb")


def read_file(path: Path, shown: str = "", most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a regular file, of which there may be so many."""
    with open_file(path, shown) as stream, explain_memory(shown or path.name):
        size = os.fstat(stream.fileno()).st_size
        content = stream.read() if size <= most else b""
    if max(size, len(content)) > most:
        raise DataError(Text("common.file-too-large", file=shown or path.name, most=most))
    return content


def check_memory(n_bytes: int, shown: str) -> None:
    """Refuse a file whose content takes more memory than is free, before any is taken."""
    if n_bytes > min(_list_free_memory(), default=n_bytes):
        raise DataError(Text("common.no-memory", file=shown))


def check_address_space(least: int) -> None:
    """Refuse to begin under a limit of the process at which libraries end it without a word."""
    with suppress(OSError):
        most = re.search(rb"Max address space\s+(\d+)", read_file(Path("/proc/self/limits")))
        if most and int(most[1]) < least:
            megabytes = {"most": int(most[1]) // 2**20, "least": least // 2**20}
            raise DataError(Text("common.no-address-space", **megabytes))


def _list_free_memory() -> Iterator[int]:
    """Yield the bytes that the process's own limit and the machine leave, where the system says so."""
    with suppress(OSError):
        status, limits, machine = (
            read_file(Path("/proc", name)) for name in ("self/status", "self/limits", "meminfo")
        )
        used, most = re.search(rb"VmSize:\s+(\d+)", status), re.search(rb"Max address space\s+(\d+)", limits)
        if used and most:
            yield int(most[1]) - int(used[1]) * 1024
        if available := re.search(rb"MemAvailable:\s+(\d+)", machine):
            yield int(available[1]) * 1024


@contextmanager
def explain_memory(shown: str) -> Iterator[None]:
    """Say in words that memory does not suffice for a file."""
    try:
        yield
    except MemoryError:
        raise DataError(Text("common.no-memory", file=shown)) from None
