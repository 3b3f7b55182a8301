"""One function over many tasks, on processes of this machine or of a cluster, through joblib."""

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from typing import Any, TypeVar

from twintrade.errors import FanoutError
from twintrade.fanout.workers import Workers
from twintrade.text import Text

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

ATTEMPTS = 3
"""How often the rest of the tasks is given to new processes after one was killed."""

OF_THE_CLUSTER = ("KilledWorker", "CommClosedError", "CancelledError", "FutureCancelledError")
"""Names of what distributed raises when workers or the scheduler go."""

RENEWED = r"A\sworker\sstopped\swhile"
"""What joblib warns of when a process that grew by 300 megabytes makes room for a new one, as it should."""

ANSWER_SECONDS = 20
"""What a scheduler and its first worker may take to answer."""


def spread(function: Callable[[S, T], R], tasks: Sequence[T], shared: S, workers: Workers) -> Iterator[tuple[int, R]]:
    """Yield the place of each task and its result, as they finish.

    ``function``: ``function(shared, task)``; ``shared``: sent once; its arrays reach the processes of this machine as
    one memory map.
    """
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
    """Keep linear algebra to one thread: results do not depend on how many there are.

    Matrices here are small: more threads take twice the CPU time, waiting for each other, and are no sooner done.
    """
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
