"""Panels and onsets that should not be, before any estimator sees them: refused by name, or read as meant."""

from dataclasses import replace
from typing import Literal, get_origin, get_type_hints

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

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


@loop_over("key", REFUSED_FRAMES)
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


def test_an_empty_onset_beside_infinite_ones_is_not_read_as_never():
    with pytest.raises(DesignError, match="onset of b is empty and others are inf \\(1 such units\\)"):
        Treatment.from_series(pd.Series([2001.0, np.nan, np.inf], index=["a", "b", "c"]))


WORDS = {
    "logs": ({"transform": "logs"}, "transform is level, log.*, not 'logs'; did you mean log\\?"),
    "ln": ({"transform": "ln"}, "not 'ln'; did you mean log\\?"),
    "Log": ({"transform": "Log"}, "not 'Log'; did you mean log\\?"),
    "asinh": ({"transform": "asinh"}, "transform is level, log.*, not 'asinh'$"),
    "no word": ({"transform": None}, "transform is level, log.*, not None"),
    "drop": (
        {"always_treated": "drop"},
        "always_treated is exclude, keep or compare, not 'drop'; did you mean exclude\\?",
    ),
    "a boolean": ({"always_treated": True}, "always_treated is exclude, keep or compare, not True"),
    "a dyad's cluster": ({"clusters": ("dyad",)}, "not 'dyad'; did you mean unit\\?"),
    "letters": ({"clusters": "city"}, "clusters is a list of dimensions; give \\('city',\\)"),
    "a comparison's name": ({"comparison": "never_treated"}, "comparison is an object such as NeverTreated"),
    "an unknown set": ({"fixed_effects": "gravty"}, "'gravty'; did you mean gravity"),
}


@loop_over("key", WORDS)
def test_words_that_no_option_takes_are_refused_with_the_nearest(key):
    options, message = WORDS[key]
    made = design(pd.Series([2001.0, np.inf], index=["a", "b"]))
    with pytest.raises(DesignError, match=message):
        Design(panel=made.panel, treatment=made.treatment, outcome="y", **options)


def test_every_literal_of_a_design_is_checked():
    """A field of words that is added and not checked fails here."""
    made = design(pd.Series([2001.0, np.inf], index=["a", "b"]))
    words = [name for name, hint in get_type_hints(Design).items() if get_origin(hint) is Literal]
    assert words == ["transform", "always_treated"]
    for name in words:
        with pytest.raises(DesignError, match=f"{name} is "):
            replace(made, **{name: "no such word"})


def test_a_frequency_that_is_none_is_refused():
    with pytest.raises(DesignError, match="frequency is year, quarter or month, not 'annual'; did you mean year"):
        Panel.from_frame(FRAME, unit="u", frequency="annual")
