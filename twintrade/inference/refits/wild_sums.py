"""From a regression to the cluster-level sums that the wild bootstrap draws from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from twintrade.effects import Estimate, Regression
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.refits.leave_out import list_members
from twintrade.numerics.absorption import (
    Absorber,
    Annihilator,
    Reaching,
    build_absorber,
    build_annihilator,
    build_reaching,
    is_nested,
)
from twintrade.numerics.arrays import FloatArray, IntArray, compact
from twintrade.numerics.linear import Sums, sum_products_by_group

Scores = Literal["plain", "jackknife"]
MOST_GROUPS = 3_000
NULL = 1e-9


@dataclass(frozen=True, eq=False)
class Working:
    """A regression with its clusters and drawing groups, and the effects that reach across clusters.

    Effects inside clusters need nothing: the regressors are orthogonal to them within each cluster.

    Attributes
    ----------
    source : Regression
    codes, groups : IntArray, shape (n_rows,)
        Cluster and drawing group of each row; groups lie inside clusters or equal them.
    effects : tuple of IntArray, each of shape (n_rows,)
    part : Reaching or None
        What effects that reach across clusters explain; None where there are none or they have too many levels.
    across : Absorber or None
        All effects, in the latter case.
    is_linearized : bool
    """

    source: Regression
    codes: IntArray
    groups: IntArray
    effects: tuple[IntArray, ...]
    part: Reaching | None
    across: Absorber | None
    is_linearized: bool

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.codes.max()) + 1

    @property
    def n_groups(self) -> int:
        """Number of drawing groups."""
        return int(self.groups.max()) + 1

    def sums(self, k: int, scores: Scores, is_cv3: bool, factor: float) -> tuple[Sums, float]:
        """Return the sums for one effect, and its variance as the t statistic uses it.

        Under the null c'b = b0 the residuals are e + x h (c'b - b0) with h = B c / (c'B c), B the bread.
        """
        r = self.source
        c = r.selector[:, k]
        direction = r.bread @ c
        h = direction / float(c @ direction)
        bases = (r.residuals, r.design @ h)
        plain = r.design @ direction * r.weights
        loading = plain
        if is_cv3:
            loading = self._left_out_loading(direction)
        residual_scores = np.bincount(self.codes, loading * r.residuals, self.n_clusters)
        variance = factor * float((residual_scores**2).sum())
        if scores == "jackknife":
            restricted = r.bread - np.outer(direction, direction) / float(c @ direction)
            bases = self._left_out_residuals(bases, restricted)
        s = [np.bincount(self.groups, plain * u, self.n_groups).astype(np.float64) for u in bases]
        group_sums = [np.bincount(self.groups, loading * u, self.n_groups).astype(np.float64) for u in bases]
        left, right = self._factors(loading, bases, scores == "plain" and self.groups is self.codes)
        home = np.empty(self.n_groups, dtype=np.int64)
        home[self.groups] = self.codes
        return Sums(s[0], s[1], group_sums[0], group_sums[1], home, left, right[0], right[1], factor), variance

    def _factors(
        self, loading: FloatArray, bases: tuple[FloatArray, FloatArray], is_net: bool
    ) -> tuple[FloatArray, list[FloatArray]]:
        """Return factors of l_g'(P u_h)_g, P the projection on effects and regressors, by cluster and by group."""
        r = self.source
        weighted = r.design * r.weights[:, None]
        left = [sum_products_by_group(loading, r.design, self.codes, self.n_clusters) @ r.bread]
        right = [[sum_products_by_group(u, weighted, self.groups, self.n_groups)] for u in bases]
        if self.part is not None:
            left.append(self.part.sums(loading, self.codes, self.n_clusters, True))
            for u, solved in zip(bases, right, strict=True):
                solved.append(self.part.sums(r.weights * u, self.groups, self.n_groups, is_net))
        elif self.across is not None:
            left.append(np.eye(self.n_clusters))
            for u, solved in zip(bases, right, strict=True):
                solved.append(self._fitted_elsewhere(loading, u).T)
        return np.hstack(left), [np.hstack(solved) for solved in right]

    def _fitted_elsewhere(self, loading: FloatArray, u: FloatArray) -> FloatArray:
        assert self.across is not None
        out = np.zeros((self.n_clusters, self.n_groups))
        for start in range(0, self.n_groups, 8):
            labels = np.arange(start, min(start + 8, self.n_groups))
            columns = np.where(self.groups[:, None] == labels, u[:, None], 0.0)
            fitted = columns - self.across.residualize(columns)
            out[:, labels] = sum_products_by_group(loading, fitted, self.codes, self.n_clusters)
        return out

    def _left_out_residuals(
        self, bases: tuple[FloatArray, FloatArray], restricted_bread: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return residuals of the restricted model as if each cluster had been left out of it."""
        x = self.source.design
        out = [np.empty_like(b) for b in bases]
        for rows in list_members(self.codes):
            block = self.projection.block(rows, rows) - x[rows] @ restricted_bread @ x[rows].T
            inverse = np.linalg.pinv(block, rcond=NULL, hermitian=True)
            for base, changed in zip(bases, out, strict=True):
                changed[rows] = inverse @ base[rows]
        return out[0], out[1]

    def _left_out_loading(self, direction: FloatArray) -> FloatArray:
        """Return, by cluster, the row vector that turns residuals into the change of the effect without it."""
        x = self.source.design
        gram = np.linalg.inv(self.source.bread)
        c = gram @ direction
        out = np.empty(x.shape[0])
        for rows in list_members(self.codes):
            inverse = np.linalg.pinv(self.projection.block(rows, rows), rcond=NULL, hermitian=True)
            reduced = gram - x[rows].T @ inverse @ x[rows]
            out[rows] = inverse @ (x[rows] @ np.linalg.pinv(reduced, rcond=NULL, hermitian=True) @ c)
        return out

    @cached_property
    def projection(self) -> Annihilator:
        """Projection off all effects, for what leaves clusters out.

        Raises
        ------
        InferenceError
            Rows are weighted, there are no effects, or the panel is too large.
        """
        if np.ptp(self.source.weights) > 0:
            raise InferenceError("jackknife scores are for unweighted least squares; use scores = 'plain'")
        if not self.effects:
            raise InferenceError("jackknife scores need fixed effects; use scores = 'plain', variance = 'cv1'")
        annihilator = build_annihilator(self.effects, np.empty((self.codes.size, 0)), self.source.weights)
        if annihilator is None:
            raise InferenceError(
                "the panel is too large for jackknife scores; use scores = 'plain', variance = 'cv1'"
            )
        return annihilator


def prepare_bootstrap(fit: Fit, estimate: Estimate, source: Regression, codes: IntArray, groups: IntArray) -> Working:
    """Prepare a regression for the bootstrap.

    Raises
    ------
    InferenceError
        Effects reach across clusters and there are too many levels and groups to follow them.
    """
    o = fit.design.observations
    effects = tuple(compact(o.codes(name)[source.rows]) for name in estimate.sample.effects)
    is_inside = [is_nested(e, codes) for e in effects]
    inside = [e for e, nested in zip(effects, is_inside, strict=True) if nested]
    others = [e for e, nested in zip(effects, is_inside, strict=True) if not nested]
    part = build_reaching(inside, others, codes, source.weights) if others else None
    across = None
    if others and part is None:
        n = int(groups.max()) + 1
        if n > MOST_GROUPS:
            raise InferenceError(f"fixed effects reach across {n} clusters: too many to follow; use coarser clusters")
        across = build_absorber(effects, source.weights)
    return Working(source, codes, groups, effects, part, across, fit.estimator.is_poisson)
