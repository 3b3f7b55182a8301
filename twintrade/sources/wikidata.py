"""Dated twinnings from Wikidata, as a draft of a register in which every row has its reference."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from twintrade.errors import SourceError, SpecError
from twintrade.sources import base
from twintrade.sources.base import Query, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.text import Text

# Any ArcGIS table with a query endpoint, such as an open list of sister cities.

_PARTS = ("city", "partner", "partner_city", "date", "kind")
_DATE = "esriFieldTypeDate"
_USUAL_ROWS = 1000
_COUNT = re.compile("[0-9]{1,9}")


class Arcgis(Source):
    """Rows of an ArcGIS table, mapped to a register by --set city=, partner=, partner_city=, date= and kind=."""

    name: ClassVar[str] = "arcgis"
    endpoint: ClassVar[str] = "https://services.arcgis.com"
    needs: ClassVar[tuple[str, ...]] = ()
    is_shareable: ClassVar[bool] = False
    is_register: ClassVar[bool] = True

    def check(self, query: Query) -> None:
        """Refuse a query that names no layer or not its columns."""
        missing = [part for part in ("layer", "city", "partner", "date") if not query.options.get(part)]
        if missing:
            raise SpecError(f"arcgis needs --set {'=… --set '.join(missing)}=…")

    def list_lookups(self, query: Query) -> Sequence[Request]:
        """Return the requests for the layer's description and for its number of rows."""
        layer, where = f"/{query.options['layer'].strip('/')}", query.options.get("where", "1=1")
        count = (("where", where), ("returnCountOnly", "true"), ("f", "json"))
        return [Request("layer", layer, (("f", "json"),)), Request("count", f"{layer}/query", count)]

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return the request for the first page, as long as the layer allows."""
        key, most = lookups[0].rows[0]
        params = (
            *(("where", query.options.get("where", "1=1")), ("outFields", "*"), ("f", "json")),
            *(("returnGeometry", "false"), ("orderByFields", key)),
            *(("resultOffset", "0"), ("resultRecordCount", most)),
        )
        return [Request("0", f"/{query.options['layer'].strip('/')}/query", params)]

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the rows of ``features``; a date in milliseconds gets a column of its own as a date."""
        value = base.read_json(self, request, answer) if answer.content else {}
        error = value.get("error") if isinstance(value, dict) else {"message": ""}
        if error:
            words = f"{error.get('code', '')} {error.get('message', '')}".strip() if isinstance(error, dict) else ""
            raise refuse_answer(self, request, Text("sources.says-no", words=words))
        asked = dict(request.params)
        if "returnCountOnly" in asked:
            return self._check_number(request, base.build_page(self, request, [value], ("count",)), "count")
        if "resultOffset" not in asked:
            key, most = value.get("objectIdField") or "OBJECTID", value.get("maxRecordCount") or _USUAL_ROWS
            page = RowsPage(("key", "most"), ((base.write_cell(key), base.write_cell(most)),))
            return self._check_number(request, page, "most")
        features = value.get("features")
        if not isinstance(features, list) or not all(isinstance(f, dict) and "attributes" in f for f in features):
            raise refuse_answer(self, request, Text("sources.no-records"))
        dates = [f["name"] for f in value.get("fields", []) if f.get("type") == _DATE]
        try:
            records = [{**f["attributes"], **_read_dates(f["attributes"], dates)} for f in features]
        except (ValueError, OverflowError, TypeError):
            raise refuse_answer(self, request, Text("sources.no-date")) from None
        page = base.build_page(self, request, records, (asked["orderByFields"],))
        following = self._follow(request, asked) if value.get("exceededTransferLimit") else None
        return RowsPage(page.columns, page.rows, following) if page.rows or following else base.NO_ROWS

    def check_whole(self, lookups: Sequence[RowsPage], n_rows: int) -> None:
        """Refuse fewer or more rows than the layer counts."""
        count = int(lookups[1].column("count")[0])
        if count != n_rows:
            raise SourceError(Text("sources.other-count", source=self.name, n=n_rows, count=count))

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it, as the options map its columns."""
        named = {part: query.options[part] for part in _PARTS if query.options.get(part)}
        unknown = [name for name in named.values() if name not in columns]
        if unknown:
            raise SpecError(f"the table has no column {unknown[0]}; it has {', '.join(columns)}")
        if f"{named['date']}_iso" in columns:
            named["date"] = f"{named['date']}_iso"
        return {
            "id": lookups[0].rows[0][0],
            **named,
            **({} if "partner_city" in named else {"partner_city": {"constant": ""}}),
            **({} if "kind" in named else {"kind": {"constant": "sister city"}}),
            "undated": "exclude",
        }

    def estimate_rows(self, query: Query) -> int:
        """Return the size of a usual page."""
        return _USUAL_ROWS

    def _check_number(self, request: Request, page: RowsPage, name: str) -> RowsPage:
        cell = page.column(name)[0]
        if not _COUNT.fullmatch(cell):
            raise refuse_answer(self, request, Text("sources.no-figure", cell=cell))
        return page

    def _follow(self, request: Request, asked: Mapping[str, str]) -> Request:
        offset = str(int(asked["resultOffset"]) + int(asked["resultRecordCount"]))
        params = tuple((name, offset if name == "resultOffset" else text) for name, text in request.params)
        return replace(request, label=offset, params=params)


def _read_dates(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Return the dates of a record as ISO text, from milliseconds since 1970, also before it."""
    dates = {}
    for name in names:
        text = base.write_cell(record.get(name))
        day = datetime.date(1970, 1, 1) + datetime.timedelta(milliseconds=int(text)) if text else ""
        dates[f"{name}_iso"] = str(day)
    return dates


