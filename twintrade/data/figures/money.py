"""Declared money units, converted by moving the decimal point and never by a guess."""

import csv
import difflib
import re
from dataclasses import dataclass
from importlib import resources

import numpy as np
from babel.numbers import list_currencies

from twintrade.data.sources.cells import TextColumn, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.effects import Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.text import Listed, Text, Words

_UNITS = [*csv.DictReader(resources.files("twintrade.data").joinpath("units.csv").read_text("utf-8").splitlines())]
# Longer names first in the file, so that "hundred million" is not read as "million".
_POWERS = [(int(row["meaning"]), row["names"].split("|")) for row in _UNITS if row["kind"] == "power"]
_CURRENCIES = {row["meaning"]: row["names"].split("|") for row in _UNITS if row["kind"] == "currency"}
_CODE = re.compile(r"(?!XXX|XTS)[A-Z]{3}")
_SIGNS = ("$", "kr")
"""Signs of several currencies."""
_WRITTEN = {0: ""} | {int(row["meaning"]): row["written"] + " " for row in _UNITS if row["kind"] == "power"}
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
        raise DataError(Text("data.unit-unwritten", unit=quote_cell(text)))
    if rest.strip(".") in _SIGNS:
        raise DataError(Text("data.unit-sign", unit=quote_cell(text), sign=quote_cell(rest.strip("."))))
    if currency is None:
        near = difflib.get_close_matches(rest.upper(), _CURRENCIES, n=2)
        raise DataError(
            Text("data.unit-unknown", unit=quote_cell(text), n_near=len(near), near=Listed(tuple(near), "comma"))
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


def list_units(text: str) -> list[str]:
    """Return every unit that a text speaks of, each once; a currency's code in parentheses is no further one."""
    lowered = re.sub(r"人民币(?=[万亿千百]*元)", "", text.lower())
    without_codes = re.sub(r"[(（]\s*[a-z]{3}\s*[)）]", " ", lowered)
    return _list_units(without_codes) or _list_units(lowered)


def _list_units(text: str) -> list[str]:
    names = sorted({n for all_ in _CURRENCIES.values() for n in all_}, key=len, reverse=True)
    pattern = "|".join(rf"(?<![a-z]){re.escape(n)}(?![a-z])" if n.isascii() else re.escape(n) for n in names)
    ends = [match.end() for match in re.finditer(pattern, text)]
    parts = [text[i:j] for i, j in zip([0, *ends], ends, strict=False)]
    if parts:
        parts[-1] += text[ends[-1] :]
    units = [parse_header_unit(part) for part in parts]
    return list(dict.fromkeys(unit for unit, is_whole in units if is_whole))


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
    return text if _CODE.fullmatch(text) and (text in list_currencies()) else None
