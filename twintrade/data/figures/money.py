"""Declared money units, converted by moving the decimal point and never by a guess."""

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from babel.numbers import list_currencies

from twintrade.data.figures.conversions import Conversion
from twintrade.data.formats.tables import TextTable
from twintrade.data.schema import TradeSource, UnitColumn
from twintrade.data.sources.faults import CellError, Faults, TextColumn, quote_cell
from twintrade.data.sources.provenance import read_packaged_rows
from twintrade.effects import Remedy
from twintrade.errors import UNKNOWN as UNKNOWN
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.text import Listed, Text

# Names of powers of ten and of currencies, from the table of units.

_UNITS = read_packaged_rows("units.csv")


def _list_names(kind: str) -> frozenset[str]:
    return frozenset(name for row in _UNITS if row["kind"] == kind for name in row["names"].split("|"))


CURRENCIES = {row["meaning"]: row["names"].split("|") for row in _UNITS if row["kind"] == "currency"}
_BY_LENGTH = sorted(((n, row) for row in _UNITS for n in row["names"].split("|")), key=lambda pair: -len(pair[0]))
"""Names with their rows, the longest first, so that "hundred million" is not read as "million"."""
_CURRENCY_NAMES = [(name, row["meaning"]) for name, row in _BY_LENGTH if row["kind"] == "currency"]
_POWER_NAMES = [(name, int(row["meaning"])) for name, row in _BY_LENGTH if row["kind"] == "power"]
WRITTEN = {0: ""} | {int(row["meaning"]): row["written"] + " " for row in _UNITS if row["kind"] == "power"}
"""How an analysis file writes a power."""
NUMBER_WORDS = _list_names("number")  # words that multiply a unit or divide it, and are no power by themselves
FILLERS = _list_names("word")  # words beside a currency that say nothing of its power

# The unit of money that a column's name or a title speaks of, and what of it is not understood.

CLOSE_POWERS = {"k": 3, "t": 3, "tsd": 3, "m": 6, "mn": 6, "mio": 6, "mln": 6, "bn": 9, "md": 9, "mrd": 9}
"""Powers that stand close to a currency: "k€", "TEUR", "Mio€"."""
_BEHIND = {name: power for name, power in CLOSE_POWERS.items() if name not in ("t", "md")}
_CLOSE = "t"  # means a thousand only where no space follows, as in "TEUR"
_NUMERALS = re.compile("[一二三四五六七八九十百千万亿兆億萬]+")
_YEARS = re.compile(r"(?<![0-9.,])(?:19|20)[0-9]{2}(?:\s?[-/–]\s?(?:(?:19|20)[0-9]{2}|[0-9]{2}))?(?![0-9.,]*[0-9])")
_ENDS = re.compile(r"[(\[{;:]|,(?![0-9])")
_PREPOSITIONS = re.compile(r"(?<![^\W_])(?:in|en|em)(?![^\W_])")
_WORD = re.compile(r"[0-9][0-9.,'’^]*|[^\W_]+")
_JOINED = re.compile(r"(?<=000)(?=[a-rt-z])")
_SHORT = 4  # letters up to which a word may be an abbreviated power, beside a currency without bracket or preposition
_IBERIAN = re.compile(
    r"reais|r\$|d[oó]lares|pesos|valor|exportac|exportaç|importac|importaç|com[eé]rcio|\b(?:de|em|en)\b"
)
"""Speaks for Portuguese or Spanish, where "mil" is a thousand; in English it is often a million."""


@dataclass(frozen=True, slots=True)
class HeaderUnit:
    """What a text says of a unit."""

    currency: str  # ISO 4217 code, `UNKNOWN` where the text names none
    power: int | None  # power of ten, None where the text speaks of none
    # The words or digits beside the currency that could be a power and are not understood; else empty
    unread: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the text names the currency."""
        return self.currency != UNKNOWN

    def declare(self) -> str:
        """Return the unit as an analysis file writes it."""
        power = self.power or 0
        chinese = {4: "万美元", 8: "亿美元"}.get(power) if self.currency == "USD" else None
        return chinese or WRITTEN[power] + self.currency


def fold_unit(text: str) -> str:
    """Return a text in lower case, with plain spaces, digits and brackets, and "1000USD" as two words."""
    return _JOINED.sub(" ", " ".join(unicodedata.normalize("NFKC", text).lower().split()))


@cache
def read_header(header: str) -> HeaderUnit:
    """Return what a column's name or a title says of a unit."""
    text = fold_unit(header)
    named = _find_currency(text)
    if named is None:
        return HeaderUnit(UNKNOWN, _find_power(text))
    code, start, end, power = named
    power = _find_power(text) if power is None else power
    if power is None and re.search(r"(?<![^\W_])mil(?![^\W_])(?!\.)", text) and _IBERIAN.search(text):
        return HeaderUnit(code, 3)
    # The words next to a currency that could be a power of ten but are unknown.
    before = _ENDS.split(text[:start])[-1]
    is_in_bracket = start > len(before) and text[start - len(before) - 1] in "([{"
    behind = re.split(r"[()\[\]{};:]|,(?![0-9])", text[end:])[0]
    parts = _PREPOSITIONS.split(before)
    is_close = is_in_bracket or len(parts) > 1
    left = _WORD.findall(_drop_known(parts[-1], power))
    right = _WORD.findall(_drop_known(behind, power))[:1]
    unread = [word for word in (left if is_close else left[-1:]) if _is_unread(word, power, is_close=is_close)]
    unread += [word for word in right if _is_unread(word, power, is_close=is_in_bracket)]
    return HeaderUnit(code, power, " ".join(unread))


