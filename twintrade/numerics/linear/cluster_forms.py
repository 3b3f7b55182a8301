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

import numpy as np
import scipy

from twintrade.numerics.absorption import (
    Annihilator,
    LevelForms,
    LoadingSquares,
    LoadingSums,
    compute_level_forms,
    compute_loading_squares,
    sum_by_loading,
)
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

MOST_EXACT = 3_000
"""Clusters up to which every form is made. Beyond, degrees of freedom come from v'v."""
NUMBERS_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class ProjectedForms:
    """The effects and covariates of a model, and what forms of values through them need: the same for any values."""

    q: Annihilator  # its residuals are those of M
    squares: LoadingSquares | None  # none without weights, where M is symmetric

    @classmethod
    def of(cls, q: Annihilator) -> ProjectedForms:
        """Prepare the forms of some effects."""
        return cls(q, None if (q.weights == 1).all() else compute_loading_squares(q))

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
        return compute_level_forms(self.q, self.squares)

    def sum_values(self, values: scipy.sparse.csr_array) -> tuple[LoadingSums, LoadingSums]:
        """Return S and T such that forms' products are the values' own less ``S T' + T S'``, but for the effect."""
        sums = sum_by_loading(self.q, values)
        solved = sums.solved(self.inverse)
        if self.squares is None:
            return solved, sums.halved()
        weighted = scipy.sparse.csr_array(values @ scipy.sparse.diags_array(self.q.weights))
        return solved, sum_by_loading(self.q, weighted).less(self.squares.halve(solved))


@dataclass(frozen=True, slots=True, eq=False)
class ConstantEffect:
    """One effect for all treated rows, and what residuals around it are made with."""

    forms: ProjectedForms
    u: FloatArray  # (n_rows,): weights of the constant effect, scaled so that `u'd = 1`
    # net_u, net_treatment: (n_rows,): `Mu` and `Md`
    net_u: FloatArray
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
    """Return what to expect of the sum over clusters of squared scores, for each column of ``v``.

    ``v`` (n_rows, n_effects); ``codes`` (n_rows,): cluster of each row, 0 to n_clusters - 1; ``has_degrees``: whether
    degrees of freedom are asked for; NaN otherwise.
    """
    n, u_squared = int(codes.max()) + 1, effect.u @ effect.u
    mean, df = np.empty(v.shape[1]), np.full(v.shape[1], np.nan)
    nets = np.column_stack([effect.net_u, effect.net_treatment])
    for k, trace, product in _share_forms(v, effect.forms, codes, n, has_degrees):
        squared = sum_by_group(v[:, k] ** 2, codes, n)
        # u'M'(v 1_g), and the cluster's share of the constant effect.
        along, moved = sum_by_group(v[:, [k]] * nets, codes, n).T
        mean[k] = squared.sum() - 2 * (trace + along @ moved) + moved @ moved * u_squared
        if product is not None:
            product += np.outer(moved, along)
            gram = np.diag(squared) - product - product.T + np.outer(moved, moved) * u_squared
            df[k] = _count_degrees(np.trace(gram), (gram**2).sum())
        elif has_degrees:
            df[k] = _count_degrees(squared.sum(), (squared**2).sum())
    return Expectation(mean, df)


def _count_degrees(total: float, squares: float) -> float:
    return float(total**2 / squares) if squares > 0 else 0.0


def _share_forms(
    v: FloatArray, forms: ProjectedForms, codes: IntArray, n: int, has_degrees: bool
) -> Iterator[tuple[int, float, FloatArray | None]]:
    """Yield, for each column, the trace of S T' and S T' where degrees of freedom need it."""
    if n > MOST_EXACT or not has_degrees:
        for k, trace in enumerate(_trace_many(v, forms, codes, n)):
            yield k, float(trace), None
        return
    step = max(1, NUMBERS_AT_ONCE // (n * forms.n_filled))
    for start in range(0, v.shape[1], step):
        part = range(start, min(start + step, v.shape[1]))
        sums, half = forms.sum_values(
            scipy.sparse.vstack([_by_cluster(v[:, k], codes, n) for k in part], format="csr")
        )
        for k in part:
            one = slice((k - start) * n, (k - start + 1) * n)
            product = sums.groups(one).multiply(half.groups(one))
            yield k, float(np.trace(product)), product


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
