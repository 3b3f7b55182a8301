"""When units are seen to be treated, how large they were before anybody was, and strata of units that are alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twintrade.design import Design
from twintrade.errors import InferenceError
from twintrade.numerics.arrays import FloatArray, IntArray

N_SIZES = 3


def find_observed_onsets(design: Design) -> FloatArray:
    """Return onsets, infinite where an agreement begins after its unit's last row, shape (panel.n_units,)."""
    o, onset = design.observations, design.onset.copy()
    last = o.period[np.flatnonzero(np.diff(o.unit, append=-1))]
    inside = onset[o.unit_rows]
    onset[o.unit_rows] = np.where(inside > last, np.inf, inside)
    return onset


def measure_sizes(design: Design) -> FloatArray:
    """Return each unit's mean outcome, untransformed, before the first onset in the sample, shape (n_units,).

    Of a unit observed later, its first outcome: no assignment that is admissible treats it then.
    """
    o = design.observations
    raw = design.panel.values(design.outcome)[o.rows]
    onset = o.unit_onset[o.is_ever_treated]
    starts = np.flatnonzero(np.diff(o.unit, prepend=-1))
    is_used = o.period < (onset.min() if onset.size else np.inf) - design.anticipation
    is_used[starts] = True
    counts = np.bincount(o.unit[is_used], minlength=o.n_units)
    return np.asarray(np.bincount(o.unit[is_used], raw[is_used], o.n_units) / counts)


def build_strata(design: Design, pool: IntArray, strata: Sequence[str]) -> IntArray:
    """Return the stratum of each unit of the pool."""
    parts = []
    for name in strata:
        if name == "size":
            rank = np.argsort(np.argsort(measure_sizes(design)[pool], kind="stable"))
            parts.append(rank * N_SIZES // pool.size)
            continue
        values = read_constant_column(design, name)[pool]
        parts.append(np.unique(values, return_inverse=True)[1])
    return np.unique(np.column_stack(parts), axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def read_constant_column(design: Design, name: str) -> NDArray[Any]:
    """Return what each unit has in a column of the panel throughout, shape (n_units,)."""
    o = design.observations
    if name not in design.panel.columns:
        raise InferenceError(f"there is no column {name!r}; there is always 'size'")
    values = np.asarray(design.panel.columns[name][o.rows])
    starts = np.flatnonzero(np.diff(o.unit, prepend=-1))
    if (values != values[starts][o.unit]).any():
        raise InferenceError(f"{name} changes over a unit's periods: only what a unit always has can be used")
    return np.asarray(values[starts])
