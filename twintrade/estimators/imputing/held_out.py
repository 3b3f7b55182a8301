"""Leads of imputation on the base of its lags: an event time predicted from all other untreated rows, rescaled."""

import numpy as np

from twintrade.design import Observations
from twintrade.errors import EstimationError
from twintrade.estimators.base import HeldOut
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual, fit_counterfactual
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.estimators.regression.families import Family
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group


def hold_out_rows(o: Observations, family: Family, time: int) -> HeldOut | None:
    """Return an event time against the mean of all of each unit's years before, itself among them, by cohort.

    A unit's rows are predicted without it, from K - 1 of its K years, and what is left is multiplied by (K - 1) / K:
    1 less the share of the year in what the unit is predicted to have over all of them.
    """
    is_held = find_affected_rows(o) & ~o.is_affected & (o.event_time == time)
    if not is_held.any():
        return None
    try:
        c = fit_counterfactual(o, family, is_refit=True, held_out=is_held)
    except EstimationError:
        return None
    unit, y, w = o.unit[c.rows], o.y[c.rows], o.row_weights[c.rows]
    adds = o.row_weights[c.fit_rows] * (o.y[c.fit_rows] if family == "poisson" else 1.0)
    others = np.maximum(sum_by_group(adds, o.unit[c.fit_rows], o.n_units), 0.0)[unit]
    size = w * (c.predicted if family == "poisson" else 1.0)
    kept_share = others / (others + size)
    cohorts, code = np.unique(o.onset[c.rows].astype(np.int64), return_inverse=True)
    left, n = y - c.predicted, cohorts.size
    shares = sum_by_group(size * kept_share, code, n) / sum_by_group(size, code, n)
    if family == "linear":
        total = sum_by_group(w, code, n)
        effects = sum_by_group(w * kept_share * left, code, n) / total
        row_terms = w * (kept_share * left - effects[code]) / total[code]
        predictors = w * kept_share / total[code]
        return HeldOut(cohorts, effects, total, shares, True, lambda: _sum_influence(c, code, row_terms, predictors))
    predicted = y - kept_share * left
    total = sum_by_group(w * predicted, code, n)
    ratio = sum_by_group(w * y, code, n) / total
    without = sum_by_group(w * kept_share * c.predicted, code, n)
    level = sum_by_group(w * kept_share * y, code, n) / np.where(without > 0, without, 1.0)
    row_terms = (w * (1 - ratio[code] * (1 - kept_share)) * (y - level[code] * c.predicted)) / total[code]
    predictors = w * kept_share * c.predicted * ratio[code] / total[code]
    return HeldOut(cohorts, ratio, total, shares, True, lambda: _sum_influence(c, code, row_terms, predictors))


def _sum_influence(c: Counterfactual, code: IntArray, row_terms: FloatArray, predictors: FloatArray) -> FloatArray:
    """Return what units add to each cohort: by their held-out rows, and by the predictions for those of all."""
    o, inside = c.o, np.eye(int(code.max()) + 1)[code]
    out = sum_by_group(row_terms[:, None] * inside, o.unit[c.rows], o.n_units)
    return out - sum_by_group(c.prediction_influence(predictors[:, None] * inside), o.unit[c.fit_rows], o.n_units)
