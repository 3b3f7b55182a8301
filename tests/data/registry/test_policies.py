"""Dates of other policies become an onset and an end of each unit, whatever a row of the file is about."""

import numpy as np
import pandas as pd
import pytest

from twintrade.data.registry import read_policies
from twintrade.data.schema import PolicySource
from twintrade.design import Panel
from twintrade.design.register import build_policies
from twintrade.errors import TwintradeError

NEVER = np.inf
BY_PAIR = {"city": "town", "partner": "country"}


def make_panel(periods=range(2000, 2010), frequency=None):
    index = pd.MultiIndex.from_product(
        [("Alder", "Birch"), ("DEU", "FRA"), periods], names=["city", "partner", "period"]
    )
    frame = index.to_frame(index=False).assign(exports=1.0)
    return Panel.from_frame(frame, city="city", partner="partner", period="period", frequency=frequency)


def write(tmp_path, text, name="office.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return name


def read_panel(tmp_path, text, panel=None, **columns):
    source = PolicySource(name="office", file=write(tmp_path, text), date="since", **columns)
    policies, _ = read_policies([source], tmp_path)
    return build_policies(policies, panel or make_panel())


@pytest.mark.parametrize(
    ("text", "columns", "onset"),
    [
        (
            "town,country,since\nAlder,France,2003\n",
            {"city": "town", "partner": "country"},
            [NEVER, 2003, NEVER, NEVER],
        ),
        ("town,since\nAlder,2003-02\n", {"city": "town"}, [2003, 2003, NEVER, NEVER]),
        ("country,since\nFRA,2003-12-05\n", {"partner": "country"}, [NEVER, 2004, NEVER, 2004]),
    ],
)
def test_a_row_is_about_a_pair_a_city_or_a_partner(tmp_path, text, columns, onset):
    panel, messages = read_panel(tmp_path, text, **columns)
    assert panel.policies[0].onset.tolist() == onset
    assert np.isinf(panel.policies[0].end).all()
    assert messages == ()


def test_a_policy_ends_after_the_period_of_its_last_day(tmp_path):
    text = "town,since,until\nAlder,2003,2005-06\nBirch,2004,\n"
    panel, _ = read_panel(tmp_path, text, city="town", ended="until")
    policy = panel.policies[0]
    assert policy.end.tolist() == [2006, 2006, NEVER, NEVER]
    alder = panel.unit == 0
    assert panel.period[alder][policy.is_in_force(panel.unit, panel.period)[alder]].tolist() == [2003, 2004, 2005]
    assert policy.has_begun(panel.unit, panel.period, 1)[alder].tolist() == [False] * 2 + [True] * 8


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("town,since\nAlder,\n", {"city": "town"}, "no date for Alder"),
        ("town,since\nAlder,2003\nAlder,2005\n", {"city": "town"}, "two rows for Alder"),
        ("town,since,until\nAlder,2005,2003\n", {"city": "town", "ended": "until"}, "ends before it begins"),
        ("town,since,rank\nAlder,2005,2\n", {"city": "town", "level": "rank"}, "levels"),
        ("town,since\nAlder,2005\n", {}, "say what a row is about"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(tmp_path, text, columns, said):
    with pytest.raises(TwintradeError, match=said):
        read_panel(tmp_path, text, **columns)


def test_two_blocks_of_one_name_are_refused_and_their_order_says_nothing(tmp_path):
    file = write(tmp_path, "town,since\nAlder,2003\n")
    flight, office = (PolicySource(name=name, file=file, city="town", date="since") for name in ("flight", "office"))
    with pytest.raises(TwintradeError, match="two blocks"):
        read_policies([office, office], tmp_path)
    assert [policy.name for policy in read_policies([office, flight], tmp_path)[0]] == ["flight", "office"]


def test_rows_of_other_places_are_said_and_names_nearly_of_the_panel_warned_of(tmp_path):
    _, messages = read_panel(tmp_path, "town,since\nAlder,2003\nCedar,2004\nBirch City,2004\n", city="town")
    assert [(m.level, "Birch City may be Birch" in m.message) for m in messages] == [
        ("warning", True),
        ("info", False),
    ]
    assert "2 of 3 rows" in messages[1].message


def test_a_year_is_too_vague_in_a_panel_of_months(tmp_path):
    panel = make_panel(range(2000 * 12, 2004 * 12), "month")
    with pytest.raises(TwintradeError, match="add the month"):
        read_panel(tmp_path, "town,since\nAlder,2002\n", panel, city="town")
