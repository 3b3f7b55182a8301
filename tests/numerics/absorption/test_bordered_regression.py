"""A bordered regression says where numbers end, and is no fault of the program."""

import numpy as np
import pytest

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.bordered_regression import build_bordered, build_regression
from twintrade.numerics.absorption.hats import build_hat, lay_out_effects, prepare_reweighting


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("weight", [1e200, 1e308])
def test_weights_beyond_what_numbers_hold_are_an_error_of_the_estimate(weight):
    rng = np.random.default_rng(5)
    unit, period = (codes.ravel() for codes in np.indices((8, 6)))
    effects = lay_out_effects([unit, period])
    near = prepare_reweighting(build_hat(effects, np.ones(unit.size)), np.arange(unit.size))
    weights = np.ones(unit.size)
    weights[::7] = weight
    columns = rng.normal(size=(unit.size, 2)) * 1e150
    with pytest.raises(EstimationError, match="without bound"):
        build_bordered(build_regression(effects, weights, columns), near.at(weights))
