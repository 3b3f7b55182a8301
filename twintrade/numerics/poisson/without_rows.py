"""Poisson fits of the same rows without some of them, started from the fit of all and preconditioned by its factor.

A fit without rows is a fit in which they have the weight zero. Newton steps from the means of all rows need a few
regressions whose weights are near those already factored, so that conjugate gradients settle them in a few steps; the
largest effect is eliminated exactly in each. Where the panel is small, the rows left out are taken out of the factor
as well, by the matrix inversion lemma.

Leaving rows out may leave sums of effects undetermined. A sum of effects that is zero on every remaining row with a
positive outcome, but not on each row left out, is a null vector of the block of the annihilator of these rows. Rows
on which all of them vanish are determined as before, and no zero among them is separated.
"""

from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.bordered_regression import build_bordered, build_regression, solve_regression
from twintrade.numerics.absorption.hats import (
    NULL,
    Effects,
    Hat,
    Reweighted,
    factor_clearly,
    is_clearly_definite,
    prepare_reweighting,
    solve_semidefinite,
)
from twintrade.numerics.absorption.identified_columns import CLEAR
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.poisson.refitted import Refitted, find_standing

TOUCHED = 1e-7
LOOSE, PRECISE = 0.03, 1e-7
SETTLED = 1e-6
DRIFT = 0.1
MOST_STEPS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What leaving rows out does to the others. Rows are positions among those of the fit.

    Attributes
    ----------
    whole : WholeFit
    near : Reweighted
    weights : FloatArray, shape (n_rows,)
        Zero for rows that are out of the fit: those left out, and those in levels without a positive outcome.
    unknown : BoolArray, shape (n_rows,)
        Rows left out whose sum of effects the others do not determine.
    """

    whole: "WholeFit"
    near: Reweighted
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
        whole = self.whole
        if rows is None or columns is None:
            return refit_remaining(whole, self.weights, self.near, start, whole.X)
        if not whole.determines(np.flatnonzero(self.weights == 0), rows, columns):
            raise EstimationError("a column is not clearly determined by the remaining rows")
        k = columns.shape[1]
        stacked = np.zeros((whole.y.size, k + whole.X.shape[1]))
        stacked[rows, :k], stacked[:, k:] = columns, whole.X
        fitted = refit_remaining(whole, self.weights, self.near, start, stacked)
        return Refitted(fitted.eta, fitted.coefficients[:k])


@dataclass(frozen=True, slots=True, eq=False)
class WholeFit:
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
    X : FloatArray, shape (n_rows, k)
        Covariates that are not collinear.
    weights : FloatArray, shape (n_rows,)
        Sampling weights.
    effects : Effects
    fitted : Hat
        Of effects under the weights of the fit.
    positive : Hat
        Of effects among the rows with a positive outcome.
    left : FloatArray, shape (n_rows, k)
        What these leave of the covariates among the same rows.
    """

    rows: IntArray
    y: FloatArray
    scale: float
    eta: FloatArray
    X: FloatArray
    weights: FloatArray
    effects: Effects
    fitted: Hat
    positive: Hat
    left: FloatArray

    def without(self, out: IntArray, near: IntArray, *, is_predicted: bool) -> Left | None:
        """Say which rows remain and which are determined; None where only a look at all rows tells.

        Parameters
        ----------
        out : IntArray
            Rows left out.
        near : IntArray
            Rows whose weights may change much.
        is_predicted : bool
            Whether rows left out are to be predicted; else nothing is said about them.
        """
        weights = self.weights.copy()
        weights[out] = 0.0
        left = Left(self, prepare_reweighting(self.fitted, near), weights, np.zeros(weights.size, dtype=bool))
        return self._determined(out, left) if is_predicted else left

    def _determined(self, out: IntArray, left: Left) -> Left | None:
        weights, unknown = left.weights, left.unknown
        positive = out[self.y[out] > 0]
        block = self.positive.annihilated(positive)
        if not self.determines(positive, positive[:0], np.empty((0, 0))):
            return None
        if factor_clearly(block) is not None:
            return left
        values, vectors = np.linalg.eigh(block)
        null = vectors[:, values <= NULL]
        if null.shape[1] == 0 or (values[null.shape[1] :] < CLEAR).any():
            return None
        zeros = np.flatnonzero(self.y == 0)
        unknown[positive] = np.abs(null).max(axis=1) > TOUCHED
        unknown[zeros] = np.abs(self.positive.block(zeros, positive) @ null).max(axis=1) > TOUCHED
        touched = unknown & (weights > 0)
        if (touched & ~self._is_in_empty_level(weights)).any():
            return None
        weights[touched] = 0.0
        return left

    def determines(self, out: IntArray, rows: IntArray, columns: FloatArray) -> bool:
        """Say whether columns and covariates are clearly independent among the remaining positive outcomes.

        Parameters
        ----------
        out : IntArray
            Rows out of the fit.
        rows : IntArray, shape (n,)
        columns : FloatArray, shape (n, k)
            Zero in all other rows.
        """
        if columns.shape[1] + self.X.shape[1] == 0:
            return True
        is_used = self.y[rows] > 0
        rows, columns, out = rows[is_used], columns[is_used], out[self.y[out] > 0]
        block = self.positive.annihilated(np.concatenate([rows, out]))
        n = rows.size
        cross = np.vstack([columns.T @ block[:n, n:], self.left[out].T])
        mixed = columns.T @ self.left[rows]
        gram = np.block([[columns.T @ block[:n, :n] @ columns, mixed], [mixed.T, self.left.T @ self.left]])
        gram -= cross @ solve_semidefinite(block[n:, n:], cross.T)
        norms = np.concatenate([(columns**2).sum(axis=0), (self.X[self.y > 0] ** 2).sum(axis=0)])
        return is_clearly_definite(gram, norms)

    def _is_in_empty_level(self, weights: FloatArray) -> BoolArray:
        """Mark rows of levels without a positive outcome."""
        known, earned = self.effects.pattern.levels, weights * self.y
        empty = np.zeros(weights.size, dtype=bool)
        for code, size in zip(known.codes, known.sizes, strict=True):
            empty |= (np.bincount(code, earned, size) == 0)[code]
        return empty


def refit_remaining(
    whole: WholeFit, weights: FloatArray, near: Reweighted, start: FloatArray, columns: FloatArray
) -> Refitted:
    """Fit effects and columns under other weights, from a predictor that lies in their span.

    Raises
    ------
    EstimationError
        The steps do not settle.
    """
    n, remaining = whole.effects.n_others, weights > 0
    at = find_standing(whole.y, weights, start)
    coefficients, eta_then, precondition, moved = np.zeros(columns.shape[1]), start, None, 1.0
    for _ in range(MOST_STEPS):
        regression = build_regression(whole.effects, weights * at.mu, columns)
        if precondition is None or float(np.abs(at.eta - eta_then)[remaining].max()) > DRIFT:
            precondition, eta_then = build_bordered(regression, near.at(regression.weights)), at.eta
        working = whole.y / at.mu - 1.0
        right = regression.sums(regression.net(working))
        step = solve_regression(regression, precondition, right, min(LOOSE, max(moved, PRECISE)))
        rows = whole.effects.spread(step[:n]) + columns @ step[n:]
        rows += whole.effects.means(regression.weights * (working - rows), regression.inverse)
        at, share = at.move(rows)
        coefficients = coefficients + share * step[n:]
        moved = float(np.abs(share * rows[remaining]).max())
        if share == 1.0 and moved <= SETTLED:
            return Refitted(at.eta, coefficients)
    raise EstimationError("Poisson without these rows did not converge")
