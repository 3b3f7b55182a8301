"""Whichever workers do the jobs, and however often they are killed, the numbers are the same."""

import inspect
import os
import re
import signal
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from joblib.externals.loky import process_executor
from threadpoolctl import threadpool_info, threadpool_limits

from twintrade.errors import EstimationError, FanoutError
from twintrade.fanout import (
    Workers,
    get_scope,
    limit_threads,
    report_loop,
    run_jobs,
    split_succeeded,
    spread,
    use_workers,
)
from twintrade.fanout import jobs as jobs_module
from twintrade.fanout.jobs import RENEWED

JOBS = {f"unit {i}": i for i in range(24)}


SECOND = "randomization, pass 2"


def drawn(shared, job, rng):
    return {"mean": shared[job] + rng.normal(size=3), "solved": np.linalg.solve(np.eye(3) + job, shared[:3])}


def slow(shared, job, rng):
    time.sleep(0.05)
    return drawn(shared, job, rng)


def count_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def square(shared, task):
    return task**2


def failing(shared, job, rng):
    if job % 5 == 0:
        raise EstimationError(f"job {job} has no solution")
    if job == 7:
        np.linalg.inv(np.zeros((2, 2)))
    return {"x": np.float64(job)}


def killed_once(flag, job, rng):
    if job == 20 and not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return {"x": rng.normal(size=2)}


def always_killed(parent, task):
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def uses_nobody(shared, job, rng):
    return {"alone": np.bool_(get_scope().workers.is_alone)}


def in_process(found):
    return {d.job: {k: v.tolist() for k, v in d.values.items()} for d in found}


@pytest.fixture
def shared():
    return np.random.default_rng(0).normal(size=200_000)


@pytest.fixture
def impatient(monkeypatch):
    """Let every call of more than one job go to the workers."""
    monkeypatch.setattr(jobs_module, "ALONE_SECONDS", 0.0)


class Memory:
    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, values, reason):
        self.kept[key] = (values, reason)


def test_numbers_do_not_depend_on_workers_or_order(shared, impatient):
    alone = run_jobs("loop", drawn, JOBS, shared=shared, rng=np.random.default_rng(3))
    two = run_jobs("loop", drawn, JOBS, shared=shared, rng=np.random.default_rng(3), workers=Workers(n=2))
    backwards = run_jobs(
        "loop", drawn, dict(reversed(JOBS.items())), shared=shared, rng=np.random.default_rng(3), workers=Workers(n=2)
    )
    assert [d.job for d in two] == list(JOBS)
    assert in_process(alone) == in_process(two) == in_process(backwards)


def test_a_job_more_moves_no_other(shared):
    few = run_jobs("loop", drawn, {"unit 3": 3}, shared=shared, rng=np.random.default_rng(3))
    many = run_jobs("loop", drawn, JOBS, shared=shared, rng=np.random.default_rng(3))
    assert in_process(few)["unit 3"] == in_process(many)["unit 3"]
    other = run_jobs("loop", drawn, {"unit 3": 3}, shared=shared, rng=np.random.default_rng(4))
    assert in_process(few)["unit 3"]["mean"] != in_process(other)["unit 3"]["mean"]


def test_a_failed_refit_is_a_row_with_its_reason():
    good, bad = split_succeeded(run_jobs("loop", failing, {str(i): i for i in range(10)}, shared=None))
    assert [d.job for d in good] == ["1", "2", "3", "4", "6", "8", "9"]
    assert bad[0] == ("0", "job 0 has no solution")
    assert [job for job, _ in bad] == ["0", "5", "7"]
    assert "ingular" in str(bad[2][1])


def test_a_fault_of_the_program_is_not_a_failed_refit():
    with pytest.raises(KeyError):
        run_jobs("loop", lambda shared, job, rng: {}[job], {"a": 1}, shared=None)


def test_a_killed_worker_changes_nothing(tmp_path, impatient):
    flag = tmp_path / "killed"
    found = run_jobs("loop", killed_once, JOBS, shared=str(flag), rng=np.random.default_rng(1), workers=Workers(n=2))
    assert flag.exists()
    assert in_process(found) == in_process(
        run_jobs("loop", killed_once, JOBS, shared=str(flag), rng=np.random.default_rng(1))
    )


def test_a_worker_killed_again_and_again_ends_with_one_message():
    with pytest.raises(FanoutError, match="killed 3 times, and 6 of 6 jobs are not done"):
        list(spread(always_killed, range(6), os.getpid(), Workers(n=2)))


def test_a_worker_that_makes_room_for_another_is_no_news(recwarn):
    assert re.search(RENEWED, inspect.getsource(process_executor))
    assert dict(spread(square, [2, 3], None, Workers(n=2))) == {0: 4, 1: 9}
    warnings.warn("A worker stopped while some jobs were given to the executor.", UserWarning, stacklevel=1)
    assert not recwarn.list


def test_linear_algebra_keeps_to_one_thread_inside():
    with threadpool_limits(2, "blas"):
        assert 2 in count_threads()
        with limit_threads():
            assert set(count_threads()) == {1}


