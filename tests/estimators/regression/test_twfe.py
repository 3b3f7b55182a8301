"""TWFE against linearmodels, its binned ends, and what it says about terms it cannot estimate."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from linearmodels.panel import PanelOLS

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.simulate import simulate
from twintrade.text import pack_text

EXACT = 1e-9
"""Two solvers of the same least-squares problem."""


@pytest.fixture(scope="module")
def design():
    return simulate(np.random.default_rng(41), n_cities=40, missing=0.1).design(window=(-3, 4), covariates=("x",))


def linearmodels_fit(o, columns):
    index = pd.MultiIndex.from_arrays([o.unit, o.period])
    names = [f"c{k}" for k in range(columns.shape[1])]
    model = PanelOLS(
        pd.Series(o.y, index), pd.DataFrame(columns, index, names), entity_effects=True, time_effects=True
    )
    return model.fit(cov_type="clustered", cluster_entity=True)


def test_event_study_equals_linearmodels(design):
    o = design.observations
    result = fit(TWFE(bins=True), design)
    study = result.estimate
    clipped = np.where(np.isfinite(o.onset), np.clip(o.event_time, -3, 4), -99)
    others = study.event_times[study.event_times != -1]
    theirs = linearmodels_fit(o, np.column_stack([clipped[:, None] == others, o.covariates]).astype(float))
    ours = study.effects[study.event_times != -1]
    np.testing.assert_allclose(ours, theirs.params.iloc[:-1], atol=EXACT)
    se = Clustered(by=("unit",), correction="linearmodels").sandwich(result, study).se[study.event_times != -1]
    np.testing.assert_allclose(se, theirs.std_errors.iloc[:-1], rtol=1e-7)


def test_static_effect_equals_linearmodels(design):
    o = design.observations
    static = fit(TWFE(shape="static"), design).estimate
    theirs = linearmodels_fit(o, np.column_stack([o.is_treated, o.covariates]).astype(float))
    assert static.effects[0] == pytest.approx(theirs.params.iloc[0], abs=EXACT)
    assert static.n_cells[0] == o.is_treated.sum()


def test_ends_of_the_window_collect_what_lies_beyond(design):
    o = design.observations
    study = fit(TWFE(bins=True), design).estimate
    assert study.event_times.tolist() == list(range(-3, 5))
    assert study.binned == (True, True)
    assert study.n_cells[-1] == (o.event_time >= 4).sum()
    ever = o.is_ever_treated[o.unit]
    assert study.n_cells[0] == (ever & (o.event_time <= -3)).sum()


def test_nothing_is_binned_where_the_window_holds_everything(design):
    study = fit(TWFE(bins=True), design.within((-50, 50))).estimate
    assert study.binned == (False, False)
    assert_same_estimate(study, fit(TWFE(), design).estimate)


def assert_same_estimate(one, other):
    assert one.names == other.names
    np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
    np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=EXACT)


@loop_over("bins", [False, True])
@loop_over("window", [(-3, 4), (0, 1), (-50, 50)])
def test_overall_is_the_static_effect_and_the_path_averages_unbinned_event_times(design, window, bins):
    o = design.observations
    result = fit(TWFE(bins=bins), design.within(window))
    assert_same_estimate(result.view("overall"), fit(TWFE(shape="static"), design).estimate)
    assert result.view("overall").against == "all before"
    times = np.unique(o.event_time[o.is_ever_treated[o.unit]])
    others = times[times != -1]
    dummies = (o.is_ever_treated[o.unit][:, None] & (o.event_time[:, None] == others)).astype(float)
    theirs = linearmodels_fit(o, np.column_stack([dummies, o.covariates])).params.iloc[:-1]
    after = others >= 0
    path = result.view("path")
    assert path.effects[0] == pytest.approx(
        np.average(theirs[after], weights=dummies[:, after].sum(axis=0)), abs=EXACT
    )
    assert (path.kind, path.against, path.n_cells[0]) == ("path", "reference", o.is_treated.sum())


def test_the_window_chooses_what_is_shown_and_nothing_else(design):
    whole, some = fit(TWFE(), design.within((-50, 50))), fit(TWFE(), design.within((-2, 3)))
    assert_same_estimate(whole.estimate, some.estimate)
    assert some.view("event").event_times.tolist() == list(range(-2, 4))
    assert some.view("event").binned == (False, False)
    assert fit(TWFE(), design.within((0, 3))).view("event").event_times.tolist() == [-1, 0, 1, 2, 3]


def test_a_window_after_onset_keeps_earlier_rows_out_of_its_first_dummy(design):
    study = fit(TWFE(bins=True), design.within((0, 4))).estimate
    assert study.event_times.tolist() == [-1, 0, 1, 2, 3, 4]
    assert study.binned == (True, True)
    assert study.effects[0] == 0.0


def test_units_tied_after_the_sample_are_comparison_throughout():
    made = simulate(np.random.default_rng(42), n_cities=30, cohorts={2004: 0.3, 2030: 0.3})
    late = made.design(always_treated="keep")
    never = late.reassigned(np.where(late.onset == 2030, np.inf, late.onset))
    np.testing.assert_allclose(fit(TWFE(), late).estimate.effects, fit(TWFE(), never).estimate.effects, atol=EXACT)


def test_without_a_never_treated_unit_the_second_missing_reference_is_named():
    made = simulate(np.random.default_rng(43), n_cities=30, cohorts={2004: 0.4, 2005: 0.3, 2007: 0.3})
    study = fit(TWFE(), made.design(window=(-50, 50))).estimate
    lost = [d for d in study.sample.dropped if d.reason == "collinear"]
    assert [d.names for d in lost] == [("event time -7",)]
    assert "counts as zero" in lost[0].sentence
    assert -7 not in study.event_times


@pytest.mark.parametrize("second", [-1, 0, 3])
def test_a_second_reference_that_is_none_is_refused(design, second):
    with pytest.raises(DesignError, match="second_reference"):
        fit(TWFE(second_reference=second), design)


def test_a_second_reference_nobody_is_observed_at_is_refused(design):
    with pytest.raises(EstimationError, match="event time -40"):
        fit(TWFE(second_reference=-40), design)


def test_draws_have_the_second_reference_too(design):
    estimator = TWFE(second_reference=-3)
    shown = fit(estimator, design).view("event")
    null = estimator.linear_null(design, design.observations.y[:, None])
    again = null.estimate([null.build_blocks(design)], {"event": shown})["event"][0, :, 0]
    np.testing.assert_allclose(again, shown.effects, atol=1e-9)


def test_a_reference_nobody_is_observed_at_is_refused(design):
    bad = Design(
        panel=design.panel, treatment=design.treatment, outcome=design.outcome, reference=-40, window=(-45, 3)
    )
    with pytest.raises(EstimationError, match="no treated unit is observed at event time -40"):
        fit(TWFE(), bad)


def test_a_treatment_that_an_effect_absorbs_is_refused_by_name():
    rng = np.random.default_rng(44)
    made = simulate(rng, n_cities=6, n_partners=5, cohorts={})
    by_city = np.where(made.panel.unit_city < 3, 2005.0, np.inf)
    treatment = Treatment(units=made.panel.units, onset=by_city)
    design = Design(panel=made.panel, treatment=treatment, outcome="exports", fixed_effects="gravity")
    with pytest.raises(EstimationError, match="city × period effect, which absorbs it") as caught:
        fit(TWFE(shape="static"), design)
    assert '"estimators.absorbed-by-one"' in pack_text(caught.value.text)


def test_covariates_the_effects_absorb_are_listed():
    made = simulate(np.random.default_rng(45), n_cities=20)
    frame = made.panel.to_frame().drop(columns=["unit", "partner"])
    frame["size"] = frame["city"].str[-2:].astype(float)
    panel = Panel.from_frame(frame, city="city")
    design = Design(panel=panel, treatment=made.treatment, outcome="exports", covariates=("size",))
    dropped = fit(TWFE(), design).estimate.sample.dropped
    assert [(d.reason, d.names) for d in dropped] == [("collinear", ("size",))]


def test_rows_alone_in_a_level_stay_and_are_counted():
    made = simulate(np.random.default_rng(46), n_cities=20)
    frame = made.panel.to_frame().drop(columns=["unit", "partner"])
    lone = (frame["city"] == "City 03") & (frame["period"] != 2002)
    panel = Panel.from_frame(frame[~lone], city="city")
    treatment = Treatment.from_series(pd.Series(made.treatment.onset, made.treatment.units))
    result = fit(TWFE(), Design(panel=panel, treatment=treatment, outcome="exports", always_treated="keep"))
    assert result.estimate.sample.n_rows == panel.n_rows
    assert result.estimate.sample.statistics["n_singletons"] == 1.0


def dense_trends(o, columns):
    """Dummies and lines of every unit and dummies of every period, written out."""
    units = np.eye(o.n_units)[o.unit]
    periods = np.eye(o.periods.size)[np.searchsorted(o.periods, o.period)]
    x = np.hstack([columns, units, units * o.period[:, None], periods])
    root = np.ones(o.n_rows) if o.weights is None else np.sqrt(o.weights)
    return np.linalg.lstsq(x * root[:, None], o.y * root, rcond=1e-12)[0][: columns.shape[1]]


@pytest.mark.parametrize("weights", [None, "size"])
def test_unit_trends_are_those_of_dummies_written_out(weights):
    made = simulate(np.random.default_rng(47), n_cities=25, missing=0.15, covariate=0.3)
    frame = made.panel.to_frame().drop(columns=["unit", "partner"])
    frame["size"] = np.random.default_rng(48).uniform(0.5, 2, len(frame))
    panel = Panel.from_frame(frame, city="city")
    treatment = Treatment.from_series(pd.Series(made.treatment.onset, made.treatment.units))
    options = {"covariates": ("x",), "weights": weights}
    design = Design(panel=panel, treatment=treatment, outcome="exports", **options)
    found = fit(TWFE("static", unit_trends=True), design).estimate
    o = design.observations
    expected = dense_trends(o, np.column_stack([o.is_treated, o.covariates]).astype(float))
    np.testing.assert_allclose(found.effects, expected[:1], rtol=1e-8)
    counts = np.bincount(o.unit)
    assert found.sample.n_slopes == 2 + (counts > 1).sum()


def test_unit_trends_take_out_lines_exactly():
    made = simulate(np.random.default_rng(49), n_cities=30)
    frame = made.panel.to_frame().drop(columns=["unit", "partner"])
    slope = pd.Series(np.random.default_rng(50).normal(size=30), frame["city"].unique())
    bent = frame.assign(exports=frame["exports"] + frame["city"].map(slope) * (frame["period"] - 2000))
    treatment = Treatment.from_series(pd.Series(made.treatment.onset, made.treatment.units))
    estimator = TWFE(unit_trends=True)
    plain, tilted = (
        fit(estimator, Design(panel=Panel.from_frame(f, city="city"), treatment=treatment, outcome="exports"))
        for f in (frame, bent)
    )
    np.testing.assert_allclose(plain.estimate.effects, tilted.estimate.effects, atol=1e-10)
    assert "lines of their own" in str(estimator.assumption(plain.design))


def test_unit_trends_need_two_way_effects():
    made = simulate(np.random.default_rng(51), n_cities=4, n_partners=5)
    with pytest.raises(DesignError, match="two-way effects"):
        fit(TWFE(unit_trends=True), made.design(fixed_effects="gravity"))


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_both_shapes_in_one_pass_are_the_two_fits(missing):
    made = simulate(np.random.default_rng(52), n_cities=30, missing=missing)
    design = made.design(window=(-3, 4), covariates=("x",) if missing else ())
    found = TWFE().both(design)
    for one, shape in ((found.event, "event"), (found.static, "static")):
        alone = fit(TWFE(shape), design)
        assert one.estimator == alone.estimator
        np.testing.assert_allclose(one.estimate.effects, alone.estimate.effects, atol=1e-12)
        np.testing.assert_allclose(one.estimate.uncertainty.matrix(), alone.estimate.uncertainty.matrix(), atol=1e-12)
        assert one.estimate.sample.n_slopes == alone.estimate.sample.n_slopes
