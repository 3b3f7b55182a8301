"""The registry of twinnings: who signed with whom, with every candidate date and where it was read."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from twintrade.data import calendar, schema
from twintrade.data.calendar import DateSpan, TwinningDate
from twintrade.data.formats.tables import TextTable, open_table
from twintrade.data.geography.cities import read_city_names as read_cities
from twintrade.data.geography.countries import is_aggregate, resolve_column
from twintrade.data.sources.faults import (
    AbsentInputError,
    CellError,
    Faults,
    TextColumn,
    build_text_array,
    clean_name,
    clean_text,
    fold_name,
    quote_cell,
)
from twintrade.data.sources.provenance import InputRecord
from twintrade.effects import Message, Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, list_some

# Which kind of agreement a word of a registry names, for a user to confirm.

USUAL_KIND: schema.TwinningKind = "sister city"
_NOT_YET = (
    *("intent", "planned", "propos", "negotiat", "draft", "pending", "candidate", "prospect", "geplant", "absicht"),
    *("entwurf", "projet", "prevu", "proyecto", "previst", "propuest", "progett", "projeto", "gepland"),
    *("意向", "拟", "擬", "计划", "洽谈", "洽談", "筹备", "待定", "待签", "待簽", "待批"),
)
"""Parts of words for what was not agreed yet."""
_KINDS: tuple[tuple[schema.TwinningKind, tuple[str, ...]], ...] = (
    ("memorandum", ("memorand", "mou", "备忘")),
    ("sister state", ("state", "province", "友好省")),
    ("friendship", ("friend", "freund", "amiti", "amist", "amiz", "amici")),
    ("friendship", ("友好交流", "友好合作", "友好交往", "友好往来", "友好关系")),
    (USUAL_KIND, ("sister", "twin", "partner", "jumel", "gemel", "herman", "irma", "zuster", "steden", "geminac")),
    (USUAL_KIND, ("姐妹", "姊妹", "友好城", "友城", "友好市", "结好", "結好", "友好都市", "결연", "자매")),
)


def suggest_kind(word: str) -> schema.KindAnswer | None:
    """Return the kind that a word suggests, the usual one for a blank; None where it may be no agreement."""
    lowered = calendar.strip_accents(word)
    if any(part in lowered for part in _NOT_YET):
        return None
    known = (kind for kind, parts in _KINDS if any(p in lowered for p in parts))
    return next(known, None if lowered.strip() else USUAL_KIND)


# Gathers the rows of a registry into twinnings with their candidate dates.

TWINNING_COLUMNS = (
    *("id", "city", "signatory", "partner_city", "partner", "kind", "signed", "precision"),
    *("ended", "source", "note", "span", "file", "row"),
)
CANDIDATE_COLUMNS = (
    *("twinning_id", "event_kind", "event_text", "date", "precision", "year", "month", "day"),
    *("source", "file", "row"),
)
_MAX_NAMED = 8

Row: TypeAlias = dict[Hashable, Any]


def gather(rows: pd.DataFrame, faults: Faults) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the twinnings and their candidate dates; rows with one identifier are one twinning.

    Without identifiers, rows of a file with an event column are one twinning when city, partner and partner city
    agree. Anything else that repeats is an error.
    """
    by_place = rows["city"] + "-" + rows["partner_city"] + "-" + rows["partner"]
    rows = rows.assign(twinning_id=rows["id"].where((rows["id"] != "") & rows["has_id"], by_place))
    groups: dict[str, list[Row]] = {}
    for row in rows.to_dict("records"):
        groups.setdefault(str(row["twinning_id"]), []).append(row)
    _note_repeats(groups, faults)
    candidates = _candidates(rows)
    twinnings = [_twinning(name, group, faults) for name, group in groups.items()]
    frame = pd.DataFrame(twinnings, columns=list(TWINNING_COLUMNS))
    undated = ~frame["id"].isin(candidates["twinning_id"]) & frame["span"].isna()
    if undated.any():
        names = list_some([_name(r) for _, r in frame[undated].iterrows()], _MAX_NAMED)
        faults.warn("undated-twinning", Text("data.undated-twinnings", n=int(undated.sum()), names=names))
    _warn_of_twin_rows(frame, faults)
    return frame, candidates


