"""Untreated rows of leverage one: each alone pins an effect, and its noise goes unseen into what rests on it."""

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, IntArray
from twintrade.numerics.linear import find_leverage_one, find_resting

COLUMNS = ("unit", "period", "treated_unit", "treated_period", "cohort", "event_time", "weight")
NEGLIGIBLE = 1e-9


def build_leverage_report(design: Design) -> pd.DataFrame:
    """Return the untreated rows of leverage one and the treated rows whose imputation rests on each.

    Covariates are left aside: the question is which effects a single row determines.

    Returns one row per pair: unit, period of the untreated row; treated_unit, treated_period, cohort, event_time of
    the dependent row; weight, the untreated row's weight in its prediction. A row that nothing rests on appears once,
    with empty right-hand columns.
    """
    o = design.observations
    fit_rows, affected = np.flatnonzero(~o.is_affected), np.flatnonzero(o.is_affected)
    codes = o.effect_codes()
    codes_fit = [c[fit_rows] for c in codes]
    if not fit_rows.size:
        return _as_report([])
    alone = find_leverage_one(codes_fit)
    resting, carrying = find_resting(codes_fit, [c[affected] for c in codes], alone)
    return _as_report(_list_pairs(o, codes, fit_rows, affected[resting], alone, carrying))


def _as_report(pairs: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=list(COLUMNS))
    return frame.astype({"treated_period": "Int64", "cohort": "Int64", "event_time": "Int64"})


def _list_pairs(
    o: Observations, codes: list[IntArray], fit_rows: IntArray, rows: IntArray, alone: BoolArray, carrying: BoolArray
) -> list[dict[str, object]]:
    """List each lone row with the treated rows in whose prediction, from the effects alone, it has weight."""
    effects = build_absorber([c[fit_rows] for c in codes])
    pairs: list[dict[str, object]] = []
    for j in np.flatnonzero(alone):
        row = fit_rows[j]
        head: dict[str, object] = {"unit": str(o.unit_ids[o.unit[row]]), "period": int(o.period[row])}
        if not carrying[j]:
            pairs.append(head)
            continue
        indicator = np.zeros(fit_rows.size)
        indicator[j] = 1.0
        spread = effects.effect_coefficients(indicator)
        weight = sum((one[c[rows]] for one, c in zip(spread, codes, strict=True)), np.zeros(rows.size))
        hit = np.flatnonzero(np.abs(weight) > NEGLIGIBLE)
        pairs += [head | _treated(o, int(rows[k]), float(weight[k])) for k in hit]
    return pairs


def _treated(o: Observations, row: int, weight: float) -> dict[str, object]:
    return {
        "treated_unit": str(o.unit_ids[o.unit[row]]),
        "treated_period": int(o.period[row]),
        "cohort": int(o.onset[row]),
        "event_time": int(o.event_time[row]),
        "weight": weight,
    }
