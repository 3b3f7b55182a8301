"""Influence beside a copy whose residuals are freed of their own leverage, for a variance between the two."""

from dataclasses import dataclass

from twintrade.effects.uncertainty import UnitInfluence, WeightInfluence
from twintrade.errors import InferenceError
from twintrade.numerics.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrectedInfluence(UnitInfluence):
    """Unit influence with its leverage-adjusted twin."""

    adjusted: FloatArray  # (n_units, n_effects)

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> "CorrectedInfluence":
        """Return the influence of ``effects @ weights`` for fixed weights."""
        if extra is not None:
            raise InferenceError("leverage-adjusted influence takes fixed weights only")
        base = UnitInfluence.combined(self, weights)
        return CorrectedInfluence(base.unit_ids, base.values, base.source, adjusted=self.adjusted @ weights)
