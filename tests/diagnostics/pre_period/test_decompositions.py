"""Decompositions of the two-way estimate and the power of pre-tests, against the packages of their authors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reference_results import read_data, read_results, read_vectors

from benchmarks.pretests import PreTest, integrate_normal_box
from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.pre_period.pretrends import PretrendPower, compute_equivalence_bound
from twintrade.diagnostics.who_is_compared.twfe_weights import (
    Bacon,
    TWFEWeights,
    compute_cell_weights,
    compute_poisson_weights,
)
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.refits.permutation import replace_outcome
from twintrade.numerics.poisson import fit_poisson
from twintrade.simulate import simulate

# README of the reference numbers.
GOLDEN = 1e-6
QUASI_MONTE_CARLO = 2e-3
KINDS = {
    "Earlier vs Later Treated": "earlier against later treated",
    "Later vs Earlier Treated": "later against earlier treated",
    "Treated vs Untreated": "treated against untreated",
    "Later vs Always Treated": "later against always treated",
}


def panel_of(dataset: str) -> Design:
    unit, period, onset, outcome = {
        "castle": ("sid", "year", "effyear", "l_homicide"),
        "math_reform": ("state", "class", "reformyr_math", "incearn_ln"),
        "mpdta": ("countyreal", "year", "first.treat", "lemp"),
        "sim_balanced": ("id", "t", "g", "y"),
    }[dataset]
    frame = read_data(dataset)
    start = frame.groupby(unit)[onset].first().replace(0, np.inf)
    if dataset == "math_reform":
        start = frame[frame["reform_math"] == 1].groupby(unit)["class"].min().reindex(start.index)
    panel = Panel.from_frame(frame, unit=unit, period=period)
    return Design(
        panel=panel, treatment=Treatment.from_series(start), outcome=outcome, always_treated="keep", window=(-30, 30)
    )


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize(
    ("case", "dataset"), [("castle_homicide", "castle"), ("math_reform",) * 2, ("mpdta",) * 2, ("sim_balanced",) * 2]
)
def test_bacon_equals_bacondecomp(rng, case, dataset) -> None:
    expected = read_results("bacon", case)
    fitted = fit(TWFE(shape="static"), panel_of(dataset))
    found = Bacon().check(fitted, Clustered(), rng).payloads["bacon"]
    theirs = pd.DataFrame({k: expected[k] for k in ("treated", "untreated", "estimate", "weight", "type")})
    theirs["untreated"] = theirs["untreated"].astype(float).fillna(np.inf)
    both = theirs.merge(found, on=["treated", "untreated"], suffixes=("_r", ""))
    assert len(both) == len(theirs) == len(found)
    assert both["estimate"].to_numpy() == pytest.approx(both["estimate_r"].to_numpy(), rel=GOLDEN)
    assert both["weight"].to_numpy() == pytest.approx(both["weight_r"].to_numpy(), rel=GOLDEN)
    assert (both["type_r"].map(KINDS) == both["type"]).all()


def test_bacon_given_covariates_equals_bacondecomp(rng) -> None:
    expected = read_results("bacon", "castle_homicide_controls")
    design = replace(panel_of("castle"), covariates=("l_income", "poverty"))
    fitted = fit(TWFE(shape="static"), design)
    found = Bacon().check(fitted, Clustered(), rng)
    rows = found.payloads["bacon"]
    within, between = rows.iloc[-1], rows.iloc[:-1]
    assert within["estimate"] == pytest.approx(expected["beta_hat_w"], rel=GOLDEN)
    assert within["weight"] == pytest.approx(expected["Omega"], rel=GOLDEN)
    theirs = pd.DataFrame({k: expected[k] for k in ("treated", "untreated", "estimate", "weight", "type")})
    theirs["untreated"] = theirs["untreated"].astype(float).fillna(np.inf)
    both = theirs.merge(between, on=["treated", "untreated"], suffixes=("_r", ""))
    assert len(both) == len(theirs) == len(between)
    assert both["estimate"].to_numpy() == pytest.approx(both["estimate_r"].to_numpy(), rel=GOLDEN)
    share = 1 - expected["Omega"]
    assert both["weight"].to_numpy() == pytest.approx(share * both["weight_r"].to_numpy(), rel=GOLDEN)
    assert (both["type"] == both["type_r"].str.lower().str.replace(" vs ", " against ")).all()


def test_bacon_given_covariates_adds_up_to_the_estimate(rng) -> None:
    index = pd.MultiIndex.from_product([range(30), range(8)], names=["unit", "period"])
    frame = index.to_frame(index=False).assign(y=rng.normal(size=240), a=rng.normal(size=240), b=rng.normal(size=240))
    onset = pd.Series(rng.choice([0, 3, 4, 6, np.inf], 30))
    panel = Panel.from_frame(frame, unit="unit", period="period")
    design = Design(
        panel=panel,
        treatment=Treatment(panel.units, onset.to_numpy()),
        outcome="y",
        covariates=("a", "b"),
        always_treated="keep",
    )
    fitted = fit(TWFE(shape="static"), design)
    rows = Bacon().check(fitted, Clustered(), rng).payloads["bacon"]
    assert rows["weight"].sum() == pytest.approx(1)
    assert (rows["estimate"] * rows["weight"]).sum() == pytest.approx(fitted.estimate.effects[0], rel=1e-9)


def test_bacon_adds_up_to_the_estimate(rng) -> None:
    fitted = fit(TWFE(shape="static"), panel_of("mpdta"))
    found = Bacon().check(fitted, Clustered(), rng)
    rows = found.payloads["bacon"]
    assert (rows["estimate"] * rows["weight"]).sum() == pytest.approx(fitted.estimate.effects[0])
    assert found.table["weight"].sum() == pytest.approx(1)


def test_bacon_says_what_it_is_not_made_for(rng) -> None:
    design = panel_of("mpdta")
    thin = design.restricted(design.panel.period != 2004)
    ragged = design.restricted((design.panel.period != 2004) | (design.panel.unit > 3))
    assert Bacon().check(fit(TWFE(), thin), Clustered(), rng).value >= 0
    assert "not balanced" in Bacon().check(fit(TWFE(), ragged), Clustered(), rng).sentence


@pytest.mark.parametrize(("case", "dataset"), [("castle_feTR", "castle"), ("mpdta_feTR", "mpdta")])
def test_weights_equal_twowayfeweights(case, dataset) -> None:
    expected = read_results("twowayfeweights", case)
    found = compute_cell_weights(panel_of(dataset).observations)
    assert found.beta == pytest.approx(expected["beta"], rel=GOLDEN)
    assert found.n_weights == expected["nr_weights"]
    assert found.n_negative == expected["nr_minus"]
    assert found.sum_negative == pytest.approx(expected["sum_minus"], abs=1e-9)
    assert found.robustness() == pytest.approx(expected["sensibility"], rel=GOLDEN)
    if "sensibility2" in expected:
        assert found.sign_robustness() == pytest.approx(expected["sensibility2"], rel=GOLDEN)


def test_single_weights_equal_twowayfeweights() -> None:
    expected = read_results("twowayfeweights", "mpdta_feTR")["weights"]
    o = panel_of("mpdta").observations
    ours = pd.Series(compute_cell_weights(o).weight, index=[o.unit_ids[o.unit].astype(int), o.period])
    theirs = pd.Series(expected["weight"], index=[expected["G"], expected["T"]])
    assert ours.reindex(theirs.index).to_numpy() == pytest.approx(theirs.to_numpy(), abs=1e-10)


def test_weights_reproduce_a_regression_on_known_effects(rng) -> None:
    design = panel_of("mpdta")
    o = design.observations
    effects = rng.normal(size=o.n_rows) * o.is_treated
    beta = fit(TWFE(shape="static"), replace_outcome(design, effects)).estimate.effects[0]
    assert compute_cell_weights(o).weight @ effects == pytest.approx(beta, rel=1e-9)
    found = TWFEWeights().check(fit(TWFE(shape="static"), design), Clustered(), rng)
    assert found.payloads["twfe_weights"]["weight"].sum() == pytest.approx(1)


def gravity_flows(unit: float = 1.0):
    made = simulate(
        np.random.default_rng(3), n_cities=6, n_partners=5, n_periods=8, family="poisson", mean=50.0, noise=0.3
    )
    panel = made.panel
    columns = {**panel.columns, "exports": unit * panel.columns["exports"]}
    design = made.design(fixed_effects="gravity", clusters=("city",))
    return replace(design, panel=replace(panel, columns=columns, units_of_measure={"exports": "USD"}))


def test_poisson_weights_are_how_the_coefficient_moves_with_the_log_effect_of_a_cell() -> None:
    design = gravity_flows()
    o, means = design.observations, np.zeros(design.panel.n_rows)
    fitted = fit_poisson(o.y, o.is_treated[:, None].astype(float), o.effect_codes())
    means[o.rows[fitted.rows]] = fitted.mu
    found = compute_poisson_weights(o)
    assert found.beta == pytest.approx(fitted.coefficients[0], rel=1e-8)
    assert found.weight.sum() == pytest.approx(1)
    assert found.natural.sum() == pytest.approx(1)
    columns = {**design.panel.columns, "exports": means}
    exact = replace(design, panel=replace(design.panel, columns=columns))
    for row in np.flatnonzero(o.is_treated)[:4]:
        step = np.where(np.arange(o.n_rows) == row, 1e-4, 0.0)
        ends = [
            fit(PPML(shape="static"), replace_outcome(exact, means[o.rows] * np.exp(sign * step))).estimate.effects[0]
            for sign in (-1, 1)
        ]
        assert (ends[1] - ends[0]) / 2e-4 == pytest.approx(found.weight[row], abs=1e-5)


@pytest.mark.parametrize("method", [PPML(shape="static"), Imputation(family="poisson", measure="percent")])
def test_the_unit_of_money_changes_nothing_beside_a_poisson_headline(method, rng) -> None:
    found = [TWFEWeights().check(fit(method, gravity_flows(unit)), Clustered(), rng) for unit in (1.0, 1e6)]
    assert "log points" in found[0].sentence
    assert found[1].sentence == found[0].sentence
    for name in ("value", "weight"):
        one, other = (f.table[name] if name == "value" else f.payloads["twfe_weights"][name] for f in found)
        assert other.to_numpy() == pytest.approx(one.to_numpy(), rel=1e-6)


def test_the_coefficient_of_a_regression_in_money_is_named_with_its_unit(rng) -> None:
    assert "USD" in TWFEWeights().check(fit(TWFE(shape="static"), gravity_flows()), Clustered(), rng).sentence


def vectors(name: str) -> tuple[np.ndarray, np.ndarray]:
    held = read_vectors(name)
    return np.array(held["sigma"]), np.array(held["tVec" if "tVec" in held else "timeVec"], dtype=float).ravel()


@pytest.mark.parametrize("power", [0.5, 0.8])
def test_slope_for_power_equals_pretrends(power) -> None:
    sigma, times = vectors("HeAndWangResults")
    times = times[times != -1]
    found = PreTest(sigma, np.flatnonzero(times < -1)).slope_for(power, times + 1)
    assert found == pytest.approx(
        read_results("pretrends", f"HW_slope_power_{power}")["slope"], rel=QUASI_MONTE_CARLO
    )


@pytest.mark.parametrize(
    ("case", "data", "reference", "slope"),
    [("HW_pretrends_linear", "HeAndWangResults", -1, 0.05), ("BC_pretrends_linear", "BCdata_EventStudy", 2008, 0.01)],
)
def test_power_and_bias_equal_pretrends(case, data, reference, slope) -> None:
    expected = read_results("pretrends", case)
    sigma, times = vectors(data)
    times = times[times != reference]
    test = PreTest(sigma, np.flatnonzero(times < reference))
    trend = slope * (times - reference)
    assert test.power(trend) == pytest.approx(expected["power"], abs=QUASI_MONTE_CARLO)
    theirs = dict(zip(expected["t"], expected["mean_after_pretesting"], strict=True))
    wanted = np.array([theirs[t] for t in times], dtype=float)
    if np.isfinite(wanted).all():
        assert test.after_passing(trend) == pytest.approx(wanted, abs=QUASI_MONTE_CARLO)


def test_box_probability_against_independence_and_simulation(rng) -> None:
    low, high = -np.ones(4), np.array([1.0, 2.0, 0.5, 3.0])
    from scipy.special import ndtr

    box = integrate_normal_box(np.zeros(4), np.eye(4), low, high)
    assert box.probability == pytest.approx(np.prod(ndtr(high) - ndtr(low)), abs=1e-6)
    root = rng.normal(size=(4, 4))
    drawn = rng.normal(size=(400_000, 4)) @ root.T + 0.3
    inside = ((drawn > low) & (drawn < high)).all(axis=1)
    box = integrate_normal_box(np.full(4, 0.3), root @ root.T, low, high)
    assert box.probability == pytest.approx(inside.mean(), abs=5e-3)
    assert box.mean == pytest.approx(drawn[inside].mean(axis=0), abs=0.02)


def test_power_as_a_check(rng) -> None:
    fitted = fit(TWFE(), panel_of("mpdta"))
    found = PretrendPower().check(fitted, Clustered(), rng)
    assert found.table["slope"].is_monotonic_increasing
    drawn = found.payloads["pretrend_power"]
    assert {"event_time", "series", "value"} <= set(drawn.columns)
    reference = drawn[drawn["event_time"] == fitted.design.reference]
    assert set(reference["series"]) == set(drawn["series"])
    # The estimates are imputation's, which are measured against no single period.
    assert (reference.loc[reference["series"] != "estimate", "value"] == 0).all()
    assert "would be found with 50% power only" in found.sentence
    assert compute_equivalence_bound(np.array([0.1, -0.2]), np.array([0.01, 0.04]), 0.95) == pytest.approx(
        0.2 + 1.6448536 * 0.2
    )