_WITH_UNIT = re.compile(r"(.*[^\s,])(?:\s?[(\[（【]\s?([^)\]）】]+)[)\]）】]|,\s?(\D+))")


def split_unit(header: str) -> tuple[str, str]:
    """Return the period and the unit of money in the name of a column, "2005 (USD mn)"; "" where it names none."""
    match = _WITH_UNIT.fullmatch(" ".join(header.split()))
    unit = "" if match is None else match[2] or match[3]
    return (match[1], unit) if match is not None and read_header(unit).is_whole else (header, "")


def list_units(text: str) -> list[str]:
    """Return every unit that a text speaks of, each once; a currency's code in parentheses is no further one."""
    folded = re.sub(r"人民币(?=[万亿千百]*元)", "", fold_unit(text))
    without_codes = re.sub(r"[(]\s*[a-z]{3}\s*[)]", " ", folded)
    return _list_units(without_codes) or _list_units(folded)


def _list_units(text: str) -> list[str]:
    before = f"(?:{'|'.join(CLOSE_POWERS)})?"
    names = [name for name, _ in _CURRENCY_NAMES]
    pattern = "|".join(rf"(?<![a-z]){before}{re.escape(n)}(?![a-z])" if n.isascii() else re.escape(n) for n in names)
    ends = [match.end() for match in re.finditer(pattern, text)]
    parts = [text[i:j] for i, j in zip([0, *ends], ends, strict=False)]
    if parts:
        parts[-1] += text[ends[-1] :]
    return list(dict.fromkeys(unit.declare() for unit in [read_header(part) for part in parts] if unit.is_whole))


def _find_currency(text: str) -> tuple[str, int, int, int | None] | None:
    """Return the currency of a text, where it begins and ends, and the power that stands close to it."""
    before = "|".join(sorted(CLOSE_POWERS, key=len, reverse=True))
    behind = "|".join(sorted(_BEHIND, key=len, reverse=True))
    joined = "|".join(sorted({*_BEHIND} - {"m"}, key=len, reverse=True))
    for name, code in _CURRENCY_NAMES:
        if name not in text:  # few are, and each takes three patterns
            continue
        escaped = re.escape(name)
        match = re.search(rf"(?<![a-z0-9])({before})(\s?){escaped}(?![a-z0-9])", text)
        if match and (match[1] != _CLOSE or not match[2]):
            return code, match.start(), match.end(), CLOSE_POWERS[match[1]]
        left = "" if not name[0].isascii() or not name[0].isalnum() else "(?<![a-z0-9])"
        if match := re.search(rf"{left}{escaped}(?:[ ]?({behind})|_({joined}))(?![a-z0-9])", text):
            return code, match.start(), match.end(), _BEHIND[match[1] or match[2]]
        if match := re.search(_bound(name), text):
            return code, match.start(), match.end(), None
    return None


def _find_power(text: str) -> int | None:
    return next((power for name, power in _POWER_NAMES if name in text and re.search(_bound(name), text)), None)


def _bound(name: str) -> str:
    """Return the pattern of a name as a word of its own, and of a number that is no part of a longer one."""
    escaped = re.escape(name)
    if not name.isascii() and not re.search(r"[^\W\d_]", name.encode("ascii", "ignore").decode()):
        return escaped if not re.search("[а-я]", name) else rf"(?<!\w){escaped}(?!\w)"
    number = r"(?<![0-9][.,'’])" if name[0].isdigit() else ""
    no_more = r"(?![.,'’ ]?[0-9])" if name[-1].isdigit() else ""
    return rf"(?<![^\W_]){number}{escaped}(?![^\W_]){no_more}"


def _drop_known(text: str, power: int | None) -> str:
    """Return a text without years, currencies and the power that was read."""
    of_power = [name for name, known in _POWER_NAMES if known == power]
    for name in (*of_power, *(name for name, _ in _CURRENCY_NAMES)):
        text = re.sub(_bound(name), " ", text) if name in text else text
    return _YEARS.sub(" ", text)


def _is_unread(word: str, power: int | None, *, is_close: bool) -> bool:
    if word[0].isdigit() or word in NUMBER_WORDS or _find_power(word) is not None:
        return True
    if not word.isascii() and _NUMERALS.search(word):
        return True
    is_other_script = any(letter >= "\u3000" for letter in word)
    is_label = word.rstrip("0123456789") != word
    if power is not None or word in FILLERS or is_other_script or is_label:
        return False
    return is_close or len(word) <= _SHORT


