"""Declared money units, converted by moving the decimal point and never by a guess."""

import difflib
import re
from dataclasses import dataclass

import numpy as np

from twintrade.data.sources.cells import TextColumn, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.effects import Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray

# Longer names first within one power, so that "hundred million" is not read as "million".
_POWERS = (
    (8, ("hundred million", "100 million", "100 mn", "100m", "亿", "億")),
    (7, ("ten million", "10 million", "crore", "千万")),
    (5, ("hundred thousand", "lakh")),
    (4, ("ten thousand", "10,000", "10 000", "10000", "万", "萬")),
    (9, ("billion", "bn", "十亿")),
    (6, ("million", "mn", "mio", "1,000,000", "1 000 000", "1000000", "百万", "百萬", "millions")),
    (3, ("thousand", "1,000", "1 000", "1000", "千", "thousands", "'000")),
)
_CURRENCIES = {
    "USD": ("usd", "us$", "us dollars", "us dollar", "u.s. dollars", "dollars", "美元", "美金", "dollar"),
    "CNY": ("cny", "rmb", "yuan", "renminbi", "人民币", "元", "人民币元", "元人民币", "¥"),
    "EUR": ("eur", "euro", "euros", "€", "欧元"),
    "GBP": ("gbp", "pounds", "pounds sterling", "£", "英镑"),
    "AUD": ("aud", "a$", "australian dollars", "澳元", "澳大利亚元"),
    "JPY": ("jpy", "yen", "日元"),
    "HKD": ("hkd", "hk$", "港元", "港币"),
    "BRL": ("brl", "r$", "reais"),
}
_CODE = re.compile(r"[A-Z]{3}")
_WRITTEN = {
    0: "",
    3: "1,000 ",
    4: "ten thousand ",
    5: "hundred thousand ",
    6: "million ",
    7: "ten million ",
    8: "hundred million ",
    9: "billion ",
}
_PREFIXES = {"k": 3, "m": 6, "mn": 6, "mio": 6, "bn": 9}
UNKNOWN = "UNKNOWN"
"""Stands for a currency that somebody has still to write; no unit with it is read."""


@dataclass(frozen=True, slots=True)
class MoneyUnit:
    """A unit of money.

    Attributes
    ----------
    currency : str
        ISO 4217 code.
    power : int
        The unit is ten to this power of the currency.
    """

    currency: str
    power: int = 0

    def __str__(self) -> str:
        return self.currency if self.power == 0 else f"10^{self.power} {self.currency}"


def parse_money_unit(text: str) -> MoneyUnit:
    """Read a declared unit: "USD", "1,000 USD", "million euros", "万美元", "亿元".

    Raises
    ------
    DataError
        The unit is not known.
    """
    rest, power = _split_power(" ".join(text.split()))
    currency = _currency(rest)
    if rest == UNKNOWN:
        raise DataError(
            f"money_unit is still {quote_cell(text)}: find out what the values are counted in, and write a "
            "power and a "
            'currency, as "USD", "1,000 USD", "million EUR", "万美元"'
        )
    if currency is None:
        near = difflib.get_close_matches(rest.upper(), _CURRENCIES, n=2)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise DataError(
            f"money_unit {quote_cell(text)} is not known{hint}: write a power and a currency, "
            'as "USD", "1,000 USD", "million EUR", "万美元"'
        )
    return MoneyUnit(currency, power)


def parse_header_power(header: str) -> int | None:
    """Return the power of ten that a column's name speaks of, None where it speaks of none."""
    lowered = header.lower()
    for power, names in _POWERS:
        if any(_mentions(lowered, name) for name in names):
            return power
    return None


def parse_header_unit(header: str) -> tuple[str, bool]:
    """Return the unit a column's name speaks of, as a declaration, and whether it names the currency.

    The unit is "1,000 EUR" for "k€" and "万美元" for "出口额（万美元）"; ``UNKNOWN`` stands in it for no currency.
    """
    lowered = header.lower()
    names = sorted(((n, code) for code, all_ in _CURRENCIES.items() for n in all_), key=lambda x: -len(x[0]))
    for name, code in names:
        prefixed = re.search(rf"(?<![a-z0-9])({'|'.join(_PREFIXES)})\s?{re.escape(name)}(?![a-z0-9])", lowered)
        if prefixed or _mentions(lowered, name):
            power = _PREFIXES[prefixed[1]] if prefixed else parse_header_power(header) or 0
            chinese = {4: "万美元", 8: "亿美元"}.get(power) if code == "USD" else None
            return chinese or _WRITTEN[power] + code, True
    return _WRITTEN[parse_header_power(header) or 0] + UNKNOWN, False


def suggest_unit(header: str) -> Remedy:
    """Return the declaration of the unit that a text speaks of."""
    unit, is_whole = parse_header_unit(header)
    return Remedy("money_unit", (unit,)) if is_whole else Remedy("money_unit_unknown")


def read_unit_powers(column: TextColumn, faults: Faults) -> tuple[IntArray, str]:
    """Read a column of units.

    Returns
    -------
    (IntArray of shape (n_rows,), str)
        Power of ten of every row, and the one currency of the column.
    """
    known: dict[str, MoneyUnit] = {}
    reasons: dict[str, str] = {}
    for cell in sorted(set(column.cells)):
        try:
            known[cell] = parse_money_unit(cell)
        except DataError as error:
            reasons[cell] = str(error)
    is_bad = np.fromiter((c in reasons for c in column.cells), dtype=bool, count=len(column))
    column.errors_once(faults, "money-unit", is_bad, lambda cell: reasons[cell], suggest_unit)
    currencies = sorted({unit.currency for unit in known.values()})
    if len(currencies) > 1:
        faults.error(
            "currency",
            f"the currencies {', '.join(currencies)} stand in one column: convert them, or declare exchange rates",
            column.file,
            None,
            column.name,
        )
    powers = [known[c].power if c in known else 0 for c in column.cells]
    return np.array(powers, dtype=np.int64), currencies[0] if currencies else ""


def _mentions(text: str, name: str) -> bool:
    if not name.isascii():
        return name in text
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def _split_power(text: str) -> tuple[str, int]:
    """Return what is left of a unit without its power, which may stand first or last."""
    lowered = text.lower()
    for power, names in _POWERS:
        for name in sorted(names, key=len, reverse=True):
            if lowered.startswith(name):
                return text[len(name) :].strip().removeprefix("of ").strip(), power
            if lowered.endswith(" " + name):
                return text[: -len(name)].strip().rstrip(","), power
    return text, 0


def _currency(text: str) -> str | None:
    lowered = text.lower()
    for code, names in _CURRENCIES.items():
        if lowered in names:
            return code
    return text if _CODE.fullmatch(text) else None
