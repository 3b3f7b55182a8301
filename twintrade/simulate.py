"""Panels whose effect of an agreement is known, for tests, power and examples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from twintrade.design import NEVER_TIME, Design, Panel, Treatment
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

EffectOf = Callable[[FloatArray, FloatArray], FloatArray]
OUTCOME = "exports"


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A simulated panel with its onsets and its truth."""

    panel: Panel  # outcome "exports", and "x", a covariate with coefficient `covariate` that varies by row
    treatment: Treatment
    # One row per treated row observed: unit, period, cohort, event_time, effect (added to the outcome, or to its log
    # mean)
    truth: pd.DataFrame

    def design(self, **options: Any) -> Design:
        """Return a design on the simulated outcome; options are the fields of Design."""
        return Design(**{"panel": self.panel, "treatment": self.treatment, "outcome": OUTCOME, **options})

    def average(self) -> float:
        """Return the true average effect over treated rows."""
        return float(self.truth["effect"].mean())


def simulate(
    rng: np.random.Generator,
    *,
    n_cities: int = 30,
    n_partners: int = 0,
    n_periods: int = 10,
    first_period: int = 2000,
    cohorts: Mapping[int, float] | None = None,
    effect: float | EffectOf = 0.5,
    family: Literal["linear", "poisson"] = "linear",
    mean: float = 5.0,
    noise: float = 1.0,
    unit_spread: float = 1.0,
    period_spread: float = 0.3,
    place_spread: float = 0.0,
    covariate: float = 0.0,
    zeros: float = 0.0,
    missing: float = 0.0,
) -> Simulated:
    """Draw a panel of cities (or of city-partner dyads) in which parallel trends hold and the effect is known.

    Linear: y = a_unit + b_period (+ c_city,period + d_partner,period) + effect + noise.
    Poisson: y is Poisson with mean exp(index) times a gamma shock of mean one and variance ``noise**2``.

    ``n_cities``, ``n_partners``: without partners the units are cities, otherwise all dyads; ``cohorts``: share of
    units by onset; the rest is never treated. Default: 20 % each at the 4th and the 7th period; ``effect``: a
    constant, or a function of (cohort, event_time), vectorized, called at or after onset; ``mean``: level of the
    outcome for Poisson (its mean without effects, shocks and spreads); ``noise``: standard deviation of the error;
    for Poisson, of the multiplicative shock; ``unit_spread``, ``period_spread``, ``place_spread``: standard
    deviations of unit effects, period effects, and of city-period and partner-period effects; ``covariate``:
    coefficient of the covariate "x"; ``zeros``: share of rows set to zero; the others are scaled up so that the mean
    stays. Poisson only; ``missing``: share of rows that are not observed.
    """
    onsets = {first_period + 3: 0.2, first_period + 6: 0.2} if cohorts is None else dict(cohorts)
    if sum(onsets.values()) > 1 + 1e-12:
        raise DesignError(f"the shares of the cohorts add up to {sum(onsets.values()):g}; at most 1 is possible")
    if zeros and family == "linear":
        raise DesignError("zeros can be set in a Poisson outcome only: in a linear one they would change the effect")
    n_ends = max(n_partners, 1)
    n_units = n_cities * n_ends
    unit, step = np.repeat(np.arange(n_units), n_periods), np.tile(np.arange(n_periods), n_units)
    onset = _draw_onsets(rng, n_units, onsets)
    onset_of_row, is_finite = onset[unit], np.isfinite(onset[unit])
    since = step + first_period - np.where(is_finite, onset_of_row, 0).astype(np.int64)
    event_time = np.where(is_finite, since, NEVER_TIME)
    true_effect, after = np.zeros(unit.size), event_time >= 0
    since_onset = event_time[after].astype(np.float64)
    true_effect[after] = effect(onset_of_row[after], since_onset) if callable(effect) else effect
    x = rng.normal(size=unit.size)
    unit_effects, period_effects = unit_spread * rng.normal(size=n_units), period_spread * rng.normal(size=n_periods)
    of_city, of_partner = (place_spread * rng.normal(size=(n, n_periods)) for n in (n_cities, n_ends))
    city, partner = unit // n_ends, unit % n_ends
    index = unit_effects[unit] + period_effects[step] + of_city[city, step] + of_partner[partner, step]
    index += covariate * x + true_effect
    if family == "linear":
        y = index + noise * rng.normal(size=unit.size)
    else:
        shock = rng.gamma(noise**-2, noise**2, size=unit.size) if noise > 0 else np.ones(unit.size)
        present: BoolArray = rng.random(unit.size) >= zeros
        y = rng.poisson(mean * np.exp(index) * shock * present / (1.0 - zeros)).astype(np.float64)
    kept = rng.random(unit.size) >= missing
    frame = _frame(unit, step + first_period, n_cities, n_partners, y, x)[kept]
    panel = Panel.from_frame(frame, city="city", partner="partner" if n_partners else None)
    treatment = Treatment.from_series(pd.Series(onset, index=_labels(n_cities, n_partners))[panel.units])
    label = frame["city"] + "-" + frame["partner"] if "partner" in frame else frame["city"]
    rows = frame.assign(unit=label, cohort=onset_of_row[kept], event_time=event_time[kept], effect=true_effect[kept])
    columns = ["unit", "period", "cohort", "event_time", "effect"]
    truth = rows.loc[rows["event_time"] >= 0, columns].astype({"cohort": np.int64}).reset_index(drop=True)
    return Simulated(panel, treatment, truth)


def _draw_onsets(rng: np.random.Generator, n_units: int, cohorts: Mapping[int, float]) -> FloatArray:
    """Assign onsets at random, the number of units of each cohort being fixed by its share."""
    onset = np.full(n_units, np.inf)
    sizes = [round(share * n_units) for share in cohorts.values()]
    for cohort, units in zip(cohorts, np.split(rng.permutation(n_units), np.cumsum(sizes)), strict=False):
        onset[units] = cohort
    return onset


def _labels(n_cities: int, n_partners: int) -> list[str]:
    cities, partners = (
        [f"{kind} {k:0{len(str(n))}d}" for k in range(1, n + 1)]
        for kind, n in (("City", n_cities), ("Partner", n_partners))
    )
    return [f"{c}-{p}" for c in cities for p in partners] if n_partners else cities


def _frame(
    unit: IntArray, period: IntArray, n_cities: int, n_partners: int, y: FloatArray, x: FloatArray
) -> pd.DataFrame:
    labels = pd.Series(_labels(n_cities, n_partners)).str.split("-", expand=True)
    ends = {name: labels[k].to_numpy()[unit] for k, name in enumerate(("city", "partner")[: labels.shape[1]])}
    return pd.DataFrame({**ends, "period": period, OUTCOME: y, "x": x})
