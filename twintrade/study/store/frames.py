"""Frames as CSV bytes and back: the same bytes for the same numbers, every digit kept, no live formula."""

import csv
import io
import re

import numpy as np
import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf)", re.IGNORECASE)
_INTEGER = re.compile(r"-?\d{1,18}")
_WHOLE = {
    *("cohort", "event_time", "onset", "row", "reference", "n_units", "n_cells", "n_rows", "n_treated_units"),
    *("n_zeros", "n_separated", "n_singletons"),
}
_TEXT = {
    *("unit", "city", "partner", "partner_city", "signatory", "twinning", "name", "dyad", "series"),
    *("label", "period_label", "onset_label", "signed", "ended", "source", "note", "message", "sentence", "dropped"),
}


def to_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as UTF-8 CSV with line feeds and shortest exact floats.

    Text that a spreadsheet would read as a formula is led by an apostrophe.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_neutral(str(name)) for name in frame.columns])
    writer.writerows(zip(*(_write_cells(cells) for _, cells in frame.items()), strict=True))
    return stream.getvalue().encode("utf-8")


def from_bytes(content: bytes) -> pd.DataFrame:
    """Return what ``to_bytes`` wrote; only empty cells are missing, so that NA stays Namibia."""
    if not content.strip():
        return pd.DataFrame()
    text = pd.read_csv(
        io.BytesIO(content), header=None, dtype=object, na_filter=False, skip_blank_lines=False, encoding="utf-8"
    )
    columns = {}
    for cells in text.to_numpy().T:
        name = _plain(str(cells[0]))
        # Each different cell is read once.
        places, different = pd.factorize(cells[1:])
        column = _column(name, different.tolist())
        columns[name] = pd.Series(column.array.take(places), dtype=column.dtype, copy=False)
    return pd.DataFrame(columns, columns=list(columns))


def _column(name: str, cells: list[str]) -> pd.Series:
    present = [cell for cell in cells if cell]
    if present and name not in _TEXT:
        if all(cell in ("True", "False") for cell in cells):
            return pd.Series([cell == "True" for cell in cells], dtype=bool)
        if name in _WHOLE and all(_INTEGER.fullmatch(cell) for cell in present):
            return pd.Series([int(cell) if cell else pd.NA for cell in cells], dtype="Int64")
        if all(_INTEGER.fullmatch(cell) for cell in cells):
            return pd.Series([int(cell) for cell in cells], dtype=np.int64)
        if all(_NUMBER.fullmatch(cell) for cell in present):
            return pd.Series([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    return pd.Series([_plain(cell) if cell else np.nan for cell in cells], dtype=object)


def _write_cells(column: pd.Series) -> list[object]:
    """Return the cells of a column as they are written: nothing for what is missing, no minus zero, no formula."""
    missing = column.isna().tolist()
    cells = (column + 0.0 if pd.api.types.is_float_dtype(column.dtype) else column).tolist()
    # Each different text is looked at once.
    texts = {text: _neutral(text) for text in {cell for cell in cells if isinstance(cell, str)}}
    return [
        "" if gone else texts[cell] if isinstance(cell, str) else cell
        for cell, gone in zip(cells, missing, strict=True)
    ]


def _neutral(cell: str) -> str:
    is_formula = cell.lstrip("'").startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
    return "'" + cell if is_formula else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA) else cell
