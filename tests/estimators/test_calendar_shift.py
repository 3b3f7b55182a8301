"""Nothing depends on which year it is: periods moved by centuries leave every effect and every influence alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twintrade.design import Design, NotYetTreated, Panel, Treatment
from twintrade.effects import Influence
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.local_projections import LocalProjections
from twintrade.estimators.matrix_completion import InteractiveEffects, MatrixCompletion
from twintrade.estimators.twfe import TWFE

METHODS = [
    CallawaySantAnna(),
    CallawaySantAnna(base="varying"),
    ESTIMATORS["sun_abraham"](),
    ESTIMATORS["two_stage"](),
    ESTIMATORS["imputation"](),
    ESTIMATORS["etwfe"](),
    TWFE(),
    TWFE(unit_trends=True),
    ESTIMATORS["chaisemartin_dhaultfoeuille"](),
    ESTIMATORS["stacked"](span=(-2, 2)),
    LocalProjections("equal"),
    LocalProjections("variance"),
    ESTIMATORS["staggered_efficient"](),
    InteractiveEffects(rank=1),
    MatrixCompletion(penalty=0.5),
]


def frame_of(seed, n_units=36, n_periods=9):
    rng = np.random.default_rng(seed)
    unit, t = np.repeat(np.arange(n_units), n_periods), np.tile(np.arange(n_periods), n_units)
    onset = rng.choice([3.0, 5.0, 6.0, np.inf, np.inf], n_units)
    onset[:4] = [3.0, 5.0, np.inf, np.inf]
    y = 10 + rng.normal(size=n_units)[unit] + 0.2 * t + (t >= onset[unit]) * 1.0 + rng.normal(size=unit.size)
    return pd.DataFrame({"unit": [f"u{u:02d}" for u in unit], "t": t, "y": y}), onset


def design_of(frame, onset, shift):
    panel = Panel.from_frame(frame.assign(t=frame["t"] + shift), unit="unit", period="t")
    options = {"window": (-2, 2), "comparison": NotYetTreated()}
    return Design(panel=panel, treatment=Treatment(panel.units, onset + shift), outcome="y", **options)


@pytest.mark.parametrize("method", METHODS, ids=str)
@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), shift=st.integers(1, 3_000))
def test_a_shift_of_the_calendar_changes_nothing(method, seed, shift):
    frame, onset = frame_of(seed)
    here, there = (fit(method, design_of(frame, onset, s)) for s in (0, shift))
    for view in ("event", "overall"):
        one, other = here.view(view), there.view(view)
        np.testing.assert_allclose(one.effects, other.effects, atol=1e-9)
        if isinstance(one.uncertainty, Influence):
            np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=1e-9)


def test_doses_that_rise_and_fall_do_not_know_the_year_either():
    frame, _ = frame_of(3)
    dose = np.random.default_rng(4).choice([0, 1, 2], (36, 3)).repeat(3, axis=1).ravel().astype(float)
    found = []
    for shift in (0, 1_700):
        panel = Panel.from_frame(frame.assign(t=frame["t"] + shift), unit="unit", period="t")
        treatment = Treatment.from_dose(panel, dose)
        options = {"window": (-2, 2), "always_treated": "keep"}
        design = Design(panel=panel, treatment=treatment, outcome="y", **options)
        found.append(fit(ESTIMATORS["chaisemartin_dhaultfoeuille"](), design).estimate)
    assert found[0].event_times.tolist() == found[1].event_times.tolist()
    np.testing.assert_allclose(found[0].effects, found[1].effects, atol=1e-10)
