"""How much of a headline rests on comparison rows of leverage one, whose noise clustered errors do not see."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twintrade.design import Observations
from twintrade.effects import CohortEffects, Estimate
from twintrade.estimators.base import Fit
from twintrade.inference.refits.leave_out import get_regression
from twintrade.numerics.absorption import find_singletons
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.linear import find_leverage_one, find_resting


@dataclass(frozen=True, slots=True)
class LeverageOne:
    """Comparison rows that alone determine an effect on which treated rows rest."""

    n_rows: int
    share: float  # of the headline's weight, that of the treated rows that rest on them


def measure_leverage_one(fit: Fit, overall: Estimate) -> LeverageOne:
    """Count untreated rows of leverage one on which treated rows rest, and weigh the treated rows that do.

    Rows alone in a level of the whole sample are dropped first: nothing rests on them. A unit's only untreated row
    determines that unit's effect and nothing else, and its noise shows in the unit's own treated rows; so it is not
    counted. A row that alone determines another effect moves treated rows unseen.
    """
    o = fit.design.observations
    codes = o.effect_codes()
    usable = ~find_singletons(codes)
    rows, treated = np.flatnonzero(usable & ~o.is_affected), np.flatnonzero(usable & o.is_treated)
    if not rows.size or not treated.size:
        return LeverageOne(0, 0.0)
    codes_fit = [c[rows] for c in codes]
    n_own = np.bincount(o.unit[rows], minlength=o.n_units)
    alone = find_leverage_one(codes_fit) & (n_own[o.unit[rows]] > 1)
    resting, carrying = find_resting(codes_fit, [c[treated] for c in codes], alone)
    if not resting.any():
        return LeverageOne(0, 0.0)
    weight = _weigh_rows(o, fit.estimate, overall)
    if not weight[o.is_treated].sum() > 0:
        weight = np.ones(o.n_rows)
    return LeverageOne(int(carrying.sum()), float(weight[treated[resting]].sum() / weight[o.is_treated].sum()))


def _weigh_rows(o: Observations, estimate: Estimate, overall: Estimate) -> FloatArray:
    """Return the size of each row's weight in the headline, (n_rows,).

    Behind a regression it is the row's loading. Cells share their weight among their rows; elsewhere rows count by
    their sampling weights.
    """
    out = np.zeros(o.n_rows)
    source = get_regression(overall)
    if source is not None:
        out[source.rows] = np.abs(source.weights * source.along(source.bread @ source.selector[:, :1])[:, 0])
        return out
    used = estimate.sample.rows
    out[used] = o.row_weights[used]
    if isinstance(estimate, CohortEffects):
        cells = [o.onset, o.event_time]
        size = pd.Series(out).groupby(cells).transform("sum").to_numpy()
        known = pd.Series(estimate.cell_weights, index=[estimate.cohorts.astype(np.float64), estimate.event_times])
        weight = known.reindex(pd.MultiIndex.from_arrays(cells)).fillna(0.0).to_numpy()
        out = np.divide(out * weight, size, out=np.zeros_like(out), where=size > 0)
    return out
