"""Estimates without each cluster in turn: from a linear model, by downdating a regression, or by refitting."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from twintrade.effects import CohortEffects, Estimate, Influence, Regression
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.repeating import LinearNull
from twintrade.fanout import Arrays, run_jobs
from twintrade.inference.clustering.clusters import NESTING
from twintrade.inference.refits.permutation import align_values, tabulate_designs
from twintrade.numerics.absorption import Annihilator, build_annihilator, compute_root, is_nested, prepare_remaining
from twintrade.numerics.arrays import FloatArray, IntArray, compact, intersect_codes
from twintrade.numerics.linear import Matrix, Sums, sum_products_by_group
from twintrade.text import Listed, Text

NULL = 1e-9
MOST_REFITS = 2_000
MOST_ROWS = 200
"""Rows of a cluster up to which inverting its block of the projection is cheaper than factoring the others anew."""
MOST_AT_ONCE = 60
"""Rows up to which the blocks of many clusters are inverted at once; larger ones are factored one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Effects without each cluster."""

    effects: FloatArray  # (n_clusters, n_effects): naN where an effect cannot be estimated without a cluster
    is_linearized: bool  # whether a nonlinear fit was updated by one step instead of being refitted
    failures: tuple[Text, ...] = ()


def estimate_without_clusters(fit: Fit, view: View, dimensions: Sequence[Sequence[str]]) -> list[LeftOut]:
    """Estimate without each cluster of each (joint) dimension; what makes one impossible is said before any refit."""
    estimate, source, null = fit.view(view), get_regression(fit.view(view)), _build_null(fit, view, dimensions)
    if source is not None and null is None:
        q = build_effects_projection(fit, estimate, source)
        changes = [compute_leave_out_changes(source, q, one) for one in _list_codes(fit, source, dimensions)]
        return [LeftOut(estimate.effects + change, fit.estimator.is_poisson) for change in changes]
    return [_estimate_each(fit, view, estimate, null, units) for units in _list_left_out(fit, estimate, dimensions)]


def count_left_out(fit: Fit, view: View, dimensions: Sequence[Sequence[str]]) -> tuple[int, bool]:
    """Return how many refits that takes, and whether a cluster's effect can be lost; or say why it cannot be done."""
    estimate, source, null = fit.view(view), get_regression(fit.view(view)), _build_null(fit, view, dimensions)
    if source is not None and null is None:
        _list_codes(fit, source, dimensions)
        return 0, False
    units = _list_left_out(fit, estimate, dimensions)
    return (sum(map(len, units)) if null is None else 0), True


def _build_null(fit: Fit, view: View, dimensions: Sequence[Sequence[str]]) -> LinearNull | None:
    """Return the model without treatment that estimates without clusters of whole units, None where refits do."""
    if not isinstance(fit.estimate, CohortEffects) or not set(NESTING).issuperset(itertools.chain(*dimensions)):
        return None
    return fit.estimator.linear_null(fit.design, fit.design.observations.y[:, None], [view])


def _list_codes(fit: Fit, source: Regression, dimensions: Sequence[Sequence[str]]) -> list[IntArray]:
    """Return the cluster of each row of a regression in each dimension, of which there must be two."""
    codes = [intersect_codes([find_row_clusters(fit, n, source.rows) for n in names]) for names in dimensions]
    for one in codes:
        _require_two(one)
    return codes


def _list_left_out(fit: Fit, estimate: Estimate, dimensions: Sequence[Sequence[str]]) -> list[list[tuple[str, ...]]]:
    """Return the units of each cluster in each dimension, no more than can be estimated anew."""
    units = [_list_units(fit, estimate, names) for names in dimensions]
    most = MOST_REFITS if get_regression(estimate) is None else np.inf
    if (n := max(map(len, units))) > most:
        raise InferenceError(f"leaving out each of {n} clusters needs as many refits; cluster by something coarser")
    return units


def _require_two(codes: IntArray) -> None:
    if not codes.any():
        raise InferenceError("there is one cluster only: nothing remains once it is left out; use finer clusters")


def get_regression(estimate: Estimate) -> Regression | None:
    """Return the regression behind an estimate, where there is one."""
    uncertainty = estimate.uncertainty
    return uncertainty.regression if isinstance(uncertainty, Influence) else None


def build_effects_projection(fit: Fit, estimate: Estimate, source: Regression) -> Annihilator:
    """Return the projection off the fit's fixed effects on the regression's rows."""
    o = fit.design.observations
    codes = [compact(o.codes(name)[source.rows]) for name in estimate.sample.effects]
    if not codes:
        codes = [np.zeros(source.rows.size, dtype=np.int64)]
    return build_annihilator(codes, np.empty((source.rows.size, 0)), source.weights)


def find_row_clusters(fit: Fit, name: str, rows: IntArray) -> IntArray:
    """Return the cluster of each of the given rows of the observations."""
    return np.arange(rows.size) if name == "row" else compact(fit.design.observations.codes(name)[rows])


def compute_partial_shares(source: Regression, codes: IntArray) -> FloatArray:
    """Return each cluster's share of the variation that identifies the (first) effect, shape (n_clusters,)."""
    size = np.bincount(codes, source.weights * source.along(source.bread @ source.selector[:, :1])[:, 0] ** 2)
    return np.asarray(size / size.sum())


def count_effective_clusters(shares: FloatArray) -> float:
    """Return the number of equally informative clusters these amount to (Carter, Schnepel and Steigerwald 2017)."""
    return float(1 / (shares**2).sum())


