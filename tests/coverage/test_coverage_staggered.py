"""Bias and coverage of every staggered estimator under constant, cohort-varying and growing effects.

The target is the effect one period after onset, cohorts weighted by size. |bias| must stay within 1 % of it or three
simulation errors, coverage of 95 % intervals within three binomial errors. Static TWFE must show its bias.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import NotYetTreated
from twintrade.effects import Influence
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.estimators.local_projections import LocalProjections
from twintrade.estimators.matrix_completion import InteractiveEffects, MatrixCompletion
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
    "triple_difference": ESTIMATORS["triple_difference"](),
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


def with_unaffected(simulated, draw):
    """Take the effect off half of the units, whose flows a tie cannot touch, and let both halves trend apart."""
    panel, truth = simulated.panel, simulated.truth
    affected = np.random.default_rng(20_000 + draw).random(panel.n_units) < 0.5
    row = pd.Series(np.arange(panel.n_rows), index=[panel.units[panel.unit], panel.period])
    y = panel.values(OUTCOME) + 0.2 * affected[panel.unit] * (panel.period - 2000)
    touched = affected[pd.Index(panel.units).get_indexer(truth["unit"])]
    lost = truth[~touched]
    y[row[pd.MultiIndex.from_frame(lost[["unit", "period"]])]] -= lost["effect"].to_numpy()
    columns = {**panel.columns, OUTCOME: y, "affected": affected[panel.unit].astype(float)}
    return replace(simulated, panel=replace(panel, columns=columns), truth=truth[touched])


def drawn(name, kind, draw):
    """Return one draw's design and the true effect at the lag."""
    simulated = made(draw, EFFECTS[kind], LATER if name == "interactive_effects" else COHORTS)
    if name == "triple_difference":
        simulated = with_unaffected(simulated, draw)
    truth = simulated.truth["effect"][simulated.truth["event_time"] == LAG].mean()
    design = simulated.design(comparison=NotYetTreated(), window=(-2, 2))
    return (with_factor(design, draw) if name == "interactive_effects" else design), truth


def errors_and_coverage(name, kind, draws=DRAWS):
    """Return errors of every draw, whether its interval covers (empty without influence), and the mean truth."""
    errors, covered, truths = np.empty(draws), [], np.empty(draws)
    for draw in range(draws):
        design, truth = drawn(name, kind, draw)
        result = fit(ESTIMATED[name], design)
        study = result.view("event")
        k = int(np.flatnonzero(study.event_times == LAG)[0])
        errors[draw], truths[draw] = study.effects[k] - truth, truth
        if isinstance(study.uncertainty, Influence):
            bands = Clustered(by=("unit",)).infer(result, "event", np.random.default_rng(draw))
            covered.append(bands.low[k] <= truth <= bands.high[k])
    return errors, covered, float(truths.mean())


@pytest.mark.parametrize("kind", EFFECTS)
@pytest.mark.parametrize("name", ESTIMATED)
def test_unbiased_and_covered(name, kind):
    errors, covered, truth = errors_and_coverage(name, kind)
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
