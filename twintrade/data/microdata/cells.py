"""Microdata as trade: cells from an engine, their names and periods read by the rules of small files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from twintrade.data.calendar import Frequency, parse_periods
from twintrade.data.figures.numbers import UNIT_FAULTS, WHOLE, explain_number_fault
from twintrade.data.formats.tables import describe_rules
from twintrade.data.geography.cities import read_city_names as read_cities
from twintrade.data.geography.countries import resolve_column
from twintrade.data.microdata import collapse as sql
from twintrade.data.microdata.engines import Engine, build_engine
from twintrade.data.microdata.files import hash_content, look_at
from twintrade.data.schema import Constant, Microdata, TradeSource
from twintrade.data.sources import limits
from twintrade.data.sources.faults import Faults, TextColumn, build_text_array, count_rows_like, quote_cell
from twintrade.data.sources.provenance import InputRecord, locate, read_data_card
from twintrade.errors import DataError
from twintrade.numerics import arrays
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray
from twintrade.text import Text

# Names and periods of cells, read once a distinct text and by the same rules as those of small files.


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
    """Read the key columns of cells; a faulty text is one error, with the number of its rows and the first."""
    reader = _Reader(source, engine, cells, faults)
    months = ["period", "subperiod"] if "subperiod" in cells.column_names else ["period"]
    if source.subperiod is not None and source.frequency is Frequency.YEAR:
        raise DataError(f'{source.file}: subperiod goes with frequency = "month" or "quarter"')
    when, shown = reader.distinct(months)
    ordinals = reader.read(months, when, shown, lambda c, f: parse_periods(c[0], source.frequency, f, *c[1:]))
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
        file, faults = self._source.file, Faults()
        columns = [TextColumn(head, file, text, numbers) for head, text in zip(heads, texts, strict=True)]
        meant = parse(columns, faults)
        errors = [m for m in faults.messages if m.level == "error"]
        self._faults.absorb([m for m in faults.messages if m.level != "error"], 0)
        by_role = dict(zip(roles, texts, strict=True))
        n_rows = np.bincount(codes, weights=self._n_rows, minlength=numbers.size) if errors else numbers
        for role in roles:
            mine = [m for m in errors if heads.get(m.column, roles[0]) == role]
            wanted = [str(by_role[role][m.row]) for m in mine if m.row is not None]
            is_column = isinstance(getattr(self._source, role), str)
            places = self._engine.first_rows(role, wanted) if wanted and is_column else {}
            for m in mine:
                n = int(n_rows[m.row]) if m.row is not None else 1
                file, row = places.get(str(by_role[role][m.row or 0]), (self._source.file, None))
                self._faults.error(m.code, count_rows_like(m.text, n), file, row, m.column)
        return np.asarray(meant, dtype=object)


def encode_key(column: pa.ChunkedArray) -> tuple[IntArray, ObjectArray]:
    """Return a key column as codes and texts: numbers and dates as they are written, an absent one as blank."""
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format="%Y-%m-%d")
    texts = column.cast(pa.string())
    encoded = (pc.fill_null(texts, "") if texts.null_count else texts).dictionary_encode().combine_chunks()
    return np.asarray(encoded.indices).astype(np.int64), build_text_array(encoded.dictionary.to_pylist())


# Firms, products and firm-products of every cell, and the firms that enter and exit, counted inside the engine.

KEY = ["city", "partner", "period"]


def count_margins(
    engine: Engine, reading: sql.Reading, names: Names, ratio: int
) -> tuple[list[IntArray], dict[str, FloatArray]]:
    """Return ``keys`` of cells, and ``counts`` of firms, products, firm-products, entries, exits; NaN if unknown."""
    source = reading.source
    if any(line.first is not None or line.last is not None for line in source.city_names):
        raise DataError(f"{source.file}: firms are not counted under city_names that change over time")
    for role in ("city", "partner"):
        table = names.tables[role]
        numbers = pa.array(np.unique(table["name"], return_inverse=True)[1], type=pa.int64())
        engine.register(f"{role}_names", pa.table({"cell": pa.array(table["text"], pa.string()), "id": numbers}))
    periods = names.tables["period"]
    columns = {n: pa.array(periods[n], pa.string()) for n in ("period", "subperiod") if n in periods}
    ordinals = pa.array(periods["ordinal"].to_numpy() // max(ratio, 1), type=pa.int64())
    engine.register("period_names", pa.table({**columns, "id": ordinals}))
    summed = engine.execute(build_margins_statement(reading, [*columns]))
    engine.close()
    parts = dict(zip(summed.column_names, summed.columns, strict=True))
    del summed  # each column goes when it has been read
    keys = [parts.pop(name).to_numpy().astype(np.int64, copy=False) for name in KEY]
    counts = {name: parts.pop(name).to_numpy().astype(np.float64) for name in [*parts]}
    if "entering_firms" in counts:
        counts["entering_firms"][keys[2] == keys[2].min()] = np.nan
        counts["exiting_firms"][keys[2] == keys[2].max()] = np.nan
    return keys, counts


def build_margins_statement(reading: sql.Reading, periods: list[str]) -> str:
    """Return the statement, the same for every engine."""
    joins = [f"JOIN period_names t ON {' AND '.join(_same(f'm.{n}', f't.{n}') for n in periods)}"]
    for role, short in (("city", "c"), ("partner", "p")):
        on = _same(f"m.{role}", f"{short}.cell") if role in reading.roles else "1 = 1"
        joins.append(f"JOIN {role}_names {short} ON {on}")
    details = [f"m.{what}" for what in ("firm", "product") if what in reading.roles]
    seen = (
        f"SELECT c.id AS city, p.id AS partner, t.id AS period, {', '.join(details)} FROM {sql.ROWS} m "
        f"{' '.join(joins)}{sql.build_where_clause(reading, 'm.')} GROUP BY c.id, p.id, t.id, {', '.join(details)}"
    )
    key = "city, partner, period"
    if "firm" not in reading.roles:
        return f"WITH seen AS ({seen}) SELECT {key}, COUNT(product) AS products FROM seen GROUP BY {key}"
    n_products = "COUNT(product)" if "product" in reading.roles else "1"
    around = "OVER (PARTITION BY city, partner, firm ORDER BY period)"
    by_spell = (
        f"WITH seen AS ({seen}), "
        f"cells AS (SELECT {key}, firm, {n_products} AS n_products FROM seen "
        f"WHERE firm IS NOT NULL GROUP BY {key}, firm), "
        f"spells AS (SELECT *, LAG(period) {around} AS earlier, LEAD(period) {around} AS later FROM cells), "
    )
    by_firm = (
        "COUNT(*) AS firms, CAST(SUM(n_products) AS BIGINT) AS firm_products, "
        "COUNT(CASE WHEN earlier = period - 1 THEN NULL ELSE 1 END) AS entering_firms, "
        "COUNT(CASE WHEN later = period + 1 THEN NULL ELSE 1 END) AS exiting_firms"
    )
    counts = f"firms AS (SELECT {key}, {by_firm} FROM spells GROUP BY {key})"
    if "product" not in reading.roles:
        return f"{by_spell}{counts} SELECT {key}, firms, entering_firms, exiting_firms FROM firms"
    matched = " AND ".join(f"f.{name} = k.{name}" for name in KEY)
    return (
        f"{by_spell}{counts}, kinds AS (SELECT {key}, COUNT(DISTINCT product) AS products FROM seen GROUP BY {key}) "
        "SELECT k.city, k.partner, k.period, f.firms, k.products, f.firm_products, f.entering_firms, f.exiting_firms "
        f"FROM kinds k LEFT JOIN firms f ON {matched}"
    )


def _same(column: str, text: str) -> str:
    return f"COALESCE(CAST({column} AS {sql.TEXT}), '') = {text}"


COUNTS = ("weight", "rows", "firms", "products", "firm_products", "entering_firms", "exiting_firms")
"""Columns that stand beside the value in a panel made from microdata, where their columns were declared."""
IMPORTED, HELD_A_CELL = 210_000_000, 170
"""Bytes that the program holds while firms are counted: libraries, and of each cell."""


@dataclass(frozen=True, slots=True, eq=False)
class Collapsed:
    """Cells of a microdata source."""

    # Columns city, partner, period (and product_group), `units` (value in whole smallest units, int64), `n_missing`,
    # `n_unknown` of these, `n_rows`, and `weight`, `n_firms`, `n_products` where declared; unique on the first
    frame: pd.DataFrame
    # Columns city, partner, period of the panel's frequency, and those of `COUNTS` that were declared
    counts: pd.DataFrame
    record: InputRecord


def collapse(source: TradeSource, root: Path, faults: Faults) -> Collapsed:
    """Add a microdata source up to cells; each fault says in how many rows it stands and which is the first."""
    options = source.microdata
    assert options is not None
    _refuse(source)
    path = locate(root, source.file, folder_too=True)
    roles = _roles(source, options)
    files = look_at(path, source.file, list(dict.fromkeys(roles.values())), source)
    reading = sql.Reading(source, options, files, roles, counts=not options.margins)
    engine = build_engine(options, root)
    try:
        engine.open(files, roles, source.encoding)
        cells = engine.execute(sql.build_cells_statement(reading), reading.keys)
        n_rows = int(pc.sum(cells["n_rows"]).as_py() or 0)
        if not n_rows:
            raise DataError(f"{source.file}: no row is left after the declared rules")
        names = read_names(source, engine, cells, faults)
        _refuse_faulty(engine, reading, cells, faults)
        faults.raise_if_any()
        n_cells, frame = cells.num_rows, _frame(names, cells, reading)
        del cells  # the next steps need the memory
        pa.default_memory_pool().release_unused()
        frame = _merged(frame)
        record = _record(engine, reading, path, root, n_rows)
        counts = _counts(engine, reading, names, frame, is_merged=len(frame) < n_cells)
    finally:
        engine.close()
    return Collapsed(frame, counts, record)


def _refuse(source: TradeSource) -> None:
    small = {
        "layout": source.layout != "long",
        "flags": bool(source.flags),
        "decimal": source.decimal == ",",
        "city_code": source.city_code is not None,
        "product": source.product is not None,
        "money_unit": not isinstance(source.money_unit, str),
        "sheet": source.sheet is not None,
    }
    for key, is_set in small.items():
        if is_set:
            raise DataError(f"{source.file}: {key} is for small files; with microdata it cannot be declared so")


def _roles(source: TradeSource, options: Microdata) -> dict[str, str]:
    parts = {role: getattr(source, role) for role in ("city", "partner", "period", "subperiod", "value")}
    parts |= {role: getattr(options, role) for role in ("weight", "firm", "product")}
    roles = {role: part for role, part in parts.items() if isinstance(part, str)}
    if "period" not in roles or "value" not in roles:
        raise DataError(f"{source.file}: name the columns period and value")
    return roles | {f"rule_{i}": rule.column for i, rule in enumerate(source.row_rules)}


def _refuse_faulty(engine: Engine, reading: sql.Reading, cells: pa.Table, faults: Faults) -> None:
    """Note every value and weight that is no number, with its rows counted and the first of them."""
    declared = reading.source.file
    for role, name in zip(reading.amounts, ("n_faulty", "n_faulty_weights"), strict=False):
        if not (n_faulty := int(pc.sum(cells[name]).as_py())):
            continue
        faulty = engine.execute(sql.build_faulty_statement(reading, role)).to_pydict()
        shown = ["" if cell is None else str(cell) for cell in faulty["cell"]]
        places = engine.first_rows(role, shown)
        for cell, n in zip(shown, faulty["n"], strict=True):
            file, row = places.get(cell, (declared, None))
            text = Text("data.cell", cell=quote_cell(cell), reason=_explain(cell, reading.decimals_of(role), role))
            faults.error("number", count_rows_like(text, n), file, row, reading.roles[role])
        if len(shown) == limits.MAX_MESSAGES:
            faults.warn("number", Text("data.more-faulty-rows", n=n_faulty, role=role), declared)
    if "weight" in reading.roles and (n_weightless := int(pc.sum(cells["n_weightless"]).as_py())):
        text = Text("data.missing-weights", n=n_weightless)
        faults.warn("missing-weights", text, declared, None, reading.roles["weight"])


def _explain(cell: str, decimals: int, role: str) -> Text:
    """Return what is wrong with a cell, with how numbers are written here where that helps."""
    if re.fullmatch(rf"{WHOLE}[.][0-9]+", cell):
        return Text("data.too-many-decimals", n=decimals, role=role)
    reason = explain_number_fault(cell)
    return reason if reason.key in UNIT_FAULTS else Text("data.no-plain-number", reason=reason)


def _frame(names: Names, cells: pa.Table, reading: sql.Reading) -> pd.DataFrame:
    """Return the cells with names and periods as the panel knows them."""
    columns: dict[str, Any] = {"city": names.city, "partner": names.partner, "period": names.period}
    if reading.options.product_digits:
        codes, groups = encode_key(cells["product_group"])
        columns["product_group"] = build_categories(groups, codes)
    frame = pd.DataFrame(columns)
    frame["units"] = sql.convert_to_whole_units(cells["value"], reading.options.decimals)
    for name in ("n_rows", "n_missing", "n_unknown", "n_firms", "n_products"):
        if name in cells.column_names:
            frame[name] = np.asarray(cells[name]).astype(np.int64, copy=False)
    if "weight" in reading.roles:
        frame["weight"] = sql.convert_to_whole_units(cells["weight"], sql.WEIGHT_DECIMALS)
    return frame


def _merged(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell, sorted; two spellings of one name, and rows of unlike quality, are added up."""
    keys = [name for name in (*KEY, "product_group") if name in frame]
    order = arrays.sort_distinct(*_number_keys(frame, keys))
    if order is not None:
        merged = frame.take(order).reset_index(drop=True)
    elif frame.duplicated(keys).any():
        merged = frame.groupby(keys, sort=True, as_index=False, observed=True).sum()
    else:
        merged = frame.sort_values(keys, ignore_index=True)
    if "weight" in merged:
        merged["weight"] = merged["weight"] / 10**sql.WEIGHT_DECIMALS
    return merged


