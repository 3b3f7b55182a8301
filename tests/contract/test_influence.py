"""Influence is what leaving out a unit does, and its rows are those of the design that was estimated."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from chosen_designs import OPTIONS, VARIANTS, is_refused, names, of, varied

from twintrade.effects import Influence
from twintrade.errors import DesignError
from twintrade.estimators.base import ESTIMATORS, Fit, fit

NOISE = 0.3

EXACT = 1e-9
"""The same sums in another order."""

CORRELATION, SLOPE = 0.95, 0.12
"""Influence and leaving out differ in the order of 1/n; every fault that was planted differs by more."""

SHARE = 0.2
"""Of the units, drawn once, that are left out in turn: enough for every planted fault to be told."""

PANEL = [name for name in names() if not ESTIMATORS[name].requires.single_treated_unit]
METHODS = [*((name, {}) for name in PANEL), *OPTIONS]
CASES = [
    pytest.param(name, options, variant, id="-".join([name, *map(str, options.values()), variant]))
    for variant in VARIANTS
    for name, options in METHODS
    if ESTIMATORS[name].requires.has_influence and not is_refused(name, variant)
]

NAMES = list(dict.fromkeys(case.values[0] for case in CASES))


def is_its_turn(name: str, options: dict[str, object], variant: str) -> bool:
    return variant == "as it is" or (METHODS.index((name, options)) + list(VARIANTS).index(variant)) % 2 == 0


LEFT_OUT = [
    pytest.param(*case.values, id=case.id, marks=[] if is_its_turn(*case.values) else pytest.mark.slow)
    for case in CASES
    if not ESTIMATORS[case.values[0]].requires.dyadic and case.values[2] != "covariates"
]
"""Every method as it is and on every second variant, the others on the slow side. Not small dyadic panels, where the
sandwich is too small (Weidner and Zylkin 2021); and not with covariates, where cells of a few units have a propensity
score or slopes of their own, which one unit may turn."""


def list_settings(name: str, cases: list = CASES) -> list[tuple[dict[str, object], str]]:
    """Return options and variants of a method, for tests that loop over them."""
    return [case.values[1:] for case in cases if case.values[0] == name]


def fit_once(name: str, options: tuple[tuple[str, object], ...], variant: str) -> Fit:
    """Return the fit of a method to a varied design, the same object for every test that only reads it."""
    return _fit_once(ESTIMATORS[name], name, options, variant)


@cache
def _fit_once(kind: type, name: str, options: tuple[tuple[str, object], ...], variant: str) -> Fit:
    assert ESTIMATORS[name] is kind  # another test may put a class with a fault in its place
    return fit(of(name, **dict(options)), varied(name, dict(options), variant, NOISE))


def unit_influence(estimate, units):
    """Influence of each of the given units, zero for those that have none, shape (n_units, n_effects)."""
    assert isinstance(estimate.uncertainty, Influence)
    held = pd.DataFrame(estimate.uncertainty.matrix(), index=estimate.uncertainty.units)
    assert held.index.isin(units).all()
    return held.reindex(units).fillna(0.0).to_numpy()


def compared(result, variant):
    """List which effects are compared, as the view and the position in it: averages, and one event time of many."""
    found = [(view, 0) for view in ("overall", "path") if view in result.views]
    if variant == "as it is" and "event" in result.views:
        found.append(("event", result.view("event").names.index("+1")))
    return found


@pytest.mark.parametrize(("name", "options", "variant"), LEFT_OUT)
def test_influence_is_what_leaving_a_unit_out_does(name, options, variant):
    result = fit_once(name, tuple(options.items()), variant)
    units = result.design.observations.unit_ids
    chosen = np.random.default_rng(6).permutation(units.size)[: int(SHARE * units.size)]
    views = {view for view, _ in compared(result, variant)}
    refits = [result.refit(result.design.without([units[k]]), *views) for k in chosen]
    for view, k in compared(result, variant):
        full = result.view(view)
        without = [again.view(view).effects[again.view(view).names.index(full.names[k])] for again in refits]
        moved = (units.size - 1) / units.size * (full.effects[k] - np.array(without))
        influence = unit_influence(full, units)[chosen, k]
        assert np.corrcoef(moved, influence)[0, 1] > CORRELATION, view
        assert np.polyfit(moved, influence, 1)[0] == pytest.approx(1, abs=SLOPE), view


@pytest.mark.parametrize(("name", "options", "variant"), CASES)
def test_rows_are_those_of_the_design_that_was_estimated(name, options, variant):
    result = fit_once(name, tuple(options.items()), variant)
    o, sample = result.design.observations, result.estimate.sample
    assert (np.diff(sample.rows) > 0).all()
    assert 0 <= sample.rows[0] <= sample.rows[-1] < o.n_rows
    assert sample.n_units == np.unique(o.unit[sample.rows]).size
    for view in result.views:
        estimate = result.view(view)
        by_unit = unit_influence(estimate, o.unit_ids)
        source = estimate.uncertainty.regression
        if source is None:
            continue
        assert np.isin(source.rows, sample.rows).all()
        summed = np.zeros_like(by_unit)
        np.add.at(summed, o.unit[source.rows], source.row_influence())
        np.testing.assert_allclose(summed, by_unit, rtol=EXACT, atol=EXACT * np.abs(by_unit).max())


@pytest.mark.parametrize(("name", "variant"), [(n, v) for n in PANEL for v in VARIANTS if is_refused(n, v)])
def test_a_variant_that_is_not_tested_is_refused(name, variant):
    with pytest.raises(DesignError, match=f"{name} cannot run on this design: .{{20}}"):
        fit(of(name), varied(name, {}, variant, NOISE))
