"""The seam between an estimate and its uncertainty: influence, draws, or a request to refit."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from twintrade.effects.regression import OutcomeWeights, Regression
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray, sum_by_group
from twintrade.text import Text, Words

EVERY = slice(None)  # all units


@dataclass(frozen=True, slots=True, eq=False)
class GroupedInfluence:
    """Extra influence that is the same for all units of a group: that of estimated cohort shares."""

    codes: IntArray  # (n_units,)
    values: FloatArray  # (n_groups, n_combinations)
    unit_weights: FloatArray | None = None  # (n_units,): factor by unit, where units carry sampling weights

    @classmethod
    def of_units(cls, values: FloatArray) -> "GroupedInfluence":
        """Return influence in which every unit is a group of its own."""
        return cls(np.arange(values.shape[0]), values)

    def part(self, units: slice) -> FloatArray:
        """Return the rows of some units."""
        rows = self.values[self.codes[units]]
        return rows if self.unit_weights is None else rows * self.unit_weights[units, None]

    def averaged(self, weights: FloatArray) -> "GroupedInfluence":
        """Return that of combinations of the combinations."""
        return replace(self, values=self.values @ weights)


class WeightInfluence(Protocol):
    """Extra influence on combinations of effects whose weights are estimated."""

    def part(self, units: slice) -> FloatArray:
        """Return the rows of some units, shape (n_chosen, n_combinations)."""

    def averaged(self, weights: FloatArray) -> "WeightInfluence":
        """Return that of combinations of the combinations."""


class Uncertainty(ABC):
    """What an estimator hands to inference in place of a standard error."""

    __slots__ = ()

    @abstractmethod
    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> "Uncertainty":
        """Return the uncertainty of ``effects @ weights``; ``extra``: influence of weights that are estimated."""


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """Cluster sums of influence as a product: those of ``clusters`` are ``values @ loading``."""

    clusters: IntArray  # (n_chosen,)
    values: FloatArray  # (n_chosen, n_columns)
    loading: FloatArray  # (n_columns, n_effects)

    @classmethod
    def whole(cls, sums: FloatArray) -> "Factor":
        """Return sums of all clusters, shape (n_clusters, n_effects), as one factor."""
        return cls(np.arange(sums.shape[0]), sums, np.eye(sums.shape[1]))


class Influence(Uncertainty):
    """Per-unit contributions, sum-scaled: estimate - truth is about the sum of the rows.

    Hence the covariance is the sum over clusters of the outer products of the cluster sums, with no n anywhere.
    """

    __slots__ = ()
    unit_ids: ObjectArray  # (n_units,)
    source: Regression | None = None
    linear: OutcomeWeights | None = None  # of a method without a regression behind it; with one, they follow from it

    @property
    def units(self) -> ObjectArray:
        """Unit identifiers, shape (n_units,), in the order of the rows."""
        return self.unit_ids

    @property
    @abstractmethod
    def n_effects(self) -> int:
        """Number of columns."""

    @abstractmethod
    def matrix(self) -> FloatArray:
        """Return the influence, shape (n_units, n_effects)."""

    @property
    def regression(self) -> Regression | None:
        """The regression behind it, where there is one."""
        return self.source

    @property
    def outcome_weights(self) -> OutcomeWeights | None:
        """The weight of each row's outcome in each effect, where the method gives it; else None."""
        return self.source.outcome_weights() if self.linear is None and self.source is not None else self.linear

    def cluster_sums(self, clusters: IntArray) -> FloatArray:
        """Return the influence summed within clusters, shape (n_clusters, n_effects)."""
        matrix = self.matrix()
        n_clusters = int(clusters.max(initial=-1)) + 1
        return matrix if is_each_alone(clusters) else sum_by_group(matrix, clusters, n_clusters)

    def factors(self, clusters: IntArray) -> list[Factor]:
        """Return factors that add up to the cluster sums, with as few columns as the method allows."""
        return [Factor.whole(self.cluster_sums(clusters))]

    def cross_product(self, clusters: IntArray) -> FloatArray:
        """Return the sum over clusters (n_units,) of outer products of cluster sums, shape (n_effects, n_effects)."""
        sums = self.cluster_sums(clusters)
        return np.asarray(sums.T @ sums, dtype=np.float64)


def is_each_alone(clusters: IntArray) -> bool:
    """Whether every unit is a cluster, in order."""
    n = clusters.size
    return n > 0 and bool(clusters[0] == 0 and clusters[-1] == n - 1 and (clusters == np.arange(n)).all())


