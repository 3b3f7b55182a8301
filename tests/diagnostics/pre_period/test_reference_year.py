"""The average of the path under every reference, against refits with that reference."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.design import NeverTreated
from twintrade.diagnostics.pre_period import reference_year
from twintrade.diagnostics.pre_period.reference_year import ReferenceYear
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization
from twintrade.simulate import simulate

EXACT = 1e-9
ITERATED = 1e-7


@pytest.fixture(scope="module")
def drawn():
    return simulate(
        np.random.default_rng(61), n_cities=14, n_partners=5, n_periods=9, family="poisson", mean=40.0,
        cohorts={2003: 0.2, 2005: 0.2}, effect=lambda g, e: 0.1 * e,
    )  # fmt: skip


def design_of(drawn, **options):
    return drawn.design(comparison=NeverTreated(), window=(-2, 2), **options)


def checked(estimator, design):
    return ReferenceYear().check(fit(estimator, design), Clustered(), np.random.default_rng(0))


@pytest.mark.parametrize("bins", [False, True])
@pytest.mark.parametrize("name", ["twfe", "ppml"])
def test_every_row_is_the_path_of_a_refit_with_that_reference(drawn, name, bins):
    design = design_of(drawn)
    estimator = ESTIMATORS[name](bins=bins)
    found = checked(estimator, design)
    table = found.table
    references = table["reference"].dropna().astype(int).tolist()
    assert references == [-5, -4, -3, -2, -1]
    assert found.verdict == "cannot tell"  # leads are too imprecise for effects of this size
    assert found.bound > found.tolerance
    for e, effect in zip(references, table["effect"][1:], strict=True):
        again = fit(estimator, replace(design, reference=e))
        assert effect == pytest.approx(again.view("path").effects[0], abs=ITERATED)
        assert table["effect"][0] == pytest.approx(again.view("overall").effects[0], abs=ITERATED)
    assert found.value == pytest.approx(np.ptp(table["effect"][1:]))
    assert set(table["n_rows"]) == {design.observations.is_treated.sum()}


@pytest.mark.parametrize("name", ["sun_abraham", "etwfe"])
def test_cohorts_without_the_reference_leave_the_average(drawn, name):
    """A refit leaves out the rows of a cohort that nobody observes at the reference."""
    design = design_of(drawn)
    found = checked(ESTIMATORS[name](), design).table
    o = design.observations
    for e in (-3, -4):
        again = fit(ESTIMATORS[name](), replace(design, reference=e)).view("path")
        row = found[found["reference"] == e].iloc[0]
        assert row["effect"] == pytest.approx(again.effects[0], abs=EXACT)
        assert row["n_rows"] == again.n_cells[0] <= o.is_treated.sum()
    assert found[found["reference"] == -4]["n_rows"].iloc[0] < o.is_treated.sum()


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("imputation", {}, "not measured against one period"),
        ("twfe", {"shape": "static"}, "not measured against one period"),
        ("ppml", {"measure": "difference"}, "only coefficients"),
        ("twfe", {"second_reference": -4}, "against two periods"),
    ],
)
def test_without_a_reference_it_says_so(drawn, name, options, reason):
    found = checked(ESTIMATORS[name](**options), design_of(drawn))
    assert found.verdict == "cannot tell"
    assert reason in found.sentence


def test_under_randomization_the_joint_test_alone_speaks(drawn, monkeypatch):
    """Draws of the overall effect are no draws of a path, so that none are made."""
    monkeypatch.setattr(
        reference_year.variants, "compare_paired", lambda *_: pytest.fail("the overall effect was drawn")
    )
    fitted = fit(ESTIMATORS["twfe"](), design_of(drawn))
    found = ReferenceYear().check(fitted, Randomization(draws=39, across="units"), np.random.default_rng(0))
    rows = found.table[found.table["group"] == "reference"]
    assert rows["difference"].notna().all()
    assert rows[["low", "high", "difference_low", "difference_high"]].isna().all(axis=None)
    assert found.verdict != "objects" or rows["difference_p"].max() <= 0.05
