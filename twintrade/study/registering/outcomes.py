"""The observed side of an analysis with simulated outcomes in place of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Any

import numpy as np
import pandas as pd
import scipy

from twintrade.design import Design, Panel
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.effects.result_set import ErrorSource, Performance, PowerPoint, SimulatedErrors
from twintrade.errors import DesignError
from twintrade.estimators.base import fit
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.study.observing.further_columns import list_wanted
from twintrade.study.observing.observe import Observed
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import LadderColumn, Plan
from twintrade.study.run.columns import build_generator
from twintrade.study.spec.analysis import Spec
from twintrade.text import Text

# Errors of simulated outcomes: stated, or estimated from rows before the first agreement.

STATED = SimulatedErrors(source="stated", pair=0.40, city=0.20, partner=0.12, serial=0.6, size=1.2)
"""Those of the study of sizes (docs/lab/size_of_tests.md)."""
LEVEL = 1e6  # a typical flow where sizes are drawn
FEWEST_PERIODS = 4  # periods before the first agreement below which no serial correlation can be estimated
MOST_SERIAL = 0.95
_MOST_LOST = 0.5
"""Share of shocks in the means of periods beyond which it is not put back: with two cities it is half."""


@dataclass(frozen=True, slots=True, eq=False)
class Shocks:
    """What outcomes are drawn from."""

    errors: SimulatedErrors
    log_size: FloatArray | None = None  # log_size, zeros: (n_units,): each unit's own, where estimated
    zeros: FloatArray | None = None


def estimate_shocks(design: Design) -> Shocks:
    """Estimate shocks from rows before any unit's first agreement, without the always treated and the undated."""
    panel, onset = design.panel, design.onset
    begun = onset[(onset > panel.first_period) & (onset <= panel.last_period)]
    end = (begun.min() if begun.size else panel.last_period + 1) - design.anticipation
    is_clean = (onset > panel.first_period) & ~np.isin(panel.units, list(design.treatment.excluded))
    rows = np.flatnonzero((panel.period < end) & is_clean[panel.unit])
    y = panel.values(design.outcome)[rows]
    rows, y = rows[np.isfinite(y)], y[np.isfinite(y)]
    periods = np.unique(panel.period[rows])
    if periods.size < FEWEST_PERIODS:
        raise DesignError(Text("registration.few-periods", n=int(periods.size), fewest=FEWEST_PERIODS))
    unit = panel.unit[rows]
    n_rows, n_zeros = np.bincount(unit, minlength=panel.n_units), np.bincount(unit, y <= 0, panel.n_units)
    share = float(n_zeros.sum() / n_rows.sum())
    traded = rows[y > 0]
    log_size, residual = _demean(panel, traded, np.log(y[y > 0]), np.searchsorted(periods, panel.period[traded]))
    serial = _find_serial(panel, traded, residual, periods.size)
    # The standard deviations of errors whose variances less their own means these are.
    shown, kept = np.array(_split_variance(panel, traded, residual)), _expect(serial, periods.size)[0]
    spreads = dict(zip(("pair", "city", "partner"), np.sqrt(shown / kept).tolist(), strict=True))
    known, counts = np.isfinite(log_size), {"n_periods": int(periods.size), "n_rows": int(rows.size)}
    size = float(log_size[known].std())
    errors = SimulatedErrors(source="before", serial=serial, size=size, zeros=share, **spreads, **counts)
    typical = float(np.median(log_size[known])) if known.any() else float(np.log(LEVEL))
    return Shocks(errors, np.where(known, log_size, typical), (n_zeros + share) / (n_rows + 1))


