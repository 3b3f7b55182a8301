"""Opens a declared file, whatever its kind, as a table of text columns with its provenance."""

import gzip
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twintrade.data import limits
from twintrade.data.cells import TextColumn, clean_name, quoted, text_array
from twintrade.data.delimited import parse_delimited
from twintrade.data.encodings import decode
from twintrade.data.faults import Faults
from twintrade.data.locations import locate
from twintrade.data.provenance import InputRecord, read_data_card
from twintrade.data.schema import FileFormat
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray


@dataclass(frozen=True, slots=True, eq=False)
class TextTable:
    """A file as text.

    Attributes
    ----------
    file : str
        Declared path.
    columns : mapping of str to ObjectArray of str, each of shape (n_rows,)
    rows : IntArray, shape (n_rows,)
        The file's own row numbers, header = 1.
    record : InputRecord
        Its provenance.
    is_number : mapping of str to BoolArray
        Cells that the file held as numbers, by column; absent for text files.
    """

    file: str
    columns: Mapping[str, ObjectArray]
    rows: IntArray
    record: InputRecord
    is_number: Mapping[str, BoolArray]

    def column(self, name: str) -> TextColumn:
        """Return one column."""
        return TextColumn(name, self.file, self.columns[name], self.rows, self.is_number.get(name))

    def keep(self, mask: BoolArray, rule: str) -> "TextTable":
        """Return the rows of a mask, the others counted under a rule."""
        if mask.all():
            return self
        return TextTable(
            self.file,
            {name: cells[mask] for name, cells in self.columns.items()},
            self.rows[mask],
            self.record.dropping(rule, int((~mask).sum())),
            {name: typed[mask] for name, typed in self.is_number.items()},
        )


def open_table(root: Path, file: str, declared: FileFormat, needed: Sequence[str], faults: Faults) -> TextTable:
    """Read a file as declared and keep the rows of its ``where``.

    Raises
    ------
    AbsentInputError, DataError
    """
    raw = _read(locate(root, file), file)
    wanted = [*dict.fromkeys([*needed, *declared.where])]
    table = _delimited(raw, file, declared, wanted, faults)
    card = read_data_card(root, file)
    table = replace(table, record=replace(table.record, publisher=card.publisher, licence=card.licence))
    for name, value in declared.where.items():
        mask = np.array([clean_name(cell) == clean_name(value) for cell in table.columns[name]], dtype=bool)
        if not mask.any():
            faults.error("where", f"no row has {quoted(value)} in this column", file, None, name)
        table = table.keep(mask, f"where {name} = {value}")
    return table


def _read(path: Path, file: str) -> bytes:
    size = path.stat().st_size
    if size > limits.MAX_INPUT_BYTES:
        raise DataError(
            f"{file} has {size:,} bytes, more than {limits.MAX_INPUT_BYTES:,}: read it with the microdata extra"
        )
    return path.read_bytes()


def expanded(raw: bytes, file: str) -> bytes:
    """Return the content of a gzip file within the limits on expansion.

    Raises
    ------
    DataError
        Truncated, not gzip, or larger than the limits allow.
    """
    ceiling = min(limits.MAX_EXPANDED_BYTES, max(limits.MIN_RATIO_BYTES, limits.MAX_EXPANSION_RATIO * len(raw)))
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            content = stream.read(ceiling + 1)
    except (OSError, EOFError) as error:
        raise DataError(f"{file} is not a whole gzip file ({error})") from None
    except Exception as error:  # zlib.error has no common base with the others
        raise DataError(f"{file} is a damaged gzip file ({error})") from None
    if len(content) > ceiling:
        raise DataError(f"{file} expands to more than {ceiling:,} bytes, as no honest table does: unpack it by hand")
    return content


def _delimited(raw: bytes, file: str, declared: FileFormat, wanted: Sequence[str], faults: Faults) -> TextTable:
    content = expanded(raw, file) if file.endswith(".gz") else raw
    decoded = decode(content, declared.encoding, file)
    grid = parse_delimited(decoded.text, wanted, declared.separator, declared.header, declared.last_row, file)
    absent = [name for name in wanted if name not in grid.header]
    if absent:
        has = ", ".join(map(quoted, grid.header))
        raise DataError(f"{file}: no column {', '.join(map(quoted, absent))}; the file has {has}")
    if declared.separator is None and grid.separator != ",":
        shown = "a tab" if grid.separator == "\t" else f"“{grid.separator}”"
        faults.inform("separator", f"the columns are separated by {shown}, as the header proves", file)
    if declared.encoding is None and not decoded.encoding.startswith("utf-8"):
        faults.inform("encoding", f"the file is in {decoded.encoding}, as its mark proves", file)
    places = {name: i for i, name in enumerate(grid.header) if name}
    columns = {name: text_array(record[i] for record in grid.records) for name, i in places.items()}
    record = InputRecord(
        path=file,
        sha256=hashlib.sha256(raw).hexdigest(),
        bytes=len(raw),
        rows=len(grid.records),
        encoding=decoded.encoding,
        separator=grid.separator,
    )
    return TextTable(file, columns, grid.rows, record, {})
