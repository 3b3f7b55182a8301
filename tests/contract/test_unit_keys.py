"""Leaving units out, and naming them, under keys that are numbers: the same as under text."""

import numpy as np
import pandas as pd
import pytest

import twintrade as tt
from twintrade.errors import DesignError

CHECKS = ("leave_one_out", "influence", "heterogeneity", "hidden_agreements", "power", "pooled_cases", "estimators")


def _fit(label, **options):
    """30 units, 8 of them treated, one by itself, and unit 0 with an effect of 3."""
    rng = np.random.default_rng(4)
    frame = pd.MultiIndex.from_product([range(30), range(2001, 2011)], names=["id", "year"]).to_frame(index=False)
    onset = dict.fromkeys(range(7), 2006.0) | {7: 2008.0}
    after = frame["year"] >= frame["id"].map(onset).fillna(np.inf)
    frame["y"] = (
        rng.normal(size=30)[frame["id"]] + 0.4 * rng.normal(size=300) + after * (0.2 + 2.8 * (frame["id"] == 0))
    )
    frame["group"] = np.where(frame["id"] % 2, "odd", "even")
    panel = tt.panel(frame.assign(id=frame["id"].map(label)), unit="id")
    design = tt.compare(panel, {label(k): g for k, g in onset.items()}, "y", window=(-3, 3))
    return tt.fit("imputation", design, **options)


@pytest.fixture(scope="module")
def numbers():
    return _fit(int)


@pytest.fixture(scope="module")
def texts():
    return _fit("{:02d}".format)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_says_the_same_of_units_that_are_numbers(numbers, texts, name) -> None:
    options = {"by": "group"} if name == "heterogeneity" else {}
    ours, theirs = (tt.check(fit, name, "clustered", **options) for fit in (numbers, texts))
    assert theirs.is_available
    assert (ours.verdict, ours.reason) == (theirs.verdict, theirs.reason)
    np.testing.assert_array_equal([ours.value, ours.p, ours.detectable], [theirs.value, theirs.p, theirs.detectable])


def test_the_jackknife_says_the_same_of_units_that_are_numbers(numbers, texts) -> None:
    ours, theirs = (tt.infer(fit, "jackknife", view="overall").to_frame() for fit in (numbers, texts))
    assert np.isfinite(theirs["low"]).all()
    pd.testing.assert_frame_equal(ours, theirs)


def test_fitted_values_are_found_by_the_number_of_a_unit(numbers) -> None:
    fit = tt.fit("twfe", numbers.design, shape="static")
    assert np.isfinite(fit.predict().loc[(7, 2003)])
    assert sorted(fit.resid().index.unique("unit")) == list(range(30))


def test_leaving_a_numbered_unit_out_leaves_it_out(numbers) -> None:
    assert numbers.design.without([0, 3]).observations.n_units == 28
    assert numbers.design.compared_with(tt.Donors((20, 21))).observations.n_units == 10


@pytest.mark.parametrize("make", [lambda d, u: d.without([u]), lambda d, u: d.compared_with(tt.Donors((u,)))])
def test_a_unit_that_is_not_there_is_refused_in_words(numbers, make) -> None:
    with pytest.raises(DesignError, match="'31' is no unit of the panel"):
        make(numbers.design, 31)