def compute_leave_out_changes(source: Regression, q: Annihilator, codes: IntArray) -> FloatArray:
    """Return the change of every effect when each cluster is left out, shape (n_clusters, n_effects).

    Leaving out a cluster is adding a dummy for each of its rows. With C the cluster's rows of the weighted regressors
    net of the effects, A its block of Q and e its weighted residuals, the slopes change by
    -(X'QX - C'A^-C)^- C'A^-e. For a large cluster both products come from the rows that remain instead.
    """
    weighted = source.design * source.weights[:, None]
    errors = source.weights * source.residuals
    change = _Change(source.design.T @ weighted, source.selector)
    out = np.full((int(codes.max()) + 1, source.selector.shape[1]), np.nan)
    members = list_members(codes)
    is_large = np.array([rows.size > MOST_ROWS for rows in members])
    if is_large.any():
        remaining = prepare_remaining(q, np.column_stack([source.design, source.residuals]))
        for g in np.flatnonzero(is_large):
            products = remaining.gram(members[g])
            out[g] = change.of(products[:-1, :-1], products[:-1, -1])
    small = np.flatnonzero(~is_large)
    for which, rows, blocks in q.iterate_blocks([members[g] for g in small]):
        cross, error = weighted[rows], errors[rows][..., None]
        explained = _solve_blocks(blocks, np.concatenate([cross, error], axis=-1), source.weights[rows])
        products = np.swapaxes(cross, -1, -2) @ explained
        for g, product in zip(small[which], products, strict=True):
            out[g] = change.of(change.gram - product[:, :-1], -product[:, -1])
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """What leaving rows out does to effects, from the normal equations of the slopes."""

    gram: FloatArray  # (k, k): of all rows
    selector: FloatArray  # (k, n_effects)

    def of(self, reduced: FloatArray, right: FloatArray) -> FloatArray:
        """Return it from the normal equations without the rows, NaN where an effect is not estimable from these."""
        values, vectors = np.linalg.eigh(_scaled(reduced, self.gram))
        kept = values > NULL
        root = 1 / np.sqrt(np.diag(self.gram))
        # In scaled slopes: effects on which the lost directions weigh are not estimable without the rows.
        selector = self.selector * root[:, None]
        lost = np.abs(vectors[:, ~kept].T @ selector).max(axis=0, initial=0.0)
        change = (vectors[:, kept] / values[kept]) @ (vectors[:, kept].T @ (root * right))
        return np.where(lost < NULL * np.abs(selector).max(), change @ selector, np.nan)


def list_members(codes: IntArray) -> list[IntArray]:
    """Return the rows of each cluster."""
    order = np.argsort(codes, kind="stable")
    return list(np.split(order, np.flatnonzero(np.diff(codes[order])) + 1))


def _scaled(matrix: FloatArray, gram: FloatArray) -> FloatArray:
    root = 1 / np.sqrt(np.diag(gram))
    return np.asarray(matrix * root[:, None] * root)


def _solve_blocks(blocks: FloatArray, right: FloatArray, weights: FloatArray) -> FloatArray:
    """Return A^- times columns in its range for each block A, scaled by the weights of its rows."""
    if blocks.shape[-1] <= MOST_AT_ONCE:
        return np.asarray(_pseudo_inverse(blocks) @ right)
    roots = (compute_root(block, scale) for block, scale in zip(blocks, weights, strict=True))
    return np.stack([root @ (root.T @ columns) for root, columns in zip(roots, right, strict=True)])


def _pseudo_inverse(blocks: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(blocks)
    kept = values > NULL * np.maximum(values.max(axis=-1, keepdims=True, initial=0.0), 1e-300)
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    return np.asarray((vectors * inverse[..., None, :]) @ np.swapaxes(vectors, -1, -2))


def _list_units(fit: Fit, estimate: Estimate, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the units of each cluster, or say why refits without each cannot be made."""
    outside = [name for name in names if name not in NESTING]
    if outside:
        raise InferenceError(
            f"{fit.estimator.name} has no row scores, so whole units must be left out, not {outside[0]}"
        )
    o = fit.design.observations
    used = np.flatnonzero(np.bincount(o.unit[estimate.sample.rows]))
    codes = intersect_codes([compact(o.unit_clusters(name)[used]) for name in names])
    _require_two(codes)
    return [tuple(o.unit_ids[used[members]]) for members in list_members(codes)]


def _estimate_each(
    fit: Fit, view: View, estimate: Estimate, null: LinearNull | None, units: list[tuple[str, ...]]
) -> LeftOut:
    """Estimate without each cluster: its rows taken out of the linear model, or by a refit where there is none."""
    effects, left = np.full((len(units), estimate.n_effects), np.nan), np.arange(len(units))
    if null is not None:
        kept, tables = tabulate_designs(
            null, {view: estimate}, len(units), lambda g: fit.design.without(units[g]), "jackknife"
        )
        effects[kept], left = tables[view][:, :, 0], np.setdiff1d(left, kept)
    jobs = {str(g): units[g] for g in left.tolist()}
    refits = run_jobs("jackknife", _without, jobs, shared=(fit, view, estimate)) if jobs else []
    failures = []
    for g, done in zip(left.tolist(), refits, strict=True):
        if done.values is None:
            failures.append(Text("inference.without-failed", units=Listed(units[g][:3], "comma"), reason=done.text))
        else:
            effects[g] = done.values["effects"]
    return LeftOut(effects, False, tuple(failures))


def _without(shared: tuple[Fit, View, Estimate], units: tuple[str, ...], rng: np.random.Generator) -> Arrays:
    fit, view, estimate = shared
    return {"effects": align_values(estimate, fit.refit(fit.design.without(units), view).view(view))}


# From a regression to the cluster-level sums that the wild bootstrap draws from.

Scores = Literal["plain", "jackknife"]


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
