"""Weighted regressions on fixed effects whose weights are near ones already factored, by conjugate gradients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.annihilators import PROBE_SEED, Annihilator
from twintrade.numerics.absorption.conjugate_gradients import LinearMap, solve_conjugate_gradients
from twintrade.numerics.absorption.elimination import Elimination, build_elimination, compute_root
from twintrade.numerics.absorption.elimination_order import lay_out_elimination
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

MOST_INNER = 500
FLOOR = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Factored:
    """Effects and covariates, factored under some weights.

    The first effect is eliminated exactly from every regression, so that the factor serves weights which differ much
    in a few of its levels.

    Attributes
    ----------
    q : Annihilator
    solve : callable
        From right-hand sides to solutions of the normal equations of the other effects.
    others : sparse array, shape (n_rows, n_others)
        Dummies of the other effects, and covariates net of the first.
    levels : sparse array, shape (n_rows, n_levels)
        Dummies of all effects.
    generic : FloatArray, shape (n_rows, 1)
        A sum of effects and covariates with coefficients drawn at random.
    """

    q: Annihilator
    solve: LinearMap
    others: sp.csr_array
    levels: sp.csr_array
    generic: FloatArray

    def reweighted(self, weights: FloatArray) -> "Factored":
        """Return the factor under other weights of the same rows."""
        q, solve = _factor(build_elimination(self.q.elimination.layout, weights))
        return replace(self, q=q, solve=solve)

    def border(self, rows: IntArray, columns: sp.csr_array) -> "Bordered":
        """Add columns that are zero outside the given rows."""
        n, k = self.others.shape[0], columns.shape[1]
        gram, explained = self.q.regress(rows, columns)
        pointer = np.zeros(n + 1, dtype=np.int64)
        pointer[rows + 1] = np.diff(columns.indptr)
        spread = sp.csr_array((columns.data, columns.indices, np.cumsum(pointer)), shape=(n, k))
        stacked = sp.csr_array(sp.hstack([self.others, spread], format="csr"))
        return Bordered(self, stacked, np.vstack([-explained, np.eye(k)]), _invert_floored(gram))

    def alone(self) -> "Bordered":
        """Add no column."""
        return Bordered(self, self.others, np.empty((self.others.shape[1], 0)), np.empty((0, 0)))


@dataclass(frozen=True, slots=True, eq=False)
class Bordered:
    """Effects and columns, with the inverse of their normal equations under the factored weights.

    Attributes
    ----------
    factored : Factored
    stacked : sparse array, shape (n_rows, n_others + n_columns)
    border : FloatArray, shape (n_others + n_columns, n_columns)
    bread : FloatArray, shape (n_columns, n_columns)
    """

    factored: Factored
    stacked: sp.csr_array
    border: FloatArray
    bread: FloatArray

    def precondition(self, right: FloatArray) -> FloatArray:
        """Solve the normal equations under the factored weights."""
        solve = self.factored.solve
        if not self.bread.shape[0]:
            return solve(right)
        out = self.border @ (self.bread @ (self.border.T @ right))
        n = right.shape[0] - self.bread.shape[0]
        out[:n] += solve(right[:n])
        return np.asarray(out)

    def weigh(self, weights: FloatArray) -> "NearRegression":
        """Take up weights, some of which may be zero."""
        layout = self.factored.q.elimination
        total = np.bincount(layout.layout.first, weights, layout.share.size)
        inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        return NearRegression(self, weights, inverse)


@dataclass(frozen=True, slots=True, eq=False)
class NearRegression:
    """The normal equations at given weights, the first effect taken out.

    Attributes
    ----------
    bordered : Bordered
    weights : FloatArray, shape (n_rows,)
    inverse : FloatArray, shape (n_first,)
        One over the weights of each level of the first effect.
    """

    bordered: Bordered
    weights: FloatArray
    inverse: FloatArray

    def net(self, values: FloatArray) -> FloatArray:
        """Return rows less their means within the first effect."""
        return values - self.mean(values)

    def mean(self, values: FloatArray) -> FloatArray:
        """Return means within the first effect by row; zero where none of its rows has weight."""
        first = self.bordered.factored.q.elimination.layout.first
        sums = sum_by_group(self.weights[:, None] * values, first, self.inverse.size)
        return np.asarray(np.take(sums * self.inverse[:, None], first, axis=0))

    def solve(self, values: FloatArray, precision: float) -> FloatArray:
        """Regress columns of values until the preconditioned residual of each has shrunk to a share.

        Returns
        -------
        FloatArray, shape (n_others + n_columns, n_values)

        Raises
        ------
        EstimationError
            The steps do not settle.
        """
        stacked, weights = self.bordered.stacked, self.weights[:, None]
        summed = stacked.T

        def apply(solution: FloatArray) -> FloatArray:
            return np.asarray(summed @ (weights * self.net(stacked @ solution)))

        right = np.asarray(summed @ (weights * self.net(values)))
        settled = solve_conjugate_gradients(
            apply, self.bordered.precondition, right, np.full(1, precision**2), None, MOST_INNER, is_share=True
        )
        if not settled.converged.all():
            raise EstimationError("conjugate gradients on the remaining rows did not converge")
        return settled.coefficients


def factor_effects(codes: Sequence[IntArray], covariates: FloatArray, weights: FloatArray) -> Factored:
    """Factor effects, the first one given to be eliminated exactly, and covariates.

    Parameters
    ----------
    codes : sequence of IntArray, each of shape (n_rows,)
    covariates : FloatArray, shape (n_rows, n_covariates)
    weights : FloatArray, shape (n_rows,)
    """
    q, solve = _factor(build_elimination(lay_out_elimination(codes, covariates, first_effect=0), weights))
    e, rng = q.elimination, np.random.default_rng(PROBE_SEED)
    n, n_first = weights.size, e.share.size
    dummies = sp.csr_array((np.ones(n), e.layout.first, np.arange(n + 1)), shape=(n, n_first))
    others = sp.csr_array(sp.hstack([e.layout.nested, e.across], format="csr"))
    levels = sp.csr_array(sp.hstack([dummies, e.layout.nested, e.layout.across], format="csr"))
    largest = np.asarray(abs(others).max(axis=0).toarray()).ravel()
    scale = np.divide(1.0, largest, out=np.ones_like(largest), where=largest > 0)
    generic = rng.standard_normal(n_first)[e.layout.first] + others @ (scale * rng.standard_normal(scale.size))
    return Factored(q, solve, others, levels, generic[:, None])


def _factor(e: Elimination) -> tuple[Annihilator, LinearMap]:
    """Factor what is left of the effects, and return what solves for all but the first, shape (n_others, k)."""
    runs: list[FloatArray] = []
    q = Annihilator(e, compute_root(*e.complement(runs)))
    turned, bread = sp.csr_array(e.root.T), q.root @ q.root.T
    explained = np.vstack([np.empty((0, bread.shape[0])), *runs])

    def solve(right: FloatArray) -> FloatArray:
        n = e.root.shape[0]
        inside = turned @ right[:n]
        across = bread @ (right[n:] - explained.T @ inside)
        return np.concatenate([e.root @ (inside - explained @ across), across])

    return q, solve


def _invert_floored(gram: FloatArray) -> FloatArray:
    """Invert a nearly semi-definite matrix, its small and negative eigenvalues raised: for preconditioning."""
    diagonal = np.diag(gram)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = gram * scale[:, None] * scale
    factor, info = lapack.dpotrf(scaled, lower=1)
    if info == 0 and float(factor.diagonal().min()) ** 2 > FLOOR:
        lower = lapack.dpotri(factor, lower=1)[0]
        return np.asarray((np.tril(lower) + np.tril(lower, -1).T) * scale[:, None] * scale)
    values, vectors = np.linalg.eigh(scaled)
    vectors *= scale[:, None]
    return np.asarray((vectors / np.maximum(values, FLOOR * float(values.max()))) @ vectors.T)
