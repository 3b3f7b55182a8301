"""Jobs of a loop of refits, spread over processes of this machine or of a cluster, through joblib."""

import hashlib
import json
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from twintrade.errors import FanoutError, TwintradeError
from twintrade.text import Text, Words, describe_span

# Which workers the jobs of a piece of code may use, said once around it and never through every function between.

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
    """Let ``run_jobs`` inside use these workers; pieces of work with one ledger have different names."""
    token = _SCOPE.set(Scope(workers, name))
    try:
        yield workers
    finally:
        _SCOPE.reset(token)


S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")
ATTEMPTS = 3  # how often the rest of the tasks is given to new processes after one was killed
OF_THE_CLUSTER = ("KilledWorker", "CommClosedError", "CancelledError", "FutureCancelledError")
"""Names of what distributed raises when workers or the scheduler go."""

RENEWED = r"A\sworker\sstopped\swhile"
"""What joblib warns of when a process that grew by 300 megabytes makes room for a new one, as it should."""

ANSWER_SECONDS = 20  # what a scheduler and its first worker may take to answer


def spread(function: Callable[[S, T], R], tasks: Sequence[T], shared: S, workers: Workers) -> Iterator[tuple[int, R]]:
    """Yield the place of each task and its result, as they finish; arrays in ``shared`` are sent as a memory map."""
    if workers.is_alone:
        for place, task in enumerate(tasks):
            yield place, function(shared, task)
        return
    over = _over_cluster if workers.backend == "dask" else _over_processes
    yield from over(function, tasks, shared, workers)


def count_cores() -> int:
    """Return how many processes this one may keep busy: cores of the machine, less where a container grants fewer."""
    from joblib import cpu_count

    return int(cpu_count())


def limit_threads() -> AbstractContextManager[Any]:
    """Keep linear algebra to one thread: the same results everywhere, and small matrices take half the CPU time."""
    import scipy.linalg  # noqa: F401  it brings a library of its own, which is found only once it is loaded

    return _controller().limit(limits=1)  # type: ignore[no-any-return]


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _placed(function: Callable[[S, T], R], shared: S, place: int, task: T) -> tuple[int, R]:
    return place, function(shared, task)


def _over_processes(
    function: Callable[[S, T], R], tasks: Sequence[T], shared: S, workers: Workers
) -> Iterator[tuple[int, R]]:
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    # Joblib warns from a thread of its own, while this generator may stand at a yield: one filter, never taken back.
    warnings.filterwarnings("ignore", RENEWED, UserWarning)
    left = dict(enumerate(tasks))
    for _ in range(ATTEMPTS):
        work = [delayed(_placed)(function, shared, place, task) for place, task in left.items()]
        try:
            for place, result in Parallel(n_jobs=min(workers.n, len(work)), return_as="generator_unordered")(work):
                del left[place]
                yield place, result
        except TerminatedWorkerError:
            continue
        return
    raise FanoutError(
        f"a worker process was killed {ATTEMPTS} times, and {len(left)} of {len(tasks)} jobs are not done: most "
        "often memory ran out; ask for fewer workers with --jobs. What is done is kept: run again to go on"
    )


def _over_cluster(
    function: Callable[[S, T], R], tasks: Sequence[T], shared: S, workers: Workers
) -> Iterator[tuple[int, R]]:
    from joblib import Parallel, delayed, parallel_config

    left = len(tasks)
    with _cluster(workers.scheduler) as client, _watched(client, workers.lost_after) as lost:
        try:
            with parallel_config(
                backend="dask", client=client, scatter=[shared], wait_for_workers_timeout=ANSWER_SECONDS
            ):
                work = (delayed(_placed)(function, shared, place, task) for place, task in enumerate(tasks))
                for place, result in Parallel(return_as="generator_unordered")(work):
                    left -= 1
                    yield place, result
        except Exception as error:
            if not lost.is_set() and type(error).__name__ not in OF_THE_CLUSTER:
                raise
            raise FanoutError(
                f"the cluster at {workers.scheduler} lost its workers ({type(error).__name__}), and {left} of "
                f"{len(tasks)} jobs are not done. What is done is kept: start workers and run again to go on"
            ) from None


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """Connect to a scheduler that has a worker."""
    try:
        from distributed import Client
    except ImportError:
        raise FanoutError("--backend dask needs dask: pip install 'dask[distributed]'") from None
    if not address:
        raise FanoutError("--backend dask needs --scheduler ADDRESS, as in tcp://host:8786")
    client: Any = None
    make: Any = Client
    try:
        client = make(address, timeout=ANSWER_SECONDS)
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        if client is not None:
            client.close(timeout=1)
        key = "fanout.no-answer" if client is None else "fanout.no-worker"
        raise FanoutError(Text(key, address=address, seconds=ANSWER_SECONDS, error=type(error).__name__)) from None
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=5)


@contextmanager
def _watched(client: Any, lost_after: float) -> Iterator[threading.Event]:
    """Close the connection when the cluster has had no worker for too long, so that nobody waits for ever."""
    lost, over = threading.Event(), threading.Event()

    def watch() -> None:
        alone = 0.0
        step = min(1.0, lost_after / 4)
        while not over.wait(step):
            try:
                alone = 0.0 if client.nthreads() else alone + step
            except Exception:
                alone += step
            if alone >= lost_after:
                lost.set()
                with suppress(Exception):
                    client.close(timeout=1)
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        over.set()
        thread.join(timeout=5)


# A loop of refits as jobs: the same numbers on any number of workers.

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
    known_by = (json.dumps([scope.name, call, name, job, seed]) for job in names)
    keys = [hashlib.sha256(facts.encode("utf-8")).hexdigest() for facts in known_by]
    endings: dict[int, Ending] = {}
    if scope.workers.ledger is not None:
        kept = ((i, scope.workers.ledger.get(key)) for i, key in enumerate(keys))
        endings = {i: values for i, values in kept if values is not None}
    todo = [i for i in range(len(names)) if i not in endings]
    tasks = [(names[i], jobs[names[i]]) for i in todo]
    progress = _Progress(name, len(names), len(endings), scope)
    unnoted: list[int] = []
    for place, ending in _endings(partial(_tried, function, seed), tasks, shared, scope.workers):
        endings[todo[place]] = ending
        unnoted.append(todo[place])
        if scope.workers.ledger is not None and time.monotonic() - progress.started > ALONE_SECONDS:
            for i in unnoted:
                scope.workers.ledger.put(keys[i], *endings[i])
            unnoted = []
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
