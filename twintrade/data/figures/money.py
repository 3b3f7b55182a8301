"""Declared money units, converted by moving the decimal point and never by a guess."""

import difflib
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from babel.numbers import list_currencies

from twintrade.data.figures.header_units import CLOSE_POWERS, parse_header_unit
from twintrade.data.figures.unit_names import CURRENCIES, POWERS, UNKNOWN
from twintrade.data.sources.cells import TextColumn, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.effects import Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.text import Listed, Text, Words

_CODE = re.compile(r"(?!XXX|XTS)[A-Z]{3}")
_OF = re.compile(r"^(?:of|de|di|van) +|^d['’] *", re.IGNORECASE)
_SIGNS = ("$", "kr")
"""Signs of several currencies."""


@dataclass(frozen=True, slots=True)
class MoneyUnit:
    """A unit of money."""

    currency: str  # ISO 4217 code
    power: int = 0  # the unit is ten to this power of the currency

    def __str__(self) -> str:
        return self.currency if self.power == 0 else f"10^{self.power} {self.currency}"


def parse_money_unit(text: str) -> MoneyUnit:
    """Read a declared unit: "USD", "1,000 USD", "million euros", "万美元", "亿元"."""
    rest, power = _split_power(" ".join(unicodedata.normalize("NFKC", text).split()))
    currency = _currency(rest)
    if currency is None and not power:
        currency, power = _split_close_power(rest)
    if rest == UNKNOWN:
        raise DataError(Text("data.unit-unwritten", unit=quote_cell(text)))
    if rest.strip(".") in _SIGNS:
        raise DataError(Text("data.unit-sign", unit=quote_cell(text), sign=quote_cell(rest.strip("."))))
    if currency is None:
        near = difflib.get_close_matches(rest.upper(), CURRENCIES, n=2)
        raise DataError(
            Text("data.unit-unknown", unit=quote_cell(text), n_near=len(near), near=Listed(tuple(near), "comma"))
        )
    return MoneyUnit(currency, power)


def suggest_unit(header: str) -> Remedy:
    """Return the declaration of the unit that a text speaks of."""
    unit, is_whole = parse_header_unit(header)
    return Remedy("money_unit", (unit,)) if is_whole else Remedy("money_unit_unknown")


def read_unit_powers(column: TextColumn, faults: Faults) -> tuple[IntArray, str]:
    """Read a column of units.

    Returns (n_rows,): power of ten of every row, and the one currency of the column.
    """
    known: dict[str, MoneyUnit] = {}
    reasons: dict[str, Words] = {}
    for cell in sorted(set(column.cells)):
        try:
            known[cell] = parse_money_unit(cell)
        except DataError as error:
            reasons[cell] = error.text
    is_bad = np.fromiter((c in reasons for c in column.cells), dtype=bool, count=len(column))
    column.errors_once(faults, "money-unit", is_bad, reasons.__getitem__, suggest_unit)
    currencies = sorted({unit.currency for unit in known.values()})
    if len(currencies) > 1:
        text = Text("data.several-currencies", currencies=Listed(tuple(currencies), "comma"))
        faults.error("currency", text, column.file, None, column.name)
    powers = [known[c].power if c in known else 0 for c in column.cells]
    return np.array(powers, dtype=np.int64), currencies[0] if currencies else ""


def _split_power(text: str) -> tuple[str, int]:
    """Return what is left of a unit without its power, which may stand first or last."""
    lowered = text.lower()
    names = sorted(((name, power) for power, all_ in POWERS for name in all_), key=lambda pair: -len(pair[0]))
    for name, power in names:
        if lowered.startswith(name):
            return _OF.sub("", text[len(name) :].strip(), count=1), power
        if lowered.endswith(" " + name):
            return text[: -len(name)].strip().rstrip(","), power
    return text, 0


def _split_close_power(text: str) -> tuple[str | None, int]:
    """Return the currency and the power of "k€", "TEUR", "Mio€"; none where it is nothing of the kind."""
    match = re.fullmatch(rf"({'|'.join(sorted(CLOSE_POWERS, key=len, reverse=True))})(\S+)", text, re.IGNORECASE)
    currency = _currency(match[2]) if match else None
    return currency, CLOSE_POWERS[match[1].lower()] if match and currency else 0


def _currency(text: str) -> str | None:
    lowered = text.lower()
    for code, names in CURRENCIES.items():
        if lowered in names:
            return code
    return text if _CODE.fullmatch(text) and (text in list_currencies()) else None
