"""Influence made when it is asked for: refits never ask, and an average costs one column and not every cell."""

from dataclasses import dataclass, field, replace
from typing import Protocol

from twintrade.effects.outcome_weights import OutcomeWeights
from twintrade.effects.uncertainty import Influence, UnitInfluence, WeightInfluence
from twintrade.numerics.arrays import FloatArray, ObjectArray


class Contributions(Protocol):
    """What units contribute to some quantities, of which only combinations are wanted.

    Held by estimates, which reach other processes, so that whatever it holds has to be picklable.
    """

    def along(self, directions: FloatArray) -> FloatArray:
        """Return contributions times ``directions``, (n_quantities, n_columns), by unit: (n_units, n_columns)."""


@dataclass(frozen=True, slots=True, eq=False)
class LaterInfluence(Influence):
    """Combinations of units' contributions, each made once and then kept; also the influence of estimated weights.

    A combination is always made as it is asked for, whatever was made before, so that no number depends on the order
    in which views are asked for, or on which process asks.
    """

    unit_ids: ObjectArray  # (n_units,)
    contributions: Contributions
    directions: FloatArray  # (n_quantities, n_effects)
    linear: OutcomeWeights | None = None  # weights of rows' outcomes in the effects
    _combinations: dict[bytes, FloatArray] = field(default_factory=dict, repr=False, compare=False)

    @property
    def units(self) -> ObjectArray:
        """Unit identifiers, shape (n_units,)."""
        return self.unit_ids

    @property
    def outcome_weights(self) -> OutcomeWeights | None:
        """The weight of each row's outcome in each effect, where the method gives it."""
        return self.linear

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

    def dense(self) -> FloatArray:
        """Return one row a unit, as the influence of estimated weights."""
        return self.matrix()

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
        return UnitInfluence(self.unit_ids, average.matrix() + extra.dense(), linear=average.linear)

    def averaged(self, weights: FloatArray) -> "LaterInfluence":
        """Return combinations of the combinations."""
        linear = None if self.linear is None else self.linear.combined(weights)
        return replace(self, directions=self.directions @ weights, linear=linear)
