"""Leads of a regression of cells on the base of its lags: an event time gets cells of its own, then is rescaled."""

import numpy as np

from twintrade.design import Observations
from twintrade.errors import EstimationError
from twintrade.estimators.base import HeldOut
from twintrade.estimators.regression.cell_fit import fit_cells
from twintrade.estimators.regression.cell_table import measure_cells
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.estimators.regression.families import Family
from twintrade.estimators.regression.saturated import build_cell_dummies
from twintrade.numerics.arrays import sum_by_group


def hold_out_cells(o: Observations, family: Family, time: int) -> HeldOut | None:
    """Return an event time against the mean of all of each cohort's years before, itself among them.

    A cell of its own takes it out of the base of K years; multiplied by (K - 1) / K it stands on the base of all: 1
    less the share of the year in what the cohort would have had over all of them.
    """
    ever = find_affected_rows(o) & ~o.is_affected
    is_held = ever & (o.event_time == time)
    if not is_held.any():
        return None
    cells = build_cell_dummies(o, o.is_affected | is_held)
    try:
        fit = fit_cells(o, cells.of_row, cells.names(), np.empty((o.n_rows, 0)), family)
    except EstimationError:
        return None
    measured = measure_cells(o, fit, cells.of_row, "percent" if family == "poisson" else "coefficient", family)
    is_lead = cells.event_times[fit.kept] == time
    cohorts, size = cells.cohorts[fit.kept][is_lead], measured.weights[is_lead]
    if not cohorts.size:
        return None
    rows = fit.rows[(ever & ~is_held)[fit.rows]]
    place = np.searchsorted(cohorts, o.onset[rows])
    is_own = cohorts[np.minimum(place, cohorts.size - 1)] == o.onset[rows]
    adds = o.row_weights[rows] * (o.y[rows] if family == "poisson" else 1.0)
    others = sum_by_group(adds[is_own], place[is_own], cohorts.size)
    kept_share = others / (others + size)
    effects = measured.effects[is_lead] / (100 if family == "poisson" else 1)
    influence = measured.influence[:, is_lead] / (100 if family == "poisson" else 1)
    if family == "linear":
        return HeldOut(cohorts, kept_share * effects, size, kept_share, False, lambda: influence * kept_share)
    shrunk = 1 + (1 - kept_share) * effects
    moved = kept_share / shrunk**2
    return HeldOut(cohorts, (1 + effects) / shrunk, size * shrunk, kept_share, False, lambda: influence * moved)
