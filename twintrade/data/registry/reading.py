"""The registry of twinnings: who signed with whom, with every candidate date and where it was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from twintrade.data.formats.tables import TextTable, open_table
from twintrade.data.registry.twinning_rows import list_columns, read_events, read_kinds, read_places, read_text_column
from twintrade.data.registry.twinnings import CANDIDATE_COLUMNS, TWINNING_COLUMNS, gather
from twintrade.data.schema.source import TwinningSource, UndatedSource
from twintrade.data.sources.cells import build_text_array, clean_text
from twintrade.data.sources.faults import AbsentInputError, Faults
from twintrade.data.sources.provenance import InputRecord
from twintrade.effects import Message
from twintrade.errors import DataError
from twintrade.numerics.arrays import ObjectArray
from twintrade.text import Text

UNDATED_COLUMNS = ("city", "partner", "partner_city", "signatory", "note", "file", "row")


@dataclass(frozen=True, slots=True, eq=False)
class TwinningRegistry:
    """Twinnings and their candidate dates; no treatment logic."""

    # One row a twinning, columns `TWINNING_COLUMNS`: id, city, signatory, partner_city, partner, kind, signed (the
    # earliest date of signature in ISO form as precise as printed, "" when undated), precision, ended, source, note,
    # file, row
    frame: pd.DataFrame
    # One row a candidate date, columns `CANDIDATE_COLUMNS`: twinning_id, event_kind (first_contact, memorandum,
    # signed, ratified, activated, other), event_text, date, precision, year, month, day (Int64, missing where the
    # date is less precise), source, file, row. Sorted by twinning and date.
    candidates: pd.DataFrame
    messages: tuple[Message, ...] = ()
    provenance: tuple[InputRecord, ...] = ()

    @property
    def n_twinnings(self) -> int:
        """Number of twinnings, dated or not."""
        return len(self.frame)


@dataclass(frozen=True, slots=True, eq=False)
class UndatedAgreements:
    """Agreements whose date is not known: their pairs of city and partner are never a comparison."""

    frame: pd.DataFrame  # columns `UNDATED_COLUMNS`
    policy: str
    messages: tuple[Message, ...] = ()
    provenance: tuple[InputRecord, ...] = ()


def read_twinnings(sources: Sequence[TwinningSource], root: Path) -> TwinningRegistry:
    """Read and join the declared registries."""
    faults = Faults()
    rows: list[pd.DataFrame] = []
    records: list[InputRecord] = []
    for source in sources:
        try:
            table = open_table(root, source.file, source, list_columns(source), faults)
            read, record = _source_rows(source, table, faults)
        except AbsentInputError:
            raise
        except DataError as error:
            faults.error("file", error.text)
            continue
        rows.append(read)
        records.append(record)
    joined = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    faults.raise_if_any()
    if joined.empty:
        frame, candidates = (
            pd.DataFrame(columns=list(TWINNING_COLUMNS)),
            pd.DataFrame(columns=list(CANDIDATE_COLUMNS)),
        )
    else:
        frame, candidates = gather(joined, faults)
    faults.raise_if_any()
    return TwinningRegistry(frame, candidates, faults.messages, tuple(records))


def read_undated(sources: Sequence[UndatedSource], root: Path) -> UndatedAgreements:
    """Read the lists of agreements without a date."""
    faults = Faults()
    rows: list[pd.DataFrame] = []
    records: list[InputRecord] = []
    for source in sources:
        table = open_table(root, source.file, source, list_columns(source), faults)
        city, partner = read_places(source, table, faults)
        frame = pd.DataFrame({"city": city, "partner": partner})
        for name in ("partner_city", "signatory", "note"):
            frame[name] = read_text_column(table, getattr(source, name))
        rows.append(frame.assign(file=source.file, row=table.rows))
        records.append(table.record)
        if source.policy == "error":
            faults.error("undated", Text("data.undated-refused", n=len(frame)), source.file)
    faults.raise_if_any()
    joined = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(UNDATED_COLUMNS))
    return UndatedAgreements(joined[list(UNDATED_COLUMNS)], "exclude", faults.messages, tuple(records))


def _source_rows(source: TwinningSource, table: TextTable, faults: Faults) -> tuple[pd.DataFrame, InputRecord]:
    """Return one row a line of the file, with its date parsed and its parts named."""
    city, partner = read_places(source, table, faults)
    kinds = read_kinds(source, table, faults)
    frame = pd.DataFrame(
        {
            "city": city,
            "partner": partner,
            "partner_city": _partner_cities(source, table),
            "kind": kinds,
            **{
                name: read_text_column(table, getattr(source, name)) for name in ("id", "signatory", "source", "note")
            },
        }
    )
    frame = pd.concat([frame, read_events(source, table, faults)], axis=1)
    frame = frame.assign(
        file=source.file, row=table.rows, has_id=source.id is not None, has_events=source.event is not None
    )
    says_none = (frame["event_kind"] == "none").to_numpy()
    n_none = int(says_none.sum())
    if n_none:
        faults.inform("no-agreement", Text("data.no-agreement", n=n_none), source.file)
    return frame[~says_none], table.record.dropping(Text("data.dropped-no-agreement"), n_none)


def _partner_cities(source: TwinningSource, table: TextTable) -> ObjectArray:
    if isinstance(source.partner_city, str):
        return build_text_array(clean_text(cell) for cell in table.columns[source.partner_city])
    return build_text_array([source.partner_city.constant] * table.rows.size)
