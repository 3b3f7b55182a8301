import numpy as np
import pandas as pd
import pytest
from single_cases import dyad_design, rectangle_frame

from benchmarks.size_of_cases import judge, judge_several, plant
from twintrade.design import Design, Panel, Treatment
from twintrade.design.case import build_case_design, build_untreated_rectangle
from twintrade.diagnostics.single_case.case_paths import CasePaths
from twintrade.diagnostics.single_case.case_verdict import (
    CaseVerdict,
    find_detectable_moves,
    measure_power,
    sort_out,
    weigh_one_case,
)
from twintrade.diagnostics.single_case.date_sets import DonorSets
from twintrade.diagnostics.single_case.placebo_space import measure_case
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import DoubleRatio, SyntheticControl
from twintrade.inference.placebo import Placebo
from twintrade.numerics.testing import compute_placebo_rank

CAUSAL = ("caused", "because of the agreement", "effect of the agreement", "thanks to", "led to")


def case_fit(effect, onset=2006, noise=0.1, **sizes):
    frame = rectangle_frame(noise=noise, **sizes)
    hit = (frame["city"] == "c0") & (frame["partner"] == "p0") & (frame["year"] >= onset)
    frame.loc[hit, "exports"] *= np.exp(effect)
    return fit(DoubleRatio(), dyad_design(frame, {"c0-p0": onset}))


def verdict(fitted):
    return CaseVerdict().check(fitted, None, np.random.default_rng(1))


def test_a_large_move_stands_out_at_the_floor():
    finding = verdict(case_fit(1.0))
    assert (finding.verdict, finding.direction) == ("informs", "higher")
    assert finding.floor == pytest.approx(1 / 30)
    assert finding.value == pytest.approx(1 / 30)
    assert finding.sentence.startswith("Stands out")
    assert "smallest attainable 0.033" in finding.sentence
    assert (finding.table["grade"].item(), finding.table["side"].item()) == ("some", "rise")
    assert finding.payloads["evidence_tests"]["method"].tolist() == [
        "double ratio", "synthetic control", "synthetic DiD"
    ]  # fmt: skip


def test_no_move_is_never_worded_as_no_effect():
    finding = verdict(case_fit(0.0))
    assert finding.verdict == "informs"  # that an effect is insignificant is no objection
    assert "This is not evidence of no effect" in finding.sentence


@pytest.mark.parametrize(("effect", "onset"), [(1.0, 2006), (0.0, 2006), (1.0, 2002)])
def test_no_sentence_is_causal(effect, onset):
    sentence = verdict(case_fit(effect, onset)).sentence
    assert not any(word in sentence for word in CAUSAL)


def test_three_periods_before_cannot_tell():
    finding = verdict(case_fit(1.0, onset=2003))
    assert finding.verdict == "cannot tell"
    assert finding.sentence.startswith("Cannot tell: there are 3 periods before the agreement")
    assert "Descriptive only" in finding.sentence
    assert np.isnan(finding.value)


def test_few_donors_cannot_tell_and_print_the_floor():
    finding = verdict(case_fit(1.0, n_cities=2, n_partners=3))
    assert finding.verdict == "cannot tell"
    assert "no p-value can fall below 0.200" in finding.sentence


@pytest.mark.parametrize(("n_cities", "n_donors"), [(8, 7), (12, 11)])
def test_seven_and_eleven_donors_cannot_reach_one_in_twenty_and_say_so(n_cities, n_donors):
    frame = rectangle_frame(n_cities=n_cities, n_partners=1, noise=0.02)
    frame.loc[(frame["city"] == "c0") & (frame["year"] >= 2006), "exports"] *= 20.0
    finding = verdict(fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006})))
    assert f"with {n_donors} placebos no p-value can fall below {1 / (n_donors + 1):.3f}" in finding.sentence
    assert "No change, however large, would stand out" in finding.sentence
    row = finding.table.iloc[0]
    assert (row["grade"], row["reasons"], row["rise_found"]) == ("cannot", "floor", np.inf)


def test_disagreeing_donor_sets_lead_and_keep_the_pair_from_standing_out():
    frame = rectangle_frame(noise=0.02)
    late = frame["year"] >= 2006
    frame.loc[(frame["city"] == "c0") & (frame["partner"] == "p0") & late, "exports"] *= 2.0
    frame.loc[(frame["city"] == "c0") & (frame["partner"] != "p0") & late, "exports"] *= 9.0
    finding = verdict(fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006})))
    assert finding.sentence.startswith("The two donor sets disagree about the flow of c0-p0")
    assert finding.table["grade"].item() == "cannot"
    assert "readings" in finding.table["reasons"].item()


