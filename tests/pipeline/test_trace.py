"""A printed number leads back to its file, its estimator, the rows behind it and the line of code."""

import json
import re
from pathlib import Path

import pytest
from black_box import command
from case_tables import loop_over

from twintrade.errors import SpecError
from twintrade.study.deposit.tracing import find_cell, parse_place, trace_number
from twintrade.study.deposit.verify_appendix import PageCell, PageTable, StoredNumbers, read_tables


@pytest.fixture(scope="module")
def folder(finished) -> Path:
    return finished / "results" / "tiny"


@pytest.fixture(scope="module")
def ladder(folder) -> int:
    exhibits = json.loads((folder / "exhibits.json").read_text(encoding="utf-8"))
    return next(e["number"] for e in exhibits if e["files"][0] == "tables/tab-ladder.tex")


def test_the_command_says_all_that_is_behind_a_number(finished, folder, ladder):
    done = command(finished, "trace", "tiny", f"Table {ladder}, column 1")
    assert done.returncode == 0, done.stderr
    row = int(re.search(r"Stored in bands\.csv, row (\d+), column effect", done.stdout)[1])
    value = StoredNumbers(folder).find(f"bands.csv:{row}:effect")[0][0]["effect"]
    assert f"Value: {value}\n" in done.stdout
    in_percent = command(finished, "trace", "tiny", f"Table {ladder}, row 2, column 1").stdout
    assert f"Value: {value}, printed as 100(exp(b) − 1)" in in_percent
    assert re.search(r"Code: twintrade/estimators/twfe\.py:\d+ \(twfe\)", done.stdout)
    assert re.search(r"Design: sha256 [0-9a-f]{16}\n", done.stdout)
    assert "Input: data/raw/tiny_trade.csv" in done.stdout
    assert "Recompute: twintrade run tiny --force" in done.stdout


def test_the_rows_behind_a_number_are_the_treated_ones_of_its_time(folder):
    numbers = StoredNumbers(folder)
    bands = numbers.read("bands.csv")
    at = next(i for i, row in enumerate(bands, 2) if row["kind"] == "event" and row["event_time"] == "1")
    said = "\n".join(map(str, trace_number(folder, "tiny", f"bands.csv:{at}:se")))
    spans = re.search(r"data\.csv \(([^)]*)\)", said)[1].split(", ")
    rows = {n for span in spans for n in range(int(span.split("–")[0]), int(span.split("–")[-1]) + 1)}
    data = numbers.read("data.csv")
    assert rows == {i for i, r in enumerate(data, 2) if r["status"] == "treated" and r["event_time"] == "1"}
    assert re.search(r"Code: twintrade/inference/\w+\.py:\d+ \(clustered\)", said)


def test_every_key_of_the_page_can_be_traced(folder):
    tables = read_tables((folder / "appendix.html").read_text(encoding="utf-8"))
    keys = sorted({key for t in tables for row in t.rows for cell in row for key in cell.keys})
    assert len(keys) > 30
    for key in keys[:: len(keys) // 15]:
        assert len(trace_number(folder, "tiny", key)) >= 3


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ("Table 7, column 3", ("7", "", "3")),
        ("table A.1, row 2, column p", ("a.1", "2", "p")),
        ("7, row Log, two-way effects, column 1", ("7", "Log, two-way effects", "1")),
        ("表7, 列3", ("7", "", "3")),
    ],
)
def test_a_place_is_read(asked, parts):
    assert parse_place(asked) == parts


@loop_over(
    ("asked", "said"),
    [
        ("Table 99", r"there is no such table\. There are: Table 1\."),
        ("Figure 2, column 1", r"names no number\. Name it as"),
        ("Table {ladder}, column nothing", r"there is no such column\. There are: \(1\)"),
        ("Table {ladder}, row nothing, column 1", r"no number stands there\. Rows: "),
        ("bands.csv:99999:effect", r"names no cell of the results"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(folder, ladder, asked, said):
    with pytest.raises(SpecError, match=said):
        trace_number(folder, "tiny", asked.format(ladder=ladder))


def test_a_head_over_several_columns_names_those_below_it():
    heads = [[PageCell(""), PageCell("Near", span=2), PageCell("Far", span=2)]]
    heads.append([PageCell(text) for text in ("", "Effect", "p", "Effect", "p")])
    row = [PageCell("Chile"), *(PageCell("1", keys=(key,)) for key in "abcd")]
    table = PageTable("Table 1", "Table 1. Effects", heads, [row])
    for column, key in (("Near", "a"), ("Far", "c"), ("p", "b"), ("4", "d"), ("Effect", "a"), ("far", "c")):
        assert find_cell([table], f"Table 1, column {column}")[-1].keys == (key,), column
