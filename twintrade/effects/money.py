"""The headline in money: stated, or only bounded, or not available, and why."""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import pandas as pd

from twintrade.text import Words, pack_text, parse_text

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
    # total, low, high: NaN: not stated. An end without bound is infinite.
    total: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    # low_error, high_error: Monte Carlo errors of the ends, NaN where no draw could move them
    low_error: float = float("nan")
    high_error: float = float("nan")
    detectable: float = float("nan")  # smallest rise found with 80 % power, NaN where unknown
    detected_by: DetectedBy = ""  # what says so
    level: float = float("nan")
    inference: str = ""
    unit: str = ""
    # n_rows, n_units, n_periods: Treated rows and units behind the total, and calendar periods that they cover
    n_rows: int = 0
    n_units: int = 0
    n_periods: int = 0
    unit_name: str = ""  # name of the unit where it is one
    # first, last: Labels of the first and the last of the periods
    first: str = ""
    last: str = ""

    def average(self, amount: float) -> float:
        """Return what a total comes to on average in a calendar period."""
        return amount / self.n_periods if self.n_periods else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Return one row, a column a field; lists as text, the detail in words and beside them as its text."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        row |= {"detail": str(self.detail), "detail_text": pack_text(self.detail)}
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