def measured(effect=0.0, **sizes):
    return sort_out(measure_case(case_fit(effect, **sizes)))


@pytest.mark.parametrize("effect", [np.log(2), np.log(4), -np.log(2)])
def test_an_effect_in_the_flows_is_the_effect_planted_in_the_gaps(effect):
    """No placebo holds the treated pair, and no weight looks at it after the agreement."""
    multiplied, readings = measured(effect, noise=0.4)
    before, still = measured(0.0, noise=0.4)
    planted = {label: plant(paths, effect) for label, paths in before.items()}
    one = weigh_one_case(list(multiplied.values()), readings)
    other = weigh_one_case(list(planted.values()), [reading + effect for reading in still])
    np.testing.assert_allclose(one.effects, other.effects, atol=1e-8)
    np.testing.assert_array_equal(one.p, other.p)
    assert (one.obstacles, one.detectable) == (other.obstacles, other.detectable)


def test_zero_lies_outside_the_interval_exactly_if_p_is_at_most_one_in_twenty():
    methods, _ = measured(0.0, noise=0.4)
    inside = set()
    for effect in np.linspace(-1.5, 1.5, 31):
        evidence = weigh_one_case([plant(paths, effect) for paths in methods.values()])
        assert (evidence.p[0] <= 0.05) == (not evidence.ends[0][0] <= 0 <= evidence.ends[0][1])
        inside.add(evidence.p[0] <= 0.05)
    assert inside == {True, False}


def test_p_and_interval_are_those_that_the_headline_reports():
    fitted = case_fit(0.6, noise=0.4)
    bands = Placebo().infer(fitted, "overall", np.random.default_rng(0))
    row = verdict(fitted).table.iloc[0]
    np.testing.assert_allclose(np.log1p(row[["low", "high"]].astype(float) / 100), [*bands.low, *bands.high])
    assert row["p"] == bands.p[0]


@pytest.mark.parametrize(("moved", "reason"), [({}, ()), ({1: 0.0, 2: 0.0}, ("second",)), ({1: 0.0}, ())])
def test_two_of_three_methods_and_the_sign_of_all_are_needed(moved, reason):
    methods, _ = measured(0.0)
    effects = [1.5, 1.5, 1.5]
    for k in moved:
        effects[k] = -methods[list(methods)[k]].effect + 0.01
    paths = [plant(one, effect) for one, effect in zip(methods.values(), effects, strict=True)]
    assert weigh_one_case(paths).obstacles == reason
    effects[2] = -1.5
    paths = [plant(one, effect) for one, effect in zip(methods.values(), effects, strict=True)]
    assert "readings" in weigh_one_case(paths).obstacles
    assert "readings" in weigh_one_case(paths[:2], [-0.1]).obstacles


@pytest.mark.parametrize("effect", [0.8, -0.8, 1.0])
def test_power_ranks_each_pair_among_the_others(effect):
    moves = np.random.default_rng(3).normal(size=(45, 3)) * [0.3, 0.3, 0.6]
    found = []
    for k, own in enumerate(moves + effect):
        others = np.abs(np.delete(moves, k, axis=0))
        p = [compute_placebo_rank(abs(one), others[:, m]).p for m, one in enumerate(own)]
        found.append(p[0] <= 0.05 and min(p[1:]) <= 0.05 and (np.sign(own) == np.sign(effect)).all())
    assert measure_power(moves, effect) == np.mean(found)
    assert 0 < np.mean(found) < 1
    rise, fall = find_detectable_moves(moves)
    assert measure_power(moves, rise) >= 0.8 > measure_power(moves, rise - 0.01)
    assert measure_power(moves, -fall) >= 0.8 > measure_power(moves, -fall + 0.01)


@pytest.mark.slow
def test_pairs_seldom_stand_out_without_an_effect_and_often_with_a_large_one():
    """A part of docs/lab/size_of_cases.md."""
    rows = [row for dealing in ("random", "dip") for k in range(60) for row in judge("skewed", dealing, k)]
    table = pd.DataFrame(rows)
    rate = (table["grade"] == "some").groupby(table["plant"]).mean()
    assert rate["none"] <= 0.06
    assert (table.loc[table["plant"] == "none", "p"] <= 0.05).mean() <= 0.1
    assert rate["+300 %"] >= 0.5
    assert 0.6 <= rate["detectable rise"] <= 0.95


