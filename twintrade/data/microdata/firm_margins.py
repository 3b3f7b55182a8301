"""Firms, products and firm-products of every cell, and the firms that enter and exit, counted inside the engine."""

import numpy as np
import pandas as pd
import pyarrow as pa

from twintrade.data.microdata.collapse import ROWS, TEXT, Engine, build_condition
from twintrade.data.microdata.names import Names
from twintrade.data.schema.source import Constant, TradeSource
from twintrade.errors import DataError
from twintrade.numerics.arrays import FloatArray, IntArray

KEY = ["city", "partner", "period"]


def count_margins(
    engine: Engine, source: TradeSource, names: Names, ratio: int
) -> tuple[list[IntArray], dict[str, FloatArray]]:
    """Return counts by city, partner and period of the panel.

    A firm enters a cell in a period when it is there and was not in the period before, and exits when it is not there
    in the next; in the first period of the files nobody can be seen to enter, in the last nobody to exit: NaN. Rows
    that name no firm count for the products alone; where no row does, the counts of firms are NaN.

    ``engine``: with the view open; closed when it has answered, as what it holds stands beside the counts; ``names``:
    what the texts mean; ``ratio``: periods of the files in one of the panel. Returns ``keys`` : city and partner as
    numbers of their sorted names, and period, of each cell; ``counts`` : of firms, products, firm_products,
    entering_firms, exiting_firms those that were declared.
    """
    options = source.microdata
    assert options is not None
    if any(line.first is not None or line.last is not None for line in source.city_names):
        raise DataError(f"{source.file}: firms are not counted under city_names that change over time")
    ids = {role: pd.Index(sorted(set(names.tables[role]["name"]))) for role in ("city", "partner")}
    for role in ("city", "partner"):
        table = names.tables[role]
        numbers = pa.array(ids[role].get_indexer(table["name"]), type=pa.int64())
        engine.register(f"{role}_names", pa.table({"cell": pa.array(table["text"], pa.string()), "id": numbers}))
    periods = names.tables["period"]
    columns = {n: pa.array(periods[n], pa.string()) for n in ("period", "subperiod") if n in periods}
    ordinals = pa.array(periods["ordinal"].to_numpy() // max(ratio, 1), type=pa.int64())
    engine.register("period_names", pa.table({**columns, "id": ordinals}))
    summed = engine.execute(build_margins_statement(source, [*columns]))
    engine.close()
    parts = dict(zip(summed.column_names, summed.columns, strict=True))
    del summed  # each column goes when it has been read
    keys = [parts.pop(name).to_numpy().astype(np.int64, copy=False) for name in KEY]
    counts = {name: parts.pop(name).to_numpy().astype(np.float64) for name in [*parts]}
    if "entering_firms" in counts:
        counts["entering_firms"][keys[2] == keys[2].min()] = np.nan
        counts["exiting_firms"][keys[2] == keys[2].max()] = np.nan
    return keys, counts


def build_margins_statement(source: TradeSource, periods: list[str]) -> str:
    """Return the statement, the same for every engine."""
    options = source.microdata
    assert options is not None
    rules = [build_condition(f"m.rule_{i}", rule) for i, rule in enumerate(source.row_rules)]
    joins = [f"JOIN period_names t ON {' AND '.join(_same(f'm.{n}', f't.{n}') for n in periods)}"]
    for role, short in (("city", "c"), ("partner", "p")):
        part = getattr(source, role)
        on = "1 = 1" if isinstance(part, Constant) else _same(f"m.{role}", f"{short}.cell")
        joins.append(f"JOIN {role}_names {short} ON {on}")
    firm, product = options.firm is not None, options.product is not None
    details = [*(["m.firm AS firm"] if firm else []), *(["m.product AS product"] if product else [])]
    seen = (
        f"SELECT c.id AS city, p.id AS partner, t.id AS period, {', '.join(details)} FROM {ROWS} m {' '.join(joins)}"
        f"{' WHERE ' + ' AND '.join(rules) if rules else ''} GROUP BY c.id, p.id, t.id, "
        f"{', '.join(d.split(' AS ')[0] for d in details)}"
    )
    key = "city, partner, period"
    if not firm:
        return f"WITH seen AS ({seen}) SELECT {key}, COUNT(product) AS products FROM seen GROUP BY {key}"
    n_products = "COUNT(product)" if product else "1"
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
    if not product:
        return f"{by_spell}{counts} SELECT {key}, firms, entering_firms, exiting_firms FROM firms"
    matched = " AND ".join(f"f.{name} = k.{name}" for name in KEY)
    return (
        f"{by_spell}{counts}, kinds AS (SELECT {key}, COUNT(DISTINCT product) AS products FROM seen GROUP BY {key}) "
        "SELECT k.city, k.partner, k.period, f.firms, k.products, f.firm_products, f.entering_firms, f.exiting_firms "
        f"FROM kinds k LEFT JOIN firms f ON {matched}"
    )


def _same(column: str, text: str) -> str:
    return f"COALESCE(CAST({column} AS {TEXT}), '') = {text}"
