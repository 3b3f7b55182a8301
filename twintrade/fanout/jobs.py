"""Refits as named jobs: each has its own seed, a row even if it fails, and is done once though a run is killed."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, TypeVar

import numpy as np

from twintrade.errors import FanoutError, TwintradeError
from twintrade.fanout.spread import Arrays, Scope, Step, Workers, get_scope, limit_threads, spread, use_workers
from twintrade.text import Text, Words

S = TypeVar("S")
J = TypeVar("J")
Function: TypeAlias = Callable[[S, J, np.random.Generator], Arrays]
Ending: TypeAlias = tuple[Arrays | None, Words]

ALONE_SECONDS = 1.0
"""What takes no longer than this is done here: starting a worker costs as much, and so does keeping a ledger."""

TOLD_EVERY = 1.0  # seconds between two lines of progress


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """One finished job."""

    job: str
    values: Arrays | None  # none when it failed
    text: Words = ""  # why it failed

    @property
    def reason(self) -> str:
        """Why it failed, in words."""
        return str(self.text)


def run_jobs(
    name: str,
    function: Function[S, J],
    jobs: Mapping[str, J],
    *,
    shared: S,
    rng: np.random.Generator | None = None,
    workers: Workers | None = None,
) -> list[Done]:
    """Do every job and return one row for each, in the order given; a TwintradeError of one is its reason.

    ``function(shared, job, rng)``, a function of a module, returns arrays by name. The random numbers of a job follow
    from one draw of ``rng`` and the job's unique name, and linear algebra runs on one thread inside it: neither the
    backend, nor the number of workers, nor another job more moves a result. Arrays in ``shared`` reach the workers of
    this machine as one memory map.
    """
    scope = get_scope() if workers is None else Scope(workers)
    seed = int(rng.integers(2**63)) if rng is not None else 0
    call = next(scope.calls)
    names = list(jobs)
    keys = [_key(scope.name, call, name, job, seed) for job in names]
    endings: dict[int, Ending] = {}
    if scope.workers.ledger is not None:
        kept = ((i, scope.workers.ledger.get(key)) for i, key in enumerate(keys))
        endings = {i: values for i, values in kept if values is not None}
    todo = [i for i in range(len(names)) if i not in endings]
    tasks = [(names[i], jobs[names[i]]) for i in todo]
    progress = _Progress(name, len(names), len(endings), scope)
    noted = _Noted(scope.workers, progress.started)
    for place, ending in _endings(partial(_tried, function, seed), tasks, shared, scope.workers):
        endings[todo[place]] = ending
        noted.add(keys[todo[place]], ending)
        progress.add()
    return [Done(job, *endings[i]) for i, job in enumerate(names)]


def report_loop(name: str, items: Sequence[S], sizes: Sequence[float] | None = None) -> Iterator[S]:
    """Yield the items of a loop in this process, counted by their sizes, and tell progress as ``run_jobs`` does."""
    counted = [1.0] * len(items) if sizes is None else sizes
    progress = _Progress(name, round(sum(counted)), 0, get_scope())
    for item, size in zip(items, counted, strict=True):
        yield item
        progress.add(size)


def split_succeeded(done: Sequence[Done]) -> tuple[list[Done], list[tuple[str, Words]]]:
    """Return the jobs that gave arrays, and (job, reason) of those that failed."""
    return [d for d in done if d.values is not None], [(d.job, d.text) for d in done if d.values is None]


def _endings(
    tried: Callable[[S, tuple[str, J]], Ending], tasks: Sequence[tuple[str, J]], shared: S, workers: Workers
) -> Iterator[tuple[int, Ending]]:
    """Begin in this process, and go over to the workers where the jobs turn out to take long."""
    started = time.monotonic()
    for place, task in enumerate(tasks):
        if not workers.is_alone and time.monotonic() - started > ALONE_SECONDS and place < len(tasks) - 1:
            for later, ending in spread(tried, tasks[place:], shared, workers):
                yield place + later, ending
            return
        yield place, tried(shared, task)


def _tried(function: Function[S, J], seed: int, shared: S, task: tuple[str, J]) -> Ending:
    name, job = task
    try:
        with use_workers(Workers()), limit_threads():
            values = function(shared, job, np.random.default_rng(np.random.SeedSequence([seed, _number(name)])))
    except FanoutError:
        raise
    except TwintradeError as error:
        return None, error.text
    except np.linalg.LinAlgError as error:
        return None, Text("fanout.linear-algebra", error=str(error))
    return {key: np.asarray(value) for key, value in values.items()}, ""


def _number(job: str) -> int:
    return int.from_bytes(hashlib.sha256(job.encode("utf-8")).digest()[:8], "big")


def _key(scope: str, call: int, name: str, job: str, seed: int) -> str:
    return hashlib.sha256(json.dumps([scope, call, name, job, seed]).encode("utf-8")).hexdigest()


class _Noted:
    """Writes finished jobs to the ledger once a call turns out to be a long one."""

    def __init__(self, workers: Workers, started: float) -> None:
        self._ledger, self._started = workers.ledger, started
        self._waiting: list[tuple[str, Ending]] = []

    def add(self, key: str, ending: Ending) -> None:
        if self._ledger is None:
            return
        self._waiting.append((key, ending))
        if time.monotonic() - self._started > ALONE_SECONDS:
            for waiting, (values, reason) in self._waiting:
                self._ledger.put(waiting, values, reason)
            self._waiting = []


class _Progress:
    """Tells how far a call has come; all calls of a scope together tell it at most once a second."""

    def __init__(self, name: str, n_jobs: int, n_kept: int, scope: Scope) -> None:
        self.started = time.monotonic()
        self._name, self._n_jobs, self._n_kept, self._done = name, n_jobs, n_kept, 0.0
        self._progress, self._loops = scope.workers.progress, scope.loops
        self._loops.passes[name] += 1
        self._number = self._loops.passes[name]

    def add(self, size: float = 1.0) -> None:
        self._done += size
        now = time.monotonic()
        if self._progress is None or now - self._loops.last < TOLD_EVERY:
            return
        self._loops.last = now
        left = self._n_jobs - self._n_kept - self._done
        seconds = left * (now - self.started) / self._done
        done = self._n_kept + round(self._done)
        self._progress(Step(self._name, self._number, done, self._n_jobs, seconds))