_CODE = re.compile(r"(?!XXX|XTS)[A-Z]{3}")
_OF = re.compile(r"^(?:of|de|di|van) +|^d['’] *", re.IGNORECASE)
_SIGNS = ("$", "kr")  # signs of several currencies


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
        # "k€", "TEUR", "Mio€"
        close = "|".join(sorted(CLOSE_POWERS, key=len, reverse=True))
        match = re.fullmatch(rf"({close})(\S+)", rest, re.IGNORECASE)
        currency = _currency(match[2]) if match else None
        power = CLOSE_POWERS[match[1].lower()] if match and currency else 0
    if rest == UNKNOWN:
        raise DataError(Text("data.unit-unwritten", unit=quote_cell(text)))
    if rest.strip(".") in _SIGNS:
        raise DataError(Text("data.unit-sign", unit=quote_cell(text), sign=quote_cell(rest.strip("."))))
    if currency is None:
        near = difflib.get_close_matches(rest.upper(), CURRENCIES, n=2)
        listed = Listed(tuple(near), "comma")
        raise DataError(Text("data.unit-unknown", unit=quote_cell(text), n_near=len(near), near=listed))
    return MoneyUnit(currency, power)


def suggest_unit(header: str) -> Remedy:
    """Return the declaration of the unit that a text speaks of."""
    unit = read_header(header)
    return Remedy("money_unit", (unit.declare(),)) if unit.is_whole else Remedy("money_unit_unknown")


def read_unit_powers(column: TextColumn, faults: Faults) -> tuple[IntArray, str]:
    """Read a column of units: the power of ten of every row (n_rows,), and the one currency of the column."""
    known: dict[str, MoneyUnit] = {}
    wrong: dict[str, CellError] = {}
    for cell in sorted(set(column.cells)):
        try:
            known[cell] = parse_money_unit(cell)
        except DataError as error:
            wrong[cell] = CellError(error.text, suggest_unit(cell))
    is_bad = np.fromiter((c in wrong for c in column.cells), dtype=bool, count=len(column))
    column.errors_once(faults, "money-unit", is_bad, wrong.__getitem__)
    currencies = sorted({unit.currency for unit in known.values()})
    if len(currencies) > 1:
        text = Text("data.several-currencies", currencies=Listed(tuple(currencies), "comma"))
        faults.error("currency", text, column.file, None, column.name)
    powers = [known[c].power if c in known else 0 for c in column.cells]
    return np.array(powers, dtype=np.int64), currencies[0] if currencies else ""


def _split_power(text: str) -> tuple[str, int]:
    """Return a unit without its power, which may be its first or last word."""
    lowered = text.lower()
    for name, power in _POWER_NAMES:
        if lowered.startswith(name):
            return _OF.sub("", text[len(name) :].strip(), count=1), power
        if lowered.endswith(" " + name):
            return text[: -len(name)].strip().rstrip(","), power
    return text, 0


def _currency(text: str) -> str | None:
    known = next((code for code, names in CURRENCIES.items() if text.lower() in names), None)
    return known or (text if _CODE.fullmatch(text) and text in list_currencies() else None)


# The unit of a file of trade values: as declared, against what the file's own words say, and as a factor.


def read_unit(source: TradeSource, table: TextTable, faults: Faults) -> tuple[int | IntArray, str]:
    """Return the power of ten of the values, of the file or of every row, and their currency."""
    if isinstance(source.money_unit, UnitColumn):
        return read_unit_powers(table.column(source.money_unit.column), faults)
    try:
        unit = parse_money_unit(source.money_unit)
    except DataError as error:
        raise DataError(f"{source.file}: {error}") from None
    # The column's name, or the title above the header, may speak of another unit than the declared one.
    for text, row in ((source.value or "", source.header), (table.title, 1)):
        named = read_header(text)
        is_other_currency = named.is_whole and named.currency != unit.currency
        if is_other_currency or (named.power is not None and named.power != unit.power):
            names = {"shown": quote_cell(text), "unit": quote_cell(str(source.money_unit))}
            words = Text("data.unit-in-title" if text == table.title else "data.unit-in-header", **names)
            faults.warn("unit-in-header", words, source.file, row, source.value or "", suggest_unit(text))
    return unit.power, unit.currency


def list_scalings(source: TradeSource, long: TextTable) -> tuple[Conversion, ...]:
    """Return the power of ten behind each unit of the file that is not one of its currency."""
    is_one = isinstance(source.money_unit, str)
    units = [source.money_unit] if is_one else sorted(set(long.columns[source.money_unit.column]))  # type: ignore[union-attr]
    conversions = []
    for text in map(str, units):
        try:
            unit = parse_money_unit(text)
        except DataError:
            continue  # noted as an error already
        if unit.power:
            conversions.append(Conversion("unit", text.strip(), unit.currency, "all", 10.0**unit.power, source.file))
    return tuple(conversions)
