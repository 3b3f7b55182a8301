"""Bias and coverage of every staggered estimator under constant, cohort-varying and growing effects.

The target is the effect one period after onset, cohorts weighted by size. |bias| must stay within 1 % of it or three
simulation errors, coverage of 95 % intervals within three binomial errors. Static TWFE must show its bias.
"""

import numpy as np
import pytest

from twintrade.design import NotYetTreated
from twintrade.effects import Influence
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.estimators.interactive_effects import InteractiveEffects
from twintrade.estimators.local_projections import LocalProjections
from twintrade.estimators.matrix_completion import MatrixCompletion
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.simulate import simulate

pytestmark = pytest.mark.slow

DRAWS = 300
BINOMIAL = 3 * np.sqrt(0.95 * 0.05 / DRAWS)
COHORTS = {2003: 0.2, 2005: 0.2, 2007: 0.2}
LAG = 1

EFFECTS = {
    "constant": lambda g, e: np.full(g.size, 0.5),
    "by cohort": lambda g, e: 0.2 * (g - 2002),
    "growing": lambda g, e: 0.25 * (e + 1),
}

ESTIMATED = {
    "callaway_santanna": ESTIMATORS["callaway_santanna"](),
    "sun_abraham": ESTIMATORS["sun_abraham"](),
    "two_stage": ESTIMATORS["two_stage"](),
    "imputation": ESTIMATORS["imputation"](),
    "etwfe": ESTIMATORS["etwfe"](),
    "chaisemartin_dhaultfoeuille": ESTIMATORS["chaisemartin_dhaultfoeuille"](),
    "stacked": ESTIMATORS["stacked"](),
    "local_projections": LocalProjections("equal"),
    "staggered_efficient": ESTIMATORS["staggered_efficient"](),
    "interactive_effects": InteractiveEffects(rank=1),
    "matrix_completion": MatrixCompletion(penalty=0.5),
}

CONSERVATIVE = {"imputation", "two_stage"}
"""Effects that differ by cohort within an event time widen their intervals."""


def made(draw, effect):
    return simulate(np.random.default_rng(draw), n_cities=100, n_periods=10, cohorts=COHORTS, effect=effect)


@pytest.mark.parametrize("kind", EFFECTS)
@pytest.mark.parametrize("name", ESTIMATED)
def test_unbiased_and_covered(name, kind):
    errors, covered = np.empty(DRAWS), []
    for draw in range(DRAWS):
        simulated = made(draw, EFFECTS[kind])
        at = simulated.truth["event_time"] == LAG
        truth = simulated.truth["effect"][at].mean()
        result = fit(ESTIMATED[name], simulated.design(comparison=NotYetTreated(), window=(-2, 2)))
        study = result.view("event")
        k = int(np.flatnonzero(study.event_times == LAG)[0])
        errors[draw] = study.effects[k] - truth
        if isinstance(study.uncertainty, Influence):
            bands = Clustered(by=("unit",)).infer(result, "event", np.random.default_rng(draw))
            covered.append(bands.low[k] <= truth <= bands.high[k])
    simulation_error = errors.std(ddof=1) / np.sqrt(DRAWS)
    assert abs(errors.mean()) <= max(0.01 * abs(truth), 3 * simulation_error)
    if covered:
        share = float(np.mean(covered))
        assert share >= 0.95 - BINOMIAL
        assert share <= 0.95 + BINOMIAL or name in CONSERVATIVE


@pytest.mark.parametrize("kind", EFFECTS)
def test_static_twfe_is_biased_exactly_where_effects_differ(kind):
    errors = np.empty(DRAWS)
    for draw in range(DRAWS):
        simulated = made(draw, EFFECTS[kind])
        errors[draw] = fit(TWFE(shape="static"), simulated.design()).estimate.effects[0] - simulated.average()
    is_biased = abs(errors.mean()) > 3 * errors.std(ddof=1) / np.sqrt(DRAWS)
    assert is_biased == (kind != "constant")
