"""Parquet files to columns of text, typed numbers kept exact."""

import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from twintrade.data.formats.raw_table import RawTable, check_header, clean_column_name
from twintrade.data.formats.reading_time import iterate_in_time
from twintrade.data.formats.workbook import format_cell
from twintrade.data.sources import limits
from twintrade.data.sources.cells import build_text_array
from twintrade.errors import DataError

_FIRST_ROW = 2
_SCALARS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)


def parse_parquet(raw: bytes, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read the columns of a Parquet file. Its first row is row 2, as if it had a header in row 1.

    Raises
    ------
    DataError
        No Parquet file, a column absent or nested, or more cells than the limits allow.
    """
    try:
        source = pq.ParquetFile(io.BytesIO(raw))
        names = [clean_column_name(name) for name in source.schema_arrow.names]
        if source.metadata.num_rows * max(len(names), 1) > limits.MAX_SHEET_CELLS * 10:
            raise DataError(f"{file} has {source.metadata.num_rows:,} rows: read it with the microdata extra")
        check_header(names, needed, 1, (), file, needs_all)
        kept = [name for name in source.schema_arrow.names if needs_all or clean_column_name(name) in needed]
        batches = iterate_in_time(source.iter_batches(columns=kept), 1)
        table = pa.Table.from_batches(batches, pa.schema([source.schema_arrow.field(name) for name in kept]))
    except pa.ArrowException as error:
        raise DataError(f"{file} is not a whole Parquet file ({str(error).splitlines()[0]})") from None
    if not table.num_rows:
        raise DataError(f"{file} has no rows")
    columns, typed = {}, {}
    for name, values in zip(map(clean_column_name, table.column_names), table.columns, strict=True):
        if pa.types.is_nested(values.type):
            if name in needed:
                raise DataError(f"{file}: the column {name} holds lists or records, not one value a row")
            continue
        columns[name] = build_text_array(
            format_cell(v) for part in iterate_in_time(values.chunks, 1) for v in part.to_pylist()
        )
        if any(is_kind(values.type) for is_kind in _SCALARS):
            typed[name] = np.asarray(values.is_valid())
    rows = np.arange(_FIRST_ROW, table.num_rows + _FIRST_ROW, dtype=np.int64)
    return RawTable(columns, rows, typed)
