"""Words that names of columns are made of, in the languages of yearbooks and customs offices."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.data import calendar
from twintrade.data.figures.money import parse_money_unit, read_header, split_unit
from twintrade.data.figures.numbers import Decimal, NumberStyle, parse_numbers
from twintrade.data.formats.tables import TextTable
from twintrade.data.geography.countries import find_codes, load_places
from twintrade.data.sources.faults import Faults, TextColumn, quote_cell, try_parse
from twintrade.data.sources.provenance import read_packaged
from twintrade.errors import DataError
from twintrade.text import Listed, Text, Value

Role = Literal["exporter", "importer", "reporter", "partner", ""]
"""Which end of a flow a column is, as far as its name says it."""
Trade = Literal["exports", "imports", "both", "other", "value", ""]
"""What a column of numbers holds, as far as its name says it."""

_TABLE = tomllib.loads(read_packaged("column_words.toml"))
WORDS: Mapping[str, Sequence[str]] = _TABLE["words"]
ROLES: Mapping[Role, Sequence[str]] = _TABLE["roles"]
_AMOUNT = re.compile(r"\bimport(?:e|es|o|i)\b")  # an amount in Spanish or Italian, imports in German
_PLAIN_TRADE = re.compile(
    r"(?:total|bilateral|goods)*(?:trade|handel|commerce|comercio|commercio|贸易额?|貿易額?)"
    r"(?:total|volume|us|usd|eur|gbp|cny|jpy|dollars?|euros?|mn|mio|million|thousand|k|\d+|亿|万|美元|元)*"
)
_LAST: Mapping[str, Role] = {"o": "exporter", "d": "importer"}
LETTERS = {"x": "exports", "m": "imports"}
_WEAK = (("exports", "exporter"), ("imports", "importer"))
_NATURES = {"nature", "natura", "naturaleza", "natureza", "categoria", "categorie", "kategorie", "category"}
_TWIN = ("partner", "partenaire", "twin", "sister", "irma", "hermana", "gemell", "jumel", "友好", "友城", "外方")


def split_name(name: str) -> list[str]:
    """Return the words of a column's name without accents: "tradeValue_2" gives trade, value, 2."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [w for w in re.split(r"[\W_]+", calendar.strip_accents(parts).replace("ß", "ss")) if w]


def has_word_of(name: str, part: str) -> bool:
    """Whether a column's name has a word of a part, whole if short; accents and final digits ("hs2") do not count."""
    return _has(name, WORDS[part])


def has_word_of_twin(name: str) -> bool:
    """Whether a column's name speaks of the city on the other side."""
    lowered = calendar.strip_accents(name)
    return any(w in lowered for w in _TWIN) and (has_word_of(name, "city") or "partner" not in lowered)


def has_word_of_kind(name: str) -> bool:
    """Whether a column's name speaks of the kind of an agreement; "nature" does, "signature" does not."""
    return has_word_of(name, "kind") or not _NATURES.isdisjoint(split_name(name))


def find_role(name: str) -> Role:
    """Return which end of a flow a column's name speaks of; "" where it speaks of none or of two."""
    words = split_name(name)
    if words and words[-1] in _LAST:
        return _LAST[words[-1]]
    named: list[Role] = [role for role, of_role in ROLES.items() if _has(name, of_role)]
    flows = [role for role in named if role in ("exporter", "importer")]
    return named[0] if len(named) == 1 else flows[0] if len(flows) == 1 else ""


def find_weak_roles(names: Iterable[str]) -> dict[str, Role]:
    """Return the ends that "export country" and "import country" are, which one of them alone would not tell."""
    roles: dict[str, Role] = {}
    for flow, role in _WEAK:
        named = [n for n in names if has_word_of(n, flow)]
        if len(named) == 1:
            roles[named[0]] = role  # type: ignore[assignment]
    return roles if len(roles) == len(_WEAK) else {}


