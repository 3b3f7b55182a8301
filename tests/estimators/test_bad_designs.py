"""Designs that should not be: each ends in an error that says what is lacking, or lists what it leaves out.

Beside each row stands what three peers did with the same panel (``benchmarks/bad_designs.py``): CallawaySantAnna of
diff-diff and of statspai, never treated (diff-diff: not yet treated where there are none), doubly robust, and the
saturated event study of pyfixest.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.effects import Influence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import ESTIMATORS, Fit, fit
from twintrade.simulate import OUTCOME, simulate

NAMES = (
    "callaway_santanna",
    "sun_abraham",
    "two_stage",
    "imputation",
    "etwfe",
    "twfe",
    "chaisemartin_dhaultfoeuille",
    "stacked",
    "local_projections",
    "staggered_efficient",
    "interactive_effects",
    "matrix_completion",
    "triple_difference",
)
FEW_SIZES = {"interactive_effects": {"max_rank": 1}}
"""Options that leave two numbers of factors to be tried in place of five: what is refused or listed is the same."""
COVARIATES = {"covariates": ("x",)}
Spoil = Callable[[pd.DataFrame, pd.Series], tuple[pd.DataFrame, pd.Series]]


def blank(frame: pd.DataFrame, column: str, value: float, share: float) -> pd.DataFrame:
    hit = np.random.default_rng(0).random(len(frame)) < share
    return frame.assign(**{column: frame[column].mask(hit, value)})


def all_of(onsets: pd.Series, value: float) -> pd.Series:
    return pd.Series(value, index=onsets.index)


def only(onsets: pd.Series, given: list[float]) -> pd.Series:
    return pd.Series(given + [np.inf] * (onsets.size - len(given)), index=onsets.index)


@dataclass(frozen=True, slots=True)
class Row:
    """One bad design: how it is made, what must be named, and how peers end.

    ``error`` is a pattern that every refusal must match; ``listed`` the reason key that estimates must list, where
    they estimate; with ``must_refuse`` nobody may estimate.
    """

    spoil: Spoil
    error: str = ""
    listed: str = ""
    must_refuse: bool = False
    options: dict | None = None
    exempt: tuple[str, ...] = ()
    diff_diff: str = ""
    statspai: str = ""
    pyfixest: str = ""


ROWS = {
    "no never treated": Row(
        lambda f, g: (f, g.where(np.isfinite(g), 2006.0)),
        error="cohort 2003, cohort 2006",
        listed="no-comparison|after-last-onset|unidentified-period|not-identified|too-few-untreated",
        exempt=("twfe",),
        diff_diff="estimates the rest, warns of 11 cells",
        statspai="refuses, says why",
        pyfixest="ValueError about TreatmentContrasts",
    ),
    "all treated in the first period": Row(
        lambda f, g: (f, all_of(g, 2000.0)),
        error="400 rows of units treated in or before",
        must_refuse=True,
        diff_diff="ValueError, says why",
        statspai="refuses: no valid pairs",
        pyfixest="ValueError about TreatmentContrasts",
    ),
    "all treated at once": Row(
        lambda f, g: (f, all_of(g, 2004.0)),
        error="comparison|no treated unit|not identified|untreated|absorb|of the same",
        must_refuse=True,
        diff_diff="ValueError, says why",
        statspai="refuses: no never treated",
        pyfixest="AttributeError about .str",
    ),
    "nobody treated": Row(
        lambda f, g: (f, all_of(g, np.inf)),
        error="no city is treated within the sample",
        must_refuse=True,
        diff_diff="ValueError: check the data",
        statspai="refuses: no treatment cohorts",
        pyfixest="AttributeError about .str",
    ),
    "some treated in the first period": Row(
        lambda f, g: (f, g.mask(np.arange(g.size) < 3, 2000.0)),
        listed="always-treated",
        diff_diff="leaves them out, warns of 10 cells",
        statspai="leaves them out, says so",
        pyfixest="other effects, 21 dummies dropped",
    ),
    "one treated unit": Row(
        lambda f, g: (f, only(g, [2003.0])),
        error="City 01",
        diff_diff="estimates, clustered error",
        statspai="estimates, warns of the errors",
        pyfixest="estimates, clustered error",
    ),
    "cohorts of one unit": Row(
        lambda f, g: (f, only(g, [2002.0, 2003.0, 2004.0, 2005.0, 2006.0, 2007.0])),
        error="City 01.*City 02",
        diff_diff="estimates in silence",
        statspai="estimates, warns of the errors",
        pyfixest="estimates, 36 dummies dropped",
    ),
    "one row in ten missing": Row(
        lambda f, g: (f[np.random.default_rng(0).random(len(f)) > 0.1], g),
        error="balanced panel: 4",
        diff_diff="estimates, warns",
        statspai="estimates, warns",
        pyfixest="KeyError",
    ),
    "missing outcomes": Row(
        lambda f, g: (blank(f, OUTCOME, np.nan, 0.05), g),
        error="balanced",
        listed="missing-outcome",
        diff_diff="estimates, warns",
        statspai="drops rows, warns",
        pyfixest="drops rows, estimates",
    ),
    "infinite outcomes": Row(
        lambda f, g: (blank(f, OUTCOME, np.inf, 0.01), g),
        error="balanced",
        listed="infinite-outcome",
        diff_diff="NaN arithmetic, one effect missing",
        statspai="NaN arithmetic, three effects missing",
        pyfixest="drops rows, warns",
    ),
    "a period that nobody reports": Row(
        lambda f, g: (f[f["period"] != 2005], g),
        error="cohort 2003, cohort 2006",
        diff_diff="takes the period before in silence",
        statspai="takes the period before in silence",
        pyfixest="another base, dummies dropped",
    ),
    "a cohort without its reference": Row(
        lambda f, g: (f[~((f["period"] == 2002) & (f["city"].map(g) == 2003))], g),
        error="balanced",
        diff_diff="leaves 8 cells out, warns",
        statspai="leaves effects out, warns of gaps",
        pyfixest="another base, dummies dropped",
    ),
    "a missing covariate": Row(
        lambda f, g: (blank(f, "x", np.nan, 0.02), g),
        error="no covariates|balanced",
        listed="missing-covariate",
        options=COVARIATES,
        diff_diff="cells without the covariate, warns",
        statspai="drops rows, warns",
        pyfixest="does not take it",
    ),
    "a constant covariate": Row(
        lambda f, g: (f.assign(x=1.0), g),
        error="constant|covariates",
        listed="collinear",
        options=COVARIATES,
        diff_diff="drops it, warns",
        statspai="estimates in silence",
        pyfixest="does not take it",
    ),
    "a covariate that tells the treated": Row(
        lambda f, g: (f.assign(x=np.isfinite(f["city"].map(g)).astype(float)), g),
        error=r"no overlap for City \d\d|covariates",
        listed="collinear|not-identified",
        options=COVARIATES,
        diff_diff="estimates, warns of no convergence",
        statspai="estimates, 8,730 warnings",
        pyfixest="does not take it",
    ),
    "a propensity near one": Row(
        lambda f, g: (f.assign(x=6.0 * np.isfinite(f["city"].map(g)) + 0.6 * f["x"]), g),
        error="overlap|covariates",
        options=COVARIATES,
        diff_diff="estimates, error five times as large, warns",
        statspai="effects off by 3.2, 8,661 warnings",
        pyfixest="does not take it",
    ),
    "a constant outcome": Row(
        lambda f, g: (f.assign(**{OUTCOME: 3.0}), g),
        diff_diff="zero, error zero",
        statspai="zero in silence",
        pyfixest="zero, error zero",
    ),
    "onsets after the sample": Row(
        lambda f, g: (f, g.replace(np.inf, 2050.0)),
        diff_diff="other effects, warns of 4 cells",
        statspai="comparison, as here",
        pyfixest="comparison, as here",
    ),
}


@cache
def design_once(key: str) -> Design:
    """Return the design of a row, the same for every method that only reads it."""
    return design_of(ROWS[key])


def design_of(row: Row) -> Design:
    made = simulate(np.random.default_rng(6), n_cities=40, n_periods=10, cohorts={2003: 0.2, 2006: 0.2}, effect=0.5)
    frame = made.panel.to_frame().drop(columns=["unit", "partner"])
    frame, onsets = row.spoil(frame, pd.Series(made.treatment.onset, index=made.treatment.units))
    frame = frame.assign(affected=pd.factorize(frame["city"], sort=True)[0] % 2)
    panel = Panel.from_frame(frame, city="city")
    treatment = Treatment.from_series(onsets.reindex(panel.units))
    return Design(panel=panel, treatment=treatment, outcome=OUTCOME, window=(-2, 3), **(row.options or {}))


def numbers(result: Fit) -> list[np.ndarray]:
    views = [result.view(view) for view in result.views]
    out = [v.effects for v in views]
    return out + [v.uncertainty.matrix() for v in views if isinstance(v.uncertainty, Influence)]


@loop_over("name", NAMES)
@loop_over("key", ROWS)
def test_a_bad_design_ends_in_a_named_error_or_a_named_list(key, name):
    row = ROWS[key]
    try:
        result = fit(ESTIMATORS[name](**FEW_SIZES.get(name, {})), design_once(key))
        found = numbers(result)
    except (DesignError, EstimationError) as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert row.error, f"should have been estimated, and was refused: {refusal}"
        assert re.search(row.error, refusal), refusal
        return
    assert not row.must_refuse
    assert all(np.isfinite(values).all() for values in found)
    reasons = {d.reason for d in result.estimate.sample.dropped}
    if row.listed and name not in row.exempt:
        assert reasons & set(row.listed.split("|")), f"listed: {reasons}"
    assert all(d.sentence for d in result.estimate.sample.dropped)


@pytest.mark.parametrize("name", ["callaway_santanna", "sun_abraham", "stacked"])
def test_a_cohort_without_its_reference_has_no_effect(name):
    result = fit(ESTIMATORS[name](), design_once("a cohort without its reference")).estimate
    assert set(result.cohorts[(result.event_times != result.reference)]) == {2006}
    assert any("2003" in n for d in result.sample.dropped for n in d.names)


def test_units_without_overlap_are_named():
    design = design_once("a propensity near one")
    dropped = fit(ESTIMATORS["callaway_santanna"](), design).estimate.sample.dropped
    sentences = [d.sentence for d in dropped if d.reason == "not-identified"]
    assert sentences
    assert all("overlap for City" in s for s in sentences)
