"""Cohorts split into the units that an agreement can affect and those that it cannot."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.errors import DesignError
from twintrade.estimators.cohort_means.group_time import name_units
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Listed, Text, Words


@dataclass(frozen=True, slots=True, eq=False)
class TripleGroups:
    """Groups of units: first the unaffected part of each cohort, then the affected part."""

    wide: Wide
    code: IntArray  # (n_units,): cohort, plus `n_cohorts` for affected units
    counts: FloatArray  # (2, n_cohorts): units, unaffected and affected

    @property
    def sizes(self) -> FloatArray:
        """Units, or their sampling weights, shape (2, n_cohorts)."""
        weights = self.wide.unit_weights
        if weights is None:
            return self.counts
        return np.bincount(self.code, weights, self.counts.size).reshape(self.counts.shape).astype(np.float64)

    def lacking(self) -> Words:
        """Say which cohorts lack affected or unaffected units, or that nobody is left to compare with."""
        lacking = []
        for k, onset in enumerate(self.wide.onset):
            if self.counts[:, k].min() == 0:
                kind = "unaffected" if self.counts[0, k] == 0 else "affected"
                units = name_units(self.wide.unit_ids[self.wide.cohort == k])
                cohort = "never" if np.isinf(onset) else f"{onset:.0f}"
                lacking.append(Text("estimators.cohort-lacks", cohort=cohort, units=units, kind=kind))
        return Listed(tuple(lacking), "semicolon") if lacking else Text("estimators.no-comparison-cohort")

    @property
    def n_cohorts(self) -> int:
        """Number of cohorts."""
        return int(self.wide.onset.size)


def build_groups(wide: Wide, o: Observations, column: str) -> TripleGroups:
    """Read the column that says which units an agreement can affect."""
    values = o.panel.values(column)[o.rows]
    bad = np.flatnonzero((values != 0) & (values != 1))
    if bad.size:
        raise DesignError(f"column {column!r} must be 0 or 1; {o.labels(bad[:1])[0]} has {values[bad[0]]:g}")
    starts = np.searchsorted(o.unit, np.arange(o.n_units))
    changed = np.flatnonzero(values != values[starts][o.unit])
    if changed.size:
        raise DesignError(
            f"column {column!r} changes within {o.unit_ids[o.unit[changed[0]]]}; a unit is one or the other"
        )
    affected = values[starts].astype(np.int64)
    if affected.min() == affected.max():
        raise DesignError(f"column {column!r} is {affected[0]} for every unit; the third difference needs both")
    code = wide.cohort + wide.onset.size * affected
    counts = np.bincount(code[~wide.is_single], minlength=2 * wide.onset.size).reshape(2, -1).astype(np.float64)
    return TripleGroups(wide, code, counts)
