"""For every registered estimator a simulated design that it may run on, chosen from what it requires."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import ESTIMATORS, Estimator, Fit, fit
from twintrade.simulate import OUTCOME, simulate

EFFECT = 0.5
FIRST, N_PERIODS = 2000, 16


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A frame with the keys city, partner and period, its onsets by unit, and how to make a design of them."""

    frame: pd.DataFrame
    onsets: pd.Series
    is_multiplicative: bool
    fixed_effects: str
    options: Mapping[str, object] = field(default_factory=dict)

    def design(self, **options: object) -> Design:
        partner = "partner" if "partner" in self.frame else None
        panel = Panel.from_frame(self.frame, city="city", partner=partner)
        treatment = Treatment.from_series(self.onsets.reindex(panel.units))
        given = {"fixed_effects": self.fixed_effects, "window": (-4, 4), **self.options} | options
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


def with_anticipation(parts: Chosen) -> Chosen:
    """Half the effect is there two periods before the onset, and the design says that it may be."""
    time = parts.frame["period"] - parts.onset
    early = (time < 0) & (time >= -2)
    if "affected" in parts.frame:
        early &= parts.frame["affected"] == 1
    return replace(parts.moved(EFFECT / 2 * early), options={"anticipation": 2, "reference": -3})


def with_rows_left_out(parts: Chosen) -> Chosen:
    """One outcome in twelve is not known."""
    gone = np.random.default_rng(2).random(len(parts.frame)) < 1 / 12
    return replace(parts, frame=parts.frame.assign(**{OUTCOME: parts.frame[OUTCOME].mask(gone)}))


def with_weights(parts: Chosen) -> Chosen:
    """Every unit counts once or twice."""
    weight = pd.Series(np.random.default_rng(3).integers(1, 3, parts.onsets.size), index=parts.onsets.index)
    frame = parts.frame.assign(weight=weight.reindex(parts.unit).to_numpy(dtype=np.float64))
    return replace(parts, frame=frame, options={"weights": "weight"})


def with_every_unit_treated(parts: Chosen) -> Chosen:
    """Who was never treated is treated near the end, without an effect."""
    return replace(parts, onsets=parts.onsets.where(np.isfinite(parts.onsets), FIRST + N_PERIODS - 3))


def with_a_cohort_without_reference(parts: Chosen) -> Chosen:
    """Nobody of the first cohort is observed in the period before its onset."""
    first = parts.onsets.min()
    gone = (parts.onset == first) & (parts.frame["period"] == first - 1)
    return replace(parts, frame=parts.frame.assign(**{OUTCOME: parts.frame[OUTCOME].mask(gone)}))


def with_covariates(parts: Chosen) -> Chosen:
    """Something moves the outcome, of which treated units have more, and more still once they are treated."""
    rng = np.random.default_rng(7)
    treated = np.isfinite(parts.onset)
    after = treated & (parts.frame["period"] >= parts.onset).to_numpy()
    moved = 0.3 * treated + 0.3 * after + rng.normal(size=len(parts.frame))
    given = replace(parts, frame=parts.frame.assign(moved=moved), options={"covariates": ("moved",)})
    return given.moved(0.5 * moved)


VARIANTS: Mapping[str, Callable[[Chosen], Chosen]] = {
    "as it is": lambda parts: parts,
    "anticipation": with_anticipation,
    "rows left out": with_rows_left_out,
    "weights": with_weights,
    "covariates": with_covariates,
    "every unit treated": with_every_unit_treated,
    "a cohort without reference": with_a_cohort_without_reference,
}


OPTIONS: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("twfe", {"shape": "static"}),
    ("ppml", {"shape": "static"}),
    ("imputation", {"family": "poisson"}),
    ("imputation", {"family": "poisson", "measure": "percent"}),
    ("etwfe", {"family": "poisson", "measure": "percent"}),
    ("sun_abraham", {"shares": "estimated"}),
    ("sun_abraham", {"family": "poisson", "shares": "estimated"}),
)
"""Options under which a method has an influence of another kind than by default."""


def names() -> Iterator[str]:
    yield from ESTIMATORS


QUICK = {"draws": 19, "permutations": 19, "n_draws": 19, "steps": (-1, 1)}


def make_quick(kind: type) -> object:
    """Make an inference or a check with as few draws and windows as have a meaning."""
    return kind(**{k: v for k, v in QUICK.items() if k in getattr(kind, "__dataclass_fields__", {})})


