"""Delimited text to rows of cells, with the file's own row numbers and no silent repair."""

import codecs
import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Literal

import numpy as np

from twintrade.data.formats import raw_table
from twintrade.data.formats.containers import iterate_in_time, list_in_time
from twintrade.data.schema import FileFormat
from twintrade.data.sources import limits
from twintrade.data.sources.faults import Faults, build_text_array, quote_cell, try_parse
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.text import Listed, Text, Value

# Bytes to text without ever guessing an alphabet.

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARKED: Literal["utf-8 with mark"] = "utf-8 with mark"
_EAST_ASIAN = ("gb18030", "big5", "shift_jis")
_CYRILLIC = "cp1251"
_OF_ONE_BYTE = ("cp1252", "cp1250", _CYRILLIC)  # Western, Central European and Cyrillic letters
_HIGH = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC_WORD = re.compile("[Ѐ-Я]?[а-џґ]+|[Ѐ-ЯҐ]+")
_MOSTLY = 0.9
_BESIDE_LETTERS = frozenset("\u00a0\u00ad–—‘’‚“”„…€§°«»·№")  # signs that stand in tables of every language


def decode(raw: bytes, declared: str | None, file: str) -> tuple[str, str]:
    """Return text and encoding of a file: declared, by its mark, or UTF-8, which foreign text otherwise never is."""
    if declared is not None:
        text = _declared(raw, declared, file)
    else:
        encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
        text, declared = _proven(raw, encoding, file), encoding
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{file} row {line}: a NUL byte, so this is not plain text in {declared}: declare encoding")
    return text.removeprefix("\ufeff"), _MARKED if declared == "utf-8-sig" else declared


def list_possible_encodings(raw: bytes) -> list[str]:
    """Return the encodings that read a file that is not UTF-8, those first that make words of its bytes."""
    runs = [len(run) for run in _HIGH.findall(raw)]
    has_accents = bool(runs) and sum(n == 1 for n in runs) >= _MOSTLY * len(runs)
    texts = {name: try_parse(raw.decode, name) for name in (*_OF_ONE_BYTE, *_EAST_ASIAN)}
    of_one_byte = [name for name in _OF_ONE_BYTE if texts[name] is not None]
    signs = {name: {c for c in texts[name] or "" if not (c.isascii() or c.isalpha())} for name in of_one_byte}
    of_letters = [name for name in of_one_byte if signs[name] <= _BESIDE_LETTERS]
    # Cyrillic are most words with bytes beyond ASCII throughout, where they are read so.
    words = [word for word in _WORD.findall(raw.decode(_CYRILLIC, errors="replace")) if not word.isascii()]
    if has_accents or sum(map(bool, map(_CYRILLIC_WORD.fullmatch, words))) < _MOSTLY * len(words):
        of_letters = [name for name in of_letters if name != _CYRILLIC]
    western = [name for name in of_one_byte if name == _OF_ONE_BYTE[0] and name not in of_letters]
    east_asian = [name for name in _EAST_ASIAN if texts[name] is not None]
    if has_accents:
        return [*of_letters, *western, *east_asian]
    cyrillic = [name for name in of_letters if name == _CYRILLIC]
    return [*east_asian, *cyrillic, *(name for name in of_letters if name != _CYRILLIC), *western]


def list_readings(raw: bytes) -> Listed:
    """Return how the first line that is not UTF-8 reads in each encoding it may be in, for a user to choose."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _list_readings(raw, _line(raw, error.start))
    return Listed(())


def _list_readings(raw: bytes, line: int) -> Listed:
    sample = raw.split(b"\n")[line - 1].strip()
    readings = [(name, try_parse(sample.decode, name)) for name in list_possible_encodings(raw)]
    return Listed(tuple(f"{name}: {quote_cell(text)}" for name, text in readings if text is not None), "semicolon")


def find_codec(encoding: str, place: str = "") -> str:
    """Return the codec of a declared encoding; GB18030 contains GBK and GB2312 and reads what they promise."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise DataError(
            f"{place}encoding = {encoding!r} is no encoding; say utf-8, gb18030, utf-16, latin-1 ..."
        ) from None
    return "gb18030" if name in ("gbk", "gb2312") else name


