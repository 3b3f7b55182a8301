"""With one cohort static TWFE, imputation and a comparison of four means are one number (identity h)."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import NotYetTreated
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.regression.event_terms import NO_TERM
from twintrade.estimators.twfe import TWFE
from twintrade.simulate import OUTCOME, simulate

EXACT = 1e-10
"""Closed forms against sums by hand."""

ITERATED = 1e-8
"""A Poisson fit against a closed form."""


@pytest.fixture(scope="module")
def one_cohort():
    return simulate(np.random.default_rng(11), n_cities=25, n_periods=9, cohorts={2004: 0.4})


def four_means(design):
    o = design.observations
    treated, after = np.isfinite(o.onset), o.period >= 2004
    mean = pd.Series(o.y).groupby([treated, after]).mean()
    return mean[True, True] - mean[True, False] - mean[False, True] + mean[False, False]


def test_static_twfe_and_imputation_are_the_comparison_of_four_means(one_cohort):
    design = one_cohort.design(comparison=NotYetTreated())
    want = four_means(design)
    assert fit(TWFE(shape="static"), design).estimate.effects[0] == pytest.approx(want, abs=EXACT)
    assert fit(Imputation(), design).view("overall").effects[0] == pytest.approx(want, abs=EXACT)


def test_their_influence_is_the_comparison_of_four_means_as_well(one_cohort):
    design = one_cohort.design()
    o = design.observations
    treated = np.isfinite(o.unit_onset)
    after, change = o.period >= 2004, np.zeros(o.n_units)
    for unit in range(o.n_units):
        mine = o.unit == unit
        change[unit] = o.y[mine & after].mean() - o.y[mine & ~after].mean()
    centered = change - np.where(treated, change[treated].mean(), change[~treated].mean())
    want = np.where(treated, centered / treated.sum(), -centered / (~treated).sum())
    for result in (fit(TWFE(shape="static"), design), fit(Imputation(), design)):
        influence = result.view("overall").uncertainty
        assert (influence.units == o.unit_ids).all()
        np.testing.assert_allclose(influence.matrix()[:, 0], want, atol=EXACT)


def test_with_one_period_before_everything_coincides():
    design = simulate(np.random.default_rng(12), n_cities=20, n_periods=5, cohorts={2001: 0.5}).design()
    static = fit(TWFE(shape="static"), design).estimate.effects[0]
    dynamic = fit(TWFE(), design).view("overall").effects[0]
    imputed = fit(Imputation(), design)
    assert static == pytest.approx(dynamic, abs=EXACT)
    assert static == pytest.approx(imputed.view("overall").effects[0], abs=EXACT)
    assert (imputed.estimate.event_times >= 0).all()
    assert imputed.estimate.sample.dropped[-1].reason == "lead-base"


def test_ppml_is_the_ratio_of_four_totals_where_cells_are_balanced():
    made = simulate(np.random.default_rng(13), n_cities=30, n_periods=8, cohorts={2004: 0.4}, family="poisson")
    design = made.design()
    o = design.observations
    treated, after = np.isfinite(o.onset), o.period >= 2004
    total = pd.Series(o.y).groupby([treated, after]).sum()
    want = np.log(total[True, True] * total[False, False] / total[True, False] / total[False, True])
    assert fit(PPML(shape="static"), design).estimate.effects[0] == pytest.approx(want, abs=ITERATED)
    imputed = fit(Imputation(family="poisson", measure="percent"), design).view("overall").effects[0]
    assert np.log1p(imputed / 100) == pytest.approx(want, abs=ITERATED)


def test_the_static_model_leaves_periods_of_anticipation_out_of_both_sides():
    design = simulate(np.random.default_rng(14), n_cities=20, n_periods=9, cohorts={2005: 0.5}).design(
        anticipation=2, reference=-3
    )
    o = design.observations
    treated = np.isfinite(o.onset)
    early = o.is_affected & ~o.is_treated
    period_of_anticipation = (o.period == 2003) | (o.period == 2004)
    assert early.sum() == (treated & period_of_anticipation).sum() > 0
    mean = (
        pd.Series(o.y[~period_of_anticipation])
        .groupby([treated[~period_of_anticipation], o.period[~period_of_anticipation] >= 2005])
        .mean()
    )
    want = mean[True, True] - mean[True, False] - mean[False, True] + mean[False, False]
    assert fit(TWFE(shape="static"), design).estimate.effects[0] == pytest.approx(want, abs=EXACT)
    assert fit(Imputation(), design).view("overall").effects[0] == pytest.approx(want, abs=EXACT)
    assert o.event_time.min() > NO_TERM
    assert design.outcome == OUTCOME
