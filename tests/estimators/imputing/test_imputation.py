"""What imputation does not impute, what its leads rest on, and which rows carry everything alone."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.effects.regression import POOLED
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation, build_leverage_report
from twintrade.simulate import OUTCOME, simulate

EXACT = 1e-9


def design_without(made, gone, **options):
    frame = made.panel.to_frame().drop(columns="unit")
    panel = Panel.from_frame(frame[~gone(frame)], city="city", partner="partner")
    onsets = pd.Series(made.treatment.onset, made.treatment.units).reindex(panel.units)
    return Design(panel=panel, treatment=Treatment.from_series(onsets), outcome=OUTCOME, **options)


def dyads(seed, **options):
    return simulate(np.random.default_rng(seed), n_cities=8, n_partners=6, **options)


def test_treated_rows_of_a_period_nobody_else_is_observed_in_are_listed():
    made = simulate(np.random.default_rng(61), n_cities=20, cohorts={2004: 0.5, 2007: 0.5})
    estimate = fit(Imputation(), made.design()).estimate
    lost = [d for d in estimate.sample.dropped if d.reason == "unidentified-period"]
    assert lost[0].n_rows == 20 * 3
    assert set(estimate.cohorts[estimate.event_times >= 0]) == {2004}
    assert estimate.sample.statistics["n_unidentified"] == 60
    assert all(name.split()[-1] in ("2007", "2008", "2009") for name in lost[0].names)


def test_treated_rows_of_a_city_period_without_untreated_dyad_are_listed_by_that_reason():
    made = dyads(62, cohorts={})
    onset = np.where((made.panel.unit_city == 0) & (made.panel.unit_partner < 5), 2005.0, np.inf)
    onset[made.panel.unit_city == 1] = 2005.0
    treatment = Treatment(units=made.panel.units, onset=onset)
    design = Design(panel=made.panel, treatment=treatment, outcome=OUTCOME, fixed_effects="gravity")
    estimate = fit(Imputation(), design).estimate
    lost = {d.reason: d for d in estimate.sample.dropped}
    assert set(lost) == {"unidentified-city-period", "lead-base"} - ({"lead-base"} - set(lost))
    assert lost["unidentified-city-period"].n_rows == 6 * 5
    assert {name.split("-")[0] for name in lost["unidentified-city-period"].names} == {"City 2"}
    assert lost["unidentified-city-period"].n_units == 6


def test_nothing_to_impute_is_an_error_that_says_why():
    made = simulate(np.random.default_rng(63), n_cities=20, cohorts={2004: 1.0})
    with pytest.raises(EstimationError, match="period has no untreated row"):
        fit(Imputation(), made.design())


def test_what_rests_on_a_row_of_leverage_one_is_named():
    """City 3's flow to partner 2 has one untreated period, so that row alone gives the dyad's effect."""
    made = dyads(64, cohorts={})
    onset = np.full(made.panel.n_units, np.inf)
    onset[(made.panel.unit_city == 2) & (made.panel.unit_partner == 1)] = 2004.0
    thin = type(made)(made.panel, Treatment(units=made.panel.units, onset=onset), made.truth)
    design = design_without(
        thin,
        lambda f: (f["city"] == "City 3") & (f["partner"] == "Partner 2") & f["period"].between(2000, 2002),
        fixed_effects="gravity",
    )
    report = build_leverage_report(design)
    assert set(zip(report["unit"], report["period"], strict=True)) == {("City 3-Partner 2", 2003)}
    assert report["treated_period"].tolist() == list(range(2004, 2010))
    assert report["event_time"].tolist() == list(range(6))
    np.testing.assert_allclose(report["weight"], 1.0, atol=EXACT)
    assert fit(Imputation(), design).estimate.sample.statistics["n_leverage_one"] == 1


def test_a_design_without_such_rows_has_an_empty_report():
    design = dyads(65).design(fixed_effects="gravity")
    report = build_leverage_report(design)
    assert len(report) == fit(Imputation(), design).estimate.sample.statistics["n_leverage_one"] == 0
    assert "treated_unit" in report.columns


def test_leads_keep_the_earliest_event_time_as_base_and_say_so():
    made = simulate(np.random.default_rng(66), n_cities=30, cohorts={2003: 0.5})
    estimate = fit(Imputation(), made.design(window=(-5, 3))).estimate
    assert estimate.event_times[estimate.cohorts == POOLED].tolist() == [-2, -1]
    assert [d.names for d in estimate.sample.dropped if d.reason == "lead-base"] == [("lead -3",)]


def test_leads_are_pooled_and_their_cohort_is_not_a_number():
    estimate = fit(Imputation(), dyads(67).design(window=(-2, 3))).estimate
    frame = estimate.to_frame()
    assert frame["cohort"][frame["event_time"] < 0].isna().all()
    assert frame["cohort"][frame["event_time"] >= 0].notna().all()
    study = fit(Imputation(), dyads(67).design(window=(-2, 3))).view("event")
    assert study.event_times.tolist() == list(range(-2, 4))
    assert study.reference is None
    assert study.base == "imputation leads"


def test_periods_of_anticipation_are_imputed_and_not_averaged():
    made = simulate(np.random.default_rng(68), n_cities=30, noise=0.0, effect=1.0)
    result = fit(Imputation(), made.design(anticipation=2, reference=-3))
    study = result.view("event")
    early = (study.event_times < 0) & (study.event_times >= -2)
    assert early.sum() == 2
    np.testing.assert_allclose(study.effects[early], 0.0, atol=EXACT)
    assert result.view("overall").effects[0] == pytest.approx(1.0, abs=EXACT)
    assert study.pre_effects().tolist() == np.flatnonzero(study.event_times < -2).tolist()


def test_poisson_measures_tell_one_story():
    """Without noise every row has the same ratio, and the difference is that ratio on the imputed outcome."""
    made = dyads(69, place_spread=0.4, noise=0.0, effect=0.4)
    frame = made.panel.to_frame().drop(columns="unit")
    frame[OUTCOME] = np.exp(frame[OUTCOME])
    panel = Panel.from_frame(frame, city="city", partner="partner")
    design = Design(panel=panel, treatment=made.treatment, outcome=OUTCOME, fixed_effects="gravity")
    ratio, percent, difference = (
        fit(Imputation(family="poisson", measure=m), design).view("overall")
        for m in ("log_ratio", "percent", "difference")
    )
    assert ratio.effects[0] == pytest.approx(0.4, abs=1e-8)
    assert percent.effects[0] == pytest.approx(100 * np.expm1(0.4), abs=1e-6)
    y = design.observations.y[design.observations.is_treated]
    assert difference.effects[0] == pytest.approx(y.mean() * (1 - np.exp(-0.4)), rel=1e-8)
    assert (ratio.scale, percent.scale, difference.scale) == ("log points", "percent", "level")


@pytest.mark.parametrize("measure", ["log_ratio", "percent", "difference"])
def test_poisson_influence_agrees_with_leaving_one_unit_out(measure):
    """Within 15 %, for every second unit: delta method and deletion differ in the order of one over their number."""
    made = simulate(np.random.default_rng(70), n_cities=80, family="poisson", mean=30.0, unit_spread=0.5, noise=0.3)
    estimator = Imputation(family="poisson", measure=measure)
    result = fit(estimator, made.design())
    overall, units = result.view("overall"), result.design.observations.unit_ids[::2]
    chosen = np.isin(overall.uncertainty.units, units)
    error = np.sqrt((overall.uncertainty.matrix()[chosen] ** 2).sum())
    left = [result.refit(result.design.without([u]), "overall").view("overall").effects[0] for u in units]
    assert error == pytest.approx(np.sqrt(((np.array(left) - overall.effects[0]) ** 2).sum()), rel=0.15)


def test_poisson_leads_have_a_level_and_the_influence_of_it():
    """Against the outcomes' means and the log leads, and, within 15 %, against leaving one unit out."""
    made = simulate(np.random.default_rng(70), n_cities=80, family="poisson", mean=30.0, unit_spread=0.5, noise=0.3)
    design = made.design(window=(-3, 3))
    ratio, level = (
        fit(Imputation(family="poisson", measure=m), design).view("event") for m in ("log_ratio", "difference")
    )
    before = ratio.event_times < 0
    assert before.sum() == 3
    assert level.event_times.tolist() == ratio.event_times.tolist()
    o = design.observations
    mean = np.array([o.y[o.event_time == e].mean() for e in ratio.event_times[before]])
    np.testing.assert_allclose(level.effects[before], mean * (1 - np.exp(-ratio.effects[before])), rtol=EXACT)
    error = np.sqrt((level.uncertainty.matrix()[:, before] ** 2).sum(axis=0))
    estimator = Imputation(family="poisson", measure="difference")
    without = (fit(estimator, design.without([u]), ("event",)) for u in o.unit_ids)
    left = np.array([one.view("event").effects[before] for one in without])
    np.testing.assert_allclose(error, np.sqrt(((left - left.mean(axis=0)) ** 2).sum(axis=0)), rtol=0.15)


def test_options_that_contradict_each_other_are_refused():
    design = dyads(71).design()
    with pytest.raises(DesignError, match="takes the outcome in levels"):
        fit(Imputation(family="poisson"), design.with_outcome(OUTCOME, "log"))
    with pytest.raises(DesignError, match="gives differences, not percent"):
        fit(Imputation(measure="percent"), design)
