"""One weighted regression on fixed effects and columns, solved as precisely as asked, from a factor at hand."""

from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.conjugate_gradients import LinearMap
from twintrade.numerics.absorption.hats import Effects
from twintrade.numerics.arrays import FloatArray

MOST_INNER = 500
FLOOR = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class BorderedRegression:
    """The normal equations of the stacked effects and of columns at given weights, the largest effect taken out."""

    effects: Effects
    weights: FloatArray
    inverse: FloatArray
    columns: FloatArray

    def net(self, values: FloatArray) -> FloatArray:
        """Return rows less their means within the largest effect."""
        return values - self.effects.means(self.weights * values, self.inverse)

    def spread(self, solution: FloatArray) -> FloatArray:
        """Return what a solution adds by row, the largest effect's part taken out."""
        rows = self.effects.spread(solution[: self.effects.n_others])
        if self.columns.shape[1]:
            rows += self.columns @ solution[self.effects.n_others :]
        return self.net(rows)

    def sums(self, rows: FloatArray) -> FloatArray:
        """Return weighted rows summed by level and by column."""
        weighted = self.weights * rows
        level_sums = self.effects.sums(weighted)
        return np.concatenate([level_sums, weighted @ self.columns]) if self.columns.shape[1] else level_sums

    def apply(self, solution: FloatArray) -> FloatArray:
        """Multiply by the normal equations."""
        return self.sums(self.spread(solution))


def build_bordered(regression: BorderedRegression, inner: LinearMap) -> LinearMap:
    """Extend a preconditioner of the effects to the columns.

    Raises
    ------
    EstimationError
        Weights have grown beyond what numbers hold.
    """
    n, columns = regression.effects.n_others, regression.columns
    if columns.shape[1] == 0:
        return inner
    none = np.empty((columns.shape[0], 0))
    alone = BorderedRegression(regression.effects, regression.weights, regression.inverse, none)
    tilde = np.column_stack([alone.net(column) for column in columns.T])
    crossed = np.column_stack([alone.sums(column) for column in tilde.T])
    explained = inner(crossed)
    border = np.vstack([-explained, np.eye(columns.shape[1])])
    bread = _invert_floored(tilde.T @ (regression.weights[:, None] * tilde) - crossed.T @ explained)

    def precondition(right: FloatArray) -> FloatArray:
        out = border @ (bread @ (border.T @ right))
        out[:n] += inner(right[:n])
        return out

    return precondition


def _invert_floored(gram: FloatArray) -> FloatArray:
    """Invert a nearly semi-definite matrix, its small and negative eigenvalues raised: for preconditioning."""
    if not np.isfinite(gram).all():
        raise EstimationError("the weights of the remaining rows grow without bound")
    diagonal = np.diag(gram)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(gram * scale[:, None] * scale)
    vectors *= scale[:, None]
    return np.asarray((vectors / np.maximum(values, FLOOR * float(values.max()))) @ vectors.T)


def solve_regression(
    regression: BorderedRegression, precondition: LinearMap, right: FloatArray, forcing: float
) -> FloatArray:
    """Solve one system by conjugate gradients until the preconditioned residual has shrunk to a share."""
    solution, residual = np.zeros_like(right), right.copy()
    direction = z = precondition(residual)
    norm = first = float(residual @ z)
    for _ in range(MOST_INNER):
        if norm <= forcing**2 * first:
            return solution
        if not np.isfinite(norm):
            break
        image = regression.apply(direction)
        length = norm / float(direction @ image)
        solution += length * direction
        residual -= length * image
        z = precondition(residual)
        norm, before = float(residual @ z), norm
        direction = z + (norm / before) * direction
    raise EstimationError("conjugate gradients on the remaining rows did not converge")


def build_regression(effects: Effects, weights: FloatArray, columns: FloatArray) -> BorderedRegression:
    """Eliminate the largest effect at these weights, some of which may be zero."""
    sums = np.bincount(effects.first, weights, effects.n_first)
    inverse = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
    return BorderedRegression(effects, weights, inverse, columns)
