"""Opens a declared file, whatever its kind, as a table of text columns with its provenance."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twintrade.data.formats.containers import expand_gzip, read_zip_table
from twintrade.data.formats.delimited import parse_delimited
from twintrade.data.formats.json_table import parse_json
from twintrade.data.formats.package_files import load_extra, parse_r, parse_spss, parse_stata
from twintrade.data.formats.raw_table import RawTable
from twintrade.data.formats.reading_time import limit_time
from twintrade.data.formats.workbook import WORKBOOK_ENDINGS, parse_workbook
from twintrade.data.schema.file_format import FileFormat, RowRule
from twintrade.data.schema.source import Constant
from twintrade.data.sources import limits
from twintrade.data.sources.cells import TextColumn, build_text_array, clean_name, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.data.sources.locations import locate
from twintrade.data.sources.provenance import InputRecord, read_data_card
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words

_ENDINGS = {
    "workbook": WORKBOOK_ENDINGS,
    "parquet": (".parquet",),
    "feather": (".feather", ".arrow"),
    "stata": (".dta",),
    "spss": (".sav", ".zsav"),
    "r": (".rds", ".rda", ".rdata"),
    "json": (".json",),
    "gzip": (".gz",),
    "zip": (".zip",),
}
_TYPED = {"stata": parse_stata, "spss": parse_spss}


@dataclass(frozen=True, slots=True, eq=False)
class TextTable:
    """A file as text."""

    file: str  # declared path
    columns: Mapping[str, ObjectArray]  # (n_rows,)
    rows: IntArray  # (n_rows,): the file's own row numbers, header = 1
    record: InputRecord  # its provenance
    is_number: Mapping[str, BoolArray]  # cells that the file held as numbers, by column; absent for text files
    title: str = ""  # what stands above the header

    def column(self, name: str) -> TextColumn:
        """Return one column."""
        return TextColumn(name, self.file, self.columns[name], self.rows, self.is_number.get(name))

    def part(self, part: str | Constant, role: str) -> TextColumn:
        """Return the column that plays a part, or its one value in every row."""
        if isinstance(part, str):
            return self.column(part)
        return TextColumn(role, self.file, build_text_array([part.constant] * self.rows.size), self.rows)

    def keep(self, mask: BoolArray, rule: Words) -> "TextTable":
        """Return the rows of a mask, the others counted under a rule."""
        if mask.all():
            return self
        return TextTable(
            self.file,
            {name: cells[mask] for name, cells in self.columns.items()},
            self.rows[mask],
            self.record.dropping(rule, int((~mask).sum())),
            {name: typed[mask] for name, typed in self.is_number.items()},
            self.title,
        )


def open_table(
    root: Path, file: str, declared: FileFormat, needed: Sequence[str], faults: Faults, needs_all: bool = False
) -> TextTable:
    """Read a file as declared and keep the rows of its ``where`` and ``drop``.

    ``needed``: declared columns; ``needs_all``: whether every other column is wanted too, as in a wide layout.
    """
    raw = read_content(locate(root, file), file)
    wanted = [*dict.fromkeys([*needed, *(rule.column for rule in declared.row_rules)])]
    with limit_time(file):
        read = _parsed(raw, file, declared, wanted, needs_all, faults)
    card = read_data_card(root, file)
    record = InputRecord(
        path=file,
        sha256=hashlib.sha256(raw).hexdigest(),
        bytes=len(raw),
        rows=read.rows.size,
        encoding=read.encoding,
        separator=read.separator,
        sheet=read.sheet,
        publisher=card.publisher,
        licence=card.licence,
        unread=read.unread,
        alike_sheets=read.alike_sheets,
    )
    table = TextTable(file, read.columns, read.rows, record, read.is_number, read.title)
    for rule in declared.row_rules:
        cells = [clean_name(cell) for cell in table.columns[rule.column]]
        values, there = {clean_name(value): value for value in rule.values}, set(cells)
        for name, value in values.items():
            if name not in there:
                faults.error("where", Text("data.no-row-of", value=quote_cell(value)), file, None, rule.column)
        mask = np.array([(cell in values) == rule.is_kept for cell in cells], dtype=bool)
        table = table.keep(mask, describe_rules((rule,)))
    return table


def describe_rules(rules: Sequence[RowRule]) -> Text:
    """Return rules of rows in words."""
    named = [
        Text("data.rule", name=r.column, values=Listed(r.values, "or"), kept="yes" if r.is_kept else "no")
        for r in rules
    ]
    return Text("data.dropped-where", rules=Listed(tuple(named)))


def read_content(path: Path, file: str) -> bytes:
    """Return the bytes of a file of bearable size."""
    size = path.stat().st_size
    if size > limits.MAX_INPUT_BYTES:
        raise DataError(
            f"{file} has {size:,} bytes, more than {limits.MAX_INPUT_BYTES:,}: read it with the microdata extra"
        )
    return path.read_bytes()


def _parsed(
    raw: bytes, file: str, declared: FileFormat, needed: Sequence[str], needs_all: bool, faults: Faults
) -> RawTable:
    """Read a file by the ending of its name; a file that is something else is refused by its reader."""
    kind = find_kind(file)
    if kind == "workbook":
        return parse_workbook(raw, needed, needs_all, declared, file, faults)
    if kind == "json":
        return parse_json(raw, declared.encoding, needed, needs_all, file)
    if kind == "r":
        return parse_r(raw, declared.member, needed, needs_all, file)
    if kind in ("parquet", "feather"):
        load_extra("pyarrow", "parquet", file)
        from twintrade.data.formats import arrow_files

        parse = arrow_files.parse_parquet if kind == "parquet" else arrow_files.parse_feather
        return parse(raw, needed, needs_all, file)
    if kind in _TYPED:
        return _TYPED[kind](raw, needed, needs_all, file)
    if kind == "gzip":
        raw = expand_gzip(raw, file)
    elif kind == "zip":
        raw = read_zip_table(raw, declared.member, file)
    return parse_delimited(raw, needed, needs_all, declared, file, faults)


def find_kind(file: str) -> str:
    """Return how a file is read, by the ending of its name."""
    name = file.lower()
    return next((kind for kind, endings in _ENDINGS.items() if name.endswith(endings)), "text")
