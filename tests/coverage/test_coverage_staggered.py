"""Bias and coverage of every staggered estimator under constant, cohort-varying and growing effects.

The target is the effect one period after onset, cohorts weighted by size. |bias| must stay within 1 % of it or three
simulation errors, coverage of 95 % intervals within three binomial errors. Static TWFE must show its bias.
"""

from dataclasses import replace

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
from twintrade.simulate import OUTCOME, simulate

pytestmark = pytest.mark.slow

DRAWS = 300
BINOMIAL = 3 * np.sqrt(0.95 * 0.05 / DRAWS)
COHORTS = {2003: 0.2, 2005: 0.2, 2007: 0.2}
LATER = {2006: 0.2, 2007: 0.2, 2008: 0.2}
"""For interactive effects: a loading cannot be told from three periods in which its factor hardly moves."""

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


def made(draw, effect, cohorts=None):
    options = {"n_cities": 100, "n_periods": 10, "cohorts": cohorts or COHORTS}
    return simulate(np.random.default_rng(draw), effect=effect, **options)


def with_factor(design, draw):
    """Add the common shock that interactive effects are made for; without one there is no factor to fit."""
    rng = np.random.default_rng(10_000 + draw)
    panel = design.panel
    shock = rng.normal(size=panel.n_units)[panel.unit] * np.cumsum(rng.normal(size=10))[panel.period - 2000]
    columns = dict(panel.columns) | {OUTCOME: panel.values(OUTCOME) + 2 * shock}
    return replace(design, panel=replace(panel, columns=columns))


@pytest.mark.parametrize("kind", EFFECTS)
@pytest.mark.parametrize("name", ESTIMATED)
def test_unbiased_and_covered(name, kind):
    errors, covered = np.empty(DRAWS), []
    for draw in range(DRAWS):
        simulated = made(draw, EFFECTS[kind], LATER if name == "interactive_effects" else COHORTS)
        at = simulated.truth["event_time"] == LAG
        truth = simulated.truth["effect"][at].mean()
        design = simulated.design(comparison=NotYetTreated(), window=(-2, 2))
        if name == "interactive_effects":
            design = with_factor(design, draw)
        result = fit(ESTIMATED[name], design)
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
