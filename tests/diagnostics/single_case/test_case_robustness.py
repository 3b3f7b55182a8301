"""Placebo in space and time, donors left out, shocks, date sets, unknown breaks."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from single_cases import dyad_design, factor_matrix, matrix_design, rectangle_frame

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.single_case import case_verdict
from twintrade.diagnostics.single_case import placebo_space as case_methods
from twintrade.diagnostics.single_case.case_paths import CasePaths, DonorWeightTable, LeaveOneDonorOut
from twintrade.diagnostics.single_case.date_sets import DateSets
from twintrade.diagnostics.single_case.known_shocks import (
    SHOCKS,
    KnownShocks,
    Shock,
    UnknownBreak,
    can_affect,
    find_period,
)
from twintrade.diagnostics.single_case.placebo_space import (
    METHODS,
    PlaceboSpace,
    PlaceboTime,
    build_case_sets,
    estimate_placebo_paths,
)
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import DoubleRatio, SyntheticControl, SyntheticDid
from twintrade.inference.base import Inference
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.numerics.series import compute_break_power, draw_ar_errors, find_unknown_break
from twintrade.numerics.testing import compute_mean_shift, compute_placebo_rank, compute_rmspe_ratio
from twintrade.text import load_catalogue, use_catalogue

SAME = 1e-10  # the same numbers by arrays and by refitted designs


def case(effect=0.0, onset=2012, n_periods=18, seed=3, estimator=None):
    values = factor_matrix(np.random.default_rng(seed), n_units=15, n_periods=n_periods)
    values[0, onset - 2000 :] += effect
    return fit(estimator or SyntheticControl(), matrix_design(values, onset))


def check(diagnostic, fitted):
    return diagnostic.check(fitted, Placebo(), np.random.default_rng(1))


def test_ranks_by_arrays_are_ranks_by_refitted_designs():
    fitted = case(1.0)
    bands = Placebo().infer(fitted, "overall", np.random.default_rng(1))
    table = check(PlaceboSpace(), fitted).table
    assert table["p"].iloc[0] == pytest.approx(bands.p[0], abs=SAME)
    assert table["floor"].iloc[0] == pytest.approx(bands.facts["floor"])
    event = Placebo().infer(fitted, "event", np.random.default_rng(1))
    assert table["p_rmspe_ratio"].iloc[0] == pytest.approx(event.facts["rmspe_ratio_p"], abs=SAME)


def test_badly_fitting_donors_are_left_out_in_further_rows():
    table = check(PlaceboSpace(cutoffs=(1.2,)), case(1.0)).table
    strict = table[table["cutoff"] == 1.2].iloc[0]
    loose = table[np.isinf(table["cutoff"])].iloc[0]
    assert strict["n_placebos"] < loose["n_placebos"]
    assert strict["floor"] == pytest.approx(1 / (strict["n_placebos"] + 1))


def test_rank_counts_ties_against_the_treated_unit():
    assert compute_placebo_rank(2.0, np.array([1.0, 2.0, 3.0, np.nan])).p == pytest.approx(3 / 4)
    assert compute_placebo_rank(9.0, np.array([])).floor == 1.0


def test_paths_of_a_level_are_100_in_the_last_period_before_the_onset():
    fitted = case(1.0)
    found = check(CasePaths(), fitted)
    path = found.payloads["path"]
    treated = path[path["series"] == "treated"].set_index("period")
    base = treated["value"][2011]
    for series, rows in path.groupby("series"):
        own = base if series == "counterfactual" else rows.set_index("period")["value"][2011]
        np.testing.assert_allclose(rows["index"], 100 * rows["value"] / own, rtol=1e-12)
    drawn = found.payloads["case_paths"]
    method = drawn[drawn["method"] == drawn["method"].iloc[0]]
    np.testing.assert_allclose(method["observed"], treated["index"][method["period"]], rtol=1e-12)
    np.testing.assert_allclose(method["observed"] - method["counterfactual"], 100 * method["gap"] / base, atol=1e-9)


def test_statistics_by_hand():
    gaps = np.array([[1.0, -1.0, 2.0, 4.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, np.nan]])
    before = np.array([True, True, False, False])
    np.testing.assert_allclose(compute_mean_shift(gaps, ~before), [3.0, 0.0, 1.0])
    np.testing.assert_allclose(compute_rmspe_ratio(gaps, before, ~before), [np.sqrt(10.0), 0.0, np.inf])


def test_a_trend_before_the_tie_is_an_objection():
    values = factor_matrix(np.random.default_rng(3), n_units=40, n_periods=18)
    clean = check(PlaceboTime(), fit(SyntheticControl(), matrix_design(values, 2012)))
    values[0, 8:] += 30.0
    early = check(PlaceboTime(), fit(SyntheticControl(), matrix_design(values, 2012)))
    assert clean.verdict == "cannot tell"  # ranks among donors give the headline no interval to hold gaps against
    assert early.verdict == "cannot tell" or early.value < clean.value
    row = early.table.set_index("onset").loc[2008]
    assert row["p"] == pytest.approx(row["floor"])
    assert early.payloads["placebo_time"]["period"].max() == 2011


class Said(Inference):
    """A headline with an interval as given."""

    def __init__(self, low: float, high: float) -> None:
        self.ends = np.array([low]), np.array([high])

    def infer(self, fit, view, rng):
        return replace(Placebo().infer(fit, view, rng), low=self.ends[0], high=self.ends[1])


def test_a_gap_at_a_false_date_is_held_against_the_headline_s_interval():
    fitted = fit(SyntheticControl(), matrix_design(factor_matrix(np.random.default_rng(3), n_units=40), 2012))
    seen = {}
    for low in (0.1, 1e4):
        found = PlaceboTime().check(fitted, Said(low, 2e4), np.random.default_rng(1))
        seen[found.tolerance] = found.verdict
    assert seen == {0.1: "cannot tell", 1e4: "does not object"}
    assert "cannot be ruled out" in PlaceboTime().check(fitted, Said(0.1, 1), np.random.default_rng(1)).sentence
    early = fitted.estimator.case(fitted.design).during(np.arange(20) < 12).dated(2008)
    paths = estimate_placebo_paths(fitted.estimator, early)
    scales = paths.noise.scales
    shifts = np.abs(paths.gaps[1:, 8:12].mean(axis=1)) * scales[0] / scales[1:]
    row = found.table.set_index("onset").loc[2008]
    assert row["bound"] == pytest.approx(abs(paths.effect) + np.quantile(shifts, 0.95))
    assert found.bound == pytest.approx(found.table["bound"].max())


def test_short_series_have_no_false_date():
    short = case(onset=2005, n_periods=12, estimator=SyntheticControl(min_before=2))
    long = fit(SyntheticControl(), matrix_design(factor_matrix(np.random.default_rng(3), 40, 18), 2012))
    for diagnostic, fitted in ((PlaceboTime(), short), (PlaceboTime(min_after=14), long)):
        assert check(diagnostic, fitted).sentence.startswith("Not available because no false date")


def test_an_effect_that_hangs_on_one_donor_is_called_so():
    """The treated series is its twin's and 0.5 more, all others rose by 5: without the twin the gap is near -4.5.

    Among 44 placebos the twin's own, which is as large, is one of the two that the 95 % interval leaves out.
    """
    values = factor_matrix(np.random.default_rng(3), n_units=45, n_periods=18)
    values[0] = values[1] + 0.01
    values[0, 12:] += 0.5
    values[2:, 12:] += 5.0
    made = fit(SyntheticControl(), matrix_design(values, 2012))
    finding = check(LeaveOneDonorOut(), made)
    gap = float(made.view("overall").effects[0])
    moves = (finding.table["effect"] - gap).abs()
    assert finding.table["left_out"][moves.idxmax()] == "d001"
    assert finding.bound == pytest.approx(moves.max())
    bands = Placebo().infer(made, "overall", np.random.default_rng(1))
    assert finding.bound > (bands.high[0] - bands.low[0]) / 2
    assert finding.verdict == "objects"
    assert "depends on one donor" in finding.sentence


def test_a_donor_s_move_is_held_against_the_interval():
    """With 14 donors no p is below 5 %, so there is an interval at 90 % alone; that signs change is no objection."""
    held = {effect: LeaveOneDonorOut().check(case(effect), Placebo(level=0.9), None) for effect in (20.0, 0.0)}
    assert held[20.0].verdict == "does not object"
    assert held[20.0].bound == pytest.approx(held[0.0].bound)
    assert held[20.0].bound < held[20.0].tolerance
    assert held[0.0].verdict == "cannot tell"
    assert held[0.0].bound > held[0.0].tolerance
    assert "no interval" in check(LeaveOneDonorOut(), case(20.0)).sentence


def test_weights_are_shown_and_a_path_outside_the_donors_is_warned_of():
    inside = check(DonorWeightTable(), case())
    assert inside.table["weight"].sum() == pytest.approx(1.0, abs=1e-3)
    values = factor_matrix(np.random.default_rng(3), n_units=15, n_periods=18)
    values[0] += 100.0
    outside = check(DonorWeightTable(), fit(SyntheticControl(), matrix_design(values, 2012)))
    assert {m.code for m in outside.messages} == {"outside-hull"}
    assert "12 of 12 periods" in outside.sentence
    demeaned = check(DonorWeightTable(), fit(SyntheticControl(demeaned=True), matrix_design(values, 2012)))
    assert demeaned.messages == () or "12 of 12" not in demeaned.sentence


@pytest.mark.parametrize(
    ("frequency", "month", "expected"),
    [("year", "2001-12", 2001), ("quarter", "2008-09", 2008 * 4 + 2), ("month", "2015-12", 2015 * 12 + 11)],
)
def test_a_month_falls_into_its_period(frequency, month, expected):
    per_year = {"year": 1, "quarter": 4, "month": 12}[frequency]
    frame = pd.DataFrame({"unit": "a", "t": [2000 * per_year], "y": [1.0]})
    assert find_period(Panel.from_frame(frame, unit="unit", period="t", frequency=frequency), month) == expected


QUOTAS = "textile quotas end"


def test_shocks_of_the_program_are_named_in_the_language_of_the_page():
    shocks = check(KnownShocks(further=(Shock("port opens", "2008-05", "2008-12"),)), case(onset=2009))
    with use_catalogue(load_catalogue("zh-CN")):
        said = str(shocks.text)
    assert "国际金融危机" in said
    assert "port opens" in said
    assert "financial crisis" not in said


def test_a_shock_at_the_tie_is_a_rival_and_one_far_away_is_not():
    near = check(KnownShocks(), case(onset=2009))
    assert near.verdict == "cannot tell"
    assert "financial crisis. Without" in near.sentence
    assert "cannot set aside" in near.sentence
    assert "coincident-shock" in {m.code for m in near.messages}
    far = check(KnownShocks(), case(onset=2012, n_periods=15))
    assert far.verdict == "cannot tell"  # one case has no interval of the difference
    assert not far.table["is_rival"].any()
    assert far.topic == KnownShocks.topic == "single_case"
    assert far.table["label"].tolist() == ["China enters the WTO", "textile quotas end", "financial crisis"]


def test_a_shock_that_lasts_into_the_onset_is_a_rival_whenever_it_began():
    long = Shock("drought", "2003-01", "2010-12")
    rivals = check(KnownShocks(shocks=(), further=(long,)), case(onset=2011)).table.set_index("label")["is_rival"]
    assert rivals["drought"]
    over = check(KnownShocks(shocks=(), further=(long,)), case(onset=2012)).table.set_index("label")["is_rival"]
    assert not over["drought"]


def test_own_shocks_stand_beside_the_known_ones():
    own = check(KnownShocks(further=(Shock("port opens", "2006-05", "2006-12"),)), case(onset=2012, n_periods=15))
    assert own.table["label"].tolist()[-1] == "port opens"
    assert len(own.table) == 4


def test_without_a_shock_all_cases_are_estimated_anew_where_there_are_several():
    panel = matrix_design(factor_matrix(np.random.default_rng(4), n_units=16, n_periods=14), 2012).panel
    onset = np.full(panel.n_units, np.inf)
    onset[:4] = [2011, 2012, 2012, 2010]
    design = Design(panel=panel, treatment=Treatment(units=panel.units, onset=onset), outcome="y")
    fitted, method = fit(SyntheticDid(), design), Randomization(draws=39, across="units")
    shock = Shock("port opens", "2002-01", "2003-12")
    found = KnownShocks(shocks=(), further=(shock,)).check(fitted, method, np.random.default_rng(1))
    without = fitted.refit(design.restricted((panel.period < 2002) | (panel.period > 2003)))
    row = found.table.iloc[0]
    assert row["effect_without"] == pytest.approx(without.view("overall").effects[0], rel=1e-9)
    assert row["difference"] == pytest.approx(row["effect_without"] - fitted.view("overall").effects[0], rel=1e-9)
    assert found.topic == "sensitivity"
    assert not check(LeaveOneDonorOut(), fitted).is_available


@loop_over(
    ("home", "partner", "expected"),
    [
        ("USA", "IND", {QUOTAS}),
        ("USA", "CHN", {QUOTAS, "China enters the WTO", "tariffs between China and the United States"}),
        ("USA", "KOR", {QUOTAS, "Asian financial crisis"}),
        ("CHN", "GBR", {QUOTAS, "China enters the WTO", "Brexit vote", "Britain leaves the single market"}),
        ("CHN", "AUS", {"China enters the WTO", "China-Australia agreement in force"}),
        ("POL", "UKR", {QUOTAS, "war in Ukraine"}),
        ("IND", "BRA", set()),
        (
            "",
            "",
            {str(s.label) for s in SHOCKS} - {"financial crisis", "pandemic"},
        ),  # an end not given may be anywhere
    ],
)
def test_a_shock_of_other_countries_is_set_aside(home, partner, expected):
    everywhere = {"financial crisis", "pandemic"}
    assert {str(s.label) for s in SHOCKS if can_affect(s, home, partner)} == everywhere | expected


def test_the_partner_of_the_tied_pair_decides():
    frame = rectangle_frame(noise=0.2)
    frame["partner"] = frame["partner"].replace({"p0": "IND", "p1": "CHN"})
    tied = {name: fit(DoubleRatio(), dyad_design(frame, {f"c0-{name}": 2004})) for name in ("IND", "CHN")}
    china = {name: "China enters the WTO" in set(_labels(fitted)) for name, fitted in tied.items()}
    assert china == {"IND": False, "CHN": True}


def _labels(fitted):
    return check(KnownShocks(country="USA"), fitted).table["label"]


def test_without_a_shock_is_the_estimate_without_its_periods():
    fitted = case(onset=2012)
    table = check(KnownShocks(), fitted).table.set_index("label")
    design = fitted.design
    kept = ~np.isin(design.panel.period, [2008, 2009])
    by_hand = fitted.refit(design.restricted(kept)).view("overall").effects[0]
    assert table.loc["financial crisis", "effect_without"] == pytest.approx(by_hand, abs=SAME)


def dated_design(frame, candidates):
    design = dyad_design(frame, {"c0-p0": 2008})
    register = pd.DataFrame(
        {"unit": ["c0-p0"], "partner_city": ["Twin"], "candidates": [json.dumps(candidates)], "onset": [2008]}
    )
    treatment = Treatment(units=design.treatment.units, onset=design.treatment.onset, register=register)
    return Design(panel=design.panel, treatment=treatment, outcome="exports")


def test_every_date_and_donor_set_has_a_row_and_the_summary_is_the_median():
    dates = [
        ["memorandum", "2006", 2006],
        ["signed", "2008", 2008],
        ["council", "2008-11", 2008],
        ["visit", "1995", 1995],
    ]
    finding = check(DateSets(), fit(DoubleRatio(), dated_design(rectangle_frame(noise=0.2), dates)))
    assert set(finding.table["kind"]) == {"date", "donut", "interval"}
    assert set(finding.table["donor_set"]) == {"A", "B", "all"}
    known = finding.table.dropna(subset=["effect"])
    assert len(known) == 4 * 3 * len(METHODS)
    methods = ("double ratio", "synthetic control", "synthetic DiD")
    assert known.groupby("method").size().to_dict() == dict.fromkeys(methods, 4 * 3)
    wide = finding.payloads["date_sets_table"]
    assert len(wide) == finding.table.groupby(["method", "date"]).ngroups
    for row in known.to_dict("records"):
        held = wide[(wide["method"] == row["method"]) & (wide["date"] == row["date"])].iloc[0]
        assert (held[f"effect_{row['donor_set']}"], held[f"p_{row['donor_set']}"]) == (row["effect"], row["p"])
    assert set(wide.loc[wide["effect_A"].isna(), "reason"]) == set(finding.table["reason"]) - {""}
    assert finding.value == pytest.approx(known["p"].median())
    assert "is not a finding" in finding.sentence
    codes = {m.code for m in finding.messages}
    assert codes == {"date-outside-series", "dates-in-one-period"}


def test_the_donut_leaves_the_ambiguous_periods_out():
    frame = rectangle_frame(noise=0.0)
    between = (frame["city"] == "c0") & (frame["partner"] == "p0") & frame["year"].isin([2006, 2007])
    frame.loc[between, "exports"] *= np.exp(3.0)
    finding = check(DateSets(dates=(2006, 2008)), fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2008})))
    is_shown = (finding.table["donor_set"] == "all") & (finding.table["method"] == "double ratio")
    table = finding.table[is_shown].set_index("kind")
    assert table.loc["donut", "effect"] == pytest.approx(0.0, abs=0.2)
    assert table.loc["interval", "effect"] == pytest.approx(3.0, abs=0.2)


def test_a_break_at_the_tie_is_found_where_it_is():
    rng = np.random.default_rng(2)
    values = 5 + 0.3 * rng.normal(size=(5, 30))
    values[0, 18:] += 3.0
    finding = check(UnknownBreak(), fit(SyntheticControl(), matrix_design(values, 2018)))
    assert finding.verdict == "does not object"
    assert "The date of the agreement, 2018, lies in it." in finding.sentence
    elsewhere = check(UnknownBreak(), fit(SyntheticControl(), matrix_design(values, 2010)))
    assert elsewhere.verdict == "objects"
    assert "the series breaks at another time" in elsewhere.sentence


def test_no_clear_break_says_nothing_of_the_agreement_but_what_would_have_been_found():
    values = np.exp(5 + 0.3 * np.random.default_rng(4).normal(size=(5, 30)))
    found = check(UnknownBreak(), fit(SyntheticControl(), matrix_design(values, 2018)))
    assert found.value > 0.05
    assert found.verdict == "cannot tell"
    assert "none at the agreement either" not in found.sentence
    assert "power" in found.sentence


def test_only_the_date_called_the_agreement_counts():
    """The break is at a visit that the register also dates; the agreement came earlier."""
    frame = rectangle_frame(n_periods=24)
    treated = (frame["city"] == "c0") & (frame["partner"] == "p0")
    moved = 5 + 0.1 * np.random.default_rng(1).normal(size=24) + 2.0 * (np.arange(2000, 2024) >= 2016)
    frame.loc[treated, "exports"] = np.exp(moved)
    design = dated_design(frame, [["signed", "2008", 2008], ["visit", "2016", 2016]])
    found = check(UnknownBreak(), fit(DoubleRatio(), design))
    assert found.verdict == "objects"
    assert found.table.loc[found.table["is_candidate"], "period"].tolist() == [2008]


def growing(rng, rho, n=30):
    """Logs with a trend and autoregressive errors, without any break."""
    shocks, errors = 0.2 * rng.normal(size=n + 30), np.zeros(n + 30)
    for t in range(1, n + 30):
        errors[t] = rho * errors[t - 1] + shocks[t]
    return 0.15 * np.arange(n) + errors[30:]


@pytest.mark.slow
def test_growth_without_a_break_is_seldom_called_one_in_logs():
    rng = np.random.default_rng(11)
    series = [growing(rng, 0.6) for _ in range(100)]
    p = {
        name: np.array([find_unknown_break(f(y), np.arange(30), rng, draws=99).p for y in series])
        for name, f in (("levels", np.exp), ("logs", np.asarray))
    }
    assert np.mean(p["levels"] < 0.05) > 0.15
    assert np.mean(p["logs"] < 0.05) <= 0.075


def test_power_is_the_share_of_series_in_which_the_search_itself_finds_the_move():
    rng = np.random.default_rng(12)
    y = 0.3 * growing(rng, 0.0)
    none, large = (compute_break_power(y, np.arange(30), 15, s, rng, n_series=60) for s in (0.0, 2.0))
    assert none <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert large > 0.9
    moved = np.where(np.arange(30) >= 15, 0.3, 0.0)
    residuals = y - np.poly1d(np.polyfit(np.arange(30), y, 1))(np.arange(30))
    by_hand = [
        find_unknown_break(y - residuals + moved + e, np.arange(30), rng, draws=99).p <= 0.05
        for e in draw_ar_errors(residuals, rng, 60)
    ]
    assert compute_break_power(y, np.arange(30), 15, 0.3, rng, n_series=60) == pytest.approx(
        np.mean(by_hand), abs=0.25
    )


def test_short_series_and_gaps_are_named():
    values = factor_matrix(np.random.default_rng(1), n_units=4, n_periods=11)
    short = check(UnknownBreak(), fit(SyntheticControl(), matrix_design(values, 2006)))
    assert "11 periods and 12 are needed" in short.sentence


def test_case_sets_split_by_margin():
    fitted = fit(DoubleRatio(), dyad_design(rectangle_frame(), {"c0-p0": 2006}))
    sets = build_case_sets(DoubleRatio().case(fitted.design))
    assert {k: v.n_donors for k, v in sets.items()} == {"A": 5, "B": 4, "all": 29}
    assert estimate_placebo_paths(DoubleRatio(), sets["A"]).gaps.shape == (6, 12)


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_size_of_the_unknown_break_test(rho):
    rng = np.random.default_rng(int(100 * rho) + 1)
    rejected = []
    for _ in range(300):
        shocks = rng.normal(size=60)
        errors = np.zeros(60)
        for t in range(1, 60):
            errors[t] = rho * errors[t - 1] + shocks[t]
        rejected.append(find_unknown_break(errors[30:], np.arange(30), rng, draws=199).p <= 0.05)
    # At most the level, three binomial errors allowed; conservative in so short a series.
    assert np.mean(rejected) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_an_exact_fit_has_no_rank_of_the_ratio_and_rounding_makes_none():
    values = factor_matrix(np.random.default_rng(4), n_units=90, n_periods=9)
    fitted = fit(SyntheticControl(demeaned=True), matrix_design(values, 2005))
    paths = estimate_placebo_paths(fitted.estimator, fitted.estimator.case(fitted.design))
    assert paths.fits_exactly
    assert np.isnan(paths.rmspe_rank().p)
    assert 0 < paths.rank().p <= 1
    assert "rmspe_ratio_p" not in Placebo().infer(fitted, "event", np.random.default_rng(1)).facts
    gaps = np.array([[1e-17, -1e-17, 2.0], [1e-12, 1e-12, 1.0], [1e-3, 1e-3, 1.0]])
    ratios = compute_rmspe_ratio(gaps, np.array([True, True, False]), np.array([False, False, True]))
    np.testing.assert_allclose(ratios, [np.inf, np.inf, 1e3])
    assert compute_placebo_rank(np.inf, np.array([1.0, np.inf, 3.0])).p == pytest.approx(2 / 4)


def test_the_ratio_holds_both_sides_to_the_same_donors():
    fitted = case(1.0)
    estimator, one = fitted.estimator, fitted.estimator.case(fitted.design)
    before, after, n_beaten = one.is_before, one.is_after, 0
    for j in range(one.n_donors):
        own, other = (estimator.gaps(c)[None] for c in (one.without(j), one.placebo(j)))
        n_beaten += compute_rmspe_ratio(other, before, after)[0] >= compute_rmspe_ratio(own, before, after)[0]
    rank = estimate_placebo_paths(estimator, one).rmspe_rank()
    assert rank.p == pytest.approx((1 + n_beaten) / (1 + one.n_donors))
    assert rank.floor == pytest.approx(1 / (1 + one.n_donors))


def test_one_combination_of_method_and_donor_set_is_spoken_of_as_one(monkeypatch):
    fitted = case(0.5)
    alone = [m for m in case_methods.measure_case(fitted) if m.paths is not None][:1]
    monkeypatch.setattr(case_verdict.placebo_space, "measure_case", lambda fit: iter(alone))
    finding = check(case_verdict.CaseTests(), fitted)
    p, floor = finding.table.loc[0, ["p", "floor"]]
    assert finding.sentence.startswith(
        f"The one combination of method and donor set that could be formed has rank p-value {p:.3f}; "
        f"none below {floor:.3f} is attainable."
    )


def test_a_date_that_an_event_already_names_is_not_said_twice():
    dates = [["visit (about 2004)", "2004", 2004], ["signed", "2008", 2008]]
    finding = check(DateSets(), fit(DoubleRatio(), dated_design(rectangle_frame(noise=0.2), dates)))
    assert {"visit (about 2004) (Twin)", "signed 2008 (Twin)"} <= set(finding.table["date"])


def test_one_false_date_is_told_as_one():
    finding = check(PlaceboTime(), fit(DoubleRatio(), dyad_design(rectangle_frame(noise=0.2), {"c0-p0": 2006})))
    assert finding.sentence.startswith(
        "The only false date that can be tried before the agreement is 2004: mean gap "
    )
