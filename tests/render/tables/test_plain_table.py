"""Generic tables and lists of findings: years without separators, readers' words, sentences with a subject."""

from dataclasses import replace

import pandas as pd
import pytest
from case_tables import loop_over
from made_results import make_results

from twintrade.render.appendix import build_appendix, open_page
from twintrade.render.blocks import BulletList
from twintrade.render.page import Page
from twintrade.render.style import AppendixOptions
from twintrade.render.tables.plain import build_dropped_tables, build_inputs_table, build_plain_table


def printed(frame):
    table = build_plain_table(frame, "made", "Made")
    return [c.text for c in table.header[0]], [[c.text for c in row.cells] for row in table.groups[0]]


@loop_over("name", ["first", "last", "first_label", "year", "Last period", "signed_date", "valid_from", "valid_to"])
@loop_over("value", [2015, 2015.0])
def test_years_have_no_separator(name, value):
    _, rows = printed(pd.DataFrame({name: [value], "rows": [2015]}))
    assert rows == [["2015", "2,015"]]


def test_a_column_of_fractions_is_no_time_whatever_its_name():
    assert printed(pd.DataFrame({"first": [0.25]}))[1] == [["0.250"]]


@loop_over(
    ("values", "shown"),
    [
        ([-0.2602, 1.0, 0.09014], ["−0.260", "1.000", "0.090"]),
        ([0.4, 12.25, 100.75], ["0.4", "12.2", "100.8"]),
        ([0.001234, 0.02], ["0.0012", "0.0200"]),
        ([1.5e9, 0.25], ["1,500,000,000", "0.2500"]),  # too far apart for one number of decimals
        ([3.0, 2.0], ["3", "2"]),
        ([float("nan"), 0.5], ["", "0.500"]),
    ],
)
def test_a_column_of_numbers_has_one_number_of_decimals(values, shown):
    assert [row[0] for row in printed(pd.DataFrame({"effect": values, "k": 1}))[1]] == shown


def test_probabilities_have_three_decimals_and_are_never_zero():
    frame = pd.DataFrame({"p": [1.0, 0.0101, 1e-9], "floor": [0.1, 0.25, 0.01075]})
    assert printed(frame)[1] == [["1.000", "0.100"], ["0.010", "0.250"], ["<0.001", "0.011"]]


def test_heads_are_words_of_a_reader():
    heads, _ = printed(pd.DataFrame({"pre_rmspe": [0.1], "p": [0.2], "n_placebos": [3], "own_name": ["a"]}))
    assert heads == ["RMSPE before", "p", "Placebos", "Own name"]


def test_publisher_and_licence_are_joined_clean():
    entry = {"path": "a.csv", "publisher": "pages named in `source_url` (goods).;", "licence": "public domain."}
    table = build_inputs_table(Page(replace(make_results(), manifest={"inputs": [entry]}), detail="full"))
    assert table.groups[0][0].cells[-1].text == "pages named in source_url (goods); public domain"


def test_rows_that_other_columns_leave_out_stand_beneath_the_headlines():
    own = {"sentence": "Tied at an unknown date.", "n_rows": 36, "n_units": 3, "names": ["A-X"]}
    other = {"sentence": "No logarithm.", "n_rows": 9, "n_units": 0, "names": [], "columns": "Log, two-way"}
    for manifest, keys in (
        ({"dropped": [own], "dropped_elsewhere": [other]}, ["dropped", "dropped-elsewhere"]),
        ({"dropped_elsewhere": [other]}, ["dropped-elsewhere"]),
        ({"dropped": [own], "dropped_elsewhere": []}, ["dropped"]),
    ):
        tables = build_dropped_tables(Page(replace(make_results(), manifest=manifest)))
        assert [table.key for table in tables] == keys
    (below,) = build_dropped_tables(Page(replace(make_results(), manifest={"dropped_elsewhere": [other]})))
    assert [cell.text for cell in below.groups[0][0].cells] == ["No logarithm.", "9", "0", "Log, two-way"]


@pytest.mark.usefixtures("unencoded")
def test_findings_in_lists_say_which_check_and_column_they_are_about():
    results = make_results(is_hostile=False)
    own = results.specifications.iloc[0]
    row = {
        "diagnostic": "placebo_space",
        "estimator": own["estimator"],
        "specification": own["specification"],
        "verdict": "informs",
        "sentence": "Not available because nothing was estimated.",
        "reason": "nothing was estimated",
        "topic": "single_case",
        "payloads": "placebo",
    }
    made = replace(results, findings=pd.DataFrame([row], columns=results.findings.columns))
    lists = [b for b in build_appendix(open_page(made, AppendixOptions())) if isinstance(b, BulletList)]
    lines = ["".join(str(getattr(s, "text", s)) for s in item) for b in lists for item in b.items]
    assert f"Placebo space ({own['label']}): Not available because nothing was estimated." in lines
