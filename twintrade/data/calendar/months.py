"""Names of the months, long and short, in English, French, German, Italian, Portuguese and Spanish."""

import unicodedata

_NAMES = (
    ("january", "janvier", "januar", "gennaio", "janeiro", "enero", "jan", "janv", "gen", "ene"),
    ("february", "février", "februar", "febbraio", "fevereiro", "febrero", "feb", "févr", "fev"),
    ("march", "mars", "märz", "marzo", "março", "mar"),
    ("april", "avril", "aprile", "abril", "apr", "avr", "abr"),
    ("may", "mai", "maggio", "maio", "mayo", "mag"),
    ("june", "juin", "juni", "giugno", "junho", "junio", "jun", "giu"),
    ("july", "juillet", "juli", "luglio", "julho", "julio", "jul", "juil", "lug"),
    ("august", "août", "agosto", "aug", "ago"),
    ("september", "septembre", "settembre", "setembro", "septiembre", "setiembre", "sep", "sept", "set"),
    ("october", "octobre", "oktober", "ottobre", "outubro", "octubre", "oct", "okt", "ott", "out"),
    ("november", "novembre", "novembro", "noviembre", "nov"),
    ("december", "décembre", "dezember", "dicembre", "dezembro", "diciembre", "dec", "déc", "dez", "dic"),
)


def strip_accents(text: str) -> str:
    """Return text in lower case without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


_NUMBERS = {strip_accents(name): month for month, names in enumerate(_NAMES, 1) for name in names}

MONTH_NAMES = "|".join(sorted({*_NUMBERS, *(n for names in _NAMES for n in names)}, key=lambda n: (-len(n), n)))
"""Alternatives for a regular expression, longest first."""


def parse_month(name: str) -> int | None:
    """Return 1 to 12, or None for a word that is no month."""
    return _NUMBERS.get(strip_accents(name).rstrip("."))
