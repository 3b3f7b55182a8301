"""Dated twinnings from Wikidata, as a draft of a register in which every row has its reference."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twintrade.errors import SpecError
from twintrade.sources.answers import read_json
from twintrade.sources.base import NO_ROWS, Query, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.text import Text

_BATCH = 20
_COLUMNS = (
    *(
        "id",
        "city",
        "country_iso3",
        "partner_city",
        "partner_iso3",
        "date",
        "date_precision",
        "ended",
        "ended_precision",
    ),
    *("agreement_type", "rank", "source_url", "city_item", "partner_item"),
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
        batches = [query.cities[i : i + _BATCH] for i in range(0, len(query.cities), _BATCH)]
        return [
            _build_request(batch[0], " ".join(("VALUES", "?city", "{", *(f"wd:{city}" for city in batch), "}")))
            for batch in batches
        ]

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return one row a statement: dates as precise as they are, references joined by spaces."""
        if b"TimeoutException" in answer.content:
            raise refuse_answer(self, request, Text("sources.query-too-long"))
        if not answer.content:
            return NO_ROWS
        value = read_json(self, request, answer)
        try:
            bindings = value["results"]["bindings"]
            rows = [{name: _get_value(cell) for name, cell in binding.items()} for binding in bindings]
            statements = {row["s"]: row for row in reversed(rows)}
        except (KeyError, TypeError, AttributeError):
            raise refuse_answer(self, request, Text("sources.no-records")) from None
        urls: dict[str, list[str]] = {name: [] for name in statements}
        for row in rows:
            urls[row["s"]].append(row.get("url", ""))
        cells = tuple(
            _build_row(row, " ".join(dict.fromkeys(filter(None, urls[name]))))
            for name, row in sorted(statements.items())
        )
        return RowsPage(_COLUMNS, cells) if cells else NO_ROWS

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read the register; agreements without a date are counted and left out."""
        return {
            "id": "id",
            "city": "city",
            "partner": "partner_iso3",
            "partner_city": "partner_city",
            "date": "date",
            "precision": "date_precision",
            "ended": "ended",
            "kind": "agreement_type",
            "kinds": {"twinned_body": "sister city"},
            "source": "source_url",
            "undated": "exclude",
        }

    def estimate_rows(self, query: Query) -> int:
        """Return about twenty agreements a city."""
        return 20 * len(query.cities) or 10_000


def _build_request(label: str, cities: str) -> Request:
    params = (("query", _QUERY.format(cities=cities)), ("format", "json"))
    return Request(label, "/sparql", params, accept="application/sparql-results+json")


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
