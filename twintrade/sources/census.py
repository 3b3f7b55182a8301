"""The United States Census Bureau's interface to international trade by state or port."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twintrade.sources import base
from twintrade.sources.base import Key, PartnerCode, Query, RawAnswer, Request, RowsPage, Source
from twintrade.text import Text

_TOTALS = ("-",)


class Census(Source):
    """Goods trade of the United States by state or port, partner, and year or month; needs a key."""

    name: ClassVar[str] = "census"
    endpoint: ClassVar[str] = "https://api.census.gov"
    key: ClassVar[Key | None] = Key("query", "key", "https://api.census.gov/data/key_signup.html")
    steps: ClassVar[tuple[str, ...]] = ("year", "month")
    usual_partners: ClassVar[int] = 231  # all that have a code in codes.csv

    def plan(self, query: Query, lookups: Sequence[RowsPage]) -> Sequence[Request]:
        """Return one request a state and year: larger ones are refused by the publisher."""
        place, side = _get_place(query), "E" if query.flow == "exports" else "I"
        names = [place, "CTY_CODE", "CTY_NAME", _get_value(self, query)]
        names += ["PORT_NAME"] if place == "PORT" else []
        product = [f"{side}_COMMODITY"] if query.product else []
        level = [("COMM_LVL", f"HS{len(query.product)}")] if query.product else []
        partners = tuple(partner.code for partner in self._list_partners(query))
        path = f"/data/timeseries/intltrade/{query.flow}/{'porths' if place == 'PORT' else 'statehs'}"
        requests, is_year = [], self.get_step(query) == "year"
        for city, year in itertools.product(query.cities, query.years):
            months = ("12",) if is_year else tuple(f"{month:02d}" for month in query.list_months(year))
            asked = (
                (place, (city,)),
                ("YEAR", (str(year),)),
                ("MONTH", months),
                ("CTY_CODE", partners),
                *((name, (query.product,)) for name in product),
            )
            columns = ("get", ",".join([*names, *product]))
            params = (columns, *((name, cell) for name, cells in asked for cell in cells), *level)
            requests.append(Request(f"{city} {year}", path, params, asked=asked))
        return requests

    def parse(self, request: Request, answer: RawAnswer) -> RowsPage:
        """Return the rows of a list of lists; a predicate that comes back as a second column stands once."""
        if not answer.content:
            return base.NO_ROWS
        table = base.read_json(self, request, answer)
        if not isinstance(table, list) or not table or not all(isinstance(row, list) for row in table):
            raise base.refuse_answer(self, request, Text("sources.no-records"))
        header, rows = [base.write_cell(name) for name in table[0]], table[1:]
        if any(len(row) != len(header) for row in rows):
            raise base.refuse_answer(self, request, Text("sources.no-records"))
        base.require_columns(self, request, header, [*dict(request.params)["get"].split(","), "YEAR", "MONTH"])
        places = {name: header.index(name) for name in header}
        for i, name in enumerate(header):
            if any(row[i] != row[places[name]] for row in rows):
                raise base.refuse_answer(self, request, Text("sources.column-twice", name=name))
        cells = tuple(tuple(base.write_cell(row[i]) for i in places.values()) for row in rows)
        return RowsPage(tuple(places), cells) if cells else base.NO_ROWS

    def describe_table(self, query: Query, columns: Sequence[str], lookups: Sequence[RowsPage]) -> Mapping[str, Any]:
        """Return the lines that read it: December's year to date is the year."""
        partners = self._list_partners(query)
        is_known = bool(partners) and all(partner.place for partner in partners)
        is_year, product = self.get_step(query) == "year", "E_COMMODITY" if query.flow == "exports" else "I_COMMODITY"
        return {
            "city": _get_place(query),
            "partner": "CTY_CODE" if is_known else "CTY_NAME",
            **({"partner_names": {p.code: p.place for p in partners}} if is_known else {}),
            "period": "YEAR",
            **({} if is_year else {"subperiod": "MONTH", "frequency": "month"}),
            "value": _get_value(self, query),
            "flow": query.flow,
            "reporter": "city",
            "money_unit": "USD",
            **({"valuation": "fas"} if query.flow == "exports" else {}),
            **({"product": product, "product_revision": "HS"} if query.product else {}),
            **({"where": {"MONTH": "12"}} if is_year else {}),
            **({} if partners else {"drop": {"CTY_CODE": list(_TOTALS)}}),
            "absent": "zero",
        }

    def _list_partners(self, query: Query) -> list[PartnerCode]:
        return base.resolve_partners(self.name, query.partners, base.load_codes(self.name))


def _get_place(query: Query) -> str:
    """Return the column of the reporting end: states, or ports where they are asked for."""
    return "PORT" if query.options.get("place") == "port" else "STATE"


def _get_value(source: Source, query: Query) -> str:
    ending = "YR" if source.get_step(query) == "year" else "MO"
    return f"{'ALL' if query.flow == 'exports' else 'GEN'}_VAL_{ending}"
