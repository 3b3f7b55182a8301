"""What a run must not keep to itself: notes, warnings and errors with the place they come from."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import pandas as pd

from twintrade.text import Words, pack_both, pack_text, parse_text

# An estimate held against that of other software: both numbers, and whether they agree.

Estimand = Literal["same", "other"]
CrossVerdict = Literal["agrees", "differs", "other estimand", "not compared"]
NONE = float("nan")
CROSS_CHECKS = "cross_check"  # name of the payload that holds them
TOLERANCE = 1e-6
"""Largest difference, relative to the larger of one and the number itself, at which two numbers agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """One column of the ladder, estimated again by other software."""

    estimator: str  # estimator, specification: The column
    specification: str
    label: Words  # how it is called
    software: str = ""  # what estimated it again, with the function; empty where nothing did
    estimand: Estimand = "same"  # whether it is the column's own number, or a neighbor that reads it
    stored: float = NONE  # stored, estimate: Of the results, and of the other software
    estimate: float = NONE
    # stored_error, error: Clustered errors under the convention of the results; NaN where there is none to compare
    stored_error: float = NONE
    error: float = NONE
    scale: str = ""
    note: Words = ""  # what another estimand is, or why nothing was compared

    @property
    def difference(self) -> float:
        """The other estimate less the stored one."""
        return self.estimate - self.stored

    @property
    def error_difference(self) -> float:
        """The other error less the stored one."""
        return self.error - self.stored_error

    @property
    def verdict(self) -> CrossVerdict:
        """What the two numbers say of each other."""
        if not self.software or self.difference != self.difference:
            return "not compared"
        if self.estimand == "other":
            return "other estimand"
        pairs = ((self.difference, self.stored), (self.error_difference, self.stored_error))
        is_apart = any(abs(apart) > TOLERANCE * max(1.0, abs(size)) for apart, size in pairs)
        return "differs" if is_apart else "agrees"


def build_cross_checks_frame(checks: Iterable[CrossCheck]) -> pd.DataFrame:
    """Return one row a check, with its differences and its verdict, sentences packed beside their words."""
    names = [field.name for field in fields(CrossCheck)]
    rows = []
    for check in checks:
        row = {name: getattr(check, name) for name in names}
        row |= pack_both("label", check.label) | pack_both("note", check.note)
        rows.append(row | {name: getattr(check, name) for name in ("difference", "error_difference", "verdict")})
    return pd.DataFrame(rows)


# The headline in money: stated, or only bounded, or not available, and why.

State = Literal["stated", "bounded", "unavailable"]
DetectedBy = Literal["placebo designs", "the interval", ""]
Reason = Literal["zero", "unbounded", "checks", "log", "transform", "average", "case", "error"]
SEPARATOR = "; "


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What the headline amounts to, summed over the treated rows behind it, in the unit of the outcome."""

    state: State  # a total with its interval; only the ends of the interval, for what cannot be excluded; or nothing
    # Why no total is stated, empty where one is: the interval includes "zero"; it is "unbounded" or there is none;
    # "checks" object; the estimate is of logarithms ("log") or of another "transform", or an "average" that does not
    # weigh treated rows alike; the verdict on a single "case" is that nothing can be told; an "error" came up
    reasons: tuple[Reason, ...] = ()
    objecting: tuple[str, ...] = ()  # names of the checks that object to the headline
    detail: Words = ""  # the error or the transform
    total: float = float("nan")  # total, low, high: NaN: not stated. An end without bound is infinite.
    low: float = float("nan")
    high: float = float("nan")
    # low_error, high_error: Monte Carlo errors of the ends, NaN where no draw could move them
    low_error: float = float("nan")
    high_error: float = float("nan")
    detectable: float = float("nan")  # smallest rise found with 80 % power, NaN where unknown
    detected_by: DetectedBy = ""  # what says so
    observed: float = float("nan")  # what treated rows came to, where their change is graded
    level: float = float("nan")
    inference: str = ""
    unit: str = ""
    # n_rows, n_units, n_periods: Treated rows and units behind the total, and calendar periods that they cover
    n_rows: int = 0
    n_units: int = 0
    n_periods: int = 0
    unit_name: str = ""  # name of the unit where it is one
    first: str = ""  # first, last: Labels of the first and the last of the periods
    last: str = ""

    def average(self, amount: float) -> float:
        """Return what a total comes to on average in a calendar period."""
        return amount / self.n_periods if self.n_periods else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Return one row, a column a field; lists as text, the detail in words and beside them as its text."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        row |= pack_both("detail", self.detail)
        return pd.DataFrame([{k: SEPARATOR.join(v) if isinstance(v, tuple) else v for k, v in row.items()}])

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "Money":
        """Return what ``to_frame`` wrote, whether fresh or read back from CSV."""
        row: dict[str, Any] = {str(k): v for k, v in frame.iloc[0].items() if not pd.isna(v)}
        given: dict[str, Any] = {}
        for field in fields(cls):
            value, default = row.get(field.name, ""), field.default
            if isinstance(default, tuple):
                given[field.name] = tuple(t for t in str(value).split(SEPARATOR) if t)
            elif isinstance(default, int | float):
                given[field.name] = type(default)(row.get(field.name, default))
            else:
                given[field.name] = str(value)
        if given["state"] not in get_args(State):
            raise ValueError(f"money is {', '.join(get_args(State))}, not {given['state']!r}")
        if packed := row.get("detail_text"):
            given["detail"] = parse_text(str(packed))
        return cls(**given)


Level = Literal["info", "warning", "error"]
RemedyName = Literal[
    "add_up", "add_up_columns", "agreement_city", "city_code", "city_name", "confirmed",
    "day_first", "decimal", "drop", "events", "flag", "frequency", "ignore", "kinds", "unit_column", "last_row",
    "missing_token", "money_unit", "money_unit_unknown", "newest", "own_name", "partner_name", "precedence",
    "product", "remainder", "same_city", "where", "where_open", "where_total",
]  # fmt: skip

MESSAGE_COLUMNS = ("level", "code", "file", "row", "column", "message", "text")


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would answer a message in the analysis file, where the data file itself is right."""

    name: RemedyName  # which key of the analysis file, and what for
    # What the key is given: the name in the file and the code it stands for, the mark, the frequency; of a table the
    # pairs of several entries, one after the other
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One thing the reader of the results must know."""

    level: Level  # errors stop the run; warnings stand in the report
    code: str  # stable kebab-case key, the same in messages.csv and in the docs
    text: Words  # what, where, what to do
    file: str = ""  # path relative to the project, empty where no file is meant
    row: int | None = None  # the file's own row number, header = 1
    column: str = ""  # column name in the file
    remedy: Remedy | None = None  # where the place that raises the message knows one

    @property
    def message(self) -> str:
        """The text in words."""
        return str(self.text)


def build_messages_frame(messages: Iterable[Message]) -> pd.DataFrame:
    """Return messages as the frame that messages.csv holds."""
    rows = [(m.level, m.code, m.file, m.row, m.column, m.message, pack_text(m.text)) for m in messages]
    return pd.DataFrame(rows, columns=list(MESSAGE_COLUMNS)).astype({"row": "Int64"})
