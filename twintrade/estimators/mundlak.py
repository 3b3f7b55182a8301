"""How covariates enter a saturated regression: by period, by cohort, and in deviations with every cell."""

import numpy as np

from twintrade.design import Observations
from twintrade.numerics.arrays import FloatArray, IntArray


def centered(o: Observations) -> FloatArray:
    """Return covariates less their cohort's mean, shape (n_rows, n_covariates)."""
    cohort = np.unique(o.unit_onset, return_inverse=True)[1][o.unit]
    weights = np.ones(o.n_rows) if o.weights is None else o.weights
    total = np.bincount(cohort, weights)
    means = [np.bincount(cohort, weights * x) / total for x in o.covariates.T]
    return o.covariates - np.column_stack([np.empty((o.n_rows, 0)), *(m[cohort] for m in means)])


def interactions(o: Observations, of_row: IntArray, *, has_units: bool) -> FloatArray:
    """Return the covariates' regressors (Wooldridge 2021, section 5), collinear ones among them.

    Each covariate with every cell (in deviations from its cohort's mean), with every period, and, where units
    have no effect of their own, with every cohort.

    Parameters
    ----------
    o : Observations
    of_row : IntArray, shape (n_rows,)
        Cell of each row, -1 outside.
    has_units : bool
        Whether unit effects are absorbed.

    Returns
    -------
    FloatArray, shape (n_rows, n_columns)
        Cells first, in their order, covariate by covariate.
    """
    if o.covariates.shape[1] == 0:
        return np.empty((o.n_rows, 0))
    cells = (of_row[:, None] == np.arange(int(of_row.max()) + 1)).astype(np.float64)
    periods = (o.period[:, None] == o.periods[1:]).astype(np.float64)
    cohorts = (o.onset[:, None] == np.unique(o.unit_onset)).astype(np.float64)
    deviations = centered(o)
    parts = [cells * deviations[:, [k]] for k in range(deviations.shape[1])]
    for k in range(deviations.shape[1]):
        x = o.covariates[:, [k]]
        parts += [x, periods * x] if has_units else [cohorts * x, periods * x]
    return np.hstack(parts)
