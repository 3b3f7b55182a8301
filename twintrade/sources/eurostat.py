"""Eurostat's interface to Comext: the national side of a European city's trade."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twintrade.data.geography import find_code, load_places
from twintrade.errors import SpecError
from twintrade.sources.base import Query, RawAnswer, Request, RowsPage, Source
from twintrade.sources.sdmx import build_series_key, is_put_off, read_observations

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
            key = build_series_key(
                [frequency], [state], partners, [query.product or "TOTAL"], [_FLOWS[query.flow]], ["VALUE_IN_EUROS"]
            )
            for year in query.years:
                months = query.list_months(year)
                first, last = (
                    f"{year}-{month:02d}" if frequency == "M" else str(year) for month in (months[0], months[-1])
                )
                params = (("startPeriod", first), ("endPeriod", last), ("format", "SDMX-CSV"))
                path = f"/sdmx/2.1/data/DS-045409/{key}"
                requests.append(Request(f"{state} {year}", path, params, accept="text/csv, application/json"))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the observations."""
        return read_observations(self, request, answer, ("reporter", "partner", "product", "flow", "indicators"))

    def is_to_repeat(self, answer: RawAnswer) -> bool:
        """Whether the table is still being made."""
        return is_put_off(answer)

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

    def estimate_rows(self, query: Query) -> int:
        """Return the product of member states, partners and periods."""
        periods = sum(len(query.list_months(y)) if self.get_step(query) == "month" else 1 for y in query.years)
        return len(query.cities) * len(query.partners) * periods


def _list_two_letters(names: Sequence[str]) -> dict[str, str]:
    """Return the codes of two letters of countries, with their codes of three."""
    codes = {}
    for name in names:
        place = load_places().get(find_code(name))
        if place is None or not place.iso2:
            raise SpecError(f"{name!r} is no country with a code of two letters")
        codes[place.iso2] = place.code
    return codes
