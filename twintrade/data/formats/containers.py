"""Compressed input, unpacked within limits: bombs, XML entities and damage end in one clean error."""

import bz2
import gzip
import importlib
import io
import lzma
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import IO, Any, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from twintrade.data.formats.raw_table import RawTable, build_raw_table, check_names, clean_column_name
from twintrade.data.sources import limits
from twintrade.data.sources.faults import quote_cell
from twintrade.errors import DataError
from twintrade.extras import note_library
from twintrade.text import Listed, Text, list_some

# How long the reading of one file may take, looked at between chunks, members and rows: no signals, any thread.

T = TypeVar("T")
Clock: TypeAlias = Callable[[], float]

_current: ContextVar[tuple[str, Clock, float] | None] = ContextVar("reading", default=None)
"""The file that is read, its clock, and when it was begun."""


@contextmanager
def limit_time(file: str, clock: Clock = time.monotonic) -> Iterator[None]:
    """Begin to count the time of a file; inside another count, as where init looks first, that one goes on."""
    token = _current.set(_current.get() or (file, clock, clock()))
    try:
        yield
    finally:
        _current.reset(token)


def check_time() -> None:
    """Give up a file that takes too long; without a count there is no limit."""
    if (reading := _current.get()) is None:
        return
    file, clock, began = reading
    if clock() - began > limits.MAX_READING_SECONDS:
        minutes = limits.MAX_READING_SECONDS / 60
        raise DataError(
            f"{file} is not read after {minutes:g} minutes, which no table of its kind needs: save the columns and "
            "rows that count as .csv, or declare microdata"
        )


def iterate_in_time(items: Iterable[T], every: int) -> Iterator[T]:
    """Hand items on and check the time before the first of every so many."""
    for i, item in enumerate(items):
        if not i % every:
            check_time()
        yield item


def list_in_time(items: Iterable[T], every: int) -> list[T]:
    """Return items as a list, the time checked before each so many: for items that need no look on the way."""
    rest, items_read = iter(items), list[T]()
    check_time()
    while part := list(islice(rest, every)):
        items_read += part
        check_time()
    return items_read


