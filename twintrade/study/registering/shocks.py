"""Errors of simulated outcomes: stated, or estimated from rows before the first agreement."""

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.design import Design, Panel
from twintrade.effects.registration import SimulatedErrors
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text

STATED = SimulatedErrors(source="stated", pair=0.40, city=0.20, partner=0.12, serial=0.6, size=1.2)
"""Those of the study of sizes (docs/lab/size_of_tests.md)."""
LEVEL = 1e6
"""A typical flow where sizes are drawn."""
FEWEST_PERIODS = 4
"""Periods before the first agreement below which no serial correlation can be estimated."""
MOST_SERIAL = 0.95
_MOST_LOST = 0.5
"""Share of shocks in the means of periods beyond which it is not put back: with two cities it is half."""


@dataclass(frozen=True, slots=True, eq=False)
class Shocks:
    """What outcomes are drawn from."""

    errors: SimulatedErrors
    # log_size, zeros: (n_units,): each unit's own, where estimated
    log_size: FloatArray | None = None
    zeros: FloatArray | None = None


def estimate_shocks(design: Design) -> Shocks:
    """Estimate sizes, zeros, variances and serial correlation from rows before the first agreement of any unit.

    Units under an agreement from the first period on, and those left out because a date is unknown, are not used.
    """
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
    pair, city, partner = _split_variance(panel, traded, residual)
    serial = _find_serial(panel, traded, residual, periods.size)
    known = np.isfinite(log_size)
    size = float(log_size[known].std())
    errors = SimulatedErrors(
        source="before",
        pair=_undo_demeaning(pair, serial, periods.size),
        city=_undo_demeaning(city, serial, periods.size),
        partner=_undo_demeaning(partner, serial, periods.size),
        serial=serial,
        size=size,
        zeros=share,
        n_periods=int(periods.size),
        n_rows=int(rows.size),
    )
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
    """Return variances of a pair's own error, and of the shocks of cities and of partners.

    A mean of the period has a share of each shock: one over the number of cities, and of partners.
    """
    period = panel.period[rows] - panel.first_period
    n_periods = int(period.max()) + 1
    shared = [
        _find_covariance(ends[panel.unit[rows]] * n_periods + period, residual)
        for ends in (panel.unit_city, panel.unit_partner)
    ]
    lost = 1.0 / np.array([np.unique(ends[panel.unit[rows]]).size for ends in (panel.unit_city, panel.unit_partner)])
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
    return float(
        scipy.optimize.brentq(lambda serial: _expect(serial, n_periods)[1] - shown, 0.0, MOST_SERIAL, xtol=1e-6)
    )


def _expect(serial: float, n_periods: int) -> tuple[float, float]:
    """Return variance and first autocorrelation of a series of variance one less its own mean."""
    steps = np.arange(n_periods)
    demean = np.eye(n_periods) - 1.0 / n_periods
    covariance = demean @ serial ** np.abs(steps[:, None] - steps) @ demean
    variance = float(np.trace(covariance)) / n_periods
    return variance, float(np.trace(covariance, 1)) / (n_periods - 1) / variance


def _undo_demeaning(variance: float, serial: float, n_periods: int) -> float:
    """Return the standard deviation of errors whose variance less their own mean is this."""
    return float(np.sqrt(variance / _expect(serial, n_periods)[0]))


def draw_outcome(panel: Panel, shocks: Shocks, rng: np.random.Generator) -> FloatArray:
    """Draw an outcome without any effect on the rows of a panel, shape (panel.n_rows,)."""
    errors, at = shocks.errors, np.searchsorted(panel.periods, panel.period)
    log_size = shocks.log_size
    if log_size is None:
        log_size = np.log(LEVEL) + errors.size * rng.normal(size=panel.n_units)
    logs = log_size[panel.unit] + errors.pair * _draw_series(panel.n_units, panel, errors, rng)[panel.unit, at]
    for spread, ends, n in (
        (errors.city, panel.unit_city, panel.cities.size),
        (errors.partner, panel.unit_partner, panel.partners.size),
    ):
        logs += spread * _draw_series(n, panel, errors, rng)[ends[panel.unit], at]
    zeros = errors.zeros if shocks.zeros is None else shocks.zeros[panel.unit]
    return np.where(rng.random(panel.n_rows) < zeros, 0.0, np.exp(logs))


def _draw_series(n: int, panel: Panel, errors: SimulatedErrors, rng: np.random.Generator) -> FloatArray:
    """Draw first-order autoregressions of variance one, shape (n, n_periods)."""
    series = rng.normal(size=(n, panel.periods.size))
    for t in range(1, panel.periods.size):
        series[:, t] = errors.serial * series[:, t - 1] + np.sqrt(1 - errors.serial**2) * series[:, t]
    return series
