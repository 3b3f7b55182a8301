"""Influence by unit in blocks of units and effects, put together only after effects have been averaged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.effects.outcome_weights import OutcomeWeights
from twintrade.effects.uncertainty import Factor, Influence, UnitInfluence, WeightInfluence, is_each_alone
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray

UNITS_AT_ONCE = 2048
"""Rows of influence put together at a time, so that they fit in a second-level cache."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockInfluence(Influence):
    """Blocks that add up to the influence: averages of effects change their loadings alone."""

    unit_ids: ObjectArray  # (n_units,)
    blocks: Sequence[Factor]  # of the units' own rows, ascending; at least one
    grouped: WeightInfluence | None = None  # what comes from estimated weights
    linear: OutcomeWeights | None = None

    @property
    def outcome_weights(self) -> OutcomeWeights | None:
        """The weight of each row's outcome in each effect, where the method gives it."""
        return self.linear

    @property
    def units(self) -> ObjectArray:
        """Unit identifiers, shape (n_units,)."""
        return self.unit_ids

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
            return UnitInfluence(self.unit_ids, self.matrix() @ weights + extra.dense(), linear=linear)
        blocks = [Factor(b.clusters, b.values, b.loading @ weights) for b in self.blocks]
        grouped = extra if self.grouped is None else self.grouped.averaged(weights)
        return BlockInfluence(self.unit_ids, blocks, grouped, linear)
