"""Parquet and Feather files to columns of text, typed numbers kept exact."""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from twintrade.data.formats.containers import iterate_in_time, refuse_expansion
from twintrade.data.formats.raw_table import RawTable, build_raw_table, check_names, clean_column_name
from twintrade.errors import DataError
from twintrade.files import check_memory
from twintrade.numerics.arrays import ObjectArray
from twintrade.text import Text

_BYTES_A_CELL_OF_TEXT = 64
_FIRST_FEATHER = b"FEA1"

Choose: TypeAlias = Callable[[Sequence[str], int], list[int]]
"""From the names of columns and the number of rows to the places of the columns that are read."""


def parse_arrow(kind: str, raw: bytes, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read columns of a Parquet or Feather (Arrow's own) file; its first row is row 2, as if row 1 were a header."""

    def choose(names: Sequence[str], n_rows: int) -> list[int]:
        cleaned = check_names(names, n_rows, needed, needs_all, file)
        kept = [i for i, name in enumerate(cleaned) if needs_all or name in needed]
        refuse_expansion(n_rows, len(kept), raw, file)
        check_memory(n_rows * len(kept) * _BYTES_A_CELL_OF_TEXT, file)
        return kept

    try:
        read = _read_parquet if kind == "parquet" else _read_feather
        return _build_table(read(io.BytesIO(raw), choose), needed, file)
    except MemoryError:
        raise  # Arrow's own is an ArrowException as well
    except (pa.ArrowException, OSError) as error:
        why = (str(error).splitlines() or [""])[0]
        raise DataError(Text("data.damaged", file=file, kind=kind, why=why)) from None


def _read_parquet(raw: io.BytesIO, choose: Choose) -> pa.Table:
    import pyarrow.parquet as pq  # here and below: where no such file is read it would take a tenth of a second

    source = pq.ParquetFile(raw, pre_buffer=False)  # here and below without threads: memory that fails there kills
    names = source.schema_arrow.names
    kept = [names[i] for i in choose(names, source.metadata.num_rows)]
    batches = iterate_in_time(source.iter_batches(columns=kept, use_threads=False), 1)
    return pa.Table.from_batches(batches, pa.schema([source.schema_arrow.field(name) for name in kept]))


def _read_feather(raw: io.BytesIO, choose: Choose) -> pa.Table:
    import pyarrow.feather as feather

    if raw.getbuffer()[:4] == _FIRST_FEATHER:  # never compressed
        table = feather.read_table(raw)
        return table.select(choose(table.column_names, table.num_rows))
    source = pa.ipc.open_file(raw, options=pa.ipc.IpcReadOptions(use_threads=False))
    batches, n_rows = list[pa.RecordBatch](), 0
    for i in iterate_in_time(range(source.num_record_batches), 1):
        batches.append(source.get_batch(i))
        n_rows += batches[-1].num_rows
        choose(source.schema.names, n_rows)
    table = pa.Table.from_batches(batches, source.schema)
    return table.select(choose(table.column_names, n_rows))


def _build_table(table: pa.Table, needed: Sequence[str], file: str) -> RawTable:
    columns: list[tuple[str, ObjectArray | Iterator[Any]]] = []
    for name, values in zip(map(clean_column_name, table.column_names), table.columns, strict=True):
        if not pa.types.is_nested(values.type):
            columns.append((name, _write_text(values) if _is_text(values.type) else _list_cells(values)))
        elif name in needed:
            raise DataError(f"{file}: the column {name} holds lists or records, not one value a row")
    return build_raw_table(columns, table.num_rows)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _write_text(values: pa.ChunkedArray) -> ObjectArray:
    parts = (part.cast(pa.large_string()).fill_null("") for part in iterate_in_time(values.chunks, 1))
    return np.concatenate([np.empty(0, dtype=object), *(part.to_numpy(zero_copy_only=False) for part in parts)])


def _list_cells(values: pa.ChunkedArray) -> Iterator[Any]:
    return (cell for part in iterate_in_time(values.chunks, 1) for cell in part.to_pylist())
