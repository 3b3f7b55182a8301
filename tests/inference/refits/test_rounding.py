"""The last bits of an outcome move no p-value, and no end of an interval."""

from dataclasses import replace

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.design import Design
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import compute_two_sided_share

STABLE = 1e-6
"""Of one-step estimates, which are solved to a share of their noise; a step of the p-value would be a hundredth."""


def disturb(design: Design, seed: int) -> Design:
    values = design.panel.columns[design.outcome]
    moved = values * (1 + 2.0**-50 * np.random.default_rng(seed).integers(-2, 3, values.size))
    return replace(design, panel=replace(design.panel, columns={**design.panel.columns, design.outcome: moved}))


CASES = {
    "regression": (TWFE(), True),
    "imputation": (Imputation(), True),
    "percent": (Imputation(family="poisson", measure="percent"), True),
    "percent, several cities a partner": (Imputation(family="poisson", measure="percent"), False),
    "ppml": (PPML(), True),
}


@loop_over(("estimator", "is_alone"), CASES.values(), ids=CASES)
def test_the_last_bits_of_an_outcome_move_nothing(gravity_panel, estimator, is_alone) -> None:
    """A pair that the effects explain whole has no residual but rounding, which says nothing of its noise."""
    design = gravity_panel(n_cities=6, n_partners=7, n_periods=9, n_treated=6, effect=0.3, fixed_effects="gravity")
    if estimator.is_poisson:
        design = design.with_outcome("flow", "level")
    if is_alone:
        panel, free = design.panel, np.isinf(design.onset)
        partner = panel.unit_partner[np.flatnonzero(free)[0]]
        lonely = np.flatnonzero(free & (panel.unit_partner == partner))[0]
        design = design.restricted(((panel.unit_partner != partner) | (np.arange(free.size) == lonely))[panel.unit])
    method = Randomization(draws=39)
    results = []
    for one in (design, disturb(design, 1)):
        bands = method.infer_views(fit(estimator, one), ["overall", "event"], np.random.default_rng(3))
        results.append([np.concatenate([getattr(bands[v], name) for v in bands]) for name in ("p", "low", "high")])
    np.testing.assert_array_equal(results[1][0], results[0][0])
    np.testing.assert_allclose(results[1][1:], results[0][1:], rtol=STABLE, atol=STABLE)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_a_draw_that_rounding_makes_smaller_counts_in_any_unit(unit) -> None:
    drawn = unit * np.array([3.0 - 1e-13, -3.0 - 1e-13, 1.0, 2.99])
    assert compute_two_sided_share(3.0 * unit, drawn) == pytest.approx(3 / 5)
