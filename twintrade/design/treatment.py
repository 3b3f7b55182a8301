"""Onset per unit, with what lies behind each onset and who cannot take part in any comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from twintrade.design.panel import Panel
from twintrade.design.panel_keys import name_key, name_keys
from twintrade.effects.messages import Message
from twintrade.errors import DesignError
from twintrade.numerics.arrays import FloatArray, ObjectArray
from twintrade.text import Text, Words

NEVER = np.inf


@dataclass(frozen=True, slots=True, eq=False)
class Treatment:
    """When each unit is first treated.

    Attributes
    ----------
    units : ObjectArray, shape (n_units,)
    onset : FloatArray, shape (n_units,)
        First treated period as the panel's ordinal; ``inf`` where there is no known agreement.
    excluded : mapping of str to str
        Unit label to reason key ("undated", "unmatched", "other-event" ...): in no comparison, not treated either.
    register : DataFrame
        One row per unit and twinning behind it: unit, twinning, partner_city, kind, signed, precision, onset,
        candidates, source, note, flag.
    rule : Words
        How a date became an onset.
    is_absorbing : bool
        Once treated, treated for good.
    dose : FloatArray or None, shape (n_rows of the panel,)
        Intensity by row for treatments that are not binary or not absorbing.
    messages : tuple of Message
    name : str
        Column that the treatment was read from; empty where it was made from agreements or onsets.

    Examples
    --------
    >>> design.treatment.onset.min()
    np.float64(1999.0)
    """

    units: ObjectArray
    onset: FloatArray
    excluded: Mapping[str, str] = field(default_factory=dict)
    register: pd.DataFrame = field(default_factory=pd.DataFrame)
    rule: Words = field(default_factory=lambda: Text("design.onset-as-given"))
    is_absorbing: bool = True
    dose: FloatArray | None = None
    messages: tuple[Message, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "excluded", {name_key(unit): reason for unit, reason in self.excluded.items()})

    @classmethod
    def from_series(cls, onset: pd.Series) -> "Treatment":
        """Build from a series of onsets indexed by unit label; empty or ``inf`` means never treated, one of the two.

        Raises
        ------
        DesignError
            An onset is no whole period, a unit has two, or an onset is empty where others are ``inf``.
        """
        onset = onset.set_axis(name_keys(onset.index))
        values = pd.to_numeric(onset, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        empty = onset.isna().to_numpy()
        if empty.any() and (values == NEVER).any():
            raise DesignError(
                f"the onset of {onset.index[int(np.argmax(empty))]} is empty and others are inf ({int(empty.sum())} "
                "such units): give inf for never treated; exclude units whose onset is not known"
            )
        never = empty | (values == NEVER)
        wrong = np.flatnonzero(~never & ~(np.isfinite(values) & (values == np.floor(values))))
        if wrong.size:
            unit, given = onset.index[wrong[0]], onset.iloc[wrong[0]]
            raise DesignError(
                f"the onset of {unit} is {given!r}, no whole period ({wrong.size} such units); "
                "give the first treated period, and nothing or inf for never"
            )
        first = pd.Series(np.where(never, NEVER, values), index=onset.index)
        if not onset.index.is_unique:
            several = first.groupby(level=0, sort=False).nunique()
            n = int((several > 1).sum())
            if n:
                listed = ", ".join(map(str, several.index[several > 1][:8]))
                raise DesignError(f"{n} units have more than one onset ({listed}); give one each")
            first = first[~first.index.duplicated()]
        return cls(units=np.asarray(first.index, dtype=object), onset=np.asarray(first, dtype=np.float64))

    @classmethod
    def from_dose(cls, panel: Panel, dose: FloatArray, rule: Words | None = None) -> "Treatment":
        """Build from an intensity by row: agreements in force, an ordered kind of agreement, or 0/1 where one ends.

        The onset is the first period whose dose differs from the unit's first one; it may be a fall.

        Parameters
        ----------
        panel : Panel
        dose : FloatArray, shape (panel.n_rows,)
        rule : str
            Sentence that says where the dose comes from.

        Raises
        ------
        DesignError
            Another number of rows than the panel has, or a dose that is missing.
        """
        dose = np.asarray(dose, dtype=np.float64)
        if dose.shape != (panel.n_rows,):
            raise DesignError(f"a dose of shape {dose.shape} does not fit a panel of {panel.n_rows} rows")
        missing = np.flatnonzero(~np.isfinite(dose))
        if missing.size:
            at = f"{panel.units[panel.unit[missing[0]]]} {panel.label(int(panel.period[missing[0]]))}"
            raise DesignError(f"the dose is missing in {missing.size} rows (first: {at}); give it, or leave them out")
        starts = np.searchsorted(panel.unit, np.arange(panel.n_units))
        changed = dose != dose[starts][panel.unit]
        onset = np.full(panel.n_units, NEVER)
        np.minimum.at(onset, panel.unit[changed], panel.period[changed].astype(np.float64))
        falls = np.diff(dose)[panel.unit[1:] == panel.unit[:-1]] < 0
        is_absorbing = not falls.any() and not dose[starts].any()
        rule = rule or Text("design.onset-by-dose")
        return cls(units=panel.units, onset=onset, rule=rule, is_absorbing=is_absorbing, dose=dose)

    def aligned(self, units: ObjectArray) -> FloatArray:
        """Return the onset of each named unit, shape (n,).

        Raises
        ------
        DesignError
            A unit of the panel is unknown to the treatment.
        """
        if units is self.units or (units.size == self.units.size and bool((units == self.units).all())):
            return self.onset
        lookup = pd.Series(self.onset, index=name_keys(self.units))
        onset = lookup.reindex(pd.Index(units))
        if onset.isna().any():
            missing = [str(u) for u in units[onset.isna().to_numpy()]]
            raise DesignError(
                f"{len(missing)} units have no treatment status (first: {missing[0]}); give inf for untreated"
            )
        return np.asarray(onset, dtype=np.float64)
