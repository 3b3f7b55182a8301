"""Observed trade as one long table: who traded how much with whom, when, and the file and row of each figure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data import overlaps
from twintrade.data.calendar import MONTH_NAMES, Frequency, parse_date, parse_month
from twintrade.data.doubts import Jump, find_jumps, note_no_amounts, note_switches, take_apart, warn_of_jumps
from twintrade.data.figures.conversions import Conversion, deflate
from twintrade.data.formats.tables import open_table
from twintrade.data.geography.cities import check_spellings
from twintrade.data.looks.words import WORDS, find_trade, find_word_flow, has_word_of, score_numbers
from twintrade.data.overlaps import find_totals
from twintrade.data.schema import Absent, Flow, Reporter, TradeSource
from twintrade.data.sources.faults import (
    AbsentInputError,
    Faults,
    Fix,
    InvalidDataError,
    clean_name,
    fold_name,
    try_parse,
)
from twintrade.data.sources.provenance import InputRecord
from twintrade.data.trade_source import SourceRows, convert_to_target_currency, list_needed_columns, read_source
from twintrade.effects import Message, Remedy
from twintrade.errors import UNDECIDED, DataError
from twintrade.numerics.arrays import FloatArray, IntArray, find_step
from twintrade.text import Listed, Text, list_some

# Adds months up to quarters and years, and says which of them are not whole.

_MAX_NAMED = 8


def aggregate(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> pd.DataFrame:
    """Return trade summed to the declared frequency, where a share ``coverage`` of a long period has figures."""
    wanted = source.to_frequency
    if wanted is None or wanted is source.frequency or frame.empty:
        return frame
    ratio, remainder = divmod(source.frequency.per_year, wanted.per_year)
    if remainder or ratio < 1:
        raise DataError(f"{source.file}: {source.frequency.value} figures cannot be divided into {wanted.value}s")
    long = frame.assign(period=frame["period"] // ratio)
    first, last = int(frame["period"].min()), int(frame["period"].max())
    whole = (long["period"] * ratio >= first) & (long["period"] * ratio + ratio - 1 <= last)
    if not whole.all():
        ends = list_some([wanted.label(int(p)) for p in sorted(set(long.loc[~whole, "period"]))], _MAX_NAMED)
        counted = {"periods": ends, "n": int((~whole).sum()), "period_name": wanted.value}
        faults.warn("part-periods", Text("data.part-periods-at-the-ends", **counted), source.file)
    if not whole.any():
        raise DataError(f"{source.file}: no {wanted.value} is covered whole by its {source.frequency.value}s")
    grouped = long[whole].groupby(overlaps.KEY, sort=False)
    summed = grouped.agg({"value": "sum", "flag": "max", "file": "first", "row": "first"})
    n_rows, n_figures = grouped.size(), grouped["value"].count()
    missing = n_rows - n_figures if source.absent == "zero" else ratio - n_figures
    if source.absent == "error" and (n_rows < ratio).any():
        city, partner, period = n_rows.index[int(np.argmax(n_rows.to_numpy() < ratio))]
        raise DataError(
            f"{source.file}: {int((n_rows < ratio).sum())} {wanted.value}s lack rows (first: {city}-{partner}, "
            f"{wanted.label(int(period))}), and absent rows are declared an error"
        )
    too_thin = missing > (1 - source.coverage) * ratio + 1e-9
    is_partial = (missing > 0) & ~too_thin
    summed["value"] = summed["value"].mask(too_thin)
    summed["flag"] = summed["flag"].mask(too_thin, "missing").mask(is_partial, "partial")
    both = {"wanted": wanted.value, "period_name": source.frequency.value}
    if too_thin.any() or is_partial.any():
        parts = {"n_missing": int(too_thin.sum()), "n_partial": int(is_partial.sum()), "coverage": source.coverage}
        faults.warn("part-periods", Text("data.part-periods", **parts, **both), source.file)
    faults.inform("frequency", Text("data.summed-to-frequency", **both), source.file)
    return summed.reset_index()


TRADE_COLUMNS = ("city", "partner", "period", "value", "flag", "file", "row")
_ALIKE = ("flow", "reporter", "valuation", "deflator", "coverage", "absent", "product_revision")
"""What files of one panel must have in common."""


@dataclass(frozen=True, slots=True, eq=False)
class TradeTable:
    """Trade values of one flow in one currency."""

    # Columns `TRADE_COLUMNS`, unique and sorted by city, partner and period. `period` is an integer ordinal of
    # `frequency`; `value` is in single units of `money_unit` and NaN where there is no figure; `flag` says what is
    # special about a value ("missing", a declared footnote, ...); `file` and `row` where it stands. A completed table
    # has also `is_filled`.
    frame: pd.DataFrame
    frequency: Frequency
    money_unit: str  # currency code, with the base period after deflating: "USD", "USD of 2015"
    flow: Flow
    reporter: Reporter
    absent: Absent  # what an absent row means, as declared
    messages: tuple[Message, ...] = ()
    provenance: tuple[InputRecord, ...] = ()
    conversions: tuple[Conversion, ...] = ()  # every exchange rate and price factor that values were multiplied by
    counts: pd.DataFrame | None = None  # of microdata: rows, weight, firms, products by city, partner and period
    jumps: tuple[Jump, ...] = ()  # changes that nothing in their series explains

    @property
    def cities(self) -> list[str]:
        """Cities with at least one row, sorted."""
        return sorted(self.frame["city"].unique())

    @property
    def partners(self) -> list[str]:
        """Partners with at least one row, sorted."""
        return sorted(self.frame["partner"].unique())

    @property
    def first(self) -> int:
        """First period of the files."""
        return int(self.frame["period"].min())

    @property
    def last(self) -> int:
        """Last period of the files."""
        return int(self.frame["period"].max())

    @property
    def step(self) -> int:
        """Periods from one period of the files to the next: 4 where every fourth year is recorded."""
        return find_step(self.frame["period"].to_numpy())


def read_trade(sources: Sequence[TradeSource], root: Path) -> TradeTable:
    """Read and join the declared files of one flow, all of one reporter, frequency, valuation and currency."""
    faults = Faults()
    _check_agreement(sources)
    advise = partial(find_advice, {source.file: source for source in sources}, root)
    parts = _read_all(sources, root, faults, advise)
    currencies = {part.currency: part.record.path for part in parts}
    if len(currencies) > 1:
        files = tuple(Text("data.file-in", file=path, currency=currency) for currency, path in currencies.items())
        raise DataError(Text("data.files-differ-in-currency", files=Listed(files, "comma")))
    joined, superseded = _joined(parts, sources, faults, advise)
    decided = {line.city for source in sources for line in source.city_names}
    check_spellings(joined, [source.file for source in sources], decided, faults)
    faults.raise_if_any()
    if joined.empty:
        raise DataError(f"{', '.join(s.file for s in sources)}: no row is left after the declared rules")
    first, frequency = sources[0], _get_frequency(sources[0])
    real = deflate(joined, parts[0].currency, first.deflator, frequency, root, faults)
    faults.raise_if_any()
    frame = real.frame[list(TRADE_COLUMNS)].sort_values(overlaps.KEY, ignore_index=True)
    note_no_amounts(frame, replace(first, confirmed=all(s.confirmed for s in sources)), frequency, faults)
    faults.raise_if_any()
    overlaps.check_trade(frame, frequency, first.absent, faults)
    jumps = find_jumps(frame)
    warn_of_jumps(jumps, frequency, [name for part in parts for name in part.record.unread], faults)
    rule = Text("data.dropped-superseded")
    records = [part.record.dropping(rule, n) for part, n in zip(parts, superseded, strict=True)]
    return TradeTable(
        frame=frame,
        frequency=frequency,
        money_unit=real.unit,
        flow=first.flow,
        reporter=first.reporter,
        absent=first.absent,
        messages=faults.messages,
        provenance=(*records, *(r for part in parts for r in part.further_records), *real.records),
        conversions=tuple(dict.fromkeys([*(c for part in parts for c in part.conversions), *real.conversions])),
        counts=parts[0].counts,
        jumps=jumps,
    )


def _get_frequency(source: TradeSource) -> Frequency:
    return source.to_frequency or source.frequency


def _read_all(
    sources: Sequence[TradeSource], root: Path, faults: Faults, advise: overlaps.Advise
) -> list[SourceRows]:
    """Return the rows of every file; where a cell is faulty, other rows are searched for repeats all the same."""
    parts: list[SourceRows] = []
    for source in sources:
        try:
            rows = read_source(source, root, faults)
            note_switches(rows.frame, source, rows.record.unread, root, faults)
            parts.append(convert_to_target_currency(rows, source, root, faults))
        except (AbsentInputError, InvalidDataError):
            raise
        except DataError as error:
            faults.error("file", error.text)
    if faults.n_errors:
        by_file = {source.file: source for source in sources}
        two_cities = {m.file for m in faults.messages if m.code == "city-code"}
        for part in parts:
            if part.record.path not in two_cities:
                frame = part.frame
                is_read = (frame["city"] != "") & (frame["partner"] != "") & (frame["period"] >= 0)
                readable = frame[is_read & (frame["value"].notna() | (frame["flag"] != ""))]
                overlaps.note_repeats(readable, by_file[part.record.path], faults, advise)
    faults.raise_if_any()
    return parts


def _joined(
    parts: Sequence[SourceRows], sources: Sequence[TradeSource], faults: Faults, advise: overlaps.Advise
) -> tuple[pd.DataFrame, list[int]]:
    """Join the files, parts summed, at one frequency; a series split over files is joined before it is summed."""
    frames = [
        part.frame if source.microdata is not None else overlaps.sum_parts(part.frame, source, faults, advise)
        for part, source in zip(parts, sources, strict=True)
    ]
    frames = [take_apart(frame, source, faults) for frame, source in zip(frames, sources, strict=True)]
    overlaps.warn_of_revisions(frames, sources[0].frequency, faults)
    is_mixed = len({source.frequency for source in sources}) > 1
    if is_mixed:
        frames = [aggregate(frame, source, faults) for frame, source in zip(frames, sources, strict=True)]
    joined, superseded = overlaps.join_by_precedence(frames, sources, faults, advise)
    faults.raise_if_any()
    return (joined if is_mixed else aggregate(joined, sources[0], faults)), superseded


def _check_agreement(sources: Sequence[TradeSource]) -> None:
    """Refuse to join what does not measure the same thing."""
    if not sources:
        raise DataError("no trade file is declared: add a [[data.trade]] table to the analysis file")
    if len(sources) > 1 and any(s.microdata is not None for s in sources):
        raise DataError(
            f"{', '.join(s.file for s in sources)}: microdata of a flow come from one table: put the files "
            "in one folder"
        )
    if len({_get_frequency(s) for s in sources}) > 1:
        raise DataError(f"{', '.join(s.file for s in sources)} differ in frequency: set to_frequency to one of them")
    for name in _ALIKE:
        if name == "product_revision" and all(s.mixed_revisions == "by_period" for s in sources):
            continue
        values = sorted({str(getattr(s, name)) for s in sources})
        if len(values) > 1:
            files = Listed(tuple(s.file for s in sources), "comma")
            raise DataError(Text("data.files-differ", files=files, name=name, values=Listed(tuple(values), "comma")))


def list_cities_left_out(source: TradeSource, root: Path, cities: Collection[str]) -> list[str]:
    """Return which of some cities the file of a source has, but not the rows that it reads."""
    if not cities or not (source.where or source.drop) or not isinstance(source.city, str) or source.microdata:
        return []
    whole = open_table(root, source.file, replace(source, where={}, drop={}), [source.city], Faults())
    return sorted(set(cities).intersection(map(clean_name, whole.columns[source.city])))


# Rows that repeat a city, partner and period: which column of the file tells them apart, and which line answers.

_FEW = 40  # values up to which a column is one of kinds, and not of remarks or measures
_LARGEST_SPREAD = 0.35
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
    names = [name for name in table.columns if name not in needed]
    # Further figures, as weights and numbers of firms, tell no rows apart.
    numbers = [n for n in names if find_trade(n) and not has_word_of(n, "product") and not has_word_of(n, "city")]
    large = [n for n in numbers if len(set(table.columns[n])) > _FEW and score_numbers(table, n).share == 1.0]
    names = [name for name in names if name not in large]
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


def _is_unique(cell: IntArray, words: Mapping[str, object], names: Sequence[str]) -> bool:
    return not pd.DataFrame({0: cell} | {name: words[name] for name in names}).duplicated().any()


def _advise(
    name: str, word: object, cell: IntArray, values: FloatArray, mine: pd.DataFrame, source: TradeSource
) -> Fix:
    """Return the line for a column that tells rows apart: a total, a code of cities, one version, or parts to add."""
    pairs = pd.DataFrame({"cell": cell, "word": word, "value": values})
    repeated = pairs[pairs.duplicated("cell", keep=False)]
    totals = find_totals(*(repeated[key].to_numpy() for key in ("word", "cell", "value")))
    if whole := next((total for total, parts in totals.items() if not parts), ""):
        return Remedy("where_total", (name, whole))
    # A code of cities: each of its values stands beside one city's name, in every row.
    n_cities, cities = mine["city"].nunique(), mine["city"].groupby(pairs["word"].to_numpy()).nunique()
    if (has_word_of(name, "city") or n_cities > 1) and len(cities) > n_cities and cities.max() == 1:
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
    if all(try_parse(parse_date, word) is not None for word in known):
        return Remedy("newest", (name,))
    older = [w for w in known if fold_name(w) in WORDS["provisional"]]
    rest = pairs[~pairs["word"].isin(older)]
    if older and rest["cell"].nunique() == pairs["cell"].nunique() and not rest["cell"].duplicated().any():
        return Remedy("drop", tuple(part for w in older for part in (name, w)))
    full = [w for w, n in pairs.groupby("word")["cell"].nunique().items() if n == pairs["cell"].nunique()]
    spans = {w: _SPAN.fullmatch(str(w).strip()) for w in full}
    full = [w for w, m in spans.items() if m and (parse_month(m[1]), parse_month(m[2])) == (1, 12)] or full
    return Remedy("where", (name, str(full[0]))) if len(full) == 1 else Remedy("where_open", (name, UNDECIDED))


def _are_parts(word: object, cell: IntArray, values: FloatArray) -> bool:
    """Return whether figures of one cell differ freely, as parts do; versions differ by what their word adds."""
    logs = pd.DataFrame({"cell": cell, "word": word, "log": np.log(np.where(values > 0, values, np.nan))}).dropna()
    logs = logs[logs.duplicated("cell", keep=False)]
    left = logs["log"] - logs.groupby("cell")["log"].transform("mean")
    words = left.groupby(logs["word"])
    left = left - words.transform("median").where(words.transform("size") >= _LEAST_ROWS, 0.0)
    return bool(left.size and 1.4826 * left.abs().median() > _LARGEST_SPREAD)