def _note_repeats(groups: Mapping[str, list[Row]], faults: Faults) -> None:
    """Note rows that repeat a twinning without an event column, and twinnings that contradict themselves."""
    for name, (first, *later) in groups.items():
        for row in later:
            is_here = first["file"] == row["file"]
            where = Text("data.row" if is_here else "data.row-of-file", row=first["row"], file=first["file"])
            place = row["file"], int(row["row"])
            if not (row["has_events"] and first["has_events"]):
                text = Text("data.twinning-repeated", name=quote_cell(name), where=where)
                faults.error("duplicate-twinning", text, *place)
            differ = tuple(c for c in ("city", "partner", "kind") if row[c] != first[c])
            if differ:
                columns = Listed(differ, "comma")
                text = Text("data.twinning-differs", name=quote_cell(name), where=where, columns=columns)
                faults.error("duplicate-twinning", text, *place)


def _candidates(rows: pd.DataFrame) -> pd.DataFrame:
    dated = rows[rows["date"].notna()]
    dates: list[TwinningDate] = list(dated["date"])
    kept = ("twinning_id", "event_kind", "event_text", "source", "file", "row")
    columns: dict[str, Any] = {name: dated[name].to_numpy() for name in kept}
    columns |= {name: [getattr(d, name) for d in dates] for name in ("iso", "precision")}
    columns |= {n: pd.array([getattr(d, n) for d in dates], dtype="Int64") for n in ("year", "month", "day")}
    order = pd.factorize(rows["twinning_id"])[0][rows["date"].notna()]
    frame = pd.DataFrame(columns).rename(columns={"iso": "date"}).assign(_order=order)
    ordered = frame.sort_values(["_order", "year", "month", "day"], na_position="first", kind="stable")
    return ordered[list(CANDIDATE_COLUMNS)].reset_index(drop=True)


def _twinning(name: str, group: list[Row], faults: Faults) -> dict[str, object]:
    first = group[0]
    place = (str(first["file"]), int(first["row"]))
    signatures = [row for row in group if row["event_kind"] == "signed" and isinstance(row["date"], TwinningDate)]
    signed: list[TwinningDate] = sorted((row["date"] for row in signatures), key=lambda d: d.earliest)
    if len({d.iso for d in signed}) > 1 and all(row["has_events"] for row in group):
        dates = Listed(tuple(d.iso for d in signed), "comma")
        faults.warn("several-signatures", Text("data.several-signatures", name=quote_cell(name), dates=dates), *place)
    ends = sorted({row["ended"] for row in group} - {""})
    if len(ends) > 1:
        faults.error("date", Text("data.two-ends", name=quote_cell(name), dates=Listed(tuple(ends), "comma")), *place)
    return {
        **{c: first[c] for c in ("city", "signatory", "partner_city", "partner", "kind", "file", "row")},
        "id": name,
        "signed": signed[0].iso if signed else "",
        "precision": signed[0].precision if signed else "",
        "ended": ends[0] if ends else "",
        "source": (min(signatures, key=lambda row: row["date"].earliest) if signatures else first)["source"],
        "note": "; ".join(dict.fromkeys(row["note"] for row in group if row["note"])),
        "span": _join_spans([row["span"] for row in group if row["span"] is not None]),
    }


def _join_spans(spans: Sequence[DateSpan]) -> DateSpan | None:
    """Return the dates between which an agreement began by all that is known of it."""
    first = max((s.not_before for s in spans if s.not_before), key=lambda d: d.earliest, default=None)
    last = min((s.not_after for s in spans if s.not_after), key=lambda d: d.latest, default=None)
    return DateSpan(first, last) if first or last else None


def _name(twinning: pd.Series) -> str:
    return f"{twinning['signatory'] or twinning['city']}-{twinning['partner_city'] or twinning['partner']}"


def _warn_of_twin_rows(frame: pd.DataFrame, faults: Faults) -> None:
    """Warn of different identifiers for what reads like one agreement; one of another kind is another agreement."""
    who = frame["signatory"].where(frame["signatory"] != "", frame["city"])
    ends = frame["city"] + "|" + who.map(fold_name) + "|" + frame["partner_city"].map(fold_name)
    key = ends + "|" + frame["partner"] + "|" + frame["kind"]
    again = key.duplicated(keep=False) & (frame["partner_city"] != "")
    for _, group in frame[again].groupby(key[again], sort=False):
        rows = Listed(tuple(map(str, group["row"])), "comma")
        text = Text("data.same-agreement-twice", name=_name(group.iloc[0]), rows=rows)
        faults.warn("same-agreement-twice", text, str(group.iloc[0]["file"]), int(group.iloc[1]["row"]))


