"""Bounds on the average effect where each agreement may have begun at any date from first to last candidate."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import fit_counterfactual
from twintrade.estimators.regression import Family
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.extreme_ratio import bound_ratio


@dataclass(frozen=True, slots=True)
class DateBounds:
    """The smallest and largest average effect that some choice of dates gives."""

    # low, high: On the scale of the headline; sampling error is not in them
    low: float
    high: float
    # n_units, n_rows: Treated units with more than one possible onset, and their rows that are treated under some of
    # them only
    n_units: int
    n_rows: int


def compute_date_bounds(fit: Fit, first: FloatArray, last: FloatArray) -> DateBounds | None:
    """Bound the effect on rows that are truly treated, whichever the true onsets between ``first`` and ``last`` are.

    Rows before a unit's first possible onset are untreated under every date; effects and covariates are fitted on
    these and on untreated units alone, and predict the others. Rows from the last possible onset on are treated under
    every date, those between under some: a unit's true onset is where its treated rows begin. The bounds are the
    smallest and the largest average of outcome less prediction over all combinations of onsets, each found exactly
    (for Poisson the logarithm of total outcome over total prediction).

    ``first``, ``last`` (panel.n_units,): bounds of each unit's onset, ``inf`` for units never treated. Returns none
    where no date is ambiguous.
    """
    design: Design = fit.design
    vague = np.isfinite(first) & (last > first)
    if not vague.any():
        return None
    # An effect in proportions on an outcome in levels comes from a proportional model.
    scale = fit.estimate.scale
    is_poisson = scale in ("log points", "percent") and design.transform == "level"
    family: Family = "poisson" if is_poisson else "linear"
    o = design.reassigned(first).observations
    counterfactual = fit_counterfactual(o, family)
    used = o.is_treated[counterfactual.rows]
    rows, predicted = counterfactual.rows[used], counterfactual.predicted[used]
    unit, period = o.unit[rows], o.period[rows]
    order = np.lexsort((period, unit))
    rows, predicted, unit, period = rows[order], predicted[order], unit[order], period[order]
    is_optional = period < last[o.unit_rows[unit]]
    weight = o.row_weights[rows]
    top, bottom = (o.y[rows], predicted) if is_poisson else (o.y[rows] - predicted, np.ones(rows.size))
    low, high = bound_ratio(weight * top, weight * bottom, unit, is_optional)
    if is_poisson:
        with np.errstate(divide="ignore"):
            low, high = (float(100 * (r - 1) if scale == "percent" else np.log(r)) for r in (low, high))
    return DateBounds(low, high, int(np.unique(unit[is_optional]).size), int(is_optional.sum()))
