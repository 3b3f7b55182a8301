"""Bytes to text without ever guessing an alphabet."""

import codecs
import re
from dataclasses import dataclass
from typing import Literal

from twintrade.data.sources.cells import quote_cell
from twintrade.errors import DataError
from twintrade.text import Listed, Text, Value

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
_OF_ONE_BYTE = ("cp1252", "cp1250", _CYRILLIC)
"""Western, Central European and Cyrillic letters."""
_HIGH = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC_WORD = re.compile("[Ѐ-Я]?[а-џґ]+|[Ѐ-ЯҐ]+")
_MOSTLY = 0.9
_BESIDE_LETTERS = frozenset("\u00a0\u00ad–—‘’‚“”„…€§°«»·№")
"""Signs that stand in tables of every language."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file and the encoding it was in."""

    text: str
    encoding: str


def decode(raw: bytes, declared: str | None, file: str) -> Decoded:
    """Decode a delimited file.

    UTF-8, with or without its mark, proves itself: other encodings of non-English text are not valid UTF-8. UTF-16
    and UTF-32 prove themselves by their mark. Everything else must be declared.
    """
    if declared is not None:
        text = _declared(raw, declared, file)
    else:
        encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
        text, declared = _proven(raw, encoding, file), encoding
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{file} row {line}: a NUL byte, so this is not plain text in {declared}: declare encoding")
    return Decoded(text.removeprefix("\ufeff"), _name(declared))


def list_possible_encodings(raw: bytes) -> list[str]:
    """Return the encodings that read a file that is not UTF-8 without error, the likeliest first.

    In European text letters with accents stand alone among ASCII; in Chinese, Japanese and Cyrillic text the bytes
    beyond ASCII come in rows. An encoding of one byte reads nearly every file: it counts where it makes letters of
    what is beyond ASCII, as "Łódź" in cp1250 is "£ódŸ" in cp1252.
    """
    runs = [len(run) for run in _HIGH.findall(raw)]
    has_accents = bool(runs) and sum(n == 1 for n in runs) >= _MOSTLY * len(runs)
    of_one_byte = [name for name in _OF_ONE_BYTE if _reads(raw, name)]
    of_letters = [name for name in of_one_byte if _makes_letters(raw.decode(name))]
    if has_accents or not _is_cyrillic(raw):
        of_letters = [name for name in of_letters if name != _CYRILLIC]
    western = [name for name in of_one_byte if name == _OF_ONE_BYTE[0] and name not in of_letters]
    east_asian = [name for name in _EAST_ASIAN if _reads(raw, name)]
    if has_accents:
        return [*of_letters, *western, *east_asian]
    cyrillic = [name for name in of_letters if name == _CYRILLIC]
    return [*east_asian, *cyrillic, *(name for name in of_letters if name != _CYRILLIC), *western]


def _makes_letters(text: str) -> bool:
    """Return whether a text has nothing beyond ASCII but letters and common signs."""
    return all(c.isascii() or c.isalpha() or c in _BESIDE_LETTERS for c in text)


def _is_cyrillic(raw: bytes) -> bool:
    """Return whether most words with bytes beyond ASCII are Cyrillic throughout, where they are read so."""
    words = [word for word in _WORD.findall(raw.decode(_CYRILLIC, errors="replace")) if not word.isascii()]
    return sum(map(bool, map(_CYRILLIC_WORD.fullmatch, words))) >= _MOSTLY * len(words)


def list_readings(raw: bytes) -> Listed:
    """Return how the first line that is not UTF-8 reads in each encoding it may be in, for a user to choose."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _list_readings(raw, _line(raw, error.start))
    return Listed(())


def _list_readings(raw: bytes, line: int) -> Listed:
    sample = raw.split(b"\n")[line - 1].strip()
    readings = [(name, sample.decode(name)) for name in list_possible_encodings(raw) if _reads(sample, name)]
    return Listed(tuple(f"{name}: {quote_cell(text)}" for name, text in readings), "semicolon")


def _declared(raw: bytes, declared: str, file: str) -> str:
    try:
        codec = codecs.lookup(declared).name
    except LookupError:
        raise DataError(
            f"{file}: encoding = {declared!r} is no encoding; say utf-8, gb18030, utf-16, latin-1 ..."
        ) from None
    # GB18030 contains GBK and GB2312, so the wider one reads what the narrower promises.
    codec = "gb18030" if codec in ("gbk", "gb2312") else codec
    if not codec.startswith("utf") and _is_utf8_beyond_ascii(raw):
        raise DataError(f"{file} is UTF-8, not {declared} as declared: remove encoding from the analysis file")
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError) as error:
        at = getattr(error, "start", 0)
        raise DataError(f"{file} row {_line(raw, at)}: not {declared} as declared: correct encoding") from None


def _is_utf8_beyond_ascii(raw: bytes) -> bool:
    if raw.isascii():
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _proven(raw: bytes, encoding: str, file: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line(raw, error.start)
        readings = _list_readings(raw, line)
        example = next(iter(list_possible_encodings(raw)), "gb18030")
        known: dict[str, Value] = {"n": len(readings.items), "readings": readings}
        raise DataError(Text("data.encoding-unknown", file=file, row=line, example=example, **known)) from None


def _reads(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _line(raw: bytes, position: int) -> int:
    return raw[:position].count(b"\n") + 1


def _name(encoding: str) -> str:
    return {"utf-8-sig": _MARKED}.get(encoding, encoding)
