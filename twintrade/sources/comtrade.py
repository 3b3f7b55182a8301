"""The United Nations' interface to trade of countries: partner totals and mirror figures."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twintrade.data.geography import find_code, list_un_codes
from twintrade.sources import base
from twintrade.sources.base import Key, PartnerCode, Query, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.text import Text

# The Brazilian ministry's interface to exports and imports by municipality.

_MOST_ROWS = 150_000
_CITY = ("noMunMinsgUf", "noMunMinsgUF")
_COUNTRIES = "/tables/countries"
# States by the first digits of a municipality, in the publisher's numbers and in those of the statistical office
_STATES = {"34": "SP", "50": "MS", "52": "MS GO", "53": "GO DF", "54": "DF"} | {
    str(first + i): state
    for first, states in [
        (11, "RO AC AM RR PA AP TO"), (21, "MA PI CE RN PB PE AL SE BA"), (31, "MG ES RJ"), (35, "SP"),
        (41, "PR SC RS"), (51, "MT"),
    ]
    for i, state in enumerate(states.split())
}  # fmt: skip


class Comexstat(Source):
    """Goods trade of Brazilian municipalities by partner country, and year or month, from 1997."""

    name: ClassVar[str] = "comexstat"
    endpoint: ClassVar[str] = "https://api-comexstat.mdic.gov.br"
    pace: ClassVar[float] = 20.0
    steps: ClassVar[tuple[str, ...]] = ("year", "month")
    usual_partners: ClassVar[int] = 60

    def list_lookups(self, query: Query) -> Sequence[Request]:
        """Return the request for the list of countries."""
        return [Request("countries", _COUNTRIES, (("language", "en"),), key="id")]

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request a calendar year: a period that crosses New Year loses months."""
        filters = [{"filter": "city", "values": list(query.cities)}]
        names: tuple[str, ...] = ()
        if query.partners:
            partners = self._list_partners(query, lookups)
            filters.append({"filter": "country", "values": [partner.code for partner in partners]})
            texts = dict(_list_countries(lookups))
            names = tuple(texts[partner.code] for partner in partners if partner.code in texts)
        if query.product:
            filters.append({"filter": "heading", "values": [query.product]})
        requests = []
        for year in query.years:
            months = query.list_months(year)
            body = {
                "flow": query.flow.removesuffix("s"),
                "monthDetail": self.get_step(query) == "month",
                "period": {"from": f"{year}-{months[0]:02d}", "to": f"{year}-{months[-1]:02d}"},
                "filters": filters,
                "details": ["city", "country"],
                "metrics": ["metricFOB", "metricKG"],
            }
            asked: list[tuple[str, tuple[str, ...]]] = [("year", (str(year),)), ("country", names)]
            if body["monthDetail"]:
                asked.append(("monthNumber", tuple(f"{month:02d}" for month in months)))
            question = (("language", "en"),), json.dumps(body)
            requests.append(Request(str(year), "/cities", *question, asked=tuple(asked)))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the rows of ``data.list``; an answer as long as the cap is cut and refused."""
        value = base.read_json(self, request, answer) if answer.content else {"success": True, "data": {"list": []}}
        value = value if isinstance(value, dict) else {}
        data = value.get("data") if value.get("success", True) is True else None
        rows = data.get("list") if isinstance(data, dict) else None
        if not isinstance(rows, list):
            raise refuse_answer(self, request, Text("sources.says-no", words=str(value.get("message") or "")))
        if request.path == _COUNTRIES:
            return base.build_page(self, request, rows, ("id", "text"))
        if len(rows) >= _MOST_ROWS:
            raise refuse_answer(self, request, Text("sources.cap-reached", n=len(rows)))
        months = ("monthNumber",) if json.loads(request.body)["monthDetail"] else ()
        page = base.build_page(self, request, rows, ("year", *months, "country", "metricFOB"))
        if page.rows and not set(_CITY) & set(page.columns):
            raise refuse_answer(self, request, Text("sources.no-city-column"))
        self._check_cities(request, page)
        return page if page.rows else base.NO_ROWS

    def _check_cities(self, request: Request, page: RowsPage) -> None:
        """Refuse more cities than were asked for, and one of another state: rows have names, questions numbers."""
        asked = json.loads(request.body)["filters"][0]["values"]
        states = {state for code in asked for state in _STATES.get(code[:2], "").split()}
        column = next((name for name in _CITY if name in page.columns), "")
        names = dict.fromkeys(page.column(column) if column else ())
        others = [name for name in names if name.rpartition(" - ")[2] not in states or " - " not in name]
        if others or len(names) > len(asked):
            name = (others or [*names])[-1]
            raise refuse_answer(self, request, Text("sources.other-city", name=name, n=len(asked)))

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it: cities by name and state."""
        # What is no country is left out and counted.
        names = {name: "leave out" for _, name in _list_countries(lookups) if not find_code(name)}
        is_month = self.get_step(query) == "month"
        return {
            "city": next(name for name in _CITY if name in columns),
            "partner": "country",
            **({"partner_names": names} if names else {}),
            "period": "year",
            **({"subperiod": "monthNumber", "frequency": "month"} if is_month else {}),
            "value": "metricFOB",
            "flow": query.flow,
            "reporter": "city",
            "money_unit": "USD",
            "valuation": "fob",
            "absent": "zero",
        }

    def _list_partners(self, query: Query, lookups: Sequence[RowsPage]) -> list[PartnerCode]:
        return base.resolve_partners(self.name, query.partners, base.number_places(_list_countries(lookups)))


