"""Complete panels are estimated from their cohorts' means: every part must equal the estimate from the rows."""

import numpy as np
import pytest
from case_tables import loop_over_pairs

from twintrade.design import NeverTreated, NotYetTreated, Treatment
from twintrade.errors import EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.cohort_means import collapsed as sums_rows
from twintrade.estimators.cohort_means.collapsed import CollapsedInfluence
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.simulate import simulate

EXACT = 1e-10
"""Sums in another order."""

DESIGNS = {
    "plain": {"cohorts": {2003: 0.3, 2006: 0.3}},
    "late ties": {"cohorts": {2003: 0.3, 2006: 0.2, 2025: 0.2}},
    "all treated": {"cohorts": {2003: 0.4, 2005: 0.3, 2007: 0.3}},
    "one untreated period": {"cohorts": {2001: 0.3, 2006: 0.3}},
    "a cohort of one": {"cohorts": {2004: 0.4, 2006: 0.025}},
}
OPTIONS = {
    "window": {"window": (-3, 2)},
    "anticipation": {"window": (-4, 9), "anticipation": 1, "reference": -2},
    "never treated": {"window": (-9, 9), "comparison": NeverTreated()},
}


def design_of(kind, options):
    made = simulate(np.random.default_rng(91), n_cities=40, effect=lambda g, e: 0.2 * e, **DESIGNS[kind])
    return made.design(**{"comparison": NotYetTreated()} | OPTIONS[options])


def both(estimator, design, monkeypatch):
    collapsed = fit(estimator, design)
    monkeypatch.setattr(sums_rows, "collapse", lambda design: None)
    return collapsed, fit(estimator, design)


def assert_same(one, other):
    np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
    assert one.names == other.names
    for name in ("n_units", "n_cells"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    units = np.arange(one.uncertainty.units.size)
    assert one.uncertainty.units.tolist() == other.uncertainty.units.tolist()
    np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=EXACT)
    np.testing.assert_allclose(
        one.uncertainty.cross_product(units), other.uncertainty.cross_product(units), atol=EXACT
    )


def assert_same_sample(one, other):
    assert one.rows.tolist() == other.rows.tolist()
    for name in ("n_units", "n_periods", "n_treated_units", "n_slopes", "effects", "n_zeros"):
        assert getattr(one, name) == getattr(other, name)
    assert [(d.reason, d.n_rows, d.n_units, d.names) for d in one.dropped] == [
        (d.reason, d.n_rows, d.n_units, d.names) for d in other.dropped
    ]
    assert dict(one.statistics) == pytest.approx(dict(other.statistics), abs=EXACT) or not other.statistics


@loop_over_pairs(estimator=[TWFE(), TWFE(shape="static"), Imputation(), ETWFE()], kind=DESIGNS, options=OPTIONS)
def test_means_give_what_rows_give(estimator, kind, options, monkeypatch):
    if isinstance(estimator, ETWFE) and (kind, options) == ("all treated", "never treated"):
        with pytest.raises(EstimationError, match="nobody is never treated"):
            fit(estimator, design_of(kind, options))
        return
    collapsed, long = both(estimator, design_of(kind, options), monkeypatch)
    assert isinstance(collapsed.estimate.uncertainty, CollapsedInfluence)
    assert_same(collapsed.estimate, long.estimate)
    assert_same_sample(collapsed.estimate.sample, long.estimate.sample)
    for view in collapsed.views:
        assert_same(collapsed.view(view), long.view(view))


@pytest.mark.parametrize("estimator", [TWFE(), TWFE(shape="static"), ETWFE()], ids=str)
def test_row_scores_are_written_out_when_asked_for(estimator, monkeypatch):
    collapsed, long = both(estimator, design_of("plain", "window"), monkeypatch)
    one, other = (r.view("overall").uncertainty.regression for r in (collapsed, long))
    np.testing.assert_allclose(one.row_influence(), other.row_influence(), atol=EXACT)
    np.testing.assert_allclose(one.residuals, other.residuals, atol=EXACT)
    assert one.rows.tolist() == other.rows.tolist()


def test_a_panel_with_gaps_weights_or_covariates_is_not_collapsed():
    gaps = simulate(np.random.default_rng(92), n_cities=30, missing=0.1).design()
    covariates = simulate(np.random.default_rng(92), n_cities=30).design(covariates=("x",))
    gravity = simulate(np.random.default_rng(92), n_cities=6, n_partners=5).design(fixed_effects="gravity")
    for design in (gaps, covariates, gravity):
        assert not isinstance(fit(TWFE(), design).estimate.uncertainty, CollapsedInfluence)


def test_a_logarithm_is_taken_before_means_are():
    made = simulate(np.random.default_rng(93), n_cities=30, family="poisson", mean=50.0, zeros=0.0, noise=0.1)
    panel = made.panel
    design = made.design(transform="log")
    assert (panel.values("exports") > 0).all()
    treatment = Treatment(units=panel.units, onset=made.treatment.onset)
    estimate = fit(TWFE(shape="static"), type(made)(panel, treatment, made.truth).design(transform="log")).estimate
    o = design.observations
    np.testing.assert_allclose(o.y, np.log(panel.values("exports")))
    assert estimate.scale == "log points"
    assert abs(estimate.effects[0]) < 2
