"""What a model with fixed effects expects: the value of each level, and the outcome of the rows of another table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from twintrade.design import Observations
from twintrade.design.fixed_effects import TOGETHER
from twintrade.design.period_column import read_period_column
from twintrade.effects.regression import label_event_times
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import Counterfactual, fit_counterfactual
from twintrade.estimators.ppml import PPML
from twintrade.estimators.regression import build_terms, find_affected_rows, list_models
from twintrade.estimators.twfe import TWFE
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class LevelModel:
    """Fixed effects, slopes and what a treatment adds, on the scale on which they are added up."""

    o: Observations
    rows: IntArray  # (n_fit,): positions in the observations of the rows in the fit
    codes: Sequence[IntArray]  # by effect, (n_fit,): level of each of these rows
    effects: Sequence[FloatArray]  # by effect, the value of each level; only their sums are identified
    slopes: Mapping[str, float]  # of the covariates, and of the treatment's own column
    is_poisson: bool
    column: str = ""  # the treatment's own column; a table without it gets what is added by event time
    added: pd.Series | None = None  # by event time
    onset: pd.Series | None = None  # by unit; infinite where nothing is added


def find_counterfactual(fit: Fit) -> Counterfactual:
    """Return the model of untreated rows that a fit predicts treated ones by."""
    family = fit.estimator.imputes_by
    if family is None or fit.design.statistics is not None:
        raise EstimationError(
            f"{fit.estimator.name} keeps no model of untreated rows; imputation has expected outcomes, and "
            "imputation, twfe and ppml have fixed effects and predictions of new rows"
        )
    return fit_counterfactual(fit.design.observations, family)


def list_fitted(fit: Fit) -> tuple[IntArray, FloatArray]:
    """Return the rows of a regression, as positions in the observations, and the fitted value of each."""
    if (source := getattr(fit.estimate.uncertainty, "regression", None)) is None:
        raise EstimationError(f"{fit.estimator.name} is no single regression; no fitted values (see counterfactual)")
    o = fit.design.observations
    if fit.estimator.is_poisson:
        return source.rows, source.weights / o.row_weights[source.rows]
    return source.rows, o.y[source.rows] - source.residuals


def find_model(fit: Fit) -> LevelModel:
    """Return the fixed effects and slopes of a regression, or of a model of untreated rows."""
    method = fit.estimator
    if not isinstance(method, TWFE | PPML) or getattr(method, "unit_trends", False):
        c = find_counterfactual(fit)
        of_covariates = dict(zip(c.o.covariate_names, c.slopes.tolist(), strict=True))
        return LevelModel(c.o, c.fit_rows, c.codes_fit, c.effects, of_covariates, method.imputes_by == "poisson")
    o, (rows, fitted) = fit.design.observations, list_fitted(fit)
    shown = list_models(method.shape, method.bins, method.second_reference, method.later)[0]
    terms = build_terms(o, shown)
    source = fit.estimate.uncertainty.regression  # type: ignore[attr-defined]
    names, known = source.names, source.slopes
    if known is None:  # regressions on means keep effects alone
        times = label_event_times(getattr(fit.estimate, "event_times", np.zeros(0, dtype=np.int64)))
        names = tuple(Text("estimators.effect-event-time", time=time) for time in times) or terms.names[:1]
        known = fit.estimate.effects
    by_name = dict(zip(names, known.tolist(), strict=True))
    slopes = np.array([by_name.get(name, 0.0) for name in terms.names])
    codes = [code[rows] for code in o.effect_codes()]
    eta = np.log(fitted) if method.is_poisson else fitted
    effects = build_absorber(codes).effect_coefficients(eta - terms.columns[rows] @ slopes)
    n = slopes.size - len(o.covariate_names)
    named = dict(zip(o.covariate_names, slopes[n:].tolist(), strict=True))
    column = fit.design.treatment.name if method.shape in ("static", "dose") else ""
    named |= {column: float(slopes[0])} if column else {}
    model = LevelModel(o, rows, codes, effects, named, method.is_poisson, column)
    if not n or (o.dose is not None and method.shape == "dose"):
        return model
    joined = find_affected_rows(o) | (method.later == "leads") & np.isfinite(o.unit_onset)[o.unit]
    onset = pd.Series(np.where(joined, o.unit_onset[o.unit], np.inf), o.panel.to_frame()["unit"].iloc[o.rows])
    added = pd.Series((terms.columns[:, :n] @ slopes[:n])[joined], index=o.event_time[joined])
    return replace(model, added=added.groupby(level=0).first(), onset=onset.groupby(level=0).first())


_PARTS = {"city_period": ("city", "period"), "partner_period": ("partner", "period")}


def list_fixed_effects(model: LevelModel) -> dict[str, pd.Series]:
    """Return the value of each level that the rows of the fit know, by effect."""
    keys = model.o.panel.to_frame().iloc[model.o.rows[model.rows]]
    by_effect = {}
    for name, codes, values in zip(model.o.effect_names, model.codes, model.effects, strict=True):
        parts = [part for word in name.split(TOGETHER) for part in _PARTS.get(word, (word,))]
        level, first = np.unique(codes, return_index=True)
        labels: pd.Index = pd.Index(level, name=name)
        if set(parts) <= set(keys):
            shown = keys[parts].iloc[first]
            labels = pd.MultiIndex.from_frame(shown) if parts[1:] else pd.Index(shown[name])
        by_effect[name] = pd.Series(np.asarray(values)[level], index=labels, name=name)
    return by_effect


def impute_rows(model: LevelModel, table: pd.DataFrame) -> pd.Series:
    """Return the expected outcome of the rows of a table, NaN where the rows of the fit do not know it."""
    panel = model.o.panel
    keys = table.set_axis([panel.key_columns.get(str(name), name) for name in table.columns], axis=1)
    if "period" in keys:
        frequency = "year" if panel.frequency == "wave" else panel.frequency
        periods = read_period_column(keys["period"], "period", frequency)[0]
        keys = keys.assign(period=panel.number_years(periods))
    if panel.is_dyadic and "unit" not in keys:
        pairs = panel.to_frame().drop_duplicates("unit").set_index(["city", "partner"])["unit"]
        keys = keys.assign(unit=_look_up(pairs, keys))
    eta = sum((_look_up(values, keys) for values in list_fixed_effects(model).values()), np.zeros(len(table)))
    needed = [name for name in model.slopes if name != model.column or model.added is None]
    if lacking := [name for name in needed if name not in keys]:
        raise EstimationError(f"newdata has no column {lacking[0]!r}, which the regression has")
    for name in model.slopes:
        eta += model.slopes[name] * keys[name].to_numpy(dtype=np.float64) if name in keys else 0.0
    if model.added is not None and model.onset is not None and model.column not in keys:
        since = keys["period"].to_numpy(dtype=np.float64) - _look_up(model.onset, keys)
        eta += np.where(np.isneginf(since), 0.0, model.added.reindex(since).to_numpy())
    return pd.Series(np.exp(eta) if model.is_poisson else eta, index=table.index, name="expected")


def _look_up(values: pd.Series, keys: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return the value of each row's level."""
    parts = list(map(str, values.index.names))
    if lacking := [part for part in parts if part not in keys]:
        raise EstimationError(f"newdata has no column for {lacking[0]!r}, by which there are fixed effects")
    wanted = pd.MultiIndex.from_frame(keys[parts]) if len(parts) > 1 else pd.Index(keys[parts[0]])
    return values.reindex(wanted).to_numpy()
