"""The Australian Bureau of Statistics' interface to merchandise trade by state."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from twintrade.data.geography import find_code, load_places
from twintrade.errors import SpecError
from twintrade.sources import base
from twintrade.sources.base import PartnerCode, Query, RawAnswer, Request, RowsPage, Source
from twintrade.text import Text

# What publishers with an SDMX interface share: keys of codes, answers as CSV, and errors with any status.

OBSERVED = ("TIME_PERIOD", "OBS_VALUE")


def build_series_key(*dimensions: Sequence[str]) -> str:
    """Return the key of series: codes of a dimension joined by plus signs, dimensions by full stops."""
    return ".".join("+".join(codes) for codes in dimensions)


def read_observations(source: Source, request: Request, answer: RawAnswer, needed: Sequence[str]) -> RowsPage:
    """Return the rows of an answer in SDMX-CSV."""
    if not answer.content:
        return base.NO_ROWS
    if answer.content.lstrip()[:1] == b"{":
        value = _load(answer)
        faults = value.get("error") or value.get("errors") or value.get("warning") or []
        first = faults[0] if isinstance(faults, list) and faults else faults
        words = (first.get("label") or first.get("message") or first.get("title")) if isinstance(first, dict) else ""
        raise base.refuse_answer(source, request, Text("sources.says-no", words=str(words or "")[:300]))
    return base.read_csv_page(source, request, answer, (*needed, *OBSERVED))


def _load(answer: RawAnswer) -> dict[str, Any]:
    with suppress(ValueError):
        if answer.content.lstrip()[:1] == b"{":
            return dict(json.loads(answer.content))
    return {}


# Eurostat's interface to Comext: the national side of a European city's trade.

_FLOWS = {"imports": "1", "exports": "2"}


class Eurostat(Source):
    """Goods trade of member states of the European Union by partner country, and month or year, from Comext."""

    name: ClassVar[str] = "eurostat"
    endpoint: ClassVar[str] = "https://ec.europa.eu/eurostat/api/comext/dissemination"
    needs: ClassVar[tuple[str, ...]] = ("cities", "partners", "period")
    steps: ClassVar[tuple[str, ...]] = ("month", "year")

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request a member state and year."""
        frequency = "M" if self.get_step(query) == "month" else "A"
        partners = list(_list_two_letters(query.partners))
        requests = []
        for state in _list_two_letters(query.cities):
            series = (
                ("freq", (frequency,)),
                ("reporter", (state,)),
                ("partner", tuple(partners)),
                ("product", (query.product or "TOTAL",)),
                ("flow", (_FLOWS[query.flow],)),
                ("indicators", ("VALUE_IN_EUROS",)),
            )
            path = f"/sdmx/2.1/data/DS-045409/{build_series_key(*(codes for _, codes in series))}"
            for year in query.years:
                months = tuple(f"{year}-{month:02d}" for month in query.list_months(year))
                periods = months if frequency == "M" else (str(year),)
                params = (("startPeriod", periods[0]), ("endPeriod", periods[-1]), ("format", "SDMX-CSV"))
                asked, accept = (*series, ("TIME_PERIOD", periods)), "text/csv, application/json"
                requests.append(Request(f"{state} {year}", path, params, accept=accept, asked=asked))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the observations."""
        return read_observations(self, request, answer, ("reporter", "partner", "product", "flow", "indicators"))

    def is_to_repeat(self, answer: RawAnswer) -> bool:
        """Whether the table is still being made and is to be asked for again."""
        warning = _load(answer).get("warning")
        return isinstance(warning, dict) and warning.get("status") == 413

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it."""
        return {
            "city": "reporter",
            "partner": "partner",
            "partner_names": _list_two_letters(query.partners),
            "period": "TIME_PERIOD",
            **({"frequency": "month"} if self.get_step(query) == "month" else {}),
            "value": "OBS_VALUE",
            "flow": query.flow,
            "reporter": "city",
            "money_unit": "EUR",
            "valuation": "fob" if query.flow == "exports" else "cif",
            "absent": "missing",
        }


def _list_two_letters(names: Sequence[str]) -> dict[str, str]:
    """Return the codes of two letters of countries, with their codes of three."""
    codes = {}
    for name in names:
        place = load_places().get(find_code(name))
        if place is None or not place.iso2:
            raise SpecError(f"{name!r} is no country with a code of two letters")
        codes[place.iso2] = place.code
    return codes


_COUNTRIES = "/rest/codelist/ABS/CL_MERCH_COUNTRY"
_STATES = {
    "1": "New South Wales", "2": "Victoria", "3": "Queensland", "4": "South Australia", "5": "Western Australia",
    "6": "Tasmania", "7": "Northern Territory", "8": "Australian Capital Territory",
}  # fmt: skip
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
        return [Request("countries", _COUNTRIES, accept="application/vnd.sdmx.structure+json", key="id")]

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request a year."""
        country, state = _ENDS[query.flow]
        series = (
            ("COMMODITY_SITC", (query.product or "TOT",)),
            (country, tuple(partner.code for partner in self._list_partners(query, lookups))),
            (state, query.cities),
            ("FREQ", ("M",)),
        )
        path = f"/rest/data/ABS,{_TABLES[query.flow]},1.0.0/{build_series_key(*(codes for _, codes in series))}"
        requests = []
        for year in query.years:
            months = tuple(f"{year}-{month:02d}" for month in query.list_months(year))
            period = (("startPeriod", months[0]), ("endPeriod", months[-1]))
            asked = (*series, ("TIME_PERIOD", months))
            requests.append(Request(str(year), path, period, accept="application/vnd.sdmx.data+csv", asked=asked))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the observations, all of them in thousands."""
        if request.path == _COUNTRIES:
            value = base.read_json(self, request, answer)
            try:
                codes = value["data"]["codelists"][0]["codes"]
                rows = tuple((str(code["id"]), str(code["name"])) for code in codes)
            except (KeyError, IndexError, TypeError):
                raise base.refuse_answer(self, request, Text("sources.no-records")) from None
            return RowsPage(("id", "name"), rows)
        flow = "exports" if f",{_TABLES['exports']}," in request.path else "imports"
        page = read_observations(self, request, answer, (*_ENDS[flow], "UNIT_MEASURE", "UNIT_MULT"))
        if others := sorted(set(page.column("UNIT_MULT")) - {_THOUSANDS} if page.rows else ()):
            raise base.refuse_answer(self, request, Text("sources.other-unit", unit=others[0]))
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
        codes = base.number_places((code, name) for code, name in lookups[0].rows)
        return base.resolve_partners(self.name, query.partners, codes)
