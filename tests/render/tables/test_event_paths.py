"""The table of effects by event time: how its numbers are written."""

import math

import pandas as pd
import pytest
from made_results import make_results

from twintrade.render.page import Page
from twintrade.render.reading import EVENT_COLUMNS
from twintrade.render.tables.effect_rows import build_paths_table, build_whole_tables


def build_study(percent, low, high):
    row = dict.fromkeys(EVENT_COLUMNS) | {"scale": "percent", "event_time": 0, "event_label": "0", "n_units": 7}
    row |= {"effect": percent, "low": low, "high": high, "simultaneous_low": low, "simultaneous_high": high}
    return 1, {"label": "PPML"}, pd.DataFrame([row | {"is_reference": False, "p": math.nan}])


@pytest.mark.parametrize("build", [lambda *given: [build_paths_table(*given)], build_whole_tables])
def test_percentages_have_a_decimal_up_to_ten_thousand(build):
    (table,) = build(Page(make_results()), [build_study(12345.678, -99.66, 30434.12)], ())
    text = " ".join(line for row in table.rows for cell in row.cells for line in cell.lines)
    assert "30,434" in text
    assert "30,434.1" not in text
    assert "12,346" in text
    assert "12,345.7" not in text
    assert "−99.7" in text
