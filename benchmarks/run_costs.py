"""CPU seconds and peak memory of whole runs, as a user starts them, of this version and of an earlier one in turn.

``python -m benchmarks.run_costs --against FOLDER`` takes the earlier version's source tree. Panels are the same; each
version runs the analysis that its own ``init`` makes of them, or the analyses and data of its own tree.
"""

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from benchmarks import measured
from benchmarks.end_to_end import PANELS, QUICK, build_tables

HERE = Path(__file__).parents[1]
RUNS = ("10k", "24k", "24k-skewed", "us-states", "240k-skewed", "make")
"""Panels and analyses; "make" is every analysis of this project."""

CASES = ("10k", "24k-skewed", "us-states")
SMOKE = (("--run", "tiny:quick"),)
COMMAND = "from twintrade.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took; NaN where it failed."""

    cpu: float
    megabytes: float


def measure(root: Path, source: Path, words: Sequence[str]) -> Cost:
    """Start the program of a source tree in a project."""
    names = {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    with (root / "said.txt").open("w+", encoding="utf-8") as said:
        started = [sys.executable, "-c", COMMAND, *words]
        running = subprocess.Popen(started, cwd=root, env=os.environ | names, stdout=said, stderr=said)
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if running.returncode:
            if measured.IS_STRICT:
                raise RuntimeError(said.read()[-2000:])
            print(said.read()[-500:], file=sys.stderr)
            return Cost(float("nan"), float("nan"))
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def prepare(root: Path, source: Path, name: str) -> list[str]:
    """Write the project of a run, with few methods where a panel is to be quick; return the words that start it."""
    name, _, change = name.partition(":")
    if name in PANELS:
        trade, agreements = build_tables(PANELS[name])
        trade.to_csv(root / "trade.csv", index=False)
        agreements.to_csv(root / "twinnings.csv", index=False)
        measure(root, source, ["init", "panel", "--trade", "trade.csv", "--twinnings", "twinnings.csv", "--yes"])
        if change == "quick":
            file = root / "analyses" / "panel.toml"
            text = file.read_text(encoding="utf-8")
            file.write_text(text[: text.index("# The ladder")] + QUICK, encoding="utf-8")
    else:
        for part in ("analyses", "data"):
            shutil.copytree(source / part, root / part)
    analyses = [] if name == "make" else ["panel" if name in PANELS else name]
    return ["run", "--force", "--jobs", "1", *analyses]


def compare(name: str, sources: Sequence[Path], repeats: int) -> list[Cost]:
    """Return the least that a run took by each version, which take turns."""
    for source in sources:  # as an installed package is; else every run would compile it
        compileall.compile_dir(source / "twintrade", quiet=1)
    with ExitStack() as stack:
        roots = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in sources]
        # In a process of its own: what making the tables leaves in memory would count as a run's.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            words = list(pool.map(prepare, roots, sources, repeat(name)))
        turns = [[measure(*one) for one in zip(roots, sources, words, strict=True)] for _ in range(repeats)]
    by_source = zip(*turns, strict=True)
    return [Cost(min(c.cpu for c in own), min(c.megabytes for c in own)) for own in by_source]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_costs", description=__doc__)
    parser.add_argument("--run", action="append", help=f"of {', '.join(RUNS)}, or another of end_to_end")
    parser.add_argument("--against", type=Path, help="source tree of an earlier version")
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    sources = [HERE, *([options.against.resolve()] if options.against else [])]
    print(f"{'run':14} {'CPU s':>8} {'MB':>6} {'then':>8} {'MB':>6} {'ratio':>6}")
    for name in options.run or CASES:
        now, *then = compare(name, sources, options.repeats)
        before = "".join(f" {c.cpu:8.1f} {c.megabytes:6.0f} {now.cpu / c.cpu:6.2f}" for c in then)
        print(f"{name:14} {now.cpu:8.1f} {now.megabytes:6.0f}{before}", flush=True)


if __name__ == "__main__":
    main()
