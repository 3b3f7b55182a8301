"""Sources of printed numbers: noted on the rows that the page reads, kept in its cells."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render.blocks import Cell, CellSource
from twintrade.text.numbers import is_missing

PLACE = "\0place"  # key under which a record keeps the file and the row that it was read from
TABLES = ("twinnings", "specifications", "effects", "bands", "findings", "messages")
FIRST_ROW = 2  # of the rows of a file, as a spreadsheet counts them: its head is the first
BESIDE = "|"
OF_BOTH = frozenset(("effect", "event_time", "n_units", "n_cells", "event_label"))
"""Columns that a row of effects joined with its row of bands has from the former."""
WORDS = "words"
WHOLE_ROW = "*"

Sources = tuple[CellSource, ...]


def place_rows(results: ResultSet) -> ResultSet:
    """Return results whose rows are labelled with the file and the row in which they are stored."""
    tables: dict[str, Any] = {name: _place(getattr(results, name), f"{name}.csv") for name in TABLES}
    payloads = {name: _place(frame, f"payloads/{name}.csv") for name, frame in results.payloads.items()}
    return replace(results, payloads=payloads, **tables)


def _place(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    named = quote(file, safe="/")
    return frame.set_axis([f"{named}:{i}" for i in range(FIRST_ROW, FIRST_ROW + len(frame))], axis=0)


def is_placed(frame: pd.DataFrame) -> bool:
    """Whether the rows of a frame are labelled with their places."""
    return len(frame) > 0 and isinstance(frame.index[0], str) and ":" in frame.index[0]


def list_places(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the places of records as the labels of a frame made from them."""
    return [str(record.get(PLACE, "")) for record in records]


def cite(record: Mapping[str, Any] | None, *columns: str, form: str = "") -> Sources:
    """Return the sources of numbers of one record, none where its place is not known; form: see ``CellSource``."""
    place = str(record.get(PLACE, "")) if record else ""
    return tuple(CellSource(_choose(place, column), column, form) for column in columns) if place else ()


def cite_p(record: Mapping[str, Any] | None, floor: Mapping[str, Any] | None = None) -> Sources:
    """Return the sources of a p-value and of its floor, as many of them as the cell prints."""
    if record is None or is_missing(record.get("p")) or floor is None:
        return cite(record, "p")
    p, least = float(record["p"]), float(floor["value"])
    if p < least * (1 - 1e-9):
        return cite(floor, "value")
    return cite(record, "p") + (cite(floor, "value") if p > least * (1 + 1e-9) else ())


def cite_place(place: object, column: str, form: str = "") -> Sources:
    """Return the source of a number by its place, none where there is none."""
    return (CellSource(_choose(place, column), column, form),) if isinstance(place, str) and place else ()


def cite_rows(file: str, column: str, form: str, **values: object) -> Sources:
    """Return the source of what is said of all rows of a file with some values."""
    chosen = "&".join(f"{quote(name)}={quote(str(value), safe='')}" for name, value in values.items())
    return (CellSource(f"{quote(file, safe='/')}:{chosen}", column, form),)


def cite_manifest(*path: object) -> str:
    """Return the place of what the manifest holds under a path of keys and positions."""
    return "manifest.json:" + ".".join(quote(str(key), safe="").replace(".", "%2E") for key in path)


def build_cell(text: str, *sources: CellSource) -> Cell:
    """Return a cell of one line, with its sources where it prints a digit."""
    return Cell((text,), sources=sources if any(map(str.isdigit, text)) else ())


def _choose(place: str, column: str) -> str:
    first, _, second = place.partition(BESIDE)
    return first if not second or column in OF_BOTH else second