def find_trade(name: str) -> Trade:
    """Return what the name of a column of numbers says that it holds."""
    words = [w for w in split_name(name) if w not in ("usd", "eur", "cny", "k", "mn", "mio")]
    if has_word_of(name, "other") or has_word_of(name, "transformed"):
        return "other"
    if words in (["x"], ["m"]):
        return "exports" if words == ["x"] else "imports"
    if drop_both_flows(name):
        return "both"
    flow = find_flow(name)
    return flow or ("value" if has_word_of(name, "value") else "")


def is_plain_trade(name: str) -> bool:
    """Whether a column's name says trade and nothing of its direction: "trade_usd", "贸易额"."""
    return _PLAIN_TRADE.fullmatch("".join(split_name(name))) is not None


def drop_both_flows(text: str) -> str:
    """Return a text without its words for exports and imports together; "" where it has none."""
    joined = rest = "".join(split_name(text))
    for word in WORDS["both"]:
        rest = rest.replace(word, "-")
    return rest if rest != joined else ""


def find_flow(text: str, *, reads_valuation: bool = True) -> Literal["exports", "imports", "both", ""]:
    """Return the flow that a text speaks of; how figures are valued counts, if at all, where nothing else does."""
    if _AMOUNT.search(calendar.strip_accents(text)):
        return "exports" if _has(text, WORDS["exports"]) else "both"
    for values in (("fob", "cif", "fobvalue", "cifvalue"), ())[: 1 + reads_valuation]:
        named = {f for f in ("exports", "imports") if _has(text, [w for w in WORDS[f] if w not in values])}
        if len(named) == 2:
            return "both"
        if named:
            return "exports" if "exports" in named else "imports"
    return ""


def find_word_flow(word: str, column: str) -> str:
    """Return the flow that a cell of a column speaks of, letters and codes included where the column is of flows."""
    return (LETTERS.get(word.lower(), "") if has_word_of(column, "flow") else "") or find_flow(word)


def _has(name: str, words: Iterable[str]) -> bool:
    lowered = calendar.strip_accents(name).replace("ß", "ss")
    parts = split_name(name) + re.split(r"[^a-z0-9]+", lowered)
    parts += [w.rstrip("0123456789") for w in parts]
    return any(w in parts or (w in lowered and (len(w) > 4 or not w.isascii())) for w in words)


# How far the cells of a column read as partners, periods, dates, numbers or units.

Part = Literal["partner", "date", "period", "value"]
DECIMALS: tuple[Decimal | None, ...] = (None, ".", ",")
_SAMPLE = 500
_LEAST_PERIODS = 3
HALF = 0.5
_BY_NAME = 0.25


@dataclass(frozen=True, slots=True)
class Score:
    """How far a column plays a part."""

    share: float  # of its cells that read so, missing tokens left out
    head_start: float = 0.0  # a little more where two columns read equally well
    odd: str = ""  # the first cell that does not read so, empty where all do
    n_odd: int = 0  # how many of the cells looked at do not

    @property
    def doubt(self) -> dict[str, Value]:
        """What the reason of a guess says of the cells that do not read so."""
        return {"n_odd": self.n_odd, "n_read": _SAMPLE, "odd": quote_cell(self.odd)}


def choose_column(names: Sequence[str], scores: Mapping[str, Score], part: Part, file: str) -> str:
    """Return the column that plays a part best, by its cells and its name."""
    named = {n for n in names if has_word_of(n, part) and not (part == "partner" and has_word_of_twin(n))}
    fit = [n for n in names if scores[n].share >= HALF or n in named]
    if not fit:
        columns = Listed(tuple(map(quote_cell, names)), "comma")
        raise DataError(Text("data.look-no-column", file=file, part=part, n=len(names), columns=columns))
    return max(fit, key=lambda n: scores[n].share + scores[n].head_start + _BY_NAME * (n in named))


def take_head(table: TextTable, name: str) -> TextColumn:
    """Return the first cells of a column, those that a look costs."""
    column = table.column(name)
    typed = None if column.is_number is None else column.is_number[:_SAMPLE]
    return TextColumn(name, table.file, column.cells[:_SAMPLE], column.rows[:_SAMPLE], typed)


