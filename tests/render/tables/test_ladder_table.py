from dataclasses import replace

import pytest

from twintrade.render.citing import PLACE
from twintrade.render.names import Wording
from twintrade.render.reading import find_headline
from twintrade.render.tables.effect_rows import TableOptions, cite_change
from twintrade.render.tables.ladder import build_ladder_tables
from twintrade.render.tables.register import build_inference_table

AFTER = "After the agreement, against all years before"


def lines(table):
    return {row.cells[0].text: [cell.lines for cell in row.cells[1:]] for row in table.rows}


def test_the_ladder_puts_the_standard_error_below_the_estimate_in_one_cell(made):
    (table,) = build_ladder_tables(made, Wording(), TableOptions())
    rows = lines(table)
    assert rows[AFTER][0][1].startswith("(0.0")
    assert rows["Clusters: cities"] == [("7",)] * 4
    assert rows["Clusters: partners"] == [("24",)] * 4
    assert rows["City × year effects"] == [("No",), ("Yes",), ("Yes",), ("Yes",)]
    assert rows["Observations"][0] == ("1,642",)
    assert rows["Pseudo R²"] == [("",), ("",), ("0.970",), ("",)]
    assert rows["Pre-period base"][3] == ("imputation leads",)


def test_an_inference_without_errors_shows_interval_and_p_with_its_floor(made):
    (table,) = build_ladder_tables(made, Wording(), TableOptions())
    rows = lines(table)
    assert rows[AFTER][3][1].startswith("[")
    assert rows["p"][3] == ("0.04 (its floor)",)


def test_a_line_of_p_values_that_are_all_missing_is_no_line(made):
    bands = made.bands.assign(p=float("nan"))
    (table,) = build_ladder_tables(replace(made, bands=bands), Wording(), TableOptions())
    assert "p" not in lines(table)


def test_the_note_says_what_a_referee_asks_for(made):
    (table,) = build_ladder_tables(made, Wording(), TableOptions())
    note = " ".join(table.notes)
    for words in (
        "SIMULATED", "Standard errors in parentheses", "(1), (2), (3): Clustered by city and partner",
        "Without the agreement", "what is left is bilateral", "100(exp(b) − 1)", "No significance stars",
        "Synthetic DiD was not estimated: the panel is not balanced.",
    ):  # fmt: skip
        assert words in note


def test_ends_from_random_draws_are_noted_where_one_column_has_them(made):
    said = []
    for errors in ((0.0, 0.0), (0.0, 0.01)):
        drawn = made.bands.assign(low_error=errors[0], high_error=errors[0])
        drawn.loc[drawn["estimator"] == find_headline(made)["estimator"], "low_error"] = errors[1]
        (table,) = build_ladder_tables(replace(made, bands=drawn), Wording(), TableOptions(), is_short=True)
        said.append(any(str(note).startswith("Ends of intervals found from random draws") for note in table.notes))
    assert said == [False, True]


def test_stars_are_off_by_default_and_explained_when_on(made):
    (without,) = build_ladder_tables(made, Wording(), TableOptions())
    (with_stars,) = build_ladder_tables(made, Wording(), TableOptions(has_stars=True))
    assert "*" not in lines(without)[AFTER][0][0]
    assert lines(with_stars)[AFTER][0][0].endswith("***")
    assert "*** p ≤ 0.01" in " ".join(with_stars.notes)


def test_a_wide_ladder_continues_in_another_table(made):
    parts = build_ladder_tables(made, Wording(), TableOptions(columns_per_table=3))
    assert [len(part.columns) for part in parts] == [3, 3]
    assert [part.key for part in parts] == ["ladder-1", "ladder-2"]
    assert parts[1].header[0][1].text == "(3)"


def test_other_inferences_stand_beside_the_reported_one(made):
    table = build_inference_table(made, find_headline(made), Wording())
    assert [row.cells[0].text for row in table.rows] == ["randomization (reported)", "clustered", "jackknife"]
    assert table.rows[0].cells[2].text == "–"


def test_header_spans_fill_the_table(made_document):
    for block in made_document.blocks:
        if type(block).__name__ == "Table":
            for cells in (*block.header, *(row.cells for row in block.rows)):
                assert sum(cell.span for cell in cells) == len(block.columns)


def test_no_cell_shows_a_missing_value(made_document):
    words = {"nan", "NaN", "None", "<NA>", "NaT"}
    for block in made_document.blocks:
        if type(block).__name__ == "Table":
            shown = {line for row in block.rows for cell in row.cells for line in cell.lines}
            assert not shown & words, block.key


@pytest.mark.parametrize("is_short", [True, False])
def test_singletons_stand_below_the_observations_that_hold_them(made, is_short):
    (table,) = build_ladder_tables(made, Wording(), TableOptions(), is_short=is_short)
    heads = [row.cells[0].text for row in table.rows]
    assert heads[heads.index("Observations") + 1] == "of which singletons"
    assert sum(note.startswith("Singletons are rows alone in a level") for note in map(str, table.notes)) == 1
    none = replace(made, specifications=made.specifications.assign(n_singletons=0))
    (table,) = build_ladder_tables(none, Wording(), TableOptions(), is_short=is_short)
    assert "of which singletons" not in [row.cells[0].text for row in table.rows]


def test_only_effects_in_log_points_are_cited_as_converted_to_percent():
    record = {PLACE: "effects.csv:2", "effect": 0.1}
    forms = {s: cite_change(record | {"scale": s})[0].form for s in ("log points", "percent")}
    assert forms == {"log points": "log", "percent": ""}
    assert cite_change(None) == ()