# Reads the columns of a registry file: places, kinds, events and dates, each fault with its row.

_ROLES = (
    *("city", "partner", "partner_city", "date", "kind", "precision", "id"),
    *("signatory", "ended", "source", "note", "event", "not_before", "not_after"),
)


def list_columns(source: schema.TwinningSource | schema.UndatedSource | schema.PolicySource) -> list[str]:
    """Return the columns that a declaration names."""
    names = {f.name for f in fields(source)}
    return [part for part in [getattr(source, role) for role in _ROLES if role in names] if isinstance(part, str)]


def read_text_column(table: TextTable, column: str | schema.Constant | None) -> ObjectArray:
    """Return a column as text, blank where it is not declared."""
    if not isinstance(column, str):
        return build_text_array(["" if column is None else column.constant] * table.rows.size)
    return build_text_array(clean_text(cell) for cell in table.columns[column])


def read_places(
    source: schema.TwinningSource | schema.UndatedSource, table: TextTable, faults: Faults
) -> tuple[ObjectArray, ObjectArray]:
    """Return the city and the partner's code of every row; an agreement with a group of countries is an error."""
    cities = read_cities(table.part(source.city, "city"), source.city_names, None, faults)
    column = table.part(source.partner, "partner")
    codes = resolve_column(column, source.partner_names, faults)
    is_group = is_aggregate(codes)
    column.errors(faults, "partner", is_group, lambda c: CellError(Text("data.partner-group", cell=quote_cell(c))))
    return cities, codes


def read_events(source: schema.TwinningSource, table: TextTable, faults: Faults) -> pd.DataFrame:
    """Return event_kind, event_text, date (TwinningDate or None) and ended of every row."""
    n_rows = table.rows.size
    kinds, texts = build_text_array(["signed"] * n_rows), build_text_array([""] * n_rows)
    if source.event is not None:
        known = {kind: kind for kind in schema.EVENT_KINDS} | dict(source.events)
        kinds = _mapped(table.column(source.event), known, schema.EVENT_KINDS, "events", faults)
        texts = read_text_column(table, source.event)
    dates = read_dates(source, table, "date", faults)
    ends = read_dates(source, table, "ended", faults)
    if source.ended is not None:
        column = table.column(source.ended)
        before = np.array([is_ended_before(d, e) for d, e in zip(dates, ends, strict=True)], dtype=bool)
        column.errors(faults, "date", before, lambda c: CellError(Text("data.ends-before", cell=quote_cell(c))))
    ended, spans = build_text_array(e.iso if e else "" for e in ends), read_spans(source, table, faults)
    return pd.DataFrame({"event_kind": kinds, "event_text": texts, "date": dates, "ended": ended, "span": spans})


def read_spans(source: schema.TwinningSource | schema.UndatedSource, table: TextTable, faults: Faults) -> ObjectArray:
    """Return the ``DateSpan`` of every row, None where neither of its ends is known."""
    ends = [read_dates(source, table, name, faults) for name in ("not_before", "not_after")]
    spans = np.empty(table.rows.size, dtype=object)
    for i, (first, last) in enumerate(zip(*ends, strict=True)):
        spans[i] = DateSpan(first, last) if first or last else None
        if first and last and last.latest < first.earliest:
            text = Text("data.bounds-crossed", first=first.iso, last=last.iso)
            faults.error("date", text, table.file, int(table.rows[i]), str(source.not_after))
    return spans


