"""With which weight each row of a sample enters an estimate: from its regression, its cohorts, or the method."""

from dataclasses import dataclass

import numpy as np

from twintrade.effects import Estimate, Influence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.estimators.base import Fit
from twintrade.inference.clustering.clusters import find_unit_positions
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """Weights v with ``effects = values'y``; of working residuals (y - mu) / mu, linearized, for Poisson methods."""

    rows: IntArray  # (n_rows,): the sample, as positions in the observations
    values: FloatArray  # (n_rows, n_effects)


def find_row_weights(fit: Fit, estimate: Estimate, effects: slice = slice(None)) -> RowWeights | None:
    """Return the weights of the sample's rows in all effects, or some; None where the method does not give them.

    Estimated weights of an average (cohort shares, imputed totals) are taken for fixed, which changes nothing where
    the averaged effects are alike.
    """
    influence, rows = estimate.uncertainty, estimate.sample.rows
    if not isinstance(influence, Influence):
        return None
    if isinstance(influence, CohortInfluence):
        return RowWeights(rows, _spread_cohorts(fit, influence, rows, effects)) if influence.has_units else None
    given = influence.outcome_weights
    if given is None:
        return None
    values = given.choose(effects).matrix()
    if np.array_equal(given.rows, rows):
        return RowWeights(rows, values)
    spread = np.zeros((fit.design.observations.n_rows, values.shape[1]))
    spread[given.rows] = values
    return RowWeights(rows, spread[rows])


def _spread_cohorts(fit: Fit, influence: CohortInfluence, rows: IntArray, effects: slice) -> FloatArray:
    """Return each row's coefficient: that of its unit's cohort in its period; zero for rows of neither."""
    o, periods, cohort = fit.design.observations, influence.moments.periods, influence.cohort
    assert cohort is not None
    of_unit = np.full(o.n_units, -1)
    of_unit[find_unit_positions(o, influence)] = cohort
    code, at = of_unit[o.unit[rows]], np.searchsorted(periods, o.period[rows])
    at = np.minimum(at, periods.size - 1)
    known = (code >= 0) & (periods[at] == o.period[rows])
    return np.where(known[:, None], influence.unit_loadings[..., effects][code, at], 0.0)
