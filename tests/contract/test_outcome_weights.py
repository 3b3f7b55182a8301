"""Every linear estimate is the sum of its rows' outcomes by the weights that the method gives for them."""

import numpy as np
import pytest
from case_tables import loop_over
from chosen_designs import of, varied
from test_influence import NAMES, NOISE, list_settings

from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.inference.clustering.clusters import find_row_weights

WITHOUT = {
    "callaway_santanna": {"covariates"},
    "chaisemartin_dhaultfoeuille": {"weights", "covariates", "rows left out"},
    "etwfe": {"covariates"},
    "local_projections": {"weights", "covariates", "rows left out"},
    "triple_difference": {"weights", "covariates", "rows left out", "a cohort without reference"},
}
"""Variants for which a method, or one of its options, gives influence by unit alone."""


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_rows_give_the_estimate(name):
    loop_over(("options", "variant"), list_settings(name))(check_weights)(name=name)


def check_weights(name, options, variant):
    """Of proportional methods as well: constants of units and periods vanish, one effect for all is the headline."""
    result = fit(of(name, **options), varied(name, options, variant, NOISE))
    o, requires = result.design.observations, ESTIMATORS[name].requires
    for view in [v for v in ("overall", "event") if v in result.views]:
        estimate = result.view(view)
        found = find_row_weights(result, estimate)
        if found is None:
            assert not requires.has_row_weights or variant in WITHOUT.get(name, ()), view
            continue
        v = found.values
        assert v.shape == (found.rows.size, estimate.n_effects)
        if not result.estimator.is_poisson:
            np.testing.assert_allclose(v.T @ o.y[found.rows], estimate.effects, atol=1e-8)
        if requires.cancels_constants:
            for codes in (o.unit, o.period - o.period.min()):
                sums = np.array([np.bincount(codes[found.rows], column) for column in v.T])
                np.testing.assert_allclose(sums, 0.0, atol=1e-7 * np.abs(v).sum())
        if view == "overall" and variant != "anticipation" and not requires.third_difference:
            unit = 100 + estimate.effects[0] if estimate.scale == "percent" else 1.0
            assert v[:, 0] @ o.is_treated[found.rows] == pytest.approx(unit, rel=1e-6)
