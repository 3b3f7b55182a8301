"""Columns of a ladder estimated again by linearmodels and statsmodels, of which only what is asked is imported."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import scipy

from twintrade.effects.messages import Estimand
from twintrade.errors import TwintradeError
from twintrade.study.proof.columns import StoredColumn
from twintrade.study.proof.twins import repeat_double_ratio, repeat_imputation, repeat_synthetic_control
from twintrade.text import Text, Words

# What other software is asked and what it answers, and the rows it is given as dummies.

Array = np.ndarray[Any, Any]
RANK = 1e-9
LARGEST = 2e10  # rows times squared dummies up to which a regression on dummies is made


class NotComparedError(TwintradeError):
    """A column that a piece of software cannot estimate again, with the reason."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What other software says of a column."""

    software: str  # with the function
    estimate: float
    error: float = float("nan")
    estimand: Estimand = "same"
    note: Words = ""


def count_dummies(column: StoredColumn) -> int:
    """Return how many dummies the fixed effects of a column take."""
    return sum(column.factor(name).nunique() for name in column.effects)


def measure_work(column: StoredColumn) -> float:
    """Return how much one regression on dummies costs: rows times squared dummies."""
    return float(len(column.rows)) * count_dummies(column) ** 2


def build_dummies(column: StoredColumn) -> Array:
    """Return a dummy for every level of every fixed effect, shape (n_rows, n_dummies)."""
    if measure_work(column) > LARGEST:
        raise NotComparedError(Text("proof.too-large", rows=len(column.rows), dummies=count_dummies(column)))
    return np.hstack([pd.get_dummies(column.factor(name), dtype=float).to_numpy() for name in column.effects])


def find_separated(column: StoredColumn, rows: Array, further: Sequence[Array] = ()) -> Array:
    """Return the rows, among those given, in a level of an effect where every outcome is zero."""
    y = column.rows["y"].to_numpy()
    levels = [pd.factorize(column.factor(name))[0] for name in column.effects] + list(further)
    kept = rows.copy()
    for _ in range(len(y)):
        lost = np.zeros(len(y), dtype=bool)
        for level in levels:
            lost |= kept & (np.bincount(level[kept], y[kept], level.max() + 1)[level] == 0)
        if not lost.any():
            break
        kept &= ~lost
    return np.asarray(rows & ~kept)


def choose_columns(x: Array) -> tuple[Array, Array, Array]:
    """Return columns that span all, the others, and these as combinations of the first, shape (n_kept, n_others)."""
    r, order = scipy.linalg.qr(x, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > RANK * diagonal[0]).sum())
    return order[:rank], order[rank:], scipy.linalg.solve_triangular(r[:rank, :rank], r[:rank, rank:])


def find_known(x: Array, new: Array) -> tuple[Array, Array]:
    """Return which columns of a fit to keep, and which new rows its rows determine."""
    kept, others, combined = choose_columns(x)
    return np.sort(kept), np.asarray(np.abs(new[:, others] - new[:, kept] @ combined).max(axis=1, initial=0.0) < 1e-6)


def build_clusters(column: StoredColumn, kept: Array | None = None) -> tuple[Array, float]:
    """Return cluster codes, shape (n_rows, n_dimensions), and the factor of the results' convention on errors."""
    if len(column.clusters) > 2:
        raise NotComparedError(Text("proof.no-convention"))
    codes = np.column_stack([pd.factorize(column.factor(name))[0] for name in column.clusters])
    codes = codes if kept is None else np.column_stack([pd.factorize(code)[0] for code in codes[kept].T])
    fewest = int(codes.max(axis=0).min()) + 1
    return codes, float(np.sqrt(fewest / (fewest - 1)))


START = 0.1  # added to outcomes, relative to their mean, before the logarithms from which a Poisson regression starts
MOST_ZEROS = 0.05
"""Share of zeros among treated rows above which log ratios are averaged over units and not over rows."""

CONSTANT: dict[str, Any] = {"hasconst": True}
"""Dummies add up to a constant: statsmodels need not look for one by two ranks of all columns."""

ABSORB: dict[str, Any] = {"atol": 1e-14, "btol": 1e-14}


