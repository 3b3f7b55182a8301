"""A tidy frame as a table: text left, numbers right, every cell through the one rounding."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

from twintrade.render.blocks import Cell, Column, Row, Table
from twintrade.render.citing import WORDS, Sources, cite_place, is_placed
from twintrade.render.names import name_column
from twintrade.render.reading import take_text, write_columns
from twintrade.text import Text, name_fact, numbers

SHORT = 20
TIMES = frozenset(
    ("cohort", "date", "first", "from", "last", "month", "onset", "period", "quarter", "since", "time", "to", "until",
     "year", "years")
)  # fmt: skip
PROBABILITIES = frozenset(("p", "floor", "conformal_floor", "p_equality"))
_LINK = ("http://", "https://")
Format = Callable[[object], str]


def build_plain_table(
    frame: pd.DataFrame,
    key: str,
    caption: str,
    *,
    formats: Mapping[str, Format] | None = None,
    weights: Mapping[str, float] | None = None,
    notes: Sequence[str] = (),
    most_rows: int = 400,
    is_wrapping: bool = False,
    sources: Mapping[str, Sequence[Sources]] | None = None,
) -> Table:
    """Return a frame as a table.

    ``frame``: columns that are empty throughout are left out; ``formats``: how a column's values are printed;
    ``weights``: relative width of text columns that must wrap; ``is_wrapping``: whether columns of long text are
    found and given their weight where none is stated; ``most_rows``: rows printed; the note says how many more there
    are; ``sources``: where a column's numbers stand, a row each; by default in the row that the frame's label names.
    """
    frame = write_columns(frame)
    columns = [str(c) for c in frame.columns if frame[c].map(take_text).ne("").any()]
    shown = frame[columns].head(most_rows)
    cited = {c: (sources or {}).get(c) or _cite(shown, c) for c in columns}
    printers = {c: (formats or {}).get(c) or _format(frame[c]) for c in columns}
    rows = tuple(
        Row(tuple(_cell(printers[c](value), value, cited[c][i]) for c, value in zip(columns, values, strict=True)))
        for i, values in enumerate(shown.itertuples(index=False, name=None))
    )
    if is_wrapping and not weights:
        weights = {c: _weight(shown[c]) for c in columns}
    extra = [str(Text("tables.further-rows", n=len(frame) - most_rows))] if len(frame) > most_rows else []
    return Table(
        key=key,
        caption=caption,
        columns=tuple(_column(frame[c], (weights or {}).get(c, 0.0)) for c in columns),
        header=(tuple(Cell((name_column(c),)) for c in columns),),
        groups=(rows,),
        notes=(*notes, *extra),
    )


def _weight(values: pd.Series) -> float:
    """Return the weight of a column: none where its longest text is short, else growing slowly with its length."""
    longest = max((len(take_text(v)) for v in values), default=0)
    return 0.0 if longest <= SHORT or is_numeric_dtype(values) else longest**0.5


def _column(values: pd.Series, weight: float) -> Column:
    is_number = is_numeric_dtype(values) and not is_bool_dtype(values)
    return Column("right" if is_number else "left", weight)


def _format(values: pd.Series) -> Format:
    if is_bool_dtype(values):
        return lambda value: "" if numbers.is_missing(value) else str(Text("tables.yes" if value else "tables.no"))
    if is_numeric_dtype(values) and _is_time(values):
        return lambda value: "" if numbers.is_missing(value) else numbers.format_event_time(int(float(str(value))))
    if is_integer_dtype(values):
        return numbers.format_count
    if is_numeric_dtype(values):
        return _fractions(values)
    return lambda value: name_fact(f"labels.{values.name}-", take_text(value))


def _fractions(values: pd.Series) -> Format:
    """Return how a column of fractions is printed: every cell to the same decimal place, probabilities as such."""
    name = str(values.name).lower()
    if name in PROBABILITIES or name.startswith("p_"):
        return numbers.format_probability
    decimals = numbers.choose_column_decimals([float(v) for v in values.dropna()])
    return numbers.format_compact if decimals is None else lambda value: numbers.format_fixed(value, decimals)


def _is_time(values: pd.Series) -> bool:
    """Whether a column holds years, periods or event times: named so, and whole numbers throughout."""
    last = str(values.name).lower().replace(" ", "_").removesuffix("_label").rsplit("_", 1)[-1]
    return last in TIMES and all(float(v).is_integer() for v in values.dropna())


def _cite(frame: pd.DataFrame, column: str) -> list[Sources]:
    """Return the sources of a column by the labels of its rows, where these are places."""
    if not is_placed(frame):
        return [()] * len(frame)
    form = "" if is_numeric_dtype(frame[column]) else WORDS
    return [cite_place(place, column, form) for place in frame.index]


def _cell(printed: str, value: object, sources: Sources) -> Cell:
    link = printed if isinstance(value, str) and printed.startswith(_LINK) else ""
    return Cell((printed,), link=link, sources=sources if any(map(str.isdigit, printed)) else ())
