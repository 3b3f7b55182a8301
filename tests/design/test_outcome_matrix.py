import numpy as np
import pytest
from single_cases import dyad_design, matrix_design, rectangle_frame

from twintrade.design.case import build_case, build_outcome_matrix
from twintrade.errors import DesignError


def missing(frame, unit, years):
    city, partner = unit.split("-")
    return ~((frame["city"] == city) & (frame["partner"] == partner) & frame["year"].isin(years))


def test_a_donor_with_a_gap_is_dropped_by_name():
    frame = rectangle_frame()
    matrix = build_outcome_matrix(dyad_design(frame[missing(frame, "c1-p1", [2003])], {"c0-p0": 2006}))
    assert matrix.values.shape == (29, 12)
    assert [(d.reason, d.names) for d in matrix.dropped] == [("gap", ("c1-p1",))]


def test_a_gap_of_the_treated_unit_takes_the_period_from_everyone():
    frame = rectangle_frame()
    matrix = build_outcome_matrix(dyad_design(frame[missing(frame, "c0-p0", [2003, 2009])], {"c0-p0": 2006}))
    assert matrix.values.shape == (30, 10)
    assert [(d.reason, d.n_rows, d.names) for d in matrix.dropped] == [("treated-gap", 58, ("2003", "2009"))]


def test_values_stand_where_they_belong():
    frame = rectangle_frame()
    matrix = build_outcome_matrix(dyad_design(frame.sample(frac=1.0, random_state=3), {"c0-p0": 2006}))
    row = frame[(frame["city"] == "c3") & (frame["partner"] == "p2")]
    np.testing.assert_array_equal(matrix.values[matrix.units == "c3-p2"][0], row["exports"])
    assert matrix.units[matrix.treated] == "c0-p0"


def test_the_case_of_several_treated_units_is_not_the_first_of_them():
    matrix = build_outcome_matrix(dyad_design(rectangle_frame(), {"c0-p0": 2006, "c1-p1": 2007}))
    with pytest.raises(DesignError, match="exactly one treated unit and there are 2"):
        _ = matrix.treated


@pytest.mark.parametrize(("onset", "side"), [(2000, "before"), (2012, "no unit is treated")])
def test_a_date_at_the_edge_of_the_series_is_named(onset, side):
    design = dyad_design(rectangle_frame(), {"c0-p0": onset}, always_treated="keep")
    with pytest.raises(DesignError, match=side):
        build_outcome_matrix(design)


def test_placebo_cases_leave_the_treated_unit_out():
    design = matrix_design(np.arange(24.0).reshape(4, 6), 2003)
    case = build_case(design, build_outcome_matrix(design))
    assert list(case.units) == ["t0", "d001", "d002", "d003"]
    placebos = list(case.placebos())
    assert [list(p.units) for p in placebos] == [
        ["d001", "d002", "d003"],
        ["d002", "d001", "d003"],
        ["d003", "d001", "d002"],
    ]
    np.testing.assert_array_equal(placebos[1].treated, case.donors[1])
    assert list(case.without(1).units) == ["t0", "d001", "d003"]
    assert list(case.is_before) == [True] * 3 + [False] * 3
