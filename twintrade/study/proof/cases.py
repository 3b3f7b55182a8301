"""Columns of a single case estimated again: twins in numpy, and a regression over time by statsmodels."""

import numpy as np

from twintrade.study.proof.columns import StoredColumn
from twintrade.study.proof.regressions import impute_untreated, keep_quiet, require_options, summarize_imputed
from twintrade.study.proof.replies import Array, NotComparedError, Reply
from twintrade.study.proof.twins import repeat_double_ratio, repeat_imputation, repeat_synthetic_control
from twintrade.text import Text

TWIN = "numpy"
EXACT = 1e-10
"""Misfit before the agreement, relative to the series' spread, below which the weights of donors are not unique."""


def answer_double_ratio(column: StoredColumn) -> Reply:
    """Return the mean log double ratio after the agreement by the twin."""
    require_options(column, relative_to=("pre_mean",))
    series, before, city, partner = align_series(column)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = repeat_double_ratio(series, city, partner, before)[~before]
    return Reply(f"{TWIN} repeat_double_ratio", float(ratio[np.isfinite(ratio)].mean()))


def answer_synthetic_control(column: StoredColumn) -> Reply:
    """Return the mean gap after the agreement by the twin."""
    require_options(column, v=("nested", "equal"))
    series, before, _, _ = align_series(column)
    gaps = repeat_synthetic_control(series, before, bool(column.options.get("demeaned")))
    name = f"{TWIN} repeat_synthetic_control"
    if np.abs(gaps[before]).max() < EXACT * np.ptp(series[0, before]):
        return Reply(name, float(gaps[~before].mean()), estimand="other", note=Text("proof.many-weights"))
    return Reply(name, float(gaps[~before].mean()))


def answer_imputation(column: StoredColumn) -> Reply:
    """Return treated outcomes against imputed ones by the twin."""
    treated, _, known = impute_untreated(column)
    y, effects = column.rows["y"].to_numpy(), [column.factor(name).to_numpy() for name in column.effects]
    imputed = repeat_imputation(y, treated, effects, column.options.get("family") == "poisson")
    estimate = summarize_imputed(column, y[treated][known], imputed[known], known)
    return Reply(f"{TWIN} repeat_imputation", estimate)


def fit_segments(column: StoredColumn) -> Reply:
    """Return the mean distance after the agreement from the series' own earlier line, by statsmodels."""
    from statsmodels.regression.linear_model import OLS

    require_options(column, arma=(None,))
    rows = column.rows[np.isfinite(column.rows["onset"])].sort_values("period")
    time = (rows["period"] - rows["onset"]).to_numpy(np.float64)
    after = (time >= 0).astype(float)
    slopes = [time * after] if column.options.get("slope_change", True) else []
    x = np.column_stack([np.ones(len(time)), time, after, *slopes])
    lags = int(4 * (len(time) / 100) ** (2 / 9))
    with keep_quiet():
        fit = OLS(rows["y"].to_numpy(), x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    take = np.append([0.0, 0.0, 1.0], [time[after > 0].mean()] if slopes else [])
    error = float(np.sqrt(take @ fit.cov_params() @ take)) if column.inference == "hac" else float("nan")
    return Reply("statsmodels OLS", float(take @ fit.params), error)


def align_series(column: StoredColumn) -> tuple[Array, Array, Array, Array]:
    """Return series of the treated unit and complete donors, which periods come before, and their two ends."""
    rows = column.rows
    if not rows["period"].astype(str).eq(rows["period_label"].astype(str)).all():
        raise NotComparedError(Text("proof.seasons"))
    case = rows.loc[np.isfinite(rows["onset"]), ["unit", "onset"]].iloc[0]
    wide = rows.pivot(index="unit", columns="period", values="y")
    wide = wide.loc[:, wide.loc[case["unit"]].notna()].dropna()
    wide = wide.loc[[case["unit"], *(unit for unit in wide.index if unit != case["unit"])]]
    ends = rows.drop_duplicates("unit").set_index("unit").loc[wide.index]
    before = wide.columns.to_numpy() < case["onset"]
    return wide.to_numpy(), before, ends["city"].to_numpy(), ends["partner"].to_numpy()
