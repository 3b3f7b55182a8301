from dataclasses import replace

import pytest

from twintrade.render.appendix import build_appendix, open_page
from twintrade.render.blocks import BulletList
from twintrade.render.citing import PLACE
from twintrade.render.page import Page
from twintrade.render.reading import find_headline
from twintrade.render.style import AppendixOptions, TableOptions
from twintrade.render.tables.effect_rows import cite_change
from twintrade.render.tables.ladder import build_ladder_tables, list_skipped
from twintrade.render.tables.register import build_inference_table

LOGS, CHANGE = "Effect, log points", "Change, percent"


def lines(table):
    return {row.cells[0].text: [cell.lines for cell in row.cells[1:]] for row in table.rows}


def test_the_ladder_puts_the_standard_error_below_the_estimate_in_one_cell(made):
    (table,) = build_ladder_tables(Page(made))
    rows = lines(table)
    assert rows[LOGS][0][1].startswith("(0.0")
    assert rows["Clusters: cities"] == [("7",)] * 4
    assert rows["Clusters: partners"] == [("24",)] * 4
    assert rows["City × year effects"] == [("No",), ("Yes",), ("Yes",), ("Yes",)]
    assert rows["Observations"][0] == ("1,642",)
    assert rows["Pseudo R²"] == [("",), ("",), ("0.970",), ("",)]
    assert rows["Inference"] == [("clustered",)] * 3 + [("randomization",)]
    assert rows["Mean before"][0][0]
    (whole,) = build_ladder_tables(Page(made, detail="full"))
    assert lines(whole)["Pre-period base"][3] == ("imputation leads",)


def test_an_inference_without_errors_shows_interval_and_p_with_its_floor(made):
    (table,) = build_ladder_tables(Page(made))
    rows = lines(table)
    assert rows[LOGS][3][1].startswith("[")
    assert rows["p"][3] == ("0.04 (its floor)",)


def test_a_line_of_p_values_that_are_all_missing_is_no_line(made):
    bands = made.bands.assign(p=float("nan"))
    (table,) = build_ladder_tables(Page(replace(made, bands=bands)))
    assert "p" not in lines(table)


def test_the_notes_say_what_a_reader_must_know_in_sixty_words(made):
    (table,) = build_ladder_tables(Page(made))
    note = " ".join(table.notes)
    for words in ("SIMULATED", "Standard errors in parentheses", "95% intervals in brackets", "100(exp(b) − 1)"):
        assert words in note
    everything = replace(made, specifications=made.specifications.assign(n_singletons=3, size_studied=False))
    for options in (TableOptions(), TableOptions(has_stars=True), TableOptions("interval", True), TableOptions("t")):
        for results in (made, everything):
            (table,) = build_ladder_tables(Page(results, tables=options, detail="full"))
            assert 0 < len(" ".join(table.notes).split()) <= 60
    assert list_skipped(Page(made)) == ["Synthetic DiD was not estimated: the panel is not balanced."]


@pytest.mark.usefixtures("unencoded")
def test_what_columns_estimate_and_assume_stands_in_the_appendix(made):
    said = "".join(
        span.text
        for block in build_appendix(open_page(made, AppendixOptions(detail="full")))
        if isinstance(block, BulletList)
        for item in block.items
        for span in item
    )
    for words in ("Clustered by city and partner", "Without the agreement", "what is left is bilateral"):
        assert words in said


def test_no_row_is_empty_and_the_interval_stands_below_a_change_without_error(made):
    bands = made.bands.assign(se=float("nan"))
    for under in ("se", "interval", "t", "p"):
        (table,) = build_ladder_tables(Page(replace(made, bands=bands), tables=TableOptions(under)))
        rows = lines(table)
        assert all(any(map(any, cells)) for cells in rows.values())
        assert (LOGS in rows) == (under in ("interval", "p"))
        assert [len(cell) for cell in rows[CHANGE]] == [1 if under == "p" else 2] * 4
        assert under == "p" or all(cell[1].startswith("[") for cell in rows[CHANGE])


def test_ends_from_random_draws_are_noted_where_one_column_has_them(made):
    said = []
    for errors in ((0.0, 0.0), (0.0, 0.01)):
        drawn = made.bands.assign(low_error=errors[0], high_error=errors[0])
        drawn.loc[drawn["estimator"] == find_headline(made)["estimator"], "low_error"] = errors[1]
        (table,) = build_ladder_tables(Page(replace(made, bands=drawn)))
        said.append(any(str(note).startswith("Ends found from random draws") for note in table.notes))
    assert said == [False, True]


def test_stars_are_off_by_default_and_explained_when_on(made):
    (without,) = build_ladder_tables(Page(made))
    (with_stars,) = build_ladder_tables(Page(made, tables=TableOptions(has_stars=True)))
    assert "*" not in lines(without)[LOGS][0][0]
    assert lines(with_stars)[LOGS][0][0].endswith("***")
    assert "*** p ≤ 0.01" in " ".join(with_stars.notes)


def test_a_wide_ladder_continues_in_another_table(made):
    parts = build_ladder_tables(Page(made, tables=TableOptions(columns_per_table=3)))
    assert [len(part.columns) for part in parts] == [3, 3]
    assert [part.key for part in parts] == ["ladder-1", "ladder-2"]
    assert parts[1].header[0][1].text == "(3)"


def test_other_inferences_stand_beside_the_reported_one(made):
    table = build_inference_table(Page(made), find_headline(made))
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


@pytest.mark.parametrize("is_whole", [True, False])
def test_singletons_stand_below_the_observations_that_hold_them(made, is_whole):
    (table,) = build_ladder_tables(Page(made, detail="full" if is_whole else "short"))
    heads = [row.cells[0].text for row in table.rows]
    assert heads[heads.index("Observations") + 1] == "of which singletons"
    assert sum(note.startswith("Singletons, alone in a level") for note in map(str, table.notes)) == 1
    none = replace(made, specifications=made.specifications.assign(n_singletons=0))
    (table,) = build_ladder_tables(Page(none, detail="full" if is_whole else "short"))
    assert "of which singletons" not in [row.cells[0].text for row in table.rows]


def test_only_effects_in_log_points_are_cited_as_converted_to_percent():
    record = {PLACE: "effects.csv:2", "effect": 0.1}
    forms = {s: cite_change(record | {"scale": s})[0].form for s in ("log points", "percent")}
    assert forms == {"log points": "log", "percent": ""}
    assert cite_change(None) == ()
