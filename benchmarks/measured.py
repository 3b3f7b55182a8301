"""CPU seconds and peak memory of one call, each package in a process of its own."""

import contextlib
import io
import json
import os
import resource
import statistics
import subprocess
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

Estimates = dict[str, tuple[float, float]]

LONG = 20.0
"""CPU seconds after which a call is not repeated, where nothing else is asked for."""

IS_STRICT = False
"""Whether a failure in a process of its own ends the benchmark, and is no row of its table."""


def cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def forget_peak() -> float:
    """Count the peak anew from here, so that making the data does not hide it; return what is resident, in MB."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _resident("VmRSS")


def peak_megabytes() -> float:
    return _resident("VmHWM")


def _resident(field: str) -> float:
    """Read the kernel's own account; where there is none, the largest the process ever was."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(float(line.split()[1]) for line in status.splitlines() if line.startswith(field)) / 1024


def measured(
    call: Callable[[], Estimates], data_megabytes: float, repeats: int, long: float = LONG
) -> dict[str, object]:
    """Call once to warm up, then up to ``repeats`` times; medians of CPU and wall seconds, peak beside the data."""
    before, cpus, walls = forget_peak(), [], []
    for attempt in range(repeats + 1):
        cpu, wall = cpu_seconds(), time.perf_counter()
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            estimates = call()
        cpus.append(cpu_seconds() - cpu)
        walls.append(time.perf_counter() - wall)
        if attempt == 0 and cpus[0] < LONG:
            cpus, walls = [], []
        elif sum(cpus) > long:
            break
    return {
        "cpu": statistics.median(cpus),
        "wall": statistics.median(walls),
        "extra_mb": peak_megabytes() - before,
        "data_mb": data_megabytes,
        "estimates": estimates,
    }


def find_installed(python: str, modules: Iterable[str]) -> set[str]:
    """Return those of some modules that an interpreter has."""
    code = f"import importlib.util as u; print(*[m for m in {sorted(modules)!r} if u.find_spec(m)])"
    return set(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def in_own_process(command: Sequence[str], timeout: float, gigabytes: float) -> dict[str, object]:
    """Run a command that prints one JSON line; a failure, too much memory or too much time is a row as well."""

    def limited() -> None:
        size = int(gigabytes * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))

    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run(
            list(command),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            preexec_fn=limited,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {timeout:.0f} s"}
    lines = done.stdout.strip().splitlines()
    if IS_STRICT and (done.returncode or not lines):
        raise RuntimeError(f"{' '.join(command)} ended with code {done.returncode}\n{done.stderr}")
    if done.returncode or not lines:
        return {"failed": (done.stderr.strip().splitlines() or [f"ended with code {done.returncode}"])[-1][:70]}
    return dict(json.loads(lines[-1]))
