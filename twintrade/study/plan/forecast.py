"""What a run is expected to take, from its plan and its design alone: measured costs, scaled by sizes and draws."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.fixed_effects import encode_effect
from twintrade.inference.base import Inference
from twintrade.inference.choosing import SCALED_FROM
from twintrade.study.plan.jobs import LadderColumn, Plan

Way = Literal["errors", "draws", "case"]
"""Standard errors from the fit, an estimate for each draw, or the placebos of a single case."""

ALIKE = 2.0
"""Thousand rows at which a draw takes twice what it takes on few rows."""

EMPTY = 0.17
"""Megabytes that a thousand rows without a figure take (3.8 million rows, 63 thousand with one)."""

DIRECT = 2000
"""Levels of fixed effects beside those of the largest up to which their equations are solved at once."""

TWICE = 1.8
"""Thousand rows up to which other software mostly is quick enough to estimate the columns again in every run."""

SURE_LINEAR, SURE_POISSON = 1.2, 1.7
"""By how much the equal clusters of a fit were seen to differ from those counted from the agreements."""


@dataclass(frozen=True, slots=True)
class Size:
    """What of a design its work costs by."""

    rows: float  # thousand rows with a figure
    # Thousand of them under an agreement, times the share that these are of all rows: how far treated rows share
    # their fixed effects with each other
    crossed: float = 0.0
    # Thousand levels of the fixed effects beside those of the largest, where rows are missing; 0 in a full panel
    gaps: float = 0.0
    # Million pairs of levels of the fixed effects, times thousand periods, where levels are solved for in steps
    thin: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """One job of a run and what it costs by."""

    job: str
    kinds: tuple[str, ...]  # rows of the table of costs, the closest first
    size: Size
    times: float = 1.0  # columns and checks that are drawn; 1 for other work
    draws: int = 0


@dataclass(frozen=True, slots=True)
class RunForecast:
    """What a run is expected to take."""

    jobs: tuple[tuple[str, float], ...]  # in their order, with the seconds that each takes on one core
    # low, high: Seconds in all, start and reading included; they differ where the design leaves open what `auto`
    # takes
    low: float
    high: float
    megabytes: float


@cache
def read_costs() -> Mapping[str, Mapping[str, float]]:
    """Return seconds by kind of work: ``fixed``, and by the sizes and the draws that ``compute_cost`` multiplies."""
    return tomllib.loads(files("twintrade.study.plan").joinpath("costs.toml").read_text(encoding="utf-8"))


def compute_forecast(plan: Plan, design: Design) -> RunForecast:
    """Return what a plan is expected to take on its design."""
    ways = {column.job: list_ways(plan, design, column) for column in plan.columns}
    size = measure_size(design)
    start = sum(compute_cost(Work(kind, (kind,), size)) for kind in ("start", "read"))
    likely, *bounds = (list(list_work(plan, design, {job: w[k] for job, w in ways.items()})) for k in range(3))
    low, high = (start + sum(map(compute_cost, works)) for works in bounds)
    megabytes = compute_cost(Work("memory", ("memory",), size)) + EMPTY * (design.panel.n_rows / 1000 - size.rows)
    draws = sum(count_draws(plan.inference_of(column), ways[column.job][0]) for column in plan.columns)
    megabytes += draws * design.panel.n_units * 8e-6
    return RunForecast(tuple((w.job, compute_cost(w)) for w in likely), low, high, megabytes)


def measure_size(design: Design) -> Size:
    """Return the size of a design; rows without a figure are in no estimate and do not count."""
    panel = design.panel
    known = np.flatnonzero(np.isfinite(panel.values(design.outcome)))
    onset = design.onset[panel.unit[known]]
    n_affected = int(((onset > panel.first_period) & (panel.period[known] >= onset - design.anticipation)).sum())
    names = [name for name in design.effect_names if name != "cohort"]
    levels = sorted(int(encode_effect(panel, name, known).max(initial=-1)) + 1 for name in names)
    n_periods = panel.last_period - panel.first_period + 1
    n_beside = sum(levels[:-1]) if known.size < panel.n_rows else 0
    thin = (sum(levels) / 1000) ** 2 * n_periods / 1000 if n_beside > DIRECT else 0.0
    return Size(known.size / 1000, n_affected**2 / max(known.size, 1) / 1000, n_beside / 1000, thin)


def compute_cost(work: Work) -> float:
    """Return the seconds that one job takes, by the closest row of the table of costs."""
    costs, size = read_costs(), work.size
    row = next((costs[kind] for kind in work.kinds if kind in costs), {"fixed": 0.0, "rows": 0.0})
    once = work.times * (row["fixed"] + row["rows"] * size.rows + row.get("thin", 0.0) * size.thin)
    each = row.get("each", 0.0) * (1 + size.rows / ALIKE)
    each += row.get("crossed", 0.0) * size.crossed + row.get("gaps", 0.0) * size.gaps
    return once + work.draws * each


def list_ways(plan: Plan, design: Design, column: LadderColumn) -> tuple[Way, Way, Way]:
    """Return how `auto` is likely to infer for a column, and the quickest and the slowest way that it may."""
    if plan.spec.case is not None:
        return "case", "case", "case"
    n = count_equal_clusters(design, _find_power(column))
    sure = SURE_POISSON if column.estimator.is_poisson else SURE_LINEAR
    likely, quickest, slowest = (_guess(n, by) for by in (1.0, 1 / sure, sure))
    return likely, quickest, slowest


def _guess(n: float, by: float) -> Way:
    return "errors" if n >= SCALED_FROM * by else "draws"


def _find_power(column: LadderColumn) -> float:
    """Return the power of its flow that a row's weight grows with, fitted to studied panels (docs/lab/speed.md)."""
    if not column.estimator.is_poisson:
        return 0.0
    return 2.0 if column.estimator.options().get("measure") == "percent" else 1.25


