"""The United Kingdom's interface to regional trade statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from twintrade.sources import base
from twintrade.sources.base import PartnerCode, Query, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.text import Text

_COUNTRIES, _REGIONS, _TRADE = "/Country", "/Region", "/RTS"
_NEEDED = {
    _COUNTRIES: ("CountryId", "CountryCodeAlpha"),
    _REGIONS: ("RegionId", "RegionName"),
    _TRADE: ("MonthId", "FlowTypeId", "GovRegionId", "CountryId", "CommoditySitc2Id", "Value"),
}
_FLOWS = {"exports": ("2", "4"), "imports": ("1", "3")}


class Hmrc(Source):
    """Goods trade of UK regions by partner country, quarter and SITC division."""

    name: ClassVar[str] = "hmrc"
    endpoint: ClassVar[str] = "https://api.uktradeinfo.com"
    pace: ClassVar[float] = 1.1
    passing: ClassVar[frozenset[int]] = frozenset({403})
    needs: ClassVar[tuple[str, ...]] = ("period",)
    steps: ClassVar[tuple[str, ...]] = ("quarter",)

    def list_lookups(self, query: Query) -> Sequence[Request]:
        """Return the requests for the lists of countries and regions."""
        return [Request("countries", _COUNTRIES, key="CountryId"), Request("regions", _REGIONS, key="RegionId")]

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request a quarter, which the month that begins it names."""
        asked = (
            ("FlowTypeId", _FLOWS[query.flow]),
            ("GovRegionId", query.cities),
            ("CountryId", tuple(p.code for p in self._list_partners(query, lookups))),
            ("CommoditySitc2Id", tuple(filter(None, [query.product]))),
        )
        months = [f"{year}{month:02d}" for year in query.years for month in query.list_months(year) if month % 3 == 1]
        requests = []
        for month in months:
            question = (("MonthId", (month,)), *asked)
            # A condition holds for any of some values; the publisher refuses ``in``.
            named = [[" ".join((name, "eq", code)) for code in codes] for name, codes in question if codes]
            conditions = [f"({' or '.join(any_of)})" if len(any_of) > 1 else any_of[0] for any_of in named]
            requests.append(Request(month, _TRADE, (("$filter", " and ".join(conditions)),), asked=question))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the rows of ``value`` and where they go on, which must be this publisher again."""
        if not answer.content:
            return base.NO_ROWS
        value = base.read_json(self, request, answer)
        rows = value.get("value") if isinstance(value, dict) else None
        if not isinstance(rows, list):
            error = value.get("error") if isinstance(value, dict) else None
            says = error.get("message") if isinstance(error, dict) else ""
            raise refuse_answer(self, request, Text("sources.says-no", words=str(says)))
        page = base.build_page(self, request, rows, _NEEDED[request.path])
        link = value.get("@odata.nextLink")
        return RowsPage(page.columns, page.rows, self._follow(request, str(link)) if link else None)

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it; divisions are summed, and regions get their names."""
        partners = self._list_partners(query, lookups)
        if not partners:
            partners = [PartnerCode(code, place) for place, code in _read_codes(lookups[0]).items()]
            known = {partner.code for partner in partners}
            partners += [PartnerCode(c, "leave out") for c in lookups[0].column("CountryId") if c not in known]
        regions = dict(zip(lookups[1].column("RegionId"), lookups[1].column("RegionName"), strict=True))
        asked = query.cities or tuple(regions)
        cities = [{"name": code, "city": name} for code, name in regions.items() if code in asked]
        return {
            "city": "GovRegionId",
            "city_names": cities,
            "partner": "CountryId",
            "partner_names": {p.code: p.place for p in partners if p.place},
            "period": "MonthId",
            "frequency": "quarter",
            "value": "Value",
            "flow": query.flow,
            "reporter": "city",
            "money_unit": "GBP",
            "product": "CommoditySitc2Id",
            "product_revision": "SITC4",
            "absent": "zero",
        }

    def estimate_rows(self, query: Query) -> int:
        """Return the product of regions, partners, divisions and quarters."""
        quarters = sum(month % 3 == 1 for year in query.years for month in query.list_months(year))
        return (len(query.cities) or 14) * (len(query.partners) or 200) * (1 if query.product else 30) * quarters

    def _follow(self, request: Request, link: str) -> Request:
        try:
            parts = urlsplit(link)
        except ValueError:
            raise refuse_answer(self, request, Text("sources.sent-on", place=link)) from None
        if parts.netloc not in ("", urlsplit(self.endpoint).netloc):
            raise refuse_answer(self, request, Text("sources.sent-on", place=parts.netloc))
        params = tuple(parse_qsl(parts.query))
        if parts.path.rpartition("/")[2] != request.path.strip("/") or not params or params == request.params:
            raise refuse_answer(self, request, Text("sources.sent-on", place=parts.path))
        return replace(request, params=params)

    def _list_partners(self, query: Query, lookups: Sequence[RowsPage]) -> list[PartnerCode]:
        return base.resolve_partners(self.name, query.partners, _read_codes(lookups[0]))


def _read_codes(countries: RowsPage) -> dict[str, str]:
    """Return the publisher's numbers of countries by ISO code."""
    return base.number_places(zip(countries.column("CountryId"), countries.column("CountryCodeAlpha"), strict=True))
