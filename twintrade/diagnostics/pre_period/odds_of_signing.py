"""Comparison units weighed by their odds of signing, from a hazard on what was known before the first agreement."""

from dataclasses import replace

import numpy as np

from twintrade.design import Design, measure_before
from twintrade.errors import DesignError, EstimationError
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.testing import fit_hazard, score_sizes
from twintrade.text import Text

EVENTS = 10
"""Fewest agreements for each variable of the hazard."""
ODDS = "odds_of_signing"


def weigh_by_signing(design: Design) -> Design:
    """Return the design whose comparison units weigh as much as treated units like them are many.

    The hazard of signing is exp(x'b), with x the normal scores of growth and size before the first agreement, or of
    growth alone where agreements are fewer than ten for each of two variables. With H Breslow's cumulative hazard a
    unit signs within the sample with probability p = 1 - exp(-H exp(x'b)); a comparison unit weighs p / (1 - p) and
    a treated one 1 (Abadie 2005), times the design's own weights.
    """
    o = design.observations
    onset = o.unit_onset
    n = int(o.is_ever_treated.sum())
    if n < EVENTS:
        raise DesignError(Text("design.signing-few", n=n, least=EVENTS))
    size, growth = (values[o.unit_rows] for values in measure_before(design))
    x = np.column_stack([_score(growth), _score(size)])[:, : n // EVENTS]
    dates, begins = np.unique(onset[o.is_ever_treated], return_inverse=True)
    cohort = np.full(onset.size, dates.size)
    cohort[o.is_ever_treated] = begins
    try:
        log_hazard = fit_hazard(x, cohort, np.ones((onset.size, dates.size), dtype=bool))
    except EstimationError as error:
        raise DesignError(error.text) from error
    rate = np.exp(log_hazard)
    at_risk = np.array([rate[cohort >= k].sum() for k in range(dates.size)])
    whole = (np.bincount(begins) / at_risk).sum()
    weights = np.full(design.panel.n_units, np.nan)
    weights[o.unit_rows] = np.where(o.is_ever_treated, 1.0, np.expm1(whole * rate))
    by_row = weights[design.panel.unit]
    if design.weights is not None:
        by_row = by_row * design.panel.values(design.weights)
    panel = replace(design.panel, columns={**design.panel.columns, ODDS: by_row})
    return replace(design, panel=panel, weights=ODDS)


def _score(values: FloatArray) -> FloatArray:
    """Return normal scores, zero where there is no value."""
    known, out = np.isfinite(values), np.zeros(values.size)
    out[known] = score_sizes(values[known])
    return out