def _list_countries(lookups: Sequence[RowsPage]) -> list[tuple[str, str]]:
    return list(zip(lookups[0].column("id"), lookups[0].column("text"), strict=True))


_MOST_PERIODS = 12
_CAPS = {"preview": 500, "get": 100_000}
_NEEDED = ("reporterCode", "partnerCode", "period", "flowCode", "cmdCode", "primaryValue")
_FLOWS = {"exports": "X", "imports": "M"}


class Comtrade(Source):
    """Goods trade of countries by partner country, and year or month; with a key, and not to be passed on."""

    name: ClassVar[str] = "comtrade"
    endpoint: ClassVar[str] = "https://comtradeapi.un.org"
    key: ClassVar[Key | None] = Key(
        "header", "Ocp-Apim-Subscription-Key", "https://comtradedeveloper.un.org", is_required=False
    )
    steps: ClassVar[tuple[str, ...]] = ("year", "month")
    is_shareable: ClassVar[bool] = False

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request a reporter and twelve periods; a preview without key takes one period."""
        is_month, is_preview = self.get_step(query) == "month", query.options.get("preview") == "yes"
        periods = [
            f"{year}{month:02d}" if is_month else str(year)
            for year in query.years
            for month in (query.list_months(year) if is_month else [1])
        ]
        width = 1 if is_preview else _MOST_PERIODS
        table = f"{'/public/v1/preview' if is_preview else '/data/v1/get'}/C/{'M' if is_month else 'A'}/HS"
        partners = self._resolve(query.partners)
        requests = []
        for reporter in self._resolve(query.cities):
            for i in range(0, len(periods), width):
                some = periods[i : i + width]
                params = [("reporterCode", reporter.code), ("period", ",".join(some))]
                if partners:
                    params.append(("partnerCode", ",".join(partner.code for partner in partners)))
                params += [("cmdCode", query.product or "TOTAL"), ("flowCode", _FLOWS[query.flow])]
                params += [("partner2Code", "0"), ("motCode", "0"), ("customsCode", "C00")]
                asked = tuple((name, tuple(value.split(","))) for name, value in params)
                label = f"{reporter.place or reporter.code} {some[0]}"
                requests.append(Request(label, table, tuple(params), asked=asked))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the rows of ``data``; as many as the cap are a cut answer."""
        if not answer.content:
            return base.NO_ROWS
        value = base.read_json(self, request, answer)
        rows = value.get("data") if isinstance(value, dict) else None
        if not isinstance(value, dict) or value.get("error") or not isinstance(rows, list):
            says = value.get("error") or value.get("message") if isinstance(value, dict) else ""
            raise refuse_answer(self, request, Text("sources.says-no", words=str(says or "")))
        if len(rows) >= _CAPS["preview" if "/preview/" in request.path else "get"]:
            raise refuse_answer(self, request, Text("sources.cap-reached", n=len(rows)))
        return base.build_page(self, request, rows, _NEEDED)

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it; the world is a total."""
        reporters, partners = self._resolve(query.cities), self._resolve(query.partners)
        names = [{"name": r.code, "city": r.place} for r in reporters if r.place]
        lines = {"partner_names": {p.code: p.place for p in partners if p.place}}
        world = {"country_codes": "un", "drop": {"partnerCode": ["0"]}}
        return {
            "city": "reporterCode",
            **({"city_names": names} if names else {}),
            "partner": "partnerCode",
            **(lines if partners else world),
            "period": "period",
            **({"frequency": "month"} if self.get_step(query) == "month" else {}),
            "value": "primaryValue",
            "flow": query.flow,
            "reporter": "city",
            "money_unit": "USD",
            "valuation": "fob" if query.flow == "exports" else "cif",
            "absent": "missing",
        }

    def _resolve(self, names: Sequence[str]) -> list[PartnerCode]:
        return base.resolve_partners(self.name, names, {**list_un_codes(), **base.load_codes(self.name)})
