"""Which units, or rows, belong together: cluster dimensions, their sizes, and influence summed within them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twintrade.design import Observations
from twintrade.effects import Estimate, Factor, Influence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.numerics import arrays
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact

NESTING = ("unit", "city", "partner")


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Cluster dimensions of one estimate."""

    names: tuple[str, ...]  # "unit", "city", "partner", "period" or "row"
    # (n_items,): cluster of each unit, or of each row where some dimension does not nest units
    codes: tuple[IntArray, ...]
    row_codes: tuple[IntArray, ...]  # (n_rows,): the same by row of the sample
    influence: Influence
    by_row: FloatArray | None  # (n_rows, n_effects): influence by row; None where units suffice

    @property
    def sizes(self) -> dict[str, int]:
        """Number of clusters per dimension."""
        return {name: int(c.max()) + 1 for name, c in zip(self.names, self.codes, strict=True)}

    def sums(self, codes: IntArray) -> FloatArray:
        """Return the influence summed within the given clusters, shape (n_clusters, n_effects)."""
        if self.by_row is None:
            return self.influence.cluster_sums(codes)
        return arrays.sum_by_group(self.by_row, codes)

    def factors(self, codes: IntArray) -> list[Factor]:
        """Return factors that add up to the sums within the given clusters."""
        if self.by_row is None:
            return self.influence.factors(codes)
        return [Factor.whole(arrays.sum_by_group(self.by_row, codes))]

    def cross_product(self, codes: IntArray) -> FloatArray:
        """Return the sum over clusters of outer products, shape (n_effects, n_effects)."""
        if self.by_row is None:
            return self.influence.cross_product(codes)
        sums = arrays.sum_by_group(self.by_row, codes)
        return np.asarray(sums.T @ sums)

    def covariance(self) -> FloatArray:
        """Return the unscaled covariance by inclusion and exclusion over the dimensions."""
        total = np.zeros((self.influence.n_effects, self.influence.n_effects))
        for sign, chosen in arrays.list_signed_subsets(self.codes):
            total += sign * self.joint_product(chosen)
        return total

    def joint_product(self, codes: Sequence[IntArray]) -> FloatArray:
        """Return the sum of outer products over the joint clusters of some dimensions."""
        return self.cross_product(arrays.intersect_codes(codes))


@dataclass(frozen=True, slots=True, eq=False)
class GivenClusters(Clusters):
    """Clusters of cohort statistics made elsewhere: units, or those whose sums came with the statistics."""

    influence: CohortInfluence

    def sums(self, codes: IntArray) -> FloatArray:
        """Return the influence summed within the clusters of the dimension that has these codes."""
        name = self._name(codes)
        return self.influence.matrix() if name == "unit" else self.influence.given_sums(name)

    def _name(self, codes: IntArray) -> str:
        return next(n for n, c in zip(self.names, self.codes, strict=True) if c is codes)

    def factors(self, codes: IntArray) -> list[Factor]:
        """Return the sums within the clusters of the dimension that has these codes, as one factor."""
        return [Factor.whole(self.sums(codes))]

    def cross_product(self, codes: IntArray) -> FloatArray:
        """Return the sum over clusters of outer products; units need none at hand."""
        if self._name(codes) == "unit":
            return self.influence.unit_cross_product()
        sums = self.sums(codes)
        return np.asarray(sums.T @ sums)

    def joint_product(self, codes: Sequence[IntArray]) -> FloatArray:
        """Return the sum of outer products; the intersection of city and partner is the unit."""
        return self.cross_product(codes[0]) if len(codes) == 1 else self.influence.unit_cross_product()


def get_influence(estimate: Estimate, method: str) -> Influence:
    """Return the influence of an estimate."""
    uncertainty = estimate.uncertainty
    if not isinstance(uncertainty, Influence):
        raise InferenceError(
            f"{method} needs an influence function and this estimate has none; use randomization or placebo"
        )
    return uncertainty


