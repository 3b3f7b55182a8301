"""Files of statistical packages to columns of text: Stata, SPSS and R, labels in place of codes."""

import importlib
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.formats.containers import expand_gzip
from twintrade.data.formats.raw_table import RawTable, clean_column_name
from twintrade.data.formats.reading_time import iterate_in_time
from twintrade.data.formats.typed_columns import build_raw_table, check_names
from twintrade.data.sources.cells import quote_cell
from twintrade.errors import DataError
from twintrade.extras import note_library
from twintrade.text import Listed, Text

_GZIP = b"\x1f\x8b"
_NEW_YEAR = (1, 1)
_COLUMNS = 1
"""Columns between two looks at the time."""


def parse_stata(raw: bytes, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read a Stata file. Its first row is row 2, as if it had a header in row 1."""
    frame = _read_damaged("stata", file, lambda: pd.read_stata(io.BytesIO(raw)))
    return _build_table(frame, needed, needs_all, file)


def parse_spss(raw: bytes, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read an SPSS file (.sav, .zsav), with the extra that does. Its first row is row 2."""
    reader = load_extra("pyreadstat", "spss", file)
    frame, _ = _read_damaged("spss", file, lambda: reader.read_sav(io.BytesIO(raw), apply_value_formats=True))
    return _build_table(frame, needed, needs_all, file)


def parse_r(raw: bytes, member: str | None, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read the data frame of an R file (.rds, .rda), with the extra that does. Its first row is row 2."""
    reader = load_extra("rdata", "r", file)
    content = expand_gzip(raw, file) if raw.startswith(_GZIP) else raw
    objects = _read_damaged("r", file, lambda: _convert_r(reader, content, file))
    return _build_table(_choose_frame(objects, member, file), needed, needs_all, file)


def load_extra(module: str, kind: str, file: str) -> Any:
    """Return the library that reads a file."""
    note_library(module)
    try:
        return importlib.import_module(module)
    except ImportError:
        raise DataError(Text("data.needs-extra", file=file, kind=kind)) from None


def _read_damaged(kind: str, file: str, read: Callable[[], Any]) -> Any:
    """Return what a library reads; whatever it raises on damaged bytes is a data error."""
    try:
        return read()
    except (DataError, MemoryError):
        raise
    except Exception as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(Text("data.damaged", file=file, kind=kind, why=quote_cell(why))) from None


def _convert_r(reader: Any, content: bytes, file: str) -> Any:
    ending = ".rds" if file.lower().endswith(".rds") else ".rda"
    return reader.conversion.convert(reader.parser.parse_data(content, extension=ending))


def _choose_frame(content: Any, member: str | None, file: str) -> pd.DataFrame:
    if isinstance(content, pd.DataFrame):
        return content
    frames = {n: v for n, v in content.items() if isinstance(v, pd.DataFrame)} if isinstance(content, dict) else {}
    if member is None and len(frames) == 1:
        return next(iter(frames.values()))
    if member in frames:
        return frames[str(member)]
    raise DataError(
        Text("data.r-frames", file=file, n=len(frames), names=Listed(tuple(map(quote_cell, frames)), "comma"))
    )


def _build_table(frame: pd.DataFrame, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    names = check_names([str(name) for name in frame.columns], len(frame), needed, needs_all, file)
    kept = [(i, name) for i, name in enumerate(names) if needs_all or name in needed]
    columns = ((clean_column_name(name), _list_cells(frame.iloc[:, i])) for i, name in kept)
    return build_raw_table(iterate_in_time(columns, _COLUMNS), len(frame))


def _list_cells(column: "pd.Series[Any]") -> Iterator[Any]:
    """Return the cells, none where there is no figure; days that are all 1 January are the years they stand for."""
    is_absent = column.isna().to_numpy(dtype=bool)
    cells = column.astype(object).tolist()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = [(cell.month, cell.day) for cell, absent in zip(cells, is_absent, strict=True) if not absent]
        if days and set(days) == {_NEW_YEAR}:
            cells = [cell if absent else cell.year for cell, absent in zip(cells, is_absent, strict=True)]
    return (
        None if absent else cell.item() if isinstance(cell, np.generic) else cell
        for cell, absent in zip(cells, is_absent, strict=True)
    )