def _mapped(
    column: TextColumn,
    known: Mapping[str, str],
    allowed: tuple[str, ...],
    key: Literal["kinds", "events"],
    faults: Faults,
) -> ObjectArray:
    wrong = sorted(set(known.values()) - set(allowed))
    if wrong:
        mapped = ", ".join(map(quote_cell, wrong))
        raise DataError(f"{column.file}: {key} maps to {mapped}; known: {', '.join(allowed)}")
    by_name = {clean_name(name).casefold(): word for name, word in known.items()}
    words = build_text_array(by_name.get(clean_name(cell).casefold(), "") for cell in column.cells)

    def explain(cell: str) -> CellError:
        text = Text("data.not-mapped", cell=quote_cell(cell), key=key, words=Listed(allowed, "comma"))
        return CellError(text, Remedy(key, (cell, suggest_kind(cell) or "none") if key == "kinds" else (cell,)))

    column.errors_once(faults, key, words == "", explain)
    return words


def read_dates(
    source: schema.TwinningSource | schema.UndatedSource | schema.PolicySource,
    table: TextTable,
    name: str,
    faults: Faults,
) -> list[TwinningDate | None]:
    """Return the dates of a column, none where it is not declared; an agreement may end in the future, not begin."""
    if (declared := getattr(source, name)) is None:
        return [None] * table.rows.size
    column, is_signing = table.column(declared), name == "date" and isinstance(source, schema.TwinningSource)
    day, day_first, precision = (getattr(source, name, None) for name in ("as_of", "day_first", "precision"))
    as_of = calendar.parse_date(day) if day else None
    orders = calendar.find_day_orders(column.cells, day_first)
    dates: list[TwinningDate | None] = []
    precise = read_text_column(table, precision if is_signing else None)
    for cell, given, row in zip(column.cells, precise, column.rows, strict=True):
        date = None
        if cell.strip():
            try:
                date = calendar.parse_date(cell, given, calendar.find_day_order(cell, orders), as_of)
                if is_signing and as_of is None:
                    calendar.refuse_future(date)
            except CellError as error:
                text = Text("data.cell", cell=quote_cell(cell), reason=error.text)
                faults.error("date", text, column.file, int(row), column.name, error.remedy)
        dates.append(date)
    return dates


def is_ended_before(start: TwinningDate | None, end: TwinningDate | None) -> bool:
    """Return whether an end comes before its beginning, as far as both are known."""
    if start is None or end is None:
        return False
    coarser = min(start, end, key=lambda d: len(d.iso)).precision
    return end.rounded(coarser).earliest < start.rounded(coarser).earliest


UNDATED_COLUMNS = ("city", "partner", "partner_city", "signatory", "note", "span", "file", "row")


@dataclass(frozen=True, slots=True, eq=False)
class TwinningRegistry:
    """Twinnings and their candidate dates; no treatment logic."""

    # One row a twinning, columns `TWINNING_COLUMNS`: id, city, signatory, partner_city, partner, kind, signed (the
    # earliest date of signature in ISO form as precise as printed, "" when undated), precision, ended, source, note,
    # span (DateSpan, None where no bound of the date is known), file, row
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
    messages: tuple[Message, ...] = ()
    provenance: tuple[InputRecord, ...] = ()


def read_twinnings(sources: Sequence[schema.TwinningSource], root: Path) -> TwinningRegistry:
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
        frame, candidates = (pd.DataFrame(columns=list(names)) for names in (TWINNING_COLUMNS, CANDIDATE_COLUMNS))
    else:
        frame, candidates = gather(joined, faults)
    faults.raise_if_any()
    return TwinningRegistry(frame, candidates, faults.messages, tuple(records))


def read_undated(sources: Sequence[schema.UndatedSource], root: Path) -> UndatedAgreements:
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
        frame["span"] = read_spans(source, table, faults)
        rows.append(frame.assign(file=source.file, row=table.rows))
        records.append(table.record)
        if source.policy == "error":
            faults.error("undated", Text("data.undated-refused", n=len(frame)), source.file)
    faults.raise_if_any()
    joined = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(UNDATED_COLUMNS))
    return UndatedAgreements(joined[list(UNDATED_COLUMNS)], faults.messages, tuple(records))


