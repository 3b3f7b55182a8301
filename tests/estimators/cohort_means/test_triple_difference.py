"""The third difference where trends differ by cohort, so that no two differences are enough."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna, TripleDifference

EXACT = 1e-10
"""Means in another order."""

EFFECT = 0.8


def frame_of(seed, noise, n_units=60, missing=0.0):
    """Cohorts trend apart, and affected flows trend apart from unaffected ones, but the gap moves alike."""
    rng = np.random.default_rng(seed)
    onset = rng.choice([2003.0, 2005.0, np.inf], n_units)
    affected = (rng.random(n_units) < np.where(onset == 2003, 0.3, 0.6)).astype(float)
    rows = pd.MultiIndex.from_product([range(n_units), range(2000, 2008)], names=["u", "period"]).to_frame(
        index=False
    )
    g, a, t = onset[rows["u"]], affected[rows["u"]], rows["period"].to_numpy() - 2000
    trend = np.select([g == 2003, g == 2005], [0.5, -0.2], 0.1) * t + 0.3 * a * t**1.5
    y = (
        rng.normal(size=n_units)[rows["u"]]
        + trend
        + EFFECT * (a * (rows["period"] >= g))
        + noise * rng.normal(size=t.size)
    )
    kept = rng.random(t.size) >= missing
    rows = rows.assign(unit=rows["u"].map("u{:02d}".format), y=y, affected=a, g=g)
    return rows[kept].reset_index(drop=True)


def design_of(frame, comparison=None, **options):
    panel = Panel.from_frame(frame.drop(columns=["u", "g"]), unit="unit")
    treatment = Treatment.from_series(frame.groupby("unit")["g"].first())
    return Design(panel=panel, treatment=treatment, outcome="y", comparison=comparison or NotYetTreated(), **options)


@pytest.mark.parametrize("comparison", [NeverTreated(), NotYetTreated()], ids=["never", "not yet"])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_the_effect_is_found_though_cohorts_trend_apart(comparison, missing):
    frame = frame_of(1, 0.0, missing=missing)
    estimate = fit(TripleDifference(), design_of(frame, comparison)).estimate
    np.testing.assert_allclose(estimate.effects, np.where(estimate.event_times >= 0, EFFECT, 0.0), atol=EXACT)
    two = fit(CallawaySantAnna(), design_of(frame[frame["affected"] == 1], comparison)).estimate
    assert abs(two.effects[two.event_times >= 0] - EFFECT).max() > 0.5


def test_a_cell_is_the_difference_of_eight_means_averaged_over_comparison_cohorts():
    frame = frame_of(2, 1.0)
    estimate = fit(TripleDifference(), design_of(frame)).estimate
    mean = frame.groupby(["g", "affected", "period"])["y"].mean()
    size = frame.groupby("g")["unit"].nunique()
    at = (estimate.cohorts == 2003) & (estimate.event_times == 1)
    gap = {g: sum(s * (mean[g, a, 2004] - mean[g, a, 2002]) for s, a in ((1, 1), (-1, 0))) for g in size.index}
    others = (size[2005] * gap[2005] + size[np.inf] * gap[np.inf]) / (size[2005] + size[np.inf])
    np.testing.assert_allclose(estimate.effects[at], gap[2003] - others, atol=EXACT)


def test_with_never_treated_comparison_it_is_one_difference_less_another():
    frame = frame_of(3, 1.0)
    both = fit(TripleDifference(), design_of(frame, NeverTreated())).estimate
    parts = [
        fit(CallawaySantAnna(), design_of(frame[frame["affected"] == a], NeverTreated())).estimate for a in (1, 0)
    ]
    np.testing.assert_allclose(both.effects, parts[0].effects - parts[1].effects, atol=EXACT)
    own, other = (p.uncertainty.matrix() for p in parts)
    assert set(both.cohorts) == {2003, 2005}
    n_units = both.uncertainty.units.size
    np.testing.assert_allclose(
        both.uncertainty.cross_product(np.arange(n_units)), own.T @ own + other.T @ other, atol=EXACT
    )


def test_group_moments_equal_unit_rows():
    """One row less than complete sends the same numbers through the rows, but for the unit that lacks it."""
    frame = frame_of(4, 1.0)
    spare = frame[frame["u"] == 0].assign(u=99, unit="u99", g=np.inf, affected=0.0)
    whole = fit(TripleDifference(), design_of(frame)).estimate
    rows = fit(TripleDifference(), design_of(pd.concat([frame, spare.iloc[:1]]))).estimate
    np.testing.assert_allclose(rows.effects, whole.effects, atol=EXACT)
    np.testing.assert_allclose(rows.uncertainty.matrix()[:-1], whole.uncertainty.matrix(), atol=EXACT)
    assert not rows.uncertainty.matrix()[-1].any()


def test_a_cohort_without_unaffected_units_is_named():
    frame = frame_of(5, 1.0)
    frame.loc[frame["g"] == 2005, "affected"] = 1.0
    estimate = fit(TripleDifference(), design_of(frame)).estimate
    assert set(estimate.cohorts[estimate.event_times >= 0]) == {2003}
    lost = next(d for d in estimate.sample.dropped if d.reason == "no-comparison")
    assert "cohort 2005 in period 2006" in lost.names


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.assign(affected=f["affected"] * 2), "must be 0 or 1"),
        (lambda f: f.assign(affected=1.0), "needs both"),
        (lambda f: f.assign(affected=(f["period"] > 2003).astype(float)), "changes within u00"),
        (lambda f: f.drop(columns="affected"), "no column 'affected'"),
    ],
)
def test_a_column_that_splits_nothing_is_refused(spoil, message):
    with pytest.raises(DesignError, match=message):
        fit(TripleDifference(), design_of(spoil(frame_of(6, 1.0))))


def test_no_comparison_with_both_kinds_is_refused():
    frame = frame_of(7, 1.0)
    frame.loc[np.isinf(frame["g"]), "affected"] = 0.0
    with pytest.raises(EstimationError, match=r"never treated \(u\d\d.*\) has no affected unit"):
        fit(TripleDifference(), design_of(frame, NeverTreated()))


def test_estimated_shares_move_the_average_by_affected_units_alone():
    """Units that are never affected have labels too, without an onset, and stand before the others."""
    effects = fit(TripleDifference(), design_of(frame_of(4, 1.0))).estimate
    cohorts = effects.by_cohort()
    size = np.array([effects.cell_weights[effects.cohorts == g][0] for g in (2003, 2005)])
    average = effects.average_of_cohorts()
    own, fixed = effects.cohort_labels[effects.unit_cohorts], cohorts.uncertainty.matrix() @ (size / size.sum())
    moved = np.select([own == 2003, own == 2005], (cohorts.effects - average.effects) / size.sum(), 0.0)
    assert np.isnan(own).any()
    np.testing.assert_allclose(average.uncertainty.matrix()[:, 0], fixed + moved, rtol=EXACT)


def test_periods_two_apart_are_measured_from_the_last_one_before_onset():
    frame = frame_of(6, 1.0)
    apart = frame.assign(period=2 * frame["period"], g=2 * frame["g"])
    one, two = (fit(TripleDifference(), design_of(rows)).estimate for rows in (frame, apart))
    np.testing.assert_allclose(two.effects, one.effects, atol=EXACT)
    assert two.event_times.tolist() == (2 * one.event_times).tolist()
    assert two.reference == 2 * one.reference == -2
