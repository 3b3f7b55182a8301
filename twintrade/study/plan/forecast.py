"""What a run is expected to take, from its plan and its design alone: measured costs, scaled by sizes and draws."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Design
from twintrade.design.costs import Work, compute_cost, list_kinds, measure_size
from twintrade.estimators.base import Fit, View
from twintrade.inference.auto import Auto, InferencePlan, plan_inference
from twintrade.inference.base import Inference
from twintrade.inference.choosing import FEWEST_LIKE, Situation, decide_for
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.study.plan.jobs import LadderColumn, Plan

REPORTED_VIEWS: tuple[View, ...] = ("event", "overall", "path", "cohort")
EMPTY = 0.17  # megabytes that a thousand rows without a figure take (3.8 million rows, 63 thousand with one)
TWICE = 1.8
"""Thousand rows up to which other software mostly is quick enough to estimate the columns again in every run."""

SURE_LINEAR, SURE_POISSON = 1.2, 1.7
"""By how much the equal clusters of a fit were seen to differ from those counted from the agreements."""


@dataclass(frozen=True, slots=True)
class RunForecast:
    """What a run is expected to take."""

    jobs: tuple[tuple[str, float], ...]  # in their order, with the seconds that each takes on one core
    # low, high: Seconds in all, start and reading included; they differ where the design leaves open what `auto`
    # takes
    low: float
    high: float
    megabytes: float


def compute_forecast(plan: Plan, design: Design, known: Mapping[str, InferencePlan] | None = None) -> RunForecast:
    """Return what a plan is expected to take on its design.

    ``known``: what the inference of columns does that are estimated already, by job.
    """
    known = known or {}
    plans = {c.job: [known[c.job]] * 3 if c.job in known else choose_plans(plan, design, c) for c in plan.columns}
    size = measure_size(design)
    start = sum(compute_cost(Work(kind, (kind,), size)) for kind in ("start", "read"))
    likely, *bounds = (list(list_work(plan, design, {job: p[k] for job, p in plans.items()})) for k in range(3))
    low, high = (start + sum(map(compute_cost, works)) for works in bounds)
    megabytes = compute_cost(Work("memory", ("memory",), size)) + EMPTY * (design.panel.n_rows / 1000 - size.rows)
    megabytes += sum(most_likely.megabytes for most_likely, *_ in plans.values())
    return RunForecast(tuple((w.job, compute_cost(w)) for w in likely), low, high, megabytes)


def choose_plans(plan: Plan, design: Design, column: LadderColumn) -> list[InferencePlan]:
    """Return what a column's inference is likely to do before it is estimated, and the least and the most it may.

    The equal clusters that the decision table asks for are those counted from the agreements.
    """
    inference = plan.inference_of(column)
    if isinstance(inference, Auto) and plan.spec.case is not None:
        inference = Placebo(level=inference.level)
    if not isinstance(inference, Auto):
        return [_assume(column, design, inference)] * 3
    n, requires = count_equal_clusters(design, _find_power(column)), column.estimator.requires
    sure = SURE_POISSON if column.estimator.is_poisson else SURE_LINEAR
    seen = Situation(requires.has_influence, requires.has_row_weights, n_treated=FEWEST_LIKE)
    decisions = (decide_for(replace(seen, effective={"": n / by}), inference.about) for by in (1.0, 1 / sure, sure))
    return [_assume(column, design, inference.chosen(decision)) for decision in decisions]


def plan_column(plan: Plan, column: LadderColumn, fit: Fit) -> InferencePlan:
    """Return what a column's inference does for its fit."""
    return plan_inference(plan.inference_of(column), fit, list_reported_views(column, fit))


def list_reported_views(column: LadderColumn, fit: Fit) -> list[View]:
    """Return the views of a column that its inference is about."""
    shown = (*REPORTED_VIEWS, "calendar") if column.is_headline else REPORTED_VIEWS
    return [view for view in shown if view in fit.views]


def _assume(column: LadderColumn, design: Design, inference: Inference) -> InferencePlan:
    """Return a plan by the number of draws that are asked for."""
    draws = inference.draws if isinstance(inference, Randomization) else 0
    return InferencePlan(column.estimator, design, inference, draws)


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


def list_work(plan: Plan, design: Design, plans: Mapping[str, InferencePlan]) -> Iterator[Work]:
    """Yield the jobs of a plan in their order, drawing the page last, with what each costs by."""
    size, is_case = measure_size(design), plan.spec.case is not None
    for column in plan.columns:
        kinds = list_kinds("estimate", column.estimator.name, is_poisson=column.estimator.is_poisson)
        yield Work(f"estimate/{column.job}", kinds, size)
        asked = (plan.inference_of(column), *plan.beside)
        done = (plans[column.job], *(_assume(column, design, inference) for inference in plan.beside))
        for inference, one in zip(asked, done, strict=True):
            yield replace(one.work, job=f"inference/{inference.name}/{column.job}")
    for check in plan.checks:
        for column in check.columns:
            draws = plans[column.job].draws
            stem = "check-draws" if draws else "check-case" if is_case else "check"
            kinds = f"{stem}/{check.diagnostic.name}", stem
            yield Work(f"diagnostic/{check.diagnostic.name}/{column.job}", kinds, size, draws=draws)
    kind = "collect-case" if is_case else "collect-twice" if size.rows < TWICE else "collect"
    yield Work("collect", (kind,), size, len(plan.columns))
    yield Work("draw", ("draw-case" if is_case else "draw",), size, len(plan.columns) + len(plan.checks))
