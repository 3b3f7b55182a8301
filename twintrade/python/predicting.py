"""What a model with fixed effects expects: the value of each level, and the outcome of the rows of another table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from twintrade.design import Observations
from twintrade.design.fixed_effects import TOGETHER
from twintrade.design.period_column import read_period_column
from twintrade.effects import EventStudy
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import Counterfactual, fit_counterfactual
from twintrade.estimators.ppml import PPML
from twintrade.estimators.regression import event_terms
from twintrade.estimators.twfe import TWFE
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LevelModel:
    """Fixed effects, slopes and what a treatment adds, on the scale on which they are added up."""

    o: Observations
    rows: IntArray  # (n_fit,): positions in the observations of the rows in the fit
    codes: Sequence[IntArray]  # by effect, (n_fit,): level of each of these rows
    effects: Sequence[FloatArray]  # by effect, the value of each level; only their sums are identified
    slopes: Mapping[str, float]  # of the covariates
    is_poisson: bool
    # What is added in rows of treated units, by event time; None where nothing is
    by_event_time: pd.Series | None = None
    followed: tuple[float, ...] = ()  # onsets of the units that this is added to
    column: str = ""  # the treatment's own column, whose slope is among the slopes where a table has it
    is_flat: bool = False  # whether event times that nobody was observed at are like the nearest


def find_counterfactual(fit: Fit) -> Counterfactual:
    """Return the model of untreated rows that a fit predicts treated ones by."""
    family = fit.estimator.imputes_by
    if family is None or fit.design.statistics is not None:
        raise EstimationError(
            f'{fit.estimator.name} keeps no model of untreated rows; tt.fit("imputation", design) has expected ones'
        )
    return fit_counterfactual(fit.design.observations, family)


def find_model(fit: Fit, eta: FloatArray | None = None, rows: IntArray | None = None) -> LevelModel:
    """Return the fixed effects and slopes of a fit; ``eta``: the linear predictor of the ``rows`` of a regression."""
    if isinstance(fit.estimator, TWFE | PPML) and not getattr(fit.estimator, "unit_trends", False):
        assert eta is not None
        assert rows is not None
        return _solve_regression(fit, fit.estimator, eta, rows)
    if fit.estimator.imputes_by is None or fit.design.statistics is not None:
        raise EstimationError(
            f"{fit.estimator.name} keeps no fixed effects; twfe, ppml and imputation do, with units' own rows and "
            "without lines by unit"
        )
    c = find_counterfactual(fit)
    slopes = dict(zip(c.o.covariate_names, c.slopes.tolist(), strict=True))
    return LevelModel(c.o, c.fit_rows, c.codes_fit, c.effects, slopes, fit.estimator.imputes_by == "poisson")


def _solve_regression(fit: Fit, method: TWFE | PPML, eta: FloatArray, rows: IntArray) -> LevelModel:
    o, source = fit.design.observations, fit.estimate.uncertainty.regression  # type: ignore[attr-defined]
    shown = event_terms.list_models(method.shape, method.bins, method.second_reference, method.later)[0]
    terms = event_terms.build_terms(o, shown)
    if source.slopes is not None:
        known = dict(zip(source.names, source.slopes.tolist(), strict=True))
    elif isinstance(fit.estimate, EventStudy) and terms.event_times is not None:
        effects = dict(zip(fit.estimate.event_times.tolist(), fit.estimate.effects.tolist(), strict=True))
        known = {name: effects.get(e, 0.0) for name, e in zip(terms.names, terms.event_times.tolist(), strict=False)}
    else:
        known = {terms.names[0]: float(fit.estimate.effects[0])}
    slopes = np.array([known.get(name, 0.0) for name in terms.names])
    codes = [code[rows] for code in o.effect_codes()]
    effects_of = build_absorber(codes).effect_coefficients(eta - terms.columns[rows] @ slopes)
    n = terms.columns.shape[1] - len(o.covariate_names)
    named = dict(zip(map(str, terms.names[n:]), slopes[n:].tolist(), strict=True))
    column = fit.design.treatment.name if method.shape in ("static", "dose") else ""
    if column:
        named[column] = float(slopes[0])
    model = LevelModel(o, rows, codes, effects_of, named, method.is_poisson, column=column)
    if not n or (o.dose is not None and method.shape == "dose"):
        return model
    joined = event_terms.find_affected_rows(o)
    joined |= (method.later == "leads") & np.isfinite(o.unit_onset)[o.unit]
    added = pd.Series((terms.columns[:, :n] @ slopes[:n])[joined], index=o.event_time[joined])
    return replace(
        model,
        by_event_time=added.groupby(level=0).first(),
        followed=tuple(np.unique(o.unit_onset[o.unit[joined]]).tolist()),
        is_flat=method.shape != "event" or method.bins,
    )


_PARTS = {"city_period": ("city", "period"), "partner_period": ("partner", "period")}


def list_fixed_effects(model: LevelModel) -> dict[str, pd.Series]:
    """Return the value of each level that the rows of the fit know, by effect."""
    keys = model.o.panel.to_frame().iloc[model.o.rows[model.rows]]
    by_effect = {}
    for name, codes, values in zip(model.o.effect_names, model.codes, model.effects, strict=True):
        parts = [part for word in name.split(TOGETHER) for part in _PARTS.get(word, (word,))]
        level, first = np.unique(codes, return_index=True)
        if not set(parts) <= set(keys):
            labels: pd.Index = pd.Index(level, name=name)
        else:
            labels = (
                pd.MultiIndex.from_frame(keys[parts].iloc[first]) if parts[1:] else pd.Index(keys[name].iloc[first])
            )
        by_effect[name] = pd.Series(np.asarray(values)[level], index=labels, name=name)
    return by_effect


def predict_rows(model: LevelModel, table: pd.DataFrame) -> pd.Series:
    """Return the expected outcome of the rows of a table, NaN where the rows of the fit do not know it."""
    panel = model.o.panel
    keys = table.set_axis([panel.key_columns.get(str(name), name) for name in table.columns], axis=1)
    if "period" in keys:
        frequency = "year" if panel.frequency == "wave" else panel.frequency
        periods = read_period_column(keys["period"], "period", frequency)[0]
        keys = keys.assign(period=panel.number_years(periods))
    if panel.is_dyadic and "unit" not in keys and {"city", "partner"} <= set(keys):
        pairs = panel.to_frame().drop_duplicates("unit").set_index(["city", "partner"])["unit"]
        keys = keys.assign(unit=_look_up(pairs, keys, ["city", "partner"]))
    eta = np.zeros(len(table))
    for name, values in list_fixed_effects(model).items():
        parts = [str(part) for part in values.index.names]
        lacked = ["city", "partner"] if parts == ["unit"] and panel.is_dyadic else parts
        if lacking := [part for part in lacked if not {part, *parts} & set(keys)]:
            raise EstimationError(f"newdata has no column for {lacking[0]!r}, which {name} needs")
        eta += _look_up(values, keys, parts)
    for name, slope in model.slopes.items():
        if name != model.column and name not in keys:
            raise EstimationError(f"newdata has no column for the covariate {name!r}")
        eta += slope * keys[name].to_numpy(dtype=np.float64) if name in keys else 0.0
    if model.column not in keys:
        eta += _find_added(model, keys)
    return pd.Series(np.exp(eta) if model.is_poisson else eta, index=table.index, name="expected")


def _look_up(values: pd.Series, keys: pd.DataFrame, parts: list[str]) -> np.ndarray[Any, Any]:
    """Return the value of each row's level."""
    if lacking := [part for part in parts if part not in keys]:
        raise EstimationError(f"newdata has no column for {lacking[0]!r}")
    wanted = pd.MultiIndex.from_frame(keys[parts]) if len(parts) > 1 else pd.Index(keys[parts[0]])
    return values.reindex(wanted).to_numpy()


def _find_added(model: LevelModel, keys: pd.DataFrame) -> FloatArray | float:
    """Return what the treatment adds to each row, by its unit's onset; nothing where units are not treated."""
    o, added = model.o, model.by_event_time
    if added is None:
        if model.column:
            raise EstimationError(f"newdata has no column {model.column!r}, the treatment's own")
        return 0.0
    if added.empty:
        return 0.0
    units = o.panel.to_frame()["unit"].to_numpy()[o.panel.starts][o.unit_rows]
    onset = _look_up(pd.Series(o.unit_onset, index=pd.Index(units)), keys, ["unit"])
    since = keys["period"].to_numpy(dtype=np.float64) - onset
    if model.is_flat:
        since = np.clip(since, added.index.min(), added.index.max())
    is_followed = np.isfinite(onset) & np.isin(onset, model.followed)
    return np.where(is_followed, added.reindex(since).to_numpy(), 0.0)
