"""The headline in money: what treated flows were, less what the same estimate says they would have been."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twintrade.effects import Bands, CohortEffects
from twintrade.errors import EstimationError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered
from twintrade.inference.joint import t_quantile
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.render.wording import checks_in_words
from twintrade.study.results import Estimated
from twintrade.study.run import Run
from twintrade.study.seeds import generator

PAYLOAD = "money"


@dataclass(frozen=True, slots=True, eq=False)
class Money:
    """The amount, or why none may be stated.

    Attributes
    ----------
    frame : DataFrame
        One row: value, low, high (per period), total, total_low, total_high, unit, level, inference, n_units,
        unit_name, first, last, n_rows, observed; empty where there is no amount.
    reason : str
        Why there is none; empty where there is one.
    """

    frame: pd.DataFrame
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """A total over the treated rows, with its interval."""

    value: float
    low: float
    high: float
    level: float
    inference: str


def money_of(run: Run) -> Money:
    """Return the headline in money, summed over treated rows of the panel, per period.

    For one proportional effect b the amount is Y(1 - exp(-b)) with Y the observed total: a monotone map, so its
    interval is that of b, mapped. Imputed outcomes are summed as they are, with the interval that the same inference
    gives their difference. Effects by cohort are summed over cells, with clustered errors by the delta method.
    """
    headline = run.ladder.headline
    if headline is None or headline.fit is None or headline.design is None:
        return _none("")
    objecting = objecting_checks(run, headline)
    if objecting:
        saying = "checks object" if len(objecting) > 1 else "one check objects"
        return _none(f"{saying} ({', '.join(objecting)}), so no sum may be put down to the agreement")
    if headline.design.transform != "level":
        return _none(
            f"the estimate averages the outcome in {headline.design.transform}, and an average of that is no sum"
        )
    try:
        amount = _amount(run, headline, headline.fit)
    except TwintradeError as error:
        return _none(str(error).rstrip("."))
    if amount is None or not np.isfinite([amount.low, amount.high]).all():
        return _none("the inference used gives no bounded interval, and a sum without one is not stated")
    return Money(_frame(headline.fit, amount))


def objecting_checks(run: Run, estimated: Estimated) -> list[str]:
    """Return the checks that object to a column or to the data, in words."""
    return checks_in_words(
        c.finding.diagnostic
        for c in run.ladder.concluded
        if c.finding.verdict == "fail" and c.estimated in (None, estimated)
    )


def _none(reason: str) -> Money:
    return Money(pd.DataFrame(), reason)


def _amount(run: Run, headline: Estimated, fit: Fit) -> Amount | None:
    if isinstance(fit.estimator, Imputation):
        return _imputed(run, headline, fit, fit.estimator)
    if isinstance(fit.estimate, CohortEffects):
        return _by_cell(fit, fit.estimate)
    bands = next((b for b in headline.bands if b.estimate.kind == "overall"), None)
    return None if bands is None else mapped(bands, float(observed(fit).sum()), observed(fit).size)


def mapped(bands: Bands, total: float, n_rows: int) -> Amount:
    """Return the amount behind one overall effect and its interval.

    Parameters
    ----------
    bands : Bands
        Of the overall effect.
    total : float
        Observed outcome of the treated rows.
    n_rows : int
        How many there are.
    """
    ends = np.array([bands.estimate.effects[0], bands.low[0], bands.high[0]])
    scale = bands.estimate.scale
    if scale == "log points":
        amounts = -total * np.expm1(-ends)
    elif scale == "percent":
        amounts = total * ends / (100 + ends)
    else:
        amounts = n_rows * ends
    value, low, high = (float(a) for a in amounts)
    return Amount(value, low, high, bands.level, bands.inference)


def observed(fit: Fit) -> FloatArray:
    """Return the untransformed outcome of the treated rows that the estimate used."""
    rows = _treated_rows(fit)
    return np.asarray(fit.design.panel.values(fit.design.outcome)[fit.design.observations.rows[rows]])


def _treated_rows(fit: Fit) -> IntArray:
    """Return the treated rows the estimate used; of effects by cell, those whose cell has an effect."""
    o, rows = fit.design.observations, fit.estimate.sample.rows
    rows = rows[o.is_treated[rows]]
    if not isinstance(fit.estimate, CohortEffects) or isinstance(fit.estimator, Imputation):
        return rows
    cells = pd.MultiIndex.from_arrays([fit.estimate.cohorts, fit.estimate.event_times])
    return rows[pd.MultiIndex.from_arrays([o.onset[rows].astype(np.int64), o.event_time[rows]]).isin(cells)]


def _imputed(run: Run, headline: Estimated, fit: Fit, estimator: Imputation) -> Amount:
    """Sum outcome less imputed outcome, with the interval of its mean under the reported inference."""
    difference = replace(estimator, measure="difference")
    made = difference.estimate(fit.design)
    inference = run.plan.inference_of(headline.column)
    rng = generator(run.plan.spec.inference.seed, f"money/{headline.column.job}")
    bands = inference.infer(Fit(difference, fit.design, made), "overall", rng)
    return mapped(bands, 0.0, int(made.cell_weights[made.is_treated].sum()))


def _by_cell(fit: Fit, effects: CohortEffects) -> Amount:
    """Sum over cells of cohort and period, with clustered errors by the delta method."""
    o, rows = fit.design.observations, _treated_rows(fit)
    cell_of_row = [o.onset[rows].astype(np.int64), o.event_time[rows]]
    by_cell = pd.Series(observed(fit)).groupby(cell_of_row).agg(["sum", "size"])
    cells = pd.MultiIndex.from_arrays([effects.cohorts, effects.event_times])
    totals, sizes = by_cell.reindex(cells, fill_value=0.0).to_numpy(dtype=np.float64).T
    amounts, slopes = _amounts(
        effects, np.where(effects.is_treated, totals, 0.0), np.where(effects.is_treated, sizes, 0)
    )
    if not (np.isfinite(amounts).all() and np.isfinite(slopes).all()):
        raise EstimationError("an effect is so large that no sum of money can be made of it")
    point = float(amounts.sum())
    sandwich = Clustered().sandwich(fit, effects.combine(slopes[:, None], ["amount"]))
    half = t_quantile(0.975, sandwich.correction.df) * float(sandwich.se[0])
    return Amount(point, point - half, point + half, 0.95, "clustered, delta method")


def _amounts(effects: CohortEffects, totals: FloatArray, sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the amount behind each cell's effect, and its derivative with respect to the effect."""
    found = effects.effects
    with np.errstate(over="ignore", invalid="ignore"):
        if effects.scale == "log points":
            return -totals * np.expm1(-found), totals * np.exp(-found)
        if effects.scale == "percent":
            return totals * found / (100 + found), 100 * totals / (100 + found) ** 2
        return sizes * found, sizes


def _frame(fit: Fit, amount: Amount) -> pd.DataFrame:
    o, panel, rows = fit.design.observations, fit.design.panel, _treated_rows(fit)
    periods, units = np.unique(o.period[rows]), np.unique(o.unit[rows])
    row = {
        "value": amount.value / periods.size,
        "low": amount.low / periods.size,
        "high": amount.high / periods.size,
        "total": amount.value,
        "total_low": amount.low,
        "total_high": amount.high,
        "unit": panel.units_of_measure.get(fit.design.outcome, ""),
        "level": amount.level,
        "inference": amount.inference,
        "n_units": units.size,
        "unit_name": str(o.unit_ids[units[0]]) if units.size == 1 else "",
        "first": panel.label(int(periods[0])),
        "last": panel.label(int(periods[-1])),
        "n_rows": rows.size,
        "observed": float(observed(fit).sum()) / periods.size,
    }
    return pd.DataFrame([row])
