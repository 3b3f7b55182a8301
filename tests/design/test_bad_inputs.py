"""Panels and onsets that should not be, before any estimator sees them: refused by name, or read as meant."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import DesignError

FRAME = pd.DataFrame({"u": ["a"] * 4 + ["b"] * 4, "period": [2000, 2001, 2002, 2003] * 2, "y": np.arange(8.0)})

REFUSED_ONSETS = {
    "a date that varies within a unit": (
        pd.Series([2001.0, 2002.0, np.inf], index=["a", "a", "b"]),
        "more than one onset \\(a\\)",
    ),
    "a date in words": (pd.Series(["spring 2001", None], index=["a", "b"]), "onset of a is 'spring 2001'"),
    "half a year": (pd.Series([2001.5, np.inf], index=["a", "b"]), "onset of a is .*2001.5"),
    "before all time": (pd.Series([-np.inf, np.inf], index=["a", "b"]), "onset of a is .*-inf"),
}

READ_ONSETS = {
    "text": pd.Series(["2001", None], index=["a", "b"]),
    "empty and infinite": pd.Series([2001.0, np.nan], index=["a", "b"]),
    "said twice alike": pd.Series([2001.0, 2001.0, np.inf], index=["a", "a", "b"]),
    "whole numbers": pd.Series([2001, pd.NA], index=["a", "b"], dtype="Int64"),
}

REFUSED_FRAMES = {
    "rows twice": (lambda f: pd.concat([f, f.iloc[:1]]), "share unit and period \\(first: a, 2000\\)"),
    "fiscal years": (lambda f: f.assign(period="FY" + f["period"].astype(str)), "row 0 has 'FY2000'"),
    "half years": (lambda f: f.assign(period=f["period"] + 0.5), "whole periods"),
    "an empty unit": (lambda f: f.assign(u=f["u"].where(f.index > 0)), "empty key at row 0"),
    "an empty period": (lambda f: f.assign(period=f["period"].where(f.index > 0)), "whole periods"),
    "no such column": (lambda f: f.rename(columns={"u": "city"}), "no column 'u'"),
}


def design(onset):
    return Design(panel=Panel.from_frame(FRAME, unit="u"), treatment=Treatment.from_series(onset), outcome="y")


@pytest.mark.parametrize("key", REFUSED_ONSETS)
def test_onsets_that_are_none_are_refused_by_unit(key):
    onset, message = REFUSED_ONSETS[key]
    with pytest.raises(DesignError, match=message):
        design(onset)


@pytest.mark.parametrize("key", READ_ONSETS)
def test_onsets_are_read_as_meant(key):
    np.testing.assert_array_equal(design(READ_ONSETS[key]).onset, [2001.0, np.inf])


@pytest.mark.parametrize("key", REFUSED_FRAMES)
def test_frames_that_are_no_panel_are_refused(key):
    spoil, message = REFUSED_FRAMES[key]
    with pytest.raises(DesignError, match=message):
        Panel.from_frame(spoil(FRAME), unit="u")


def test_years_as_text_are_years():
    panel = Panel.from_frame(FRAME.assign(period=FRAME["period"].astype(str)), unit="u")
    np.testing.assert_array_equal(panel.periods, [2000, 2001, 2002, 2003])


def test_zero_is_a_date_long_ago_and_never_a_control():
    dropped = design(pd.Series([2002.0, 0.0], index=["a", "b"])).observations.dropped
    assert [(d.reason, d.names) for d in dropped] == [("always-treated", ("b",))]


def test_a_unit_without_status_is_named():
    with pytest.raises(DesignError, match="no treatment status \\(first: b\\)"):
        _ = design(pd.Series([2001.0], index=["a"])).onset


def test_whole_and_shuffled_panels_know_the_same_structure():
    panel, shuffled = (Panel.from_frame(f, unit="u") for f in (FRAME, FRAME.sample(frac=1.0, random_state=2)))
    np.testing.assert_array_equal(panel.starts, [0, 4])
    np.testing.assert_array_equal(shuffled.starts, panel.starts)
    np.testing.assert_array_equal(shuffled.periods, panel.periods)
