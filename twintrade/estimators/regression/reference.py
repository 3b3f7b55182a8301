"""Effects against a reference need units that are observed there and elsewhere: which rows such units join to it."""

import numpy as np

from twintrade.design import Observations
from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, IntArray
from twintrade.text import Listed, Text, Value


def find_joined_rows(holder: IntArray, node: IntArray, is_reference: BoolArray) -> BoolArray:
    """Return which rows a chain of holders joins to the reference, shape (n_rows,).

    A level of its own for every holder leaves only differences within holders: two event times can be compared where
    one holder is observed at both, or where such holders form a chain from one to the other.

    ``holder`` (n_rows,): level of each row, 0 or more; ``node`` (n_rows,): event time of each row, or its cohort and
    event time, as codes of 0 or more; ``is_reference`` (n_rows,).
    """
    n_holders, n_nodes = (int(codes.max(initial=-1)) + 1 for codes in (holder, node))
    nodes = np.bincount(node[is_reference], minlength=n_nodes) > 0
    while True:
        rows = (np.bincount(holder[nodes[node]], minlength=n_holders) > 0)[holder]
        grown = np.bincount(node[rows], minlength=n_nodes) > 0
        if (grown == nodes).all():
            return np.asarray(rows)
        nodes = grown


def find_holders(o: Observations) -> IntArray:
    """Return the levels that the treated rows' own effect gives them: units, or cohorts, or one for all."""
    names = o.effect_names
    if "unit" in names:
        return o.unit
    return o.codes("cohort") if "cohort" in names else np.zeros(o.n_rows, dtype=np.int64)


def require_reference(observed: IntArray, joined: IntArray, reference: int) -> None:
    """Refuse an event study whose reference nobody is observed at who is observed elsewhere too.

    ``observed``: event times observed; ``joined``: those that units join to the reference.
    """
    before = [str(e) for e in np.unique(observed) if e < 0]
    values: dict[str, Value] = {
        "reference": str(reference),
        "n": len(before),
        "before": Listed(tuple(before), "comma"),
    }
    if reference not in observed:
        raise EstimationError(Text("estimators.reference-unobserved", **values))
    if not (joined != reference).any():
        raise EstimationError(Text("estimators.reference-alone", **values))
