"""Net regressors of a large regression are kept as what levels took out of them, and are the same columns."""

from dataclasses import replace

import numpy as np
import pytest
from case_tables import loop_over_pairs

from twintrade.design import Design, Panel
from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.numerics.absorption import absorb
from twintrade.numerics.linear import NetColumns, subset_regressions
from twintrade.simulate import OUTCOME, simulate


@pytest.fixture(scope="module")
def gaps() -> Design:
    """A gravity panel with zeros, in which rows are missing, with weights and a covariate."""
    rng = np.random.default_rng(8)
    made = simulate(rng, n_cities=12, n_partners=9, family="poisson", mean=3.0, zeros=0.4, place_spread=0.2)
    frame = made.panel.to_frame().drop(columns="unit")
    frame = frame.assign(x=rng.normal(size=len(frame)), w=rng.integers(1, 4, len(frame)).astype(float))
    frame = frame[rng.random(len(frame)) > 0.05]
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return Design(panel=panel, treatment=made.treatment, outcome=OUTCOME, fixed_effects="gravity", covariates=("x",))


@loop_over_pairs(estimator=[TWFE(), PPML()], weights=[None, "w"], cubes_from=[100, 10**9])
def test_regressors_made_from_levels_are_those_that_the_fit_had(gaps, estimator, weights, cubes_from, monkeypatch):
    monkeypatch.setattr(absorb, "CUBES_FROM", cubes_from)
    design = replace(gaps, weights=weights)
    whole = fit(estimator, design).estimate
    monkeypatch.setattr(subset_regressions, "MOST_DENSE", 0)
    estimate = fit(estimator, design).estimate
    expected, found = whole.uncertainty.regression, estimate.uncertainty.regression
    assert isinstance(found.columns, NetColumns)
    assert isinstance(expected.columns, np.ndarray)
    np.testing.assert_allclose(found.design, expected.columns, atol=1e-10)
    np.testing.assert_allclose(found.row_influence(), expected.row_influence(), atol=1e-10)
    np.testing.assert_allclose(estimate.uncertainty.matrix(), whole.uncertainty.matrix(), atol=1e-10)
    assert isinstance(estimate.overall.uncertainty.regression.columns, np.ndarray)


def test_what_is_kept_of_regressors_is_less_than_they_are(gaps, monkeypatch):
    monkeypatch.setattr(subset_regressions, "MOST_DENSE", 0)
    kept = fit(TWFE(), replace(gaps, covariates=())).estimate.uncertainty.regression.columns
    arrays = [kept.columns.data, kept.columns.indices, *kept.codes, *kept.taken]
    assert sum(array.nbytes for array in arrays) < 0.5 * kept.dense().nbytes