def _demean(panel: Panel, rows: IntArray, logs: FloatArray, at: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return each unit's mean logarithm, NaN without any, and logarithms less means of units and periods."""
    unit, residual = panel.unit[rows], logs - logs.mean()
    for _ in range(50):
        for codes in (unit, at):
            n = np.maximum(np.bincount(codes), 1)
            residual = residual - (np.bincount(codes, residual) / n)[codes]
    n_rows = np.bincount(unit, minlength=panel.n_units)
    with np.errstate(invalid="ignore"):
        return np.bincount(unit, logs, panel.n_units) / n_rows, residual


def _split_variance(panel: Panel, rows: IntArray, residual: FloatArray) -> tuple[float, float, float]:
    """Return variances of a pair's own error, of cities' and of partners' shocks, net of the period's mean."""
    period = panel.period[rows] - panel.first_period
    n_periods = int(period.max()) + 1
    ends = [codes[panel.unit[rows]] for codes in (panel.unit_city, panel.unit_partner)]
    shared = [_find_covariance(end * n_periods + period, residual) for end in ends]
    lost = 1.0 / np.array([np.unique(end).size for end in ends])
    if lost.sum() < _MOST_LOST:
        shared = np.linalg.solve(np.eye(2) - lost, shared).tolist()
    city, partner = (max(value, 0.0) for value in shared)
    shown = city * (1 - lost[0]) + partner * (1 - lost[1])
    return max(float((residual**2).mean()) - shown, 1e-8), city, partner


def _find_covariance(group: IntArray, residual: FloatArray) -> float:
    """Return the mean product of two different rows of one group; zero where no group has two."""
    n, total = np.bincount(group), np.bincount(group, residual)
    products = float((total**2 - np.bincount(group, residual**2)).sum())
    n_products = float((n * (n - 1)).sum())
    return products / n_products if n_products else 0.0


def _find_serial(panel: Panel, rows: IntArray, residual: FloatArray, n_periods: int) -> float:
    """Return the autocorrelation that demeaned series of this length show as much of as the residuals do."""
    unit, period = panel.unit[rows], panel.period[rows]
    follows: BoolArray = (np.diff(unit) == 0) & (np.diff(period) == panel.step)
    before, after = residual[:-1][follows], residual[1:][follows]
    if not before.size or not (residual**2).sum():
        return 0.0
    shown = float((before * after).mean() / (residual**2).mean())
    ends = _expect(0.0, n_periods)[1], _expect(MOST_SERIAL, n_periods)[1]
    if shown <= ends[0]:
        return 0.0
    if shown >= ends[1]:
        return MOST_SERIAL
    root = scipy.optimize.brentq(lambda serial: _expect(serial, n_periods)[1] - shown, 0.0, MOST_SERIAL, xtol=1e-6)
    return float(root)


def _expect(serial: float, n_periods: int) -> tuple[float, float]:
    """Return variance and first autocorrelation of a series of variance one less its own mean."""
    steps = np.arange(n_periods)
    demean = np.eye(n_periods) - 1.0 / n_periods
    covariance = demean @ serial ** np.abs(steps[:, None] - steps) @ demean
    variance = float(np.trace(covariance)) / n_periods
    return variance, float(np.trace(covariance, 1)) / (n_periods - 1) / variance


def draw_outcome(panel: Panel, shocks: Shocks, rng: np.random.Generator) -> FloatArray:
    """Draw an outcome without any effect on the rows of a panel, shape (panel.n_rows,)."""
    errors, at = shocks.errors, np.searchsorted(panel.periods, panel.period)
    if (log_size := shocks.log_size) is None:
        log_size = np.log(LEVEL) + errors.size * rng.normal(size=panel.n_units)
    logs = log_size[panel.unit] + errors.pair * _draw_series(panel.n_units, panel, errors, rng)[panel.unit, at]
    places = (errors.city, panel.unit_city, panel.cities), (errors.partner, panel.unit_partner, panel.partners)
    for spread, ends, names in places:
        logs += spread * _draw_series(names.size, panel, errors, rng)[ends[panel.unit], at]
    zeros = errors.zeros if shocks.zeros is None else shocks.zeros[panel.unit]
    return np.where(rng.random(panel.n_rows) < zeros, 0.0, np.exp(logs))


def _draw_series(n: int, panel: Panel, errors: SimulatedErrors, rng: np.random.Generator) -> FloatArray:
    """Draw first-order autoregressions of variance one, shape (n, n_periods)."""
    series = rng.normal(size=(n, panel.periods.size))
    for t in range(1, panel.periods.size):
        series[:, t] = errors.serial * series[:, t - 1] + np.sqrt(1 - errors.serial**2) * series[:, t]
    return series


_DEGREES = ("latitude", "longitude", "partner_latitude", "partner_longitude")


@dataclass(frozen=True, slots=True, eq=False)
class Blank:
    """An analysis's rows and agreements without any outcome, and how outcomes are drawn."""

    observed: Observed  # its panel keeps covariates, weights and places alone
    flows: tuple[str, ...]  # the outcomes to be drawn
    is_known: BoolArray  # (n_rows,): rows that have a figure
    shocks: Shocks

    def draw(self, rng: np.random.Generator) -> Observed:
        """Return the observed side with one simulated outcome a flow."""
        panel = self.observed.panel
        drawn = {flow: np.where(self.is_known, draw_outcome(panel, self.shocks, rng), np.nan) for flow in self.flows}
        return replace(self.observed, panel=replace(panel, columns={**drawn, **panel.columns}))


def drop_outcomes(spec: Spec, observed: Observed, source: ErrorSource | None = None) -> Blank:
    """Return an analysis without its outcomes; the errors come from rows before the first agreement, if from any."""
    table = observed.panel
    longer = _lay_out(table, _find_last_period(spec, table))
    whole = replace(observed, panel=longer)
    treatment = Designs(whole, spec.case).treatment(spec.design)
    outcome, anticipation = spec.design.outcome, spec.design.anticipation
    design = Design(panel=longer, treatment=treatment, outcome=outcome, anticipation=anticipation)
    begun = design.onset[(design.onset > longer.first_period) & (design.onset <= longer.last_period)]
    if source is None:
        source = "before" if begun.size and table.last_period < begun.min() else "stated"
    shocks = estimate_shocks(design) if source == "before" else Shocks(STATED)
    kept = {*_DEGREES, *list_wanted(spec), *(name for entry in spec.data.covariates for name in entry.named)}
    columns = {name: values for name, values in longer.columns.items() if name in kept}
    is_known = np.isfinite(longer.values(outcome)) | (longer.period > table.last_period)
    emptied: dict[str, Any] = dict.fromkeys(("inputs", "messages", "conversions", "jumps"), ())
    blank = replace(whole, panel=replace(longer, columns=columns), is_simulated=True, **emptied)
    return Blank(blank, tuple(dict.fromkeys(entry.flow for entry in spec.data.trade)), is_known, shocks)


def _find_last_period(spec: Spec, panel: Panel) -> int:
    """Return the last period of the sample, which may lie behind that of the tables."""
    if spec.design.sample is None:
        return panel.last_period
    if panel.waves:
        return max(panel.last_period, int(panel.number_years([spec.design.sample[1]])[0]))
    per_year = PERIODS_PER_YEAR[panel.frequency]
    return max(panel.last_period, spec.design.sample[1] * per_year + per_year - 1)


def _lay_out(panel: Panel, last: int) -> Panel:
    """Return a panel with rows of missing values for every unit from its last period on to another."""
    if last < panel.last_period + panel.step:
        return panel
    later = np.arange(panel.last_period + panel.step, last + 1, panel.step)
    unit = np.repeat(np.arange(panel.n_units), later.size)
    ends = {"city": panel.cities[panel.unit_city[unit]]}
    if panel.is_dyadic:
        ends["partner"] = panel.partners[panel.unit_partner[unit]]
    rows = pd.DataFrame({**ends, "period": np.tile(later, panel.n_units)})
    laid = Panel.from_frame(
        pd.concat([panel.to_frame()[[*ends, "period", *panel.columns]], rows], ignore_index=True),
        city="city",
        partner="partner" if panel.is_dyadic else None,
        frequency="year" if panel.frequency == "wave" else panel.frequency,
        units_of_measure=panel.units_of_measure,
        periods="calendar" if panel.waves else None,
    )
    return replace(laid, frequency=panel.frequency, waves=panel.waves)


# The headline on many simulated outcomes: how often a true null is rejected, and which effect would be found.

PERFORMANCE_LEVEL, POWER = 0.05, 0.80
_NORMAL = 1.959964
PERCENTS = (5.0, 10.0, 20.0, 30.0, 50.0, 75.0, 100.0)
"""Rises of the power curve where the headline is a change in percent, or its logarithm."""
MULTIPLES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # the same, in detectable effects, on other scales

Shared = tuple[Blank, Designs, Plan, LadderColumn]


def simulate_headline(blank: Blank, plan: Plan, column: LadderColumn, draws: int) -> Performance | None:
    """Return size and power of a column over simulated outcomes without effect; None where none gives a test.

    An effect that multiplies the treated pairs' flow moves estimate and interval by as much, so that power follows
    from the intervals of the same outcomes.
    """
    seed = plan.spec.inference.seed
    jobs = {str(k): k for k in range(1, draws + 1)}
    rng = build_generator(seed, "registration")
    designs = Designs(blank.observed, plan.spec.case)
    designs.treatment(column.design)
    done = run_jobs("registration", _test_once, jobs, shared=(blank, designs, plan, column), rng=rng)
    tried, _ = split_succeeded(done)
    tested = [one.values for one in tried if one.values is not None and np.isfinite(one.values["p"])]
    return _summarize(tested, seed, draws) if tested else None


def _test_once(shared: Shared, job: int, rng: np.random.Generator) -> Arrays:
    blank, designs, plan, column = shared
    design = designs.replace_outcomes(blank.draw(rng)).of(column)
    bands = plan.inference_of(column).beside_headline().infer(fit(column.estimator, design), "overall", rng)
    words = {"method": np.array(bands.inference), "scale": np.array(bands.estimate.scale)}
    return {"p": bands.p[0], "low": bands.low[0], **words}


def _summarize(tested: Sequence[Arrays], seed: int, draws: int) -> Performance:
    n, scale = len(tested), str(tested[0]["scale"])
    methods = [str(one["method"]) for one in tested]
    p = np.array([one["p"] for one in tested], dtype=float)
    needed = np.sort(_find_needed(np.array([one["low"] for one in tested], dtype=float), scale))
    size = float((p < PERFORMANCE_LEVEL).mean())
    half = _NORMAL * sqrt(n * POWER * (1 - POWER))
    detectable, low, high = (_take(needed, at) for at in (POWER * n, POWER * n - half, POWER * n + half))
    is_percent = scale in ("percent", "log points")
    sizes = PERCENTS if is_percent else tuple(m * detectable for m in MULTIPLES if detectable is not None)
    return Performance(
        seed=seed,
        draws=draws,
        failed=draws - n,
        level=PERFORMANCE_LEVEL,
        methods={name: methods.count(name) for name in sorted(set(methods))},
        unit="percent" if is_percent else scale,
        size=size,
        size_error=_find_error(size, n),
        detectable=detectable,
        detectable_low=low,
        detectable_high=high,
        curve=tuple(_find_power(needed, effect) for effect in sizes),
    )


def _find_needed(low: FloatArray, scale: str) -> FloatArray:
    """Return the rise that would have moved each interval above zero; infinite where it has no lower end."""
    low = np.where(np.isnan(low), -np.inf, low)
    with np.errstate(divide="ignore", over="ignore"):
        if scale == "percent":
            return np.maximum(100 * (1 / np.maximum(1 + low / 100, 0.0) - 1), 0.0)
        return np.maximum(100 * np.expm1(-low) if scale == "log points" else -low, 0.0)


def _take(ordered: FloatArray, position: float) -> float | None:
    value = float(ordered[max(1, min(ordered.size, ceil(position))) - 1])
    return value if np.isfinite(value) else None


def _find_power(needed: FloatArray, effect: float) -> PowerPoint:
    share = float((needed < effect).mean())
    return PowerPoint(effect=effect, power=share, error=_find_error(share, needed.size))


def _find_error(share: float, n: int) -> float:
    """Return the Monte Carlo standard error of a share."""
    return sqrt(share * (1 - share) / n)