@pytest.mark.slow
def test_any_of_several_pairs_seldom_stands_out_without_an_effect_and_each_often_with_a_large_one():
    """A part of docs/lab/size_of_cases.md."""
    rows = [
        row | {"page": f"{dealing} {k}"}
        for dealing in ("random", "dip")
        for k in range(30)
        for row in judge_several("skewed", dealing, k, 2)
    ]
    table = pd.DataFrame(rows)
    stands_out = table["grade"] == "some"
    wrong = (stands_out & (table["truth"] == 0)).groupby([table["plant"], table["page"]]).any()
    assert wrong.groupby("plant").mean().max() <= 0.1
    assert stands_out[table["plant"] == "2 pairs, all +300 %"].mean() >= 0.3


def test_of_several_pairs_each_is_judged_alone_and_p_is_holms():
    rows = pd.DataFrame(judge_several("states", "random", 1, 2))
    none, one = (rows[rows["plant"] == f"2 pairs, {name}"] for name in ("none", "one +300 %"))
    assert sorted(one["truth"]) == [0.0, np.log(4)]
    assert one["effect"].to_numpy() - none["effect"].to_numpy() == pytest.approx(one["truth"].to_numpy())
    assert rows["p"].between(2 / (rows["n_placebos"].max() + 1), 1).all()


@pytest.mark.parametrize(("effect", "direction"), [(1.0, "higher"), (-1.0, "lower")])
def test_the_direction_is_the_sign_of_the_effect(effect, direction):
    assert verdict(case_fit(effect)).direction == direction


def test_paths_hold_the_case_its_counterfactual_and_every_placebo():
    fitted = case_fit(1.0)
    finding = CasePaths().check(fitted, None, np.random.default_rng(1))
    path, placebo = finding.payloads["path"], finding.payloads["placebo"]
    assert {"series", "period", "value", "index"} <= set(path.columns)
    assert {"treated", "counterfactual"} <= set(path["series"])
    treated = path[path["series"] == "treated"].set_index("period")["value"]
    without = path[path["series"] == "counterfactual"].set_index("period")["value"]
    np.testing.assert_allclose(np.log(treated / without), fitted.estimate.effects, atol=1e-10)
    own = placebo[placebo["is_treated"] & (placebo["donor_set"] == "all")]
    np.testing.assert_allclose(own["value"], fitted.estimate.effects, atol=1e-10)
    assert placebo[placebo["donor_set"] == "all"]["unit"].nunique() == 30
    assert placebo[placebo["donor_set"] == "A"]["unit"].nunique() == 6
    control = finding.payloads["placebo_control"]
    logs = fit(SyntheticControl(demeaned=True), fitted.design.with_outcome(fitted.design.outcome, "log"))
    own = control[control["is_treated"] & (control["donor_set"] == "all")]
    np.testing.assert_allclose(own["value"], logs.estimate.effects, atol=1e-10)


def states(shared):
    frame = pd.read_csv(shared / "data" / "us_state_exports_selected.csv", keep_default_na=False)
    ties = pd.read_csv(shared / "data" / "us_twin_registry.csv", keep_default_na=False)
    undated = pd.read_csv(shared / "data" / "us_undated_twins_selected.csv", keep_default_na=False)
    panel = Panel.from_frame(frame, period="year", city="city_state", partner="partner_iso3")
    year = ties["date"].str[:4].astype(int) + (ties["date"].str[5:7] == "12")
    first = year.groupby(ties["us_usps"] + "-" + ties["partner_iso3"]).min()
    onset = np.array([float(first.get(u, np.inf)) for u in panel.units])
    no_date = set(undated["us_usps"] + "-" + undated["partner_iso3"])
    excluded = {u: "undated" for u, o in zip(panel.units, onset, strict=True) if u in no_date and np.isinf(o)}
    treatment = Treatment(units=panel.units, onset=onset, excluded=excluded)
    return Design(panel=panel, treatment=treatment, outcome="exports_usd")


def test_delaware_and_india_end_descriptive(shared):
    design = states(shared)
    fitted = fit(DoubleRatio(), build_case_design(design, "DE-IND", build_untreated_rectangle(design, "DE-IND")))
    finding = verdict(fitted)
    assert finding.sentence.startswith("Cannot tell: there are 3 periods before the agreement")
    sets = DonorSets().check(fitted, None, np.random.default_rng(1))
    assert sets.table.query("donor_set == 'B' and status == 'donor'")["unit"].tolist() == ["TN-IND"]
    assert [m.code for m in sets.messages] == ["few-donors"]


def test_a_method_for_many_units_is_told_that_this_is_not_for_it():
    fitted = case_fit(1.0)
    other = type(fitted)(object.__new__(_Other), fitted.design, fitted.estimate)
    assert verdict(other).sentence.startswith("Not available because")


class _Other:
    name = "twfe"
    title = "TWFE"
