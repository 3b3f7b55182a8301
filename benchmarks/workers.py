"""Refits over workers: the same numbers alone, on two processes, on a cluster that loses one, and after a kill.

``python -m benchmarks.workers`` re-assigns onsets under Poisson regression, every draw a refit.
"""

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measured import cpu_seconds, in_own_process

CASES: tuple[str, ...] = ()
"""Empty: this one kills processes, and is started by its own name."""

SMOKE = tuple(("one", what, "2", "{folder}") for what in ("alone", "kept"))


def refits(n_draws: int, workers: Any) -> str:
    """Return a digest of the estimates under so many re-assigned onsets."""
    from twintrade.design import Design
    from twintrade.estimators.base import fit
    from twintrade.estimators.ppml import PPML
    from twintrade.fanout import use_workers
    from twintrade.inference.refits.permutation import permute
    from twintrade.simulate import simulate

    made = simulate(
        np.random.default_rng(11),
        n_cities=60,
        n_partners=20,
        n_periods=17,
        cohorts={2005: 0.05, 2008: 0.05},
        family="poisson",
    )
    design = Design(
        panel=made.panel, treatment=made.treatment, outcome="exports", clusters=("city",), fixed_effects="gravity"
    )
    found = fit(PPML(shape="static"), design)
    rng = np.random.default_rng(3)
    onsets = [rng.permutation(design.onset) for _ in range(n_draws)]
    with use_workers(workers, "benchmark"):
        drawn = permute(found, ["overall"], onsets, has_intervals=False, is_studentized=False)
    return hashlib.sha256(drawn.views["overall"].effects.tobytes()).hexdigest()[:16]


def alone(n_draws: int, folder: Path) -> dict[str, object]:
    from twintrade.fanout import Workers

    return {"sha256": refits(n_draws, Workers())}


def processes(n_draws: int, folder: Path) -> dict[str, object]:
    from twintrade.fanout import Workers

    return {"sha256": refits(n_draws, Workers(n=2))}


def cluster(n_draws: int, folder: Path) -> dict[str, object]:
    return _on_cluster(n_draws, lambda line, pids: None)


def killed_worker(n_draws: int, folder: Path) -> dict[str, object]:
    """Kill the first of two workers by SIGKILL once a third of the draws is done."""
    killed: list[str] = []

    def kill(line: str, pids: list[int]) -> None:
        if not killed and _done(line) >= n_draws // 3:
            killed.append(line)
            os.kill(pids[0], signal.SIGKILL)

    found = _on_cluster(n_draws, kill)
    return found | {"killed_at": killed[0] if killed else "never"}


def _on_cluster(n_draws: int, watch: Callable[[str, list[int]], None]) -> dict[str, object]:
    from distributed import LocalCluster

    from twintrade.fanout import Workers

    options: Any = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with LocalCluster(**options) as made:
        pids = [worker.pid for worker in made.workers.values()]
        workers = Workers(backend="dask", scheduler=made.scheduler_address, progress=lambda line: watch(line, pids))
        return {"sha256": refits(n_draws, workers)}


def kept(n_draws: int, folder: Path) -> dict[str, object]:
    """Run with a ledger, telling progress; counts what is kept and what is done anew."""
    from twintrade.fanout import Workers
    from twintrade.study.run.ledger import FileLedger

    class Counted(FileLedger):
        n_put = n_got = 0

        def get(self, key: str) -> Any:
            found = super().get(key)
            self.n_got += found is not None
            return found

        def put(self, key: str, values: Any, reason: str) -> None:
            self.n_put += 1
            super().put(key, values, reason)

    ledger = Counted(folder / "ledger", "benchmark")
    workers = Workers(n=2, ledger=ledger, progress=lambda line: print(line, file=sys.stderr, flush=True))
    return {"sha256": refits(n_draws, workers), "from_ledger": ledger.n_got, "recomputed": ledger.n_put}


def killed_parent(n_draws: int, folder: Path) -> dict[str, object]:
    """Kill the run itself by SIGKILL once a third of the draws is done, and start it again."""
    command = [sys.executable, "-m", "benchmarks.workers", "one", "kept", str(n_draws), str(folder)]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert first.stderr is not None
    at = next((line.strip() for line in first.stderr if _done(line) >= n_draws // 3), "never")
    first.kill()
    first.wait()
    return in_own_process(command, 1800, 8) | {"killed_at": at}


def _done(line: str) -> int:
    words = line.split()
    return int(words[1]) if len(words) > 1 and words[0] == "randomization:" else -1


MEASURED = {
    "alone": alone,
    "two processes": processes,
    "dask, two workers": cluster,
    "dask, one killed": killed_worker,
    "parent killed": killed_parent,
    "kept": kept,
}


def main() -> None:
    import json

    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers", description=__doc__)
    parser.add_argument("words", nargs="*", help="nothing; or: one WHAT DRAWS FOLDER")
    parser.add_argument("--draws", type=int, default=300)
    options = parser.parse_args()
    if options.words:
        _, what, n_draws, folder = options.words
        started, cpu = time.perf_counter(), cpu_seconds()
        facts = MEASURED[what](int(n_draws), Path(folder))
        cost = {"wall": round(time.perf_counter() - started, 1), "cpu": round(cpu_seconds() - cpu, 1)}
        print(json.dumps(cost | facts))
        return
    for what in list(MEASURED)[:-1]:
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-m", "benchmarks.workers", "one", what, str(options.draws), folder]
            print(f"{what:20} {json.dumps(in_own_process(words, 1800, 8))}", flush=True)


if __name__ == "__main__":
    main()
