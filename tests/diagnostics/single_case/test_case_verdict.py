import numpy as np
import pandas as pd
import pytest
from single_cases import dyad_design, rectangle_frame

from twintrade.design import Design, Panel, Treatment
from twintrade.design.case import build_case_design, build_untreated_rectangle
from twintrade.diagnostics.single_case.case_paths import CasePaths
from twintrade.diagnostics.single_case.case_tests import CaseVerdict
from twintrade.diagnostics.single_case.date_sets import DonorSets
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.estimators.synthetic_did import DoubleRatio

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


def test_no_move_is_never_worded_as_no_effect():
    finding = verdict(case_fit(0.0))
    assert finding.verdict == "informs"  # that an effect is insignificant is no objection
    assert "this is not evidence of no effect" in finding.sentence


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


def test_disagreeing_donor_sets_lead():
    frame = rectangle_frame(noise=0.02)
    late = frame["year"] >= 2006
    frame.loc[(frame["city"] == "c0") & (frame["partner"] == "p0") & late, "exports"] *= 2.0
    frame.loc[(frame["city"] == "c0") & (frame["partner"] != "p0") & late, "exports"] *= 9.0
    finding = verdict(fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006})))
    assert finding.sentence.startswith("The two donor sets disagree about the flow of c0-p0")
    assert {m.code for m in finding.messages} == {"cannot-tell"}
    assert (finding.verdict, finding.direction) == ("cannot tell", "none")
    assert np.isnan(finding.value)


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
