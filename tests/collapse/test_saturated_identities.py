"""Where saturated regressions, group-time effects and imputation must be one (identities a, b and c)."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.sun_abraham import SunAbraham
from twintrade.simulate import OUTCOME, simulate

EXACT = 1e-9
"""Closed forms and conjugate gradients stopped at 1e-12."""

ITERATED = 1e-8
"""Two Poisson fits, each stopped at 1e-13 of its linear predictor."""


def cells(result, after_only=True):
    estimate = result.estimate
    table = pd.Series(estimate.effects, index=[estimate.cohorts, estimate.event_times]).sort_index()
    return table[table.index.get_level_values(1) >= 0] if after_only else table


def influence(result):
    overall = result.view("overall").uncertainty
    return pd.Series(overall.matrix()[:, 0], index=overall.units)


def test_never_treated_etwfe_callaway_santanna_and_sun_abraham_are_one():
    made = simulate(np.random.default_rng(81), n_cities=40, n_periods=9, effect=lambda g, e: 0.3 * e)
    design = made.design(comparison=NeverTreated(), window=(-20, 20))
    saturated, group_time, interacted = (fit(e, design) for e in (ETWFE(), CallawaySantAnna(), SunAbraham()))
    want = cells(saturated, after_only=False)
    np.testing.assert_allclose(cells(interacted, after_only=False)[want.index], want, atol=EXACT)
    np.testing.assert_allclose(cells(group_time, after_only=False)[want.index], want, atol=EXACT)
    np.testing.assert_allclose(influence(interacted), influence(saturated), atol=EXACT)


PANELS = {
    "two-way": {"n_cities": 30, "n_periods": 9, "missing": 0.15},
    "gravity": {"n_cities": 8, "n_partners": 7, "n_periods": 9, "place_spread": 0.4, "missing": 0.1},
}


@pytest.mark.parametrize(("effects", "missing"), [("two_way", 0.0), (("cohort", "period"), 0.2)])
def test_not_yet_treated_linear_etwfe_is_imputation(effects, missing):
    """With unit effects on a balanced panel; with cohort effects on any."""
    options = {"n_cities": 40, "n_periods": 9, "missing": missing}
    made = simulate(np.random.default_rng(82), effect=lambda g, e: 0.3 * e, **options)
    design = made.design(comparison=NotYetTreated(), fixed_effects=effects)
    saturated, imputed = fit(ETWFE(), design), fit(Imputation(), design)
    np.testing.assert_allclose(cells(saturated), cells(imputed)[cells(saturated).index], atol=EXACT)
    assert len(cells(saturated)) == len(cells(imputed))
    np.testing.assert_allclose(influence(saturated), influence(imputed), atol=EXACT)


def test_with_gaps_a_unit_effect_also_learns_from_treated_rows_in_etwfe():
    made = simulate(np.random.default_rng(82), effect=lambda g, e: 0.3 * e, **PANELS["two-way"])
    saturated, imputed = fit(ETWFE(), made.design()), fit(Imputation(), made.design())
    assert (cells(saturated) - cells(imputed)[cells(saturated).index]).abs().max() > 1e-3


def poisson_design(kind):
    made = simulate(
        np.random.default_rng(83), family="poisson", mean=8.0, effect=lambda g, e: 0.1 * e, **PANELS[kind]
    )
    frame = made.panel.to_frame().drop(columns="unit")
    keys = {"city": "city", "partner": "partner"} if kind == "gravity" else {"city": "city"}
    panel = Panel.from_frame(frame, **keys)
    options = {"fixed_effects": "gravity"} if kind == "gravity" else {"fixed_effects": ("cohort", "period")}
    return Design(panel=panel, treatment=made.treatment, outcome=OUTCOME, **options)


def test_poisson_etwfe_with_cohort_and_period_effects_is_poisson_imputation():
    design = poisson_design("two-way")
    saturated, imputed = fit(ETWFE(family="poisson"), design), fit(Imputation(family="poisson"), design)
    np.testing.assert_allclose(cells(saturated), cells(imputed)[cells(saturated).index], atol=ITERATED)
    for view in ("event", "cohort", "calendar"):
        saturated_by, imputed_by = (after_onset(result, view) for result in (saturated, imputed))
        assert saturated_by.size > 0
        assert [*saturated_by] == [*imputed_by]
        np.testing.assert_allclose(saturated_by, imputed_by, atol=ITERATED)


def after_onset(result, view):
    """Influence of effects after the agreement, which average cells alike under both; overall effects do not."""
    estimate = result.view(view)
    table = pd.DataFrame(estimate.uncertainty.matrix(), estimate.uncertainty.units, estimate.names)
    return table.loc[:, [not str(name).startswith("−") and not str(name).startswith("-") for name in table]]


def test_poisson_etwfe_is_not_imputation_once_city_period_effects_enter():
    design = poisson_design("gravity")
    saturated, imputed = fit(ETWFE(family="poisson"), design), fit(Imputation(family="poisson"), design)
    gap = cells(saturated) - cells(imputed)[cells(saturated).index]
    assert gap.abs().max() > 1e-3


@pytest.mark.parametrize("measure", ["coefficient", "percent"])
def test_poisson_influence_agrees_with_leaving_one_unit_out(measure):
    """Within 15 %, for every second unit: the delta method and deletion differ in the order of one over their number.

    Differences of outcomes hold the sample fixed, as R's emfx does; which units are drawn is no part of their error.
    """
    options = {"n_cities": 80, "family": "poisson", "mean": 30.0, "unit_spread": 0.5, "noise": 0.3}
    design = simulate(np.random.default_rng(84), covariate=0.1, **options).design(covariates=("x",))
    estimator = ETWFE(family="poisson", measure=measure)
    result = fit(estimator, design)
    units = design.observations.unit_ids[::2]
    error = np.sqrt((influence(result).reindex(units, fill_value=0.0) ** 2).sum())
    left = np.array([fit(estimator, design.without([u]), ("overall",)).view("overall").effects[0] for u in units])
    assert error == pytest.approx(np.sqrt(((left - result.view("overall").effects[0]) ** 2).sum()), rel=0.15)


def test_percent_of_all_treated_rows_is_the_ratio_of_totals():
    design = poisson_design("gravity")
    result = fit(ETWFE(family="poisson", measure="percent"), design)
    difference = fit(ETWFE(family="poisson", measure="difference"), design).view("overall")
    o = design.observations
    total = o.y[o.is_treated].sum()
    gain = difference.effects[0] * difference.n_cells[0]
    assert result.view("overall").effects[0] == pytest.approx(100 * gain / (total - gain), rel=ITERATED)


def test_cells_without_comparison_are_listed():
    made = simulate(np.random.default_rng(85), n_cities=20, cohorts={2004: 0.5, 2007: 0.5})
    estimate = fit(ETWFE(), made.design()).estimate
    lost = next(d for d in estimate.sample.dropped if d.reason == "not-identified")
    assert set(lost.names) == {
        *(f"cohort 2004, event time {e:+d}" for e in (3, 4, 5)),
        *(f"cohort 2007, event time {e:+d}" for e in (0, 1, 2)),
    }
    assert set(estimate.cohorts) == {2004}