def _declared(raw: bytes, declared: str, file: str) -> str:
    codec = find_codec(declared, f"{file}: ")
    if not codec.startswith("utf") and not raw.isascii() and try_parse(raw.decode, "utf-8") is not None:
        raise DataError(f"{file} is UTF-8, not {declared} as declared: remove encoding from the analysis file")
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError) as error:
        at = getattr(error, "start", 0)
        raise DataError(f"{file} row {_line(raw, at)}: not {declared} as declared: correct encoding") from None


def _proven(raw: bytes, encoding: str, file: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line(raw, error.start)
        readings = _list_readings(raw, line)
        example = next(iter(list_possible_encodings(raw)), "gb18030")
        known: dict[str, Value] = {"n": len(readings.items), "readings": readings}
        raise DataError(Text("data.encoding-unknown", file=file, row=line, example=example, **known)) from None


def _line(raw: bytes, position: int) -> int:
    return raw[:position].count(b"\n") + 1


_ROWS = 4096  # rows between two looks at the time
_SEPARATORS = (",", ";", "\t", "|")
_NAMES = {"\t": "tab", ";": "semicolon", "|": "bar"}


def parse_delimited(
    raw: bytes, needed: Sequence[str], needs_all: bool, declared: FileFormat, file: str, faults: Faults
) -> raw_table.RawTable:
    """Read a delimited file as declared, or as its own bytes prove; ``needs_all`` keeps undeclared columns."""
    raw_table.refuse_other_kind(raw, file)
    text, encoding = decode(raw, declared.encoding, file)
    lines = list(io.StringIO(text, newline=""))
    if not text.strip():
        raise DataError(f"{file} is empty")
    if declared.header > len(lines):
        raise DataError(f"{file} has {len(lines)} rows, and header = {declared.header} lies beyond them")
    separator = _separator(lines, needed, declared, file, needs_all)
    records, rows = _records(text, separator, file)
    above = records[: int(np.searchsorted(rows, declared.header))]
    title = " ".join(cell for record in above for cell in record)
    names, records, rows = _body(records, rows, declared, file)
    if declared.group_rows:
        _check_width(names, records, rows, file)
        names, records, rows = raw_table.expand_groups(names, records, rows, declared.group_rows, file)
    chosen = raw_table.keep_repeated(names, declared.repeated)
    raw_table.check_header(chosen, needed, declared.header, (), file, needs_all)
    _check_width(names, records, rows, file)
    raw_table.refuse_second_header(names, records, rows, file)
    if declared.separator is None and separator != ",":
        faults.inform("separator", Text("data.separator-proven", separator=_NAMES[separator]), file)
    if declared.encoding is None and not encoding.startswith("utf-8"):
        faults.inform("encoding", Text("data.encoding-proven", encoding=encoding), file)
    if needs_all:
        raw_table.refuse_unnamed(names, records, file)
    kept = [(i, name) for i, name in enumerate(chosen) if name and (needs_all or name in needed)]
    columns = {name: build_text_array(list(map(itemgetter(i), records))) for i, name in kept}
    unread = tuple(name for name in names if name and name not in columns)
    return raw_table.RawTable(columns, rows, encoding=encoding, separator=separator, title=title, unread=unread)


def _separator(lines: list[str], needed: Sequence[str], declared: FileFormat, file: str, is_wide: bool) -> str:
    """Return the declared separator, or the one under which every declared column exists."""
    if declared.separator is not None:
        separator = "\t" if declared.separator == "tab" else declared.separator
        if len(separator) != 1:
            raise DataError(f'{file}: separator = {separator!r} is not one character (a tab is "tab")')
        return separator
    header = lines[declared.header - 1]
    if declared.header_rows > 1 or declared.group_rows:
        needed = ()  # this row alone has none of the names
    fitting = [s for s in _SEPARATORS if set(needed) <= set(_names(header, s))]
    wide = [s for s in fitting if len(_names(header, s)) > 1]
    if len(wide) > 1:
        raise DataError(f'{file}: several separators fit the header; set separator, as in separator = ";"')
    if fitting:
        return (wide or fitting)[0]
    likely = max(_SEPARATORS, key=lambda s: (len(set(needed) & set(_names(header, s))), len(_names(header, s))))
    first_rows = [
        max((_names(line, s) for s in _SEPARATORS), key=lambda names: len(set(needed) & set(names)))
        for line in lines[: raw_table.TITLE_ROWS_SEARCHED]
    ]
    raw_table.check_header(_names(header, likely), needed, declared.header, first_rows, file, is_wide)
    return likely


def _body(
    records: list[list[str]], rows: IntArray, declared: FileFormat, file: str
) -> tuple[list[str], list[list[str]], IntArray]:
    """Return the header, the records below it that are not blank, and their row numbers."""
    start = int(np.searchsorted(rows, declared.header))
    if start >= rows.size or rows[start] != declared.header:
        raise DataError(f"{file}: header = {declared.header} is not the start of a row")
    names = raw_table.join_header(records[: start + 1], declared.header_rows, file)
    stop = rows.size if declared.last_row is None else int(np.searchsorted(rows, declared.last_row, side="right"))
    body, numbers = records[start + 1 : stop], rows[start + 1 : stop]
    is_full = np.fromiter(map(bool, map(str.strip, map("".join, body))), dtype=bool, count=len(body))
    if not is_full.all():
        body = [r for r, full in zip(body, is_full, strict=True) if full]
        numbers = numbers[is_full]
    if not body:
        raise DataError(f"{file} has a header and no rows")
    return names, body, numbers


def _names(line: str, separator: str) -> list[str]:
    try:
        return [raw_table.clean_column_name(name) for name in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _records(text: str, separator: str, file: str) -> tuple[list[list[str]], IntArray]:
    previous = csv.field_size_limit(limits.MAX_FIELD_CHARACTERS)
    try:
        if '"' not in text:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE)
            records = list_in_time(reader, _ROWS)
            return records, np.arange(1, len(records) + 1, dtype=np.int64)
        return _quoted_records(text, separator, file)
    except csv.Error as error:
        if "larger" in str(error):
            raise DataError(Text("data.huge-cell", file=file, most=limits.MAX_FIELD_CHARACTERS)) from None
        raise DataError(f"{file}: {error}") from None
    finally:
        csv.field_size_limit(previous)


def _quoted_records(text: str, separator: str, file: str) -> tuple[list[list[str]], IntArray]:
    with suppress(csv.Error):  # the row is looked for below
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        whole = list_in_time(reader, _ROWS)
        if reader.line_num == len(whole):
            return whole, np.arange(1, len(whole) + 1, dtype=np.int64)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    rows: list[int] = []
    start = 1
    try:
        for record in iterate_in_time(reader, _ROWS):
            records.append(record)
            rows.append(start)
            start = reader.line_num + 1
    except csv.Error:
        raise DataError(
            f"{file} row {start}: a quotation mark opens here and is not closed; double it inside quoted text"
        ) from None
    return records, np.array(rows, dtype=np.int64)


def _check_width(names: list[str], records: list[list[str]], rows: IntArray, file: str) -> None:
    widths = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    ragged = np.flatnonzero(widths != len(names))
    if ragged.size:
        i = int(ragged[0])
        # Where all rows below are so, they are a footer.
        is_footer = i > 0 and ragged.size == widths.size - i
        cells = Text("data.ragged-separator" if widths[i] > len(names) else "data.ragged-title")
        raise DataError(
            Text(
                "data.ragged-row",
                file=file,
                row=rows[i],
                n=widths[i],
                n_names=len(names),
                n_like=ragged.size,
                shown=quote_cell(" ".join(filter(None, map(str.strip, records[i])))),
                cause=Text("data.ragged-footer", last=rows[i - 1]) if is_footer else cells,
            )
        )
