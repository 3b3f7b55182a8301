"""The United Nations' interface to trade of countries: partner totals and mirror figures."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twintrade.data.geography import list_un_codes
from twintrade.sources.answers import build_page, read_json
from twintrade.sources.base import NO_ROWS, Key, Query, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.sources.codes import PartnerCode, load_codes, resolve_partners
from twintrade.text import Text

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
                requests.append(Request(f"{reporter.place or reporter.code} {some[0]}", table, tuple(params)))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the rows of ``data``; as many as the cap are a cut answer."""
        if not answer.content:
            return NO_ROWS
        value = read_json(self, request, answer)
        rows = value.get("data") if isinstance(value, dict) else None
        if not isinstance(value, dict) or value.get("error") or not isinstance(rows, list):
            says = value.get("error") or value.get("message") if isinstance(value, dict) else ""
            raise refuse_answer(self, request, Text("sources.says-no", words=str(says or "")))
        if len(rows) >= _CAPS["preview" if "/preview/" in request.path else "get"]:
            raise refuse_answer(self, request, Text("sources.cap-reached", n=len(rows)))
        return build_page(self, request, rows, _NEEDED)

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it; the world is a total."""
        reporters, partners = self._resolve(query.cities), self._resolve(query.partners)
        names = [{"name": r.code, "city": r.place} for r in reporters if r.place]
        return {
            "city": "reporterCode",
            **({"city_names": names} if names else {}),
            "partner": "partnerCode",
            **(
                {"partner_names": {p.code: p.place for p in partners if p.place}}
                if partners
                else {"country_codes": "un", "drop": {"partnerCode": ["0"]}}
            ),
            "period": "period",
            **({"frequency": "month"} if self.get_step(query) == "month" else {}),
            "value": "primaryValue",
            "flow": query.flow,
            "reporter": "city",
            "money_unit": "USD",
            "valuation": "fob" if query.flow == "exports" else "cif",
            "absent": "missing",
        }

    def estimate_rows(self, query: Query) -> int:
        """Return the product of reporters, partners and periods."""
        periods = sum(len(query.list_months(y)) if self.get_step(query) == "month" else 1 for y in query.years)
        return len(query.cities) * (len(query.partners) or 200) * periods

    def _resolve(self, names: Sequence[str]) -> list[PartnerCode]:
        return resolve_partners(self.name, names, {**list_un_codes(), **load_codes(self.name)})
