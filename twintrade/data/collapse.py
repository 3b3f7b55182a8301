"""One statement that adds microdata up to cells, the same on every engine; money is summed in whole cents."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from twintrade.data import limits
from twintrade.data.microdata_files import MicrodataFiles, Type
from twintrade.data.microdata_schema import Microdata
from twintrade.data.number_style import MISSING_TOKENS, WHOLE
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray

ROWS = "microdata"
"""Name of the view that an engine makes of the files: one column a role, text and numbers as they stand."""

WEIGHT_DECIMALS = 3

ENGINES = {"duckdb": "twintrade.data.collapse_duckdb", "spark": "twintrade.data.collapse_spark"}


class Engine(Protocol):
    """A database that reads the files and runs the statements."""

    def open(self, files: MicrodataFiles, roles: Mapping[str, str], encoding: str | None) -> None:
        """Make the view ``ROWS``: role to column of the files."""

    def execute(self, statement: str, apart: Sequence[str] = ()) -> pa.Table:
        """Return the rows of a statement; where memory is short, those that differ in ``apart`` in turn."""

    def register(self, name: str, table: pa.Table) -> None:
        """Give a small table a name for statements."""

    def first_rows(self, role: str, cells: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Return the file and row in which each cell first stands; the row is None where the engine knows none."""

    def close(self) -> None:
        """Let go of memory and spilled files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a statement needs to know of the columns.

    Attributes
    ----------
    keys : tuple of str
        Roles that tell cells apart: city, partner, period.
    value_type, weight_type : {"text", "integer", "decimal", "float"}
    decimals : int
        Of the smallest unit of money.
    missing_tokens : tuple of str
        Further ways of writing "no figure".
    where : tuple of (str, str)
        Role and the text it must equal.
    has_weight, has_firm, has_product, counts : bool
        Which columns there are, and whether firms and products are counted.
    product_digits : int or None
    """

    keys: tuple[str, ...] = ("city", "partner", "period")
    value_type: Type = "text"
    weight_type: Type = "text"
    decimals: int = 2
    missing_tokens: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    has_weight: bool = False
    has_firm: bool = False
    has_product: bool = False
    counts: bool = True
    product_digits: int | None = None


def engine_for(options: Microdata, root: Path) -> Engine:
    """Return a closed engine.

    Raises
    ------
    DataError
        Its extra is not installed, or its master does not answer.
    """
    module = import_module(ENGINES[options.engine])
    return module.made(options, root)  # type: ignore[no-any-return]


def cells_statement(reading: Reading) -> str:
    """Return the statement that gives one row a cell.

    Columns: the keys, ``product_group`` where asked, ``n_rows``, ``value`` in smallest units, ``n_missing``,
    ``n_faulty``, and ``weight``, ``n_weightless``, ``n_faulty_weights``, ``n_firms``, ``n_products`` where there are
    such columns.
    """
    keys = [*reading.keys, *(["product_group"] if reading.product_digits else [])]
    chosen = [*keys, "COUNT(*) AS n_rows", "SUM(amount) AS value", "COUNT(*) - COUNT(figure) AS n_missing"]
    chosen.append("COUNT(figure) - COUNT(amount) AS n_faulty")
    read = [f"{_amount('value', reading)} AS amount", f"{_figure('value', reading)} AS figure"]
    if reading.has_weight:
        chosen += ["SUM(weight_amount) AS weight", "COUNT(*) - COUNT(weight_figure) AS n_weightless"]
        chosen.append("COUNT(weight_figure) - COUNT(weight_amount) AS n_faulty_weights")
        read += [f"{_amount('weight', reading)} AS weight_amount", f"{_figure('weight', reading)} AS weight_figure"]
    if reading.product_digits:
        read.append(f"SUBSTRING(CAST(product AS {TEXT}), 1, {reading.product_digits}) AS product_group")
    if reading.counts:
        chosen += [f"COUNT(DISTINCT {what}) AS n_{what}s" for what in _counted(reading)]
    return (
        f"SELECT {', '.join(chosen)} FROM (SELECT *, {', '.join(read)} FROM {ROWS}{where_clause(reading)}) "
        f"AS read_rows GROUP BY {', '.join(keys)}"
    )


