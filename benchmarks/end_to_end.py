"""What a user waits for: `init`'s default file on gravity panels of growing size, from the tables to the page.

``python -m benchmarks.end_to_end`` runs the small panels, each in a process of its own: CPU seconds, peak memory and
what each stage took. ``--panel 240k`` runs another one, ``--analysis NAME`` an analysis of this project; ``--jobs``
lists the slowest jobs, ``--profile FILE`` keeps a profile for pstats.
"""

import argparse
import cProfile
import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.measured import cpu_seconds, in_own_process, peak_megabytes


class Drawn(NamedTuple):
    """How the tables of a panel are drawn."""

    cities: int
    partners: int
    agreements: int
    seed: int
    missing: float = 0.0  # share of flows
    spread: float = 1.0  # standard deviation of pairs' log flows
    step: float = 0.1  # standard deviation of a period's step in the random walks of cities and of partners
    frequency: Literal["year", "month"] = "year"
    periods: int = 20


SKEWED = {"spread": 1.4, "step": 0.3}
MONTHLY: dict[str, Any] = {**SKEWED, "frequency": "month", "periods": 48}
PANELS: dict[str, Drawn] = {
    "tiny": Drawn(8, 5, 6, 1),
    "tiny-monthly": Drawn(8, 5, 6, 1, **MONTHLY),
    "2k": Drawn(12, 8, 12, 4),
    "6k": Drawn(20, 15, 30, 5),
    "12k": Drawn(30, 20, 60, 6),
    "10k": Drawn(50, 10, 43, 1),
    "24k": Drawn(60, 20, 104, 2),
    "24k-skewed": Drawn(60, 20, 104, 2, **SKEWED),
    "100k-monthly": Drawn(54, 40, 1000, 7, **MONTHLY),
    "240k": Drawn(300, 40, 1040, 3),
    "240k-skewed": Drawn(300, 40, 1040, 3, **SKEWED),
    "2100k": Drawn(700, 150, 9200, 4),
    "treated": Drawn(40, 40, 530, 5, 0.25),
    "thin": Drawn(150, 60, 40, 6, 0.92),
}

SMALL = ("10k", "24k")
CASES = SMALL
SMOKE = (("--panel", "tiny:quick", "--panel", "tiny-monthly:quick", "--jobs"),)
QUICK = """[[estimator]]
name = "imputation"
transform = "log"

[inference]
name = "clustered"

[report]
exhibits = ["ladder"]
"""
"""What stands in place of methods, checks and exhibits where an analysis is to be quick."""

STAGES = ("read", "panel", "estimate", "inference", "diagnostic", "collect", "draw", "write")
FIRST, EFFECT, ZEROS = 2001, 0.2, 0.1


def write_project(root: Path, panel: str) -> str:
    """Write a panel's two tables, and the analysis that `init` makes of them; return its text."""
    from twintrade.study.scaffold import write_scaffold

    trade, agreements = build_tables(PANELS[panel])
    raw = root / "data" / "raw"
    raw.mkdir(parents=True)
    trade.to_csv(raw / "trade.csv", index=False)
    agreements.to_csv(raw / "twinnings.csv", index=False)
    write_scaffold(root, "panel", "data/raw/trade.csv", "data/raw/twinnings.csv")
    return (root / "analyses" / "panel.toml").read_text(encoding="utf-8")


