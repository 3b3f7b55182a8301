"""Selection on growth in gravity panels: what is off without a condition and right with one, and size without it."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.pre_period.selection import build_conditioned, weigh_by_signing
from twintrade.diagnostics.variants import Variant, compare_variants, judge_table, measure_headline
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered

EFFECT, CITIES, PARTNERS, YEARS, AGREEMENTS, FIRST = 0.3, 15, 12, 14, 30, 7
BY_PAIR = Clustered(by=("unit",))
METHODS = {
    "imputation": (Imputation(), "gravity"),
    "Poisson imputation": (Imputation(family="poisson", measure="log_ratio"), "gravity"),
    "Callaway-Sant'Anna": (CallawaySantAnna(method="regression"), "two_way"),
}


def draw_panel(rng, method, effects, *, selected):
    """Thirty agreements of two dates, signed the more often the faster a pair was seen to grow before, or as often.

    Pairs grow at -6, 0 and 6 % a year; what is seen of it in the years before is noisy.
    """
    shape = (CITIES, PARTNERS, YEARS)
    kind = rng.permuted(np.arange(CITIES * PARTNERS) % 3) - 1
    c, p, t = (a.ravel() for a in np.indices(shape))
    pair = c * PARTNERS + p
    index = rng.normal(size=kind.size)[pair] + 0.06 * kind[pair] * t
    if effects == "gravity":
        index = index + 0.1 * rng.normal(size=shape[::2])[c, t] + 0.1 * rng.normal(size=shape[1:])[p, t]
    untreated = np.exp(index + 0.15 * rng.normal(size=index.size))
    early, late = (untreated.reshape(-1, YEARS)[:, years].mean(axis=1) for years in (slice(3), slice(3, FIRST)))
    third = np.argsort(np.argsort((late - early) / (late + early))) * 3 // kind.size - 1
    hazard = np.exp(1.2 * third * selected)
    dates = np.full(kind.size, np.inf)
    dates[rng.choice(kind.size, AGREEMENTS, replace=False, p=hazard / hazard.sum())] = rng.choice(
        [FIRST, 9], AGREEMENTS
    )
    y = untreated * np.exp(EFFECT * (t >= dates[pair]))
    if method.is_poisson:
        y = rng.poisson(300 * y).astype(float)
    frame = pd.DataFrame({"city": c, "partner": p, "period": 2000 + t, "y": y})
    frame["dyad"] = [f"{i:02d}-{j:02d}" for i, j in zip(c, p, strict=True)]
    return Design(
        panel=Panel.from_frame(frame, unit="dyad", city="city", partner="partner"),
        treatment=Treatment.from_series(pd.Series(2000 + dates, index=frame["dyad"].drop_duplicates().to_numpy())),
        outcome="y",
        transform="level" if method.is_poisson else "log",
        fixed_effects=effects,
    )


def estimate(name, seeds, *, selected):
    """Effects without a condition, within thirds by growth, and by odds of signing; and shares that object."""
    method, effects = METHODS[name]
    out = []
    for seed in seeds:
        rng = np.random.default_rng([seed, int(selected)])
        fitted = fit(method, draw_panel(rng, method, effects, selected=selected))
        within = Variant("growth", "", build_conditioned(fitted, ("growth",)))
        table = compare_variants(fitted, [within], BY_PAIR, rng)
        judged = judge_table(table, measure_headline(fitted, BY_PAIR, rng))
        weighed = fitted.refit(weigh_by_signing(fitted.design), "overall").view("overall").effects[0]
        held = table["low"][0] <= EFFECT <= table["high"][0]
        plain = fitted.view("overall").effects[0]
        out.append(
            (plain, table["effect"][0], weighed, held, table["difference_p"][0] < 0.05, judged.verdict == "objects")
        )
    return np.array(out)


@pytest.mark.parametrize("name", METHODS)
def test_a_condition_takes_the_bias(name):
    plain, within, weighed = estimate(name, range(6), selected=True)[:, :3].mean(axis=0) - EFFECT
    assert plain > 0.08
    assert abs(within) < 0.06
    assert abs(weighed) < 0.8 * plain


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_within_strata_the_effect_is_right_and_the_check_objects_no_more_often_than_it_may(name):
    n = 60
    selected, none = (estimate(name, range(n), selected=one) for one in (True, False))
    for found, chosen in ((selected, [1]), (none, [0, 1, 2])):
        bias, error = found[:, :3].mean(axis=0) - EFFECT, found[:, :3].std(axis=0) / np.sqrt(n)
        assert (np.abs(bias) < 3.5 * error + 0.01)[chosen].all()
        assert found[:, 3].mean() > 0.95 - 3 * np.sqrt(0.05 * 0.95 / n)
    assert selected[:, 0].mean() - EFFECT > 0.08
    assert np.abs(selected[:, 2].mean() - EFFECT) < 0.6 * (selected[:, 0].mean() - EFFECT)
    assert selected[:, 5].mean() > 0.5
    assert none[:, 5].mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)
