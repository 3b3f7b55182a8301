"""Roth-Sant'Anna and its two differences in differences against R's staggered 1.2.3."""

import numpy as np
import pandas as pd
from case_tables import loop_over
from reference_results import read_data, read_results

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import StaggeredEfficient, compute_loadings
from twintrade.estimators.cohort_means.group_time import GroupTime
from twintrade.estimators.cohort_means.wide import widen
from twintrade.numerics.comparisons.moments import adjust_estimates, compute_cohort_moments

CLOSED_FORM = 1e-8
"""Means and covariances of five periods in both programs."""


def design_of(comparison=None):
    frame = read_data("mpdta")
    panel = Panel.from_frame(frame, unit="countyreal", period="year")
    onsets = frame.groupby("countyreal")["first.treat"].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    return Design(
        panel=panel,
        treatment=Treatment.from_series(onsets),
        outcome="lemp",
        window=(-2, 2),
        comparison=comparison or NotYetTreated(),
    )


def neyman(estimate):
    return np.sqrt(np.diag(estimate.uncertainty.cross_product(np.arange(estimate.uncertainty.units.size))))


VARIANTS = {
    "simple": (StaggeredEfficient(), NotYetTreated()),
    "cohort": (StaggeredEfficient(headline="cohort"), NotYetTreated()),
    "cs_simple": (StaggeredEfficient("one"), NotYetTreated()),
    "cs_cohort": (StaggeredEfficient("one", "cohort"), NotYetTreated()),
    "sa_simple": (StaggeredEfficient("one"), NeverTreated()),
    "sa_cohort": (StaggeredEfficient("one", "cohort"), NeverTreated()),
}


@loop_over("name", VARIANTS)
def test_headlines_and_both_errors_equal_staggered(name):
    estimator, comparison = VARIANTS[name]
    overall = fit(estimator, design_of(comparison)).view("overall")
    expected = read_results("staggered", f"mpdta_staggered_{name}")
    np.testing.assert_allclose(overall.effects, expected["estimate"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(neyman(overall), expected["se_neyman"], rtol=CLOSED_FORM)
    reduced = np.sqrt(neyman(overall) ** 2 - overall.sample.statistics["timing_reduction"])
    np.testing.assert_allclose(reduced, expected["se"], rtol=CLOSED_FORM)


def test_event_times_equal_staggered():
    study = fit(StaggeredEfficient(), design_of()).estimate
    expected = pd.DataFrame(read_results("staggered", "mpdta_staggered_eventtime")).set_index("eventTime")
    assert study.event_times.tolist() == expected.index.tolist()
    same = study.event_times >= -1
    np.testing.assert_allclose(study.effects[same], expected["estimate"][same], rtol=CLOSED_FORM, atol=1e-12)
    np.testing.assert_allclose(neyman(study)[same], expected["se_neyman"][same], rtol=CLOSED_FORM)


def test_staggered_counts_a_cohort_that_is_not_observed_before_onset():
    """Its two periods before: the cohort of 2004 has no outcome then, but a share, and a place in the adjustment."""
    wide = widen(design_of().observations)
    m = compute_cohort_moments(wide.outcomes, wide.cohort, wide.onset, wide.periods)
    plan, shares = [], []
    for g in range(3):
        at, base = (int(np.searchsorted(m.periods, m.onset[g] - k)) for k in (2, 1))
        later = m.onset > m.onset[g]
        plan += [GroupTime(g, at, base, later, False)]
        shares += [m.counts[g] / m.counts[:3].sum()]
    raw, before = compute_loadings(m, plan, np.array(shares)[:, None])
    unseen, _ = compute_loadings(m, plan[:1], np.array(shares[:1])[:, None])
    effects, coefficients = adjust_estimates(m, raw - unseen, before, None, np.array([False]))
    error = np.sqrt(np.einsum("gtk,gts,gsk->k", coefficients, m.scatter, coefficients))
    expected = read_results("staggered", "mpdta_staggered_eventtime")
    np.testing.assert_allclose(effects, expected["estimate"][0], rtol=CLOSED_FORM)
    np.testing.assert_allclose(error, expected["se_neyman"][0], rtol=CLOSED_FORM)