_CHUNK = 1024 * 1024
_PACKERS: dict[bytes, Callable[[io.BytesIO], Any]] = {
    b"\x1f\x8b\x08": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": bz2.BZ2File,
    b"\xfd7z": lzma.LZMAFile,
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
_TABLES = (".csv", ".tsv", ".txt")
_MAX_NAMED = 6


def expand(raw: bytes, file: str) -> bytes:
    """Return the content of a file that gzip, bzip2 or xz packed, within the limits on expansion."""
    ceiling = find_ceiling(len(raw))
    try:
        with _PACKERS.get(raw[:3], gzip.open)(io.BytesIO(raw)) as stream:
            content = _content(stream, ceiling)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{file} is not a whole gzip file ({error}): fetch it again") from None
    refuse_size(len(content), ceiling, file)
    return content


def refuse_size(n_bytes: int, ceiling: int, file: str) -> None:
    """Refuse a packed file that is larger unpacked than it may be."""
    if n_bytes > ceiling:
        raise DataError(f"{file} expands to more than {ceiling:,} bytes, as no honest table does: unpack it by hand")


def read_parts(raw: bytes, file: str) -> dict[str, bytes]:
    """Return the parts of a workbook's container, each whole and within the limits."""
    if raw.startswith(_OLD_OFFICE):
        raise DataError(f"{file} is encrypted, or an old .xls under another name: save it as a plain .xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as container:
            members = container.infolist()
            if len(members) > limits.MAX_ARCHIVE_MEMBERS:
                raise DataError(f"{file} has {len(members):,} parts, as no workbook does")
            ceiling = find_ceiling(len(raw))
            if sum(m.file_size for m in members) > ceiling:
                raise DataError(f"{file} expands to more than {ceiling:,} bytes, as no honest workbook does")
            return {m.filename: _part(container, m, file) for m in members if not m.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise DataError(f"{file} is not a whole workbook ({error}): save it again as .xlsx, or as .csv") from None


def read_zip_table(raw: bytes, member: str | None, file: str) -> bytes:
    """Return the one table of a zip file, or the member that is declared, within the limits on expansion."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as container:
            chosen = _chosen(container.infolist(), member, file)
            refuse_size(chosen.file_size, find_ceiling(len(raw)), file)
            return _part(container, chosen, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise DataError(f"{file} is not a whole zip file ({error}): fetch it again") from None


def list_zip_tables(raw: bytes, file: str) -> list[str]:
    """Return the names of the tables of a zip file, the largest first."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as container:
            tables = _tables(container.infolist(), file)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise DataError(f"{file} is not a whole zip file ({error}): fetch it again") from None
    return [m.filename for m in sorted(tables, key=lambda m: (-m.file_size, m.filename))]


def _tables(members: list[zipfile.ZipInfo], file: str) -> list[zipfile.ZipInfo]:
    if len(members) > limits.MAX_ARCHIVE_MEMBERS:
        raise DataError(f"{file} has {len(members):,} parts, as no statistical table does: unpack it by hand")
    return [m for m in members if m.filename.lower().endswith(_TABLES) and "__MACOSX/" not in m.filename]


def _chosen(members: list[zipfile.ZipInfo], wanted: str | None, file: str) -> zipfile.ZipInfo:
    tables = _tables(members, file)
    named = list_some([quote_cell(m.filename) for m in tables], _MAX_NAMED)
    if wanted is not None:
        member = next((m for m in members if m.filename == wanted), None)
        if member is None:
            raise DataError(
                f"{file} holds no member {quote_cell(wanted)}; its tables are {named if tables else 'none'}"
            )
        return member
    if len(tables) != 1:
        raise DataError(Text("data.zip-tables", file=file, n=len(tables), names=named))
    return tables[0]


def _part(container: zipfile.ZipFile, member: zipfile.ZipInfo, file: str) -> bytes:
    if member.flag_bits & 1:
        raise DataError(f"{file} is encrypted: save it without a password")
    # Reading to the end also checks the part's checksum, which a false size cannot pass.
    with container.open(member) as stream:
        content = _content(stream, member.file_size)
    if member.filename.endswith((".xml", ".rels")):
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise DataError(f"{file}: the part {member.filename} is in UTF-16, which no workbook program writes")
        if any(word in content for word in _DECLARATIONS):
            raise DataError(f"{file}: the part {member.filename} declares XML entities, which a workbook never needs")
    return content


def _content(stream: IO[bytes] | gzip.GzipFile, most: int) -> bytes:
    """Return what a stream holds, the time looked at between chunks; beyond the bound it is not read on."""
    chunks: list[bytes] = []
    size = 0
    for chunk in iterate_in_time(iter(lambda: stream.read(_CHUNK), b""), 1):
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            break
    return b"".join(chunks)


def find_ceiling(n_bytes: int) -> int:
    """Return how many bytes a file of so many may expand to."""
    return min(limits.MAX_EXPANDED_BYTES, max(limits.MIN_RATIO_BYTES, limits.MAX_EXPANSION_RATIO * n_bytes))


# Files of statistical packages to columns of text: Stata, SPSS and R, labels in place of codes.

_NEW_YEAR = (1, 1)
_COLUMNS = 1  # columns between two looks at the time
_BYTES_A_CELL = 8
_SPSS, _SPSS_HEAD = (b"$FL2", b"$FL3"), 84
_THREE_NUMBERS, _NO_LENGTH = re.compile(rb"\x00\x00\x00\x0e\x00\x00\x00\x03(.{8})", re.DOTALL), 2.0**52
"""Vectors of three numbers, as R writes length, start and step; beyond the other a number is no such length."""


def parse_stata(raw: bytes, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read a Stata file. Its first row is row 2, as if it had a header in row 1."""
    frame = _read_damaged("stata", file, lambda: pd.read_stata(io.BytesIO(raw)))
    return _build_table(frame, needed, needs_all, file)


def parse_spss(raw: bytes, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read an SPSS file (.sav, .zsav), with the extra that does. Its first row is row 2."""
    if raw[:4] in _SPSS and len(raw) >= _SPSS_HEAD:
        order = next((o for o in "<>" if struct.unpack_from(f"{o}i", raw, 64)[0] in (2, 3)), "<")
        width, _, _, n_cases = struct.unpack_from(f"{order}4i", raw, 68)
        refuse_expansion(n_cases, width, raw, file)
    reader = load_extra("pyreadstat", "spss", file)
    frame, _ = _read_damaged("spss", file, lambda: reader.read_sav(io.BytesIO(raw), apply_value_formats=True))
    return _build_table(frame, needed, needs_all, file)


def parse_r(raw: bytes, member: str | None, needed: Sequence[str], needs_all: bool, file: str) -> RawTable:
    """Read the data frame of an R file (.rds, .rda), with the extra that does. Its first row is row 2."""
    content = expand(raw, file) if raw[:3] in _PACKERS else raw
    refuse_expansion(_find_longest_sequence(content), 1, raw, file)
    reader = load_extra("rdata", "r", file)
    ending = ".rds" if file.lower().endswith(".rds") else ".rda"
    objects = _read_damaged(
        "r", file, lambda: reader.conversion.convert(reader.parser.parse_data(content, extension=ending))
    )
    return _build_table(_choose_frame(objects, member, file), needed, needs_all, file)


def refuse_expansion(n_rows: int, n_columns: int, raw: bytes, file: str) -> None:
    """Refuse a file that claims more cells than its size can hold, before any is read."""
    most = find_ceiling(len(raw)) // _BYTES_A_CELL
    if n_rows * n_columns > most:
        raise DataError(Text("data.expands-too-far", file=file, rows=n_rows, columns=n_columns, most=most))


def _find_longest_sequence(content: bytes) -> int:
    """Return the length of the longest sequence that an R file may hold as its length alone, 0 without one."""
    if not any(name in content for name in (b"compact_intseq", b"compact_realseq")):
        return 0
    lengths = [struct.unpack(">d", state)[0] for state in _THREE_NUMBERS.findall(content)]
    return int(max((n for n in lengths if n < _NO_LENGTH), default=0))


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


def _choose_frame(content: Any, member: str | None, file: str) -> pd.DataFrame:
    if isinstance(content, pd.DataFrame):
        return content
    frames = {n: v for n, v in content.items() if isinstance(v, pd.DataFrame)} if isinstance(content, dict) else {}
    if member is None and len(frames) == 1:
        return next(iter(frames.values()))
    if member in frames:
        return frames[str(member)]
    names = Listed(tuple(map(quote_cell, frames)), "comma")
    raise DataError(Text("data.r-frames", file=file, n=len(frames), names=names))


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
