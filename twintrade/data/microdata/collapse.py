"""One statement that adds microdata up to cells, the same on every engine; money is summed in whole cents."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from twintrade.data.figures.number_style import BLANKS, MISSING_TOKENS, WHOLE
from twintrade.data.microdata.files import MicrodataFiles, Type
from twintrade.data.schema.file_format import RowRule
from twintrade.data.schema.microdata import Microdata
from twintrade.data.sources import limits
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.text import Text

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = "microdata"
"""Name of the view that an engine makes of the files: one column a role, text and numbers as they stand."""

WEIGHT_DECIMALS = 3

DIGITS = 18
"""Of an exact number in the engines: as many as 64 bits hold."""

ENGINES = {"duckdb": "twintrade.data.microdata.collapse_duckdb", "spark": "twintrade.data.microdata.collapse_spark"}


class Engine(Protocol):
    """A database that reads the files and runs the statements."""

    def open(self, files: MicrodataFiles, roles: Mapping[str, str], encoding: str | None) -> None:
        """Make the view ``ROWS``: role to column of the files."""

    def execute(self, statement: str, apart: Sequence[str] = ()) -> "pa.Table":
        """Return the rows of a statement; where memory is short, those that differ in ``apart`` in turn."""

    def register(self, name: str, table: "pa.Table") -> None:
        """Give a small table a name for statements."""

    def make_room(self, n_bytes: int) -> None:
        """Hold so much less than was given, where that leaves enough: what the program itself holds."""

    def first_rows(self, role: str, cells: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Return the file and row in which each cell first stands; the row is None where the engine knows none."""

    def close(self) -> None:
        """Let go of memory and spilled files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a statement needs to know of the columns."""

    keys: tuple[str, ...] = ("city", "partner", "period")  # roles that tell cells apart: city, partner, period
    value_type: Type = "text"
    weight_type: Type = "text"
    # value_fits, weight_fits: Whether the column's type can hold nothing that would be cut or rounded
    value_fits: bool = False
    weight_fits: bool = False
    decimals: int = 2  # of the smallest unit of money
    missing_tokens: tuple[str, ...] = ()  # further ways of writing "no figure"
    rules: tuple[tuple[str, RowRule], ...] = ()  # role and what is read by it
    # has_weight, has_firm, has_product, counts: Which columns there are, and whether firms and products are counted
    has_weight: bool = False
    has_firm: bool = False
    has_product: bool = False
    counts: bool = True
    product_digits: int | None = None


def build_engine(options: Microdata, root: Path) -> Engine:
    """Return a closed engine."""
    module = import_module(ENGINES[options.engine])
    return module.open_engine(options, root)  # type: ignore[no-any-return]


def build_cells_statement(reading: Reading) -> str:
    """Return the statement that gives the rows of a cell added up; rows of unlike quality may stay apart.

    Columns: the keys, ``product_group`` where asked, ``n_rows``, ``value`` in smallest units, ``n_missing``,
    ``n_unknown`` of these, ``n_faulty``, and ``weight``, ``n_weightless``, ``n_faulty_weights``, ``n_firms``,
    ``n_products`` where there are such columns.
    """
    keys = [*reading.keys, *(["product_group"] if reading.product_digits else [])]
    sums = ["COUNT(*) AS n_rows", *(f"SUM({name}) AS {role}" for role, name in _amounts(reading).items())]
    source = _with_quality(reading)
    counted = _counted(reading) if reading.counts else []
    if counted:
        sums += [f"COUNT(CASE WHEN {holds} THEN 1 END) AS {name}" for name, holds in _qualities(reading).items()]
        sums += [f"COUNT(DISTINCT {what}) AS n_{what}s" for what in counted]
        return f"SELECT {', '.join([*keys, *sums])} FROM {source} GROUP BY {', '.join(keys)}"
    # A small key costs an engine less than a counter in every group.
    apart = f"SELECT {', '.join([*keys, 'quality', *sums])} FROM {source} GROUP BY {', '.join([*keys, 'quality'])}"
    counts = [f"CASE WHEN {holds} THEN n_rows ELSE 0 END AS {name}" for name, holds in _qualities(reading).items()]
    return f"SELECT {', '.join([*keys, 'n_rows', *_amounts(reading), *counts])} FROM ({apart}) AS cells"


def build_faulty_statement(reading: Reading, role: str = "value") -> str:
    """Return the statement that gives every value (or weight) that is no number, and how often it stands."""
    read = f"CAST({role} AS {TEXT}) AS cell, {role}, {_amount(role, reading)} AS amount"
    return (
        f"SELECT cell, COUNT(*) AS n FROM (SELECT {read} FROM {ROWS}{build_where_clause(reading)}) AS read_rows "
        f"WHERE amount IS NULL AND {_figure(role, reading)} "
        f"GROUP BY cell ORDER BY n DESC, cell LIMIT {limits.MAX_MESSAGES}"
    )


TEXT = "STRING"
"""The name under which both engines know text."""


def build_amount(role: str, kind: Type, decimals: int, *, fits: bool = False) -> str:
    """Return the expression of a nonnegative number with so many decimals, NULL where the cell is none.

    Text counts in the plain form alone, the whole of it: what Spark and DuckDB would accept beyond that differs.
    A column whose type ``fits`` needs no proof that nothing was cut.
    """
    exact = f"DECIMAL({DIGITS},{decimals})"
    if fits:
        return f"CASE WHEN {role} >= 0 THEN CAST({role} AS {exact}) END"
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


