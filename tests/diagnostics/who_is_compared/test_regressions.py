"""A regression that takes treated rows for comparisons is objected to where that moves it, and else it is not."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.who_is_compared.estimators import Estimators
from twintrade.diagnostics.who_is_compared.twfe_weights import Bacon, TWFEWeights
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered

BY_UNIT = Clustered(by=("unit",), draws=1)
BESIDE = Estimators(names=("imputation", "sun_abraham"))
PERIODS = 16


def made(seed: int, growth: float, transform: str = "log", noise: float = 0.25) -> tuple[Design, float]:
    """Sixty of eighty pairs sign, half of them late; returns the design and the average effect."""
    rng = np.random.default_rng(seed)
    onset = np.repeat([2003.0, 2010.0, np.inf], [30, 30, 20])
    index = pd.MultiIndex.from_product([[f"u{i:02d}" for i in range(onset.size)], range(2000, 2000 + PERIODS)])
    frame = index.set_names(["unit", "period"]).to_frame(index=False)
    event_time = frame["period"].to_numpy() - onset.repeat(PERIODS)
    effect = np.where(event_time >= 0, 0.35 + growth * np.maximum(event_time, 0), 0.0)
    if growth:
        effect = np.where(event_time >= 0, growth * (np.maximum(event_time, 0) + 1), 0.0)
    eta = 3 + rng.normal(size=onset.size).repeat(PERIODS) + noise * rng.normal(size=len(frame)) + effect
    frame["flow"] = np.exp(eta)
    panel = Panel.from_frame(frame, unit="unit")
    design = Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="flow", transform=transform)
    return design, float(effect[event_time >= 0].mean())


def judge(check, fitted: Fit) -> str:
    return check.check(fitted, BY_UNIT, np.random.default_rng(0)).verdict


@pytest.mark.parametrize("check", [Bacon(), TWFEWeights(), BESIDE], ids=lambda c: c.name)
def test_a_regression_far_from_the_truth_is_objected_to(check):
    design, truth = made(1, 0.18)
    fitted = fit(TWFE(shape="static"), design)
    assert truth == pytest.approx(1.0, abs=0.1)
    assert fitted.view("overall").effects[0] == pytest.approx(0.4, abs=0.1)
    assert fit(Imputation(), design).view("overall").effects[0] == pytest.approx(truth, abs=0.1)
    finding = check.check(fitted, BY_UNIT, np.random.default_rng(0))
    assert finding.verdict == "objects"
    assert finding.bound > finding.tolerance


@pytest.mark.parametrize("check", [Bacon(), TWFEWeights(), BESIDE], ids=lambda c: c.name)
def test_a_constant_effect_is_not_objected_to_and_noise_leaves_it_open(check):
    assert judge(check, fit(TWFE(shape="static"), made(1, 0.0)[0])) == "does not object"
    assert judge(check, fit(TWFE(shape="static"), made(1, 0.0, noise=1.2)[0])) == "cannot tell"


def test_a_poisson_regression_is_held_against_imputed_totals():
    growing, constant = (fit(PPML(shape="static"), made(1, growth, "level")[0]) for growth in (0.18, 0.0))
    assert judge(BESIDE, growing) == "objects"
    assert judge(BESIDE, constant) != "objects"


def test_a_headline_is_not_held_against_itself():
    """The other methods of a row average of log ratios have the total for a target."""
    fitted = fit(Imputation(family="poisson"), made(1, 0.0, "level")[0])
    finding = Estimators(names=("etwfe", "ppml")).check(fitted, BY_UNIT, np.random.default_rng(0))
    assert finding.verdict == "informs"
    assert np.isnan(finding.bound)
    assert "No other method has this target. ETWFE and PPML have another target" in finding.sentence
    assert "0.000" not in finding.sentence


@pytest.mark.parametrize("check", [Bacon(), TWFEWeights()], ids=lambda c: c.name)
def test_a_method_with_untreated_comparisons_alone_is_described(check):
    assert judge(check, fit(Imputation(), made(1, 0.18)[0])) == "informs"


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [Bacon(), Estimators(names=("imputation", "callaway_santanna")), BESIDE],
    ids=["bacon", "callaway_santanna", "sun_abraham"],
)
def test_constant_effects_are_objected_to_as_rarely_as_promised(check):
    n = 200
    objections = sum(judge(check, fit(TWFE(shape="static"), made(seed, 0.0)[0])) == "objects" for seed in range(n))
    assert objections / n <= 0.075 + 3 * np.sqrt(0.05 * 0.95 / n)
