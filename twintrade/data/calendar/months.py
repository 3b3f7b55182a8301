"""Names of the months, long and short, in English, French, German, Italian, Portuguese, Spanish, Dutch, Chinese."""

import re
import unicodedata

_NAMES = (
    ("january", "janvier", "januar", "gennaio", "janeiro", "enero", "jan", "janv", "gen", "ene", "januari", "一月"),
    ("february", "février", "februar", "febbraio", "fevereiro", "febrero", "feb", "févr", "fev", "februari", "二月"),
    ("march", "mars", "märz", "marzo", "março", "mar", "mär", "mrz", "maart", "mrt", "三月"),
    ("april", "avril", "aprile", "abril", "apr", "avr", "abr", "四月"),
    ("may", "mai", "maggio", "maio", "mayo", "mag", "mei", "五月"),
    ("june", "juin", "juni", "giugno", "junho", "junio", "jun", "giu", "六月"),
    ("july", "juillet", "juli", "luglio", "julho", "julio", "jul", "juil", "lug", "七月"),
    ("august", "août", "agosto", "aug", "ago", "augustus", "八月"),
    ("september", "septembre", "settembre", "setembro", "septiembre", "setiembre", "sep", "sept", "set", "九月"),
    ("october", "octobre", "oktober", "ottobre", "outubro", "octubre", "oct", "okt", "ott", "out", "十月"),
    ("november", "novembre", "novembro", "noviembre", "nov", "十一月"),
    ("december", "décembre", "dezember", "dicembre", "dezembro", "diciembre", "dec", "déc", "dez", "dic", "十二月"),
)


def strip_accents(text: str) -> str:
    """Return text in lower case without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


_NUMBERS = {strip_accents(name): month for month, names in enumerate(_NAMES, 1) for name in names}

MONTH_NAMES = "|".join(sorted({*_NUMBERS, *(n for names in _NAMES for n in names)}, key=lambda n: (-len(n), n)))
"""Alternatives for a regular expression, longest first."""
_MARKED = re.compile(r"(\d{1,2})\s?(?:月份?|월)|[Mm]\s?(\d{1,2})")


def parse_month(name: str) -> int | None:
    """Return 1 to 12, or None for a word that is no month."""
    return _NUMBERS.get(strip_accents(name).strip().removesuffix("份").rstrip("."))


def parse_month_of_year(cell: str) -> int | None:
    """Return 1 to 12 for a month named or numbered as such, "März", "8月", "M08"; None for a number alone."""
    marked = _MARKED.fullmatch(cell.strip())
    number = int(marked[1] or marked[2]) if marked else parse_month(cell)
    return number if number is not None and 1 <= number <= 12 else None