def _source_rows(source: schema.TwinningSource, table: TextTable, faults: Faults) -> tuple[pd.DataFrame, InputRecord]:
    """Return one row a line of the file, with its date parsed and its parts named."""
    city, partner = read_places(source, table, faults)
    known = {kind: kind for kind in schema.KIND_ANSWERS} | dict(source.kinds)
    kinds = _mapped(table.part(source.kind, "kind"), known, schema.KIND_ANSWERS, "kinds", faults)
    named = ("partner_city", "id", "signatory", "source", "note")
    texts = {name: read_text_column(table, getattr(source, name)) for name in named}
    frame = pd.DataFrame({"city": city, "partner": partner, "kind": kinds, **texts})
    frame = pd.concat([frame, read_events(source, table, faults)], axis=1)
    has = {"has_id": source.id is not None, "has_events": source.event is not None}
    frame = frame.assign(file=source.file, row=table.rows, **has)
    says_none = ((frame["event_kind"] == "none") | (frame["kind"] == "none")).to_numpy()
    n_none = int(says_none.sum())
    if n_none:
        faults.inform("no-agreement", Text("data.no-agreement", n=n_none), source.file)
    return frame[~says_none], table.record.dropping(Text("data.dropped-no-agreement"), n_none)


# Dates of other policies, by pair, city or partner: a consulate, a flight, a trade agreement.


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """Another policy than the agreement: from when to when each unit of a panel has it."""

    name: str
    keys: tuple[str, ...]  # what its dates are by: city, partner, or both
    # onset, end: (n_units,): first period in force, and first in which it no longer is; `inf` for never
    onset: FloatArray
    end: FloatArray
    is_office: bool = False  # whether it is an office abroad

    def is_in_force(self, unit: IntArray, period: IntArray) -> BoolArray:
        """Return whether it is in force in rows given by their unit and period."""
        return np.asarray((period >= self.onset[unit]) & (period < self.end[unit]))

    def has_begun(self, unit: IntArray, period: IntArray, early: int = 0) -> BoolArray:
        """Return whether it has begun, or begins within ``early`` periods, whether or not it has ended since."""
        return np.asarray(period >= self.onset[unit] - early)


@dataclass(frozen=True, slots=True, eq=False)
class PolicyDates:
    """A policy as a file dates it."""

    name: str
    keys: tuple[str, ...]
    # By city, partner, or both: the date from which, and the one to which it is in force, None while it lasts
    dates: dict[tuple[str, ...], tuple[TwinningDate, TwinningDate | None]]
    record: InputRecord | None = None
    is_office: bool = False


def read_policies(
    sources: Sequence[schema.PolicySource], root: Path
) -> tuple[tuple[PolicyDates, ...], tuple[Message, ...]]:
    """Return the declared policies, sorted by name as their blocks have no order, and what was noted."""
    names = [source.name for source in sources]
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(Text("data.policy-twice", name=quote_cell(twice[0])))
    faults = Faults()
    policies = [_read_policy(source, root, faults) for source in sorted(sources, key=lambda source: source.name)]
    faults.raise_if_any()
    return tuple(policies), faults.messages


def _read_policy(source: schema.PolicySource, root: Path, faults: Faults) -> PolicyDates:
    keys = source.keys
    if not keys:
        raise DataError(Text("data.policy-about-nothing", name=quote_cell(source.name)))
    if source.level is not None:
        raise DataError(Text("data.policy-levels", name=quote_cell(source.name)))
    table = open_table(root, source.file, source, list_columns(source), faults)
    ends: dict[str, Any] = {}
    if source.city is not None:
        ends["city"] = read_cities(table.part(source.city, "city"), source.city_names, None, faults)
    if source.partner is not None:
        ends["partner"] = resolve_column(table.part(source.partner, "partner"), source.partner_names, faults)
    begun, ended = (read_dates(source, table, name, faults) for name in ("date", "ended"))
    of_rows = zip(zip(*(ends[key] for key in keys), strict=True), begun, ended, strict=True)
    known: dict[tuple[str, ...], tuple[TwinningDate, TwinningDate | None]] = {}
    for place, (ends_of_row, start, end) in enumerate(of_rows):
        key = tuple(map(str, ends_of_row))
        if start is None:
            fault = "undated" if not table.columns[source.date][place].strip() else ""
        elif is_ended_before(start, end):
            fault = "ends-before"
        else:
            fault = "repeated" if key in known else ""
            known.setdefault(key, (start, end))
        if fault:
            text = Text(f"data.policy-{fault}", name=quote_cell(source.name), what=Listed(key, "comma"))
            faults.error("policy", text, table.file, int(table.rows[place]), source.date)
    return PolicyDates(source.name, keys, known, table.record, source.office)