def build_tables(drawn: Drawn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw flows with dyad, city-period and partner-period effects, and agreements that raise them.

    Missing ones are gathered in few pairs; pairs with an agreement miss a quarter at most.
    """
    from twintrade.data.geography import load_places

    rng = np.random.default_rng(drawn.seed)
    codes = [
        p.code
        for p in load_places().values()
        if p.kind == "country" and (p.valid_from or 0) <= FIRST and not p.valid_to
    ]
    cities, partners = [f"City {c:03d}" for c in range(drawn.cities)], codes[: drawn.partners]
    shape = (len(cities), len(partners), drawn.periods)
    n_pairs, n_cities, n_partners = shape[0] * shape[1], *shape[:2]
    chosen = rng.choice(n_pairs, drawn.agreements, replace=False)
    onset = np.full(n_pairs, drawn.periods)
    onset[chosen] = rng.integers(4, drawn.periods - 3, drawn.agreements)
    is_after = (np.arange(drawn.periods) >= onset[:, None]).reshape(shape)
    paths = rng.normal(0, drawn.step, (n_cities, 1, drawn.periods))
    paths = paths + rng.normal(0, drawn.step, (1, n_partners, drawn.periods))
    index = rng.normal(12, drawn.spread, shape[:2])[:, :, None] + paths.cumsum(axis=2) + EFFECT * is_after
    value = np.rint(np.exp(index + rng.normal(0, 0.4, shape))) * (rng.random(shape) >= ZEROS)
    is_monthly = drawn.frequency == "month"
    periods = [f"{FIRST + t // 12}-{t % 12 + 1:02d}" if is_monthly else FIRST + t for t in range(drawn.periods)]
    frame = pd.MultiIndex.from_product([cities, partners, periods], names=["city", "partner", drawn.frequency])
    trade = frame.to_frame(index=False).assign(exports_usd=value.ravel().astype(np.int64))
    if drawn.missing:
        known = rng.random(n_pairs) ** (drawn.missing / (1 - drawn.missing))
        known[chosen] = np.maximum(known[chosen], 0.75)
        trade = trade[(rng.random(shape).reshape(n_pairs, -1) < known[:, None]).ravel()]
    signed = pd.DataFrame(
        {
            "city": [cities[u // n_partners] for u in chosen],
            "partner": [partners[u % n_partners] for u in chosen],
            "partner_city": [f"Twin {k:04d}" for k in range(drawn.agreements)],
            "date": [f"{periods[onset[u]]}-15" if is_monthly else f"{periods[onset[u]]}-03-15" for u in chosen],
            "kind": "sister city",
        }
    )
    return trade, signed


def prepare(root: Path, name: str) -> tuple[str, str]:
    """Write a panel, or this project's data and one of its analyses; return the analysis's name and text.

    What follows a colon changes the text: a number of draws, another inference (with its draws after a hyphen), or
    ``quick``.
    """
    name, _, change = name.partition(":")
    if name in PANELS:
        analysis, text = "panel", write_project(root, name)
    else:
        for part in ("analyses", "data"):
            shutil.copytree(Path(__file__).parents[1] / part, root / part)
        analysis, text = name, (root / "analyses" / f"{name}.toml").read_text(encoding="utf-8")
    if change == "quick":
        return analysis, text[: text.index("# The ladder")] + QUICK
    if change.isdigit():
        text = re.sub(r"^# permutations = \d+", f"permutations = {change}", text, flags=re.MULTILINE)
    elif change:
        inference, _, draws = change.partition("-")
        named = f'name = "{inference}"\n' + f"draws = {draws}\n" * bool(draws)
        text = re.sub(r'^name = "auto".*\n# permutations = .*\n', named, text, flags=re.MULTILINE)
        text = re.sub(r"^beside = .*\n", "", text, flags=re.MULTILINE)
    return analysis, text


class StageCosts:
    """Adds the CPU seconds between two reports of progress to the job that was running."""

    def __init__(self) -> None:
        self.jobs: Counter[str] = Counter()
        self._running, self._since = "start", cpu_seconds()

    def __call__(self, job: object) -> None:
        """Take note that another job begins; steps of a loop within a job begin none."""
        if isinstance(job, str) and job.split("/")[0] in (*STAGES, "end") and ": " not in job:
            now = cpu_seconds()
            self.jobs[self._running] += now - self._since
            self._running, self._since = job, now

    def by_stage(self) -> dict[str, float]:
        """Return CPU seconds by stage, in the order of a run."""
        found: Counter[str] = Counter()
        for job, seconds in self.jobs.items():
            found[job.split("/")[0]] += seconds
        return {stage: round(found[stage], 2) for stage in STAGES}


def measure_run(root: Path, name: str, text: str, profile: str = "") -> dict[str, Any]:
    """Execute one analysis in this process; return its CPU seconds, peak memory, stages and slowest jobs."""
    from twintrade.study.execute import execute

    costs, begun, profiler = StageCosts(), cpu_seconds(), cProfile.Profile()
    run: Callable[..., Any] = profiler.runcall if profile else lambda call, *args: call(*args)
    outcome = run(execute, root, name, text, costs)
    costs("end")
    if profile:
        profiler.dump_stats(profile)
    if outcome.ending != "done":
        raise RuntimeError(outcome.text)
    return {
        "cpu": round(cpu_seconds() - begun, 2),
        "peak_mb": round(peak_megabytes()),
        "stages": costs.by_stage(),
        "jobs": {job: round(seconds, 2) for job, seconds in costs.jobs.most_common(25)},
        "headline": outcome.summary.get("effect"),
    }


def run_one(name: str, profile: str) -> dict[str, Any]:
    """Run a panel, or an analysis of this project in a copy of its files, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: what making the tables leaves in memory is no part of a run.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            analysis, text = pool.submit(prepare, Path(folder), name).result()
        return measure_run(Path(folder), analysis, text, profile)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end", description=__doc__)
    parser.add_argument("--panel", action="append", help=f"of {', '.join(PANELS)}")
    parser.add_argument("--analysis", default="", help="of this project, in place of a panel")
    parser.add_argument("--profile", default="", help="file for pstats")
    parser.add_argument("--jobs", action="store_true", help="print the slowest jobs too")
    parser.add_argument("--timeout", type=float, default=3600)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = [options.analysis] if options.analysis else options.panel or SMALL
    if options.one:
        print(json.dumps(run_one(names[0], options.profile), default=float))
        return
    print(f"{'panel':10} {'CPU s':>8} {'peak MB':>8}  " + " ".join(f"{stage:>10}" for stage in STAGES))
    for name in names:
        kind = "--analysis" if options.analysis else "--panel"
        words = [sys.executable, "-m", "benchmarks.end_to_end", "--one", kind, name, "--profile", options.profile]
        found: dict[str, Any] = in_own_process(words, options.timeout, 16)
        if "failed" in found:
            print(f"{name:10} {found['failed']}", flush=True)
            continue
        shares = " ".join(f"{found['stages'][stage]:10.2f}" for stage in STAGES)
        print(f"{name:10} {found['cpu']:8.1f} {found['peak_mb']:8}  {shares}", flush=True)
        for job, seconds in found["jobs"].items() if options.jobs else ():
            print(f"    {seconds:8.2f} {job}", flush=True)


if __name__ == "__main__":
    main()
