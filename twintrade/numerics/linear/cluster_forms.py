"""What clustered variances of a weighted sum v'y are expected to be when rows are independent with one variance.

A row's score is v times the residual e = M(y - b d), with M the residual maker of the effects (and covariates), d the
treatment and b = u'y its constant effect. A cluster's score is then a linear form a_g'y with
a_g = M'(v 1_g) - (v_g'Md) u, so that the sum of squared scores is expected to be the sum of |a_g|^2, and has
(sum |a_g|^2)^2 / sum_gh (a_g'a_h)^2 degrees of freedom (Satterthwaite; Bell and McCaffrey 2002). With
M = I - HW and L a root of H, a form's products need L'(v 1_g) and L'(W v 1_g) alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from twintrade.numerics.absorption import (
    Annihilator,
    LoadingSquares,
    LoadingSums,
    compute_loading_squares,
    sum_by_loading,
    trace_near,
)
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

MOST_EXACT = 3_000
"""Clusters up to which every form is made. Beyond, degrees of freedom come from v'v, and random signs give what forms
share through effects that meet the largest outside blocks; what they share through the others is exact.
"""
N_SIGNS = 64
SIGN_SEED = 7919
NUMBERS_AT_ONCE = 2_000_000


@dataclass(frozen=True, eq=False)
class ConstantEffect:
    """One effect for all treated rows, and what residuals around it are made with.

    Attributes
    ----------
    q : Annihilator
        Of the effects and covariates; its residuals are those of M.
    squares : LoadingSquares or None
        None without weights, where M is symmetric.
    u : FloatArray, shape (n_rows,)
        Weights of the constant effect, scaled so that ``u'd = 1``.
    net_u, net_treatment : FloatArray, shape (n_rows,)
        ``Mu`` and ``Md``.
    """

    q: Annihilator
    squares: LoadingSquares | None
    u: FloatArray
    net_u: FloatArray
    net_treatment: FloatArray

    @cached_property
    def inverse(self) -> FloatArray:
        """The generalized inverse (D'MD)^- of the annihilator."""
        return np.asarray(self.q.root @ self.q.root.T)

    def sum_values(self, values: sp.csr_array, mix: FloatArray | None = None) -> tuple[LoadingSums, LoadingSums]:
        """Return S and T such that forms' products are the values' own less ``S T' + T S'``, but for the effect."""
        sums = sum_by_loading(self.q, values, mix)
        solved = sums.solved(self.inverse)
        if self.squares is None:
            return solved, sums.halved()
        return solved, sum_by_loading(self.q, self._weigh(values), mix).less(self.squares.halve(solved))

    def probe_trace(self, values: sp.csr_array) -> float:
        """Return the trace of ``S T'``, its part from all but the largest effect and those inside blocks by signs."""
        signs = np.random.default_rng(SIGN_SEED).choice([-1.0, 1.0], (values.shape[0], N_SIGNS))
        mixed, half = self.sum_values(values, signs)
        weighted, squares = (None, None) if self.squares is None else (self._weigh(values), self.squares.near)
        near = trace_near(self.q, values, weighted, squares)
        return near + float(np.vdot(mixed.rest, half.rest)) / N_SIGNS

    def _weigh(self, values: sp.csr_array) -> sp.csr_array:
        return sp.csr_array(values @ sp.diags_array(self.q.weights))


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


def build_loading_squares(q: Annihilator) -> LoadingSquares | None:
    """Return what forms of any effect need where rows are weighted, None where they are not."""
    return None if (q.weights == 1).all() else compute_loading_squares(q)


def build_constant_effect(
    q: Annihilator, u: FloatArray, treatment: FloatArray, squares: LoadingSquares | None
) -> ConstantEffect:
    """Prepare an effect for the forms of any weights and clusters."""
    net = q.residualize(np.column_stack([u, treatment]))
    return ConstantEffect(q, squares, u, net[:, 0], net[:, 1])


def compute_expected_squares(
    v: FloatArray, effect: ConstantEffect, codes: IntArray, has_degrees: bool = True
) -> Expectation:
    """Return what to expect of the sum over clusters of squared scores, for each column of ``v``.

    Parameters
    ----------
    v : FloatArray, shape (n_rows, n_effects)
    effect : ConstantEffect
    codes : IntArray, shape (n_rows,)
        Cluster of each row, 0 to n_clusters - 1.
    has_degrees : bool
        Whether degrees of freedom are asked for; NaN otherwise.
    """
    n, u_squared = int(codes.max()) + 1, effect.u @ effect.u
    mean, df = np.empty(v.shape[1]), np.full(v.shape[1], np.nan)
    nets = np.column_stack([effect.net_u, effect.net_treatment])
    for k, trace, product in _share_forms(v, effect, codes, n, has_degrees):
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
    v: FloatArray, effect: ConstantEffect, codes: IntArray, n: int, has_degrees: bool
) -> Iterator[tuple[int, float, FloatArray | None]]:
    """Yield, for each column, the trace of S T' and, where degrees of freedom need it and clusters are few, S T'."""
    rows = np.arange(codes.size)
    step = 1 if n > MOST_EXACT else max(1, NUMBERS_AT_ONCE // (n * effect.q.n_coefficients))
    for start in range(0, v.shape[1], step):
        part = range(start, min(start + step, v.shape[1]))
        places = [(k - start) * n + codes[v[:, k] != 0] for k in part]
        used = [rows[v[:, k] != 0] for k in part]
        data = np.concatenate([v[u, k] for k, u in zip(part, used, strict=True)])
        shape = (n * len(part), codes.size)
        values = sp.csr_array((data, (np.concatenate(places), np.concatenate(used))), shape=shape)
        if n > MOST_EXACT:
            yield start, effect.probe_trace(values), None
            continue
        sums, half = effect.sum_values(values)
        for k in part:
            one = slice((k - start) * n, (k - start + 1) * n)
            whole, other = sums.groups(one), half.groups(one)
            yield k, whole.compute_trace(other), whole.multiply(other) if has_degrees else None
