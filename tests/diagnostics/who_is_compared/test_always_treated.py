"""Pairs treated throughout as comparison: what they add, what is assumed, and the check that says what it changes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.who_is_compared.estimators import AlwaysTreated
from twintrade.estimators.base import describe_assumption, fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered


def make(drift=0.0, seed=3, never=40):
    """Ten units treated in year 5 of ten, ten before the first year with an effect that drifts, and others."""
    rng, n = np.random.default_rng(seed), 20 + never
    unit, period = np.repeat(np.arange(n), 10), np.tile(np.arange(10), n)
    onset = np.select([np.arange(n) < 10, np.arange(n) < 20], [5.0, -3.0], np.inf)
    when = onset[unit]
    y = rng.normal(size=n)[unit] + rng.normal(size=10)[period] + 0.1 * rng.normal(size=10 * n)
    y = y + 0.5 * (period >= when) + np.where(when < 0, drift * period, 0.0)
    frame = pd.DataFrame({"unit": [f"u{u:02d}" for u in unit], "period": period, "y": y})
    series = pd.Series(onset, index=[f"u{u:02d}" for u in range(n)])
    return Design(panel=Panel.from_frame(frame, unit="unit"), treatment=Treatment.from_series(series), outcome="y")


def test_they_are_left_out_unless_compared():
    design = make()
    compared = replace(design, always_treated="compare")
    assert design.observations.n_units == 50
    assert compared.observations.n_units == 60
    assert compared.observations.is_ever_treated.sum() == 10
    without = fit(Imputation(), design).view("overall").effects[0]
    never = design.treatment.aligned(design.panel.units)
    expected = fit(Imputation(), design.reassigned(np.where(never < 0, np.inf, never))).view("overall").effects[0]
    assert fit(Imputation(), compared).view("overall").effects[0] == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx(without, abs=0.05)


def draw_effects(drift, seeds):
    """Effects without and with units treated throughout, beside five that never are."""
    designs = [make(drift, seed, never=5) for seed in seeds]
    options = ("exclude", "compare")
    return np.array(
        [
            [
                fit(Imputation(), replace(d, always_treated=o), ("overall",)).view("overall").effects[0]
                for o in options
            ]
            for d in designs
        ]
    )


@pytest.mark.slow
def test_an_old_effect_does_no_harm_while_it_stays_what_it_is():
    still, growing = draw_effects(0.0, range(60)), draw_effects(0.05, range(60))
    error = still.std(axis=0) / np.sqrt(60)
    assert (np.abs(still.mean(axis=0) - 0.5) < 3.5 * error).all()
    assert still[:, 1].std() < 0.9 * still[:, 0].std()
    assert abs(growing[:, 0].mean() - 0.5) < 3.5 * error[0]
    assert growing[:, 1].mean() == pytest.approx(0.5 - 0.05 * 5 * 10 / 15, abs=3.5 * error[1])


@pytest.mark.slow
def test_the_check_seldom_objects_to_an_effect_that_stays_what_it_is():
    verdicts = [
        AlwaysTreated().check(fit(Imputation(), make(0.0, seed)), Clustered(), np.random.default_rng(seed)).verdict
        for seed in range(40)
    ]
    assert verdicts.count("objects") <= 5


def test_the_assumption_is_printed():
    design = make()
    assert "no longer changes" not in str(describe_assumption(Imputation(), design))
    said = str(describe_assumption(Imputation(), replace(design, always_treated="compare")))
    assert "10 pairs treated from the first period on count as comparison" in said


@pytest.mark.parametrize(("drift", "verdict"), [(0.0, "does not object"), (0.3, "objects")])
def test_the_check_objects_where_their_effect_still_changes(drift, verdict):
    design = make(drift)
    for option in ("exclude", "compare"):
        fitted = fit(Imputation(), replace(design, always_treated=option))
        finding = AlwaysTreated().check(fitted, Clustered(), np.random.default_rng(0))
        assert finding.verdict == verdict
        assert ("are comparison here" in finding.sentence) == (option == "compare")


def test_without_such_pairs_there_is_nothing_to_compare():
    design = make()
    kept = design.without([f"u{k}" for k in range(10, 20)])
    known = replace(design, treatment=replace(design.treatment, onset=np.maximum(design.treatment.onset, 5.0)))
    finding = AlwaysTreated().check(fit(Imputation(), known), Clustered(), np.random.default_rng(0))
    assert finding.verdict == "cannot tell"
    assert kept.observations.n_units == 50
