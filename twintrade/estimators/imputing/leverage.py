"""Untreated rows of leverage one: each alone pins an effect, and its noise goes unseen into what rests on it."""

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear import find_identified, find_leverage_one

COLUMNS = ("unit", "period", "treated_unit", "treated_period", "cohort", "event_time", "weight")
ROWS_AT_ONCE = 8
NEGLIGIBLE = 1e-9


def build_leverage_report(design: Design) -> pd.DataFrame:
    """Return the untreated rows of leverage one and the treated rows whose imputation rests on each.

    Covariates are left aside: the question is which effects a single row determines.

    Returns
    -------
    DataFrame
        One row per pair: unit, period of the untreated row; treated_unit, treated_period, cohort, event_time of the
        dependent row; weight, the untreated row's weight in its prediction. A row that nothing rests on appears once,
        with empty right-hand columns.
    """
    o = design.observations
    fit_rows, affected = np.flatnonzero(~o.is_affected), np.flatnonzero(o.is_affected)
    codes = o.effect_codes()
    codes_fit = [c[fit_rows] for c in codes]
    alone = np.flatnonzero(find_leverage_one(codes_fit)) if fit_rows.size else np.empty(0, dtype=np.int64)
    rows = affected[find_identified(codes_fit, [c[affected] for c in codes])] if alone.size else affected[:0]
    parts = [
        _dependents(o, fit_rows, rows, codes, alone[start : start + ROWS_AT_ONCE])
        for start in range(0, alone.size, ROWS_AT_ONCE)
    ]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return frame.astype({"treated_period": "Int64", "cohort": "Int64", "event_time": "Int64"})


def _dependents(
    o: Observations, fit_rows: IntArray, rows: IntArray, codes: list[IntArray], alone: IntArray
) -> pd.DataFrame:
    indicator = np.zeros((fit_rows.size, alone.size))
    indicator[alone, np.arange(alone.size)] = 1.0
    weight = _predicted(indicator, [c[fit_rows] for c in codes], [c[rows] for c in codes])
    pairs = []
    for j, row in enumerate(fit_rows[alone]):
        head = {"unit": str(o.unit_ids[o.unit[row]]), "period": int(o.period[row])}
        hit = np.flatnonzero(np.abs(weight[:, j]) > NEGLIGIBLE)
        pairs += [head | _treated(o, int(rows[k]), float(weight[k, j])) for k in hit] or [head]
    return pd.DataFrame(pairs, columns=list(COLUMNS))


def _treated(o: Observations, row: int, weight: float) -> dict[str, object]:
    return {
        "treated_unit": str(o.unit_ids[o.unit[row]]),
        "treated_period": int(o.period[row]),
        "cohort": int(o.onset[row]),
        "event_time": int(o.event_time[row]),
        "weight": weight,
    }


def _predicted(columns: FloatArray, codes_fit: list[IntArray], codes_new: list[IntArray]) -> FloatArray:
    """Predict columns of the fit's rows for new cells from the effects alone, shape (n_new, k)."""
    effects = build_absorber(codes_fit)
    out = np.zeros((codes_new[0].size, columns.shape[1]))
    for j in range(columns.shape[1]):
        for spread, code in zip(effects.effect_coefficients(columns[:, j]), codes_new, strict=True):
            out[:, j] += spread[code]
    return out