def faulty_statement(reading: Reading, role: str = "value") -> str:
    """Return the statement that gives every value (or weight) that is no number, and how often it stands."""
    read = f"{_amount(role, reading)} AS amount, {_figure(role, reading)} AS figure"
    return (
        f"SELECT cell, COUNT(*) AS n FROM (SELECT CAST({role} AS {TEXT}) AS cell, {read} FROM {ROWS}"
        f"{where_clause(reading)}) AS read_rows WHERE figure = 1 AND amount IS NULL "
        f"GROUP BY cell ORDER BY n DESC, cell LIMIT {limits.MAX_MESSAGES}"
    )


TEXT = "STRING"
"""The name under which both engines know text."""


def amount(role: str, kind: Type, decimals: int) -> str:
    """Return the expression of a nonnegative number with so many decimals, NULL where the cell is none.

    Text counts in the plain form alone, the whole of it: what Spark and DuckDB would accept beyond that differs.
    """
    exact = f"DECIMAL(18,{decimals})"
    if kind == "text":
        fraction = f"([.][0-9]{{1,{decimals}}})?" if decimals else ""
        return (
            f"CASE WHEN REGEXP_EXTRACT({role}, '^{WHOLE}{fraction}', 0) = {role} AND {role} <> '' "
            f"THEN TRY_CAST({role} AS {exact}) END"
        )
    if kind == "float":
        size = 10**decimals
        return (
            f"CASE WHEN {role} >= 0 AND {role} < 1e13 AND ABS({role} * {size} - ROUND({role} * {size})) <= 1e-3 "
            f"THEN CAST({role} AS {exact}) END"
        )
    return f"CASE WHEN {role} >= 0 AND TRY_CAST({role} AS {exact}) = {role} THEN TRY_CAST({role} AS {exact}) END"


def where_clause(reading: Reading) -> str:
    """Return the rows that are read."""
    if not reading.where:
        return ""
    return " WHERE " + " AND ".join(f"TRIM(CAST({role} AS {TEXT})) = {literal(text)}" for role, text in reading.where)


def literal(text: str) -> str:
    """Return text as SQL writes it; a backslash, which Spark reads as an escape, as the character of its number."""
    if "\0" in text:
        raise DataError("a NUL byte cannot stand in a rule of rows")
    return " || CHR(92) || ".join("'" + part.replace("'", "''") + "'" for part in text.split("\\"))


def whole_units(column: pa.ChunkedArray, decimals: int) -> IntArray:
    """Return a column of decimals as whole smallest units, without a detour over floating point.

    Raises
    ------
    DataError
        A sum is larger than 64 bits hold.
    """
    exact = column.combine_chunks().cast(pa.decimal128(38, decimals))
    words = np.frombuffer(exact.buffers()[1], dtype=np.int64).reshape(-1, 2)[exact.offset : exact.offset + len(exact)]
    present = np.asarray(exact.is_valid())
    low, high = words[:, 0], words[:, 1]
    if (present & (high != low >> 63)).any():
        raise DataError("a cell's sum is larger than 9e18 of the smallest unit: declare a larger money_unit")
    return np.where(present, low, 0)


def _amount(role: str, reading: Reading) -> str:
    """Return the number in a column, NULL where there is none and where a declared token stands for none."""
    is_value = role == "value"
    kind, decimals = (reading.value_type, reading.decimals) if is_value else (reading.weight_type, WEIGHT_DECIMALS)
    number = amount(role, kind, decimals)
    tokens = [token for token in reading.missing_tokens if kind == "text" and re.fullmatch(r"[0-9.]+", token)]
    if not tokens:
        return number
    return f"CASE WHEN {role} NOT IN ({', '.join(literal(token) for token in tokens)}) THEN {number} END"


def _figure(role: str, reading: Reading) -> str:
    """Return 1 where something stands that should be a number, NULL where nothing does."""
    if (reading.value_type if role == "value" else reading.weight_type) != "text":
        return f"CASE WHEN {role} IS NOT NULL THEN 1 END"
    tokens = ", ".join(literal(t) for t in sorted({*MISSING_TOKENS, *(t.lower() for t in reading.missing_tokens)}))
    return f"CASE WHEN LOWER(TRIM({role})) NOT IN ({tokens}) THEN 1 END"


def _counted(reading: Reading) -> list[str]:
    return [what for what, there in (("firm", reading.has_firm), ("product", reading.has_product)) if there]
