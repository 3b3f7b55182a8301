"""The decision table of automatic inference, row by row, and what it says about what it took."""

from dataclasses import replace

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.design import Treatment
from twintrade.effects import RefitOnly
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.auto import Auto, list_steps
from twintrade.inference.choosing.decision import (
    MOST_ON_LEVERAGE_ONE,
    TABLE,
    Situation,
    assess_situation,
    decide,
    decide_for,
    measure_leverage_one,
)
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Jackknife, Scaled
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits.dealing import deal_onsets
from twintrade.inference.wild import Wild
from twintrade.numerics.linear import find_leverage_one

ENOUGH = Situation(
    has_influence=True,
    has_weights=True,
    n_clusters={"city": 20, "partner": 20},
    assigned_by="unit",
    n_treated=5,
    n_untreated=5,
    n_leverage_one=0,
    leverage_one_share=0.0,
    effective={"city": 12.0, "partner": 12.0},
    effective_treated={"city": 4.0, "partner": 5.0},
)


@loop_over(
    ("change", "method", "code"),
    [
        ({}, "scaled", "enough"),
        ({"n_treated": 1, "n_clusters": {"city": 14, "partner": 500}}, "scaled", "enough"),
        ({"n_leverage_one": 900, "leverage_one_share": MOST_ON_LEVERAGE_ONE}, "scaled", "enough"),
        ({"n_leverage_one": 1, "leverage_one_share": 1.01 * MOST_ON_LEVERAGE_ONE}, "randomization", "leverage-one"),
        ({"effective": {"city": 11.9, "partner": 500.0}}, "randomization", "concentrated"),
        ({"effective": {"city": 500.0, "partner": 3.0}}, "randomization", "concentrated"),
        ({"effective": {"city": np.nan, "partner": 500.0}}, "randomization", "concentrated"),
        ({"effective": {"city": 18.0}, "has_weights": False}, "clustered", "enough-influence"),
        ({"effective": {"city": 17.9}, "has_weights": False}, "jackknife", "uneven-influence"),
        ({"effective": {"city": 8.0}, "has_weights": False}, "jackknife", "uneven-influence"),
        ({"effective": {"city": 7.9}, "has_weights": False}, "randomization", "few-influential"),
        ({"effective": {}, "has_weights": False}, "randomization", "few-influential"),
        ({"has_influence": False}, "randomization", "no-influence"),
        ({"has_influence": False, "n_treated": 1}, "placebo", "one-treated-refit"),
    ],
)
def test_each_row_decides_at_its_threshold(change, method, code) -> None:
    decision = decide_for(replace(ENOUGH, **change))
    assert (decision.method, decision.code) == (method, code)
    assert decision.reasons
    assert decision.to_frame()["decided"].sum() == 1


@pytest.mark.parametrize(
    ("change", "method", "code"),
    [
        ({"effective": {"city": 5.0, "partner": 5.0}}, "scaled", "enough"),
        ({"effective": {"city": 4.9, "partner": 500.0}}, "randomization", "concentrated"),
        ({"n_treated": 4}, "none", "few-like"),
    ],
)
def test_agreements_like_these_have_thresholds_of_their_own(change, method, code) -> None:
    decision = decide_for(replace(ENOUGH, **change), "like these")
    assert (decision.method, decision.code) == (method, code)
    assert decision.to_frame()["decided"].sum() == 1
    if method == "randomization":
        assert Auto(about="like these").chosen(decision).statistic == "t"


def test_every_row_of_the_table_can_decide() -> None:
    assert {rule.code for rule in TABLE} == {
        "enough",
        "concentrated",
        "few-influential",
        "uneven-influence",
        "enough-influence",
        "leverage-one",
        "no-influence",
        "one-treated-refit",
    }


def test_all_objections_are_listed() -> None:
    decision = decide_for(
        replace(ENOUGH, effective={"city": 6.2, "partner": 24.0}, n_leverage_one=10, leverage_one_share=0.2)
    )
    assert len(decision.reasons) == 2
    assert "10 comparison rows" in str(decision.reasons[0])
    assert "20 city clusters count as 6.2 equal ones" in str(decision.reasons[1])


def test_noise_of_comparison_rows_counts_where_the_headline_rests_on_single_ones() -> None:
    for change, noise in (({"leverage_one_share": 0.2}, "by_row"), ({"effective": {"city": 3.0}}, "by_size")):
        assert Auto().chosen(decide_for(replace(ENOUGH, **change))).noise == noise


def test_the_ladder_goes_on_from_the_method_named() -> None:
    few = decide_for(replace(ENOUGH, effective={"city": 12.0}))
    assert list_steps(few) == ["scaled", "jackknife", "wild", "randomization", "placebo"]
    many = decide_for(replace(ENOUGH, effective={"city": 18.0}))
    assert list_steps(many) == ["scaled", "clustered", "jackknife", "wild", "randomization", "placebo"]
    assert list_steps(decide_for(replace(ENOUGH, effective={"city": 3.0}))) == ["randomization", "placebo"]


