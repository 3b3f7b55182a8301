"""Cells given covariates or under weights: one fit for many cells against one regression and logit per cell."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.design import NeverTreated, NotYetTreated
from twintrade.effects import BlockInfluence, UnitInfluence
from twintrade.errors import DesignError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.cohort_means.group_time import iterate_cells, select_identified
from twintrade.estimators.cohort_means.triple_conditional import estimate_conditional_cells
from twintrade.estimators.cohort_means.wide import widen
from twintrade.numerics.comparisons.two_period import PANEL_ONLY, Method, estimate_change_effect
from twintrade.simulate import OUTCOME, simulate

# Sums of a hundred units in another order.
TWIN = 1e-10
KINDS = ("fixed", "varying", "weighted", "gaps")
COHORTS = {2003: 0.2, 2005: 0.2, 2009: 0.2}


def wide_of(kind, comparison):
    """Lay out 200 units whose covariate is fixed or varies, with weights, or with a fifth of the rows missing."""
    rng = np.random.default_rng(8)
    simulated = simulate(rng, n_cities=200, n_periods=12, cohorts=COHORTS, missing=0.2 if kind == "gaps" else 0.0)
    panel = simulated.panel
    fixed = rng.normal(size=panel.n_units)[panel.unit]
    x = fixed if kind == "fixed" else fixed + 0.3 * rng.normal(size=panel.n_rows)
    frame = panel.to_frame().assign(x=x, size=rng.uniform(0.5, 2.0, panel.n_rows))
    held = type(panel).from_frame(frame, unit="unit", period="period")
    options = {"weights": "size"} if kind == "weighted" else {}
    design = simulated.design(comparison=comparison)
    return replace(design, panel=held, covariates=("x",), outcome=OUTCOME, **options)


def one_by_one(wide, plan, method):
    """Fit every cell for itself, and write its influence into a column of its own."""
    effects, values = np.zeros(len(plan)), np.zeros((wide.unit_ids.size, len(plan)))
    for k, cell in enumerate(plan):
        if cell.is_reference:
            continue
        change = wide.outcomes[:, cell.at] - wide.outcomes[:, cell.base]
        units = np.flatnonzero(((wide.cohort == cell.cohort) | cell.comparison[wide.cohort]) & ~np.isnan(change))
        x = np.column_stack([np.ones(units.size), wide.covariates[units, cell.base]])
        weights = np.ones(units.size) if wide.weights is None else wide.weights[units, cell.base]
        treated = (wide.cohort[units] == cell.cohort).astype(float)
        found = estimate_change_effect(change[units], treated, x, weights, method)
        effects[k], values[units, k] = found.effect, found.influence
    return effects, values


@pytest.mark.parametrize("is_other_half", [False, pytest.param(True, marks=pytest.mark.slow)])
@loop_over("method", get_args(Method))
@loop_over("kind", KINDS)
def test_cells_fitted_together_equal_cells_fitted_alone(kind, method, is_other_half) -> None:
    turn = 1 if (KINDS.index(kind) + get_args(Method).index(method) + is_other_half) % 2 else -1
    for comparison, base in zip((NeverTreated(), NotYetTreated()), ("universal", "varying")[::turn], strict=True):
        wide = widen(wide_of(kind, comparison).observations)
        plan, _ = select_identified(list(iterate_cells(wide, base, 0, comparison)), wide)
        found = estimate_conditional_cells(wide, plan, method)
        assert list(found.kept) == plan
        effects, values = one_by_one(wide, plan, method)
        assert np.abs(found.effects - effects).max() < TWIN
        assert np.abs(found.influence.matrix() - values).max() < TWIN
        if isinstance(comparison, NeverTreated):
            assert (len(found.influence.blocks) > 1) == (kind != "gaps")


@pytest.mark.parametrize("method", PANEL_ONLY)
def test_forms_for_changes_of_units_refuse_repeated_cross_sections(method) -> None:
    with pytest.raises(DesignError, match="set rows = 'panel'"):
        fit(CallawaySantAnna(method=method, rows="cross_sections"), wide_of("fixed", NeverTreated()))


@pytest.mark.parametrize("method", PANEL_ONLY)
def test_without_covariates_every_form_is_the_difference_of_means(method) -> None:
    design = replace(wide_of("weighted", NotYetTreated()), covariates=())
    other, usual = (fit(CallawaySantAnna(method=m), design).view("event") for m in (method, "doubly_robust"))
    assert np.abs(other.effects - usual.effects).max() < TWIN
    assert np.abs(other.uncertainty.matrix() - usual.uncertainty.matrix()).max() < TWIN


@pytest.mark.parametrize("view", ["event", "overall", "cohort", "calendar"])
def test_averages_of_blocks_equal_averages_of_the_matrix(view) -> None:
    result = fit(CallawaySantAnna(), wide_of("fixed", NeverTreated()))
    held = result.estimate
    assert isinstance(held.uncertainty, BlockInfluence)
    dense = replace(
        result, estimate=replace(held, uncertainty=UnitInfluence(held.uncertainty.units, held.uncertainty.matrix()))
    )
    fast, slow = result.view(view).uncertainty, dense.view(view).uncertainty
    assert np.abs(fast.matrix() - slow.matrix()).max() < TWIN
    for clusters in (np.arange(200), np.arange(200) // 7):
        assert np.abs(fast.cross_product(clusters) - slow.cross_product(clusters)).max() < TWIN


def test_blocks_put_together_piece_by_piece(monkeypatch) -> None:
    """Pieces of 16 units, whose bounds fall within blocks, give what one piece gives; so do shares of averages."""
    study = fit(CallawaySantAnna(), wide_of("fixed", NeverTreated())).view("event").uncertainty
    whole, product_ = study.matrix(), study.cross_product(np.arange(200))
    monkeypatch.setattr("twintrade.effects.uncertainty.UNITS_AT_ONCE", 16)
    assert np.abs(study.matrix() - whole).max() < TWIN
    assert np.abs(study.cross_product(np.arange(200)) - product_).max() < TWIN
    weights = np.random.default_rng(1).normal(size=(study.n_effects, 2))
    assert np.abs(study.combined(weights).matrix() - whole @ weights).max() < TWIN