def build_where_clause(reading: Reading) -> str:
    """Return the rows that are read."""
    if not reading.rules:
        return ""
    return " WHERE " + " AND ".join(build_condition(role, rule) for role, rule in reading.rules)


def build_condition(role: str, rule: RowRule) -> str:
    """Return the condition that a rule of rows makes of a column."""
    texts = ", ".join(quote_literal(text) for text in rule.values)
    return f"COALESCE(TRIM(CAST({role} AS {TEXT})), '') {'IN' if rule.is_kept else 'NOT IN'} ({texts})"


def quote_literal(text: str) -> str:
    """Return text as SQL writes it; a backslash, which Spark reads as an escape, as the character of its number."""
    if "\0" in text:
        raise DataError("a NUL byte cannot stand in a rule of rows")
    return " || CHR(92) || ".join("'" + part.replace("'", "''") + "'" for part in text.split("\\"))


def explain_reading(paths: Sequence[str], names: Sequence[str], error: Exception, reason: str) -> Text:
    """Return that a file cannot be read, by the name that the engine's error holds where there are several."""
    name = next((n for p, n in zip(paths, names, strict=True) if p in str(error)), "")
    if not name and len(names) > 1:
        return Text("data.one-file-unread", error=reason)
    return Text("data.file-unread", file=name or names[0], error=reason)


def take_first_line(error: Exception) -> str:
    """Return the first line of an engine's error that is not blank."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def convert_to_whole_units(column: "pa.ChunkedArray", decimals: int) -> IntArray:
    """Return a column of decimals as whole smallest units, without a detour over floating point."""
    import pyarrow as pa

    exact = column.combine_chunks().cast(pa.decimal128(38, decimals))
    words = np.frombuffer(exact.buffers()[1], dtype=np.int64).reshape(-1, 2)[exact.offset : exact.offset + len(exact)]
    present = np.asarray(exact.is_valid())
    low, high = words[:, 0], words[:, 1]
    if (present & (high != low >> 63)).any():
        raise DataError("a cell's sum is larger than 9e18 of the smallest unit: declare a larger money_unit")
    return np.where(present, low, 0)


def _amounts(reading: Reading) -> dict[str, str]:
    """Return the roles that are added up, and what their numbers are called."""
    return {"value": "amount"} | ({"weight": "weight_amount"} if reading.has_weight else {})


def _with_quality(reading: Reading) -> str:
    """Return the rows with their numbers and what is amiss in each.

    A value counts 1 where it is blank or a dash, 2 where it is another mark for no figure, 3 where it is faulty; a
    weight 4 where there is none, 8 where it is faulty.
    """
    read = [f"{_amount(role, reading)} AS {name}" for role, name in _amounts(reading).items()]
    if reading.product_digits:
        read.append(f"SUBSTRING(CAST(product AS {TEXT}), 1, {reading.product_digits}) AS product_group")
    is_faulty = {role: _figure(role, reading) for role in _amounts(reading)}
    is_unknown = _stands_outside("value", reading.value_type, BLANKS - {*reading.missing_tokens})
    parts = [
        f"CASE WHEN amount IS NOT NULL THEN 0 WHEN {is_faulty['value']} THEN 3 WHEN {is_unknown} THEN 2 ELSE 1 END"
    ]
    if reading.has_weight:
        parts.append(f"CASE WHEN weight_amount IS NOT NULL THEN 0 WHEN {is_faulty['weight']} THEN 8 ELSE 4 END")
    return (
        f"(SELECT *, CAST({' + '.join(parts)} AS TINYINT) AS quality FROM "
        f"(SELECT *, {', '.join(read)} FROM {ROWS}{build_where_clause(reading)}) AS amounts) AS read_rows"
    )


def _qualities(reading: Reading) -> dict[str, str]:
    """Return what is counted of rows in which something is amiss, and the condition of it."""
    of_values = {
        "n_missing": "quality % 4 IN (1, 2)",
        "n_unknown": "quality % 4 = 2",
        "n_faulty": "quality % 4 = 3",
    }
    of_weights = {"n_weightless": "quality BETWEEN 4 AND 7", "n_faulty_weights": "quality >= 8"}
    return of_values | (of_weights if reading.has_weight else {})


def _amount(role: str, reading: Reading) -> str:
    """Return the number in a column, NULL where there is none and where a declared token stands for none."""
    is_value = role == "value"
    kind, decimals = (reading.value_type, reading.decimals) if is_value else (reading.weight_type, WEIGHT_DECIMALS)
    number = build_amount(role, kind, decimals, fits=reading.value_fits if is_value else reading.weight_fits)
    tokens = [token for token in reading.missing_tokens if kind == "text" and re.fullmatch(r"[0-9.]+", token)]
    if not tokens:
        return number
    return f"CASE WHEN {role} NOT IN ({', '.join(quote_literal(token) for token in tokens)}) THEN {number} END"


def _figure(role: str, reading: Reading) -> str:
    """Return the condition that something stands where a number should; asked of few rows, as it costs more."""
    kind = reading.value_type if role == "value" else reading.weight_type
    return _stands_outside(role, kind, {*MISSING_TOKENS, *(t.lower() for t in reading.missing_tokens)})


def _stands_outside(role: str, kind: Type, tokens: Collection[str]) -> str:
    """Return the condition that something stands in a column which is none of some tokens."""
    if kind != "text":
        return f"{role} IS NOT NULL"
    return f"LOWER(TRIM({role})) NOT IN ({', '.join(map(quote_literal, sorted(tokens)))})"


def _counted(reading: Reading) -> list[str]:
    return [what for what, there in (("firm", reading.has_firm), ("product", reading.has_product)) if there]
