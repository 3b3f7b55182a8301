"""What clustered variances of a weighted sum v'y are expected to be when rows are independent with one variance.

A row's score is v times the residual e = M(y - b d), with M the residual maker of the effects (and covariates), d the
treatment and b = u'y its constant effect. A cluster's score is then a linear form a_g'y with
a_g = M'(v 1_g) - (v_g'Md) u, so that the sum of squared scores is expected to be the sum of |a_g|^2, and has
(sum |a_g|^2)^2 / sum_gh (a_g'a_h)^2 degrees of freedom (Satterthwaite; Bell and McCaffrey 2002).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twintrade.numerics.absorption import Absorber
from twintrade.numerics.arrays import FloatArray, IntArray

MOST_EXACT = 3_000
"""Clusters up to which every form is made; beyond, sums come from random signs and degrees of freedom from v'v."""
N_SIGNS = 200
SIGN_SEED = 7919
NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ResidualMaker:
    """Residuals of weighted least squares on effects and covariates, M, and its transpose.

    Attributes
    ----------
    effects : Absorber
    covariates : FloatArray, shape (n_rows, n_covariates)
        Net of the effects and independent.
    inverse : FloatArray, shape (n_covariates, n_covariates)
        Of their weighted cross-products.
    """

    effects: Absorber
    covariates: FloatArray
    inverse: FloatArray

    @property
    def weights(self) -> FloatArray:
        """Weights of the rows, shape (n_rows,)."""
        return self.effects.row_weights

    def apply(self, columns: FloatArray) -> FloatArray:
        """Return M times the columns, shape (n_rows, k)."""
        net = self.effects.residualize(columns)
        x = self.covariates
        return np.asarray(net - x @ (self.inverse @ (x.T @ (self.weights[:, None] * net))))

    def apply_transposed(self, columns: FloatArray) -> FloatArray:
        """Return M' times the columns, shape (n_rows, k)."""
        w = self.weights[:, None]
        out = w * self.effects.residualize(np.divide(columns, w, out=np.zeros_like(columns), where=w > 0))
        x = self.covariates
        return np.asarray(out - w * (x @ (self.inverse @ (x.T @ columns))))


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """Of the sum of squared cluster scores, in units of the rows' variance.

    Attributes
    ----------
    mean, df : FloatArray, shape (n_effects,)
        Degrees of freedom: twice the squared mean over the variance, for normal outcomes.
    """

    mean: FloatArray
    df: FloatArray


def compute_expected_squares(
    v: FloatArray,
    u: FloatArray,
    net_treatment: FloatArray,
    maker: ResidualMaker,
    codes: IntArray,
    has_degrees: bool = True,
) -> Expectation:
    """Return what to expect of the sum over clusters of squared scores, for each column of ``v``.

    Parameters
    ----------
    v : FloatArray, shape (n_rows, n_effects)
    u : FloatArray, shape (n_rows,)
        Weights of the constant effect, scaled so that ``u'd = 1``.
    net_treatment : FloatArray, shape (n_rows,)
        ``Md``.
    maker : ResidualMaker
    codes : IntArray, shape (n_rows,)
        Cluster of each row, 0 to n_clusters - 1.
    has_degrees : bool
        Whether degrees of freedom are asked for; NaN otherwise.
    """
    n = int(codes.max()) + 1
    mean, df = np.empty(v.shape[1]), np.full(v.shape[1], np.nan)
    for k, column in enumerate(v.T):
        moved: FloatArray = np.bincount(codes, column * net_treatment, n).astype(np.float64)
        if n > MOST_EXACT:
            signs = np.random.default_rng(SIGN_SEED).choice([-1.0, 1.0], (n, N_SIGNS))
            mean[k] = sum(_expect(column, u, moved, maker, codes, signs)) / N_SIGNS
            q = np.bincount(codes, column**2)
            df[k] = _count_degrees(q.sum(), (q**2).sum()) if has_degrees else np.nan
        elif has_degrees:
            gram = _build_gram(column, u, moved, maker, codes)
            mean[k], df[k] = np.trace(gram), _count_degrees(np.trace(gram), (gram**2).sum())
        else:
            mean[k] = sum(_expect(column, u, moved, maker, codes, np.eye(n)))
    return Expectation(mean, df)


def _count_degrees(total: float, squares: float) -> float:
    return float(total**2 / squares) if squares > 0 else 0.0


def _project_clusters(
    v: FloatArray, maker: ResidualMaker, codes: IntArray, mix: FloatArray
) -> Iterator[tuple[slice, FloatArray]]:
    """Yield M'(v 1_g), combined by the columns of ``mix`` (n_clusters, n_mixed), some columns at a time."""
    step = max(1, NUMBERS_AT_ONCE // v.size)
    for start in range(0, mix.shape[1], step):
        part = slice(start, min(start + step, mix.shape[1]))
        yield part, maker.apply_transposed(v[:, None] * mix[codes, part])


def _expect(
    v: FloatArray, u: FloatArray, moved: FloatArray, maker: ResidualMaker, codes: IntArray, mix: FloatArray
) -> Iterator[float]:
    """Yield parts of the sum over combinations of the squared lengths of their forms."""
    for part, projected in _project_clusters(v, maker, codes, mix):
        forms = projected - np.outer(u, moved @ mix[:, part])
        yield float((forms**2).sum())


def _build_gram(v: FloatArray, u: FloatArray, moved: FloatArray, maker: ResidualMaker, codes: IntArray) -> FloatArray:
    """Return the inner products of the clusters' forms, shape (n_clusters, n_clusters)."""
    n = moved.size
    gram, along = np.empty((n, n)), np.empty(n)
    for part, projected in _project_clusters(v, maker, codes, np.eye(n)):
        along[part] = u @ projected
        # M is symmetric and idempotent without weights.
        twice = projected if maker.effects.weights is None else maker.apply(projected)
        gram[:, part] = np.column_stack([np.bincount(codes, v * column, n) for column in twice.T])
    cross = np.outer(moved, along)
    return np.asarray(gram - cross - cross.T + np.outer(moved, moved) * (u @ u))
