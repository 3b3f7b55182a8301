"""What `check` says a run will take, beside what it takes; and the table of costs that it says it from.

``python -m benchmarks.forecasts`` runs panels and analyses of this project, each in a process of its own, and prints
CPU seconds and memory as forecast and as measured. ``--write`` fits the seconds of the table of costs to them anew:
by kind of work, least squares of the relative error, none below zero. ``--keep FILE`` adds what was measured to a
file, and takes from it what it has.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from benchmarks.end_to_end import StageCosts, prepare
from benchmarks.measured import cpu_seconds, in_own_process, peak_megabytes
from twintrade.design import Design
from twintrade.design.costs import ALIKE, Size, Work, measure_size, read_costs
from twintrade.inference.auto import InferencePlan
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.forecast import choose_plans, compute_forecast, list_work
from twintrade.study.plan.jobs import Plan, plan_analysis

SINGLE = ("texas-philippines", "qingdao-uk", "delaware-india")
CASES = (
    *SINGLE,
    *(f"{name}:clustered" for name in ("us-states", "24k", "240k")),
    "us-states",
    "us-states:49",
    "2k:49",
    "6k:49",
    "10k",
    "24k",
    "240k",
    "treated:randomization-49",
    "thin:clustered",
)
"""Panels and analyses of this project, with another inference or number of draws than their file names."""

SMOKE = (("--one", "--run", "tiny:quick"),)

TABLE = Path(__file__).parents[1] / "twintrade" / "design" / "costs.toml"
HEAD = """\
# Seconds on one core by kind of work: fixed, for a thousand rows (rows), for levels beside rows where effects are
# solved in steps (thin), for a draw of few rows (each), by treated rows that share effects (crossed) and by levels
# in panels with gaps (gaps); of a page for each column and check. Fitted by: python -m benchmarks.forecasts --write.
# Memory in megabytes, put by hand.
"""
LEAST = 0.05
"""Seconds below which a job's own error counts as an absolute one."""


Point = tuple[Work, float]
"""A job and the seconds that it took for each of its times."""


def measure(name: str) -> dict[str, Any]:
    """Run one; return its costs, the work that they belong to, and what was forecast."""
    from twintrade.study.execute import execute

    start = cpu_seconds()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        analysis, text = prepare(root, name)
        costs, before = StageCosts(), cpu_seconds() - start
        outcome = execute(root, analysis, text, costs)
        costs("end")
        if outcome.ending != "done":
            raise RuntimeError(outcome.text)
        cpu, peak = cpu_seconds() - before, peak_megabytes()
        plan, _ = plan_analysis(root, analysis, text)
        design = Designs(observe(analysis, plan.spec, root), plan.spec.case).base(plan.spec.design)
        bands = pd.read_csv(root / "results" / analysis / "bands.csv")
    forecast = compute_forecast(plan, design)
    taken = find_plans(plan, design, bands)
    size = measure_size(design)
    works = [*list_work(plan, design, taken), Work("read", ("read",), size)]
    seconds = {**costs.jobs, "read": costs.jobs["read"] + costs.jobs["panel"]}
    works.append(Work("start", ("start",), size))
    seconds["start"] = start + costs.jobs["start"]
    return {
        "rows": design.panel.n_rows,
        "cpu": cpu,
        "peak": peak,
        "drawn": sum(one.draws > 0 for one in taken.values()),
        "forecast": [forecast.low, forecast.high, forecast.megabytes],
        "points": [(asdict(work), taken) for work, taken in list_points(works, seconds)],
    }


def find_plans(plan: Plan, design: Design, bands: pd.DataFrame) -> dict[str, InferencePlan]:
    """Return what the inference of each column did, from the bands of its run."""
    jobs = bands["estimator"] + "/" + bands["specification"]
    plans = {}
    for column in plan.columns:
        foreseen = {one.inference.name: one for one in choose_plans(plan, design, column)}
        taken = [foreseen[name] for name in bands.loc[jobs == column.job, "inference"] if name in foreseen]
        plans[column.job] = (taken or list(foreseen.values()))[0]
    return plans


def list_points(works: Iterable[Work], seconds: dict[str, float]) -> Iterator[Point]:
    """Yield each job done, with its seconds for each time."""
    works = list(works)
    repeated = Counter(work.job for work in works)
    for work in works:
        if work.job in seconds:
            yield work, seconds[work.job] / repeated[work.job] / work.times


