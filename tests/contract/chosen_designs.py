"""For every registered estimator a simulated design that it may run on, chosen from what it requires."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import ESTIMATORS, Estimator, Fit, Requires, fit
from twintrade.simulate import OUTCOME, simulate

EFFECT = 0.5
FIRST, N_PERIODS = 2000, 16


@dataclass(frozen=True, slots=True)
class Chosen:
    """A frame with the keys city, partner and period, its onsets by unit, and how to make a design of them."""

    frame: pd.DataFrame
    onsets: pd.Series
    is_multiplicative: bool
    fixed_effects: str

    def design(self, **options: object) -> Design:
        partner = "partner" if "partner" in self.frame else None
        panel = Panel.from_frame(self.frame, city="city", partner=partner)
        treatment = Treatment.from_series(self.onsets.reindex(panel.units))
        given = {"fixed_effects": self.fixed_effects, "window": (-4, 4)} | options
        return Design(panel=panel, treatment=treatment, outcome=OUTCOME, **given)

    def moved(self, amount: np.ndarray | float) -> "Chosen":
        """Add to the outcome on the estimator's scale: multiply by the exponential where effects are proportional."""
        old = self.frame[OUTCOME]
        new = old * np.exp(amount) if self.is_multiplicative else old + amount
        return replace(self, frame=self.frame.assign(**{OUTCOME: new}))

    def scaled(self, factor: float) -> "Chosen":
        return replace(self, frame=self.frame.assign(**{OUTCOME: self.frame[OUTCOME] * factor}))

    @property
    def unit(self) -> pd.Series:
        if "partner" in self.frame:
            return self.frame["city"] + "-" + self.frame["partner"]
        return self.frame["city"]

    @property
    def onset(self) -> np.ndarray:
        return self.onsets.reindex(self.unit).to_numpy()


def names() -> Iterator[str]:
    yield from ESTIMATORS


def of(name: str) -> Estimator:
    return ESTIMATORS[name]()


def chosen(name: str, noise: float, fixed_effects: str | None = None) -> Chosen:
    """Return the design's parts for one estimator; without noise the effect is exact."""
    requires = ESTIMATORS[name].requires
    effects = fixed_effects or (requires.fixed_effects[0] if requires.fixed_effects else "two_way")
    is_dyadic = requires.dyadic or effects != "two_way"
    made = simulate(
        np.random.default_rng(8),
        n_cities=10 if is_dyadic else 60,
        n_partners=6 if is_dyadic else 0,
        n_periods=N_PERIODS,
        first_period=FIRST,
        cohorts=_cohorts(requires),
        effect=EFFECT,
        noise=noise,
        unit_spread=0.3 if requires.single_treated_unit else 1.0,
        period_spread=0.0 if requires.single_treated_unit else 0.3,
    )
    frame = made.panel.to_frame().drop(columns="unit")
    if not is_dyadic:
        frame = frame.drop(columns="partner")
    if requires.nonnegative:
        frame[OUTCOME] = np.exp(frame[OUTCOME])
    onsets = pd.Series(made.treatment.onset, index=made.treatment.units)
    if requires.third_difference:
        frame = _with_unaffected_units(frame, onsets)
    return Chosen(frame, onsets, requires.nonnegative, effects)


def _with_unaffected_units(frame: pd.DataFrame, onsets: pd.Series) -> pd.DataFrame:
    """Every second unit cannot be affected: without the effect, and said so in a column."""
    affected = pd.Series(np.arange(onsets.size) % 2, index=onsets.index)[frame["city"]].to_numpy()
    after = frame["period"].to_numpy() >= onsets[frame["city"]].to_numpy()
    return frame.assign(affected=affected, **{OUTCOME: frame[OUTCOME] - EFFECT * (after & (affected == 0))})


def _cohorts(requires: Requires) -> dict[int, float]:
    if requires.single_treated_unit:
        return {FIRST + 10: 1 / 60}
    if requires.single_onset:
        return {FIRST + 6: 0.3}
    return {FIRST + 5: 0.2, FIRST + 8: 0.25}


def fitted(name: str, parts: Chosen, **options: object) -> Fit:
    return fit(of(name), parts.design(**options))
