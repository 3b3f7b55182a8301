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
    Annihilator,
    build_annihilator,
    is_nested,
)
from twintrade.numerics.arrays import FloatArray, IntArray, compact
from twintrade.numerics.linear import Matrix, Sums, sum_products_by_group

Scores = Literal["plain", "jackknife"]
NULL = 1e-9


@dataclass(frozen=True, eq=False)
class Working:
    """A regression with its clusters and drawing groups, and the effects that reach across clusters.

    Effects inside clusters need nothing: the regressors are orthogonal to them within each cluster.
    """

    source: Regression
    # codes, groups: (n_rows,): cluster and drawing group of each row; groups lie inside clusters or equal them
    codes: IntArray
    groups: IntArray
    effects: tuple[IntArray, ...]  # (n_rows,)
    is_reaching: bool  # whether some effects reach across clusters
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
        left, right = self._factors(loading, bases)
        home = np.empty(self.n_groups, dtype=np.int64)
        home[self.groups] = self.codes
        return Sums(s[0], s[1], group_sums[0], group_sums[1], home, left, right[0], right[1], factor), variance

    def _factors(
        self, loading: FloatArray, bases: tuple[FloatArray, FloatArray]
    ) -> tuple[tuple[Matrix, ...], list[tuple[Matrix, ...]]]:
        """Return factors of l_g'(P u_h)_g, P the projection on effects and regressors, by cluster and by group."""
        r = self.source
        weighted = r.design * r.weights[:, None]
        left: list[Matrix] = [sum_products_by_group(loading, r.design, self.codes, self.n_clusters) @ r.bread]
        right: list[list[Matrix]] = [[sum_products_by_group(u, weighted, self.groups, self.n_groups)] for u in bases]
        if self.is_reaching:
            left += self._reach(loading, self.codes, self.n_clusters)
            for u, factors in zip(bases, right, strict=True):
                factors += self._reach(r.weights * u, self.groups, self.n_groups)
        return tuple(left), [tuple(factors) for factors in right]

    def _reach(self, weighted: FloatArray, groups: IntArray, n_groups: int) -> list[Matrix]:
        """Return what groups have of the effects: of those that lie inside clusters nothing is left of loadings."""
        parts: tuple[Matrix, ...] = self.q.sum_loadings(weighted, groups, n_groups)
        return [part for part, inside in zip(parts, self._are_inside, strict=True) if not inside]

    @cached_property
    def _are_inside(self) -> tuple[bool, bool, bool]:
        layout = self.q.elimination.layout
        return is_nested(layout.first, self.codes), is_nested(layout.row_blocks(), self.codes), False

    def _left_out_residuals(
        self, bases: tuple[FloatArray, FloatArray], restricted_bread: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return residuals of the restricted model as if each cluster had been left out of it."""
        x = self.source.design
        out = np.empty((x.shape[0], 2))
        for _, rows, blocks in self.projection.iterate_blocks(list_members(self.codes)):
            net = blocks - x[rows] @ restricted_bread @ np.swapaxes(x[rows], -1, -2)
            out[rows] = np.linalg.pinv(net, rcond=NULL, hermitian=True) @ np.stack(bases, axis=1)[rows]
        return out[:, 0], out[:, 1]

    def _left_out_loading(self, direction: FloatArray) -> FloatArray:
        """Return, by cluster, the row vector that turns residuals into the change of the effect without it."""
        x = self.source.design
        gram = np.linalg.inv(self.source.bread)
        c = gram @ direction
        out = np.empty(x.shape[0])
        for _, rows, blocks in self.projection.iterate_blocks(list_members(self.codes)):
            inverse = np.linalg.pinv(blocks, rcond=NULL, hermitian=True)
            reduced = gram - np.swapaxes(x[rows], -1, -2) @ inverse @ x[rows]
            slopes = np.linalg.pinv(reduced, rcond=NULL, hermitian=True) @ c
            out[rows] = (inverse @ (x[rows] @ slopes[..., None]))[..., 0]
        return out

    @cached_property
    def projection(self) -> Annihilator:
        """Projection off all effects, for what leaves clusters out."""
        if np.ptp(self.source.weights) > 0:
            raise InferenceError("jackknife scores are for unweighted least squares; use scores = 'plain'")
        if not self.effects:
            raise InferenceError("jackknife scores need fixed effects; use scores = 'plain', variance = 'cv1'")
        return self.q

    @cached_property
    def q(self) -> Annihilator:
        """Projection off all effects."""
        return build_annihilator(self.effects, np.empty((self.codes.size, 0)), self.source.weights)


def prepare_bootstrap(fit: Fit, estimate: Estimate, source: Regression, codes: IntArray, groups: IntArray) -> Working:
    """Prepare a regression for the bootstrap."""
    o = fit.design.observations
    effects = tuple(compact(o.codes(name)[source.rows]) for name in estimate.sample.effects)
    is_reaching = not all(is_nested(e, codes) for e in effects)
    return Working(source, codes, groups, effects, is_reaching, fit.estimator.is_poisson)