def score_periods(cells: Sequence[str]) -> tuple[Score, calendar.Frequency]:
    """Return how far cells are periods, and of which frequency."""
    scores = {f: _parsed(cells, f.parse) for f in calendar.Frequency}
    if calendar.are_split_years(cells):
        scores[calendar.Frequency.MONTH] = Score(0.0, 0.0, cells[0], len(cells))
        scores[calendar.Frequency.YEAR] = Score(1.0)
    best = max(scores, key=lambda f: scores[f].share)
    return scores[best], best


def list_periods(names: Sequence[str]) -> list[str]:
    """Return the columns named by a period, perhaps with one unit of money, where they make a wide layout."""
    parts = {n: split_unit(n) for n in names}
    scores = {n: score_periods([period]) for n, (period, _) in parts.items()}
    by_frequency = [[n for n in names if scores[n][1] is f and scores[n][0].share] for f in calendar.Frequency]
    periods = max(by_frequency, key=len)
    is_one_unit = len({read_header(parts[n][1]) for n in periods}) == 1
    return periods if len(periods) >= _LEAST_PERIODS and is_one_unit else []


def score_subperiods(cells: Sequence[str], frequency: calendar.Frequency, *, is_named: bool) -> Score:
    """Return how far cells are months or quarters of a year; numbers are none unless the column's name says so."""

    def read(cell: str) -> int:
        if not is_named and cell.strip().isdigit():
            raise ValueError
        return calendar.parse_part(cell, frequency)

    return _parsed(cells, read)


def score_dates(cells: Sequence[str]) -> Score:
    """Return how far the cells that are not blank are dates."""
    orders = calendar.find_day_orders(cells, True)
    dated = [c for c in cells if c.strip()]
    return _parsed(dated, lambda cell: calendar.parse_date(cell, day_first=calendar.find_day_order(cell, orders)))


def score_partners(table: TextTable, name: str) -> Score:
    """Return how far cells are known partners, with a little more for codes than for names."""
    column = take_head(table, name)
    is_known = find_codes(column) != ""
    is_code = np.array([c.strip() in load_places() for c in column.cells], dtype=bool)
    odd = np.flatnonzero(~is_known)
    first = str(column.cells[odd[0]]) if odd.size else ""
    return Score(float(np.mean(is_known)), float(np.mean(is_code)) / 100, first, int(odd.size))


def score_numbers(table: TextTable, name: str) -> Score:
    """Return how far cells are numbers; how large they are says nothing."""
    return max((score_numbers_under(table, name, d) for d in DECIMALS), key=lambda s: s.share)


def score_numbers_under(table: TextTable, name: str, decimal: Decimal | None) -> Score:
    """Return how far cells are numbers under one decimal mark; missing tokens do not count."""
    column = take_head(table, name)
    numbers = parse_numbers(column, NumberStyle(decimal=decimal), Faults())
    has_figure = numbers.flags != "missing"
    values = numbers.values[np.isfinite(numbers.values)]
    odd = np.flatnonzero(has_figure & ~np.isfinite(numbers.values))
    if not has_figure.any():
        return Score(0.0)
    first = str(column.cells[odd[0]]) if odd.size else ""
    return Score(float(values.size / has_figure.sum()), 0.0, first, int(odd.size))


def is_units(table: TextTable, name: str) -> bool:
    """Whether every cell of a column is a money unit."""
    cells = {c.strip() for c in table.columns[name]}
    try:
        for cell in cells:
            parse_money_unit(cell)
    except DataError:
        return False
    return bool(cells)


def _parsed(cells: Sequence[str], parse: Callable[[str], object]) -> Score:
    odd = [cell for cell in cells[:_SAMPLE] if try_parse(parse, cell) is None]
    n = len(cells[:_SAMPLE])
    return Score((n - len(odd)) / n if n else 0.0, 0.0, odd[0] if odd else "", len(odd))
