"""Effects by what they are compared with and whose change they are, as the ladder and the first page print them."""

from dataclasses import replace

import pandas as pd
import pytest

from twintrade.render.exhibits.run import build_assumptions
from twintrade.render.exhibits.summary import build_exhibit
from twintrade.render.page import Page
from twintrade.render.style import TableOptions
from twintrade.render.tables.ladder import build_ladder_tables

CHANGE = "Change, percent"
PATH = "Average of the path, against the year before"


@pytest.fixture
def with_paths(made):
    """Give the first three columns a path average below zero, and a note on the first row."""
    first = made.bands[made.bands["kind"] == "overall"].drop_duplicates("estimator").head(2)
    paths = first.assign(kind="path", effect=-0.3, low=-0.5, high=-0.1, p=0.01)
    effects = made.effects[made.effects["kind"] == "overall"].drop_duplicates("estimator").head(2)
    notes = ["The first row is a coefficient.", "", "The first row is an average less leads.", "", ""]
    return replace(
        made,
        bands=pd.concat([made.bands, paths], ignore_index=True),
        effects=pd.concat([made.effects, effects.assign(kind="path", effect=-0.3)], ignore_index=True),
        specifications=made.specifications.assign(overall_note=notes[: len(made.specifications)]),
    )


def lines(table):
    return [(r.cells[0].text, [cell.lines[0] for cell in r.cells[1:]]) for r in table.rows]


def test_a_path_is_a_row_of_its_own_and_the_note_defines_the_first_row(with_paths):
    (table,) = build_ladder_tables(Page(with_paths, detail="full"))
    rows = lines(table)
    names = [name for name, _ in rows]
    assert names.index(CHANGE) < names.index(f"{PATH}: Effect, log points")
    assert sorted(dict(rows)[f"{PATH}: Effect, log points"]) == ["", "", "−0.300", "−0.300"]
    assert sorted(dict(rows)[f"{PATH}: {CHANGE}"]) == ["", "", "−25.9", "−25.9"]
    said = " ".join(
        "".join(s.text for s in i) for b in build_assumptions(Page(with_paths)) for i in getattr(b, "items", ())
    )
    assert "(1): The first row is a coefficient." in said
    assert "(3): The first row is an average less leads." in said


def test_a_row_says_what_each_column_is_measured_against_where_that_differs(made):
    against = ["all before", "last before", "all before", "synthetic outcome", "all before"]
    specs = made.specifications.assign(against=against[: len(made.specifications)])
    (table,) = build_ladder_tables(Page(replace(made, specifications=specs)))
    said = ["all years before", "the last year before", "all years before", "its synthetic outcome"]
    assert dict(lines(table))["Measured against"] == said
    alike = replace(made, specifications=made.specifications.assign(against="all before"))
    assert "Measured against" not in dict(lines(build_ladder_tables(Page(alike))[0]))


def test_another_reference_is_said_in_words(with_paths):
    specs = with_paths.specifications.assign(reference=-2)
    (table,) = build_ladder_tables(Page(replace(with_paths, specifications=specs), detail="full"))
    assert f"Average of the path, against event time −2: {CHANGE}" in dict(lines(table))


def test_rows_that_are_not_used_are_counted_where_there_are_any(made):
    (plain,) = build_ladder_tables(Page(made))
    assert dict(lines(plain))["Treated rows in the effect"] == ["30"] * 4
    assert "Treated rows not used" not in dict(lines(plain))
    specs = made.specifications.assign(n_treated_rows_left_out=4, n_without_outcome_before=1)
    (table,) = build_ladder_tables(Page(replace(made, specifications=specs)))
    assert dict(lines(table))["Treated rows not used"] == ["4"] * 4
    assert dict(lines(table))["Treated units without trade before"] == ["1"] * 4


def said(results):
    blocks = build_exhibit(Page(results))
    return " ".join("".join(span.text for span in getattr(b, "spans", ())) for b in blocks)


def test_the_first_page_gives_the_range_by_target_and_says_that_signs_differ(made, with_paths):
    text = said(with_paths)
    assert "the row average of log ratios from" in text
    assert "the total of the treated pairs" in text
    assert "the path against the year before −25.9%" in text or "the path against the year before from" in text
    assert "The signs differ" in text
    assert "The signs differ" not in said(made)


def test_the_first_page_says_what_the_headline_covers_and_rests_on(made):
    specs = made.specifications.assign(n_treated_rows_left_out=4, n_without_outcome_before=1)
    keys = made.specifications[made.specifications["is_headline"]].iloc[0]
    finding = {
        "diagnostic": "concentration", "estimator": keys["estimator"], "specification": keys["specification"],
        "verdict": "informs", "sentence": "It rests on 3.0 effective pairs.", "value": 3.0, "unit": "effective units",
    }  # fmt: skip
    findings = pd.concat([made.findings, pd.DataFrame([finding])], ignore_index=True)
    text = said(replace(made, specifications=specs, findings=findings))
    assert "The headline covers 30 of 34 treated rows. 4 cannot be imputed" in text
    assert "It rests on 3.0 effective pairs." in text
    assert "one of its treated pairs has nothing but zeros before its agreement" in text
    none = said(replace(made, specifications=specs.assign(n_without_outcome_before=0)))
    assert "4 cannot be imputed." in none
    assert "0 treated pairs" not in none


def test_the_first_page_names_every_table_of_the_ladder(with_paths):
    page = Page(with_paths, tables=TableOptions(columns_per_table=2))
    targets = [
        span.target for b in build_exhibit(page) for span in getattr(b, "spans", ()) if span.kind == "reference"
    ]
    assert targets == ["ladder-1", "ladder-2"]