def _number_keys(frame: pd.DataFrame, keys: Sequence[str]) -> tuple[list[IntArray], list[int]]:
    """Return each key from 0 on, and how many values it may have."""
    numbers, sizes = [], []
    for name in keys:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            numbers.append(column.cat.codes.to_numpy().astype(np.int64))
            sizes.append(len(column.cat.categories))
        else:
            first, size = arrays.measure_range(column.to_numpy())
            numbers.append(column.to_numpy() - first)
            sizes.append(size)
    return numbers, sizes


def _counts(
    engine: Engine, reading: sql.Reading, names: Names, frame: pd.DataFrame, *, is_merged: bool
) -> pd.DataFrame:
    """Return counts and weights of cells; firms of merged cells or longer periods are counted anew, not added."""
    source, options = reading.source, reading.options
    ratio = source.frequency.per_year // (source.to_frequency or source.frequency).per_year
    long = frame[KEY].assign(period=frame["period"] // max(ratio, 1))
    numbers, sizes = _number_keys(long, KEY)
    joint = arrays.join_keys(numbers, sizes)
    starts = arrays.find_starts(joint)
    counts = long.iloc[starts].reset_index(drop=True).astype({"city": object, "partner": object})
    for name, role in (("n_rows", "rows"), ("weight", "weight")):
        if name in frame:
            values = frame[name].to_numpy()
            counts[role] = values if starts.size == values.size else np.add.reduceat(values, starts)
    if options.firm is None and options.product is None:
        return counts
    if not options.margins and not is_merged and ratio == 1 and not options.product_digits:
        more = {"n_firms": "firms", "n_products": "products"}
        return counts.assign(**{role: frame[name] for name, role in more.items() if name in frame})
    engine.make_room(IMPORTED + HELD_A_CELL * len(frame))
    keys, margins = count_margins(engine, reading, names, ratio)
    cell = arrays.join_keys([*keys[:2], keys[2] - int(long["period"].min())], sizes)
    order = np.argsort(cell)
    rows = np.searchsorted(joint[starts], cell[order])
    for name in [*margins]:
        column = np.full(starts.size, np.nan)
        column[rows] = margins.pop(name)[order]
        counts[name] = column
    return counts


def _record(engine: Engine, reading: sql.Reading, path: Path, root: Path, n_rows: int) -> InputRecord:
    source, files, card = reading.source, reading.files, read_data_card(root, reading.source.file)
    n_all = n_rows
    if source.row_rules:
        n_all = int(engine.execute(f"SELECT COUNT(*) AS n FROM {sql.ROWS}")["n"][0].as_py())
    return InputRecord(
        path=source.file,
        sha256=hash_content(path),
        bytes=sum(p.stat().st_size for p in files.paths),
        rows=n_all,
        encoding=(source.encoding or "utf-8") if files.kind == "csv" else "",
        separator=files.separator,
        unit=str(source.money_unit),
        publisher=card.publisher,
        licence=card.licence,
    ).dropping(describe_rules(source.row_rules), n_all - n_rows)