@pytest.mark.parametrize("estimator", [ETWFE(), Imputation(), CallawaySantAnna()], ids=["etwfe", "imputed", "cs"])
def test_one_treated_pair_in_each_cohort_has_a_p_value(gravity_panel, rng, estimator) -> None:
    """Without any pair of a cohort its effect is gone, so that no jackknife error exists."""
    design = gravity_panel(n_cities=24, n_partners=20, n_periods=10)
    onset = np.full(design.panel.n_units, np.inf)
    onset[[5, 111, 205, 313, 417]] = [2003, 2004, 2005, 2006, 2007]
    fitted = fit(estimator, design.reassigned(onset))
    bands = Auto(permutations=19).infer(fitted, "overall", rng)
    assert np.isfinite(bands.p).all()
    assert bands.inference == "randomization"
    assert 2 < decide(fitted).situation.fewest_effective[1] < 5


def test_a_method_that_cannot_be_computed_gives_way_to_the_next(gravity_panel, rng, monkeypatch) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_cities=25, n_partners=25, n_treated=60, n_periods=6))

    def refuse(*args, **kwargs):
        raise InferenceError("no")

    monkeypatch.setattr(Scaled, "infer_views", refuse)
    bands = Auto().infer(fitted, "overall", rng)
    assert bands.inference == ("clustered" if min(decide(fitted).situation.effective.values()) >= 18 else "jackknife")
    assert "scaled cannot be computed (no)" in bands.messages[0].message
    monkeypatch.setattr(Clustered, "infer", refuse)
    monkeypatch.setattr(Jackknife, "infer", refuse)
    assert Auto().infer(fitted, "overall", rng).inference == "wild"
    monkeypatch.setattr(Wild, "infer", refuse)
    monkeypatch.setattr(Randomization, "infer_views", refuse)
    with pytest.raises(InferenceError, match=r"no inference holds for this estimate.*placebo cannot be computed"):
        Auto().infer(fitted, "overall", rng)


def test_the_question_is_said(gravity_panel, rng) -> None:
    few = fit(TWFE(shape="static"), gravity_panel())
    assert Auto(permutations=19).infer(few, "overall", rng).facts["about"] == "these"
    many = fit(TWFE(shape="static"), gravity_panel(n_cities=25, n_partners=25, n_treated=60, n_periods=6))
    said = Auto().infer(many, "overall", rng)
    assert said.facts["about"] == "like these"
    assert "speaks of the effect of agreements like these" in said.messages[0].message


def test_a_small_panel_takes_randomization_and_shows_clustered_beside(dense, gravity_panel, rng) -> None:
    bands = Auto(permutations=49).infer(fit(dense(), gravity_panel()), "event", rng)
    assert bands.inference == "randomization"
    assert bands.messages[0].code == "inference-randomization"
    assert "8 city clusters count as" in bands.messages[0].message
    assert bands.facts["clustered_se_+0"] > 0
    assert bands.facts["decided_by"] == "concentrated"


def test_a_large_panel_takes_scaled_errors(dense, gravity_panel, rng) -> None:
    design = gravity_panel(n_cities=25, n_partners=25, n_treated=60, n_periods=6)
    bands = Auto().infer(fit(dense(static=True), design), "overall", rng)
    assert bands.inference == "scaled"
    assert bands.se[0] > 0


def test_ten_treated_cities_of_a_hundred_count_as_twelve(dense, gravity_panel, rng) -> None:
    design = gravity_panel(n_cities=100, n_partners=2, n_periods=6, clusters=("city",))
    city = design.panel.unit_city
    design = replace(design, treatment=Treatment(design.panel.units, np.where(city < 10, 2003.0, np.inf)))
    fitted = fit(dense(static=True), design)
    situation = decide(fitted).situation
    # Ten treated and ninety untreated alike: shares of 0.09 and 0.0011.
    assert situation.effective["city"] == pytest.approx(10 * 90 * 100**2 / (90**3 + 10**3))
    assert situation.effective_treated["city"] == pytest.approx(10)
    bands = Auto().infer(fitted, "overall", rng)
    assert bands.inference == "scaled"
    assert bands.messages[0].code == "inference-scaled"
    assert "100 city clusters count as 12.3 equal ones (treated ones as 10.0)" in bands.messages[0].message


def test_treatment_by_city_counts_cities(dense, gravity_panel, rng) -> None:
    design = gravity_panel(n_cities=22, n_partners=22, n_periods=6)
    city = design.panel.unit_city
    onset = np.where(city < 4, 2003.0, np.inf)
    design = replace(design, treatment=Treatment(design.panel.units, onset))
    fitted = fit(dense(static=True), design)
    decision = decide(fitted)
    assert decision.situation.assigned_by == "city"
    assert decision.situation.n_treated == 4
    assert decision.code == "concentrated"
    assert Auto().chosen(decision).across == "assigned"
    dealing = deal_onsets(fitted, "assigned", 20, rng)
    for onset in dealing.onsets:
        assert (np.bincount(city, np.isfinite(onset)) % 22 == 0).all()


