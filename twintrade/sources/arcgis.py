"""Any ArcGIS table with a query endpoint, such as an open list of sister cities."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twintrade.errors import SourceError, SpecError
from twintrade.sources.answers import build_page, read_json, write_cell
from twintrade.sources.base import NO_ROWS, Query, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.text import Text

_PARTS = ("city", "partner", "partner_city", "date", "kind")
_DATE = "esriFieldTypeDate"
_USUAL_ROWS = 1000


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
        value = read_json(self, request, answer) if answer.content else {}
        error = value.get("error") if isinstance(value, dict) else {"message": ""}
        if error:
            words = f"{error.get('code', '')} {error.get('message', '')}".strip() if isinstance(error, dict) else ""
            raise refuse_answer(self, request, Text("sources.says-no", words=words))
        asked = dict(request.params)
        if "returnCountOnly" in asked:
            return build_page(self, request, [value], ("count",))
        if "resultOffset" not in asked:
            key, most = value.get("objectIdField") or "OBJECTID", value.get("maxRecordCount") or _USUAL_ROWS
            return RowsPage(("key", "most"), ((write_cell(key), write_cell(most)),))
        features = value.get("features")
        if not isinstance(features, list) or not all(isinstance(f, dict) and "attributes" in f for f in features):
            raise refuse_answer(self, request, Text("sources.no-records"))
        dates = [f["name"] for f in value.get("fields", []) if f.get("type") == _DATE]
        records = [{**f["attributes"], **_read_dates(f["attributes"], dates)} for f in features]
        page = build_page(self, request, records, ())
        following = self._follow(request, asked) if value.get("exceededTransferLimit") else None
        return RowsPage(page.columns, page.rows, following) if page.rows or following else NO_ROWS

    def check_whole(self, lookups: Sequence[RowsPage], n_rows: int) -> None:
        """Refuse fewer or more rows than the layer counts."""
        count = int(lookups[1].rows[0][lookups[1].columns.index("count")])
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
            **named,
            **({} if "partner_city" in named else {"partner_city": {"constant": ""}}),
            **({} if "kind" in named else {"kind": {"constant": "sister city"}}),
            "undated": "exclude",
        }

    def estimate_rows(self, query: Query) -> int:
        """Return the size of a usual page."""
        return _USUAL_ROWS

    def _follow(self, request: Request, asked: Mapping[str, str]) -> Request:
        offset = str(int(asked["resultOffset"]) + int(asked["resultRecordCount"]))
        params = tuple((name, offset if name == "resultOffset" else text) for name, text in request.params)
        return Request(offset, request.path, params)


def _read_dates(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Return the dates of a record as ISO text, from milliseconds since 1970, also before it."""
    dates = {}
    for name in names:
        text = write_cell(record.get(name))
        is_number = text.lstrip("-").isdigit()
        day = datetime.date(1970, 1, 1) + datetime.timedelta(milliseconds=int(text)) if is_number else ""
        dates[f"{name}_iso"] = str(day)
    return dates
