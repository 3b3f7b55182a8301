"""Rows that a Poisson fit predicts perfectly at zero, said for a reader."""

import numpy as np

from twintrade.design import Observations
from twintrade.design.fixed_effects import name_effect
from twintrade.effects import Dropped
from twintrade.numerics.arrays import IntArray
from twintrade.numerics.poisson import Separated
from twintrade.text import Text


def list_separated_rows(
    o: Observations,
    separated: tuple[Separated, ...],
    rows: IntArray | None = None,
    effects: tuple[str, ...] | None = None,
) -> tuple[Dropped, ...]:
    """Say of each group of rows which they are and why they are left out.

    Units without any row left are named once, other rows by unit and period.

    ``separated``: from the fit; ``rows``: positions of the fit's rows in the observations; all rows by default;
    ``effects``: names of the effects in the fit; the design's by default.
    """
    rows = np.arange(o.n_rows) if rows is None else rows
    left = np.bincount(o.unit[rows], minlength=o.n_units)
    names = o.effect_names if effects is None else effects
    out = []
    for one in separated:
        left = left - np.bincount(o.unit[rows[one.rows]], minlength=o.n_units)
        out.append(_listed(o, one, rows[one.rows], left, names))
    return tuple(out)


def _listed(o: Observations, why: Separated, rows: IntArray, left: IntArray, effects: tuple[str, ...]) -> Dropped:
    reason, sentence = "separated", Text("estimators.separated")
    if why.cause == "all-zero level":
        effect = effects[why.effect]
        named = Text("estimators.cohort-and-period") if effect == "cohort_and_period" else name_effect(effect)
        reason, sentence = "all-zero-level", Text("estimators.all-zero-level", effect=named)
    elif why.cause == "weight of zero":
        reason, sentence = "no-weight", Text("estimators.no-weight")
    units = np.unique(o.unit[rows])
    lost = units[left[units] == 0]
    names = (*(str(u) for u in o.unit_ids[lost]), *o.labels(rows[left[o.unit[rows]] > 0]))
    return Dropped(reason, sentence, int(rows.size), int(lost.size), names)
