"""From a regression to the cluster-level sums that the wild bootstrap draws from."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.effects import Estimate, Regression
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.clusters import recode
from twintrade.inference.leave_out import members
from twintrade.numerics.absorb import Absorber, absorber, is_nested
from twintrade.numerics.annihilator import Annihilator, annihilator
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.wild import Sums, grouped_products

Scores = Literal["plain", "jackknife"]
MOST_GROUPS = 3_000
MOST_LEVELS = 40
NULL = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Working:
    """A regression with its clusters and drawing groups, and the effects that reach across clusters.

    Attributes
    ----------
    source : Regression
    codes, groups : IntArray, shape (n_rows,)
        Cluster and drawing group of each row; groups lie inside clusters or equal them.
    inside : Annihilator or None
        Projection off all effects, for jackknife scores; None where the panel is too large for it.
    reaching : FloatArray or None, shape (n_rows, rank)
        Weighted orthonormal basis of the effects: of all where the panel is small, else of what those that do not
        nest in the clusters add to those that do.
    across : Absorber or None
        All effects, where the panel is large and the former have too many levels for a basis.
    is_linearized : bool
    """

    source: Regression
    codes: IntArray
    groups: IntArray
    inside: Annihilator | None
    reaching: FloatArray | None
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
        loading = r.design @ direction
        if is_cv3:
            loading = self._left_out_loading(direction)
        residual_scores = np.bincount(self.codes, loading * self._weight(is_cv3) * r.residuals, self.n_clusters)
        variance = factor * float((residual_scores**2).sum())
        if scores == "jackknife":
            bases = self._left_out_residuals(bases, r.bread - np.outer(direction, direction) / float(c @ direction))
        plain = r.design @ direction * r.weights
        s = [np.bincount(self.groups, plain * u, self.n_groups).astype(np.float64) for u in bases]
        j = [self._map(loading, self._weight(is_cv3), u) for u in bases]
        return Sums(s[0], s[1], j[0], j[1], factor), variance

    def _weight(self, is_cv3: bool) -> FloatArray:
        return np.ones_like(self.source.weights) if is_cv3 else self.source.weights

    def _map(self, loading: FloatArray, weight: FloatArray, u: FloatArray) -> FloatArray:
        """Return J, shape (n_clusters, n_groups): the score of each cluster's residuals per unit of a group's weight.

        J_gh = l_g'(u_h if h lies in g) - l_g'(P u_h)_g, P the projection on effects and regressors.
        """
        r = self.source
        own = np.zeros((self.n_clusters, self.n_groups))
        np.add.at(own, (self.codes, self.groups), loading * weight * u)
        weighted = r.design * r.weights[:, None]
        left = grouped_products(loading * weight, r.design, self.codes, self.n_clusters)
        right = grouped_products(u, weighted, self.groups, self.n_groups)
        own -= left @ r.bread @ right.T
        basis = self.reaching
        if basis is not None:
            root = np.divide(1.0, r.weights, out=np.zeros_like(r.weights), where=r.weights > 0)
            left = grouped_products(loading * weight * root, basis, self.codes, self.n_clusters)
            right = grouped_products(u, basis, self.groups, self.n_groups)
            own -= left @ right.T
        elif self.across is not None:
            own -= self._fitted_elsewhere(loading * weight, u)
        return own

    def _fitted_elsewhere(self, loading: FloatArray, u: FloatArray) -> FloatArray:
        assert self.across is not None
        out = np.zeros((self.n_clusters, self.n_groups))
        for start in range(0, self.n_groups, 8):
            labels = np.arange(start, min(start + 8, self.n_groups))
            columns = np.where(self.groups[:, None] == labels, u[:, None], 0.0)
            fitted = columns - self.across.residualize(columns)
            out[:, labels] = grouped_products(loading, fitted, self.codes, self.n_clusters)
        return out

    def _left_out_residuals(
        self, bases: tuple[FloatArray, FloatArray], restricted_bread: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return residuals of the restricted model as if each cluster had been left out of it."""
        x = self.source.design
        out = [np.empty_like(b) for b in bases]
        for rows in members(self.codes):
            block = self._block(rows) - x[rows] @ restricted_bread @ x[rows].T
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
        for rows in members(self.codes):
            inverse = np.linalg.pinv(self._block(rows), rcond=NULL, hermitian=True)
            reduced = gram - x[rows].T @ inverse @ x[rows]
            out[rows] = inverse @ (x[rows] @ np.linalg.pinv(reduced, rcond=NULL, hermitian=True) @ c)
        return out

    def _block(self, rows: IntArray) -> FloatArray:
        if self.inside is None:
            raise InferenceError(
                "the panel is too large for jackknife scores; use scores = 'plain', variance = 'cv1'"
            )
        if np.ptp(self.source.weights) > 0:
            raise InferenceError("jackknife scores are for unweighted least squares; use scores = 'plain'")
        return self.inside.block(rows, rows)


def working(fit: Fit, estimate: Estimate, source: Regression, codes: IntArray, groups: IntArray) -> Working:
    """Prepare a regression for the bootstrap.

    Effects that nest in the clusters need nothing: the regressors are orthogonal to them within each cluster.

    Raises
    ------
    InferenceError
        Effects reach across clusters and there are too many groups to follow them.
    """
    o = fit.design.observations
    effects = [recode(o.codes(name)[source.rows]) for name in estimate.sample.effects]
    is_linearized = fit.estimator.small_sample == "ppmlhdfe"
    inside = annihilator(effects, np.empty((codes.size, 0)), source.weights) if effects else None
    reaching = None if inside is None else inside.all_columns()
    across = None
    if reaching is None:
        nested = [e for e in effects if is_nested(e, codes)]
        others = [e for e in effects if not is_nested(e, codes)]
        if sum(int(e.max()) + 1 for e in others) <= max(MOST_LEVELS, int(groups.max()) // 4):
            reaching = _basis(nested, others, source.weights) if others else None
        elif int(groups.max()) < MOST_GROUPS:
            across = absorber(effects, source.weights)
        else:
            n = int(groups.max()) + 1
            raise InferenceError(f"fixed effects reach across {n} clusters: too many to follow; use coarser clusters")
    return Working(source, codes, groups, inside, reaching, across, is_linearized)


def _basis(nested: list[IntArray], others: list[IntArray], weights: FloatArray) -> FloatArray:
    """Return W times a basis, orthonormal in the weights, of the other effects net of the nested ones."""
    dummies = np.hstack([(e[:, None] == np.arange(int(e.max()) + 1)).astype(np.float64) for e in others])
    net = absorber(nested, weights).residualize(dummies) if nested else dummies
    values, vectors = np.linalg.eigh(net.T @ (net * weights[:, None]))
    kept = values > NULL * values.max()
    return np.asarray(weights[:, None] * (net @ (vectors[:, kept] / np.sqrt(values[kept]))))