FEW_SIZES = {"interactive_effects": {"max_rank": 1}}
"""Options that leave fewer sizes of a model to be tried: each takes hundreds of steps in every fold."""


def of(name: str, **options: object) -> Estimator:
    return ESTIMATORS[name](**FEW_SIZES.get(name, {}), **options)


def chosen(
    name: str, noise: float, fixed_effects: str | None = None, *, n_units: int = 60, spread: float = 1.0
) -> Chosen:
    """Return the design's parts for one estimator; without noise the effect is exact."""
    requires = ESTIMATORS[name].requires
    effects = fixed_effects or (requires.fixed_effects[0] if requires.fixed_effects else "two_way")
    facts = (requires.dyadic, requires.single_treated_unit, requires.single_onset, requires.nonnegative)
    return _choose(Needs(*facts, requires.third_difference), noise, effects, n_units, spread)


class Needs(NamedTuple):
    """What decides on a design: estimators that require the same are given the same one."""

    dyadic: bool
    single_treated_unit: bool
    single_onset: bool
    nonnegative: bool
    third_difference: bool


@cache
def _choose(needs: Needs, noise: float, effects: str, n_units: int, spread: float) -> Chosen:
    is_dyadic = needs.dyadic or effects != "two_way"
    made = simulate(
        np.random.default_rng(8),
        n_cities=10 if is_dyadic else n_units,
        n_partners=6 if is_dyadic else 0,
        n_periods=N_PERIODS,
        first_period=FIRST,
        cohorts=_cohorts(needs),
        effect=EFFECT,
        noise=noise,
        unit_spread=0.3 if needs.single_treated_unit else spread,
        period_spread=0.0 if needs.single_treated_unit else 0.3,
    )
    frame = made.panel.to_frame().drop(columns="unit")
    if not is_dyadic:
        frame = frame.drop(columns="partner")
    if needs.nonnegative:
        frame[OUTCOME] = np.exp(frame[OUTCOME])
    onsets = pd.Series(made.treatment.onset, index=made.treatment.units)
    if needs.third_difference:
        frame = _with_unaffected_units(frame, onsets)
    return Chosen(frame, onsets, needs.nonnegative, effects)


def _with_unaffected_units(frame: pd.DataFrame, onsets: pd.Series) -> pd.DataFrame:
    """Every second unit cannot be affected: without the effect, and said so in a column."""
    affected = pd.Series(np.arange(onsets.size) % 2, index=onsets.index)[frame["city"]].to_numpy()
    after = frame["period"].to_numpy() >= onsets[frame["city"]].to_numpy()
    return frame.assign(affected=affected, **{OUTCOME: frame[OUTCOME] - EFFECT * (after & (affected == 0))})


def _cohorts(needs: Needs) -> dict[int, float]:
    if needs.single_treated_unit:
        return {FIRST + 10: 1 / 60}
    if needs.single_onset:
        return {FIRST + 6: 0.3}
    return {FIRST + 5: 0.2, FIRST + 8: 0.25}


def fitted(name: str, parts: Chosen, **options: object) -> Fit:
    return fit(of(name), parts.design(**options))


def fit_chosen(name: str, noise: float = 0.5) -> Fit:
    """Return the fit of a method as it is, the same object for every test that only reads it."""
    return _fit_once(ESTIMATORS[name], name, noise)


@cache
def _fit_once(kind: type[Estimator], name: str, noise: float) -> Fit:
    return fit(kind(**FEW_SIZES.get(name, {})), chosen(name, noise).design())


def varied(name: str, options: Mapping[str, object], variant: str, noise: float) -> Design:
    """Vary a design; a proportional model gets proportional outcomes and no unit so large that it rests on it."""
    is_poisson = options.get("family") == "poisson"
    spread = 0.3 if is_poisson or ESTIMATORS[name].requires.nonnegative else 1.0
    return _vary(chosen(name, noise, n_units=80, spread=spread), variant, is_poisson)


@cache
def _vary(parts: Chosen, variant: str, is_poisson: bool) -> Design:
    if is_poisson:
        frame = parts.frame.assign(**{OUTCOME: np.exp(parts.frame[OUTCOME])})
        parts = replace(parts, frame=frame, is_multiplicative=True)
    return VARIANTS[variant](parts).design()


@cache
def is_refused(name: str, variant: str) -> bool:
    """Tell whether a method says before it starts that it does not take a variant."""
    return bool(of(name).unmet(varied(name, {}, variant, 0.3)))
