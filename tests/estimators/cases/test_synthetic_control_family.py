"""What the synthetic-control estimators promise, one property at a time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from single_cases import dyad_design, factor_matrix, matrix_design, rectangle_frame

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import (
    AugmentedSyntheticControl,
    ElasticNetSyntheticControl,
    SyntheticControl,
    SyntheticDid,
)
from twintrade.numerics.simplex.predictor_weights import fit_simplex_weights
from twintrade.numerics.simplex.ridge_augmentation import (
    augment_weights,
    center_on_donors,
    fit_elastic_net,
    standardize_covariates,
)

EXACT = 1e-8  # one quadratic program after another, in double precision
EFFECT = 3.0

FAMILY = [
    SyntheticControl(),
    SyntheticControl(demeaned=True),
    AugmentedSyntheticControl(penalty=1.0),
    AugmentedSyntheticControl(),
    ElasticNetSyntheticControl(),
    SyntheticDid(),
    SyntheticDid(kind="sc"),
    SyntheticDid(kind="did"),
]
WITH_INTERCEPT = [
    SyntheticControl(demeaned=True),
    ElasticNetSyntheticControl(),
    SyntheticDid(),
    SyntheticDid(kind="did"),
]
# A given penalty has the outcome's squared unit.
SCALE_FREE = [e for e in FAMILY if e != AugmentedSyntheticControl(penalty=1.0)]
# The ridge of synthetic DiD is scaled by the donors' first differences, booms for everyone included; an elastic net
# without adding-up of the weights cannot pass a boom through.
BLIND_TO_BOOMS = [e for e in FAMILY if e not in (ElasticNetSyntheticControl(), SyntheticDid())]


def identify(estimator):
    return f"{estimator.name}-{getattr(estimator, 'kind', '')}{getattr(estimator, 'demeaned', '')}"


@pytest.fixture
def values():
    return factor_matrix(np.random.default_rng(7), n_units=16, n_periods=20)


def headline(estimator, design):
    return fit(estimator, design).view("overall").effects[0]


@pytest.mark.parametrize("estimator", FAMILY, ids=identify)
def test_an_exact_copy_of_donors_shows_the_effect_and_nothing_else(estimator, values):
    values[0] = 0.6 * values[1] + 0.4 * values[2]
    values[0, 14:] += EFFECT
    study = fit(estimator, matrix_design(values, 2014)).estimate
    slack = {"elastic_net_synthetic_control": 0.6, "augmented_synthetic_control": 1e-6}.get(estimator.name, 1e-4)
    if estimator.name == "synthetic_did" and estimator.kind != "sc":
        slack = 0.6
    np.testing.assert_allclose(study.effects[study.event_times >= 0].mean(), EFFECT, atol=slack)


@pytest.mark.parametrize("estimator", SCALE_FREE, ids=identify)
def test_scaling_scales_the_effect(estimator, values):
    base = headline(estimator, matrix_design(values, 2014))
    assert headline(estimator, matrix_design(1e6 * values, 2014)) == pytest.approx(1e6 * base, rel=1e-6, abs=1e-3)


@pytest.mark.parametrize("estimator", BLIND_TO_BOOMS, ids=identify)
def test_a_boom_for_everyone_changes_nothing(estimator, values):
    boom = np.random.default_rng(3).normal(size=20) * 5
    base = headline(estimator, matrix_design(values, 2014))
    assert headline(estimator, matrix_design(values + boom, 2014)) == pytest.approx(base, abs=1e-5)


@pytest.mark.parametrize("estimator", WITH_INTERCEPT, ids=identify)
def test_a_treated_unit_of_another_size_changes_nothing(estimator, values):
    base = headline(estimator, matrix_design(values, 2014))
    values[0] += 1000.0
    assert headline(estimator, matrix_design(values, 2014)) == pytest.approx(base, abs=1e-6)


@pytest.mark.parametrize("estimator", FAMILY, ids=identify)
def test_an_effect_shifts_the_estimate_one_for_one(estimator, values):
    base = fit(estimator, matrix_design(values, 2014)).estimate.effects
    values[0, 14:] += EFFECT
    moved = fit(estimator, matrix_design(values, 2014)).estimate.effects
    np.testing.assert_allclose(moved - base, np.where(np.arange(20) >= 14, EFFECT, 0.0), atol=EXACT)


@pytest.mark.parametrize("estimator", FAMILY, ids=identify)
def test_what_happens_later_does_not_move_the_weights(estimator, values):
    if estimator == SyntheticDid():
        pytest.skip("its period weights look at the donors after the onset, by design")
    base = fit(estimator, matrix_design(values, 2014)).estimate.effects
    values[:, 17:] += np.random.default_rng(1).normal(size=(16, 3))
    moved = fit(estimator, matrix_design(values, 2014)).estimate.effects
    np.testing.assert_allclose(moved[:17], base[:17], atol=EXACT)


def test_pinned_to_equal_weights_it_is_difference_in_differences(values):
    did = headline(SyntheticDid(kind="did"), matrix_design(values, 2014))
    by_hand = (values[0, 14:].mean() - values[0, :14].mean()) - (values[1:, 14:].mean() - values[1:, :14].mean())
    assert did == pytest.approx(by_hand, abs=EXACT)


def test_pinned_to_no_periods_it_is_synthetic_control(values):
    design = matrix_design(values, 2014)
    assert headline(SyntheticDid(kind="sc"), design) == pytest.approx(headline(SyntheticControl(), design), abs=1e-4)


def staggered(values, onsets):
    n_units, n_periods = values.shape
    units = [f"u{i:03d}" for i in range(n_units)]
    frame = pd.DataFrame(
        {
            "unit": np.repeat(units, n_periods),
            "year": np.tile(2000 + np.arange(n_periods), n_units),
            "y": values.ravel(),
        }
    )
    panel = Panel.from_frame(frame, unit="unit", period="year")
    onset = np.array([onsets.get(u, np.inf) for u in panel.units])
    return Design(panel=panel, treatment=Treatment(units=panel.units, onset=onset), outcome="y")


def test_several_onsets_average_by_treated_cells(values):
    onsets = {"u000": 2010, "u001": 2014, "u002": 2014}
    found = fit(SyntheticDid(), staggered(values, onsets))
    parts = []
    for onset, members in ((2010, [0]), (2014, [1, 2])):
        rows = np.vstack([values[members].mean(axis=0), values[3:]])
        effect = headline(SyntheticDid(), matrix_design(rows, onset)) if len(members) == 1 else None
        cells = len(members) * (2020 - onset)
        if effect is None:
            alone = staggered(values[1:], {"u000": onset, "u001": onset})
            effect = headline(SyntheticDid(), alone)
        parts.append((effect, cells))
    expected = sum(e * n for e, n in parts) / sum(n for _, n in parts)
    assert found.view("overall").effects[0] == pytest.approx(expected, abs=EXACT)
    np.testing.assert_array_equal(np.unique(found.estimate.cohorts), [2010, 2014])


def test_covariates_are_matched_where_they_decide():
    rng = np.random.default_rng(2)
    frame = rectangle_frame(n_cities=8, n_partners=1, noise=0.3)
    frame["size"] = frame["city"].map({f"c{i}": v for i, v in enumerate([5.0, 1, 9, 2, 8, 3, 7, 4])})
    frame["size"] += 0.01 * rng.normal(size=len(frame))
    design = dyad_design(frame, {"c0-p0": 2006}, covariates=("size",))
    case = SyntheticControl().case(design)
    weights = SyntheticControl(v="equal").weigh(case).weights
    assert weights @ case.predictors[1:, 0] == pytest.approx(5.0, abs=0.2)
    nested, equal = (SyntheticControl(v=v).gaps(case)[case.is_before] for v in ("nested", "equal"))
    assert (nested**2).mean() <= (equal**2).mean() * (1 + 1e-9)
    facts = fit(SyntheticControl(), design).estimate.sample.statistics
    assert facts["v_starts"] >= 4
    assert facts["pre_rmspe"] ** 2 <= facts["v_best_mspe"] * (1 + 1e-9)
    assert facts["v_best_mspe"] <= facts["v_worst_mspe"]
    assert "v_starts" not in fit(SyntheticControl(v="equal"), design).estimate.sample.statistics
    with pytest.raises(DesignError, match="takes no covariates"):
        fit(ElasticNetSyntheticControl(), design)


def test_an_augmented_control_of_deviations_ignores_the_size_of_units(values):
    sizes = np.random.default_rng(8).normal(0, 50, (values.shape[0], 1))
    estimator = AugmentedSyntheticControl(demeaned=True)
    effects = [fit(estimator, matrix_design(v, 2012)).view("overall").effects[0] for v in (values, values + sizes)]
    assert effects[1] == pytest.approx(effects[0], rel=1e-7)
    plain = fit(AugmentedSyntheticControl(), matrix_design(values + sizes, 2012)).view("overall").effects[0]
    assert abs(plain - effects[0]) > 1e-3


def test_a_large_penalty_takes_the_augmentation_away(values):
    case = SyntheticControl().case(matrix_design(values, 2014))
    weights = AugmentedSyntheticControl(penalty=1e12).weigh(case).weights
    np.testing.assert_allclose(weights, SyntheticControl().weigh(case).weights, atol=1e-6)


def test_a_small_penalty_takes_the_imbalance_away(values):
    donors, treated = center_on_donors(values[:, :8])
    base = np.full(15, 1 / 15)
    weights = augment_weights(donors, treated, 1e-9, base)
    np.testing.assert_allclose(weights @ donors, treated, atol=1e-6)
    assert weights.sum() == pytest.approx(1.0, abs=1e-9)


def test_elastic_net_meets_its_optimality_conditions():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(15, 30)), rng.normal(size=15)
    found = fit_elastic_net(x, y, 0.05, 0.5)
    residual = y - found.intercept - x @ found.weights
    gradient = -(x - x.mean(axis=0)).T @ residual / 15 + 0.05 * 0.5 * found.weights
    active = found.weights != 0
    np.testing.assert_allclose(gradient[active], -0.025 * np.sign(found.weights[active]), atol=1e-10)
    assert np.abs(gradient[~active]).max() <= 0.025 + 1e-10
    assert residual.mean() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("estimator", [SyntheticControl(), AugmentedSyntheticControl()], ids=identify)
def test_too_few_periods_before_are_refused_with_the_count(estimator, values):
    with pytest.raises(EstimationError, match="needs 4 periods before the onset and t0 has 3"):
        fit(estimator, matrix_design(values, 2003))


def test_zeros_under_logs_leave_a_gap_and_the_donor_is_named():
    frame = rectangle_frame()
    frame.loc[(frame["city"] == "c1") & (frame["partner"] == "p1") & (frame["year"] == 2003), "exports"] = 0.0
    study = fit(SyntheticControl(), dyad_design(frame, {"c0-p0": 2006}, transform="log")).estimate
    dropped = {d.reason: d for d in study.sample.dropped}
    assert dropped["zero-under-log"].n_rows == 1
    assert dropped["gap"].names == ("c1-p1",)


def test_no_donor_without_gaps_is_an_error():
    frame = rectangle_frame(n_cities=2, n_partners=1)
    frame = frame[~((frame["city"] == "c1") & (frame["year"] == 2003))]
    with pytest.raises(DesignError, match="no untreated unit is observed in all 12 periods"):
        fit(SyntheticControl(), dyad_design(frame, {"c0-p0": 2006}))


def covariate_design(rng, outside):
    """Outcomes linear in one covariate with slopes that change by period; donors have it between 0 and 1."""
    n_units, n_periods = 16, 20
    z = rng.uniform(0, 1, n_units)
    z[0] = outside
    values = 5 + np.outer(z, rng.normal(3, 1, n_periods)) + rng.normal(0, 0.02, (n_units, n_periods))
    values[0, 12:] += 1.0
    frame = pd.DataFrame(
        {
            "unit": np.repeat(["t0", *(f"d{i:02d}" for i in range(1, n_units))], n_periods),
            "year": np.tile(np.arange(2000, 2000 + n_periods), n_units),
            "y": values.ravel(),
            "z": np.repeat(z, n_periods),
        }
    )
    panel = Panel.from_frame(frame, unit="unit", period="year")
    treatment = Treatment(units=panel.units, onset=np.where(panel.units == "t0", 2012.0, np.inf))
    return Design(panel=panel, treatment=treatment, outcome="y", covariates=("z",))


def test_augmentation_balances_covariates_exactly_outside_the_hull():
    design = covariate_design(np.random.default_rng(5), outside=1.5)
    estimator = AugmentedSyntheticControl(penalty=1.0)
    case = estimator.case(design)
    weights = estimator.weigh(case).weights
    assert weights.sum() == pytest.approx(1.0, abs=1e-10)
    assert weights @ case.predictors[1:, 0] == pytest.approx(1.5, abs=1e-10)
    assert fit(estimator, design).view("overall").effects[0] == pytest.approx(1.0, abs=0.05)
    simplex = fit(SyntheticControl(), replace(design, covariates=()))
    assert abs(simplex.view("overall").effects[0] - 1.0) > 0.5


def test_residualized_covariates_by_hand():
    design = covariate_design(np.random.default_rng(6), outside=0.5)
    estimator = AugmentedSyntheticControl(penalty=2.0)
    case = estimator.case(design)
    x = case.values[:, case.is_before]
    x = x - x[1:].mean(axis=0)
    z = case.predictors - case.predictors[1:].mean(axis=0)
    gram = np.linalg.inv(z[1:].T @ z[1:])
    r = x - z @ (gram @ z[1:].T @ x[1:])
    base = fit_simplex_weights(r[1:].T, r[0])
    ridge = base + r[1:] @ np.linalg.solve(r[1:].T @ r[1:] + 2.0 * np.eye(12), r[0] - base @ r[1:])
    expected = ridge + z[1:] @ gram @ (z[0] - ridge @ z[1:])
    np.testing.assert_allclose(estimator.weigh(case).weights, expected, atol=1e-10)


def test_more_covariates_than_donors_are_refused():
    with pytest.raises(EstimationError, match="take fewer covariates"):
        standardize_covariates(np.random.default_rng(1).normal(size=(4, 3)))
