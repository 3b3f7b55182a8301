"""Every fast path by cohort moments against the same estimator on rows, reached by weights that are all one."""

from dataclasses import replace

import numpy as np
from case_tables import loop_over

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.simulate import OUTCOME, simulate

EXACT = 1e-10
"""The same numbers through means and through rows; conjugate gradients stop at 1e-12."""

FAST = {
    "callaway_santanna": {},
    "sun_abraham": {},
    "two_stage": {},
    "imputation": {},
    "etwfe": {},
    "twfe": {},
    "stacked": {},
    "local_projections": {},
    "chaisemartin_dhaultfoeuille": {},
}


def designs(comparison):
    made = simulate(
        np.random.default_rng(17),
        n_cities=45,
        n_periods=11,
        cohorts={2002: 0.1, 2004: 0.25, 2007: 0.2},
        effect=lambda g, e: 0.2 * e + 0.1 * (g - 2002),
    )
    frame = made.panel.to_frame().assign(one=1.0).drop(columns=["unit", "partner"])
    panel = Panel.from_frame(frame, city="city")
    given = {"panel": panel, "treatment": made.treatment, "outcome": OUTCOME, "window": (-2, 3)}
    return (Design(**given, comparison=comparison, weights=w) for w in (None, "one"))


@loop_over("comparison", [NeverTreated(), NotYetTreated()], ids=["never", "not yet"])
@loop_over("name", FAST)
def test_moments_equal_rows(name, comparison):
    fast, slow = (fit(ESTIMATORS[name](), design) for design in designs(comparison))
    assert fast.estimate.names == slow.estimate.names
    np.testing.assert_array_equal(fast.estimate.n_units, slow.estimate.n_units)
    np.testing.assert_array_equal(fast.estimate.n_cells, slow.estimate.n_cells)
    for view in fast.views:
        one, other = fast.view(view), slow.view(view)
        np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
        np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=EXACT)
        for clusters in (np.arange(45), np.arange(45) % 7):
            np.testing.assert_allclose(
                one.uncertainty.cross_product(clusters), other.uncertainty.cross_product(clusters), atol=EXACT
            )
    for key in ("n_untreated_rows", "n_leverage_one", "n_unidentified"):
        assert fast.estimate.sample.statistics.get(key) == slow.estimate.sample.statistics.get(key)


def test_static_two_stage_equals_its_rows():
    two_stage = ESTIMATORS["two_stage"]
    fast, slow = (fit(two_stage("static"), design).estimate for design in designs(NeverTreated()))
    np.testing.assert_allclose(fast.effects, slow.effects, atol=EXACT)
    np.testing.assert_allclose(fast.uncertainty.matrix(), slow.uncertainty.matrix(), atol=EXACT)
    assert (fast.n_units, fast.n_cells) == (slow.n_units, slow.n_cells)


@loop_over("anticipation", [0, 1])
@loop_over(
    "options",
    [
        {"normalized": True},
        {"same_switchers": True, "effects": 3},
        {"singletons": "dropped"},
        {"singletons": "pooled"},
    ],
)
def test_switchers_by_means_equal_switchers_by_rows(options, anticipation):
    """Two cohorts of one unit each, and one of twelve."""
    made = simulate(
        np.random.default_rng(3), n_cities=24, n_periods=9, cohorts={2003: 1 / 24, 2005: 0.5, 2007: 1 / 24}
    )
    panel = replace(made.panel, columns={**made.panel.columns, "one": np.ones(made.panel.n_rows)})
    given = {"panel": panel, "treatment": made.treatment, "outcome": OUTCOME, "window": (-3, 2)}
    given |= {"anticipation": anticipation, "reference": -1 - anticipation}
    estimator = ESTIMATORS["chaisemartin_dhaultfoeuille"](**options)
    fast, slow = (fit(estimator, Design(**given, weights=w)).estimate for w in (None, "one"))
    np.testing.assert_array_equal(fast.event_times, slow.event_times)
    np.testing.assert_array_equal(fast.n_units, slow.n_units)
    np.testing.assert_allclose(fast.effects, slow.effects, atol=EXACT)
    np.testing.assert_allclose(fast.uncertainty.matrix(), slow.uncertainty.matrix(), atol=EXACT)
    np.testing.assert_allclose(fast.overall.effects, slow.overall.effects, atol=EXACT)
    np.testing.assert_allclose(fast.overall.uncertainty.matrix(), slow.overall.uncertainty.matrix(), atol=EXACT)
    assert fast.sample.dropped == slow.sample.dropped
