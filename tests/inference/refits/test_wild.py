"""The wild cluster bootstrap against fwildclusterboot, and against refitting each bootstrap sample."""

import numpy as np
import pytest
from case_tables import loop_over
from reference_results import read_results

from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.refits.leave_out import find_row_clusters, prepare_bootstrap
from twintrade.inference.refits.permutation import replace_outcome
from twintrade.inference.wild import Wild
from twintrade.numerics.linear.cluster_forms import Sums, compute_share_as_large, draw_wild_weights, simulate

# README of the reference numbers.
GOLDEN = 1e-6
ENUMERATED = 0.004
# 99,999 random draws on their side, 9,999 on ours: five standard errors of a p of 0.17.
RANDOM = 0.02


# lm counts all dummies in K, fixest those that do not nest in the clusters: 1,800 rows, K of 17 against 8.
LM_FACTOR = (1800 - 8) / (1800 - 17)


@pytest.mark.parametrize("case", ["11", "31"])
def test_enumerated_p_equals_fwildclusterboot(few_clusters, rng, case) -> None:
    expected = read_results("wild_bootstrap", f"fewclusters_enum_{case}")
    scores = "jackknife" if case == "31" else "plain"
    bands = Wild(scores=scores, correction="fixest").infer(few_clusters, "overall", rng)
    assert bands.estimate.effects[0] == pytest.approx(expected["point"], rel=GOLDEN)
    assert bands.p[0] == pytest.approx(expected["p"], abs=ENUMERATED)
    assert bands.facts["is_complete"] == 1
    assert bands.estimate.effects[0] / bands.se[0] == pytest.approx(expected["t"] * LM_FACTOR**0.5, rel=GOLDEN)


def test_jackknife_variance_equals_fwildclusterboot_once_draws_are_scaled_alike(few_clusters, rng) -> None:
    """There the observed CV3 t carries the CV1 factor and the draws do not: its p is 0.207 for 0.164."""
    expected = read_results("wild_bootstrap", "fewclusters_enum_33")
    bands = Wild(scores="jackknife", variance="cv3").infer(few_clusters, "overall", rng)
    observed = float(bands.estimate.effects[0] / bands.se[0])
    extra = (10 / 9 * 1799 / 1783) ** 0.5
    assert observed == pytest.approx(expected["t"] * extra, rel=GOLDEN)
    source = few_clusters.estimate.uncertainty.regression
    codes = find_row_clusters(few_clusters, "city", source.rows)
    model = prepare_bootstrap(few_clusters, few_clusters.estimate, source, codes, codes)
    sums, _ = model.sums(0, "jackknife", True, 0.9)
    signs, _ = draw_wild_weights(rng, 1024, 10, "rademacher")
    drawn = simulate(sums, signs).statistics(float(bands.estimate.effects[0]))
    assert compute_share_as_large(drawn, observed / extra) == pytest.approx(expected["p"], abs=1e-12)
    assert compute_share_as_large(drawn, observed) == bands.p[0]


def test_interval_by_inversion_equals_fwildclusterboot(few_clusters, rng) -> None:
    expected = read_results("wild_bootstrap", "fewclusters_enum_fnw11")
    bands = Wild().infer(few_clusters, "overall", rng)
    # Enumerated: the ends can differ by one step of the p-value, 2 / 1024.
    assert bands.low[0] == pytest.approx(expected["ci_low"], abs=0.02)
    assert bands.high[0] == pytest.approx(expected["ci_high"], abs=0.02)


def test_webb_weights_agree(few_clusters, rng) -> None:
    expected = read_results("wild_bootstrap", "fewclusters_webb")
    bands = Wild(weights="webb").infer(few_clusters, "overall", rng)
    assert bands.p[0] == pytest.approx(expected["p"], abs=RANDOM)
    assert bands.low[0] == pytest.approx(expected["ci_low"], abs=0.05)
    assert bands.high[0] == pytest.approx(expected["ci_high"], abs=0.05)


def test_castle_agrees(castle_fit, rng) -> None:
    expected = read_results("wild_bootstrap", "castle_rademacher")
    bands = Wild().infer(castle_fit(static=True), "overall", rng)
    assert bands.p[0] == pytest.approx(expected["p"], abs=RANDOM)
    assert bands.low[0] == pytest.approx(expected["ci_low"], abs=0.005)
    assert bands.high[0] == pytest.approx(expected["ci_high"], abs=0.005)


