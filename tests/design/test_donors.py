import numpy as np
import pandas as pd
import pytest
from single_cases import dyad_design, rectangle_frame

from twintrade.design.case import build_case_design, build_donor_sets, build_untreated_rectangle, find_treated_unit
from twintrade.errors import DesignError

ONSETS = {"c0-p0": 2006, "c0-p1": 2008, "c1-p0": 1999, "c2-p0": 2050}


def reasons(donor_set):
    return dict(zip(donor_set.excluded["unit"], donor_set.excluded["reason"], strict=True))


@pytest.fixture
def design():
    return dyad_design(rectangle_frame(), ONSETS, excluded={"c0-p2": "undated", "c3-p0": "undated"})


def test_set_a_shares_the_city_and_set_b_the_partner(design):
    a, b = build_donor_sets(design, "c0-p0")
    assert (a.key, b.key) == ("A", "B")
    assert a.donors.units == ("c0-p3", "c0-p4", "c0-p5")
    assert b.donors.units == ("c2-p0", "c4-p0")


def test_the_excluded_are_listed_with_their_reason(design):
    a, b = build_donor_sets(design, "c0-p0")
    assert reasons(a) == {"c0-p1": "treated", "c0-p2": "undated"}
    assert reasons(b) == {"c1-p0": "always-treated", "c3-p0": "undated"}


def test_a_tie_after_the_sample_does_not_exclude(design):
    assert "c2-p0" in build_donor_sets(design, "c0-p0")[1].donors.units


def test_anticipation_counts_as_treated():
    design = dyad_design(rectangle_frame(), {"c0-p0": 2006, "c0-p1": 2012}, anticipation=1, reference=-2)
    assert reasons(build_donor_sets(design, "c0-p0")[0]) == {"c0-p1": "treated"}


def test_aggregates_and_flows_that_are_mostly_zero_are_no_donors():
    frame = rectangle_frame()
    frame["partner"] = frame["partner"].replace({"p4": "World", "p5": "+EU"})
    frame.loc[(frame["partner"] == "p3") & (frame["city"] == "c0") & (frame["year"] < 2005), "exports"] = 0.0
    design = dyad_design(frame, {"c0-p0": 2006})
    found = reasons(build_donor_sets(design, "c0-p0")[0])
    assert found == {"c0-+EU": "aggregate", "c0-World": "aggregate", "c0-p3": "too-few-positive"}
    assert build_donor_sets(design, "c0-p0", min_positive=0.5)[0].donors.units == ("c0-p1", "c0-p2", "c0-p3")


def test_a_flow_absent_from_the_table_is_not_positive():
    frame = rectangle_frame()
    frame = frame[~((frame["partner"] == "p3") & (frame["city"] == "c0") & (frame["year"] < 2005))]
    found = reasons(build_donor_sets(dyad_design(frame, {"c0-p0": 2006}), "c0-p0")[0])
    assert found == {"c0-p3": "too-few-positive"}


def test_a_case_design_holds_the_unit_and_its_donors_only(design):
    a = build_donor_sets(design, "c0-p0")[0]
    case = build_case_design(design, "c0-p0", a)
    assert set(case.observations.unit_ids) == {"c0-p0", *a.donors.units}
    assert find_treated_unit(case) == "c0-p0"
    assert str(case.comparison.describe("pair")) == "c0's flows to other destinations"
    assert design.kept is None


def test_the_rectangle_holds_every_untreated_flow(design):
    everyone = build_untreated_rectangle(design, "c0-p0")
    assert everyone.n_donors == 30 - 5
    assert find_treated_unit(build_case_design(design, "c0-p0", everyone)) == "c0-p0"


def test_sets_of_a_case_design_are_the_sets_of_the_design(design):
    case = build_case_design(design, "c0-p0", build_untreated_rectangle(design, "c0-p0"))
    for narrow, wide in zip(build_donor_sets(case, "c0-p0"), build_donor_sets(design, "c0-p0"), strict=True):
        assert narrow.donors == wide.donors
        pd.testing.assert_frame_equal(narrow.excluded, wide.excluded)


@pytest.mark.parametrize(("unit", "text"), [("c9-p9", "no unit"), ("c4-p4", "not treated within")])
def test_a_unit_that_is_no_case_is_refused(design, unit, text):
    with pytest.raises(DesignError, match=text):
        build_donor_sets(design, unit)


def test_no_donor_left_is_an_error_that_counts_the_reasons():
    frame = rectangle_frame(n_cities=3)
    design = dyad_design(frame, {"c0-p0": 2006, "c1-p0": 2007}, excluded={"c2-p0": "undated"})
    with pytest.raises(DesignError, match="1 treated within the sample, 1 with an undated agreement"):
        build_case_design(design, "c0-p0", build_donor_sets(design, "c0-p0")[1])


def test_donor_sets_need_dyads():
    frame = rectangle_frame(n_partners=1).drop(columns="partner")
    frame["partner"] = ""
    design = dyad_design(frame, {"c0": 2006})
    with pytest.raises(DesignError, match="dyads"):
        build_donor_sets(design, "c0")
    assert np.isfinite(design.onset).sum() == 1
