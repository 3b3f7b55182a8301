"""What clustered variances of a weighted sum v'y are expected to be when rows are independent with one variance.

A row's score is v times the residual e = M(y - b d), with M the residual maker of the effects (and covariates), d the
treatment and b = u'y its constant effect. A cluster's score is then a linear form a_g'y with
a_g = M'(v 1_g) - (v_g'Md) u, so that the sum of squared scores is expected to be the sum of |a_g|^2, and has
(sum |a_g|^2)^2 / sum_gh (a_g'a_h)^2 degrees of freedom (Satterthwaite; Bell and McCaffrey 2002). With
M = I - HW and L a root of H, a form's products need L'(v 1_g) and L'(W v 1_g) alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import scipy

from twintrade.errors import InferenceError
from twintrade.numerics import absorption
from twintrade.numerics.absorption import Annihilator, LevelForms, LoadingSquares, LoadingSums
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

# The wild cluster bootstrap of one coefficient: every draw, and every null, from cluster-level sums.

WildWeights = Literal["rademacher", "webb", "mammen", "normal"]
Matrix: TypeAlias = "FloatArray | scipy.sparse.csr_array"
GOLDEN = (1 + 5**0.5) / 2
CELLS_AT_ONCE = 16_000_000
CELLS_IN_CACHE = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What a draw needs: residuals are affine in the distance d of the estimate from the null, u = u0 + d u1.

    A draw v (one weight a drawing group) moves the coefficient by v's = v'(s0 + d s1) and leaves cluster g the
    residual score q_g = (J v)_g with J = J0 + d J1. J holds for each group its own score in its cluster, less
    products of left factors, the same for both, and right ones.
    """

    s0: FloatArray  # s0, s1: (n_groups,)
    s1: FloatArray
    own0: FloatArray  # own0, own1: (n_groups,)
    own1: FloatArray
    cluster: IntArray  # (n_groups,): of each group
    left: tuple[Matrix, ...]  # (n_clusters, rank)
    right0: tuple[Matrix, ...]  # right0, right1: (n_groups, rank)
    right1: tuple[Matrix, ...]
    factor: float  # of the variance: the small-sample correction

    @property
    def is_flat(self) -> bool:
        """Whether draws do not move with the null."""
        return not (self.own1.any() or any(_get_numbers(part).any() for part in self.right1))

    @property
    def is_thin(self) -> bool:
        """Whether the factors are cheaper to apply than their product: few columns, one group a cluster."""
        n = self.left[0].shape[0]
        n_used = sum(_get_numbers(part).size for part in self.left)
        return bool(3 * n_used < n**2 and n == self.cluster.size)

    def scores(self, weights: FloatArray, columns: FloatArray, right: tuple[Matrix, ...]) -> FloatArray:
        """Return the residual scores of all clusters for some draws, shape (n_draws, n_clusters)."""
        if self.is_thin:
            weighted = weights * columns
            for of_groups, of_clusters in zip(right, self.left, strict=True):
                weighted -= (weights @ of_groups) @ of_clusters.T
            return weighted
        product = np.zeros((columns.size, self.left[0].shape[0]))
        for of_groups, of_clusters in zip(right, self.left, strict=True):
            product -= compute_product(of_groups, of_clusters)
        product[np.arange(columns.size), self.cluster] += columns
        return np.asarray(weights @ product)


def compute_product(left: Matrix, right: Matrix) -> FloatArray:
    """Return the product of one factor and another's transpose, dense."""
    if isinstance(left, scipy.sparse.csr_array) and isinstance(right, scipy.sparse.csr_array):
        return np.asarray((left @ right.T).toarray(), dtype=np.float64)
    return np.asarray(left @ right.T, dtype=np.float64)


