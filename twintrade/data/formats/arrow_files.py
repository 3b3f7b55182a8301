"""Parquet and Feather files to columns of text, typed numbers kept exact."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

from twintrade.data.formats.raw_table import RawTable, clean_column_name
from twintrade.data.formats.reading_time import iterate_in_time
from twintrade.data.formats.typed_columns import build_raw_table, check_names
from twintrade.errors import DataError
from twintrade.text import Text


def parse_parquet(raw: bytes, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read the columns of a Parquet file. Its first row is row 2, as if it had a header in row 1.

    Raises
    ------
    DataError
        No Parquet file, a column absent or nested, or more cells than the limits allow.
    """
    try:
        source = pq.ParquetFile(io.BytesIO(raw))
        names = source.schema_arrow.names
        check_names(names, source.metadata.num_rows, needed, needs_all, file)
        kept = [name for name in names if needs_all or clean_column_name(name) in needed]
        batches = iterate_in_time(source.iter_batches(columns=kept), 1)
        table = pa.Table.from_batches(batches, pa.schema([source.schema_arrow.field(name) for name in kept]))
    except pa.ArrowException as error:
        raise DataError(Text("data.damaged", file=file, kind="parquet", why=_first_line(error))) from None
    return _build_table(table, needed, file)


def parse_feather(raw: bytes, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read the columns of a Feather file (Arrow's own). Its first row is row 2, as if it had a header in row 1.

    Raises
    ------
    DataError
        No Feather file, a column absent or nested, or more cells than the limits allow.
    """
    try:
        table = feather.read_table(io.BytesIO(raw))
        names = table.column_names
        check_names(names, table.num_rows, needed, needs_all, file)
        kept = [i for i, name in enumerate(names) if needs_all or clean_column_name(name) in needed]
        return _build_table(table.select(kept), needed, file)
    except (pa.ArrowException, OSError) as error:
        raise DataError(Text("data.damaged", file=file, kind="feather", why=_first_line(error))) from None


def _build_table(table: pa.Table, needed: Sequence[str], file: str) -> RawTable:
    columns = []
    for name, values in zip(map(clean_column_name, table.column_names), table.columns, strict=True):
        if not pa.types.is_nested(values.type):
            columns.append((name, _list_cells(values)))
        elif name in needed:
            raise DataError(f"{file}: the column {name} holds lists or records, not one value a row")
    return build_raw_table(columns, table.num_rows)


def _list_cells(values: pa.ChunkedArray) -> Iterator[Any]:
    return (cell for part in iterate_in_time(values.chunks, 1) for cell in part.to_pylist())


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
