"""RESET: silent where the model is right, loud where the effect depends on the size of the predictor."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.size_of_checks import TRIALS, draw_design, judge
from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.sensitivity import clusters
from twintrade.diagnostics.sensitivity.clusters import FunctionalForm
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.numerics.poisson import fit_poisson

SHAPE = (12, 10, 8)


def made(seed: int, bent: float, transform: str, by: str = "city") -> Design:
    rng = np.random.default_rng(seed)
    spread, n_shocks = (1, SHAPE[0]) if by == "city" else (0.5, 1)  # of few large pairs a square says little
    dyad, city = rng.normal(0, spread, SHAPE[:2]), rng.normal(0, 0.5, (n_shocks, SHAPE[2]))
    x = rng.normal(size=SHAPE)
    eta = 1.5 + dyad[:, :, None] + city[:, None, :] + 0.5 * x
    mean = eta + bent * eta**2 if transform == "log" else np.exp(eta + bent * eta**2)
    flow = np.exp(mean + 0.3 * rng.normal(size=SHAPE)) if transform == "log" else rng.poisson(mean).astype(float)
    frame = pd.MultiIndex.from_product([range(n) for n in SHAPE], names=["c", "p", "period"]).to_frame(index=False)
    frame["city"], frame["partner"] = "c" + frame["c"].astype(str), "p" + frame["p"].astype(str)
    frame = frame.drop(columns=["c", "p"]).assign(flow=flow.ravel(), x=x.ravel())
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = np.full(panel.n_units, np.inf)
    onset[rng.choice(panel.n_units, 40, replace=False)] = rng.integers(3, 7, 40)
    return Design(
        panel=panel,
        treatment=Treatment(panel.units, onset),
        outcome="flow",
        transform=transform,
        fixed_effects=("unit", "city_period" if by == "city" else "period"),
        covariates=("x",),
        clusters=("unit",),
    )


def found(estimator, design, **options):
    return FunctionalForm(**options).check(fit(estimator, design), Clustered(), np.random.default_rng(0))


FORMS = [(PPML("static"), "level", "period"), (TWFE("static"), "log", "city")]


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "transform", "by"), FORMS)
def test_the_right_form_is_rejected_about_as_often_as_promised(estimator, transform, by):
    p = [found(estimator, made(seed, 0.0, transform, by)).value for seed in range(40)]
    # 40 draws at 5 %: more than six rejections have a probability below one in two hundred
    assert sum(one < 0.05 for one in p) <= 6


@pytest.mark.parametrize(("estimator", "transform", "by"), FORMS)
def test_a_bent_predictor_is_found_and_a_straight_one_is_not(estimator, transform, by):
    assert found(estimator, made(3, 0.0, transform, by)).value > 0.05
    finding = found(estimator, made(3, 0.12 if by == "city" else -0.12, transform, by))
    assert finding.verdict == "objects"
    assert finding.value < 0.01
    assert "doubted" in finding.sentence


@pytest.mark.parametrize(("shape", "fits"), [("static", 2), ("event", 4)])
def test_a_model_is_fitted_without_and_with_the_square_once(shape, fits, monkeypatch):
    design, calls = made(1, 0.0, "level", "period"), []
    monkeypatch.setattr(clusters, "fit_poisson", lambda *given: calls.append(1) or fit_poisson(*given))
    assert np.isfinite(found(PPML(shape), design).value)
    assert len(calls) == fits


@pytest.mark.slow
def test_few_large_pairs_do_not_speak_against_the_right_form():
    trial = replace(next(trial for trial in TRIALS if trial.check == "reset"), estimator="ppml")
    said = [judge(trial, draw_design(trial, panel, is_violated=False), panel) for panel in range(20)]
    # clustered errors object in ten of these; 20 draws at 5 %: more than four have a probability of .003
    assert said.count("objects") <= 4


def test_poisson_predictors_of_many_effects_are_too_noisy():
    finding = found(PPML("static"), made(1, 0.0, "level"))
    assert finding.verdict == "cannot tell"
    assert "too noisy" in finding.sentence


def test_other_methods_say_why_not():
    design = replace(made(1, 0.0, "log"), fixed_effects="two_way", covariates=())
    assert "ppml and twfe" in found(CallawaySantAnna(), design).sentence
