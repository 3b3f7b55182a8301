"""The projection on fixed effects written out for small panels, looked up by row and moved to other weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import lapack

from twintrade.numerics.absorption.annihilators import DENSE_LIMIT
from twintrade.numerics.absorption.conjugate_gradients import LinearMap
from twintrade.numerics.absorption.identified_columns import CLEAR
from twintrade.numerics.absorption.levels import recode_levels
from twintrade.numerics.absorption.normal_equations import Incidence, NormalEquations, build_incidence
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

NULL = 1e-9
TRACE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects by row: the largest, which is eliminated, and the others in one stacked coefficient vector.

    Attributes
    ----------
    pattern : Incidence
    first : IntArray, shape (n_rows,)
    others : tuple of IntArray, each of shape (n_rows,)
        Places in the stacked vector.
    """

    pattern: Incidence
    first: IntArray
    others: tuple[IntArray, ...]

    @property
    def n_first(self) -> int:
        """Number of levels of the eliminated effect."""
        return self.pattern.levels.sizes[self.pattern.largest]

    @property
    def n_others(self) -> int:
        """Length of the stacked vector."""
        return self.pattern.n_stacked

    def spread(self, stacked: FloatArray) -> FloatArray:
        """Return the sum of the others by row."""
        out = np.take(stacked, self.others[0])
        for code in self.others[1:]:
            out += np.take(stacked, code)
        return out

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum rows within the levels of the others."""
        out = np.bincount(self.others[0], values, self.n_others).astype(np.float64, copy=False)
        for code in self.others[1:]:
            out += np.bincount(code, values, self.n_others)
        return out

    def means(self, values: FloatArray, inverse: FloatArray) -> FloatArray:
        """Return sums within the largest effect times its inverse weights, by row."""
        return np.take(np.bincount(self.first, values, self.n_first) * inverse, self.first)


def lay_out_effects(codes: Sequence[IntArray]) -> Effects | None:
    """Lay out the effects; None where there is nothing beside the largest."""
    pattern = build_incidence(recode_levels(codes))
    if not pattern.others:
        return None
    known = pattern.levels.codes
    stacked = tuple(known[k] + start for k, start in zip(pattern.others, pattern.offsets[:-1], strict=True))
    return Effects(pattern, known[pattern.largest], stacked)


@dataclass(frozen=True, slots=True, eq=False)
class Hat:
    """The projection on effects under given weights, ready to be looked up: D (D'WD)^- D'.

    Attributes
    ----------
    weights : FloatArray, shape (n_rows,)
    first : IntArray, shape (n_rows,)
    inverse : FloatArray, shape (n_first,)
        One over the weights of each level of the largest effect.
    net : FloatArray, shape (n_rows, n_columns)
        The other dummies less their means within the largest effect.
    loaded : FloatArray, shape (n_rows, n_columns)
        These times the inverse of their normal equations.
    bread : FloatArray, shape (n_columns, n_columns)
    dense : FloatArray or None, shape (n_rows, n_rows)
        All entries, where these are few.
    """

    weights: FloatArray
    first: IntArray
    inverse: FloatArray
    net: FloatArray
    loaded: FloatArray
    bread: FloatArray
    dense: FloatArray | None = None

    def block(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return its entries, shape (n_left, n_right)."""
        if self.dense is not None:
            return np.asarray(self.dense.take((left * self.dense.shape[0])[:, None] + right))
        inside = self.first[left][:, None] == self.first[right]
        return np.asarray(
            self.loaded[left] @ self.net[right].T + np.where(inside, self.inverse[self.first[right]], 0)
        )

    def annihilated(self, rows: IntArray) -> FloatArray:
        """Return the block I - √w H √w of rows with positive weight."""
        root = np.sqrt(self.weights[rows])
        out = -self.block(rows, rows) * root * root[:, None]
        out[np.diag_indices_from(out)] += 1.0
        return out

    def residuals(self, columns: FloatArray) -> FloatArray:
        """Return what the effects leave of columns in rows with positive weight, zero elsewhere."""
        if columns.shape[1] == 0:
            return columns
        weighted = self.weights[:, None] * columns
        sums = sum_by_group(weighted, self.first, self.inverse.size)
        left = columns - (self.inverse[:, None] * sums)[self.first]
        return np.where(self.weights[:, None] > 0, left - self.loaded @ (self.net.T @ weighted), 0.0)


def build_hat(effects: Effects, weights: FloatArray) -> Hat:
    """Write the projection out."""
    equations = NormalEquations(effects.pattern, weights)
    inverse, n = equations.inverse, weights.size
    net = np.zeros((n, effects.n_others))
    for code in effects.others:
        net[np.arange(n), code] += 1.0
    net -= (inverse[:, None] * equations.cross_matrix())[effects.first]
    bread = equations.generalized_inverse()
    hat = Hat(weights, effects.first, inverse, net, net @ bread, bread)
    return replace(hat, dense=hat.block(np.arange(n), np.arange(n))) if n <= DENSE_LIMIT else hat


def is_clearly_definite(gram: FloatArray, norms: FloatArray) -> bool:
    """Say whether columns with these squared norms are far from dependent on each other and on what was taken out."""
    if not (norms > 0).all():
        return False
    scale = 1 / np.sqrt(norms)
    return factor_clearly(gram * scale[:, None] * scale) is not None


def solve_semidefinite(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Solve a consistent system with a semi-definite matrix."""
    factor = factor_clearly(matrix)
    if factor is not None:
        return np.asarray(lapack.dpotrs(factor, right, lower=1)[0]) if factor.size else right
    return np.asarray(np.linalg.pinv(matrix, NULL, True) @ right)


def factor_clearly(matrix: FloatArray) -> FloatArray | None:
    """Return the Cholesky factor where every pivot is far from zero."""
    if matrix.size == 0:
        return matrix
    factor, info = lapack.dpotrf(matrix, lower=1)
    return factor if info == 0 and float(factor.diagonal().min()) ** 2 > CLEAR else None


@dataclass(frozen=True, slots=True, eq=False)
class Reweighted:
    """The factor of the fit of all rows, brought to other weights of some of them by the matrix inversion lemma.

    Attributes
    ----------
    fitted : Hat
    rows : IntArray, shape (n,)
    block : FloatArray, shape (n, n)
        Entries of the hat for these rows.
    side : FloatArray, shape (n, n_columns)
    """

    fitted: Hat
    rows: IntArray
    block: FloatArray
    side: FloatArray

    def at(self, weights: FloatArray) -> LinearMap:
        """Return the inverse of the normal equations with these weights of the rows.

        A row that is out keeps a trace of its weight, so that the inverse exists.
        """
        bread, before = self.fitted.bread, self.fitted.weights[self.rows]
        change = np.maximum(weights[self.rows], TRACE * before) - before
        inner = self.block * change
        inner[np.diag_indices_from(inner)] += 1.0
        factor, pivots, _ = lapack.dgetrf(inner, overwrite_a=1)
        side = self.side

        def solve(right: FloatArray) -> FloatArray:
            moved = lapack.dgetrs(factor, pivots, side @ right)[0]
            moved = (moved.T * change).T
            return np.asarray(bread @ right - side.T @ moved, dtype=np.float64)

        return solve


def prepare_reweighting(fitted: Hat, rows: IntArray) -> Reweighted:
    """Look up what changing the weights of rows needs."""
    return Reweighted(fitted, rows, fitted.block(rows, rows), fitted.loaded[rows])
