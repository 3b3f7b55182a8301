"""Onset per unit, with what lies behind each onset and who cannot take part in any comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from twintrade.effects.messages import Message
from twintrade.errors import DesignError
from twintrade.numerics.arrays import FloatArray, ObjectArray

NEVER = np.inf


@dataclass(frozen=True, slots=True, eq=False)
class Treatment:
    """When each unit is first treated.

    Attributes
    ----------
    units : ObjectArray, shape (n_units,)
    onset : FloatArray, shape (n_units,)
        First treated period as the panel's ordinal; ``inf`` where there is no known tie.
    excluded : mapping of str to str
        Unit label to reason key ("undated", "unmatched", "other-event" ...): in no comparison, not treated either.
    register : DataFrame
        One row per unit and twinning behind it: unit, twinning, partner_city, kind, signed, precision, onset,
        candidates, source, note, flag.
    rule : str
        Sentence that says how a date became an onset.
    is_absorbing : bool
        Once treated, treated for good.
    dose : FloatArray or None, shape (n_rows of the panel,)
        Intensity by row for treatments that are not binary or not absorbing.
    messages : tuple of Message
    """

    units: ObjectArray
    onset: FloatArray
    excluded: Mapping[str, str] = field(default_factory=dict)
    register: pd.DataFrame = field(default_factory=pd.DataFrame)
    rule: str = "onset as given"
    is_absorbing: bool = True
    dose: FloatArray | None = None
    messages: tuple[Message, ...] = ()

    @classmethod
    def from_series(cls, onset: pd.Series) -> "Treatment":
        """Build from a series of onsets indexed by unit label; empty and ``inf`` mean never treated."""
        values = pd.to_numeric(onset, errors="raise").to_numpy(dtype=np.float64, na_value=np.inf)
        return cls(units=np.asarray(onset.index, dtype=object), onset=np.where(np.isnan(values), NEVER, values))

    def aligned(self, units: ObjectArray) -> FloatArray:
        """Return the onset of each named unit, shape (n,).

        Raises
        ------
        DesignError
            A unit of the panel is unknown to the treatment.
        """
        if units.size == self.units.size and bool((units == self.units).all()):
            return self.onset
        lookup = pd.Series(self.onset, index=self.units)
        found = lookup.reindex(pd.Index(units))
        if found.isna().any():
            missing = [str(u) for u in units[found.isna().to_numpy()]]
            raise DesignError(
                f"{len(missing)} units have no treatment status (first: {missing[0]}); give inf for untreated"
            )
        return np.asarray(found, dtype=np.float64)

    def with_onset(self, onset: FloatArray) -> "Treatment":
        """Return the same units with other onsets; the register stays as the record of the real ones."""
        return replace(self, onset=np.asarray(onset, dtype=np.float64))
