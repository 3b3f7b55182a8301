"""What a design says is heeded: anticipation, weights, rows without an outcome, the transform, covariates."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from chosen_designs import EFFECT, VARIANTS, chosen, fit_chosen, is_refused, names, of

from twintrade.effects import CohortEffects, EventStudy, Influence
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.simulate import OUTCOME

EXACT = 1e-7
"""The same numbers by another route; iterated fits stop at about 1e-9 of them."""

PANEL = [name for name in names() if not ESTIMATORS[name].requires.single_treated_unit]
LINEAR = [name for name in PANEL if not ESTIMATORS[name].requires.nonnegative]


def takes(variant):
    return [name for name in PANEL if not is_refused(name, variant)]


def varied(name, variant, noise=0.5):
    return VARIANTS[variant](chosen(name, noise))


@pytest.mark.parametrize("name", takes("anticipation"))
def test_anticipation_is_kept_out_of_the_comparison(name):
    result = fit(of(name), varied(name, "anticipation", noise=0.0).design())
    assert result.view("overall").effects[0] == pytest.approx(EFFECT, abs=EXACT)
    study = result.view("event")
    expected = np.where(study.event_times >= 0, EFFECT, np.where(study.event_times >= -2, EFFECT / 2, 0.0))
    np.testing.assert_allclose(study.effects, expected, atol=EXACT)


@pytest.mark.parametrize("name", takes("rows left out"))
def test_rows_without_an_outcome_are_as_if_absent_and_listed(name):
    parts = varied(name, "rows left out")
    absent = replace(parts, frame=parts.frame.dropna(subset=[OUTCOME]))
    one, other = fit(of(name), parts.design()), fit(of(name), absent.design())
    np.testing.assert_allclose(one.estimate.effects, other.estimate.effects, atol=EXACT)
    assert one.estimate.sample.n_dropped("missing-outcome") == int(parts.frame[OUTCOME].isna().sum())


def again(unit):
    return "-".join([f"{unit.split('-')[0]} again", *unit.split("-")[1:]])


@pytest.mark.parametrize("name", takes("weights"))
def test_a_unit_that_weighs_two_is_as_good_as_two_units(name):
    parts = varied(name, "weights")
    copies = parts.frame[parts.frame["weight"] == 2]
    frame = pd.concat([parts.frame, copies.assign(city=copies["city"] + " again")], ignore_index=True)
    onsets = pd.concat([parts.onsets, parts.onsets.rename(again)])
    one, other = (
        fit(of(name), parts.design()),
        fit(of(name), replace(parts, frame=frame, onsets=onsets).design(weights=None)),
    )
    for view in ("overall", "path", "event"):
        if view not in one.views:
            continue
        weighted, repeated = one.view(view), other.view(view)
        np.testing.assert_allclose(weighted.effects, repeated.effects, atol=EXACT)


@pytest.mark.parametrize("name", LINEAR)
def test_a_logarithm_is_taken_where_the_design_asks_for_it(name):
    parts = chosen(name, noise=0.5)
    grown = replace(parts, frame=parts.frame.assign(**{OUTCOME: np.exp(parts.frame[OUTCOME])}))
    one, other = fit_chosen(name), fit(of(name), grown.design(transform="log"))
    np.testing.assert_allclose(other.estimate.effects, one.estimate.effects, atol=EXACT)
    assert other.estimate.scale == "log points"


@pytest.mark.parametrize("name", takes("covariates"))
def test_a_covariate_is_conditioned_on(name):
    """Where it moves the outcome and treated units have more of it, leaving it aside gives another answer."""
    parts = VARIANTS["covariates"](chosen(name, noise=0.5))
    given = fit(of(name), parts.design()).view("overall").effects[0]
    aside = fit(of(name), parts.design(covariates=())).view("overall").effects[0]
    assert abs(given - aside) > 0.01


def expected_counts(result, times, cohorts):
    """Count units and rows at each event time, of one cohort where one is named, shape (2, n_effects)."""
    o = result.design.observations
    rows = result.estimate.sample.rows
    if "affected" in result.design.panel.columns:
        rows = rows[result.design.panel.columns["affected"][o.rows[rows]] == 1]
    rows = rows[o.is_ever_treated[o.unit[rows]]]
    cells = [
        rows[(o.event_time[rows] == e) & ((g < 0) | (o.onset[rows] == g))]
        for e, g in zip(times, cohorts, strict=True)
    ]
    return np.array([[np.unique(o.unit[cell]).size for cell in cells], [cell.size for cell in cells]])


@pytest.mark.parametrize("name", PANEL)
def test_counts_are_those_of_the_treated_rows_behind_an_effect(name):
    result = fit_chosen(name)
    study = result.view("event")
    pooled = np.full(study.n_effects, -1)
    expected = expected_counts(result, study.event_times, pooled)
    measured = study.event_times != study.reference
    np.testing.assert_array_equal([study.n_units[measured], study.n_cells[measured]], expected[:, measured])
    overall = result.view("overall")
    o = result.design.observations
    assert overall.n_units[0] == expected[0][study.event_times >= 0].max()
    assert expected[1][study.event_times >= 0].sum() <= overall.n_cells[0] <= o.is_treated.sum()
    if isinstance(result.estimate, CohortEffects):
        cells = result.view("cell")
        np.testing.assert_array_equal(
            [cells.n_units, cells.n_cells], expected_counts(result, cells.event_times, cells.cohorts)
        )


@pytest.mark.parametrize("name", PANEL)
def test_effects_against_a_reference_have_it_among_them(name):
    estimate = fit_chosen(name).estimate
    if not isinstance(estimate, EventStudy | CohortEffects):
        return
    assert (estimate.reference is not None) == (estimate.base == "universal")
    if estimate.reference is None:
        return
    assert estimate.reference == -1
    at = estimate.event_times == estimate.reference
    assert at.any()
    assert (estimate.effects[at] == 0).all()
    if isinstance(estimate.uncertainty, Influence):
        assert (estimate.uncertainty.matrix()[:, at] == 0).all()
