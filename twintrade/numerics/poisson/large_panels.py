"""Poisson fits without some of the rows of panels too large to write their projection out: from a factor anew.

A fit without rows is a fit in which they have the weight zero: the effects are factored at the means of all rows
without these, and Newton steps need a few regressions whose weights are near the factored ones, so that conjugate
gradients settle them in a few steps; the first effect, in whose levels weights may differ much, is taken out exactly.

Leaving rows out may leave sums of effects, or columns, undetermined. A generic sum of both with known coefficients is
regressed: what the remaining rows determine is found again, anything else is not, with probability one. Where
remaining zeros are separated by more than a level the steps do not settle.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.annihilators import PROBE_SEED
from twintrade.numerics.absorption.near_regressions import Bordered, Factored
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.poisson.refitted import Refitted, find_standing

LOOSE, PRECISE = 0.03, 1e-4
EQUAL, LOST = 1e-5, 1e-3
"""Distance from a generic sum up to which it was found again, and from which on it is undetermined."""
PROBING = 1e-8
SETTLED = 1e-10
"""Distance left after a step: about its square, or the share of it that was not solved for."""
MOST_STEPS = 25


@dataclass(frozen=True, slots=True, eq=False)
class LargeFit:
    """A Poisson fit of all rows.

    Attributes
    ----------
    rows : IntArray, shape (n_rows,)
        Positions of its rows among the caller's.
    y : FloatArray, shape (n_rows,)
        Outcome over its mean.
    scale : float
        That mean.
    eta : FloatArray, shape (n_rows,)
    weights : FloatArray, shape (n_rows,)
        Sampling weights.
    factored : Factored
        Effects, and covariates that are not collinear, under the weights of the fit.
    """

    rows: IntArray
    y: FloatArray
    scale: float
    eta: FloatArray
    weights: FloatArray
    factored: Factored

    def without(self, out: IntArray, near: IntArray, *, is_predicted: bool) -> "LargeLeft | None":
        """Say which rows remain and which are determined; None where that is not clear.

        Parameters
        ----------
        out : IntArray
            Rows left out.
        near : IntArray
            Not looked at.
        is_predicted : bool
            Whether rows left out are to be predicted; else nothing is said about them.
        """
        weights = self._drop_empty_levels(out)
        none = np.zeros(weights.size, dtype=bool)
        if not is_predicted:
            return LargeLeft(self, self.factored, weights, none)
        factored = self.factored.reweighted(weights * np.exp(self.eta))
        try:
            missed = _probe(factored.alone(), weights * np.exp(self.eta))
        except EstimationError:
            return None
        return LargeLeft(self, factored, weights, missed)

    def _drop_empty_levels(self, out: IntArray) -> FloatArray:
        """Return weights without some rows, and without those of levels that then have no positive outcome."""
        weights, levels = self.weights.copy(), self.factored.levels
        weights[out] = 0.0
        n_used: int = weights.size + 1
        while (n_left := int(np.count_nonzero(weights))) < n_used:
            n_used = n_left
            is_empty = levels.T @ (weights * self.y) == 0
            if is_empty.any():
                weights[levels @ is_empty.astype(np.float64) > 0] = 0.0
        return weights


@dataclass(frozen=True, slots=True, eq=False)
class LargeLeft:
    """What leaving rows out does to the others. Rows are positions among those of the fit.

    Attributes
    ----------
    whole : LargeFit
    factored : Factored
        Near the weights of the rows that are left.
    weights : FloatArray, shape (n_rows,)
        Zero for rows that are out of the fit: those left out, and those in levels without a positive outcome.
    unknown : BoolArray, shape (n_rows,)
        Rows left out whose sum of effects the others do not determine.
    """

    whole: LargeFit
    factored: Factored
    weights: FloatArray
    unknown: BoolArray

    def refit(self, start: FloatArray, rows: IntArray | None = None, columns: FloatArray | None = None) -> Refitted:
        """Fit effects, covariates and columns on the rows that are left.

        Parameters
        ----------
        start : FloatArray, shape (n_rows,)
            A predictor in the span of effects and covariates.
        rows : IntArray, optional
            Rows in which some column is not zero.
        columns : FloatArray, shape (rows.size, n_columns), optional

        Raises
        ------
        EstimationError
            A column is not clearly determined, or the steps do not settle.
        """
        y, used = self.whole.y, self.weights > 0
        at = find_standing(y, self.weights, start)
        bordered = self.factored.alone()
        if rows is not None and columns is not None:
            bordered = self.factored.border(rows, sp.csr_array(columns))
            _probe(bordered, self.weights * at.mu)
        k = bordered.bread.shape[0]
        coefficients, moved = np.zeros(k), 1.0
        for _ in range(MOST_STEPS):
            regression = bordered.weigh(self.weights * at.mu)
            working = (y / at.mu - 1.0)[:, None]
            forcing = min(LOOSE, max(moved, PRECISE))
            step = regression.solve(working, forcing)
            change = bordered.stacked @ step
            change = (change + regression.mean(working - change))[:, 0]
            at, share = at.move(change)
            coefficients = coefficients + share * step[step.shape[0] - k :, 0]
            moved = float(np.abs(share * change[used]).max())
            if share == 1.0 and moved * max(moved, forcing) <= SETTLED:
                return Refitted(at.eta, coefficients)
        raise EstimationError("Poisson without these rows did not converge")


def _probe(bordered: Bordered, weights: FloatArray) -> BoolArray:
    """Say which rows' sums of effects a regression leaves undetermined.

    Raises
    ------
    EstimationError
        A column is not determined, or it is not clear whether some row is.
    """
    k = bordered.bread.shape[0]
    n_others = bordered.stacked.shape[1] - k
    known = np.random.default_rng(PROBE_SEED).standard_normal((k, 1))
    generic = bordered.factored.generic + bordered.stacked @ np.concatenate([np.zeros((n_others, 1)), known])
    regression = bordered.weigh(weights)
    solved = regression.solve(generic, PROBING)
    missed = np.abs(regression.net(generic - bordered.stacked @ solved))[:, 0]
    if (np.abs(solved[n_others:] - known) > EQUAL).any():
        raise EstimationError("a column is not clearly determined by the remaining rows")
    if ((missed > EQUAL) & (missed < LOST)).any():
        raise EstimationError("it is not clear which rows the remaining ones determine")
    return np.asarray(missed > EQUAL)