_BATCH = 20
_COLUMNS = (
    *("id", "city", "country_iso3", "partner_city", "partner_iso3", "date", "date_precision"),
    *("ended", "ended_precision", "agreement_type", "rank", "source_url", "city_item", "partner_item"),
)
_PRECISIONS = {"9": ("year", 4), "10": ("month", 7), "11": ("day", 10)}
_QUERY = """SELECT ?s ?city ?cityLabel ?cityIso ?twin ?twinLabel ?twinIso ?start ?sp ?end ?ep ?rank ?url WHERE {{
  {cities}
  ?city p:P190 ?s . ?s ps:P190 ?twin ; wikibase:rank ?rank .
  FILTER(?rank != wikibase:DeprecatedRank)
  ?twin wdt:P17/wdt:P298 ?twinIso .
  OPTIONAL {{ ?city rdfs:label ?cityLabel . FILTER(LANG(?cityLabel) = "en") }}
  OPTIONAL {{ ?twin rdfs:label ?twinLabel . FILTER(LANG(?twinLabel) = "en") }}
  OPTIONAL {{ ?city wdt:P17/wdt:P298 ?cityIso }}
  OPTIONAL {{ ?s pqv:P580 ?a . ?a wikibase:timeValue ?start ; wikibase:timePrecision ?sp }}
  OPTIONAL {{ ?s pqv:P582 ?b . ?b wikibase:timeValue ?end ; wikibase:timePrecision ?ep }}
  OPTIONAL {{ ?s prov:wasDerivedFrom/pr:P854 ?url }}
}}"""


