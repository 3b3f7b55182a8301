"""What kind of file a name or its first bytes show, for files that are not read as delimited text."""

import re

from twintrade.errors import DataError
from twintrade.text import Listed, Text

_MAGIC = (
    (b"PK\x03\x04", "zip", ".xlsx .ods .zip"),
    (b"PAR1", "parquet", ".parquet"),
    (b"ARROW1", "feather", ".feather"),
    (b"FEA1", "feather", ".feather"),
    (b"<stata_dta>", "stata", ".dta"),
    (b"$FL2", "spss", ".sav"),
    (b"$FL3", "spss", ".zsav"),
    (b"RDX2\n", "r", ".rda"),
    (b"RDX3\n", "r", ".rda"),
    (b"X\n\0\0", "r", ".rds"),
    (b"\x1f\x8b", "gzip", ".gz .rds .rda"),
    (b"\xd0\xcf\x11\xe0", "office", ""),
    (b"%PDF", "pdf", ""),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "sas", ""),
    (b"HEADER RECORD*******LIBRARY", "sas", ""),
    (b"SQLite format 3\0", "sqlite", ""),
    (b"\0\x01\0\0Standard ", "access", ""),
    (b"\x89HDF", "hdf", ""),
    (b"MATLAB 5.0", "hdf", ""),
    (b"\x89PNG", "image", ""),
    (b"\xff\xd8\xff", "image", ""),
    (b"GIF8", "image", ""),
    (b"Rar!", "rar", ""),
    (b"7z\xbc\xaf", "rar", ""),
    (b"\xfd7zXZ\0", "packed", ""),
    (b"BZh", "packed", ""),
    (b"{\\rtf", "word", ""),
)
_PATTERNS = (
    (re.compile(rb"[\x6c-\x73][\x01\x02]\x01\0"), "stata", ".dta"),
    (re.compile(rb"\s*(\[\s*[\[{]|\{\s*\")"), "json", ".json"),
    (re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE), "html", ""),
    (re.compile(rb"\s*<\?xml"), "xml", ""),
)
_ENDINGS = {
    "excel": (".xls", ".xlsb"),
    "numbers": (".numbers",),
    "sas": (".sas7bdat", ".xpt"),
    "access": (".mdb", ".accdb"),
    "sqlite": (".sqlite", ".sqlite3"),
    "dbf": (".dbf",),
    "hdf": (".h5", ".hdf5", ".mat"),
    "pickle": (".pkl", ".pickle"),
    "pdf": (".pdf",),
    "html": (".html", ".htm"),
    "xml": (".xml",),
    "word": (".doc", ".docx", ".odt", ".rtf"),
    "image": (".png", ".jpg", ".jpeg", ".gif"),
    "rar": (".rar", ".7z"),
    "packed": (".xz", ".bz2"),
}
_UNPACKED = ("rar", "packed")


def refuse_other_kind(raw: bytes, file: str) -> None:
    """Refuse a file that is to be read as text and is of a kind that is none, and say of which."""
    start = raw[:64].removeprefix(b"\xef\xbb\xbf")
    for kind, endings in _ENDINGS.items():
        if file.lower().endswith(endings):
            raise DataError(_say_kind(file, kind, ""))
    for magic, kind, ending in _MAGIC:
        if start.startswith(magic):
            raise DataError(_say_kind(file, kind, ending))
    for pattern, kind, ending in _PATTERNS:
        if pattern.match(start):
            raise DataError(_say_kind(file, kind, ending))


def _say_kind(file: str, kind: str, ending: str) -> Text:
    way = "ending" if ending else "unpack" if kind in _UNPACKED else "html" if kind == "html" else "save"
    return Text("data.no-text-file", file=file, kind=kind, way=way, ending=Listed(tuple(ending.split()), "or"))