@pytest.mark.parametrize(("n_cities", "n_partners"), [(1, 12), (12, 1)])
def test_a_lone_city_or_partner_assigns_nothing(dense, gravity_panel, n_cities, n_partners) -> None:
    """Neither the dimension that all units share nor the one in which each stands alone is one of clusters."""
    design = gravity_panel(n_cities=n_cities, n_partners=n_partners, n_periods=6, n_treated=3)
    assert assess_situation(fit(dense(static=True), design)).assigned_by == "unit"


def count(fitted):
    return measure_leverage_one(fitted, fitted.view("overall")).n_rows


def test_leverage_one_counts_rows_other_units_rest_on(dense, gravity_panel) -> None:
    design = gravity_panel(fixed_effects="gravity", n_treated=1)
    fitted = fit(dense(static=True), design)
    assert count(fitted) == 0
    tied = int(np.flatnonzero(np.isfinite(design.onset))[0])
    partner = design.panel.unit_partner
    # In one treated period all but one of the other dyads of the tied dyad's partner are unobserved.
    others = np.flatnonzero((partner == partner[tied]) & (np.arange(partner.size) != tied))[1:]
    gone = np.isin(design.panel.unit, others) & (design.panel.period == 2007)
    thin = fit(dense(static=True), design.restricted(~gone))
    assert count(thin) == 1


def test_a_first_period_onset_is_no_leverage_one_of_others(dense, gravity_panel) -> None:
    design = gravity_panel(n_treated=1)
    onset = design.onset.copy()
    onset[np.isfinite(onset)] = 2001.0
    fitted = fit(dense(static=True), design.reassigned(onset))
    assert count(fitted) == 0


def large(gravity_panel, **options):
    return gravity_panel(n_cities=25, n_partners=25, n_periods=6, fixed_effects="gravity", **options)


def keep_one_dyad(design, partner, period, spared):
    """Leave out a partner's rows of a period, but for the treated dyads and one other."""
    panel = design.panel
    units = np.flatnonzero((panel.unit_partner == partner) & ~np.isin(np.arange(panel.n_units), spared))
    return design.restricted(~(np.isin(panel.unit, units[1:]) & (panel.period == period)))


@pytest.mark.parametrize("estimator", [Imputation(), TWFE(shape="static")], ids=["imputation", "twfe"])
def test_lone_rows_on_which_nothing_rests_do_not_change_the_inference(gravity_panel, estimator) -> None:
    """One row is left of a partner and period: it alone gives an effect that no treated row has."""
    design = large(gravity_panel, n_treated=15)
    panel = design.panel
    partner = np.setdiff1d(panel.unit_partner, panel.unit_partner[np.isfinite(design.onset)])[0]
    rows = np.flatnonzero((panel.unit_partner[panel.unit] == partner) & (panel.period == 2005))
    thin = design.restricted(~np.isin(np.arange(panel.n_rows), rows[1:]))
    codes = thin.observations.effect_codes()
    untreated = ~thin.observations.is_affected
    assert find_leverage_one([c[untreated] for c in codes]).sum() == 1
    before, after = decide(fit(estimator, design)), decide(fit(estimator, thin))
    assert (after.method, after.code) == (before.method, before.code)
    assert after.situation.n_leverage_one == 0
    assert after.situation.leverage_one_share == 0


@pytest.mark.parametrize("estimator", [Imputation(), TWFE(shape="static")], ids=["imputation", "twfe"])
@pytest.mark.parametrize(("n_treated", "n_lone", "code"), [(15, 8, "leverage-one"), (150, 1, "enough")])
def test_lone_rows_change_the_inference_by_the_weight_that_rests_on_them(
    gravity_panel, estimator, n_treated, n_lone, code
) -> None:
    design = large(gravity_panel, n_treated=n_treated)
    treated = np.flatnonzero(np.isfinite(design.onset))
    partners = np.unique(design.panel.unit_partner[treated])[:n_lone]
    for partner in partners:
        design = keep_one_dyad(design, partner, 2005, treated)
    thin = fit(estimator, design)
    situation = decide(thin).situation
    assert situation.n_leverage_one == n_lone
    resting = int(np.isin(design.panel.unit_partner[treated], partners).sum())
    if isinstance(estimator, Imputation):
        n_rows = thin.design.observations.is_treated.sum()
        assert situation.leverage_one_share == pytest.approx(resting / n_rows, rel=1e-12)
    assert (situation.leverage_one_share > MOST_ON_LEVERAGE_ONE) == (code == "leverage-one")
    assert decide(thin).code == code


def test_without_influence_randomization_is_taken(dense, gravity_panel, rng) -> None:
    class Opaque(dense):
        def estimate(self, design):
            return replace(super().estimate(design), uncertainty=RefitOnly())

    fitted = fit(Opaque(static=True), gravity_panel())
    bands = Auto(permutations=19).infer(fitted, "overall", rng)
    assert bands.inference == "randomization"
