"""The corrected estimate against its parts: gaps, several regressors, and models without dyad effects."""

import numpy as np
import pytest

from twintrade.errors import DesignError
from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML, PPMLCorrected
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import WeidnerZylkin
from twintrade.simulate import simulate

EXACT = 1e-10
TWO_SETS = ("city_period", "partner_period")


def design(fixed_effects="gravity", **options):
    drawn = {"n_cities": 9, "n_partners": 8, "n_periods": 6, "place_spread": 0.3, "mean": 8.0, "missing": 0.15}
    made = simulate(
        np.random.default_rng(12), family="poisson", cohorts={2002: 0.2, 2004: 0.2}, covariate=0.3, **drawn
    )
    return made.design(fixed_effects=fixed_effects, **options)


@pytest.mark.parametrize("shape", ["static", "event"])
@pytest.mark.parametrize("covariates", [(), ("x",)])
def test_the_bias_is_subtracted_and_told_by_name(shape, covariates):
    made = design(window=(-2, 2), covariates=covariates)
    plain, corrected = fit(PPML(shape), made).estimate, fit(PPMLCorrected(shape), made).estimate
    told = np.array([corrected.sample.statistics[f"bias:{name}"] for name in corrected.names])
    np.testing.assert_allclose(plain.effects - corrected.effects, told, atol=EXACT)
    assert (told != 0).sum() == told.size - (shape == "event")
    np.testing.assert_allclose(corrected.uncertainty.matrix(), plain.uncertainty.matrix(), atol=EXACT)


def test_without_dyad_effects_only_the_errors_change():
    made = design(TWO_SETS, clusters=("unit",))
    rng = np.random.default_rng(0)
    plain = Clustered(by=("unit",), correction="none").infer(fit(PPML("static"), made), "overall", rng)
    once = WeidnerZylkin(adjusted="one_side", draws=99).infer(fit(PPMLCorrected("static"), made), "overall", rng)
    twice = WeidnerZylkin(draws=99).infer(fit(PPMLCorrected("static"), made), "overall", rng)
    np.testing.assert_allclose(once.estimate.effects, plain.estimate.effects, atol=EXACT)
    assert plain.se[0] < once.se[0] < twice.se[0]


def test_other_effects_and_weights_are_refused():
    with pytest.raises(DesignError, match="absorbs gravity or"):
        fit(PPMLCorrected(), design("two_way"))
    with pytest.raises(DesignError, match="takes no weights"):
        fit(PPMLCorrected("static"), design(weights="x"))
