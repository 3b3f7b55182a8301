"""The Australian Bureau of Statistics' interface to merchandise trade by state."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twintrade.data.geography import find_code
from twintrade.sources.base import Query, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.sources.codes import PartnerCode, resolve_partners
from twintrade.sources.sdmx import build_series_key, read_codelist, read_observations
from twintrade.text import Text

_COUNTRIES = "/rest/codelist/ABS/CL_MERCH_COUNTRY"
_STATES = {
    "1": "New South Wales",
    "2": "Victoria",
    "3": "Queensland",
    "4": "South Australia",
    "5": "Western Australia",
    "6": "Tasmania",
    "7": "Northern Territory",
    "8": "Australian Capital Territory",
}
_TABLES = {"exports": "MERCH_EXP", "imports": "MERCH_IMP"}
_ENDS = {"exports": ("COUNTRY_DEST", "STATE_ORIGIN"), "imports": ("COUNTRY_ORIGIN", "STATE_DEST")}
_THOUSANDS = "3"


class AustralianBureau(Source):
    """Goods trade of Australian states by partner country and month."""

    name: ClassVar[str] = "abs"
    endpoint: ClassVar[str] = "https://data.api.abs.gov.au"
    steps: ClassVar[tuple[str, ...]] = ("month", "year")

    def list_lookups(self, query: Query) -> Sequence[Request]:
        """Return the request for the list of countries."""
        return [Request("countries", _COUNTRIES, accept="application/vnd.sdmx.structure+json")]

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request a year."""
        partners = [partner.code for partner in self._list_partners(query, lookups)]
        key = build_series_key([query.product or "TOT"], partners, query.cities, ["M"])
        requests = []
        for year in query.years:
            months = query.list_months(year)
            period = (("startPeriod", f"{year}-{months[0]:02d}"), ("endPeriod", f"{year}-{months[-1]:02d}"))
            path = f"/rest/data/ABS,{_TABLES[query.flow]},1.0.0/{key}"
            requests.append(Request(str(year), path, period, accept="application/vnd.sdmx.data+csv"))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the observations, all of them in thousands."""
        if request.path == _COUNTRIES:
            return read_codelist(self, request, answer)
        flow = "exports" if f",{_TABLES['exports']}," in request.path else "imports"
        page = read_observations(self, request, answer, (*_ENDS[flow], "UNIT_MEASURE", "UNIT_MULT"))
        if page.rows:
            place = page.columns.index("UNIT_MULT")
            others = {row[place] for row in page.rows} - {_THOUSANDS}
            if others:
                raise refuse_answer(self, request, Text("sources.other-unit", unit=sorted(others)[0]))
        return page

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it: thousand Australian dollars, states by name."""
        country, state = _ENDS[query.flow]
        partners = self._list_partners(query, lookups)
        if not partners:
            partners = [PartnerCode(code, find_code(name) or "leave out") for code, name in lookups[0].rows]
        cities = [{"name": code, "city": _STATES[code]} for code in query.cities if code in _STATES]
        return {
            "city": state,
            **({"city_names": cities} if cities else {}),
            "partner": country,
            "partner_names": {p.code: p.place for p in partners if p.place},
            "period": "TIME_PERIOD",
            "frequency": "month",
            **({"to_frequency": "year"} if self.get_step(query) == "year" else {}),
            "value": "OBS_VALUE",
            "flow": query.flow,
            "reporter": "city",
            "money_unit": "1,000 AUD",
            "absent": "missing",
        }

    def estimate_rows(self, query: Query) -> int:
        """Return the product of states, partners and months."""
        months = sum(len(query.list_months(year)) for year in query.years)
        return len(query.cities) * (len(query.partners) or 200) * months

    def _list_partners(self, query: Query, lookups: Sequence[RowsPage]) -> list[PartnerCode]:
        codes: dict[str, str] = {}
        for code, name in lookups[0].rows:
            if place := find_code(name):
                codes.setdefault(place, code)
        return resolve_partners(self.name, query.partners, codes)
