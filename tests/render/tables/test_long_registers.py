"""Registers and tables of thousands of rows: counted on the page, and written in time that grows with their rows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from docx import Document

from twintrade.render.blocks import Cell, Column, Row, Table
from twintrade.render.figures import alt_text
from twintrade.render.figures import counts as adoption
from twintrade.render.page import Page
from twintrade.render.tables.register import (
    MOST_LISTED,
    MOST_NAMED,
    build_register_table,
    list_undated,
    name_undated_agreements,
)
from twintrade.render.writers.docx_table import add_missing_styles, add_table


def made(n):
    rng = np.random.default_rng(4)
    onset = rng.integers(2001, 2008, n)
    status = np.where(onset < 2003, "always-treated", "treated")
    ties = pd.DataFrame(
        {"unit": [f"u{i}" for i in range(n)], "onset": onset, "status": status, "kind": "sister city"}
    )
    data = pd.DataFrame({"period": range(2000, 2010), "period_label": [f"in {t}" for t in range(2000, 2010)]})
    return SimpleNamespace(twinnings=ties, data=data)


def test_a_register_is_listed_up_to_a_size_and_counted_beyond():
    listed = build_register_table(Page(made(MOST_LISTED), detail="full"))
    assert sum(len(row.cells) > 1 for row in listed.rows) == MOST_LISTED
    assert [g[0].cells[0].text for g in listed.groups] == ["Treated", "Always treated"]
    results = made(MOST_LISTED + 1)
    counted = build_register_table(Page(results, detail="full"))
    ties = results.twinnings
    heads = [cell.text for cell in counted.header[0]]
    assert heads == ["Counts from", "always treated", "treated", "All"]
    for row in counted.groups[0]:
        name, *numbers = [cell.text for cell in row.cells]
        mine = ties[ties["onset"] == int(name.removeprefix("in "))]
        own = [(mine["status"] == status).sum() for status in ("always-treated", "treated")]
        assert [int(n) for n in numbers] == [*own, len(mine)]
    assert len(counted.groups[0]) == ties["onset"].nunique()
    assert counted.rows[-1].cells[-1].text == str(MOST_LISTED + 1)
    assert "twinnings.csv" in counted.notes[0]


def test_an_agreement_from_before_the_data_counts_from_a_period_by_its_name():
    results = made(MOST_LISTED)
    early = results.twinnings.assign(onset=23868, onset_label="1989-01")
    for n in (MOST_LISTED, MOST_LISTED + 1):
        ties = pd.concat([early, early])[:n].reset_index(drop=True)
        table = build_register_table(Page(SimpleNamespace(twinnings=ties, data=results.data), detail="full"))
        shown = [cell for row in table.rows for cell in row.cells]
        assert "1989-01" in [cell.text for cell in shown]
        assert "23868" not in [cell.text for cell in shown]


def test_an_agreement_known_by_bounds_alone_is_listed_with_them_and_not_among_the_undated():
    bounds = pd.DataFrame(
        {
            "unit": ["Lyon-GBR", "Nice-GBR"],
            "status": "undated",
            "not_before": ["2005-01", ""],
            "not_after": ["2007-06", ""],
        }
    )
    results = SimpleNamespace(twinnings=bounds, data=made(1).data)
    assert list_undated(results) == ["Nice-GBR"]
    (row,) = [row for row in build_register_table(Page(results, detail="full")).rows if len(row.cells) > 1]
    assert any("2005-01" in cell.text and "2007-06" in cell.text for cell in row.cells)


def test_many_undated_agreements_are_named_in_part():
    names = [f"n{i}" for i in range(MOST_NAMED + 2)]
    assert name_undated_agreements(names[:MOST_NAMED]) == "; ".join(names[:MOST_NAMED])
    assert name_undated_agreements(names).endswith(f"n{MOST_NAMED - 1}; and 2 more in twinnings.csv")


def test_word_holds_each_cell_in_its_place():
    head = (Cell(("Pair",)), Cell(("Before", "after"), span=2), Cell(("All",)))
    body = tuple(Row(tuple(Cell((f"{i} {j}",)) for j in range(4))) for i in range(40))
    span = Row((Cell(("one",)), Cell(("two and three",), span=2), Cell(("four",))))
    columns = tuple(Column("left") for _ in range(4))
    file = Document()
    add_missing_styles(file)
    add_table(file, Table(key="x", caption="x", columns=columns, header=(head,), groups=(body, (span,))))
    rows = [[cell.text for cell in row.cells] for row in file.tables[0].rows]
    assert rows[0] == ["Pair", "Before\nafter", "Before\nafter", "All"]
    assert rows[1:41] == [[f"{i} {j}" for j in range(4)] for i in range(40)]
    assert rows[41] == ["one", "two and three", "two and three", "four"]


def test_counts_of_units_draw_the_figure_of_their_rows():
    rng = np.random.default_rng(2)
    onset = np.repeat(rng.choice([2002, 2004, np.inf], 90), 8)
    period = np.tile(np.arange(2000, 2008), 90)
    status = np.where(period >= onset, "treated", np.where(np.isinf(onset), "comparison", "not yet treated"))
    rows = pd.DataFrame({"unit": np.repeat([f"u{i}" for i in range(90)], 8), "period": period, "status": status})
    order = list(dict.fromkeys(status))
    counts = rows.groupby(["status", "period"]).size().reset_index(name="n_units")
    counts = counts.sort_values("status", key=lambda s: s.map(order.index), kind="stable")

    def list_bars(frame):
        return [
            (p.get_x(), p.get_y(), p.get_height(), p.get_facecolor())
            for p in adoption.draw_adoption(frame).axes[0].patches
        ]

    assert list_bars(counts) == list_bars(rows)
    most = int((status[period == 2007] == "treated").sum())
    assert f"at most {most} of 90 units are treated at a time, the first from 2002" in alt_text.describe_adoption(
        counts
    )