def _get_numbers(matrix: Matrix) -> FloatArray:
    """Return the numbers that are stored."""
    return np.asarray(matrix.data if isinstance(matrix, scipy.sparse.csr_array) else matrix, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class WildPolynomials:
    """Numerators and squared errors of all draws as polynomials in the distance d."""

    numerator: FloatArray  # (2, n_draws)
    variance: FloatArray  # (3, n_draws)

    def statistics(self, distance: float) -> FloatArray:
        """Return the t statistics of all draws under the null at this distance, shape (n_draws,)."""
        above = self.numerator[0] + distance * self.numerator[1]
        below = self.variance[0] + distance * (self.variance[1] + distance * self.variance[2])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(above / np.sqrt(np.maximum(below, 0.0)))


def simulate(sums: Sums, weights: FloatArray) -> WildPolynomials:
    """Return the polynomials of all draws, from weights (n_draws, n_groups)."""
    numerator = np.stack([weights @ sums.s0, weights @ sums.s1])
    variance = np.zeros((3, weights.shape[0]))
    step = max(1, (CELLS_IN_CACHE if sums.is_thin else CELLS_AT_ONCE) // max(1, sums.left[0].shape[0]))
    for start in range(0, weights.shape[0], step):
        part = slice(start, start + step)
        first = sums.scores(weights[part], sums.own0, sums.right0)
        variance[0, part] = np.einsum("bg,bg->b", first, first)
        if not sums.is_flat:
            second = sums.scores(weights[part], sums.own1, sums.right1)
            variance[1, part] = 2 * np.einsum("bg,bg->b", first, second)
            variance[2, part] = np.einsum("bg,bg->b", second, second)
    return WildPolynomials(numerator, sums.factor * variance)


def draw_wild_weights(
    rng: np.random.Generator, n_draws: int, n_groups: int, kind: WildWeights
) -> tuple[FloatArray, bool]:
    """Return weights (n_draws, n_groups), and whether they are all sign vectors, where there are no more of them."""
    if kind == "rademacher":
        if n_groups < 31 and 2**n_groups <= n_draws:
            codes = np.arange(2**n_groups)[:, None]
            return np.asarray((codes >> np.arange(n_groups) & 1) * 2.0 - 1.0, dtype=np.float64), True
        packed = rng.integers(0, 256, (n_draws, (n_groups + 7) // 8), dtype=np.uint8)
        return np.asarray(np.unpackbits(packed, axis=1, count=n_groups) * 2.0 - 1.0, dtype=np.float64), False
    if kind == "webb":
        values = np.sqrt(np.array([0.5, 1.0, 1.5]))
        return np.concatenate([-values, values]).astype(np.float64)[rng.integers(0, 6, (n_draws, n_groups))], False
    if kind == "mammen":
        is_low = rng.random((n_draws, n_groups)) < GOLDEN / 5**0.5
        return np.where(is_low, 1 - GOLDEN, GOLDEN), False
    if kind == "normal":
        return rng.standard_normal((n_draws, n_groups)), False
    raise InferenceError(f"no wild bootstrap weights are called {kind!r}; known: rademacher, webb, mammen, normal")


def compute_share_as_large(statistics: FloatArray, observed: float) -> float:
    """Return the share of draws at least as large in absolute value; ties count."""
    usable = statistics[np.isfinite(statistics)]
    if usable.size == 0:
        return float("nan")
    return float((np.abs(usable) >= abs(observed) * (1 - 1e-10)).mean())


def sum_products_by_group(left: FloatArray, right: FloatArray, codes: IntArray, n_groups: int) -> FloatArray:
    """Return for each group the sum over its rows of left_i right_i', shape (n_groups, k)."""
    by_group = scipy.sparse.csr_array((left, (codes, np.arange(codes.size))), shape=(n_groups, codes.size))
    return np.asarray(by_group @ right)


MOST_EXACT = 3_000
"""Clusters, those of the largest squares first, whose products with each other degrees of freedom count."""
NUMBERS_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class ProjectedForms:
    """The effects and covariates of a model, and what forms of values through them need: the same for any values."""

    q: Annihilator  # its residuals are those of M
    squares: LoadingSquares | None  # none without weights, where M is symmetric

    @classmethod
    def of(cls, q: Annihilator) -> ProjectedForms:
        """Prepare the forms of some effects."""
        return cls(q, None if (q.weights == 1).all() else absorption.compute_loading_squares(q))

    @property
    def n_filled(self) -> int:
        """Loadings of which most groups have something: inside blocks, and the rest."""
        e = self.q.elimination
        return max(1, int(e.root.shape[1]) + int(e.across.shape[1]))

    @cached_property
    def inverse(self) -> FloatArray:
        """The generalized inverse (D'MD)^- of the annihilator."""
        return np.asarray(self.q.root @ self.q.root.T)

    @cached_property
    def of_levels(self) -> LevelForms | None:
        """Forms of the rows of each level of the largest effect."""
        return absorption.compute_level_forms(self.q, self.squares)

    def sum_values(self, values: scipy.sparse.csr_array) -> tuple[LoadingSums, LoadingSums]:
        """Return S and T such that forms' products are the values' own less ``S T' + T S'``, but for the effect."""
        sums = absorption.sum_by_loading(self.q, values)
        solved = sums.solved(self.inverse)
        if self.squares is None:
            return solved, LoadingSums(sums.first * 0.5, sums.inside * 0.5, sums.rest * 0.5)
        weighted = scipy.sparse.csr_array(values @ scipy.sparse.diags_array(self.q.weights))
        return solved, absorption.sum_by_loading(self.q, weighted).less(self.squares.halve(solved))


@dataclass(frozen=True, slots=True, eq=False)
class ConstantEffect:
    """One effect for all treated rows, and what residuals around it are made with."""

    forms: ProjectedForms
    u: FloatArray  # (n_rows,): weights of the constant effect, scaled so that `u'd = 1`
    net_u: FloatArray  # net_u, net_treatment: (n_rows,): `Mu` and `Md`
    net_treatment: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """Of the sum of squared cluster scores, in units of the rows' variance."""

    # mean, df: (n_effects,): degrees of freedom: twice the squared mean over the variance, for normal outcomes
    mean: FloatArray
    df: FloatArray


def build_constant_effect(forms: ProjectedForms, u: FloatArray, treatment: FloatArray) -> ConstantEffect:
    """Prepare an effect for the forms of any weights and clusters."""
    net = forms.q.residualize(np.column_stack([u, treatment]))
    return ConstantEffect(forms, u, net[:, 0], net[:, 1])


def compute_expected_squares(
    v: FloatArray, effect: ConstantEffect, codes: IntArray, has_degrees: bool = True
) -> Expectation:
    """Return what to expect of the sum over clusters of squared scores, for each column of ``v``."""
    n, u_squared = int(codes.max()) + 1, effect.u @ effect.u
    mean, df = np.empty(v.shape[1]), np.full(v.shape[1], np.nan)
    nets = np.column_stack([effect.net_u, effect.net_treatment])
    of_squares = np.column_stack([sum_by_group(column**2, codes, n) for column in v.T])
    for k, trace, kept, product in _share_forms(v, effect.forms, codes, of_squares, has_degrees):
        squared = of_squares[:, k]
        # u'M'(v 1_g), and the cluster's share of the constant effect.
        along, moved = sum_by_group(v[:, [k]] * nets, codes, n).T
        mean[k] = squared.sum() - 2 * (trace + along @ moved) + moved @ moved * u_squared
        if product is not None:
            product += np.outer(moved[kept], along[kept])
            gram = np.diag(squared[kept]) - product - product.T + np.outer(moved[kept], moved[kept]) * u_squared
            others = np.delete(squared, kept)
            squares = (gram**2).sum() + (others**2).sum()
            df[k] = float((np.trace(gram) + others.sum()) ** 2 / squares) if squares > 0 else 0.0
    return Expectation(mean, df)


def _share_forms(
    v: FloatArray, forms: ProjectedForms, codes: IntArray, squared: FloatArray, has_degrees: bool
) -> Iterator[tuple[int, float, IntArray, FloatArray | None]]:
    """Yield, for each column, the trace of S T', and the clusters and S T' that degrees of freedom need."""
    n, every = squared.shape[0], np.arange(squared.shape[0])
    n_kept = min(n, MOST_EXACT)
    traces = _trace_many(v, forms, codes, n) if n > n_kept or not has_degrees else None
    if not has_degrees and traces is not None:
        yield from ((k, float(trace), every, None) for k, trace in enumerate(traces))
        return
    step = max(1, NUMBERS_AT_ONCE // (n_kept * forms.n_filled))
    for start in range(0, v.shape[1], step):
        part = range(start, min(start + step, v.shape[1]))
        kept = [every if n == n_kept else np.sort(np.argsort(squared[:, k])[-n_kept:]) for k in part]
        values = [_by_cluster(v[:, k], codes, n)[chosen] for k, chosen in zip(part, kept, strict=True)]
        sums, half = forms.sum_values(scipy.sparse.csr_array(scipy.sparse.vstack(values, format="csr")))
        for k, chosen in zip(part, kept, strict=True):
            one = slice((k - start) * n_kept, (k - start + 1) * n_kept)
            product = sums.groups(one).multiply(half.groups(one))
            yield k, float(np.trace(product) if traces is None else traces[k]), chosen, product


def _trace_many(v: FloatArray, forms: ProjectedForms, codes: IntArray, n: int) -> FloatArray:
    """Return the traces of all columns: level by level where each cluster lies within one, else some at a time."""
    if forms.of_levels is not None and forms.of_levels.holds(codes):
        return forms.of_levels.add_up(v, codes)
    traces, step = np.zeros(v.shape[1]), max(1, NUMBERS_AT_ONCE // forms.n_filled)
    for k in range(v.shape[1]):
        values = _by_cluster(v[:, k], codes, n)
        for start in range(0, n, step):
            sums, half = forms.sum_values(scipy.sparse.csr_array(values[start : start + step]))
            traces[k] += np.trace(sums.multiply(half))
    return traces


def _by_cluster(v: FloatArray, codes: IntArray, n: int) -> scipy.sparse.csr_array:
    rows = np.flatnonzero(v)
    return scipy.sparse.csr_array((v[rows], (codes[rows], rows)), shape=(n, v.size))
