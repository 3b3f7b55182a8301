"""Panels with gaps summed by cohort and missing pattern, against the same estimators on the rows themselves."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.effects import CohortEffects
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille
from twintrade.estimators.cohort_means import group_time
from twintrade.estimators.imputation import TwoStage
from twintrade.estimators.local_projections import LocalProjections
from twintrade.estimators.sun_abraham import Stacked
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.wild import Wild

EXACT = 1e-10
"""The same least squares from sums and from rows."""

METHODS = {
    "callaway_santanna": CallawaySantAnna(),
    "callaway_santanna, varying": CallawaySantAnna(base="varying"),
    "sun_abraham": ESTIMATORS["sun_abraham"](),
    "two_stage": TwoStage(),
    "two_stage, static": TwoStage("static"),
    "imputation": ESTIMATORS["imputation"](),
    "etwfe": ESTIMATORS["etwfe"](),
    "twfe": TWFE(),
    "twfe, static": TWFE("static"),
    "chaisemartin_dhaultfoeuille": ChaisemartinDHaultfoeuille(),
    "chaisemartin_dhaultfoeuille, normalized": ChaisemartinDHaultfoeuille(normalized=True, singletons="dropped"),
    "local_projections": LocalProjections(),
    "local_projections, equal": LocalProjections("equal"),
    "local_projections, mean": LocalProjections(base="mean"),
    "local_projections, mean, equal": LocalProjections("equal", base="mean"),
    "stacked": Stacked(trimmed=False),
    "stacked, variance": Stacked(weights="variance", trimmed=False),
}


def entering_and_leaving(comparison=None, never=0.4, seed=1, **options):
    """400 cities of which some are observed late, some not to the end, and some miss a census in between."""
    rng = np.random.default_rng(seed)
    rows, n = [], 400
    onset = np.where(rng.random(n) < never, np.inf, rng.choice([2004.0, 2006.0, 2007.0], n))
    first, last = rng.choice([2000, 2000, 2001], n), rng.choice([2009, 2009, 2008], n)
    gap = rng.choice([0, 0, 2003], n)
    for u in range(n):
        for t in range(2000, 2010):
            if first[u] <= t <= last[u] and t != gap[u]:
                effect = (t >= onset[u]) * (1 + 0.2 * (t - onset[u])) if np.isfinite(onset[u]) else 0.0
                rows.append((f"c{u:03d}", t, 20 + u / 40 + 0.1 * t + effect + rng.normal()))
    frame = pd.DataFrame(rows, columns=["unit", "t", "y"])
    frame["region"] = "r" + (frame["unit"].str[1:].astype(int) % 17).astype(str)
    panel = Panel.from_frame(frame, unit="unit", period="t", city="region")
    given = {"window": (-20, 20), "comparison": comparison or NeverTreated()} | options
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="y", **given)


def on_rows(monkeypatch, estimator, design):
    with monkeypatch.context() as patch:
        patch.setattr(group_time, "group_by_pattern", lambda *_: None)
        result = fit(estimator, design)
    assert not isinstance(result.estimate.uncertainty, CohortInfluence)
    return result


@loop_over("comparison", [NeverTreated(), NotYetTreated()])
@loop_over("key", METHODS)
def test_sums_by_pattern_equal_the_rows(monkeypatch, key, comparison):
    design = entering_and_leaving(comparison)
    fast, slow = fit(METHODS[key], design), on_rows(monkeypatch, METHODS[key], design)
    assert isinstance(fast.estimate.uncertainty, CohortInfluence)
    for view in fast.views:
        one, other = fast.view(view), slow.view(view)
        assert one.names == other.names
        np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
        matrix = other.uncertainty.matrix()
        np.testing.assert_allclose(one.uncertainty.matrix(), matrix, atol=EXACT)
        clusters = np.arange(matrix.shape[0])
        np.testing.assert_allclose(one.uncertainty.cross_product(clusters), matrix.T @ matrix, atol=EXACT)
        regions = design.observations.unit_clusters("city")
        sums = pd.DataFrame(matrix).groupby(regions).sum().to_numpy()
        np.testing.assert_allclose(one.uncertainty.cluster_sums(regions), sums, atol=EXACT)
        assert one.n_units.tolist() == other.n_units.tolist()
        assert one.n_cells.tolist() == other.n_cells.tolist()
    if isinstance(fast.estimate, CohortEffects):
        np.testing.assert_allclose(fast.estimate.cell_weights, slow.estimate.cell_weights)
    ours, theirs = fast.estimate.sample, slow.estimate.sample
    assert (ours.n_rows, ours.n_units, ours.n_slopes) == (theirs.n_rows, theirs.n_units, theirs.n_slopes)
    assert ours.dropped == theirs.dropped
    for name, value in theirs.statistics.items():
        assert ours.statistics.get(name, value) == pytest.approx(value, abs=EXACT), name


@pytest.mark.parametrize("anticipation", [0, 1])
def test_the_same_switchers_at_every_horizon(monkeypatch, anticipation):
    """Groups that miss a horizon leave the others as well, as their units do one by one."""
    options = {"window": (-3, 2), "anticipation": anticipation, "reference": -1 - anticipation}
    design = entering_and_leaving(NotYetTreated(), **options)
    every, same = (
        ChaisemartinDHaultfoeuille(same_switchers=s, effects=3, placebos=2 - anticipation) for s in (False, True)
    )
    fast, slow = fit(same, design), on_rows(monkeypatch, same, design)
    assert isinstance(fast.estimate.uncertainty, CohortInfluence)
    np.testing.assert_allclose(fast.estimate.effects, slow.estimate.effects, atol=EXACT)
    np.testing.assert_allclose(fast.estimate.uncertainty.matrix(), slow.estimate.uncertainty.matrix(), atol=EXACT)
    assert fast.estimate.sample.dropped == slow.estimate.sample.dropped
    assert fast.estimate.n_units.tolist() == slow.estimate.n_units.tolist()
    assert fast.estimate.n_units.max() < fit(every, design).estimate.n_units.max()


@pytest.mark.parametrize("key", ["sun_abraham", "etwfe", "twfe", "twfe, static"])
def test_the_regression_on_rows_is_handed_on(monkeypatch, key):
    design = entering_and_leaving(NotYetTreated())
    fast, slow = fit(METHODS[key], design), on_rows(monkeypatch, METHODS[key], design)
    one, other = (f.view("overall").uncertainty.regression for f in (fast, slow))
    np.testing.assert_allclose(one.row_influence(), other.row_influence(), atol=EXACT)
    np.testing.assert_allclose(one.residuals, other.residuals, atol=EXACT)
    for inference in (Clustered(by=("period",)), Clustered(by=("unit", "period")), Wild(draws=99)):
        ours, theirs = (inference.infer(f, "overall", np.random.default_rng(5)) for f in (fast, slow))
        np.testing.assert_allclose(ours.p, theirs.p, rtol=1e-7)
        np.testing.assert_allclose(ours.low, theirs.low, rtol=1e-7)


def test_without_never_treated_units(monkeypatch):
    design = entering_and_leaving(NotYetTreated(), never=0.0)
    for key in ("callaway_santanna", "sun_abraham", "two_stage", "imputation", "etwfe"):
        fast, slow = fit(METHODS[key], design), on_rows(monkeypatch, METHODS[key], design)
        np.testing.assert_allclose(fast.view("event").effects, slow.view("event").effects, atol=EXACT)
        assert fast.estimate.sample.dropped == slow.estimate.sample.dropped


def test_patterns_that_hardly_repeat_are_left_to_the_rows():
    design = entering_and_leaving()
    holes = np.random.default_rng(2).random(design.panel.n_rows) < 0.1
    result = fit(TWFE(), design.restricted(~holes))
    assert not isinstance(result.estimate.uncertainty, CohortInfluence)


@pytest.mark.parametrize("base", ["universal", "varying"])
def test_a_small_panel_is_summed_where_hardly_two_units_miss_the_same_periods(monkeypatch, base):
    """Cell by cell, each with a propensity of its own, forty units took four times the time."""
    design = entering_and_leaving(NotYetTreated())
    kept = np.random.default_rng(2).random(design.panel.n_rows) >= 0.1
    few, estimator = design.restricted(kept & (design.panel.unit < 40)), CallawaySantAnna(base=base)
    fast, slow = fit(estimator, few), on_rows(monkeypatch, estimator, few)
    assert isinstance(fast.estimate.uncertainty, CohortInfluence)
    for view in fast.views:
        one, other = fast.view(view), slow.view(view)
        assert one.names == other.names
        np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
        np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=EXACT)
        assert one.n_units.tolist() == other.n_units.tolist()
    assert fast.estimate.sample.dropped == slow.estimate.sample.dropped
    for by in ("unit", "city"):
        ours, theirs = (Clustered(by=(by,)).infer(f, "overall", np.random.default_rng(5)) for f in (fast, slow))
        np.testing.assert_allclose(ours.se, theirs.se, rtol=1e-9)


def test_a_unit_observed_once_leaves_the_average_of_a_panel_summed_by_pattern(monkeypatch):
    """It counts in no cohort's size: neither does its group."""
    design, name = entering_and_leaving(NotYetTreated()), "c001"
    unit = int(np.flatnonzero(design.panel.units == name)[0])
    once = design.restricted((design.panel.unit != unit) | (design.panel.period == 2005))
    fast, slow = fit(CallawaySantAnna(), once), on_rows(monkeypatch, CallawaySantAnna(), once)
    assert isinstance(fast.estimate.uncertainty, CohortInfluence)
    gone = fit(CallawaySantAnna(), design.without([name])).view("overall")
    for view in fast.views:
        one, other = fast.view(view), slow.view(view)
        np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
        np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=EXACT)
    assert fast.view("overall").effects == pytest.approx(gone.effects, abs=EXACT)
