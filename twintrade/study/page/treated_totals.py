"""What treated pairs traded, beside what the headline imputes without agreements: by period, and pair by pair."""

from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.geography import load_places
from twintrade.effects import Bands
from twintrade.errors import EstimationError
from twintrade.estimators.imputing import TreatedRows, impute_treated_rows
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.study.run.columns import Run
from twintrade.study.run.results import Estimated

PERIODS, PAIRS = "treated_periods", "treated_pairs"


def build_treated_totals(run: Run) -> dict[str, pd.DataFrame]:
    """Return both tables by name; none where the headline is no Poisson imputation of flows.

    ``treated_periods``: period, period_label, n_in_force, observed, expected, low, high, level, unit, a row a period;
    pairs without an agreement yet are expected to trade what they did. ``treated_pairs``: unit, name, since,
    n_periods, observed, expected, difference, on average a period under the agreement, the largest first.
    """
    headline = run.ladder.headline
    if headline is None or headline.fit is None or headline.design is None:
        return {}
    if headline.column.estimator.name != "imputation" or not headline.column.estimator.is_poisson:
        return {}
    try:
        rows = impute_treated_rows(headline.design)
    except EstimationError:
        return {}
    return {PERIODS: _sum_periods(rows, headline), PAIRS: _list_pairs(rows, run)}


def _sum_periods(rows: TreatedRows, headline: Estimated) -> pd.DataFrame:
    design, o = rows.design, rows.design.observations
    used = np.isin(o.unit, o.unit[rows.rows])
    periods, code = np.unique(o.period[used], return_inverse=True)
    total = np.bincount(code, o.row_weights[used] * o.y[used])
    at = np.searchsorted(periods, o.period)
    observed, imputed = rows.sum_by(at, periods.size)
    low, high = _find_ends(headline.bands, periods)
    others = total - observed
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = (others + observed / (1 + end / 100) for end in (high, low))
        least, most = (np.where(observed > 0, end, np.nan) for end in ends)
    return pd.DataFrame(
        {
            "period": periods,
            "period_label": [design.panel.label(int(p)) for p in periods],
            "n_in_force": np.bincount(at[rows.rows], minlength=periods.size),
            "observed": total,
            "expected": others + imputed,
            "low": least,
            "high": most,
            "unit": design.panel.units_of_measure.get(design.outcome, ""),
        }
    )


def _find_ends(bands: tuple[Bands, ...], periods: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the interval of each period's effect in percent, NaN where there is none."""
    low, high = np.full(periods.size, np.nan), np.full(periods.size, np.nan)
    calendar = next((b for b in bands if b.estimate.kind == "calendar" and b.estimate.scale == "percent"), None)
    if calendar is not None and calendar.estimate.labels is not None:
        place = np.searchsorted(periods, calendar.estimate.labels)
        low[place], high[place] = calendar.low, calendar.high
    return low, high


def _list_pairs(rows: TreatedRows, run: Run) -> pd.DataFrame:
    design, o = rows.design, rows.design.observations
    observed, imputed = rows.sum_by(o.unit, o.n_units)
    n = np.bincount(o.unit[rows.rows], minlength=o.n_units)
    present = np.flatnonzero(n)
    names = name_pairs(run)
    first = {str(unit): int(o.onset[o.unit == k][0]) for k, unit in zip(present, o.unit_ids[present], strict=True)}
    frame = pd.DataFrame(
        {
            "unit": [str(u) for u in o.unit_ids[present]],
            "since": [design.panel.label(onset) for onset in first.values()],
            "n_periods": n[present],
            "observed": observed[present] / n[present],
            "expected": imputed[present] / n[present],
        }
    )
    frame.insert(1, "name", [names.get(unit, unit) for unit in frame["unit"]])
    frame["difference"] = frame["observed"] - frame["expected"]
    return frame.sort_values("expected", ascending=False, kind="stable").reset_index(drop=True)


def name_pairs(run: Run) -> dict[str, str]:
    """Return the names of the places that each treated unit's first agreement joins."""
    register, places = run.design.treatment.register, load_places()
    if register.empty or not {"unit", "city", "partner"} <= set(register.columns):
        return {}
    names: dict[str, str] = {}
    for row in register[register["unit"] != ""].sort_values("onset", kind="stable").to_dict("records"):
        place = places.get(str(row["partner"]))
        country = place.name if place is not None else str(row["partner"])
        city, signatory, twin = (take_name(row.get(key)) for key in ("city", "signatory", "partner_city"))
        ends = [f"{signatory} ({city})" if signatory not in ("", city) else city]
        ends.append(f"{twin}, {country}" if twin not in ("", country) else country)
        names.setdefault(str(row["unit"]), " – ".join(ends))
    return names


def take_name(cell: Any) -> str:
    """Return a name of the register, empty where there is none."""
    return "" if pd.isna(cell) else str(cell).strip()
