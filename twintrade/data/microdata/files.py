"""The files of a microdata source, looked at before an engine reads them: headers, types, hashes, encoding."""

import csv
import gzip
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from twintrade.data.formats.delimited import find_codec
from twintrade.data.formats.raw_table import check_header, clean_column_name
from twintrade.data.schema import FileFormat
from twintrade.data.sources.faults import quote_cell
from twintrade.errors import DataError
from twintrade.files import open_file

Kind: TypeAlias = Literal["csv", "parquet", "duckdb"]
Type: TypeAlias = Literal["text", "integer", "decimal", "float"]

ENDINGS: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".csv.gz": "csv", ".tsv.gz": "csv", ".txt.gz": "csv",
    ".parquet": "parquet", ".duckdb": "duckdb",
}  # fmt: skip
_SEPARATORS = (",", ";", "\t", "|")
_HEADER_BYTES = 1_000_000
_CHUNK = 1 << 22
_UNBOUNDED = 1000


@dataclass(frozen=True, slots=True)
class MicrodataFiles:
    """Files of one kind with the same columns."""

    kind: Kind
    paths: tuple[Path, ...]
    names: tuple[str, ...]  # as declared, for messages
    headers: tuple[tuple[str, ...], ...] = ()  # column names of each file
    separator: str = ""  # of delimited files
    types: Mapping[str, Type] = field(default_factory=dict)  # of the needed columns
    # Before and behind the point that the type of a column can hold, the most of all files
    digits: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def type_of(self, column: str) -> Type:
        """Return what kind of values a column holds."""
        return self.types.get(column, "text")

    def fits(self, column: str, digits: int, decimals: int) -> bool:
        """Return whether a decimal of so many digits and decimals holds whatever the type of a column can."""
        whole, fraction = self.digits.get(column, (digits + 1, 0))
        return fraction <= decimals and whole <= digits - decimals


