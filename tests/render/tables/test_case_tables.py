"""The tables of a single case: rows with numbers, and in words what is not given."""

import pandas as pd

from twintrade.render.exhibits.single_case import _with_numbers


def test_reasons_are_told_once_with_the_rows_they_are_about():
    frame = pd.DataFrame(
        {
            "method": ["ratio", "ratio", "control", "control"],
            "donor_set": ["A", "B", "A", "B"],
            "effect": [0.1, 0.2, 0.3, None],
            "reason": ["", "few periods", "", "few periods"],
        }
    )
    kept, said = _with_numbers(frame, ("method", "donor_set"))
    assert kept["effect"].tolist() == [0.1, 0.2, 0.3]
    assert said == {"few periods": ["ratio, B", "control, B"]}


def test_a_date_without_any_number_is_no_row():
    frame = pd.DataFrame(
        {"date": ["1983", "1995"], "effect_A": [None, None], "effect_B": [None, 0.2], "reason": ["0 before", "no A"]}
    )
    kept, said = _with_numbers(frame, ("date",))
    assert kept["date"].tolist() == ["1995"]
    assert said == {"0 before": ["1983"], "no A": ["1995"]}