@dataclass(frozen=True, slots=True, eq=False)
class UnitInfluence(Influence):
    """Influence held as a matrix."""

    unit_ids: ObjectArray  # (n_units,)
    values: FloatArray  # (n_units, n_effects)
    source: Regression | None = None
    linear: OutcomeWeights | None = None

    @property
    def n_effects(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    def matrix(self) -> FloatArray:
        """Return the influence, shape (n_units, n_effects)."""
        return self.values

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> "UnitInfluence":
        """Return the influence of ``effects @ weights``; the regression survives only fixed weights."""
        values, source, linear = self.values @ weights, self.source, self.linear
        if extra is not None:
            values, source, linear = values + extra.part(EVERY), None, self.outcome_weights
        if source is not None:
            source = replace(source, selector=source.selector @ weights)
        return UnitInfluence(self.unit_ids, values, source, None if linear is None else linear.combined(weights))


@dataclass(frozen=True, slots=True, eq=False)
class Draws(Uncertainty):
    """Draws from the distribution of the effects."""

    values: FloatArray  # (n_draws, n_effects)

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> "Draws":
        """Return draws of ``effects @ weights``."""
        return Draws(self.values @ weights)


@dataclass(frozen=True, slots=True, eq=False)
class RefitOnly(Uncertainty):
    """Only re-estimation on changed designs can tell how sure this estimate is."""

    reason: Words = field(default=Text("estimators.no-influence"))  # why no influence exists, for error messages

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> "RefitOnly":
        """Return itself: a combination needs refits as well."""
        return self


# Influence made when it is asked for: refits never ask, and an average costs one column and not every cell.


class Contributions(Protocol):
    """What units contribute to quantities of which only combinations are wanted; can be pickled."""

    def along(self, directions: FloatArray) -> FloatArray:
        """Return contributions times ``directions``, (n_quantities, n_columns), by unit: (n_units, n_columns)."""


@dataclass(frozen=True, slots=True, eq=False)
class LaterInfluence(Influence):
    """Combinations of units' contributions, each made once, the same whatever was asked for before, and then kept."""

    unit_ids: ObjectArray  # (n_units,)
    contributions: Contributions
    directions: FloatArray  # (n_quantities, n_effects)
    linear: OutcomeWeights | None = None  # weights of rows' outcomes in the effects
    _combinations: dict[bytes, FloatArray] = field(default_factory=dict, repr=False, compare=False)

    @property
    def n_effects(self) -> int:
        """Number of columns."""
        return int(self.directions.shape[1])

    def matrix(self) -> FloatArray:
        """Return the influence, shape (n_units, n_effects)."""
        key = self.directions.tobytes()
        if key not in self._combinations:
            self._combinations[key] = self.contributions.along(self.directions)
        return self._combinations[key]

    def part(self, units: slice) -> FloatArray:
        """Return the rows of some units, as the influence of estimated weights."""
        return self.matrix()[units]

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> Influence:
        """Return the influence of ``effects @ weights``: nothing is made yet."""
        average = self.averaged(weights)
        if extra is None:
            return average
        if isinstance(extra, LaterInfluence) and extra.contributions is self.contributions:
            return replace(average, directions=average.directions + extra.directions)
        return UnitInfluence(self.unit_ids, average.matrix() + extra.part(EVERY), linear=average.linear)

    def averaged(self, weights: FloatArray) -> "LaterInfluence":
        """Return combinations of the combinations."""
        linear = None if self.linear is None else self.linear.combined(weights)
        return replace(self, directions=self.directions @ weights, linear=linear)


# Influence by unit in blocks of units and effects, put together only after effects have been averaged.

UNITS_AT_ONCE = 2048  # rows of influence put together at a time, so that they fit in a second-level cache


@dataclass(frozen=True, slots=True, eq=False)
class BlockInfluence(Influence):
    """Blocks that add up to the influence: averages of effects change their loadings alone."""

    unit_ids: ObjectArray  # (n_units,)
    blocks: Sequence[Factor]  # of the units' own rows, ascending; at least one
    grouped: WeightInfluence | None = None  # what comes from estimated weights
    linear: OutcomeWeights | None = None

    @property
    def n_effects(self) -> int:
        """Number of columns."""
        return int(self.blocks[0].loading.shape[1])

    def matrix(self) -> FloatArray:
        """Return the influence, shape (n_units, n_effects)."""
        out = np.empty((self.unit_ids.size, self.n_effects))
        for start, rows in self._rows():
            out[start : start + rows.shape[0]] = rows
        return out

    def cross_product(self, clusters: IntArray) -> FloatArray:
        """Return the sum over clusters of outer products of cluster sums; by unit without the whole matrix."""
        if not is_each_alone(clusters):
            return Influence.cross_product(self, clusters)
        return sum((rows.T @ rows for _, rows in self._rows()), np.zeros((self.n_effects, self.n_effects)))

    def _rows(self) -> Iterator[tuple[int, FloatArray]]:
        """Yield rows of influence, some units at a time, with the position of the first."""
        used = [(b, np.flatnonzero(b.loading.any(axis=1))) for b in self.blocks]
        blocks = [(b.clusters, b.values[:, at], b.loading[at]) for b, at in used if at.size]
        for start in range(0, self.unit_ids.size, UNITS_AT_ONCE):
            stop = min(start + UNITS_AT_ONCE, self.unit_ids.size)
            rows = np.zeros((stop - start, self.n_effects))
            if self.grouped is not None:
                rows = self.grouped.part(slice(start, stop))
            for units, values, loading in blocks:
                chosen = slice(*np.searchsorted(units, [start, stop]))
                rows[units[chosen] - start] += values[chosen] @ loading
            yield start, rows

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> Influence:
        """Return the influence of ``effects @ weights``."""
        linear = None if self.linear is None else self.linear.combined(weights)
        if self.grouped is not None and extra is not None:
            return UnitInfluence(self.unit_ids, self.matrix() @ weights + extra.part(EVERY), linear=linear)
        blocks = [Factor(b.clusters, b.values, b.loading @ weights) for b in self.blocks]
        grouped = extra if self.grouped is None else self.grouped.averaged(weights)
        return BlockInfluence(self.unit_ids, blocks, grouped, linear)
