"""Random timing: the efficient comparison against the two differences in differences it contains."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import NeverTreated, NotYetTreated
from twintrade.errors import DesignError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna, StaggeredEfficient
from twintrade.simulate import simulate

EXACT = 1e-10
"""The same means in another order."""


def made(seed=1, **options):
    options = {"n_cities": 60, "n_periods": 9, "cohorts": {2003: 0.2, 2005: 0.3}} | options
    return simulate(np.random.default_rng(seed), **options)


def variance(estimate):
    return np.diag(estimate.uncertainty.cross_product(np.arange(estimate.uncertainty.units.size)))


@pytest.mark.parametrize("comparison", [NeverTreated(), NotYetTreated()])
def test_beta_one_is_callaway_and_santanna(comparison):
    design = made().design(comparison=comparison, window=(-2, 3))
    ours, theirs = fit(StaggeredEfficient("one"), design), fit(CallawaySantAnna(), design)
    np.testing.assert_allclose(ours.estimate.effects, theirs.view("event").effects, atol=EXACT)
    np.testing.assert_allclose(ours.view("overall").effects, theirs.view("overall").effects, atol=EXACT)


def test_headlines_are_the_named_averages():
    design = made().design(comparison=NeverTreated(), window=(-2, 3))
    cells = fit(CallawaySantAnna(), design).estimate
    means = {"simple": cells.average(), "cohort": cells.average_of_cohorts(), "calendar": cells.average_of_periods()}
    for headline, want in means.items():
        got = fit(StaggeredEfficient("one", headline), design).view("overall")
        np.testing.assert_allclose(got.effects, want.effects, atol=EXACT)


def test_no_other_beta_has_a_smaller_variance():
    design = made().design()
    efficient, one = (fit(StaggeredEfficient(b), design) for b in ("efficient", "one"))
    for view in ("event", "overall"):
        assert (variance(efficient.view(view)) <= variance(one.view(view)) + EXACT).all()


def test_the_variance_is_that_of_independent_cohort_means():
    design = made().design(window=(0, 2))
    study = fit(StaggeredEfficient(), design).estimate
    influence = study.uncertainty
    m = influence.moments
    by_hand = np.zeros(study.n_effects)
    for h in range(m.onset.size):
        rows = influence.outcomes[influence.cohort == h]
        # Coefficients are scaled to the sum of squares; undo it to the weight of a cohort's mean.
        weight = influence.coefficients[h] * np.sqrt(m.counts[h] * (m.counts[h] - 1))
        by_hand += np.diag(weight.T @ np.cov(rows.T) @ weight) / m.counts[h]
    np.testing.assert_allclose(variance(study), by_hand, rtol=EXACT)


def test_cohorts_of_one_unit_are_left_out_by_name():
    panel = made(cohorts={2003: 0.2, 2005: 1 / 60})
    lone = str(panel.treatment.units[panel.treatment.onset == 2005][0])
    design = panel.design()
    estimate = fit(StaggeredEfficient(), design).estimate
    dropped = next(d for d in estimate.sample.dropped if d.reason == "single-unit-cohort")
    assert dropped.names == (lone,)
    np.testing.assert_allclose(
        estimate.effects, fit(StaggeredEfficient(), design.without([lone])).estimate.effects, atol=EXACT
    )


def test_counts_are_of_what_enters():
    """Where every unit is treated in the end the last cohort is comparison up to its onset; one unit is no cohort."""
    panel = made(cohorts={2003: 0.25, 2005: 0.4, 2006: 1 / 60, 2007: 20 / 60})
    panel = panel.design().without(list(panel.treatment.units[~np.isfinite(panel.treatment.onset)]))
    onset = panel.onset[np.isin(panel.panel.units, panel.observations.unit_ids)]
    result = fit(StaggeredEfficient(), panel)
    early = int(((onset == 2003) | (onset == 2005)).sum())
    sample, overall, periods = result.estimate.sample, result.view("overall"), result.design.observations.periods
    assert periods.max() == 2006
    assert sample.n_treated_units == overall.n_units[0] == early
    assert sample.n_units == onset.size - (onset == 2006).sum()
    assert sample.n_rows == sample.n_units * periods.size
    assert overall.n_cells[0] == 4 * (onset == 2003).sum() + 2 * (onset == 2005).sum()
    assert result.view("event").n_units.max() == early
    n_lost = sum(d.n_rows for d in sample.dropped if d.reason in ("single-unit-cohort", "after-last-onset"))
    assert sample.n_rows + n_lost == panel.observations.n_rows


def test_gaps_and_covariates_are_refused():
    with pytest.raises(DesignError, match="balanced"):
        fit(StaggeredEfficient(), made(missing=0.1).design())
    with pytest.raises(DesignError, match="takes no covariates"):
        fit(StaggeredEfficient(), made().design(covariates=("x",)))


@pytest.mark.slow
def test_random_timing_is_covered_and_narrower_than_differences():
    """Persistent outcomes with random onsets: both are centered, the efficient one is the tighter."""
    truth, hits, widths = 0.5, [], []
    for seed in range(400):
        design = made(seed, effect=truth, unit_spread=0.5).design()
        fits = [fit(StaggeredEfficient(b), design).view("overall") for b in ("efficient", "one")]
        errors = [float(np.sqrt(variance(f)[0])) for f in fits]
        hits.append([abs(f.effects[0] - truth) < 1.96 * e for f, e in zip(fits, errors, strict=True)])
        widths.append(errors)
    coverage, width = pd.DataFrame(hits).mean(), pd.DataFrame(widths).mean()
    assert (abs(coverage - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 400) + 0.01).all()
    assert width[0] < width[1]
