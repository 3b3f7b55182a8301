"""Clustered errors against fixest and linearmodels, and against sums written out."""

import numpy as np
import pandas as pd
import pytest
from reference_results import read_results

from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.clusters import find_clusters

# Closed-form linear algebra on the same rows: only rounding differs.
SOFTWARE = 1e-8
# R's numbers are printed with 15 digits after demeaning to 1e-11.
GOLDEN = 1e-6


@pytest.mark.parametrize(
    ("case", "by", "correction"),
    [
        ("castle_static_crv1", ("unit",), "fixest"),
        ("castle_static_twoway", ("unit", "period"), "fixest"),
        ("castle_static_hc1", ("row",), "fixest"),
        ("castle_static_crv1_ssc_none_adj", ("unit",), "none"),
        ("castle_static_crv1_ssc_noK", ("unit",), "ppmlhdfe"),
    ],
)
def test_static_errors_equal_fixest(castle_fit, rng, case, by, correction) -> None:
    expected = read_results("fixest_twfe", case)
    bands = Clustered(by=by, correction=correction).infer(castle_fit(static=True), "overall", rng)
    assert bands.estimate.effects[0] == pytest.approx(expected["estimate"], rel=GOLDEN)
    assert bands.se[0] == pytest.approx(expected["se"], rel=GOLDEN)
    if correction == "fixest":
        assert bands.p[0] == pytest.approx(expected["p"], rel=GOLDEN)
        assert bands.low[0] == pytest.approx(expected["ci_low"], rel=GOLDEN)
        assert bands.facts["n_parameters"] == expected["df_K"]
        assert bands.df[0] == expected["df_t"]


@pytest.mark.parametrize(("case", "window"), [("castle_es_crv1", (-30, 30)), ("castle_es_binned", (-5, 4))])
def test_event_study_errors_equal_fixest(castle_fit, rng, case, window) -> None:
    expected = read_results("fixest_twfe", case)
    bands = Clustered(correction="fixest").infer(castle_fit(static=False, window=window), "event", rng)
    free = bands.estimate.event_times != -1
    assert bands.estimate.effects[free] == pytest.approx(np.array(expected["estimate"]), rel=GOLDEN)
    assert bands.se[free] == pytest.approx(np.array(expected["se"]), rel=GOLDEN)
    assert bands.p[free] == pytest.approx(np.array(expected["p"]), rel=GOLDEN)
    assert bands.se[~free] == 0
    assert np.isnan(bands.p[~free])


def test_the_whole_covariance_equals_fixest(castle_fit) -> None:
    expected = read_results("fixest_twfe", "castle_es_crv1")
    fitted = castle_fit(static=False)
    covariance = Clustered(correction="fixest").sandwich(fitted, fitted.view("event")).covariance
    assert np.sqrt(np.diag(covariance))[:8] == pytest.approx(np.array(expected["se"])[:8], rel=GOLDEN)


@pytest.mark.parametrize("clusters", [{"cluster_entity": True}, {"cluster_entity": True, "cluster_time": True}])
def test_linearmodels_convention_equals_linearmodels(dense, gravity_panel, rng, clusters) -> None:
    from linearmodels.panel import PanelOLS

    design = gravity_panel(effect=0.5)
    o = design.observations
    frame = pd.DataFrame({"unit": o.unit, "period": o.period, "y": o.y, "d": o.is_treated.astype(float)})
    frame = frame.set_index(["unit", "period"])
    theirs = PanelOLS(frame["y"], frame[["d"]], entity_effects=True, time_effects=True).fit(
        cov_type="clustered", **clusters
    )
    by = ("unit", "period") if "cluster_time" in clusters else ("unit",)
    bands = Clustered(by=by, correction="linearmodels").infer(fit(dense(static=True), design), "overall", rng)
    assert bands.se[0] == pytest.approx(theirs.std_errors.iloc[0], rel=SOFTWARE)
    assert bands.p[0] == pytest.approx(theirs.pvalues.iloc[0], rel=1e-6, abs=1e-12)


def test_two_way_is_the_sum_less_the_intersection(dense, gravity_panel) -> None:
    fitted = fit(dense(), gravity_panel())
    estimate = fitted.view("event")
    both = find_clusters(fitted, estimate, ("city", "partner")).covariance()
    parts = [find_clusters(fitted, estimate, (name,)).covariance() for name in ("city", "partner", "unit")]
    assert both == pytest.approx(parts[0] + parts[1] - parts[2], abs=1e-14)


def test_rows_and_units_give_the_same_sums(dense, gravity_panel) -> None:
    fitted = fit(dense(), gravity_panel())
    estimate = fitted.view("event")
    by_unit = find_clusters(fitted, estimate, ("unit",)).covariance()
    source = estimate.uncertainty.regression
    rows = source.row_influence()
    sums = np.zeros((fitted.design.observations.n_units, rows.shape[1]))
    np.add.at(sums, fitted.design.observations.unit, rows)
    assert by_unit == pytest.approx(sums.T @ sums, abs=1e-14)


def test_one_cluster_is_refused(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(), gravity_panel(n_cities=1, n_partners=30, clusters=("city",)))
    with pytest.raises(InferenceError, match="one cluster only"):
        Clustered().infer(fitted, "overall", rng)


def test_a_dimension_that_does_not_nest_units_needs_row_scores(dense, gravity_panel, rng) -> None:
    from dataclasses import replace

    fitted = fit(dense(), gravity_panel())
    without = replace(fitted.estimate.uncertainty, source=None)
    fitted = replace(fitted, estimate=replace(fitted.estimate, uncertainty=without))
    with pytest.raises(InferenceError, match="not nested in period"):
        Clustered(by=("period",)).infer(fitted, "event", rng)


def test_few_treated_clusters_are_said(dense, gravity_panel, rng) -> None:
    bands = Clustered().infer(fit(dense(), gravity_panel(n_treated=2)), "overall", rng)
    assert {m.code for m in bands.messages} >= {"few-treated-clusters"}


def test_simultaneous_intervals_lie_between_pointwise_and_sidak(dense, gravity_panel, rng) -> None:
    bands = Clustered(by=("unit",)).infer(fit(dense(), gravity_panel()), "event", rng)
    free = bands.se > 0
    assert (bands.simultaneous_high[free] > bands.high[free]).all()
    from twintrade.inference.clustering.constant_effect import compute_t_quantile

    sidak = compute_t_quantile((1 + 0.95 ** (1 / free.sum())) / 2, bands.df[0])
    assert bands.facts["critical_value"] <= sidak


def test_a_negative_variance_is_repaired_and_said(dense, gravity_panel, rng) -> None:
    for seed in range(40):
        fitted = fit(dense(), gravity_panel(seed=seed, n_cities=3, n_partners=3, n_treated=3, n_periods=8))
        sandwich = Clustered(by=("city", "partner")).sandwich(fitted, fitted.view("event"))
        if sandwich.negative.any():
            bands = Clustered(by=("city", "partner")).infer(fitted, "event", rng)
            assert np.linalg.eigvalsh(sandwich.covariance).min() > -1e-12
            assert "negative-variance" in {m.code for m in bands.messages}
            return
    pytest.fail("no draw produced a negative variance; make the panel smaller")
