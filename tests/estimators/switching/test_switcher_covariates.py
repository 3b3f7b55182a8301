"""Covariates of switchers: slopes from units that have not changed, by hand and by small changes of weights."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille

EXACT = 1e-10
"""Least squares by dummies and by demeaning."""

NUMERIC = 1e-7
"""Central differences with a step of 1e-5."""

N_UNITS, N_PERIODS = 50, 8


def made(seed, missing=0.0):
    """Units that start at dose 0 or 1, rise or fall once, and whose covariate moves with their trade."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 2, N_UNITS)
    moment = rng.choice([3, 4, 5, 99], N_UNITS, p=[0.2, 0.2, 0.2, 0.4])
    unit, t = np.repeat(np.arange(N_UNITS), N_PERIODS), np.tile(np.arange(N_PERIODS), N_UNITS)
    changed = t >= moment[unit]
    dose = np.where(changed, 1 - start[unit], start[unit]).astype(float)
    x = np.cumsum(rng.normal(size=(N_UNITS, N_PERIODS)), axis=1).ravel() + changed
    y = 0.7 * x * (1 + start[unit]) + dose + rng.normal(size=unit.size)
    frame = pd.DataFrame({"unit": unit, "period": 2000 + t, "y": y, "x": x, "dose": dose, "w": 1.0})
    frame = frame.assign(fixed=start[unit] + 0.1 * unit, z=rng.normal(size=unit.size))
    return frame[rng.random(unit.size) >= missing].reset_index(drop=True)


def study(frame, outcome="y", covariates=(), weights=None, **options):
    panel = Panel.from_frame(frame, unit="unit")
    treatment = Treatment.from_dose(panel, panel.values("dose"))
    design = Design(
        panel=panel,
        treatment=treatment,
        outcome=outcome,
        window=(-3, 2),
        always_treated="keep",
        covariates=covariates,
        weights=weights,
    )
    return fit(ChaisemartinDHaultfoeuille(**options), design).estimate


def slopes_by_hand(frame, weights=None):
    """One slope per first dose: dense period dummies on changes of units not yet changed."""
    frame = frame.sort_values(["unit", "period"])
    first = frame.groupby("unit")["dose"].transform("first")
    unchanged = (frame["dose"] == first).groupby(frame["unit"]).cummin()
    before = frame.groupby("unit")[["period", "y", "x"]].shift()
    usable = unchanged & (before["period"] == frame["period"] - 1)
    out = {}
    for level in (0.0, 1.0):
        rows = usable & (first == level)
        dummies = pd.get_dummies(frame.loc[rows, "period"]).to_numpy(float)
        columns = np.column_stack([(frame["x"] - before["x"])[rows], dummies])
        root = np.sqrt(np.ones(rows.sum()) if weights is None else frame.loc[rows, weights].to_numpy())
        change = (frame["y"] - before["y"])[rows].to_numpy()
        out[level] = np.linalg.lstsq(columns * root[:, None], change * root, rcond=None)[0][0]
    return first.map(out).to_numpy() * frame["x"]


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_effects_are_those_of_outcomes_less_what_covariates_move(missing):
    frame = made(1, missing)
    own = study(frame, covariates=("x",))
    hand = study(frame.assign(y=frame["y"] - slopes_by_hand(frame)))
    np.testing.assert_allclose(own.effects, hand.effects, atol=EXACT)
    np.testing.assert_allclose(own.overall.effects, hand.overall.effects, atol=EXACT)


@pytest.mark.parametrize("normalized", [False, True])
def test_what_the_covariate_explains_exactly_moves_nothing(normalized):
    frame = made(2, 0.05)
    one = study(frame, covariates=("x", "z"), normalized=normalized)
    other = study(
        frame.assign(y=frame["y"] + 5 * frame["x"] - 2 * frame["z"]), covariates=("x", "z"), normalized=normalized
    )
    np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
    np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=EXACT)


def test_a_covariate_that_never_moves_is_listed():
    frame = made(3)
    found = study(frame, covariates=("fixed", "x"))
    np.testing.assert_allclose(found.effects, study(frame, covariates=("x",)).effects, atol=EXACT)
    assert [d.names for d in found.sample.dropped if d.reason == "collinear"] == [("fixed",), ("fixed",)]


def test_the_slopes_estimation_is_in_the_influence():
    """The influence with less that without it is the derivative by a unit's weight, of slopes alone."""
    frame = made(4)
    fixed = frame.assign(left=frame["y"] - slopes_by_hand(frame))
    own = study(frame, covariates=("x",), weights="w").uncertainty.matrix()
    extra = own - study(fixed, "left", weights="w").uncertainty.matrix()
    assert np.abs(extra).max() > 0.001
    for unit in (0, 7, 19, 33):
        sides = []
        for step in (1e-5, -1e-5):
            moved = fixed.assign(w=np.where(fixed["unit"] == unit, 1 + step, 1.0))
            full = study(moved, covariates=("x",), weights="w").effects
            sides.append(full - study(moved, "left", weights="w").effects)
        np.testing.assert_allclose((sides[0] - sides[1]) / 2e-5, extra[unit], atol=NUMERIC)