@contextmanager
def keep_quiet() -> Iterator[None]:
    """Keep other software's warnings off the terminal: what it cannot do is seen in its numbers."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def fit_static(column: StoredColumn) -> Reply:
    """Return the static effect of least squares: PanelOLS for two-way effects, AbsorbingLS for others."""
    require_options(column, shape=("event", "static"), bins=(False,), second_reference=(None,), unit_trends=(False,))
    codes, factor = build_clusters(column)
    rows = column.rows
    with keep_quiet():
        if column.is_two_way:
            from linearmodels.panel import PanelOLS

            frame = prepare_rows(column)
            clusters = pd.DataFrame(codes, index=frame.index)
            model = PanelOLS(frame["y"], frame[["treated"]], entity_effects=True, time_effects=True)
            fit = model.fit(
                cov_type="clustered", clusters=clusters, debiased=False, group_debias=False, auto_df=False,
                count_effects=False,
            )  # fmt: skip
            return Reply("linearmodels PanelOLS", float(fit.params.iloc[0]), factor * float(fit.std_errors.iloc[0]))
        from linearmodels.iv.absorbing import AbsorbingLS

        absorbed = pd.DataFrame({name: column.factor(name) for name in column.effects}).astype("category")
        absorbing = AbsorbingLS(rows["y"], rows[["is_treated"]].astype(float), absorb=absorbed).fit(
            cov_type="clustered", clusters=pd.DataFrame(codes), absorb_options=ABSORB, method="lsmr"
        )
        estimate, error = float(absorbing.params.iloc[0]), float(absorbing.std_errors.iloc[0])
        return Reply("linearmodels AbsorbingLS", estimate, factor * error)


def fit_poisson_static(column: StoredColumn) -> Reply:
    """Return the static effect of a Poisson regression with a dummy for every level."""
    options = {"shape": ("event", "static"), "bins": (False,), "second_reference": (None,)}
    require_options(column, measure=("coefficient",), **options)
    fit, _, factor = fit_glm(column, column.rows["is_treated"].to_numpy(np.float64)[:, None])
    return Reply("statsmodels GLM", float(fit.params[0]), factor * float(fit.bse[0]))


def fit_cells(column: StoredColumn) -> Reply:
    """Return the average of one effect for each cohort and period, of least squares or a Poisson regression."""
    is_poisson = column.options.get("family") == "poisson"
    require_options(column, measure=("coefficient", "percent"), moderator=(None,), n_splits=(0,))
    if column.comparison != "not_yet_treated":
        raise NotComparedError(Text("proof.no-software"))
    rows = column.rows
    treated = rows["is_treated"].to_numpy()
    cell, _ = pd.factorize((rows["onset"].astype(str) + " " + rows["period"].astype(str)).where(treated, ""))
    cells = pd.get_dummies(pd.Series(cell)[treated], dtype=float).reindex(range(len(rows)), fill_value=0.0).to_numpy()
    if not is_poisson:
        fit, factor = fit_ols(column, cells)
        weights = cells.sum(axis=0) / cells.sum()
        error = take_root(weights @ fit.cov_params()[: len(weights), : len(weights)] @ weights)
        return Reply("statsmodels OLS", float(weights @ fit.params[: len(weights)]), factor * error)
    fit, kept, factor = fit_glm(column, cells, [cell])
    if column.options.get("measure") != "percent":
        weights = cells[kept].sum(axis=0) / cells[kept].sum()
        spread = np.append(weights, np.zeros(len(fit.params) - len(weights)))
        error = take_root(spread @ fit.cov_params() @ spread)
        return Reply("statsmodels GLM", float(weights @ fit.params[: len(weights)]), factor * error)
    k = cells.shape[1]
    x, mu = fit.model.exog[treated[kept]], fit.fittedvalues[treated[kept]]
    without = x.copy()
    without[:, :k] = 0.0
    absent = mu * np.exp(-x[:, :k] @ fit.params[:k])
    ratio = mu.sum() / absent.sum()
    slope = 100 * (mu @ x / absent.sum() - ratio * (absent @ without) / absent.sum())
    error = take_root(slope @ fit.cov_params() @ slope)
    return Reply("statsmodels GLM", float(100 * (ratio - 1)), factor * error)


def take_root(variance: float) -> float:
    """Return a standard error; NaN where clusters of two dimensions leave a negative variance."""
    return float(np.sqrt(variance)) if variance >= 0 else float("nan")


def impute(column: StoredColumn) -> Reply:
    """Return treated outcomes against what a regression on untreated rows predicts for them."""
    treated, predicted, known = impute_untreated(column)
    observed = column.rows["y"].to_numpy()[treated][known]
    name = "statsmodels GLM" if column.options.get("family") == "poisson" else "statsmodels OLS"
    return Reply(name, summarize_imputed(column, observed, predicted[known], known))


def summarize_imputed(column: StoredColumn, observed: Array, predicted: Array, known: Array) -> float:
    """Return the effect that a column makes of outcomes and imputed outcomes of its treated rows."""
    measure = column.options.get("measure") or "log_ratio"
    if column.options.get("family") != "poisson" or measure == "difference":
        return float((observed - predicted).mean())
    if measure == "percent":
        return float(100 * (observed.sum() / predicted.sum() - 1))
    if (observed <= 0).mean() > MOST_ZEROS:
        unit = column.rows["unit"].to_numpy()[column.rows["is_treated"]][known]
        totals = pd.DataFrame({"y": observed, "imputed": predicted}).groupby(unit).sum()
        observed, predicted = totals["y"].to_numpy(), totals["imputed"].to_numpy()
    traded = observed > 0
    return float(np.log(observed[traded] / predicted[traded]).mean())


def impute_untreated(column: StoredColumn) -> tuple[Array, Array, Array]:
    """Return which rows are treated, and of these what statsmodels predicts and which untreated rows determine."""
    is_poisson = column.options.get("family") == "poisson"
    key = (is_poisson, column.transform, column.effects, tuple(column.rows["unit"].unique()), len(column.rows))
    if key not in column.memory:
        from statsmodels.regression.linear_model import OLS

        dummies, treated = build_dummies(column), column.rows["is_treated"].to_numpy()
        y = column.rows["y"].to_numpy()
        used = ~treated & ~(find_separated(column, ~treated) if is_poisson else np.zeros(len(y), dtype=bool))
        kept, known = find_known(dummies[used], dummies[treated])
        x = dummies[:, kept]
        with keep_quiet():
            if is_poisson:
                scale = y[used].mean()
                predicted = scale * np.exp(x[treated] @ _fit_glm(y[used] / scale, x[used]).params)
            else:
                predicted = x[treated] @ OLS(y[used], x[used], **CONSTANT).fit().params
        column.memory[key] = treated, np.asarray(predicted), known
    known_answer: tuple[Array, Array, Array] = column.memory[key]
    return known_answer


def fit_ols(column: StoredColumn, terms: Array) -> tuple[Any, float]:
    """Return least squares on terms and dummies, with the factor on its errors."""
    from statsmodels.regression.linear_model import OLS

    dummies, y = build_dummies(column), column.rows["y"].to_numpy()
    codes, factor = build_clusters(column)
    x = np.column_stack([terms, dummies[:, choose_columns(dummies)[0]]])
    with keep_quiet():
        model = OLS(y, x, **CONSTANT)
        return model.fit(cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}), factor


def fit_glm(column: StoredColumn, terms: Array, further: list[Array] | None = None) -> tuple[Any, Array, float]:
    """Return a Poisson regression on terms and dummies, the rows it used, and the factor on its errors."""
    dummies, y = build_dummies(column), column.rows["y"].to_numpy()
    kept = ~find_separated(column, np.ones(len(y), dtype=bool), further or [])
    codes, factor = build_clusters(column, kept)
    x = np.column_stack([terms, dummies[:, choose_columns(dummies[kept])[0]]])[kept]
    with keep_quiet():
        grouped = {"cov_type": "cluster", "cov_kwds": {"groups": codes, "use_correction": False}}
        return _fit_glm(y[kept] / y[kept].mean(), x, **grouped), kept, factor


def _fit_glm(y: Array, x: Array, **errors: Any) -> Any:
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    model = GLM(y, x, family=Poisson(), **CONSTANT)
    start = np.linalg.solve(x.T @ x, x.T @ np.log(y + START))
    fit = model.fit(start_params=start, method="newton", disp=0, maxiter=60, **errors)
    if fit.mle_retvals["converged"] and np.isfinite(fit.params).all():
        return fit
    return model.fit(tol=1e-9, tol_criterion="params", **errors)


def require_options(column: StoredColumn, **known: tuple[Any, ...]) -> None:
    """Refuse options of a method that other software does not have."""
    for key, value in column.options.items():
        if key in known and value not in known[key]:
            raise NotComparedError(Text("proof.no-option", option=key))


def prepare_rows(column: StoredColumn) -> pd.DataFrame:
    """Return the rows as linearmodels wants panels: indexed by unit and period, with treated as a number."""
    rows = column.rows.assign(treated=column.rows["is_treated"].astype(float))
    return rows.set_index([rows["unit"].to_numpy(), rows["period"].to_numpy()])


# Columns of a single case estimated again: twins in numpy, and a regression over time by statsmodels.

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
    reply = Reply(f"{TWIN} repeat_synthetic_control", float(gaps[~before].mean()))
    is_exact = np.abs(gaps[before]).max() < EXACT * np.ptp(series[0, before])
    return replace(reply, estimand="other", note=Text("proof.many-weights")) if is_exact else reply


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
    error = np.sqrt(take @ fit.cov_params() @ take) if column.inference == "hac" else np.nan
    return Reply("statsmodels OLS", float(take @ fit.params), float(error))


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
