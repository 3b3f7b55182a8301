"""Pairs with an agreement of unknown date: the range over what they may be is that of refits."""

from itertools import product

import numpy as np
import pytest

from twintrade.design import Treatment
from twintrade.diagnostics.sensitivity.dates import UndatedPairs, add_units
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.simulate import simulate

TOTALS = Imputation(family="poisson", measure="percent")


def draw(seed, n_undated=2, family="linear"):
    made = simulate(
        np.random.default_rng(seed),
        n_cities=20,
        n_periods=7,
        cohorts={2003: 0.3},
        effect=0.3,
        noise=0.2,
        family=family,
        mean=100.0,
        unit_spread=0.3,
    )
    never = np.flatnonzero(np.isinf(made.treatment.onset))[:n_undated]
    excluded = {str(made.panel.units[k]): "undated" for k in never}
    return made.design(treatment=Treatment(made.panel.units, made.treatment.onset, excluded)), sorted(excluded)


def check(design, estimator):
    fitted = fit(estimator, design)
    return fitted, UndatedPairs().check(fitted, Clustered(by=("unit",)), np.random.default_rng(1))


def estimate(fitted, onsets):
    return float(fitted.refit(add_units(fitted.design, onsets), "overall").view("overall").effects[0])


def assert_nearly_spans(ends, effects):
    """The search holds the effects of others: its ends are refits, and near the farthest of all refits."""
    assert all(np.abs(np.array(effects) - end).min() < 1e-9 * max(1.0, abs(end)) for end in ends)
    assert np.ptp(ends) > 0.85 * np.ptp(effects)


@pytest.mark.parametrize(("estimator", "family"), [(Imputation(), "linear"), (TOTALS, "poisson")])
def test_the_range_is_nearly_that_of_all_refits(estimator, family):
    design, units = draw(4, family=family)
    fitted, finding = check(design, estimator)
    rows = finding.table["effect"].to_numpy()
    assert rows[0] == pytest.approx(estimate(fitted, dict.fromkeys(units, np.inf)), rel=1e-9)
    onsets = [float(t) for t in design.panel.period[design.panel.unit == 0] if t > design.panel.first_period]
    ones = [estimate(fitted, {u: t}) for u in units for t in onsets]
    assert_nearly_spans(rows[1:3], ones)
    both = [
        estimate(fitted, dict(zip(units, some, strict=True)))
        for some in product([np.inf, *onsets], repeat=len(units))
    ]
    assert_nearly_spans(rows[3:], both)
    assert finding.verdict == "informs"


def test_it_says_why_there_is_no_range():
    design, _ = draw(1, n_undated=0)
    assert not check(design, Imputation())[1].is_available
    design, _ = draw(1)
    assert not check(design, TWFE(shape="static"))[1].is_available
