"""Libraries that a plain install does not bring: which are there, and which of them a run used."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec

_USED: ContextVar[set[str] | None] = ContextVar("used", default=None)


def has_library(module: str) -> bool:
    """Return whether a library is installed, without importing it."""
    return find_spec(module) is not None


def note_library(package: str) -> None:
    """Note that what is being run has used a library, by the name it is installed by."""
    used = _USED.get()
    if used is not None:
        used.add(package)


@contextmanager
def note_libraries() -> Iterator[set[str]]:
    """Collect the libraries that are used meanwhile."""
    used: set[str] = set()
    token = _USED.set(used)
    try:
        yield used
    finally:
        _USED.reset(token)
