"""Three percent effects where pairs differ, the chance to trade at all, and bounds on the rest."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.mechanisms.outcomes import PercentEffects, bound_intensive, estimate_ratios
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization
from twintrade.simulate import simulate

TOTALS = Imputation(family="poisson", measure="percent")
BY_UNIT = Clustered(by=("unit",))


def build_exact(ratios, sizes, n_untreated=4):
    """Return a panel without noise in which each treated city's outcome is multiplied by a number of its own."""
    cities = [f"c{i}" for i in range(len(ratios) + n_untreated)]
    frame = pd.MultiIndex.from_product([cities, range(2000, 2006)], names=["city", "period"]).to_frame(index=False)
    level = dict(zip(cities, [*sizes, *[50.0] * n_untreated], strict=True))
    factor = dict(zip(cities, [*ratios, *[1.0] * n_untreated], strict=True))
    after = frame["period"] >= 2003
    frame["flow"] = frame["city"].map(level) * np.where(after, frame["city"].map(factor), 1.0)
    panel = Panel.from_frame(frame, city="city")
    onset = np.where(np.isin(panel.units, cities[: len(ratios)]), 2003.0, np.inf)
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="flow", clusters=("unit",))


def check(design):
    return PercentEffects().check(fit(TOTALS, design), BY_UNIT, np.random.default_rng(1))


def test_unequal_changes_give_three_answers():
    finding = check(build_exact([2.0, 0.5], [100.0, 300.0]))
    np.testing.assert_allclose(finding.table["effect"], [-12.5, 25.0, 0.0], atol=1e-6)
    assert finding.verdict == "informs"
    assert "Every city trades in every year" in finding.sentence


def test_a_pair_that_stops_trading_is_left_out_of_the_average_of_logarithms_alone():
    finding = check(build_exact([2.0, 0.0], [100.0, 100.0]))
    np.testing.assert_allclose(finding.table["effect"][:3], [0.0, 0.0, 100.0], atol=1e-6)
    assert finding.table["effect"].iloc[3] == pytest.approx(-50.0)
    assert "the total of one city, since more than 5 % of the treated rows are zero (1 without trade left out)" in (
        finding.sentence
    )


def test_the_influence_is_what_untreated_outcomes_do_to_each_reading():
    made = simulate(
        np.random.default_rng(2),
        n_cities=12,
        n_periods=6,
        cohorts={2003: 0.4},
        family="poisson",
        mean=50.0,
        noise=0.3,
    )
    design = made.design(transform="level")
    fitted = fit(TOTALS, design)
    estimate, _ = estimate_ratios(design, fitted)
    o = design.observations
    k = int(np.flatnonzero(~o.is_ever_treated)[0])
    z = np.column_stack([np.eye(o.n_units)[o.unit], np.eye(o.periods.size)[o.period - o.periods[0]][:, 1:]])
    used = ~o.is_treated
    slopes = np.linalg.lstsq(z[used], np.log(np.maximum(o.y[used], 1.0)), rcond=None)[0]
    for _ in range(60):
        mu = np.exp(z[used] @ slopes)
        slopes = (
            slopes + np.linalg.lstsq(z[used] * np.sqrt(mu)[:, None], (o.y[used] - mu) / np.sqrt(mu), rcond=None)[0]
        )
    residuals = np.where(used & (o.unit == k), o.y - np.exp(z @ slopes), 0.0)
    step = 1e-4
    ends = []
    for sign in (-1, 1):
        columns = {**design.panel.columns, design.outcome: o.y + sign * step * residuals}
        moved = replace(design, panel=replace(design.panel, columns=columns))
        ends.append(estimate_ratios(moved, fitted)[0].effects)
    row = estimate.uncertainty.matrix()[list(estimate.uncertainty.units).index(o.unit_ids[k])]
    np.testing.assert_allclose((ends[1] - ends[0]) / (2 * step), row, rtol=1e-4, atol=1e-6)


def test_equal_effects_give_one_answer_on_average():
    effects = []
    for seed in range(12):
        made = simulate(
            np.random.default_rng(seed),
            n_cities=40,
            n_periods=6,
            cohorts={2003: 0.4},
            family="poisson",
            mean=200.0,
            noise=0.1,
            effect=0.3,
        )
        design = made.design(transform="level")
        effects.append(estimate_ratios(design, fit(TOTALS, design, ("overall",)))[0].effects)
    error = np.std(effects, axis=0) / np.sqrt(len(effects))
    assert np.all(np.abs(np.mean(effects, axis=0) - 100 * np.expm1(0.3)) < 4 * error)


def test_bounds_are_the_means_of_the_lowest_and_highest_part():
    gaps = np.array([3.0, 1.0, 2.0, 4.0])
    assert bound_intensive(gaps, 0.5) == pytest.approx((1.5, 3.5))
    assert bound_intensive(gaps, 0.375) == pytest.approx(((1 + 0.5 * 2) / 1.5, (4 + 0.5 * 3) / 1.5))
    assert bound_intensive(gaps, 1.0) == pytest.approx((2.5, 2.5))
    assert bound_intensive(gaps, 0.0) is None


@pytest.mark.parametrize(("high", "said"), [(0.10925, "+11.5% on average"), (0.12, "between +11.5% and +12.7%")])
def test_bounds_that_agree_as_printed_are_one_number(monkeypatch, high, said):
    module = "twintrade.diagnostics.mechanisms.outcomes.bound_intensive"
    monkeypatch.setattr(module, lambda *_: (0.10925 - 1e-12, high))
    sentence = check(build_exact([2.0, 0.0], [100.0, 100.0])).sentence
    assert said in sentence
    assert "between +11.5% and +11.5%" not in sentence


def test_an_outcome_with_negative_values_has_no_percent_effect():
    design = build_exact([2.0], [100.0])
    panel = replace(design.panel, columns={"flow": design.panel.values("flow") - 60.0})
    fitted = fit(Imputation(), replace(design, panel=panel))
    assert not PercentEffects().check(fitted, BY_UNIT, np.random.default_rng(1)).is_available


def test_no_clustered_range_stands_beside_a_headline_that_is_not_trusted_with_one():
    design = build_exact([2.0, 0.0], [100.0, 100.0])
    clustered = check(design).table
    drawn = PercentEffects().check(
        fit(TOTALS, design), Randomization(draws=19, intervals=False), np.random.default_rng(1)
    )
    assert clustered["low"].iloc[[0, 1, 3]].notna().all()
    assert drawn.table["low"].iloc[:4].isna().all()
    np.testing.assert_allclose(drawn.table["effect"], clustered["effect"])
    assert "percentage points." in drawn.sentence
