"""Synth, synthdid and augsynth: numbers of the reference packages, and where the exact optimum differs from them."""

import numpy as np
import pandas as pd
import pytest
from reference_results import read_data, read_results

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import AugmentedSyntheticControl, SyntheticControl, SyntheticDid
from twintrade.numerics.simplex.predictor_weights import fit_predictor_weights, standardize_predictors, weigh

PUBLISHED = 1e-8  # same algorithm, same stopping rule
CLOSED_FORM = 1e-8
WEIGHTS = 1e-3  # interior-point and conditional-gradient solvers of the packages stop here
ESTIMATE = 1.1e-4  # relative; what their early stop costs in California


def design(frame, unit, period, outcome, treated):
    panel = Panel.from_frame(frame, unit=unit, period=period)
    onset = frame[frame[treated] == 1].groupby(unit)[period].min()
    return Design(
        panel=panel, treatment=Treatment.from_series(onset.reindex(panel.given_keys["unit"])), outcome=outcome
    )


@pytest.fixture(scope="module")
def california():
    frame = read_data("california_prop99")
    return design(frame, "State", "Year", "PacksPerCapita", "treated")


@pytest.fixture(scope="module")
def block():
    frame = read_data("sim_balanced").query("g in [0, 8]")
    frame = frame.assign(id=frame["id"].astype(str), d=((frame["g"] == 8) & (frame["t"] >= 8)).astype(int))
    return design(frame, "id", "t", "y", "d")


@pytest.mark.parametrize(("kind", "key"), [("sdid", "synthdid"), ("sc", "sc"), ("did", "did")])
def test_california_as_published(california, kind, key):
    reference = read_results("synthdid", f"prop99_{key}")
    estimator = SyntheticDid(kind=kind, solver="published")
    found = fit(estimator, california)
    assert found.view("overall").effects[0] == pytest.approx(reference["estimate"], rel=PUBLISHED)
    case = estimator.case(california)
    weights = pd.Series(reference["omega"]["weight"], index=reference["omega"]["unit"]).reindex(case.units[1:])
    np.testing.assert_allclose(estimator.weigh(case).weights, weights, atol=PUBLISHED)


def test_california_in_the_literature(california):
    effects = {k: fit(SyntheticDid(kind=k), california).view("overall").effects[0] for k in ("sdid", "sc", "did")}
    assert effects["sdid"] == pytest.approx(-15.60, abs=0.01)
    assert effects["did"] == pytest.approx(-27.35, abs=0.005)
    assert effects["sc"] == pytest.approx(-19.6, abs=0.1)
    assert fit(SyntheticControl(), california).view("overall").effects[0] == pytest.approx(effects["sc"], abs=1e-4)


def test_the_optimum_fits_california_at_least_as_well_as_the_published_weights(california):
    for kind, key in (("sdid", "synthdid"), ("sc", "sc")):
        case = SyntheticDid(kind=kind).case(california)
        reference = read_results("synthdid", f"prop99_{key}")
        theirs = pd.Series(reference["omega"]["weight"], index=reference["omega"]["unit"]).reindex(case.units[1:])
        ours = SyntheticDid(kind=kind).weigh(case).weights
        ridge = reference["zeta_omega"] ** 2 * case.is_before.sum()

        def loss(w, case=case, ridge=ridge, kind=kind):
            gaps = (case.treated - w @ case.donors)[case.is_before]
            gaps = gaps - gaps.mean() if kind == "sdid" else gaps
            return (gaps**2).sum() + ridge * (w**2).sum()

        assert loss(ours) <= loss(theirs.to_numpy()) * (1 + 1e-12)


@pytest.mark.parametrize(("kind", "key"), [("sdid", "synthdid"), ("did", "did")])
def test_a_block_of_several_treated_units(block, kind, key):
    reference = read_results("synthdid", f"sim_balanced_block_{key}")
    exact = fit(SyntheticDid(kind=kind), block).view("overall").effects[0]
    published = fit(SyntheticDid(kind=kind, solver="published"), block).view("overall").effects[0]
    assert published == pytest.approx(reference["estimate"], rel=PUBLISHED)
    assert exact == pytest.approx(reference["estimate"], rel=ESTIMATE)


@pytest.mark.parametrize(
    ("case_id", "estimator"),
    [("kansas_sc", SyntheticControl()), ("kansas_ridge_fixed_lambda", AugmentedSyntheticControl(penalty=0.1))],
)
def test_kansas(case_id, estimator):
    frame = read_data("kansas")
    frame = frame.assign(quarter=(frame["year_qtr"] * 4).astype(int), fips=frame["fips"].astype(str))
    kansas = design(frame, "fips", "quarter", "lngdpcapita", "treated")
    reference = read_results("augsynth", case_id)
    found = fit(estimator, kansas)
    assert found.view("overall").effects[0] == pytest.approx(reference["average_att"], rel=1e-4)
    case = estimator.case(kansas)
    weights = estimator.weigh(case).weights
    theirs = pd.Series(reference["weights"]["w"], index=reference["weights"]["unit"]).reindex(case.units[1:])
    np.testing.assert_allclose(weights, theirs, atol=WEIGHTS)
    imbalance = np.linalg.norm(found.estimate.effects[found.estimate.event_times < 0])
    assert imbalance == pytest.approx(reference["l2_imbalance"], rel=WEIGHTS)


def basque(reference):
    frame = read_data("basque")
    wide = frame.pivot(index="regionno", columns="year", values="gdpcap")
    units = [17, *(int(u) for u in reference["weights"]["unit"])]
    predictors = np.vstack([reference["X1"], np.asarray(reference["X0"], dtype=float).T])
    return standardize_predictors(predictors), wide.loc[units, 1960:1969].to_numpy(), wide.loc[units].to_numpy()


def test_basque_with_nested_predictor_weights():
    """The published 0.851 on Cataluna and 0.149 on Madrid are a local optimum: another V halves the misfit."""
    reference = read_results("synth", "basque_nested_bfgs")
    predictors, outcomes, _ = basque(reference)
    found = fit_predictor_weights(predictors, outcomes)
    assert reference["loss_v"] == pytest.approx(0.00886, abs=1e-5)
    assert found.loss < 0.5 * reference["loss_v"]
    unrestricted = weigh(outcomes, outcomes, np.ones(10)).loss
    assert unrestricted < found.loss < 1.05 * unrestricted
    assert found.loss == pytest.approx(np.mean((outcomes[0] - found.weights @ outcomes[1:]) ** 2))


def test_basque_with_given_predictor_weights():
    for case_id in ("basque_nested_bfgs", "basque_equal_v"):
        reference = read_results("synth", case_id)
        predictors, outcomes, paths = basque(reference)
        found = weigh(predictors, outcomes, np.asarray(reference["v"]))
        np.testing.assert_allclose(found.weights, reference["weights"]["w"], atol=WEIGHTS)
        gaps = paths[0] - found.weights @ paths[1:]
        np.testing.assert_allclose(gaps, reference["gaps"]["gap"], atol=5e-3)


def test_basque_on_outcomes_alone_fits_better_than_the_reference():
    reference = read_results("synth", "basque_outcome_lags_v")
    predictors, outcomes, _ = basque(reference)
    weights = weigh(predictors, outcomes, np.ones(10)).weights
    loss = ((predictors[0] - weights @ predictors[1:]) ** 2).mean()
    theirs = np.asarray(reference["weights"]["w"])
    assert loss <= ((predictors[0] - theirs @ predictors[1:]) ** 2).mean()
    np.testing.assert_allclose(weights, theirs, atol=0.01)  # the reference's interior point stops early here
