"""Plain tables: a frame as a table, and what a run read, converted and left out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

from twintrade.render import citing
from twintrade.render.blocks import Column, Table, build_row, build_table
from twintrade.render.citing import WORDS, Sources, build_cell, cite_manifest, cite_place, cite_rows
from twintrade.render.names import name_column, name_status
from twintrade.render.page import Page
from twintrade.render.reading import Record, find_payload, list_records, read_words, take_text, write_columns
from twintrade.text import Text, list_some, name_fact, numbers

# A tidy frame as a table: text left, numbers right, every cell through the one rounding.

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
    numeric = [c for c in columns if is_numeric_dtype(frame[c]) and not is_bool_dtype(frame[c])]
    cited = {c: (sources or {}).get(c) or _cite(shown, c) for c in columns}
    printers = {c: (formats or {}).get(c) or _format(frame[c]) for c in columns}
    rows = []
    for i, values in enumerate(shown.itertuples(index=False, name=None)):
        cells = []
        for column, value in zip(columns, values, strict=True):
            cell = build_cell(printers[column](value), *cited[column][i])
            is_link = isinstance(value, str) and cell.text.startswith(_LINK)
            cells.append(replace(cell, link=cell.text) if is_link else cell)
        rows.append(build_row(*cells))
    if is_wrapping and not weights:
        texts = {c: shown[c].map(take_text) for c in columns if not is_numeric_dtype(shown[c])}
        weights = {c: weigh_column(values) for c, values in texts.items()}
    extra = [str(Text("tables.further-rows", n=len(frame) - most_rows))] if len(frame) > most_rows else []
    table = build_table(key, caption, list(map(name_column, columns)), [rows], [*notes, *extra])
    shapes = (Column("right" if c in numeric else "left", (weights or {}).get(c, 0.0)) for c in columns)
    return replace(table, columns=tuple(shapes))


def tabulate(records: Sequence[Record], columns: Mapping[str, Callable[[Record], object]]) -> pd.DataFrame:
    """Return a frame of what is made of each record, a row each, labelled by its place."""
    rows = {name: [make(record) for record in records] for name, make in columns.items()}
    return pd.DataFrame(rows, index=citing.list_places(records))


def weigh_column(texts: Iterable[str]) -> float:
    """Return the weight of a column: none where its longest text is short, else growing slowly with its length."""
    longest = max(map(len, texts), default=0)
    return 0.0 if longest <= SHORT else longest**0.5


def _format(values: pd.Series) -> Format:
    """Return how a column is printed: truths, times of whole numbers, counts, and fractions to one decimal place."""
    if is_bool_dtype(values):
        return lambda value: "" if numbers.is_missing(value) else str(Text("tables.yes" if value else "tables.no"))
    name = str(values.name).lower()
    is_time = name.replace(" ", "_").removesuffix("_label").rpartition("_")[2] in TIMES
    if is_time and is_numeric_dtype(values) and all(float(v).is_integer() for v in values.dropna()):
        return lambda value: "" if numbers.is_missing(value) else numbers.format_event_time(int(float(str(value))))
    if is_integer_dtype(values):
        return numbers.format_count
    if not is_numeric_dtype(values):
        return lambda value: name_fact(f"labels.{values.name}-", take_text(value))
    if name in PROBABILITIES or name.startswith("p_"):
        return numbers.format_probability
    decimals = numbers.choose_column_decimals([float(v) for v in values.dropna()])
    return numbers.format_compact if decimals is None else lambda value: numbers.format_fixed(value, decimals)


def _cite(frame: pd.DataFrame, column: str) -> list[Sources]:
    """Return the sources of a column by the labels of its rows, where these are places."""
    if not citing.is_placed(frame):
        return [()] * len(frame)
    form = "" if is_numeric_dtype(frame[column]) else WORDS
    return [cite_place(place, column, form) for place in frame.index]


SHOWN_DIGITS = 16
SHOWN_NAMES = 12


def _listed(manifest: Any, key: str) -> list[dict[str, Any]]:
    """Return a manifest's list of mappings; a mapping of mappings is read as such a list, named by path."""
    entries = manifest.get(key) or []
    if isinstance(entries, dict):
        entries = [{"path": k, **v} if isinstance(v, dict) else {"path": k, "value": v} for k, v in entries.items()]
    return [dict(e) for e in entries if isinstance(e, dict)]