def count_equal_clusters(design: Design, power: float = 0.0) -> float:
    """Return how many clusters of one size the treated rows amount to, along the dimension where these are fewest.

    Rows count by a power of their unit's average outcome. A fit weighs them by more than that; this is what can be
    known without one.
    """
    panel, onset = design.panel, design.onset
    codes = {"city": panel.unit_city, "partner": panel.unit_partner}
    is_inside = (onset > panel.first_period) & (onset <= panel.last_period)
    weights = np.where(is_inside, panel.last_period + 1 - np.where(is_inside, onset, 0), 0.0)
    if power:
        outcomes = np.nan_to_num(panel.values(design.outcome))
        totals, rows = (np.bincount(panel.unit, w, minlength=panel.n_units) for w in (outcomes, None))
        weights *= (totals / np.maximum(rows, 1)) ** power
    sums = [np.bincount(codes.get(name, np.arange(panel.n_units)), weights) for name in design.clusters]
    return min((float(n.sum() ** 2 / (n @ n)) for n in sums if n.any()), default=0.0)


def list_work(plan: Plan, design: Design, ways: Mapping[str, Way]) -> Iterator[Work]:
    """Yield the jobs of a plan in their order, drawing the page last, with what each costs by."""
    size = measure_size(design)
    for column in plan.columns:
        yield Work(f"estimate/{column.job}", _list_kinds("estimate", column), size)
        for inference in (plan.inference_of(column), *plan.beside):
            yield _infer(f"inference/{inference.name}/{column.job}", inference, column, ways[column.job], size)
    for check in plan.checks:
        for column in check.columns:
            way = ways[column.job]
            draws = count_draws(plan.inference_of(column), way)
            stem = "check-draws" if draws else "check-case" if way == "case" else "check"
            kinds = f"{stem}/{check.diagnostic.name}", stem
            yield Work(f"diagnostic/{check.diagnostic.name}/{column.job}", kinds, size, draws=draws)
    kind = "collect-case" if plan.spec.case is not None else "collect-twice" if size.rows < TWICE else "collect"
    yield Work("collect", (kind,), size, len(plan.columns))
    n_exhibits = len(plan.columns) + len(plan.checks)
    yield Work("draw", ("draw" if plan.spec.case is None else "draw-case",), size, n_exhibits)


def count_draws(inference: Inference, way: Way) -> int:
    """Return for how many draws an inference estimates again; 0 where it does not."""
    if inference.name == "auto" and way == "draws":
        return int(getattr(inference, "count_permutations", int)())
    return int(getattr(inference, "draws", 0)) if inference.name == "randomization" else 0


def _infer(job: str, inference: Inference, column: LadderColumn, way: Way, size: Size) -> Work:
    draws = count_draws(inference, way)
    if draws or (inference.name == "auto" and way == "errors"):
        return Work(job, _list_kinds("inference-draws" if draws else "inference-auto", column), size, draws=draws)
    name = "placebo" if inference.name == "auto" else inference.name
    return Work(job, (f"inference/{name}", "inference"), size)


def _list_kinds(stem: str, column: LadderColumn) -> tuple[str, ...]:
    family = "poisson" if column.estimator.is_poisson else "linear"
    return f"{stem}/{column.estimator.name}-{family}", f"{stem}/{family}", stem