class Wikidata(Source):
    """Twinned administrative bodies with start, end and references, by city or country of Wikidata."""

    name: ClassVar[str] = "wikidata"
    endpoint: ClassVar[str] = "https://query.wikidata.org"
    pace: ClassVar[float] = 5.0
    needs_contact: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ()
    is_register: ClassVar[bool] = True

    def check(self, query: Query) -> None:
        """Refuse a query that names neither items of cities nor one of a country."""
        country = query.options.get("country", "")
        items = [*query.cities, *([country] if country else [])]
        if not items or not all(item[:1] == "Q" and item[1:].isdigit() for item in items):
            raise SpecError("wikidata needs items: --cities Q1,Q2 or --set country=Q3")

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request for some cities, or for a country."""
        if country := query.options.get("country"):
            return [_build_request(country, " ".join(("?city", "wdt:P17", f"wd:{country}", ".")))]
        requests = []
        for i in range(0, len(query.cities), _BATCH):
            batch = query.cities[i : i + _BATCH]
            cities = " ".join(("VALUES", "?city", "{", *(f"wd:{city}" for city in batch), "}"))
            requests.append(_build_request(batch[0], cities, batch))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return one row a statement: dates as precise as they are, references joined by spaces."""
        if b"TimeoutException" in answer.content:
            raise refuse_answer(self, request, Text("sources.query-too-long"))
        if not answer.content:
            return base.NO_ROWS
        value = base.read_json(self, request, answer)
        try:
            bindings = value["results"]["bindings"]
            rows = [{name: _get_value(cell) for name, cell in binding.items()} for binding in bindings]
            statements = {row["s"]: row for row in reversed(rows)}
        except (KeyError, TypeError, AttributeError):
            raise refuse_answer(self, request, Text("sources.no-records")) from None
        urls: dict[str, list[str]] = {name: [] for name in statements}
        for row in rows:
            if any(row.get(end) != statements[row["s"]].get(end) for end in ("city", "twin")):
                raise refuse_answer(self, request, Text("sources.row-twice", cells=row["s"]))
            urls[row["s"]].append(row.get("url", ""))
        joined = {name: " ".join(dict.fromkeys(filter(None, several))) for name, several in urls.items()}
        cells = tuple(_build_row(row, joined[name]) for name, row in sorted(statements.items()))
        return RowsPage(_COLUMNS, cells) if cells else base.NO_ROWS

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read the register; agreements without a date are counted and left out."""
        return {
            "id": "id", "city": "city", "partner": "partner_iso3", "partner_city": "partner_city", "date": "date",
            "precision": "date_precision", "ended": "ended", "kind": "agreement_type",
            "kinds": {"twinned_body": "sister city"}, "source": "source_url", "undated": "exclude",
        }  # fmt: skip

    def estimate_rows(self, query: Query) -> int:
        """Return about twenty agreements a city."""
        return 20 * len(query.cities) or 10_000


def _build_request(label: str, cities: str, items: tuple[str, ...] = ()) -> Request:
    params = (("query", _QUERY.format(cities=cities)), ("format", "json"))
    return Request(label, "/sparql", params, accept="application/sparql-results+json", asked=(("city_item", items),))


def _get_value(cell: Mapping[str, str]) -> str:
    """Return the value of a binding: an item by its number, nothing for a blank node, which is an unknown value."""
    if cell["type"] == "bnode":
        return ""
    return cell["value"].rpartition("/")[2] if cell["value"].startswith("http://www.wikidata.org/") else cell["value"]


def _build_row(row: Mapping[str, str], urls: str) -> tuple[str, ...]:
    start, sp = _round_time(row.get("start", ""), row.get("sp", ""))
    end, ep = _round_time(row.get("end", ""), row.get("ep", ""))
    city, twin = row.get("city", ""), row.get("twin", "")
    return (
        *(row["s"], row.get("cityLabel") or city, row.get("cityIso", "")),
        *(row.get("twinLabel") or twin, row.get("twinIso", ""), start, sp, end, ep),
        *("twinned_body", row.get("rank", "").rpartition("#")[2].removesuffix("Rank").lower()),
        *(urls or f"https://www.wikidata.org/wiki/{city}#P190", city, twin),
    )


def _round_time(time: str, precision: str) -> tuple[str, str]:
    """Return a date with no more than its precision, and the precision; nothing where it is coarser than a year."""
    name, length = _PRECISIONS.get(precision, ("", 0))
    return (time.lstrip("+")[:length], name) if time else ("", "")
