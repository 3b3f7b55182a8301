"""Names and periods of cells, read once a distinct text and by the same rules as those of small files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from twintrade.data.calendar.periods import Frequency, parse_periods, parse_subperiods
from twintrade.data.geography.cities import read_cities
from twintrade.data.geography.countries import resolve_column
from twintrade.data.microdata.collapse import Engine
from twintrade.data.schema.source import Constant, TradeSource
from twintrade.data.sources.cells import TextColumn, build_text_array, count_rows_like
from twintrade.data.sources.faults import Faults
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray, ObjectArray


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What the key columns of every cell mean."""

    # city, partner: (n_cells,): with their categories sorted
    city: pd.Categorical
    partner: pd.Categorical
    period: IntArray  # (n_cells,): ordinals of the source's frequency
    # For each key role the distinct texts and what they mean, "city": columns text, name
    tables: dict[str, pd.DataFrame]


def read_names(source: TradeSource, engine: Engine, cells: pa.Table, faults: Faults) -> Names:
    """Read the key columns of cells.

    ``engine``: asked where a faulty text first stands; ``cells``: with the key roles and ``n_rows``; ``faults``:
    receives one error a faulty text, with the number of its rows.
    """
    reader = _Reader(source, engine, cells, faults)
    months = ["period", "subperiod"] if "subperiod" in cells.column_names else ["period"]
    if source.subperiod is not None and source.frequency is Frequency.YEAR:
        raise DataError(f'{source.file}: subperiod goes with frequency = "month" or "quarter"')
    when, shown = reader.distinct(months)
    ordinals = reader.read(months, when, shown, lambda columns, faults: _periods(source, columns, faults))
    period = ordinals[when].astype(np.int64)
    who, partners = reader.distinct(["partner"])
    codes = reader.read(["partner"], who, partners, lambda c, f: resolve_column(c[0], source.partner_names, f))
    where, cities = reader.distinct(["city"])
    names = reader.read(["city"], where, cities, lambda c, f: read_cities(c[0], source.city_names, None, f))
    city = build_categories(names, where)
    if any(line.first is not None or line.last is not None for line in source.city_names):
        column = TextColumn("city", source.file, cities[0][where], np.zeros(where.size, dtype=np.int64))
        changing = read_cities(column, source.city_names, period // source.frequency.per_year, Faults())
        city = build_categories(changing, np.arange(where.size))
    tables = {
        "city": pd.DataFrame({"text": cities[0], "name": names}),
        "partner": pd.DataFrame({"text": partners[0], "name": codes}),
        "period": pd.DataFrame({**dict(zip(months, shown, strict=True)), "ordinal": ordinals.astype(np.int64)}),
    }
    return Names(city, build_categories(codes, who), period, tables)


def build_categories(names: ObjectArray, codes: IntArray) -> pd.Categorical:
    """Return the name of each code without repeating it in memory."""
    known = pd.Index(sorted(set(names)), dtype=object)
    return pd.Categorical.from_codes(known.get_indexer(pd.Index(names, dtype=object))[codes], categories=known)


def _periods(source: TradeSource, columns: Sequence[TextColumn], faults: Faults) -> IntArray:
    if len(columns) == 2:
        return parse_subperiods(columns[0], columns[1], source.frequency, faults)
    return parse_periods(columns[0], source.frequency, faults)


class _Reader:
    """Reads distinct texts, and gives each fault its place in the files."""

    def __init__(self, source: TradeSource, engine: Engine, cells: pa.Table, faults: Faults) -> None:
        self._source, self._engine, self._cells, self._faults = source, engine, cells, faults
        self._n_rows = np.asarray(cells["n_rows"]).astype(np.int64)

    def distinct(self, roles: Sequence[str]) -> tuple[IntArray, list[ObjectArray]]:
        """Return the code of each cell, and the text of each role by code."""
        part = getattr(self._source, roles[0])
        if isinstance(part, Constant):
            return np.zeros(self._cells.num_rows, dtype=np.int64), [build_text_array([part.constant])]
        read = [encode_key(self._cells[role]) for role in roles]
        if len(read) == 1:
            return read[0][0], [read[0][1]]
        joint = np.zeros(self._cells.num_rows, dtype=np.int64)
        for codes, texts in read:
            joint = joint * len(texts) + codes
        _, first, codes = np.unique(joint, return_index=True, return_inverse=True)
        return codes, [texts[code[first]] for code, texts in read]

    def read(
        self,
        roles: Sequence[str],
        codes: IntArray,
        texts: Sequence[ObjectArray],
        parse: Callable[[Sequence[TextColumn], Faults], ObjectArray | IntArray],
    ) -> ObjectArray:
        """Return what each distinct text means; a fault is reported once, with its first row and its count."""
        numbers = np.arange(texts[0].size, dtype=np.int64)
        heads = {str(getattr(self._source, role)): role for role in roles}
        columns = [
            TextColumn(head, self._source.file, text, numbers) for head, text in zip(heads, texts, strict=True)
        ]
        faults = Faults()
        meant = parse(columns, faults)
        errors = [m for m in faults.messages if m.level == "error"]
        self._faults.absorb([m for m in faults.messages if m.level != "error"], 0)
        by_role = dict(zip(roles, texts, strict=True))
        n_rows = np.bincount(codes, weights=self._n_rows, minlength=numbers.size) if errors else numbers
        for role in roles:
            mine = [m for m in errors if heads.get(m.column, roles[0]) == role]
            wanted = [str(by_role[role][m.row]) for m in mine if m.row is not None]
            places = self._engine.first_rows(role, wanted) if wanted and self._is_column(role) else {}
            for m in mine:
                n = int(n_rows[m.row]) if m.row is not None else 1
                file, row = places.get(str(by_role[role][m.row or 0]), (self._source.file, None))
                self._faults.error(m.code, count_rows_like(m.text, n), file, row, m.column)
        return np.asarray(meant, dtype=object)

    def _is_column(self, role: str) -> bool:
        return isinstance(getattr(self._source, role), str)


def encode_key(column: pa.ChunkedArray) -> tuple[IntArray, ObjectArray]:
    """Return a key column as codes and texts: numbers and dates as they are written, an absent one as blank."""
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format="%Y-%m-%d")
    texts = column.cast(pa.string())
    encoded = (pc.fill_null(texts, "") if texts.null_count else texts).dictionary_encode().combine_chunks()
    return np.asarray(encoded.indices).astype(np.int64), build_text_array(encoded.dictionary.to_pylist())
