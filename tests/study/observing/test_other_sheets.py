"""A sheet like the one that is read is warned of, unless another table reads it."""

from twintrade.data.sources import InputRecord
from twintrade.study.observing.observe import _list_other_sheets


def record(path, sheet, *alike):
    return InputRecord(path=path, sha256="", bytes=1, rows=1, sheet=sheet, alike_sheets=alike)


def test_sheets_that_no_table_reads_are_named_once_a_file():
    records = [
        record("a.xlsx", "2003", "2004", "2005"),
        record("a.xlsx", "2004", "2003", "2005"),
        record("b.csv", ""),
    ]
    (warning,) = _list_other_sheets(records)
    assert warning.level == "warning"
    assert warning.file == "a.xlsx"
    assert "the sheet 2005 has the same columns and is not" in warning.message
    assert "only the sheets 2003 and 2004 are read" in warning.message


def test_nothing_is_said_where_every_sheet_is_read():
    assert not list(_list_other_sheets([record("a.xlsx", "2003", "2004"), record("a.xlsx", "2004", "2003")]))
