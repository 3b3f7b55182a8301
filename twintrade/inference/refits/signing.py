"""Onsets dealt as likely as a hazard of signing says, from what was known before the first agreement."""

from collections.abc import Sequence

import numpy as np

from twintrade.design import Design
from twintrade.errors import EstimationError, InferenceError
from twintrade.inference.refits.reassignment import Dealing, build_assignments
from twintrade.inference.refits.scheme import Scheme, count_assignments
from twintrade.inference.refits.strata import measure_sizes, read_constant_column
from twintrade.numerics.arrays import FloatArray, IntArray, compact, sum_by_group
from twintrade.numerics.testing import draw_signers, fit_hazard, score_sizes
from twintrade.text import Text

EVENTS = 10
"""Fewest agreements for each variable of the hazard."""


def deal_by_hazard(
    design: Design, pool: IntArray, hazard: Sequence[str], draws: int, rng: np.random.Generator
) -> Dealing:
    """Return assignments with as many agreements a date as there are, each among the units then at risk.

    ``pool``: codes, in its observations, of the units that may sign; ``hazard``: what the log hazard depends on:
    "size", "city_size" and "partner_size" (normal scores of the mean outcome before the first agreement, or of the
    sum of these over the unit's city or partner), columns of the panel.
    """
    units = build_assignments(design, "units", pool)
    is_treated = np.isfinite(units.onset)
    if is_treated.sum() < EVENTS * len(hazard) or not hazard:
        raise InferenceError(
            Text("inference.hazard-few", n=int(is_treated.sum()), variables=len(hazard), least=EVENTS)
        )
    dates, cohort = np.unique(units.onset[is_treated], return_inverse=True)
    begins = np.full(units.onset.size, dates.size)
    begins[is_treated] = cohort
    can_begin = units.can_begin(dates)
    x = np.column_stack([_measure(design, pool, name) for name in hazard])
    try:
        log_hazard = fit_hazard(x, begins, can_begin)
    except EstimationError as error:
        raise InferenceError(error.text) from error
    dealt = draw_signers(log_hazard, np.bincount(cohort), can_begin, draws, rng)
    onsets = tuple(units.place(np.append(dates, np.inf)[row]) for row in dealt)
    if not onsets or all(np.array_equal(onset, units.panel_onset) for onset in onsets):
        units.refuse()
    number, counted = count_assignments(onsets)
    return Dealing(Scheme("hazard", pool.size, int(is_treated.sum()), number, counted), onsets, False)


def _measure(design: Design, pool: IntArray, name: str) -> FloatArray:
    """Return a variable of the hazard for each unit of the pool."""
    sizes = measure_sizes(design)[pool]
    if name == "size":
        return score_sizes(sizes)
    if name in ("city_size", "partner_size"):
        group = compact(design.observations.unit_clusters(name.removesuffix("_size"))[pool])
        return score_sizes(sum_by_group(sizes, group, int(group.max()) + 1)[group])
    values = read_constant_column(design, name)[pool]
    if not np.issubdtype(values.dtype, np.number) or np.isnan(values).any():
        raise InferenceError(Text("inference.hazard-numbers", name=name))
    return values.astype(np.float64)