def test_a_second_run_recomputes_only_what_the_first_did_not_finish(shared, impatient):
    ledger, calls = Memory(), []

    def counted(shared, job, rng):
        calls.append(job)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return slow(shared, job, rng)

    def loop(function):
        with use_workers(Workers(ledger=ledger), "inference/placebo"):
            first = run_jobs("loop", function, JOBS, shared=shared, rng=np.random.default_rng(5))
            return first, run_jobs("loop", drawn, JOBS, shared=shared, rng=np.random.default_rng(6))

    with pytest.raises(KeyboardInterrupt):
        loop(counted)
    assert len(ledger.kept) == 9
    first, second = loop(counted)
    assert sorted(calls) == sorted([*range(10), *range(9, 24)])
    plain = run_jobs("loop", drawn, JOBS, shared=shared, rng=np.random.default_rng(5))
    assert in_process(first) == in_process(plain)
    assert in_process(second) != in_process(first)


def test_short_calls_leave_the_ledger_alone(monkeypatch, shared):
    monkeypatch.setattr(jobs_module, "ALONE_SECONDS", 3600.0)
    ledger = Memory()
    run_jobs("loop", drawn, JOBS, shared=shared, rng=np.random.default_rng(5), workers=Workers(ledger=ledger))
    assert ledger.kept == {}


def test_a_job_does_not_hire_workers_of_its_own():
    with use_workers(Workers(n=2)):
        found = run_jobs("loop", uses_nobody, {"a": 1, "b": 2}, shared=None)
    assert all(d.values["alone"] for d in found)


def test_progress_tells_how_long_it_will_take(monkeypatch, shared):
    monkeypatch.setattr(jobs_module, "TOLD_EVERY", 0.0)
    lines = []
    run_jobs(
        "placebo", slow, JOBS, shared=shared, rng=np.random.default_rng(5), workers=Workers(progress=lines.append)
    )
    assert str(lines[11]).startswith("placebo: 12 of 24, about ")
    assert str(lines[11]).endswith(" s left")


def test_a_loop_in_this_process_tells_the_same(monkeypatch):
    monkeypatch.setattr(jobs_module, "TOLD_EVERY", 0.0)
    lines = []
    with use_workers(Workers(progress=lines.append)):
        assert list(report_loop("randomization", range(3))) == [0, 1, 2]
        assert list(report_loop("randomization", "abc", [200, 199.5, 99.5])) == ["a", "b", "c"]
    told = [*(f"randomization: {n} of 3" for n in (1, 2, 3)), *(f"{SECOND}: {n} of 499" for n in (200, 400, 499))]
    assert [str(line).partition(", about")[0] for line in lines] == told


def test_loops_of_one_job_tell_their_pass_and_those_too_short_to_tell_are_counted_together(monkeypatch):
    now, lines = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with use_workers(Workers(progress=lines.append)):
        for n in (6, 4, 5):
            for _ in report_loop("randomization", range(n)):
                now[0] += 0.3
    with use_workers(Workers(progress=lines.append)):
        for _ in report_loop("randomization", range(4)):
            now[0] += 0.3
    counted = ["randomization: 4 of 6", f"{SECOND}: 2 of 4", "randomization, pass 3: 2 of 5", "randomization: 4 of 4"]
    assert [str(step.counted) for step in lines] == counted
    assert [round(step.left, 1) for step in lines] == [0.6, 0.6, 0.9, 0.0]


@dataclass(frozen=True)
class Held:
    """Arrays within what is shared, as a design holds them."""

    inside: dict[str, np.ndarray]


def looked_at(shared, job, rng):
    array = shared.inside["outcome"]
    base = array
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    return {
        "is_mapped": np.bool_(isinstance(base, np.memmap)),
        "is_writable": np.bool_(array.flags.writeable),
        "pid": np.int64(os.getpid()),
        "sum": array.sum(),
    }


def test_arrays_reach_the_workers_as_one_memory_map(impatient):
    """What a worker holds does not grow with what is shared, and no worker can change what another reads."""
    held = Held({"outcome": np.random.default_rng(0).normal(size=2_000_000)})
    jobs = {str(i): i for i in range(6)}
    found = [d.values for d in run_jobs("loop", looked_at, jobs, shared=held, workers=Workers(n=2))]
    elsewhere = [v for v in found if int(v["pid"]) != os.getpid()]
    assert elsewhere
    assert all(v["is_mapped"] and not v["is_writable"] for v in elsewhere)
    assert {float(v["sum"]) for v in found} == {float(held.inside["outcome"].sum())}


def test_a_cluster_needs_an_address_that_answers(monkeypatch):
    def refuse(address, **_):
        raise OSError

    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(Client=refuse))
    for address, said in (("", "needs --scheduler ADDRESS"), ("tcp://nowhere:8786", "tcp://nowhere:8786")):
        with pytest.raises(FanoutError, match=said) as raised:
            list(spread(pow, [1, 2], 2, Workers(n=2, backend="dask", scheduler=address)))
        assert ("needs" in str(raised.value)) == (not address)
