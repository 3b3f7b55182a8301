"""The checks every study runs: each says what is true of a panel whose truth is known."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reference_results import read_data, read_results

from twintrade.design import Design, NeverTreated, Panel, Treatment
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.diagnostics.pre_period.pretrends import Pretrends, compute_joint_pretrend
from twintrade.diagnostics.pre_period.reference_year import Anticipation, LevellingOff, PlaceboDates
from twintrade.diagnostics.sensitivity.clusters import ClusterLadder
from twintrade.diagnostics.sensitivity.dates import Dates
from twintrade.diagnostics.sensitivity.leave_one_out import LeaveOneOut
from twintrade.diagnostics.who_is_compared.balance import (
    Adoption,
    RawSeries,
    build_adoption,
    build_raw_series,
    list_candidate_dates,
)
from twintrade.diagnostics.who_is_compared.estimators import ComparisonCheck
from twintrade.diagnostics.who_is_compared.twfe_weights import Leverage
from twintrade.effects import RefitOnly
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.constant_effect import compute_joint_test
from twintrade.inference.crv2 import Scaled
from twintrade.inference.randomization import Randomization

# Sums and logarithms of the same numbers.
ROUNDING = 1e-10
CLUSTERED = Clustered(by=("unit",))


def made(seed: int = 3, trend: float = 0.0, n_treated: int = 12, **options) -> Design:
    rng = np.random.default_rng(seed)
    cities, partners, years = [f"c{i}" for i in range(6)], [f"p{i}" for i in range(8)], range(2000, 2012)
    index = pd.MultiIndex.from_product([cities, partners, years], names=["city", "partner", "period"])
    frame = index.to_frame(index=False)
    onset = np.full(48, np.inf)
    onset[rng.choice(48, n_treated, replace=False)] = 2004 + rng.integers(0, 4, n_treated)
    event_time = frame["period"].to_numpy() - np.repeat(onset, 12)
    eta = 3 + rng.normal(size=48).repeat(12) + 0.1 * rng.normal(size=len(frame)) + 0.5 * (event_time >= 0)
    eta += trend * np.where(np.isfinite(event_time), event_time, 0)
    frame["flow"] = np.exp(eta)
    panel = Panel.from_frame(frame, city="city", partner="partner", units_of_measure={"flow": "US dollars"})
    kept = {"transform": "log", "window": (-3, 4), "clusters": ("city", "partner")} | options
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="flow", **kept)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="module")
def twfe():
    return TWFE()


def test_pretrends_pass_without_and_object_with_a_trend(twfe, rng) -> None:
    assert Pretrends().check(fit(twfe, made(seed=4)), CLUSTERED, rng).verdict == "does not object"
    steep = Pretrends().check(fit(twfe, made(trend=0.3)), CLUSTERED, rng)
    assert steep.verdict == "objects"
    assert steep.table["test"][0] == "F"
    assert "differently before the agreement" in steep.sentence


def test_pretrends_say_of_two_tests_what_holm_says(twfe, rng) -> None:
    """A joint p below .05 that is above it by Holm for two tests is no difference."""
    found = Pretrends().check(fit(twfe, made(seed=33)), CLUSTERED, rng)
    assert found.verdict == "does not object"
    assert found.table["p"][0] < 0.05 < found.table["p_holm"][0]
    assert "jointly different" not in found.sentence
    assert "p = 0.046; p = 0.091 by Holm's adjustment for two tests" in found.sentence


def test_pretrends_under_randomization(twfe, rng) -> None:
    found = Pretrends(draws=99).check(fit(twfe, made(trend=0.3)), Randomization(), rng)
    assert found.table["test"][0] == "randomization"
    assert found.value == pytest.approx(0.02)  # two tests at the floor of 99 draws, after Holm's adjustment
    assert np.isnan(compute_joint_pretrend(Randomization(draws=9).infer(fit(twfe, made()), "event", rng)).df2)


def test_the_joint_test_is_the_wald_statistic(twfe, rng) -> None:
    bands = CLUSTERED.infer(fit(twfe, made()), "event", rng)
    pre = bands.estimate.pre_effects()
    effects, block = bands.estimate.effects[pre], bands.covariance[np.ix_(pre, pre)]
    found = compute_joint_pretrend(bands, "fixest")
    assert found.statistic == pytest.approx(effects @ np.linalg.solve(block, effects) / pre.size, rel=1e-8)
    assert found.df2 == 47
    exact = compute_joint_pretrend(bands)  # 12 of the 48 units are treated
    assert exact.statistic == pytest.approx(found.statistic * (12 - pre.size) / 11, rel=1e-12)
    assert (exact.df, exact.df2) == (pre.size, 12 - pre.size)


def seven_cities(seed: int, leads: int, clusters: tuple[str, ...] = ("city",)) -> Design:
    """A panel without any effect, whose errors are shared within city and period."""
    rng = np.random.default_rng([seed, leads])
    index = pd.MultiIndex.from_product([range(7), range(6), range(14)], names=["city", "partner", "period"])
    frame = index.to_frame(index=False).assign(flow=rng.normal(size=7 * 6 * 14))
    frame["flow"] += rng.normal(size=(7, 1, 14)).repeat(6, axis=1).ravel()
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = np.full(42, np.inf)
    onset[rng.choice(42, 14, replace=False)] = rng.integers(7, 11, 14)
    treatment = Treatment(panel.units, onset)
    return Design(panel=panel, treatment=treatment, outcome="flow", window=(-leads - 1, 2), clusters=clusters)


@pytest.mark.parametrize("clusters", [("city",), ("city", "partner")])
@pytest.mark.parametrize("leads", [6, 8, 9])
def test_seven_clusters_cannot_test_as_many_leads(twfe, rng, leads, clusters) -> None:
    found = Pretrends().check(fit(twfe, seven_cities(1, leads, clusters)), Clustered(draws=10), rng)
    assert found.verdict == "cannot tell"
    assert found.sentence.startswith("Not available because")
    assert np.isnan(found.value)


@pytest.mark.slow
def test_seven_clusters_reject_a_true_null_as_often_as_they_say(twfe, rng) -> None:
    rejected = {"hotelling": 0, "fixest": 0}
    n = 120
    for seed in range(n):
        bands = Clustered(draws=10).infer(fit(twfe, seven_cities(seed, 3)), "event", rng)
        for reference in rejected:
            rejected[reference] += compute_joint_pretrend(bands, reference).p < 0.05
    assert abs(rejected["hotelling"] / n - 0.05) < 3 * (0.05 * 0.95 / n) ** 0.5
    assert rejected["fixest"] / n > 0.12


def test_two_way_clusters_are_tested_by_what_objects_least(twfe, rng) -> None:
    found = Pretrends().check(fit(twfe, seven_cities(0, 3, ("city", "partner"))), Clustered(draws=10), rng)
    assert found.verdict != "objects"
    assert "which objects least" in found.sentence


@pytest.mark.slow
@pytest.mark.parametrize("shocks", ["city", "both"])
def test_two_way_clusters_keep_the_size_of_the_joint_test(twfe, rng, shocks) -> None:
    n, rejected = 80, 0
    for seed in range(n):
        design = seven_cities(seed, 3, ("city", "partner"))
        if shocks == "both":
            common = np.random.default_rng(seed).normal(size=(6, 14))
            codes = design.panel.unit_partner[design.panel.unit], design.panel.period
            columns = {**design.panel.columns, "flow": design.panel.columns["flow"] + common[codes]}
            design = replace(design, panel=replace(design.panel, columns=columns))
        found = Pretrends().check(fit(twfe, design), Clustered(draws=10), rng)
        rejected += found.verdict == "objects"
    assert "which objects least" in found.sentence
    assert rejected / n <= 0.05 + 3 * (0.05 * 0.95 / n) ** 0.5


def test_poisson_leads_are_referred_to_F_with_few_clusters(rng) -> None:
    design = seven_cities(2, 2)
    columns = {**design.panel.columns, "flow": np.exp(design.panel.columns["flow"])}
    design = replace(design, panel=replace(design.panel, columns=columns))
    found = Pretrends().check(fit(PPML(), design), Clustered(draws=10), rng)
    assert found.table["test"][0] == "F"
    assert 0 < found.table["df2"][0] <= 7 - found.table["df"][0]


def test_a_singular_covariance_is_not_tested() -> None:
    effects, block = np.ones(3), np.ones((3, 3)) + np.diag([1e-12, 0.0, 0.0])
    with pytest.raises(InferenceError, match="singular"):
        compute_joint_test(effects, block, np.inf, np.inf)
    with pytest.raises(InferenceError, match="no variance"):
        compute_joint_test(effects, np.diag([1.0, 0.0, 1.0]), np.inf, np.inf)


def test_pretrends_equal_fixest(rng, twfe) -> None:
    expected = read_results("fixest_twfe", "mpdta_es_wald_pretrends")
    frame = read_data("mpdta")
    panel = Panel.from_frame(frame, unit="countyreal", period="year")
    onset = frame.groupby("countyreal")["first.treat"].first().replace(0, np.inf)
    design = Design(panel=panel, treatment=Treatment.from_series(onset), outcome="lemp", window=(-9, 9))
    found = Pretrends(reference="fixest").check(fit(twfe, design), Clustered(correction="fixest"), rng)
    assert found.table["p"][0] == pytest.approx(expected["p"], rel=1e-6)
    assert found.table["statistic"][0] == pytest.approx(expected["stat"], rel=1e-6)
    assert found.table["df2"][0] == expected["df2"]


def test_levelling_off_sees_a_moving_effect(twfe, rng) -> None:
    still = LevellingOff().check(fit(twfe, made()), CLUSTERED, rng)
    moving = LevellingOff().check(fit(twfe, made(trend=0.4)), CLUSTERED, rng)
    assert moving.value < 0.01 < still.value


def test_leverage_names_the_row_and_what_rests_on_it(rng) -> None:
    design = made(fixed_effects="gravity", n_treated=1)
    unit = int(np.flatnonzero(np.isfinite(design.onset))[0])
    same = design.panel.unit_partner == design.panel.unit_partner[unit]
    others = np.flatnonzero(same & (np.arange(48) != unit))
    last = design.panel.period == 2011
    thin = design.restricted(~(np.isin(design.panel.unit, others[1:]) & last))
    found = Leverage().check(fit(Imputation(), thin), CLUSTERED, rng)
    assert found.verdict == "cannot tell"  # errors that do not see the row's noise cannot test what it does
    assert found.table["unit"].tolist() == [design.panel.units[others[0]]]
    assert found.table["period"].tolist() == [2011]
    rested = ~(np.isin(design.panel.unit, [others[0], unit]) & last)
    without, own = (fit(Imputation(), d).view("overall").effects[0] for d in (thin.restricted(rested), thin))
    assert f"Without these rows the effect is {without:.3f}" in found.sentence.replace("−", "-")
    assert without != pytest.approx(own, rel=1e-3)
    assert Leverage().check(fit(Imputation(), made()), CLUSTERED, rng).verdict == "does not object"


def test_adoption_of_many_units_holds_the_counts_of_their_rows(monkeypatch) -> None:
    design = made()
    whole = build_adoption(design)
    assert whole["unit"].nunique() == 48
    before = Adoption().of(design)
    monkeypatch.setattr("twintrade.diagnostics.who_is_compared.balance.MOST_UNITS", 47)
    counted = build_adoption(design)
    own = whole.groupby(["period", "period_label", "status"]).size()
    pd.testing.assert_series_equal(
        counted.set_index(["period", "period_label", "status"])["n_units"].sort_index(), own, check_names=False
    )
    assert list(dict.fromkeys(counted["status"])) == list(dict.fromkeys(whole["status"]))
    after = Adoption().of(design)
    assert after.sentence == before.sentence
    pd.testing.assert_frame_equal(after.table, before.table)


def test_adoption_knows_every_status() -> None:
    design = made()
    onset = design.onset.copy()
    never = np.flatnonzero(np.isinf(onset))
    onset[never[0]] = 2000
    treatment = Treatment(design.panel.units, onset, excluded={str(design.panel.units[never[1]]): "undated"})
    frame = build_adoption(replace(design, treatment=treatment))
    assert len(frame) == design.panel.n_rows
    status = frame.set_index(["unit", "period"])["status"]
    treated = int(np.flatnonzero(np.isfinite(design.onset))[0])
    name, start = design.panel.units[treated], int(onset[treated])
    assert status[name, start] == "treated"
    assert status[name, start - 1] == "not yet treated"
    assert status[design.panel.units[never[0]], 2005] == "always treated"
    assert status[design.panel.units[never[1]], 2005] == "undated"
    assert status[design.panel.units[never[2]], 2005] == "comparison"
    assert "12 treated" in Adoption().of(replace(design, treatment=treatment)).sentence


def test_raw_series_is_the_flow_and_its_sums() -> None:
    design = made()
    unit = str(design.panel.units[np.flatnonzero(np.isfinite(design.onset))[0]])
    frame = build_raw_series(design, unit)
    flows = design.panel.to_frame()
    own = flows[flows["unit"] == unit].set_index("period")["flow"]
    level = frame[(frame["panel"] == "level")].set_index("period")["value"]
    assert level.to_numpy() == pytest.approx(own.to_numpy())
    never = {str(u) for u in design.panel.units[np.isinf(design.onset)]}
    city, partner = unit.split("-")
    rest = flows[flows["unit"].isin(never) & (flows["unit"] != unit)]
    same = rest[(rest["city"] == city) & (rest["partner"] != partner)].groupby("period")["flow"].sum()
    logs = frame[(frame["panel"] == "log") & (frame["series"] == "same city, other destinations")]
    assert logs["value"].to_numpy() == pytest.approx(np.log(same.to_numpy()))
    index = frame[(frame["panel"] == "index") & (frame["series"] == "treated")].set_index("period")["value"]
    assert index[int(design.onset[list(design.panel.units).index(unit)]) - 1] == pytest.approx(100)


def test_the_double_ratio_ignores_booms_of_its_city_and_its_destination() -> None:
    design, rng = made(), np.random.default_rng(1)
    panel = design.panel
    code = int(np.flatnonzero(np.isfinite(design.onset))[0])
    year = panel.period - 2000
    is_city = (panel.unit_city == panel.unit_city[code])[panel.unit]
    is_partner = (panel.unit_partner == panel.unit_partner[code])[panel.unit]
    boom = np.where(is_city, rng.lognormal(size=12)[year], 1) * np.where(is_partner, rng.lognormal(size=12)[year], 1)
    changed = replace(design, panel=replace(panel, columns={"flow": panel.columns["flow"] * boom}))
    ratio, again = (
        frame[frame["panel"] == "ratio"]["value"].to_numpy()
        for frame in (build_raw_series(d, str(panel.units[code])) for d in (design, changed))
    )
    assert again == pytest.approx(ratio, rel=ROUNDING)
    assert ratio.size == 12


def register(unit: str, onset: int) -> pd.DataFrame:
    candidates = json.dumps([["memorandum", "2003-05", 2003], ["signed", str(onset), onset], ["visit", "1999", None]])
    row = {"unit": unit, "partner_city": "X", "precision": "year", "onset": onset, "candidates": candidates}
    return pd.DataFrame([row])


def test_candidate_dates_mark_the_chosen_one() -> None:
    design = made()
    code = int(np.flatnonzero(np.isfinite(design.onset))[0])
    unit, onset = str(design.panel.units[code]), int(design.onset[code])
    design = replace(design, treatment=replace(design.treatment, register=register(unit, onset)))
    dates = list_candidate_dates(design, unit)
    assert dates["period"].tolist() == [2003, onset]
    assert dates["is_chosen"].tolist() == [False, True]
    found = RawSeries().of(design)
    assert sum(key.startswith("raw_series") for key in found.payloads) == 12


def test_an_undated_unit_can_be_shown_when_named() -> None:
    design = replace(made(), treatment=Treatment(made().panel.units, np.full(48, np.inf)))
    assert RawSeries().of(design).sentence.startswith("Not available because no unit is treated")
    found = RawSeries(units=("c1-p1",)).of(design)
    frame = found.payloads["raw_series"]
    start = frame[(frame["panel"] == "index") & (frame["period"] == 2000)]["value"]
    assert start.to_numpy() == pytest.approx(100)
    assert found.payloads["candidate_dates"].empty


def test_dates_reestimates_every_definition(twfe, rng) -> None:
    design = made(n_treated=6)
    code = int(np.flatnonzero(np.isfinite(design.onset))[0])
    unit, onset = str(design.panel.units[code]), int(design.onset[code])
    design = replace(design, treatment=replace(design.treatment, register=register(unit, onset)))
    found = Dates().check(fit(twfe, design), CLUSTERED, rng)
    moved = design.onset.copy()
    moved[code] = 2003
    table = found.table.set_index("label")
    expected = fit(twfe, design.reassigned(moved)).view("overall").effects[0]
    assert table.loc["memorandum", "effect"] == pytest.approx(expected)
    assert any(label.startswith("one period later") for label in table.index)
    assert "onset period left out" in table.index


def test_dates_known_by_their_year_are_counted_where_a_period_later_moves_them(twfe, rng) -> None:
    design = made(n_treated=6)
    first, long_ago = np.flatnonzero(np.isfinite(design.onset))[:2]
    onset = design.onset.copy()
    onset[long_ago] = 1950
    known = [register(str(design.panel.units[k]), int(onset[k])) for k in (first, long_ago)]
    design = design.reassigned(onset)
    design = replace(design, treatment=replace(design.treatment, register=pd.concat(known).assign(candidates="[]")))
    labels = Dates().check(fit(twfe, design), CLUSTERED, rng).table["label"]
    assert [label for label in labels if label.startswith("one period later") and "(1 pair)" in label]


def test_leave_one_out_equals_the_design_without_it(twfe, rng) -> None:
    design = made()
    found = LeaveOneOut(by=("city", "cohort", "unit", "period")).check(fit(twfe, design), CLUSTERED, rng)
    table = found.table.set_index("label")
    gone = [str(u) for u in design.panel.units if str(u).startswith("c2-")]
    assert table.loc["without c2", "effect"] == pytest.approx(
        fit(twfe, design.without(gone)).view("overall").effects[0]
    )
    assert found.verdict == "does not object"
    assert set(table["group"]) == {"city", "cohort", "unit", "period"}


def test_a_variant_that_fails_is_a_row_with_its_reason(twfe, rng) -> None:
    design = made(n_treated=1)
    found = LeaveOneOut(by=("city", "cohort")).check(fit(twfe, design), CLUSTERED, rng)
    assert (found.table["reason"] != "").sum() >= 2
    assert found.messages


def test_anticipation_and_comparison(rng) -> None:
    fitted = fit(CallawaySantAnna(), made())
    found = Anticipation().check(fitted, CLUSTERED, rng)
    assert found.table["effect"].notna().all()
    assert found.table["effect"][0] == pytest.approx(fitted.view("overall").effects[0])
    sides = ComparisonCheck().check(fitted, CLUSTERED, rng).table.set_index("label")
    never = fitted.refit(replace(fitted.design, comparison=NeverTreated())).view("overall").effects[0]
    assert sides.loc["never treated", "effect"] == pytest.approx(never)


def test_cluster_ladder_equals_each_inference(twfe, rng) -> None:
    fitted = fit(twfe, made())
    table = ClusterLadder().check(fitted, CLUSTERED, rng).table.set_index("label")
    for by in (("unit",), ("city", "partner"), ("period",)):
        se = Clustered(by=by).infer(fitted, "overall", rng).se[0]
        assert table.loc[f"by {' and '.join(by)}", "se"] == pytest.approx(se, rel=ROUNDING)
    assert table["is_design"].sum() == 1


def test_placebo_dates_use_nothing_from_after_the_tie(twfe, rng) -> None:
    design = made()
    found = PlaceboDates().check(fit(twfe, design), CLUSTERED, rng)
    assert found.verdict == "does not object"
    after = design.panel.period >= design.onset[design.panel.unit]
    columns = {"flow": np.where(after, 1e6, design.panel.columns["flow"])}
    changed = replace(design, panel=replace(design.panel, columns=columns))
    again = PlaceboDates().check(fit(twfe, changed), CLUSTERED, np.random.default_rng(7))
    assert again.table["effect"].to_numpy() == pytest.approx(found.table["effect"].to_numpy())


def test_placebo_dates_scale_clustered_errors_and_no_others(twfe, rng) -> None:
    """Few treated rows are left before the agreements, and clustered errors are too small there."""
    fitted = fit(twfe, made())
    fake = fitted.refit(fitted.design.before_treatment().backdated(2))
    for method, judge in (
        (CLUSTERED, Scaled(by=("unit",))),
        (kept := Clustered(by=("unit",), correction="fixest"), kept),
    ):
        found = PlaceboDates().check(fitted, method, rng).table
        assert found["p"].iloc[0] == pytest.approx(judge.infer(fake, "overall", rng).p[0], rel=1e-8)


def test_placebo_dates_object_to_a_trend(twfe) -> None:
    def judge(seed: int) -> str:
        fitted = fit(TWFE(shape="static"), made(seed=seed, trend=0.1))
        return PlaceboDates().check(fitted, CLUSTERED, np.random.default_rng(seed)).verdict

    assert np.mean([judge(seed) == "objects" for seed in range(20)]) >= 0.8


def test_a_large_effect_at_a_fake_date_that_cannot_be_told_from_zero_is_no_pass(twfe) -> None:
    design = made()
    noise = np.exp(1.5 * np.random.default_rng(2).normal(size=design.panel.n_rows))
    noisy = replace(design, panel=replace(design.panel, columns={"flow": noise * design.panel.columns["flow"]}))
    found = PlaceboDates().check(fit(twfe, noisy), CLUSTERED, np.random.default_rng(7))
    assert found.value > 0.05
    assert found.bound == pytest.approx(found.table[["low", "high"]].abs().to_numpy().max())
    assert found.bound > found.tolerance
    assert found.verdict == "cannot tell"


def test_what_a_fit_cannot_provide_is_said(twfe, rng) -> None:
    fitted = fit(TWFE(shape="static"), made())
    shown = Pretrends().check(fitted, CLUSTERED, rng)  # a static regression is checked by imputation's leads
    assert set(shown.table["leads"]) == {"imputation"}
    assert LevellingOff().check(fitted, CLUSTERED, rng).sentence.startswith("Not available because")
    opaque = replace(fitted, estimate=replace(fitted.estimate, uncertainty=RefitOnly()))
    assert ClusterLadder().check(opaque, CLUSTERED, rng).sentence.startswith("Not available because")


def test_all_are_registered() -> None:
    for name in ("pretrends", "levelling_off", "leverage", "adoption", "raw_series", "dates", "leave_one_out"):
        assert name in DIAGNOSTICS
    for name in ("anticipation", "comparison", "clusters", "placebo_dates"):
        assert name in DIAGNOSTICS
