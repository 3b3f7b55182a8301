"""Beyond one machine: the same numbers from a cluster, also when it loses workers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from twintrade.errors import FanoutError
from twintrade.fanout import Workers, run_jobs
from twintrade.fanout import jobs as jobs_module

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")

JOBS = {f"unit {i}": i for i in range(40)}


def slow(shared, job, rng):
    time.sleep(0.05)
    return {"mean": shared[job] + rng.normal(size=3), "pid": np.int64(os.getpid())}


def values(found):
    return {d.job: d.values["mean"].tolist() for d in found}


@pytest.fixture(scope="module")
def cluster():
    made = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    )
    yield made
    made.close(timeout=5)


@pytest.fixture
def shared(monkeypatch):
    monkeypatch.setattr(jobs_module, "ALONE_SECONDS", 0.0)
    return np.random.default_rng(0).normal(size=1000)


def plain(shared):
    return run_jobs("loop", slow, JOBS, shared=shared, rng=np.random.default_rng(2))


def test_a_worker_killed_in_the_middle_changes_nothing(cluster, shared, monkeypatch):
    pids = [w.pid for w in cluster.workers.values()]
    killed = []

    def kill(step):
        if not killed and step.done >= 8:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    monkeypatch.setattr(jobs_module, "TOLD_EVERY", 0.0)
    workers = Workers(backend="dask", scheduler=cluster.scheduler_address, progress=kill)
    found = run_jobs("loop", slow, JOBS, shared=shared, rng=np.random.default_rng(2), workers=workers)
    assert killed
    assert values(found) == values(plain(shared))
    assert len({int(d.values["pid"]) for d in found} - {os.getpid()}) >= 2


def test_workers_lost_for_good_end_in_one_message(shared, monkeypatch):
    monkeypatch.setattr(jobs_module, "TOLD_EVERY", 0.0)
    options = {"n_workers": 0, "protocol": "tcp://", "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(**options) as empty:
        address = empty.scheduler_address
        command = [sys.executable, "-m", "dask", "worker", address, "--no-nanny", "--nthreads", "2", "--no-dashboard"]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
        worker = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            workers = Workers(
                backend="dask",
                scheduler=address,
                lost_after=2.0,
                progress=lambda _: worker.send_signal(signal.SIGKILL),
            )
            with pytest.raises(FanoutError, match=r"lost its workers .* jobs are not done"):
                run_jobs("loop", slow, {str(i): i for i in range(400)}, shared=shared, workers=workers)
        finally:
            worker.kill()
            worker.wait()


def test_a_scheduler_that_does_not_answer_ends_in_one_message(monkeypatch, shared):
    monkeypatch.setattr(sys.modules["twintrade.fanout.jobs"], "ANSWER_SECONDS", 1)
    workers = Workers(backend="dask", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(FanoutError, match=r"at tcp://127\.0\.0\.1:9 does not answer within 1 seconds"):
        run_jobs("loop", slow, JOBS, shared=shared, workers=workers)


def test_an_address_must_be_given(shared):
    with pytest.raises(FanoutError, match="--scheduler ADDRESS"):
        run_jobs("loop", slow, JOBS, shared=shared, workers=Workers(backend="dask"))
