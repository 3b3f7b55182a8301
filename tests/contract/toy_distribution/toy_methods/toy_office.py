"""A made-up statistics office that answers in CSV, a calendar year at a time."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twintrade.sources.base import Query, RawAnswer, Request, RowsPage, Source, read_csv_page

_NEEDED = ("region", "country", "year", "exports")


class ToyOffice(Source):
    """Goods exports of regions by partner country and year."""

    name: ClassVar[str] = "toy_office"
    endpoint: ClassVar[str] = "https://api.office.example"
    pace: ClassVar[float] = 1.0
    card: ClassVar = {
        "what": "Goods exports of regions by partner country and year.",
        "publisher": "The made-up office.",
        "rights": "Made up: may be passed on.",
        "columns": "region, country, year, and exports in US dollars.",
        "notes": "Nothing in it is real.",
    }

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request a calendar year."""
        regions, countries = ",".join(query.cities), ",".join(query.partners)
        return [
            Request(
                str(year),
                "/exports",
                (("year", str(year)), ("regions", regions), ("countries", countries)),
                asked=(("region", query.cities), ("country", query.partners), ("year", (str(year),))),
            )
            for year in query.years
        ]

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the rows of the table as they are written."""
        return read_csv_page(self, request, answer, _NEEDED)

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it."""
        return {
            "city": "region",
            "partner": "country",
            "period": "year",
            "value": "exports",
            "flow": query.flow,
            "reporter": "city",
            "money_unit": "USD",
            "absent": "zero",
        }

    def estimate_rows(self, query: Query) -> int:
        """Return the product of regions, countries and years."""
        return len(query.cities) * (len(query.partners) or 200) * len(query.years)
