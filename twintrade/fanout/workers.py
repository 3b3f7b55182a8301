"""Which workers the jobs of a piece of code may use, said once around it and never through every function between."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, Protocol, TypeAlias

from numpy.typing import NDArray

from twintrade.text import Text, Words, describe_span

Backend: TypeAlias = Literal["loky", "dask"]
Arrays: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a loop has come within the work around it, which may go through such a loop several times."""

    name: str  # of the loop: "randomization"
    number: int  # which pass of a loop of this name it is, from 1
    done: int
    all: int
    left: float  # seconds left of this pass by its own pace

    def __str__(self) -> str:
        return str(Text("fanout.progress", counted=self.counted, left=describe_span(self.left)))

    @property
    def counted(self) -> Text:
        """What is done of how many."""
        return Text("fanout.counted", name=self.name, number=self.number, done=self.done, all=self.all)


Progress: TypeAlias = Callable[[str | Step], None]
"""Told a job that begins, by its name, and the steps of a loop within it."""


class Ledger(Protocol):
    """Finished jobs by key; what survives the process is up to whoever gives it."""

    def get(self, key: str) -> "tuple[Arrays | None, Words] | None":
        """Return the arrays of a finished job, or its reason for failing; None where it is not finished."""

    def put(self, key: str, values: Arrays | None, reason: Words) -> None:
        """Keep a finished job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """How many workers, where, and what becomes of the jobs they finish; nothing here moves a number."""

    n: int = 1  # processes on this machine; with dask the cluster says how many there are
    backend: Backend = "loky"
    scheduler: str = ""  # address of the dask scheduler, "tcp://host:8786"
    ledger: Ledger | None = None  # finished jobs of an earlier run that was cut short
    progress: Progress | None = None  # told how many jobs of a call are done, and the time left of it
    lost_after: float = 60.0  # seconds without any worker after which a cluster is given up

    @property
    def is_alone(self) -> bool:
        """Whether there is nobody but this process."""
        return self.backend == "loky" and self.n <= 1


class Loops:
    """The loops of a scope: how often each was gone through, and when one was last told."""

    def __init__(self) -> None:
        self.passes: Counter[str] = Counter()
        self.last = time.monotonic()


@dataclass(frozen=True, slots=True)
class Scope:
    """Workers, and the place in the program that the keys of a ledger name."""

    workers: Workers = Workers()
    name: str = ""
    # Numbers the calls made inside, which come in the same order in every run
    calls: "count[int]" = field(default_factory=count)
    loops: Loops = field(default_factory=Loops)


_SCOPE: ContextVar[Scope | None] = ContextVar("scope", default=None)


def get_scope() -> Scope:
    """Return the scope of the running code; outside every ``use_workers`` it is this process alone."""
    return _SCOPE.get() or Scope()


@contextmanager
def use_workers(workers: Workers, name: str = "") -> Iterator[Workers]:
    """Let every call of ``run_jobs`` inside use these workers.

    ``name``: of the work inside; two pieces of work with one ledger have different names.
    """
    token = _SCOPE.set(Scope(workers, name))
    try:
        yield workers
    finally:
        _SCOPE.reset(token)
