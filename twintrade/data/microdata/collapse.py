"""One statement that adds microdata up to cells, the same on every engine; money is summed in whole cents."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from twintrade.data.figures.numbers import BLANKS, MISSING_TOKENS, WHOLE
from twintrade.data.microdata.files import MicrodataFiles, Type
from twintrade.data.schema import Microdata, RowRule, TradeSource
from twintrade.data.sources import limits
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.text import Text

ROWS = "microdata"
"""Name of the view that an engine makes of the files: one column a role, text and numbers as they stand."""

WEIGHT_DECIMALS = 3
DIGITS = 18  # of an exact number in the engines: as many as 64 bits hold


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement needs to know: the declaration, the files, and the column that plays each role."""

    source: TradeSource
    options: Microdata  # of the source
    files: MicrodataFiles
    roles: Mapping[str, str]
    counts: bool  # whether firms and products are counted with the cells, and not in a statement of their own

    @property
    def keys(self) -> tuple[str, ...]:
        """The roles that tell cells apart."""
        return tuple(role for role in ("city", "partner", "period", "subperiod") if role in self.roles)

    @property
    def amounts(self) -> dict[str, str]:
        """The roles that are added up, and what their numbers are called."""
        return {"value": "amount"} | ({"weight": "weight_amount"} if "weight" in self.roles else {})

    def type_of(self, role: str) -> Type:
        """Return what kind of values the column of a role holds."""
        return self.files.type_of(self.roles[role])

    def decimals_of(self, role: str) -> int:
        """Return the decimals of the smallest unit of a value or a weight."""
        return self.options.decimals if role == "value" else WEIGHT_DECIMALS


def build_cells_statement(reading: Reading) -> str:
    """Return the statement that gives the rows of a cell added up; rows of unlike quality may stay apart."""
    keys = [*reading.keys, *(["product_group"] if reading.options.product_digits else [])]
    sums = ["COUNT(*) AS n_rows", *(f"SUM({name}) AS {role}" for role, name in reading.amounts.items())]
    source = _with_quality(reading)
    counted = [what for what in ("firm", "product") if reading.counts and what in reading.roles]
    if counted:
        sums += [f"COUNT(CASE WHEN {holds} THEN 1 END) AS {name}" for name, holds in _qualities(reading).items()]
        sums += [f"COUNT(DISTINCT {what}) AS n_{what}s" for what in counted]
        return f"SELECT {', '.join([*keys, *sums])} FROM {source} GROUP BY {', '.join(keys)}"
    # A small key costs an engine less than a counter in every group.
    apart = f"SELECT {', '.join([*keys, 'quality', *sums])} FROM {source} GROUP BY {', '.join([*keys, 'quality'])}"
    counts = [f"CASE WHEN {holds} THEN n_rows ELSE 0 END AS {name}" for name, holds in _qualities(reading).items()]
    return f"SELECT {', '.join([*keys, 'n_rows', *reading.amounts, *counts])} FROM ({apart}) AS cells"


def build_faulty_statement(reading: Reading, role: str = "value") -> str:
    """Return the statement that lists every value (or weight) that is no number, and how often it occurs."""
    read = f"CAST({role} AS {TEXT}) AS cell, {role}, {_amount(role, reading)} AS amount"
    return (
        f"SELECT cell, COUNT(*) AS n FROM (SELECT {read} FROM {ROWS}{build_where_clause(reading)}) AS read_rows "
        f"WHERE amount IS NULL AND {_figure(role, reading)} "
        f"GROUP BY cell ORDER BY n DESC, cell LIMIT {limits.MAX_MESSAGES}"
    )


TEXT = "STRING"  # the name under which both engines know text


def build_amount(role: str, kind: Type, decimals: int, *, fits: bool = False) -> str:
    """Return the expression of a nonnegative number, NULL if a cell is none; engines agree on its plain form."""
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


