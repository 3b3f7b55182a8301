"""Rows that repeat a city, partner and period: which column of the file tells them apart, and which line answers."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data.calendar import MONTH_NAMES, parse_date, parse_month
from twintrade.data.formats.tables import TextTable, open_table
from twintrade.data.looks.words import WORDS, find_trade, find_word_flow, has_word_of, score_numbers
from twintrade.data.schema import TradeSource
from twintrade.data.sources.faults import Faults, Fix, clean_name, fold_name
from twintrade.data.totals import find_totals
from twintrade.data.trade_source import list_needed_columns
from twintrade.effects import Remedy
from twintrade.errors import UNDECIDED, DataError
from twintrade.numerics.arrays import FloatArray, IntArray

_FEW = 40  # values up to which a column is one of kinds, and not of remarks or measures
_ALIKE = 0.35
"""Spread of log figures of one cell, beyond what each word adds, up to which they are versions and no parts."""
_LEAST_ROWS = 5  # rows of a word from which its own level is known
_SPAN = re.compile(rf"(?i)({MONTH_NAMES})\W+({MONTH_NAMES})")


def find_advice(
    sources: Mapping[str, TradeSource], root: Path, file: str, frame: pd.DataFrame, key: list[str]
) -> Fix:
    """Return the line that makes the rows of a file unique, None where no column of it tells them apart."""
    source = sources.get(file)
    if source is None or source.layout == "wide" or source.microdata is not None:
        return None
    needed = list_needed_columns(source)
    try:
        table = open_table(root, file, source, needed, Faults(), needs_all=True)
    except DataError:
        return None
    mine = frame[frame["file"] == file]
    cell = mine.groupby(key, sort=False).ngroup().to_numpy().astype(np.int64)
    names = [name for name in table.columns if name not in needed and not _has_measures(table, name)]
    place = pd.Series(range(table.rows.size), table.rows).loc[mine["row"]].to_numpy()
    words = {name: np.array([clean_name(c) for c in table.columns[name][place]], dtype=object) for name in names}
    values = mine["value"].to_numpy(dtype=np.float64)
    for name in sorted(names, key=lambda n: len(set(words[n]))):
        if _is_unique(cell, words, [name]) and (advice := _advise(name, words[name], cell, values, mine, source)):
            return advice
    if names and _is_unique(cell, words, names):
        apart = list(names)
        for name in names:
            rest = [n for n in apart if n != name]
            apart = rest if rest and _is_unique(cell, words, rest) else apart
        joined = pd.DataFrame({name: words[name] for name in apart}).agg("/".join, axis=1).to_numpy(dtype=object)
        return Remedy("add_up_columns", tuple(apart)) if _are_parts(joined, cell, values) else None
    return None


def _has_measures(table: TextTable, name: str) -> bool:
    """Whether a column holds further figures, as weights and numbers of firms, that tell no rows apart."""
    is_number = score_numbers(table, name).share == 1.0 and len(set(table.columns[name])) > _FEW
    return is_number and not has_word_of(name, "product") and find_trade(name) != "" and not has_word_of(name, "city")


def _is_unique(cell: IntArray, words: Mapping[str, object], names: Sequence[str]) -> bool:
    return not pd.DataFrame({0: cell} | {name: words[name] for name in names}).duplicated().any()


def _advise(
    name: str, word: object, cell: IntArray, values: FloatArray, mine: pd.DataFrame, source: TradeSource
) -> Fix:
    """Return the line for a column that tells rows apart: a total, a code of cities, one version, or parts to add."""
    pairs = pd.DataFrame({"cell": cell, "word": word, "value": values})
    repeated = pairs[pairs.duplicated("cell", keep=False)]
    totals = find_totals(
        repeated["word"].to_numpy(dtype=object), repeated["cell"].to_numpy(), repeated["value"].to_numpy()
    )
    if whole := next((total for total, parts in totals.items() if not parts), ""):
        return Remedy("where_total", (name, whole))
    if _tells_cities_apart(mine, pairs["word"], name):
        return Remedy("city_code", (name,))
    known = set(pairs["word"])
    if len(known) == len(pairs):
        return None
    if len(known) <= _FEW and (flows := {find_word_flow(w, name): w for w in sorted(known)}).keys() & {source.flow}:
        return Remedy("where", (name, flows[source.flow]))
    if _are_parts(repeated["word"].to_numpy(dtype=object), repeated["cell"].to_numpy(), repeated["value"].to_numpy()):
        return Remedy("add_up_columns", (name,))
    return _choose_version(name, pairs) if len(known) <= _FEW else None


def _choose_version(name: str, pairs: pd.DataFrame) -> Fix:
    """Return which of several versions of a figure counts: the newest, or the one that every cell has."""
    known = sorted(set(pairs["word"]))
    if all(map(_is_date, known)):
        return Remedy("newest", (name,))
    older = [w for w in known if fold_name(w) in WORDS["provisional"]]
    rest = pairs[~pairs["word"].isin(older)]
    if older and rest["cell"].nunique() == pairs["cell"].nunique() and not rest["cell"].duplicated().any():
        return Remedy("drop", tuple(part for w in older for part in (name, w)))
    full = [w for w, n in pairs.groupby("word")["cell"].nunique().items() if n == pairs["cell"].nunique()]
    full = [w for w in full if _spans_year(str(w))] or full
    return Remedy("where", (name, str(full[0]))) if len(full) == 1 else Remedy("where_open", (name, UNDECIDED))


def _is_date(word: str) -> bool:
    try:
        parse_date(word)
    except ValueError:
        return False
    return True


def _spans_year(word: str) -> bool:
    months = _SPAN.fullmatch(word.strip())
    return months is not None and (parse_month(months[1]), parse_month(months[2])) == (1, 12)


def _are_parts(word: object, cell: IntArray, values: FloatArray) -> bool:
    """Return whether figures of one cell differ freely, as parts do; versions differ by what their word adds."""
    logs = pd.DataFrame({"cell": cell, "word": word, "log": np.log(np.where(values > 0, values, np.nan))}).dropna()
    logs = logs[logs.duplicated("cell", keep=False)]
    left = logs["log"] - logs.groupby("cell")["log"].transform("mean")
    words = left.groupby(logs["word"])
    left = left - words.transform("median").where(words.transform("size") >= _LEAST_ROWS, 0.0)
    return bool(left.size and 1.4826 * left.abs().median() > _ALIKE)


def _tells_cities_apart(mine: pd.DataFrame, word: pd.Series, name: str) -> bool:
    """Return whether a column is a code of cities: each of its values stands beside one city's name, in every row."""
    cities = mine["city"].groupby(word.to_numpy()).nunique()
    is_code = has_word_of(name, "city") or mine["city"].nunique() > 1
    return is_code and bool(len(cities) > mine["city"].nunique() and cities.max() == 1)
