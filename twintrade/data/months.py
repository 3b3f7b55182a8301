"""Names of the months in English, long and short."""

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NUMBERS = {name: i for i, name in enumerate(_NAMES, 1)}
_NUMBERS |= {name[:3]: i for i, name in enumerate(_NAMES, 1)} | {"sept": 9}

MONTH_NAMES = "|".join(sorted(_NUMBERS, key=len, reverse=True))
"""Alternatives for a regular expression, longest first."""


def month_number(name: str) -> int | None:
    """Return 1 to 12, or None for a word that is no month."""
    return _NUMBERS.get(name.lower().rstrip("."))
