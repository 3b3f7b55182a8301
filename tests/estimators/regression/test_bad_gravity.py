"""Flows and ties that gravity estimators must refuse by name, or of which they list what they leave out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.effects import Influence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML, PPMLCorrected
from twintrade.simulate import OUTCOME, simulate

SAME = 1e-7
"""Two runs of iterations that stop at 1e-13 of the linear predictor, in other units."""

ESTIMATORS = {
    "ppml static": PPML("static"),
    "ppml": PPML(),
    "ppml_corrected": PPMLCorrected("static"),
    "etwfe": ETWFE(family="poisson"),
    "etwfe percent": ETWFE(family="poisson", measure="percent"),
    "imputation": Imputation(family="poisson"),
    "imputation percent": Imputation(family="poisson", measure="percent"),
}
Spoil = Callable[[pd.DataFrame, pd.Series], tuple[pd.DataFrame, pd.Series]]


def blank(frame: pd.DataFrame, value: float) -> pd.DataFrame:
    hit = np.random.default_rng(0).random(len(frame)) < 0.02
    return frame.assign(**{OUTCOME: frame[OUTCOME].mask(hit, value)})


def end(onsets: pd.Series, k: int) -> pd.Series:
    """City (0) or partner (1) of each dyad."""
    return pd.Series([unit.split("-")[k] for unit in onsets.index], index=onsets.index)


def tied(onsets: pd.Series, who: pd.Series) -> pd.Series:
    return pd.Series(np.where(who, 2004.0, np.inf), index=onsets.index)


def weighted(frame: pd.DataFrame, weight: float) -> pd.DataFrame:
    return frame.assign(w=np.where(np.arange(len(frame)) % 7 == 0, weight, 1.0))


def treated_rows_at_zero(frame: pd.DataFrame, onsets: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    after = frame["period"] >= (frame["city"] + "-" + frame["partner"]).map(onsets)
    return frame.assign(**{OUTCOME: frame[OUTCOME].mask(after, 0.0)}), onsets


def one_of(frame: pd.DataFrame, onsets: pd.Series, column: str) -> tuple[pd.DataFrame, pd.Series]:
    """One city (partner) alone, tied with every other one of the other side."""
    ties = pd.Series(np.where(np.arange(onsets.size) % 2 == 0, 2004.0, np.inf), index=onsets.index)
    if column == "partner":
        ties[:] = np.where(pd.factorize(end(onsets, 0))[0] % 2 == 0, 2004.0, np.inf)
    return frame[frame[column] == frame[column].iloc[0]], ties


@dataclass(frozen=True, slots=True)
class Row:
    """One bad input: how it is made, what every refusal must say, what every estimate must list.

    ``error`` by estimator where they differ; an estimator without one has to estimate.
    """

    spoil: Spoil
    error: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    listed: str = ""


CITY, PARTNER = "city × period", "partner × period"
ROWS = {
    "negative flows": Row(lambda f, g: (blank(f, -5.0), g), error=r"negative in \d+ rows|\d+ outcomes are negative"),
    "infinite flows": Row(lambda f, g: (blank(f, np.inf), g), listed="infinite-outcome"),
    "missing flows": Row(lambda f, g: (blank(f, np.nan), g), listed="missing-outcome"),
    "nothing but zeros": Row(lambda f, g: (f.assign(**{OUTCOME: 0.0}), g), error="outcome is zero in every row"),
    "zeros after every tie": Row(
        treated_rows_at_zero,
        error="no treated row is left|no effect from onset on|no treated row has a positive|no positive outcome",
    ),
    "a city tied with everybody": Row(lambda f, g: (f, tied(g, end(g, 0) == end(g, 0).iloc[0])), error=CITY),
    "a partner tied with everybody": Row(lambda f, g: (f, tied(g, end(g, 1) == end(g, 1).iloc[0])), error=PARTNER),
    "everybody tied at once": Row(lambda f, g: (f, tied(g, end(g, 0) != "")), error=CITY),
    "one partner-period wholly treated": Row(
        lambda f, g: (f, g.mask(end(g, 1) == end(g, 1).iloc[0], 2004.0)),
        listed="all-treated|unidentified-partner-period",
    ),
    "some weights of zero": Row(
        lambda f, g: (weighted(f, 0.0), g), listed="no-weight", errors={"ppml_corrected": "takes no weights"}
    ),
    "no weight anywhere": Row(
        lambda f, g: (f.assign(w=0.0), g),
        error="weight is not positive",
        errors={"ppml_corrected": "takes no weights"},
    ),
    "one city": Row(lambda f, g: one_of(f, g, "city"), error=PARTNER),
    "one partner": Row(lambda f, g: one_of(f, g, "partner"), error=CITY),
    "one dyad": Row(lambda f, g: (one_of(*one_of(f, g, "city"), "partner")[0], tied(g, end(g, 0) != "")), error=CITY),
    "nobody tied": Row(lambda f, g: (f, tied(g, end(g, 0) == "")), error="no pair is treated within the sample"),
}


@cache
def panel_of(spoil: Spoil = lambda frame, onsets: (frame, onsets)) -> Design:
    """Return a spoiled panel, the same for every method that only reads it."""
    options = {"n_cities": 8, "n_partners": 6, "mean": 20.0, "zeros": 0.2, "place_spread": 0.3, "noise": 0.3}
    made = simulate(np.random.default_rng(6), family="poisson", **options)
    frame = made.panel.to_frame().drop(columns="unit")
    frame, onsets = spoil(frame, pd.Series(made.treatment.onset, index=made.treatment.units))
    panel = Panel.from_frame(frame, city="city", partner="partner")
    treatment = Treatment.from_series(onsets.reindex(panel.units))
    weights = "w" if "w" in frame else None
    options = {"fixed_effects": "gravity", "window": (-3, 3), "weights": weights}
    return Design(panel=panel, treatment=treatment, outcome=OUTCOME, **options)


def numbers(result: Fit) -> list[np.ndarray]:
    views = [result.view(view) for view in result.views]
    return [v.effects for v in views] + [
        v.uncertainty.matrix() for v in views if isinstance(v.uncertainty, Influence)
    ]


@loop_over("name", ESTIMATORS)
@loop_over("key", ROWS)
def test_bad_gravity_ends_in_a_named_error_or_a_named_list(key, name):
    row = ROWS[key]
    wanted = row.errors.get(name, row.error)
    if wanted:
        with pytest.raises((DesignError, EstimationError), match=wanted):
            numbers(fit(ESTIMATORS[name], panel_of(row.spoil)))
        return
    result = fit(ESTIMATORS[name], panel_of(row.spoil))
    assert all(np.isfinite(values).all() for values in numbers(result))
    assert (result.view("overall").uncertainty.matrix() != 0).any()
    dropped = {d.reason: d for d in result.estimate.sample.dropped}
    found = [dropped[reason] for reason in row.listed.split("|") if reason in dropped]
    assert found, f"listed: {set(dropped)}"
    assert found[0].names
    assert found[0].sentence


@loop_over("name", ESTIMATORS)
def test_flows_of_a_trillion_give_the_effects_of_flows_of_one(name):
    plain = fit(ESTIMATORS[name], panel_of())
    large = fit(ESTIMATORS[name], panel_of(lambda f, g: (f.assign(**{OUTCOME: 1e12 * f[OUTCOME]}), g)))
    for one, other in zip(numbers(plain), numbers(large), strict=True):
        np.testing.assert_allclose(other, one, rtol=SAME, atol=SAME)


def test_a_wholly_treated_partner_period_is_named_with_its_partner_and_period():
    design = panel_of(ROWS["one partner-period wholly treated"].spoil)
    listed = next(d for d in fit(PPML("static"), design).estimate.sample.dropped if d.reason == "all-treated")
    assert listed.names == tuple(f"Partner 1 {year}" for year in range(2004, 2010))
    assert re.search("partner × period in which every row is treated", listed.sentence)
    assert listed.n_rows == 0


def test_a_tie_from_the_first_period_on_is_absorbed_by_the_dyad():
    made = panel_of(lambda f, g: (f, pd.Series(np.where(np.arange(g.size) % 3 == 0, 2000.0, np.inf), g.index)))
    design = Design(
        panel=made.panel, treatment=made.treatment, outcome=OUTCOME, fixed_effects="gravity", always_treated="keep"
    )
    with pytest.raises(EstimationError, match="levels of the unit effect, which absorbs it"):
        fit(PPML("static"), design)


def test_a_cell_of_zeros_is_listed_and_has_a_ratio_but_no_logarithm():
    def silence(frame, onsets):
        onset = (frame["city"] + "-" + frame["partner"]).map(onsets)
        hit = (onset == 2003) & (frame["period"] == 2004)
        return frame.assign(**{OUTCOME: frame[OUTCOME].mask(hit, 0.0)}), onsets

    for measure, is_shown in (("percent", True), ("log_ratio", False)):
        estimate = fit(Imputation(family="poisson", measure=measure), panel_of(silence)).estimate
        listed = [d.names for d in estimate.sample.dropped if d.reason == "empty-cell"]
        assert ("cohort 2003, event time +1",) in listed
        assert ((estimate.cohorts == 2003) & (estimate.event_times == 1)).any() == is_shown