def build_inputs_table(page: Page) -> Table | None:
    """Return the input files as the manifest lists them, in full with fingerprints; None where it lists none."""
    entries = _listed(page.results.manifest, "inputs")
    if not entries:
        return None
    frame = pd.DataFrame(
        {
            "file": [take_text(e.get("path") or e.get("file")) for e in entries],
            "rows": [e.get("rows") for e in entries],
            "bytes": [e.get("bytes") for e in entries],
            "sha256": [take_text(e.get("sha256"))[:SHOWN_DIGITS] for e in entries],
            "read_as": [_reading(e) for e in entries],
            "publisher": [_joined(e, ("publisher", "licence", "license", "source"), "; ") for e in entries],
        },
        index=[cite_manifest("inputs", i) for i in range(len(entries))],
    ).drop_duplicates()  # a file read by several tables of the spec stands here once
    frame = frame if page.is_whole else frame.drop(columns="sha256")
    named = {"file": "path", "read_as": "*", "publisher": "*"}
    sources = {c: [cite_place(place, column, WORDS) for place in frame.index] for c, column in named.items()}
    formats: dict[str, Format] = dict.fromkeys(("rows", "bytes"), numbers.format_count)
    weights, caption = {"file": 2.2, "read_as": 1.2, "publisher": 2.6}, page.say("inputs_caption")
    notes = [page.say("inputs_note")] if page.is_whole else []
    return build_plain_table(frame, "inputs", caption, formats=formats, weights=weights, notes=notes, sources=sources)


def _joined(entry: dict[str, Any], keys: tuple[str, ...], mark: str) -> str:
    known = (take_text(entry.get(k)).replace("`", "").rstrip(" .;,") for k in keys)
    return mark.join(dict.fromkeys(filter(None, known)))


def _reading(entry: dict[str, Any]) -> str:
    """Return how a file was read: encoding, sheet, unit of money, and whether it is simulated."""
    read = _joined(entry | {"unit": read_words(entry, "unit")}, ("encoding", "sheet", "unit"), ", ")
    if not entry.get("is_simulated"):
        return read
    return str(Text("tables.simulated-input", reading=read) if read else Text("tables.simulated-alone"))


def build_conversions_table(page: Page) -> Table | None:
    """Return every factor that values were multiplied by; None where they were taken as they stood."""
    factors = find_payload(page.results, "conversions")
    if factors is None:
        return None
    every = str(Text("tables.all")).lower()
    columns = {
        "from": factors["currency"].map(take_text),
        "to": factors["target"].map(take_text),
        "period": factors["period"].map(take_text).replace("all", every),  # units of money hold in all periods
        "times": factors["factor"].astype(float).map(partial(numbers.format_compact, significant=6)),
        "by": [read_words(record, "source") for record in list_records(factors)],
    }
    frame = pd.DataFrame(columns, index=factors.index)
    named = {"from": "currency", "to": "target", "by": "source"}
    cited = {c: [cite_place(place, column, WORDS) for place in factors.index] for c, column in named.items()}
    cited["times"] = [cite_place(place, "factor") for place in factors.index]
    caption, notes = page.say("conversions_caption"), [page.say("conversions_note")]
    return build_plain_table(frame, "conversions", caption, weights={"by": 2.6}, notes=notes, sources=cited)


def build_dropped_tables(page: Page) -> list[Table]:
    """Return rows left out by rule, from the manifest: by the headline, and by other columns beside it."""
    captions = {"dropped": "dropped_caption", "dropped_elsewhere": "dropped_elsewhere_caption"}
    listed = {key: _listed(page.results.manifest, key) for key in captions}
    return [_build_dropped(entries, key, page.say(captions[key])) for key, entries in listed.items() if entries]


def _build_dropped(entries: list[dict[str, Any]], key: str, caption: str) -> Table:
    dropped = ([n] if isinstance(n, str) else n for n in (e.get("names") or () for e in entries))
    frame = pd.DataFrame(
        {
            "why": [read_words(e, "sentence") for e in entries],
            "rows": [e.get("n_rows", e.get("value")) for e in entries],
            "whole_units": [e.get("n_units") for e in entries],
            "which": [str(list_some(map(str, names), SHOWN_NAMES)) for names in dropped],
            "columns": [read_words(e, "columns") for e in entries],
        },
        index=[cite_manifest(key, i) for i in range(len(entries))],
    )
    named = {
        "why": ("sentence", WORDS), "rows": ("n_rows", ""), "whole_units": ("n_units", ""), "which": ("names", WORDS),
    }  # fmt: skip
    sources = {c: [cite_place(place, *source) for place in frame.index] for c, source in named.items()}
    weights = {"why": 2.6, "which": 3.0, "columns": 2.0}
    formats = {"rows": numbers.format_count, "whole_units": numbers.format_count}
    return build_plain_table(frame, key.replace("_", "-"), caption, weights=weights, formats=formats, sources=sources)


def build_status_table(page: Page) -> Table | None:
    """Return how many units and rows play which part, counted from the panel; None where it has no status."""
    data = page.results.data
    if data.empty or "status" not in data:
        return None
    grouped = data.groupby("status", sort=False, observed=True)["unit"].agg(["nunique", "size"])
    frame = grouped.reset_index().set_axis(["part", "units", "rows"], axis=1)
    forms = {"units": ("unit", "distinct"), "rows": ("unit", "count")}
    sources = {
        name: [cite_rows("data.csv", column, form, status=status) for status in frame["part"]]
        for name, (column, form) in forms.items()
    }
    frame["part"] = [name_status(take_text(status)) for status in frame["part"]]
    return build_plain_table(frame, "status", page.say("status_caption"), sources=sources)
