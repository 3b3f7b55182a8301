"""ETWFE's options, what it refuses, and its split-panel jackknife."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from twintrade.design import Design, NeverTreated, Panel
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.regression.cell_fit import NetCells
from twintrade.estimators.regression.split_panel import _quarters
from twintrade.inference.wild import Wild
from twintrade.simulate import OUTCOME, simulate

EXACT = 1e-8


@pytest.fixture(scope="module")
def gravity():
    options = {"n_cities": 12, "n_partners": 10, "place_spread": 0.3, "mean": 5.0, "zeros": 0.2}
    made = simulate(np.random.default_rng(101), family="poisson", cohorts={2003: 0.2, 2006: 0.2}, **options)
    return made.design(fixed_effects="gravity")


def test_options_that_contradict_each_other_are_refused(gravity):
    with pytest.raises(DesignError, match="takes the outcome in levels"):
        fit(ETWFE(family="poisson"), gravity.with_outcome(OUTCOME, "log"))
    with pytest.raises(DesignError, match="gives its coefficients, not percent"):
        fit(ETWFE(measure="percent"), gravity)


def test_never_treated_comparison_has_leads_and_an_exact_zero_at_the_reference(gravity):
    study = fit(ETWFE(family="poisson"), gravity.compared_with(NeverTreated())).view("event")
    assert study.reference == -1
    assert study.effects[study.event_times == -1].tolist() == [0.0]
    assert (study.uncertainty.matrix()[:, study.event_times == -1] == 0).all()
    assert (study.event_times < -1).any()


def test_a_cell_without_positive_outcome_is_listed_and_the_others_stay(gravity):
    frame = gravity.panel.to_frame()
    o = gravity.observations
    hit = (o.onset == 2006) & (o.event_time == 1)
    frame[OUTCOME] = np.where(hit, 0.0, frame[OUTCOME])
    panel = Panel.from_frame(frame.drop(columns="unit"), city="city", partner="partner")
    design = Design(panel=panel, treatment=gravity.treatment, outcome=OUTCOME, fixed_effects="gravity")
    estimate = fit(ETWFE(family="poisson"), design).estimate
    assert (2006, 1) not in set(zip(estimate.cohorts.tolist(), estimate.event_times.tolist(), strict=True))
    lost = [d for d in estimate.sample.dropped if "cohort and period" in d.sentence]
    assert lost[0].n_rows == hit.sum()


def test_nobody_untreated_is_refused():
    made = simulate(np.random.default_rng(102), n_cities=12, cohorts={2001: 1.0})
    with pytest.raises(EstimationError):
        fit(ETWFE(), made.design(reference=-1))


def test_without_noise_there_is_no_bias_to_correct():
    options = {"n_cities": 10, "n_partners": 8, "place_spread": 0.3, "noise": 0.0}
    made = simulate(np.random.default_rng(103), effect=lambda g, e: 0.1 * e, **options)
    plain = fit(ETWFE(), made.design(fixed_effects="gravity")).estimate
    split = fit(ETWFE(n_splits=2), made.design(fixed_effects="gravity")).estimate
    np.testing.assert_allclose(split.effects, plain.effects, atol=EXACT)
    assert split.sample.statistics["n_splits"] == 2.0


def test_the_correction_is_twice_the_whole_less_the_mean_of_quarters(gravity):
    plain = fit(ETWFE(family="poisson"), gravity)
    split = fit(ETWFE(family="poisson", n_splits=1, seed=5), gravity)
    again = fit(ETWFE(family="poisson", n_splits=1, seed=5), gravity)
    other = fit(ETWFE(family="poisson", n_splits=1, seed=6), gravity)
    assert split.estimate.effects.tobytes() == again.estimate.effects.tobytes()
    assert not np.allclose(split.estimate.effects, other.estimate.effects)
    np.testing.assert_array_equal(split.estimate.uncertainty.matrix(), plain.estimate.uncertainty.matrix())
    assert abs(split.view("overall").effects[0] - plain.view("overall").effects[0]) < 0.5


def test_a_panel_that_cannot_be_quartered_is_refused():
    design = simulate(np.random.default_rng(104), n_cities=12).design()
    with pytest.raises(DesignError, match="it needs four of each"):
        fit(ETWFE(n_splits=1), design)


def test_net_dummies_are_made_when_asked_for_and_the_wild_bootstrap_asks(gravity):
    made = fit(ETWFE(family="poisson"), gravity)
    source = made.view("overall").uncertainty.regression
    assert isinstance(source.columns, NetCells)
    raw = (source.columns.cell[:, None] == np.arange(source.columns.n_cells)).astype(float)
    net = source.columns.effects.residualize(raw)
    directions = np.random.default_rng(5).normal(size=(net.shape[1], 3))
    before = pickle.loads(pickle.dumps(source)).along(directions)
    assert not source.columns._dense
    np.testing.assert_allclose(before, net @ directions, atol=EXACT)
    np.testing.assert_allclose(source.along(np.eye(net.shape[1])), net, atol=EXACT)
    np.testing.assert_allclose(source.design, net, atol=EXACT)
    np.testing.assert_allclose(source.along(directions), before, atol=EXACT)
    later = Wild(by="city", draws=99).infer(made, "overall", np.random.default_rng(6))
    at_hand = replace(made.estimate.uncertainty, source=replace(made.estimate.uncertainty.source, columns=net))
    again = Fit(made.estimator, gravity, replace(made.estimate, uncertainty=at_hand))
    plain = Wild(by="city", draws=99).infer(again, "overall", np.random.default_rng(6))
    for name in ("p", "low", "high", "se"):
        np.testing.assert_allclose(getattr(later, name), getattr(plain, name), rtol=EXACT)


def test_influence_by_unit_is_that_of_the_rows_summed(gravity):
    held = fit(ETWFE(family="poisson"), gravity).estimate.uncertainty
    o = gravity.observations
    sums = np.zeros((o.n_units, held.n_effects))
    np.add.at(sums, o.unit[held.source.rows], held.source.row_influence())
    units = np.unique(o.unit[held.source.rows])
    np.testing.assert_allclose(held.values, sums[units], atol=1e-10)


def dense_cells(design, rows):
    """Cells' coefficients and treated rows by (cohort, event time), from dummies of everything and lstsq."""
    o = design.observations
    treated = o.is_treated[rows]
    keys = list(zip(o.onset[rows][treated], o.event_time[rows][treated], strict=True))
    cells = sorted(set(keys))
    columns = [code[rows][:, None] == np.unique(code[rows]) for code in (o.codes(n) for n in design.effect_names)] + [
        np.column_stack([(o.onset[rows] == g) & (o.event_time[rows] == e) for g, e in cells])
    ]
    x, y = np.hstack(columns).astype(float), o.y[rows]
    mu = (y + y.mean()) / 2
    for _ in range(40):
        root = np.sqrt(mu)
        slopes = np.linalg.lstsq(x * root[:, None], root * (np.log(mu) + y / mu - 1), rcond=1e-10)[0]
        mu = np.exp(x @ slopes)
    return {cell: (b, keys.count(cell)) for cell, b in zip(cells, slopes[-len(cells) :], strict=True)}


def test_the_split_panel_jackknife_is_the_published_formula_with_dense_dummies():
    options = {"n_cities": 10, "n_partners": 8, "n_periods": 6, "place_spread": 0.3, "mean": 30.0}
    made = simulate(np.random.default_rng(105), family="poisson", cohorts={2003: 0.4}, **options)
    design = made.design(fixed_effects="gravity")
    found = fit(ETWFE(family="poisson", n_splits=1, seed=5), design).estimate
    whole = dense_cells(design, np.arange(design.observations.n_rows))
    quarters = [dense_cells(design, np.flatnonzero(q)) for q in _quarters(design, np.random.default_rng(5))]
    assert len(whole) == found.n_effects
    for g, e, effect in zip(found.cohorts, found.event_times, found.effects, strict=True):
        parts = np.array([quarter[g, e] for quarter in quarters])
        wanted = 2 * whole[g, e][0] - np.average(parts[:, 0], weights=parts[:, 1])
        assert effect == pytest.approx(wanted, abs=1e-8)
