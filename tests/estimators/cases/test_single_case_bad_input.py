"""The bad inputs of a single case: each is named, with the unit, the count and what to do."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from single_cases import dyad_design, factor_matrix, matrix_design, rectangle_frame

from twintrade.design import Design, Panel, Treatment
from twintrade.design.case import build_case_design, build_donor_sets, build_untreated_rectangle
from twintrade.diagnostics.single_case.case_paths import DonorWeightTable
from twintrade.diagnostics.single_case.case_verdict import CaseVerdict
from twintrade.diagnostics.single_case.date_sets import DateSets
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import (
    AugmentedSyntheticControl,
    DoubleRatio,
    SyntheticControl,
    SyntheticDid,
)

UNIT = "c0-p0"


def frame(**options):
    return rectangle_frame(**options)


def case(onset=2006, table=None, transform="log", **options):
    design = dyad_design(frame() if table is None else table, {UNIT: onset}, transform=transform, **options)
    return build_case_design(design, UNIT, build_untreated_rectangle(design, UNIT))


def without(table, rows):
    return table[~rows].reset_index(drop=True)


def only_treated():
    table = frame()
    return fit(SyntheticControl(), case(table=table[(table["city"] == "c0") & (table["partner"] == "p0")]))


def no_donor_without_gaps():
    table = frame()
    own = (table["city"] == "c0") & (table["partner"] == "p0")
    return fit(SyntheticControl(), case(table=without(table, ~own & (table["year"] == 2005))))


def zeros_before():
    table = frame()
    own = (table["city"] == "c0") & (table["partner"] == "p0") & (table["year"] < 2006)
    table.loc[own, "exports"] = 0.0
    return fit(SyntheticControl(), case(table=table))


REFUSED = {
    "three periods before, synthetic control": (
        lambda: fit(SyntheticControl(), case(2003)),
        EstimationError,
        "needs 4 periods before the onset and c0-p0 has 3",
    ),
    "three periods before, augmented": (
        lambda: fit(AugmentedSyntheticControl(), case(2003)),
        EstimationError,
        "needs 4 periods before the onset and c0-p0 has 3",
    ),
    "three periods before, synthetic DiD of the page": (
        lambda: fit(SyntheticDid(min_before=4), case(2003)),
        EstimationError,
        "needs 4 periods before the onset and c0-p0 has 3",
    ),
    "no donors in the table": (only_treated, DesignError, "has no donor among"),
    "every donor has a gap": (no_donor_without_gaps, DesignError, "choose donors without gaps or a shorter sample"),
    "zeros in every period before, in logs": (zeros_before, DesignError, "c0-p0"),
    "onset after the series": (
        lambda: case(2050),
        DesignError,
        "c0-p0 is not treated within the sample; give it an onset up to 2011",
    ),
    "unit unknown": (
        lambda: build_donor_sets(dyad_design(frame(), {UNIT: 2006}), "c9-p9"),
        DesignError,
        "'c9-p9' is no unit of the panel",
    ),
    "penalty not positive": (
        lambda: fit(AugmentedSyntheticControl(penalty=0.0), case()),
        EstimationError,
        "a ridge penalty is positive",
    ),
}


@loop_over("name", REFUSED)
def test_what_cannot_be_estimated_is_refused_by_name(name):
    made, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        made()


def test_three_periods_before_end_as_a_description():
    finding = CaseVerdict().check(fit(DoubleRatio(), case(2003, transform="level")), None, None)
    assert finding.sentence.startswith("Cannot tell: there are 3 periods before the agreement and 4 are needed")
    assert "Descriptive only" in finding.sentence
    assert np.isnan(finding.value)


def test_a_donor_tied_in_the_window_is_left_out_and_listed():
    design = dyad_design(frame(), {UNIT: 2006, "c0-p1": 2009, "c1-p0": 2000})
    excluded = pd.concat([s.excluded for s in build_donor_sets(design, UNIT)]).set_index("unit")["reason"]
    assert excluded.to_dict() == {"c0-p1": "treated", "c1-p0": "always-treated"}
    assert "c0-p1" not in build_case_design(design, UNIT, build_donor_sets(design, UNIT)[0]).comparison.units


def test_a_path_outside_the_hull_is_warned_of_with_how_far():
    values = factor_matrix(np.random.default_rng(3), n_units=15, n_periods=18)
    spread = values[1:, :12].std(axis=0)
    values[0, :12] = values[1:, :12].max(axis=0) + 3.0 * spread
    finding = DonorWeightTable().check(fit(SyntheticControl(), matrix_design(values, 2012)), None, None)
    warned = [m.message for m in finding.messages if m.code == "outside-hull"]
    assert len(warned) == 1
    assert "12 of 12 periods" in warned[0]
    assert "up to 3.0 standard deviations" in warned[0]


def test_zeros_of_donors_under_logs_are_counted():
    table = frame()
    some = (table["city"] == "c1") & (table["partner"] == "p1") & (table["year"] == 2004)
    table.loc[some, "exports"] = 0.0
    sample = fit(SyntheticControl(), case(table=table)).estimate.sample
    assert sample.n_dropped("gap") == 11
    assert any("c1-p1" in d.names for d in sample.dropped if d.reason == "gap")


def test_a_gap_of_the_treated_unit_is_counted_with_its_period():
    table = frame()
    own = (table["city"] == "c0") & (table["partner"] == "p0") & (table["year"] == 2008)
    sample = fit(SyntheticControl(), case(table=without(table, own))).estimate.sample
    lost = next(d for d in sample.dropped if d.reason == "treated-gap")
    assert lost.names == ("2008",)


def test_a_date_outside_the_series_and_two_in_one_period_are_said():
    finding = DateSets(dates=(1990, 2008)).check(fit(DoubleRatio(), case(transform="level")), None, None)
    assert {m.code for m in finding.messages} == {"date-outside-series"}
    outside = next(m.message for m in finding.messages)
    assert "1990" in outside
    table = finding.table.set_index("onset")
    assert table.loc[1990, "effect"].isna().all()
    assert table.loc[1990, "reason"].str.contains("0 periods before").all()


def test_two_dates_in_one_period_share_a_row():
    register = pd.DataFrame(
        {
            "unit": [UNIT],
            "partner_city": ["Northport"],
            "candidates": ['[["memorandum", "2006-02", 2006], ["signed", "2006-11", 2006]]'],
            "onset": [2006.0],
            "precision": ["month"],
        }
    )
    panel = Panel.from_frame(frame(), period="year", city="city", partner="partner")
    onset = np.where(panel.units == UNIT, 2006.0, np.inf)
    design = Design(
        panel=panel, treatment=Treatment(units=panel.units, onset=onset, register=register), outcome="exports"
    )
    finding = DateSets().check(fit(DoubleRatio(), design), None, None)
    assert "dates-in-one-period" in {m.code for m in finding.messages}
    dated = finding.table[finding.table["kind"] == "date"]
    assert dated["date"].nunique() == 1
    assert "memorandum" in dated["date"].iloc[0]
    assert "signed" in dated["date"].iloc[0]
