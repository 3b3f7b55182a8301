"""What every source answers: which requests to send, which rows an answer has, and how an analysis reads them."""

import csv
import io
import json
import math
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

from twintrade.data.geography import find_code
from twintrade.data.sources import quote_cell
from twintrade.errors import SourceError, SpecError
from twintrade.methods import Registry
from twintrade.text import Listed, Text, Words, list_some

# Countries in the codes of publishers, as far as they are not looked up at the publisher itself.


@dataclass(frozen=True, slots=True)
class PartnerCode:
    """One partner in a publisher's code."""

    code: str  # the publisher's
    place: str  # ISO 3166-1 alpha-3; empty where it is not known


@cache
def load_codes(source: str) -> dict[str, str]:
    """Return the codes of a source by ISO 3166-1 alpha-3."""
    text = files("twintrade.sources").joinpath("codes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text))
    return {row["place"]: row["code"] for row in rows if row["source"] == source}


def number_places(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the publisher's codes by ISO 3166-1 alpha-3, from its codes and names; the first of a place counts."""
    codes: dict[str, str] = {}
    for code, name in names:
        if place := find_code(name):
            codes.setdefault(place, code)
    return codes


def resolve_partners(source: str, partners: Sequence[str], codes: dict[str, str]) -> list[PartnerCode]:
    """Return countries, or codes of the publisher, in the publisher's ``codes``, which are by ISO 3166-1 alpha-3."""
    places = {code: place for place, code in codes.items()}
    resolved = []
    for partner in partners:
        place = find_code(partner)
        if place in codes:
            resolved.append(PartnerCode(codes[place], place))
        elif partner in places or not place:
            resolved.append(PartnerCode(partner, places.get(partner, "")))
        else:
            raise SpecError(
                f"the code of {partner} at {source} is not known here: give the publisher's own code in --partners"
            )
    return resolved


Flow = Literal["exports", "imports"]
_PERIOD = re.compile(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?")
_OPTIONS = {"cities": "--cities", "partners": "--partners", "period": "--from, --to"}
Step = Literal["year", "quarter", "month"]
CARD_PARTS = ("what", "publisher", "rights", "columns", "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a user asks a source for."""

    # cities, partners: Codes of the publisher, or for partners ISO 3166-1 alpha-3 where the source knows them
    cities: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    # first, last: First and last year, "2016", or month, "2016-03"
    first: str = ""
    last: str = ""
    flow: Flow = "exports"
    product: str = ""  # code of the publisher; empty for all products together
    step: Step | Literal[""] = ""  # empty for the source's usual one
    options: Mapping[str, str] = field(default_factory=dict)  # what one source alone understands

    @property
    def years(self) -> range:
        """The calendar years from the first to the last."""
        return range(int(self.first[:4]), int(self.last[:4]) + 1)

    def list_months(self, year: int) -> list[int]:
        """Return the months of a year that are asked for."""
        first = int(self.first[5:7] or 1) if year == int(self.first[:4]) else 1
        last = int(self.last[5:7] or 12) if year == int(self.last[:4]) else 12
        return list(range(first, last + 1))


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a publisher, without the key."""

    label: str  # what it asks for, for progress and messages
    path: str  # below the endpoint, with a leading slash
    params: tuple[tuple[str, str], ...] = ()  # a name may stand several times
    body: str = ""  # JSON that is posted; empty for a question in the address alone
    accept: str = "application/json"  # the type of answer that is asked for
    # Columns of the answer with the cells that were asked for; other cells are refused
    asked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    key: str = ""  # column of a list of codes in which none may come twice

    @property
    def address(self) -> str:
        """Path and parameters, as they may be shown."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back: an empty content where the publisher has no rows."""

    content: bytes
    kind: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class RowsPage:
    """The rows of one answer, every cell as the publisher wrote it."""

    columns: tuple[str, ...] = ()  # empty where the answer has no rows
    rows: tuple[tuple[str, ...], ...] = ()
    following: Request | None = None  # where the answer goes on

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


NO_ROWS = RowsPage()


@dataclass(frozen=True, slots=True)
class Key:
    """A key that a publisher hands out."""

    place: Literal["query", "header"]
    name: str  # of the parameter or header that carries it
    page: str  # where one is asked for
    is_required: bool = True


class Source(ABC):
    """A publisher's interface; a class with a name registers itself."""

    name: ClassVar[str] = ""
    endpoint: ClassVar[str] = ""  # host and base path; `TWINTRADE_ENDPOINT_<NAME>` stands in for it
    pace: ClassVar[float] = 1.0  # seconds from one question to the next that the publisher's limits ask for
    key: ClassVar[Key | None] = None
    # Statuses that go away by themselves, beside those that do everywhere
    passing: ClassVar[frozenset[int]] = frozenset()
    needs_contact: ClassVar[bool] = False  # whether the publisher refuses clients that do not say whom to write to
    # Parts of a query that must be given: "cities", "partners", "period"
    needs: ClassVar[tuple[str, ...]] = ("cities", "period")
    steps: ClassVar[tuple[str, ...]] = ("year",)  # frequencies it has, its usual one first
    usual_partners: ClassVar[int] = 200  # about how many a query without partners brings
    is_shareable: ClassVar[bool] = True  # whether its data may be passed on
    is_register: ClassVar[bool] = False  # whether it holds agreements and not trade
    # What the card of a table says (`CARD_PARTS`), where the catalogue has no messages for it
    card: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.name:
            SOURCES.add(cls.name, cls)

    def check(self, query: Query) -> None:
        """Refuse a query that the source cannot answer.

        Raises
        ------
        SpecError
        """
        given = {"cities": query.cities, "partners": query.partners, "period": query.first and query.last}
        missing = tuple(_OPTIONS[part] for part in self.needs if not given[part])
        if missing:
            raise SpecError(Text("sources.needs-options", source=self.name, options=Listed(missing)))
        if query.step and query.step not in self.steps:
            raise SpecError(f"{self.name} has no figures by {query.step}: choose --by {' or '.join(self.steps)}")
        for period in filter(None, (query.first, query.last)):
            if not _PERIOD.fullmatch(period):
                raise SpecError(f"{period!r} is no year or month: write 2016 or 2016-03")
        known = min(len(query.first), len(query.last))
        if query.first[:known] > query.last[:known]:
            raise SpecError(f"--from {query.first} is later than --to {query.last}")

    def get_step(self, query: Query) -> str:
        """Return the frequency that a query asks for."""
        return query.step or self.steps[0]

    def list_lookups(self, query: Query) -> Sequence[Request]:
        """Return the requests for lists of codes that the plan needs; none where the codes are known."""
        return ()

    @abstractmethod
    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return the requests whose answers make the table, in their order.

        Parameters
        ----------
        query : Query
        lookups : sequence of RowsPage
            Answers to ``list_lookups``, in its order.
        """

    @abstractmethod
    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the rows of an answer with status 200 or 204.

        Raises
        ------
        SourceError
            The answer is not what the publisher documents.
        """

    def is_to_repeat(self, answer: RawAnswer) -> bool:
        """Whether an answer says, whatever its status, that the question is to be asked again later."""
        return False

    def check_whole(self, lookups: Sequence[RowsPage], n_rows: int) -> None:
        """Refuse a table that has not as many rows as the publisher counts, where it counts them.

        Raises
        ------
        SourceError
        """
        return

    @abstractmethod
    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines of an analysis file that read the table, without ``file``."""

    def estimate_rows(self, query: Query) -> int:
        """Return about how many rows a query brings: cities times partners times periods."""
        periods = sum(len(query.list_months(y)) if self.get_step(query) == "month" else 1 for y in query.years)
        return len(query.cities) * (len(query.partners) or self.usual_partners) * periods


SOURCES: Registry[Source] = Registry("sources", "source")
_MOST_SHOWN = 500


def refuse_answer(source: Source, request: Request, why: Words) -> SourceError:
    """Return the error of an answer that is not what the publisher documents."""
    asked = {"source": source.name, "label": request.label, "address": request.address}
    return SourceError(Text("sources.refused", why=_drop_controls(why), **asked))


def _drop_controls(words: Any) -> Any:
    """Return words, some of them the publisher's, without what could steer a terminal and not without end."""
    if isinstance(words, Text):
        return Text(words.key, **{name: _drop_controls(value) for name, value in words.values})
    if isinstance(words, Listed):
        return Listed(tuple(map(_drop_controls, words.items)), words.join)
    if not isinstance(words, str):
        return words
    return "".join(c for c in words[:_MOST_SHOWN] if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


# Answers as text tables: JSON and CSV read without touching a cell, with a clear error where they are neither.

_SHOWN = 200


def read_json(source: Source, request: Request, answer: RawAnswer) -> Any:
    """Return the JSON value of an answer, numbers as the text that stands there."""
    text = _read_text(source, request, answer)
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_build_record)
    except (ValueError, RecursionError):
        raise refuse_answer(source, request, Text("sources.no-json", head=text[:_SHOWN])) from None


def _build_record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError
    return record


def read_csv_page(source: Source, request: Request, answer: RawAnswer, needed: Sequence[str]) -> RowsPage:
    """Return the rows of a CSV answer."""
    text = _read_text(source, request, answer)
    try:
        rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error:
        raise refuse_answer(source, request, Text("sources.no-records")) from None
    if not rows:
        return NO_ROWS
    page = RowsPage(rows[0], tuple(rows[1:]))
    if len(set(page.columns)) < len(page.columns):
        name = max(page.columns, key=page.columns.count)
        raise refuse_answer(source, request, Text("sources.column-twice", name=name))
    ragged = next((i for i, row in enumerate(page.rows, 2) if len(row) != len(page.columns)), None)
    if ragged is not None:
        raise refuse_answer(source, request, Text("sources.row-cut", row=ragged))
    require_columns(source, request, page.columns, needed)
    return page if page.rows else NO_ROWS


def build_page(
    source: Source, request: Request, records: Sequence[Mapping[str, Any]], needed: Sequence[str]
) -> RowsPage:
    """Return rows made of records, with every name that any of them has, in the order of the first appearance."""
    if not records:
        return NO_ROWS
    if not all(isinstance(record, Mapping) for record in records):
        raise refuse_answer(source, request, Text("sources.no-records"))
    columns = tuple(dict.fromkeys(name for record in records for name in record))
    require_columns(source, request, columns, needed)
    return RowsPage(columns, tuple(tuple(write_cell(record.get(name)) for name in columns) for record in records))


def write_cell(value: object) -> str:
    """Return a JSON value as the text of a cell; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def require_columns(source: Source, request: Request, columns: Sequence[str], needed: Sequence[str]) -> None:
    """Refuse an answer without the columns that its table is read by."""
    missing = [name for name in needed if name not in columns]
    if missing:
        lists = {"missing": Listed(tuple(missing), "comma"), "columns": Listed(tuple(columns), "comma")}
        raise refuse_answer(source, request, Text("sources.columns-changed", **lists))


def _read_text(source: Source, request: Request, answer: RawAnswer) -> str:
    try:
        text = answer.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse_answer(source, request, Text("sources.not-utf8")) from None
    if text.lstrip()[:1] == "<":
        raise refuse_answer(source, request, Text("sources.web-page"))
    return text


# Holds a publisher's rows against the question: nothing else, nothing twice, finite figures, clean text.

# Controls but for tab and line end, marks that turn the direction of text around, and halves of characters.
_UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_FIGURE = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_PARTS = ("city", "partner", "period", "subperiod", "product")
_MOST_NAMED, _MOST_ADDED = 6, 1_000_000

Cells = tuple[str, ...]


def check_page(source: Source, request: Request, page: RowsPage) -> None:
    """Refuse text that could steer a terminal, a code of a list that comes twice, and cells not asked for."""
    for row in (page.columns, *page.rows):
        if unclean := _UNCLEAN.search(" ".join(row)):
            raise refuse_answer(source, request, Text("sources.control", code=f"U+{ord(unclean[0]):04X}"))
    for name, wanted in request.asked:
        if name not in page.columns or not wanted:
            continue
        place, plain = page.columns.index(name), {_strip_zeros(cell) for cell in wanted}
        for row in page.rows:
            if _strip_zeros(row[place]) not in plain:
                asked = {"column": name, "cell": quote_cell(row[place]), "asked": list_some(wanted, _MOST_NAMED)}
                raise refuse_answer(source, request, Text("sources.not-asked", **asked))
    if request.key in page.columns:
        Contract(source, lambda columns: {"id": request.key}).take(request, page)


class Contract:
    """The rows of a table as they come; ``describe`` gives the lines that read a table with some columns."""

    def __init__(self, source: Source, describe: Callable[[Sequence[str]], Mapping[str, Any]]) -> None:
        self._source, self._describe = source, describe
        self._lines: Mapping[str, Any] = {}
        self._keys: set[Cells] = set()

    def take(self, request: Request, page: RowsPage) -> None:
        """Refuse a row whose key came before, and a figure that is no finite number."""
        if not page.rows:
            return
        self._lines = self._lines or self._describe(page.columns)
        columns = page.columns
        keys = _list_keys(self._lines, request, columns)
        value = columns.index(self._lines["value"]) if "value" in self._lines else None
        for row in page.rows:
            key = tuple(row[columns.index(name)] for name in keys)
            if key in self._keys:
                cells = list_some([quote_cell(cell) for cell in key], _MOST_NAMED)
                raise refuse_answer(self._source, request, Text("sources.row-twice", cells=cells))
            self._keys.add(key)
            figure = "" if value is None else row[value]
            if figure and not (_FIGURE.fullmatch(figure) and math.isfinite(float(figure))):
                raise refuse_answer(self._source, request, Text("sources.no-figure", cell=quote_cell(figure)))


def _list_keys(lines: Mapping[str, Any], request: Request, columns: Sequence[str]) -> list[str]:
    """Return the columns that tell rows apart: an identifier, or the parts of the table and what was asked for."""
    if lines.get("id") in columns:
        return [lines["id"]]
    named = [*(str(lines.get(part)) for part in _PARTS), *(name for name, _ in request.asked)]
    return [name for name in dict.fromkeys(named) if name in columns]


def list_silent(
    lines: Mapping[str, Any], requests: Sequence[Request], columns: Sequence[str], rows: Sequence[Cells]
) -> dict[Cells, Request]:
    """Return reporters and periods that were asked for and have no row, each with its request."""
    if "value" not in lines:
        return {}
    names = [name for name in (lines["city"], lines["period"], lines.get("subperiod")) if name]
    places = [columns.index(name) for name in names]
    seen = {tuple(_strip_zeros(row[place]) for place in places) for row in rows}
    reporters = tuple(dict.fromkeys(row[places[0]] for row in rows))
    asked = ({names[0]: reporters} | {n: cells for n, cells in request.asked if cells} for request in requests)
    return {
        spot: request
        for request, cells in zip(requests, asked, strict=True)
        for spot in product(*(cells.get(name, ()) for name in names))
        if tuple(map(_strip_zeros, spot)) not in seen
    }


def list_missing(
    lines: Mapping[str, Any], silent: Mapping[Cells, Request], columns: Sequence[str], rows: Sequence[Cells]
) -> list[Cells] | None:
    """Return rows without a figure for all partners of silent reporters and periods; none if they are too many."""
    named = [lines["city"], lines["period"], *filter(None, [lines.get("subperiod")])]
    partner = columns.index(lines["partner"])
    partners = {row[partner]: row for row in rows}
    if len(silent) * len(partners) > _MOST_ADDED:
        return None
    rules = {*lines.get("drop", ()), *lines.get("where", ())}
    added = []
    for spot, request in silent.items():
        kept, put = {*_list_keys(lines, request, columns), *rules}, dict(zip(named, spot, strict=True))
        for row in partners.values():
            cells = zip(columns, row, strict=True)
            added.append(tuple(put.get(name, cell if name in kept else "") for name, cell in cells))
    return added


def _strip_zeros(cell: str) -> str:
    """Return a code as it is compared: publishers write 03 and 3, 023 and 23."""
    return cell.lstrip("0") or "0"
