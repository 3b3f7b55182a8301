"""Spillovers, margins and selection, on panels with known diversion, known parts and a known hazard."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.mechanisms.outcomes import Margins
from twintrade.diagnostics.mechanisms.spillovers import SAME_CITY, SAME_PARTNER, Spillovers, mark_exposed_treated
from twintrade.diagnostics.pre_period.selection import Selection, build_risk_set, deal_agreements, fit_cloglog
from twintrade.errors import EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.placebo import Placebo

BY_UNIT = Clustered(by=("unit",))
# Noise of 0.05 over some hundred rows.
CLOSE = 0.05


def made(seed: int = 1, direct: float = 0.5, in_city: float = 0.0, at_partner: float = 0.0, **options) -> Design:
    rng = np.random.default_rng(seed)
    n_cities, n_partners, n_periods = 12, 14, 8
    shape = (n_cities, n_partners, n_periods)
    onset = np.full((n_cities, n_partners), np.inf)
    onset[np.arange(4), np.arange(4)] = [3, 4, 4, 5]
    period = np.arange(n_periods)
    tied = period >= onset[:, :, None]
    city = (period >= onset.min(axis=1)[:, None])[:, None, :] & ~tied
    partner = (period >= onset.min(axis=0)[:, None])[None, :, :] & ~tied
    eta = 5 + rng.normal(size=shape[:2])[:, :, None] + 0.05 * rng.normal(size=shape)
    eta = eta + direct * tied + in_city * city + at_partner * partner
    frame = pd.MultiIndex.from_product([range(n) for n in shape], names=["c", "p", "period"]).to_frame(index=False)
    frame["city"], frame["partner"] = "c" + frame["c"].astype(str), "p" + frame["p"].astype(str)
    frame["flow"] = np.exp(eta).ravel()
    frame["firms"] = np.round(np.exp(0.4 * eta + 0.05 * rng.normal(size=shape))).ravel() + 1
    frame["cells"] = frame["firms"] * (1 + rng.integers(0, 4, frame.shape[0]))
    panel = Panel.from_frame(frame.drop(columns=["c", "p"]), city="city", partner="partner")
    starts = np.full(panel.n_units, np.inf)
    place = {str(u): k for k, u in enumerate(panel.units)}
    for i in range(4):
        starts[place[f"c{i}-p{i}"]] = onset[i, i]
    kept = {"transform": "log", "window": (-3, 3)} | options
    return Design(panel=panel, treatment=Treatment(panel.units, starts), outcome="flow", **kept)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_known_diversion_is_found(rng) -> None:
    fitted = fit(TWFE(shape="static"), made(in_city=-0.2, at_partner=0.3, fixed_effects="two_way"))
    table = Spillovers().check(fitted, BY_UNIT, rng).table.set_index("label")
    assert table.loc[str(SAME_CITY), "effect"] == pytest.approx(-0.2, abs=CLOSE)
    assert table.loc[str(SAME_PARTNER), "effect"] == pytest.approx(0.3, abs=CLOSE)
    clean = Spillovers().check(fit(TWFE(shape="static"), made()), BY_UNIT, rng).table.set_index("label")
    assert clean.loc[[str(SAME_CITY), str(SAME_PARTNER)], "effect"].abs().max() < CLOSE


@pytest.mark.parametrize("transform", ["log", "level"])
def test_no_money_is_put_on_spillovers(rng, transform) -> None:
    """The parts come from several regressions: their sum has no interval, and without one no amount is stated."""
    estimator = TWFE(shape="static") if transform == "log" else PPML(shape="static")
    found = Spillovers().check(fit(estimator, made(in_city=-0.2).with_outcome("flow", transform)), BY_UNIT, rng)
    assert not {"trade", "amount"} & set(found.table)
    assert "No net amount is given" in found.sentence
    assert "what a city exports in all, which [translate] answers in a model" in found.sentence
    fitted = fit(estimator, made(in_city=-0.2).with_outcome("flow", transform))
    assert found.table["low"].iloc[0] == BY_UNIT.infer(fitted, "overall", rng).low[0]  # the interval of its column
    assert "Valued at" not in found.sentence
    assert found.sentence.count("interval") >= 3  # each effect with its own, and why the sum has none
    assert np.isnan(found.value)


def test_tied_dyads_leave_the_spillover_sample() -> None:
    design = mark_exposed_treated(made(), "city")
    o = design.observations
    assert not {"c0-p0", "c1-p1"} & set(o.unit_ids)
    assert o.is_ever_treated.sum() == 4 * 13
    assert design.effect_names == ("unit", "partner_period")


def dated(design: Design, **onsets: int) -> Design:
    """The design with other onsets for some pairs, named "c0_p0"."""
    starts = design.treatment.onset.copy()
    for unit, onset in onsets.items():
        starts[design.panel.units == unit.replace("_", "-")] = onset
    return replace(design, treatment=Treatment(design.panel.units, starts))


def test_pairs_exposed_before_the_sample_leave_and_later_agreements_expose_the_others() -> None:
    design = mark_exposed_treated(dated(made(), c0_p9=-4, c1_p9=7), "city")
    o = design.observations
    cities = pd.Series(o.unit_ids).str.split("-").str[0]
    assert "c0" not in set(cities)  # exposed throughout, though it signs again inside the sample
    assert set(o.unit_onset[cities == "c1"]) == {4}  # the first one inside the sample
    assert np.isinf(o.unit_onset[cities == "c5"]).all()


def test_without_pairs_never_exposed_the_channel_is_refused(rng) -> None:
    every = dated(made(), **{f"c{k}_p13": -2 for k in range(4, 12)})
    found = Spillovers().check(fit(TWFE(shape="static"), every), BY_UNIT, rng)
    table = found.table.set_index("label")
    assert np.isnan(table.loc[str(SAME_CITY), "effect"])
    assert "no pair is never exposed" in table.loc[str(SAME_CITY), "reason"]
    assert np.isfinite(table.loc[str(SAME_PARTNER), "effect"])
    assert "no pair is never exposed" in found.sentence
    assert found.verdict != "does not object"  # half of the channels was not looked into


def test_spillovers_are_judged_by_their_own_test(rng) -> None:
    strong = Spillovers().check(fit(TWFE(shape="static"), made(in_city=-0.2)), BY_UNIT, rng)
    assert strong.verdict == "objects"
    none = Spillovers().check(fit(TWFE(shape="static"), made()), BY_UNIT, rng)
    assert none.verdict == "does not object"
    assert none.bound <= none.tolerance
    assert none.sentence.count("p = ") + none.sentence.count("p < ") == 3


def test_margins_add_up_exactly(rng) -> None:
    fitted = fit(TWFE(shape="static"), made())
    found = Margins(columns=("firms", "cells")).check(fitted, BY_UNIT, rng)
    assert found.verdict == "informs"  # other targets, which add up
    assert "add up exactly" in found.sentence
    table = found.table.set_index("label")
    assert table.loc["firms", "effect"] == pytest.approx(0.4 * 0.5, abs=CLOSE)
    assert table["effect"].iloc[:3].sum() == pytest.approx(table.loc["total", "effect"])
    assert list(table.index) == ["firms", "cells per firms", "flow per cells", "total"]


def test_margins_say_what_is_missing(rng) -> None:
    fitted = fit(TWFE(shape="static"), made())
    assert "no column" in Margins().check(fitted, BY_UNIT, rng).sentence
    poisson = fit(PPML(shape="static"), made().with_outcome("flow", "level"))
    assert "linear methods" in Margins(columns=("firms",)).check(poisson, BY_UNIT, rng).sentence


def hazard_data(rng):
    x = np.column_stack([np.ones(800), rng.normal(size=(800, 2))])
    y = (rng.random(800) < -np.expm1(-np.exp(x @ [-1.5, 0.6, -0.3]))).astype(float)
    return y, x, [np.arange(800) // 10, rng.integers(0, 12, 800)]


@pytest.mark.parametrize("n_ways", [1, 2])
def test_cloglog_solves_its_scores_and_has_their_sandwich(rng, n_ways) -> None:
    y, x, clusters = hazard_data(rng)
    clusters = clusters[:n_ways]

    def scores(b):
        rate = np.exp(x @ b)
        return x * (y * rate * np.exp(-rate) / -np.expm1(-rate) - (1 - y) * rate)[:, None]

    beta, covariance = fit_cloglog(y, x, clusters)
    assert scores(beta).sum(axis=0) == pytest.approx(0, abs=1e-7)
    steps = 1e-5 * np.eye(3)
    bread = np.linalg.inv(np.array([(scores(beta - s) - scores(beta + s)).sum(axis=0) / 2e-5 for s in steps]))
    both = clusters[0] * 100 + clusters[-1]
    signed = [(1, clusters[0])] if n_ways == 1 else [(1, clusters[0]), (1, clusters[1]), (-1, both)]
    sums = [(sign, pd.DataFrame(scores(beta)).groupby(codes).sum().to_numpy()) for sign, codes in signed]
    meat = sum(sign * part.T @ part for sign, part in sums)
    assert covariance == pytest.approx(bread @ meat @ bread, rel=1e-5, abs=1e-9)


def test_cloglog_with_a_variable_twice_predicts_the_same(rng) -> None:
    y, x, clusters = hazard_data(rng)
    doubled = np.column_stack([x, 1000 * x[:, 1]])
    assert doubled @ fit_cloglog(y, doubled, clusters)[0] == pytest.approx(
        x @ fit_cloglog(y, x, clusters)[0], rel=1e-7
    )


def test_a_variable_that_predicts_ties_perfectly_is_said(rng) -> None:
    _, x, clusters = hazard_data(rng)
    with pytest.raises(EstimationError, match="perfectly"):
        fit_cloglog((x[:, 1] > 1).astype(float), x, clusters)


def selected(seed: int, strength: float, n_places: int = 20) -> Design:
    rng = np.random.default_rng(seed)
    n, n_periods = n_places**2, 10
    growth = 0.3 * rng.normal(size=(n, n_periods))
    log = 5 + np.cumsum(growth, axis=1)
    onset = np.full(n, np.inf)
    for t in range(3, n_periods):
        rate = np.exp(-3.5 + strength * (log[:, t - 1] - log[:, t - 3]))
        onset[np.isinf(onset) & (rng.random(n) < -np.expm1(-rate))] = t
    frame = pd.MultiIndex.from_product(
        [range(n_places), range(n_places), range(n_periods)], names=["city", "partner", "period"]
    )
    frame = frame.to_frame(index=False).assign(flow=np.exp(log).ravel())
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="flow", transform="log")


def test_ties_that_follow_trade_are_seen(rng) -> None:
    found = Selection().check(fit(TWFE(shape="static"), selected(1, 2.0)), BY_UNIT, rng)
    assert found.verdict == "objects"
    table = found.table.set_index("variable")
    assert table.loc["trade growth", "coefficient"] == pytest.approx(2.0, abs=4 * table.loc["trade growth", "se"])
    none = Selection().check(fit(TWFE(shape="static"), selected(2, 0.0)), BY_UNIT, rng)
    assert none.value > 0.01
    assert none.verdict == "does not object"
    assert none.bound <= none.tolerance
    unknown = Selection().check(fit(TWFE(shape="static"), selected(2, 0.0)), Placebo(), np.random.default_rng(5))
    assert unknown.verdict == "cannot tell"  # the headline has no interval by this inference


def test_growth_is_held_against_an_interval_in_percent_as_against_one_in_logs() -> None:
    design = selected(2, 0.0)
    levels, found = replace(design, transform="level", fixed_effects="gravity"), []
    for measure in ("percent", "log_ratio"):
        fitted = fit(Imputation(family="poisson", measure=measure), levels)
        bands = BY_UNIT.infer(fitted, "overall", np.random.default_rng(5))
        checked = Selection().check(fitted, BY_UNIT, np.random.default_rng(5))
        ends = [float(bands.low[0]), float(bands.high[0])]
        low, high = np.log1p(np.array(ends) / 100) if measure == "percent" else ends
        wanted = min(abs(low), abs(high)) if low * high > 0 else (high - low) / 2
        assert checked.tolerance == pytest.approx(wanted, rel=1e-9)
        assert checked.verdict in ("does not object", "cannot tell")
        found.append(checked)
    assert found[0].bound == found[1].bound
    assert Selection().concerns(levels)
    assert not Selection().concerns(made())


@pytest.mark.slow
def test_agreements_at_random_are_seldom_called_selected_in_few_clusters() -> None:
    """In twelve cities and twelve partners clustered errors of the hazard reject far more often than in 5 of 100."""
    p, clustered = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        risk = build_risk_set(selected(seed, 0.0, n_places=12), 2, ())
        try:
            beta, covariance = fit_cloglog(risk.signed, risk.x, risk.clusters)
            p.append(deal_agreements(risk, 199, rng).p)
        except EstimationError:
            continue
        clustered.append(abs(beta[1]) > 1.96 * np.sqrt(max(covariance[1, 1], 1e-12)))
    assert len(p) > 150
    assert np.mean(clustered) > 0.15
    assert np.mean(np.array(p) <= 0.05) <= 0.075


def test_every_variable_of_the_hazard_needs_ten_agreements(rng) -> None:
    design = selected(1, 2.0)
    later = np.where(design.treatment.onset >= 5, np.inf, design.treatment.onset)
    fewer = replace(design, treatment=Treatment(design.panel.units, later))
    found = Selection().check(fit(TWFE(shape="static"), fewer), BY_UNIT, rng)
    assert found.verdict == "cannot tell"
    assert "too few for 4 variables, which need 10 each" in found.sentence


def test_too_few_ties_are_said(rng) -> None:
    found = Selection().check(fit(TWFE(shape="static"), made()), BY_UNIT, rng)
    assert "too few" in found.sentence
