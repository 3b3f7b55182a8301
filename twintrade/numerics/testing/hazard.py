"""Who signs when: proportional hazards by partial likelihood, and assignments drawn from them."""

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text

STEPS = 50
CONVERGED = 1e-10
FARTHEST = 20.0
"""Log hazard ratio of a standard deviation beyond which some variable predicts who signs perfectly."""


def fit_hazard(x: FloatArray, cohort: IntArray, can_begin: BoolArray) -> FloatArray:
    """Return each unit's log hazard, (n_units,): the slopes maximize Efron's partial likelihood.

    Of those at risk at a date the ones that sign are as likely as their hazards say, whatever the date does to all.
    They sign one after the other, nobody knows in which order: those before count by the share of orders.

    ``x`` (n_units, n_variables); ``cohort`` (n_units,): position of the date at which each signs; the number of dates
    for those that never do; ``can_begin`` (n_units, n_cohorts): whether a unit could sign at a date if it has not
    before.
    """
    spread = x.std(axis=0)
    if not (spread > 0).all():
        raise EstimationError(Text("inference.hazard-constant"))
    z = (x - x.mean(axis=0)) / spread
    n_dates = can_begin.shape[1]
    signed = np.bincount(cohort, minlength=n_dates + 1)[:-1]
    date = np.repeat(np.arange(n_dates), signed)
    gone = np.concatenate([np.arange(n) / n for n in signed])
    at_risk = can_begin[:, date] & (cohort[:, None] >= date)
    at_risk = at_risk - gone * (cohort[:, None] == date)
    total = z[cohort < n_dates].sum(axis=0)
    beta = np.zeros(x.shape[1])
    for _ in range(STEPS):
        share = np.exp(z @ beta)[:, None] * at_risk
        share /= share.sum(axis=0)
        mean = share.T @ z
        information = z.T @ (share.sum(axis=1)[:, None] * z) - mean.T @ mean
        step = np.linalg.lstsq(information, total - mean.sum(axis=0), rcond=None)[0]
        beta = beta + step / max(1.0, float(np.abs(step).max()))
        if np.abs(beta).max() > FARTHEST:
            break
        if np.abs(step).max() < CONVERGED:
            return np.asarray(z @ beta)
    raise EstimationError(Text("inference.hazard-separated"))


def draw_signers(
    log_hazard: FloatArray, signed: IntArray, can_begin: BoolArray, draws: int, rng: np.random.Generator
) -> IntArray:
    """Return the date at which each unit signs in every draw, (draws, n_units): as many a date as really did.

    The largest of log hazards plus Gumbel noise are a draw without replacement in proportion to the hazards. A draw
    in which too few are left at risk at some date is left out.
    """
    n_dates = signed.size
    out = np.full((draws, log_hazard.size), n_dates, dtype=np.int64)
    is_whole = np.ones(draws, dtype=bool)
    for date in range(n_dates):
        keys = log_hazard + rng.gumbel(size=out.shape)
        keys[(out < n_dates) | ~can_begin[:, date]] = -np.inf
        order = np.argpartition(-keys, signed[date] - 1, axis=1)[:, : signed[date]]
        chosen = np.take_along_axis(keys, order, axis=1)
        is_whole &= np.isfinite(chosen).all(axis=1)
        np.put_along_axis(out, order, date, axis=1)
    return out[is_whole]