def find_clusters(fit: Fit, estimate: Estimate, names: Sequence[str], method: str = "clustered") -> Clusters:
    """Find the clusters of an estimate's units, or of its rows where units do not nest in a dimension."""
    influence = get_influence(estimate, method)
    names = tuple(dict.fromkeys(names))
    if isinstance(influence, CohortInfluence) and not influence.has_units:
        if any(name not in NESTING for name in names):
            raise InferenceError("cohort statistics have no rows: cluster by unit, city or partner")
        if "unit" in names and len(names) > 1:
            raise InferenceError("units nest in cities and partners: cluster by one or the other")
        n_units = int(influence.moments.counts.sum())
        counts = (n_units if name == "unit" else influence.given_sums(name).shape[0] for name in names)
        return GivenClusters(names, tuple(map(np.arange, counts)), (), influence, None)
    o = fit.design.observations
    rows = estimate.sample.rows
    row_codes = tuple(_row_codes(o, name, rows) for name in names)
    if all(name in NESTING for name in names):
        where = find_unit_positions(o, influence)
        codes = tuple(compact(o.unit_clusters(name)[where]) for name in names)
        return Clusters(names, codes, row_codes, influence, None)
    source = influence.regression
    if source is None:
        outside = [n for n in names if n not in NESTING]
        raise InferenceError(
            f"units are not nested in {' and '.join(outside)}, and {fit.estimator.name} has no row scores; "
            "cluster by unit, city or partner"
        )
    codes = tuple(_row_codes(o, name, source.rows) for name in names)
    return Clusters(names, codes, codes, influence, source.row_influence())


def find_unit_positions(o: Observations, influence: Influence) -> IntArray:
    """Return where each unit of an influence stands among the units of the observations, shape (n_units,)."""
    units = influence.units
    if units.size == o.unit_ids.size and bool((units == o.unit_ids).all()):
        return np.arange(units.size)
    where = pd.Index(o.unit_ids).get_indexer(pd.Index(units))
    if (where < 0).any():
        if units.size == o.n_units:
            return np.arange(units.size)
        raise InferenceError("the influence names units that are not in the design")
    return where.astype(np.int64)


def _row_codes(o: Observations, name: str, rows: IntArray) -> IntArray:
    return np.arange(rows.size) if name == "row" else compact(o.codes(name)[rows])


def count_fewest_treated(fit: Fit, estimate: Estimate, sizes: dict[str, int]) -> int:
    """Return the fewest treated clusters of any dimension of whole units, or the fewest clusters of the others."""
    return min(count_treated_clusters(fit, estimate, n)[0] if n in NESTING else size for n, size in sizes.items())


def count_treated_clusters(fit: Fit, estimate: Estimate, name: str) -> tuple[int, int]:
    """Return how many clusters of a dimension hold a treated unit, and how many hold none."""
    influence = estimate.uncertainty
    if isinstance(influence, CohortInfluence) and not influence.has_units:
        by_cohort, has_onset = influence.moments.counts, np.isfinite(influence.moments.onset)
        if name == "unit":
            return int(by_cohort[has_onset].sum()), int(by_cohort[~has_onset].sum())
        influence.given_sums(name)
        is_treated = influence.given_clusters[name].counts[:, has_onset].sum(axis=1) > 0
        return int(is_treated.sum()), int((~is_treated).sum())
    o = fit.design.observations
    units = np.flatnonzero(np.bincount(o.unit[estimate.sample.rows]))
    codes = compact(o.unit_clusters(name)[units]) if name in NESTING else compact(units)
    treated: BoolArray = np.zeros(int(codes.max()) + 1, dtype=bool)
    treated[codes[o.is_ever_treated[units]]] = True
    return int(treated.sum()), int((~treated).sum())


# With which weight each row of a sample enters an estimate: from its regression, its cohorts, or the method.


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """Weights v with ``effects = values'y``; of working residuals (y - mu) / mu, linearized, for Poisson methods."""

    rows: IntArray  # (n_rows,): the sample, as positions in the observations
    values: FloatArray  # (n_rows, n_effects)


def find_row_weights(fit: Fit, estimate: Estimate, effects: slice = slice(None)) -> RowWeights | None:
    """Return weights of rows in effects, estimated ones of an average as fixed; None where a method has none."""
    influence, rows = estimate.uncertainty, estimate.sample.rows
    if not isinstance(influence, Influence):
        return None
    if isinstance(influence, CohortInfluence):
        if influence.cohort is None:
            return None
        # The coefficient of each row's cohort in its period; zero for rows of neither.
        o, periods = fit.design.observations, influence.moments.periods
        of_unit = np.full(o.n_units, -1)
        of_unit[find_unit_positions(o, influence)] = influence.cohort
        code = of_unit[o.unit[rows]]
        at = np.minimum(np.searchsorted(periods, o.period[rows]), periods.size - 1)
        known = (code >= 0) & (periods[at] == o.period[rows])
        return RowWeights(rows, np.where(known[:, None], influence.unit_loadings[..., effects][code, at], 0.0))
    given = influence.outcome_weights
    if given is None:
        return None
    values = given.choose(effects).matrix()
    if np.array_equal(given.rows, rows):
        return RowWeights(rows, values)
    spread = np.zeros((fit.design.observations.n_rows, values.shape[1]))
    spread[given.rows] = values
    return RowWeights(rows, spread[rows])