def read_work(kept: dict[str, Any]) -> Work:
    """Return a job as it was before it was written down."""
    return Work(**{**kept, "kinds": tuple(kept["kinds"]), "size": Size(**kept["size"])})


def fit_costs(points: Iterable[Point]) -> dict[str, dict[str, float]]:
    """Return seconds by kind, fixed, by size and for a draw: least squares of relative errors.

    Kinds that stand in for others are fitted by absolute errors.
    """
    closest: defaultdict[str, list[Point]] = defaultdict(list)
    general: defaultdict[str, list[Point]] = defaultdict(list)
    for work, seconds in points:
        kind, *others = work.kinds
        closest[kind].append((work, seconds))
        for other in others:
            general[other].append((work, seconds))
    costs = {kind: _fit(measured, is_relative=True) for kind, measured in closest.items()}
    return dict(sorted((costs | {kind: _fit(m, is_relative=False) for kind, m in general.items()}).items()))


def _fit(measured: list[Point], *, is_relative: bool) -> dict[str, float]:
    seconds = np.array([taken for _, taken in measured])
    rows, crossed, gaps, thin = np.array([tuple(asdict(work.size).values()) for work, _ in measured], dtype=float).T
    draws = np.array([work.draws for work, _ in measured])
    weight = 1 / np.maximum(seconds, LEAST) if is_relative else np.ones(seconds.size)
    scale = 1 + rows / ALIKE
    basis = {"thin": thin, "each": draws * scale, "crossed": draws * crossed, "gaps": draws * gaps}
    if draws.any() or rows.max() < 2 * rows.min():
        basis["once"] = scale
    else:
        basis |= {"fixed": np.ones(rows.size), "rows": rows}
    largest = {name: float(column.max()) for name, column in basis.items() if column.any()}
    columns = np.column_stack([basis[name] / most for name, most in largest.items()])
    solved = nnls(columns * weight[:, None], seconds * weight)[0]
    costs = {name: float(value) / most for (name, most), value in zip(largest.items(), solved, strict=True)}
    once = costs.pop("once", None)
    return costs if once is None else {"fixed": once, "rows": once / ALIKE, **costs}


def write_costs(costs: dict[str, dict[str, float]]) -> str:
    """Return the table of costs as TOML."""
    rows = (", ".join(f"{name} = {value:.3g}" for name, value in row.items()) for row in costs.values())
    return "\n".join([HEAD, *(f'"{kind}" = {{ {row} }}' for kind, row in zip(costs, rows, strict=True)), ""])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecasts", description=__doc__)
    parser.add_argument("--run", action="append", help="a panel, or an analysis of this project")
    parser.add_argument("--write", action="store_true", help="fit the table of costs to these runs")
    parser.add_argument("--keep", type=Path, help="a file for what is measured; what it has is not measured again")
    parser.add_argument("--timeout", type=float, default=3600)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.run or list(CASES)
    if options.one:
        print(json.dumps(measure(names[0]), default=float))
        return
    kept: dict[str, Any] = {}
    if options.keep and options.keep.exists():
        kept = json.loads(options.keep.read_text(encoding="utf-8"))
    points = []
    print(f"{'run':18} {'rows':>8} {'drawn':5} {'forecast s':>15} {'CPU s':>7} {'forecast MB':>11} {'MB':>5}")
    for name in names:
        words = [sys.executable, "-m", "benchmarks.forecasts", "--one", "--run", name]
        found: dict[str, Any] = kept.get(name) or in_own_process(words, options.timeout, 16)
        if "failed" in found:
            print(f"{name:18} {found['failed']}", flush=True)
            continue
        kept[name] = found
        if options.keep:
            options.keep.write_text(json.dumps(kept), encoding="utf-8")
        points += [(read_work(work), seconds) for work, seconds in found["points"]]
        low, high, memory = found["forecast"]
        print(
            f"{name:18} {found['rows']:8} {found['drawn']:5} {low:6.0f} to {high:5.0f} {found['cpu']:7.1f}"
            f" {memory:11.0f} {found['peak']:5.0f}",
            flush=True,
        )
    if options.write:
        costs = fit_costs(points) | {"memory": dict(read_costs()["memory"])}
        TABLE.write_text(write_costs(dict(sorted(costs.items()))), encoding="utf-8")


if __name__ == "__main__":
    main()
