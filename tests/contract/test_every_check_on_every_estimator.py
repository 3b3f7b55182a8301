"""Every inference and every check on every registered estimator: numbers or a reason in words."""

import numpy as np
import pytest
from chosen_designs import fit_chosen, make_quick, names

from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.errors import TwintradeError
from twintrade.inference.auto import Auto
from twintrade.inference.base import INFERENCES

BROKEN = {"nan", "inf", "-inf", "nan.", "inf."}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(names()))
def test_numbers_or_a_reason(name) -> None:
    result = fit_chosen(name)
    for check in DIAGNOSTICS:
        found = make_quick(DIAGNOSTICS[check]).check(result, make_quick(Auto), np.random.default_rng(1))
        assert found.sentence.endswith("."), check
        assert not BROKEN & set(found.sentence.lower().replace(",", " ").split()), found.sentence
        if not found.is_available:
            assert found.verdict == "cannot tell", check
            assert np.isnan(found.value), check
            assert found.table.empty, check
    for inference in INFERENCES:
        for view in result.views:
            try:
                bands = make_quick(INFERENCES[inference]).infer(result, view, np.random.default_rng(1))
            except TwintradeError:
                continue
            known = bands.p[~np.isnan(bands.p)]
            assert ((known >= 0) & (known <= 1)).all(), inference
            both = np.isfinite(bands.low) & np.isfinite(bands.high)
            assert (bands.low[both] <= bands.high[both]).all(), inference


def test_an_estimate_that_hangs_on_one_unit_is_told_without_a_number() -> None:
    result = fit_chosen("interrupted_series")
    found = make_quick(DIAGNOSTICS["influence"]).check(result, Auto(draws=19), np.random.default_rng(1))
    assert "without it no effect can be estimated" in found.sentence