def build_where_clause(reading: Reading, table: str = "") -> str:
    """Return the rows that are read, of a table with a short name if one is given ("m.")."""
    rules = enumerate(reading.source.row_rules)
    conditions = " AND ".join(build_condition(f"{table}rule_{i}", rule) for i, rule in rules)
    return f" WHERE {conditions}" if conditions else ""


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


def convert_to_whole_units(column: pa.ChunkedArray, decimals: int) -> IntArray:
    """Return a column of decimals as whole smallest units, without a detour over floating point."""
    exact = column.combine_chunks().cast(pa.decimal128(38, decimals))
    words = np.frombuffer(exact.buffers()[1], dtype=np.int64).reshape(-1, 2)[exact.offset : exact.offset + len(exact)]
    present = np.asarray(exact.is_valid())
    low, high = words[:, 0], words[:, 1]
    if (present & (high != low >> 63)).any():
        raise DataError("a cell's sum is larger than 9e18 of the smallest unit: declare a larger money_unit")
    return np.where(present, low, 0)


def _with_quality(reading: Reading) -> str:
    """Return rows with numbers and added defects: value 1 blank, 2 other mark, 3 faulty; weight 4 none, 8 faulty."""
    read = [f"{_amount(role, reading)} AS {name}" for role, name in reading.amounts.items()]
    if digits := reading.options.product_digits:
        read.append(f"SUBSTRING(CAST(product AS {TEXT}), 1, {digits}) AS product_group")
    is_faulty = {role: _figure(role, reading) for role in reading.amounts}
    is_unknown = _stands_outside("value", reading.type_of("value"), BLANKS - {*reading.source.missing_tokens})
    parts = [
        f"CASE WHEN amount IS NOT NULL THEN 0 WHEN {is_faulty['value']} THEN 3 WHEN {is_unknown} THEN 2 ELSE 1 END"
    ]
    if "weight" in reading.roles:
        parts.append(f"CASE WHEN weight_amount IS NOT NULL THEN 0 WHEN {is_faulty['weight']} THEN 8 ELSE 4 END")
    return (
        f"(SELECT *, CAST({' + '.join(parts)} AS TINYINT) AS quality FROM "
        f"(SELECT *, {', '.join(read)} FROM {ROWS}{build_where_clause(reading)}) AS amounts) AS read_rows"
    )


def _qualities(reading: Reading) -> dict[str, str]:
    """Return what is counted of rows in which something is amiss, and the condition of it."""
    of_values = {"n_missing": "quality % 4 IN (1, 2)", "n_unknown": "quality % 4 = 2", "n_faulty": "quality % 4 = 3"}
    of_weights = {"n_weightless": "quality BETWEEN 4 AND 7", "n_faulty_weights": "quality >= 8"}
    return of_values | (of_weights if "weight" in reading.roles else {})


def _amount(role: str, reading: Reading) -> str:
    """Return the number in a column, NULL where there is none and where a declared token stands for none."""
    kind, decimals = reading.type_of(role), reading.decimals_of(role)
    number = build_amount(role, kind, decimals, fits=reading.files.fits(reading.roles[role], DIGITS, decimals))
    missing = reading.source.missing_tokens
    tokens = [token for token in missing if kind == "text" and re.fullmatch(r"[0-9.]+", token)]
    if not tokens:
        return number
    return f"CASE WHEN {role} NOT IN ({', '.join(quote_literal(token) for token in tokens)}) THEN {number} END"


def _figure(role: str, reading: Reading) -> str:
    """Return the condition that something stands where a number should; asked of few rows, as it costs more."""
    tokens = {*MISSING_TOKENS, *(t.lower() for t in reading.source.missing_tokens)}
    return _stands_outside(role, reading.type_of(role), tokens)


def _stands_outside(role: str, kind: Type, tokens: Collection[str]) -> str:
    """Return the condition that a column has an entry other than some tokens."""
    if kind != "text":
        return f"{role} IS NOT NULL"
    return f"LOWER(TRIM({role})) NOT IN ({', '.join(map(quote_literal, sorted(tokens)))})"
