"""Compressed input, unpacked within limits: bombs, XML entities and damage end in one clean error."""

import gzip
import io
import zipfile
import zlib
from typing import IO

from twintrade.data.formats.reading_time import iterate_in_time
from twintrade.data.sources import limits
from twintrade.data.sources.cells import quote_cell
from twintrade.errors import DataError
from twintrade.text import Text, list_some

_CHUNK = 1024 * 1024
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
_TABLES = (".csv", ".tsv", ".txt")
_MAX_NAMED = 6


def expand_gzip(raw: bytes, file: str) -> bytes:
    """Return the content of a gzip file within the limits on expansion."""
    ceiling = _ceiling(len(raw))
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            content = _content(stream, ceiling)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file} is not a whole gzip file ({error}): fetch it again") from None
    if len(content) > ceiling:
        raise DataError(f"{file} expands to more than {ceiling:,} bytes, as no honest table does: unpack it by hand")
    return content


def read_parts(raw: bytes, file: str) -> dict[str, bytes]:
    """Return the parts of a workbook's container, each whole and within the limits."""
    if raw.startswith(_OLD_OFFICE):
        raise DataError(f"{file} is encrypted, or an old .xls under another name: save it as a plain .xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as container:
            members = container.infolist()
            if len(members) > limits.MAX_ARCHIVE_MEMBERS:
                raise DataError(f"{file} has {len(members):,} parts, as no workbook does")
            ceiling = _ceiling(len(raw))
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
            if chosen.file_size > _ceiling(len(raw)):
                raise DataError(
                    f"{file} expands to more than {_ceiling(len(raw)):,} bytes, as no honest table does: "
                    "unpack it by hand"
                )
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


def _ceiling(n_bytes: int) -> int:
    return min(limits.MAX_EXPANDED_BYTES, max(limits.MIN_RATIO_BYTES, limits.MAX_EXPANSION_RATIO * n_bytes))
