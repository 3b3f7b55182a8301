"""How long the reading of one file may take, looked at between chunks, members and rows: no signals, any thread."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, TypeVar

from twintrade.data.sources import limits
from twintrade.errors import DataError

T = TypeVar("T")
Clock: TypeAlias = Callable[[], float]

_SECONDS_A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class _Reading:
    file: str
    clock: Clock
    began: float


_current: ContextVar[_Reading | None] = ContextVar("reading", default=None)


@contextmanager
def limit_time(file: str, clock: Clock = time.monotonic) -> Iterator[None]:
    """Begin to count the time of a file; inside another count, as where init looks before it reads, that one goes on.

    ``file``: as declared, for the message; ``clock``: seconds that never go back.
    """
    token = _current.set(_current.get() or _Reading(file, clock, clock()))
    try:
        yield
    finally:
        _current.reset(token)


def check_time() -> None:
    """Give up a file that takes too long; without a count there is no limit."""
    reading = _current.get()
    if reading is None or reading.clock() - reading.began <= limits.MAX_READING_SECONDS:
        return
    minutes = limits.MAX_READING_SECONDS / _SECONDS_A_MINUTE
    raise DataError(
        f"{reading.file} is not read after {minutes:g} minutes, which no table of its kind needs: save the columns "
        "and rows that count as .csv, or declare microdata"
    )


def iterate_in_time(items: Iterable[T], every: int) -> Iterator[T]:
    """Hand items on and check the time before the first of every so many."""
    for i, item in enumerate(items):
        if not i % every:
            check_time()
        yield item


def list_in_time(items: Iterable[T], every: int) -> list[T]:
    """Return items as a list, the time checked before each so many: for items that need no look on the way."""
    rest, items_read = iter(items), list[T]()
    while True:
        check_time()
        part = list(islice(rest, every))
        if not part:
            return items_read
        items_read += part
