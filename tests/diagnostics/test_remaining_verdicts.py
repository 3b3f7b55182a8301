"""Checks that hold other choices against the headline object, do not object or cannot tell by the one rule."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.mechanisms.heterogeneity import Heterogeneity
from twintrade.diagnostics.mechanisms.outcomes import Outcomes
from twintrade.diagnostics.pre_period.reference_year import ReferenceYear
from twintrade.diagnostics.sensitivity.clusters import ClusterLadder, ClusterLeverage, FunctionalForm
from twintrade.diagnostics.sensitivity.specification_curve import SpecificationCurve
from twintrade.diagnostics.who_is_compared.twfe_weights import Leverage
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered

BY_UNIT = Clustered(by=("unit",), draws=1)
ALL = {"objects", "does not object", "cannot tell"}
N_UNITS, N_PERIODS = 80, 12


def made(seed: int = 1, effect: float = 0.5, noise: float = 0.2, trend: float = 0.0, **options) -> Design:
    """Eighty pairs of ten cities, thirty of which sign in one of three years; lines of the signers may rise."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(10), range(8), range(2000, 2000 + N_PERIODS)])
    frame = index.set_names(["city", "partner", "period"]).to_frame(index=False)
    onset = np.full(N_UNITS, np.inf)
    onset[rng.choice(N_UNITS, 30, replace=False)] = 2005 + np.arange(30) % 3
    event_time = frame["period"].to_numpy() - onset.repeat(N_PERIODS)
    x = rng.normal(size=len(frame))
    eta = (
        rng.normal(size=N_UNITS).repeat(N_PERIODS) + noise * rng.normal(size=len(frame)) + effect * (event_time >= 0)
    )
    eta += trend * np.where(np.isfinite(event_time), event_time, 0)
    frame["flow"], frame["calm"], frame["x"] = np.exp(3 + eta), np.exp(noise * rng.normal(size=len(frame))), x
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    kept = {"transform": "log", "window": (-4, 4), "clusters": ("unit",)} | options
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="flow", **kept)


def judge(check, fitted: Fit, inference=BY_UNIT):
    return check.check(fitted, inference, np.random.default_rng(0))


def test_the_reference_matters_where_effects_before_differ():
    seen = {
        judge(ReferenceYear(), fit(TWFE(), design)).verdict: trend
        for trend, design in ((0.1, made(trend=0.1)), (0.0, made()), (None, made(effect=0.08, noise=0.5)))
    }
    assert seen == {"objects": 0.1, "does not object": 0.0, "cannot tell": None}


@pytest.mark.slow
def test_references_of_one_truth_are_objected_to_as_rarely_as_leads_are():
    n = 40
    objections = sum(judge(ReferenceYear(), fit(TWFE(), made(seed))).verdict == "objects" for seed in range(n))
    assert objections / n <= 0.075 + 3 * np.sqrt(0.05 * 0.95 / n)


def test_wider_errors_leave_it_open_and_never_object():
    shocks = np.random.default_rng(2).normal(size=(10, N_PERIODS))

    def judged(effect: float) -> str:
        design = made(effect=effect)
        at = design.panel.unit_city[design.panel.unit], design.panel.period - 2000
        flow = design.panel.columns["flow"] * np.exp(0.3 * shocks[at])
        panel = replace(design.panel, columns={**design.panel.columns, "flow": flow})
        finding = judge(ClusterLadder(), fit(TWFE(shape="static"), replace(design, panel=panel)))
        assert finding.bound > 0
        assert (finding.bound <= finding.tolerance) == (finding.verdict == "does not object")
        return finding.verdict

    assert {judged(effect) for effect in (0.06, 0.1, 0.15, 2.0)} == {"cannot tell", "does not object"}


def thin(shift: float) -> Design:
    """In the last year one partner's flows are seen from one untreated city and the treated ones alone."""
    design = made(fixed_effects="gravity")
    panel, last = design.panel, design.panel.period == 1999 + N_PERIODS
    unit = int(np.flatnonzero(np.isfinite(design.onset))[0])
    same = np.flatnonzero((panel.unit_partner == panel.unit_partner[unit]) & ~np.isfinite(design.onset))
    lone = (panel.unit == same[0]) & last
    flow = np.where(lone, panel.columns["flow"] * np.exp(shift), panel.columns["flow"])
    design = replace(design, panel=replace(panel, columns={**panel.columns, "flow": flow}))
    return design.restricted(~(np.isin(panel.unit, same[1:]) & last))


def test_a_lone_row_objects_where_it_moves_the_effect_and_is_else_left_open():
    verdicts = [judge(Leverage(), fit(Imputation(), thin(shift))).verdict for shift in (0.0, -20.0)]
    assert verdicts == ["cannot tell", "objects"]
    assert judge(Leverage(), fit(Imputation(), made())).verdict == "does not object"


def test_another_form_is_held_against_what_it_does_to_the_effect():
    straight, vague = fit(TWFE(shape="static"), made()), fit(TWFE(shape="static"), made(effect=0.02, noise=0.2))
    verdicts = [judge(FunctionalForm(), fitted) for fitted in (straight, vague)]
    assert verdicts[0].verdict == "does not object"
    assert verdicts[0].bound <= verdicts[0].tolerance
    assert verdicts[1].verdict in ALL - {"objects"}


def test_outcomes_that_cannot_have_moved_are_held_against_the_headline():
    check = Outcomes(untouched=("calm",), draws=99)
    assert judge(check, fit(TWFE(shape="static"), made())).verdict == "does not object"
    assert judge(check, fit(TWFE(shape="static"), made(effect=0.06))).verdict == "cannot tell"
    assert judge(Outcomes(untouched=("flow",), draws=99), fit(TWFE(shape="static"), made())).verdict == "objects"
    assert judge(check, fit(TWFE(shape="static"), made(transform="level"))).verdict == "cannot tell"


@pytest.mark.parametrize(
    "check",
    [
        Heterogeneity(by="cohort"),
        ClusterLeverage(),
        SpecificationCurve(estimators=("twfe",), fixed_effects=("two_way",), draws=0),
    ],
    ids=lambda check: check.name,
)
def test_what_has_another_target_or_tests_nothing_informs(check):
    assert judge(check, fit(TWFE(shape="static"), made())).verdict == "informs"