@loop_over("fixed_effects", ["two_way", "gravity"])
@loop_over(("by", "draw_by"), [("city", "city"), ("partner", "partner"), ("city", "unit"), ("unit", "unit")], ids=str)
def test_each_draw_equals_the_refitted_bootstrap_sample(gravity_panel, fixed_effects, by, draw_by) -> None:
    design = gravity_panel(n_cities=5, n_partners=6, n_treated=12, fixed_effects=fixed_effects)
    fitted = fit(TWFE(shape="static"), design)
    o = design.observations
    effect = float(fitted.estimate.effects[0])
    codes = o.unit if draw_by == "unit" else o.unit_clusters(by)[o.unit]
    null = fitted.estimate.uncertainty.regression
    restricted = null.residuals + null.design[:, 0] * effect
    rows, groups = (find_row_clusters(fitted, name, null.rows) for name in (by, draw_by))
    factor = Clustered(by=(by,)).sandwich(fitted, fitted.estimate).correction.factor
    sums, _ = prepare_bootstrap(fitted, fitted.estimate, null, rows, groups).sums(0, "plain", False, factor)
    drawn, _ = draw_wild_weights(np.random.default_rng(3), 6, codes.max() + 1, "webb")
    statistics = simulate(sums, drawn).statistics(effect)
    for v, statistic in zip(drawn, statistics, strict=True):
        y = o.y - null.residuals - null.design[:, 0] * effect
        again = fit(TWFE(shape="static"), replace_outcome(design, y + v[codes] * restricted))
        sandwich = Clustered(by=(by,)).sandwich(again, again.estimate)
        assert statistic == pytest.approx(again.estimate.effects[0] / sandwich.se[0], rel=1e-7)


def test_factors_are_applied_as_their_product_is(gravity_panel, monkeypatch) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_cities=40, n_treated=60, fixed_effects="two_way"))
    source = fitted.estimate.uncertainty.regression
    codes = find_row_clusters(fitted, "city", source.rows)
    sums, _ = prepare_bootstrap(fitted, fitted.estimate, source, codes, codes).sums(0, "plain", False, 1.0)
    weights, _ = draw_wild_weights(np.random.default_rng(1), 200, 40, "webb")
    assert sums.is_thin
    thin = simulate(sums, weights)
    monkeypatch.setattr(Sums, "is_thin", False)
    thick = simulate(sums, weights)
    assert thin.variance == pytest.approx(thick.variance, rel=1e-10)


def test_p_is_one_minus_level_at_the_ends(gravity_panel, rng) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(effect=0.5, n_cities=12, n_treated=30))
    bands = Wild(by="city", draws=999).infer(fitted, "overall", rng)
    o = fitted.design.observations
    for end, outward in ((bands.low[0], -1), (bands.high[0], 1)):
        for shift, is_in in ((-1e-3 * outward, True), (1e-3 * outward, False)):
            moved = replace_outcome(fitted.design, o.y - (end + shift) * o.is_treated)
            again = Wild(by="city", draws=999).infer(fitted.refit(moved), "overall", np.random.default_rng(20240501))
            assert (again.p[0] > 0.05) == is_in


def test_without_the_null_intervals_are_symmetric(gravity_panel, rng) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_cities=12, n_treated=30))
    bands = Wild(by="city", imposes_null=False).infer(fitted, "overall", rng)
    effect = bands.estimate.effects[0]
    assert bands.high[0] - effect == pytest.approx(effect - bands.low[0])
    assert "WCU" in str(bands.note)


def test_subclusters_draw_by_unit(gravity_panel, rng) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_treated=20))
    bands = Wild(by="city", draw_by="unit", draws=999).infer(fitted, "overall", rng)
    assert 0 < bands.p[0] <= 1
    assert "weights drawn by unit" in str(bands.note)


def test_poisson_is_a_score_bootstrap(gravity_panel, rng) -> None:
    design = gravity_panel(n_cities=14, n_treated=40, effect=0.8).with_outcome("flow", "level")
    fitted = fit(PPML(shape="static"), design)
    bands = Wild(by="city", draws=999).infer(fitted, "overall", rng)
    assert bands.low[0] < bands.estimate.effects[0] < bands.high[0]
    assert "score bootstrap" in str(bands.note)


def test_methods_without_a_regression_are_refused(gravity_panel, rng) -> None:
    with pytest.raises(InferenceError, match="needs a regression"):
        Wild().infer(fit(Imputation(), gravity_panel()), "overall", rng)


def test_few_treated_clusters_are_said(gravity_panel, rng) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_treated=2, n_cities=12))
    assert "few-treated-clusters" in {
        m.code for m in Wild(by="city", draws=99).infer(fitted, "overall", rng).messages
    }


def test_few_sign_vectors_are_said(gravity_panel, rng) -> None:
    bands = Wild(by="city").infer(fit(TWFE(shape="static"), gravity_panel(n_cities=5)), "overall", rng)
    assert "few-clusters" in {m.code for m in bands.messages}


@pytest.mark.parametrize("fixed_effects", ["two_way", "gravity"])
def test_five_clusters_never_reject_and_their_interval_has_no_end(gravity_panel, fixed_effects) -> None:
    """Two of 32 sign vectors give the data back, so p is at least 6 %: far ends would be rounding."""
    fitted = fit(TWFE(shape="static"), gravity_panel(n_cities=5, n_treated=12, fixed_effects=fixed_effects))
    bands = Wild(by="city").infer(fitted, "overall", np.random.default_rng(1))
    assert bands.p[0] >= 2 / 32
    assert (bands.low[0], bands.high[0]) == (-np.inf, np.inf)