def hash_content(path: Path) -> str:
    """Return the sha256 of a file, or of the names and contents of all files in a folder, read in a stream."""
    if path.is_file():
        with open_file(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    total = hashlib.sha256()
    for file in list_folder_files(path):
        with open_file(file) as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{file.relative_to(path).as_posix()}\n{digest}\n".encode())
    return total.hexdigest()


def list_folder_files(path: Path) -> list[Path]:
    """Return the data files of a folder, sorted; hidden files and pages beside the data are none."""
    files = (p for p in path.rglob("*") if p.is_file() and find_kind(p.name))
    return sorted(p for p in files if not any(part[0] in "._" for part in p.relative_to(path).parts))


def find_kind(name: str) -> Kind | None:
    """Return the kind of a file by its ending."""
    return next((kind for ending, kind in ENDINGS.items() if name.lower().endswith(ending)), None)


def look_at(path: Path, declared: str, needed: Sequence[str], form: FileFormat) -> MicrodataFiles:
    """Look at the first bytes of every file."""
    paths = [path] if path.is_file() else list_folder_files(path)
    names = [declared if path.is_file() else f"{declared}/{p.relative_to(path).as_posix()}" for p in paths]
    if not paths:
        raise DataError(f"{declared} holds no file that ends in {', '.join(ENDINGS)}")
    kinds = {find_kind(p.name): name for p, name in zip(paths, names, strict=True)}
    if len(kinds) > 1:
        raise DataError(
            f"{declared} holds files of several kinds ({', '.join(kinds.values())}): keep one kind a folder"
        )
    kind = next(iter(kinds))
    if kind is None:
        raise DataError(f"{declared}: microdata end in {', '.join(ENDINGS)}")
    files = MicrodataFiles(kind, tuple(paths), tuple(names))
    if kind == "csv":
        return _delimited(files, needed, form)
    return _parquet(files, needed) if kind == "parquet" else files


def _delimited(files: MicrodataFiles, needed: Sequence[str], form: FileFormat) -> MicrodataFiles:
    if form.header != 1 or form.last_row is not None:
        raise DataError(f"{files.names[0]}: microdata have their column names in row 1 and no footer")
    headers: list[tuple[str, ...]] = []
    separators: dict[str, str] = {}
    for path, name in zip(files.paths, files.names, strict=True):
        line = _first_line(path, name, form.encoding)
        separator = _separator(line, needed, form)
        header = tuple(clean_column_name(cell) for cell in next(csv.reader([line], delimiter=separator), []))
        check_header(list(header), needed, 1, (), name)
        headers.append(header)
        separators.setdefault(separator, name)
    if len(separators) > 1:
        raise DataError(f"{' and '.join(separators.values())} have different separators")
    return replace(files, headers=tuple(headers), separator=next(iter(separators)))


def _first_line(path: Path, name: str, encoding: str | None) -> str:
    try:
        with open_file(path, name) as packed:
            stream = gzip.GzipFile(fileobj=packed) if name.lower().endswith(".gz") else packed
            raw = stream.readline(_HEADER_BYTES) if encoding is None else stream.read(_HEADER_BYTES)
    except (OSError, EOFError) as error:
        raise DataError(
            f"{name} cannot be read ({error}): the file is not whole, or not what its ending says"
        ) from None
    text = io.TextIOWrapper(
        io.BytesIO(raw), encoding=find_codec(encoding or "utf-8-sig"), errors="replace", newline=""
    ).readline()
    if not text.strip():
        raise DataError(f"{name} is empty")
    return text.rstrip("\r\n")


def _separator(line: str, needed: Sequence[str], form: FileFormat) -> str:
    if form.separator is not None:
        return "\t" if form.separator == "tab" else form.separator
    counts = {
        s: len(set(needed) & {clean_column_name(c) for c in next(csv.reader([line], delimiter=s), [])})
        for s in _SEPARATORS
    }
    return max(_SEPARATORS, key=lambda s: counts[s])


def _parquet(files: MicrodataFiles, needed: Sequence[str]) -> MicrodataFiles:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[str, tuple[Type, str, str]] = {}
    digits: dict[str, tuple[int, int]] = {}
    headers = []
    for path, name in zip(files.paths, files.names, strict=True):
        try:
            with open_file(path, name) as stream:
                schema = pq.ParquetFile(stream).schema_arrow
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{name} is not a whole Parquet file ({str(error).splitlines()[0]})") from None
        check_header(list(schema.names), needed, 1, (), name)
        headers.append(tuple(schema.names))
        for column in needed:
            declared = schema.field(column).type
            kind, whole, fraction = _describe_type(declared, column, name)
            known = types.setdefault(column, (kind, name, str(declared)))
            if known[0] != kind:
                raise DataError(
                    f"the column {column} is {known[2]} in {known[1]} and {declared} in {name}: write it as one type"
                )
            most = digits.setdefault(column, (whole, fraction))
            digits[column] = max(whole, most[0]), max(fraction, most[1])
    kinds = {column: kind for column, (kind, _, _) in types.items()}
    return replace(files, headers=tuple(headers), types=kinds, digits=digits)


def _describe_type(declared: Any, column: str, name: str) -> tuple[Type, int, int]:
    """Return the kind of a type, and how many digits it can hold before and behind the point: floats any number."""
    import pyarrow as pa

    if pa.types.is_nested(declared) or pa.types.is_boolean(declared) or pa.types.is_binary(declared):
        raise DataError(
            f"{name}: the column {quote_cell(column)} is of type {declared}, not one number or text a row"
        )
    if pa.types.is_integer(declared):
        return "integer", len(str(2**declared.bit_width)), 0
    if pa.types.is_decimal(declared):
        return "decimal", declared.precision - declared.scale, max(declared.scale, 0)
    return "float" if pa.types.is_floating(declared) else "text", _UNBOUNDED, _UNBOUNDED
