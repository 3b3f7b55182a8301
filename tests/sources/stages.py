"""Every publisher as a stage: a query, honest answers to its questions, and which column plays which part."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

from loopback import Asked, Reply

from twintrade.sources.base import Query

Rows = list[dict]


@dataclass(frozen=True)
class Stage:
    """One publisher with honest answers; ``parts`` names the columns by their roles."""

    name: str
    query: Query
    parts: dict[str, str]
    list_rows: Callable[[Asked], Rows]
    encode: Callable[[Rows], bytes | str | list | dict]
    lookups: Callable[[Asked], Reply | None] = lambda asked: None
    other: dict = field(default_factory=dict)  # by role: a cell that was not asked for
    environment: dict = field(default_factory=dict)

    @property
    def is_json(self) -> bool:
        return not isinstance(self.encode([]), str)

    def answer(self, asked: Asked) -> Reply:
        return self.lookups(asked) or Reply(self.encode(self.list_rows(asked)))


def figure(*parts: object) -> str:
    """A figure that depends on its place alone."""
    return str(1000 + sum((i + 1) * ord(c) for i, c in enumerate("|".join(map(str, parts)))))


# United States

STATES, PARTNERS = {"CA": "CA", "TX": "TX"}, {"4631": "ARMENIA", "5330": "INDIA"}


def list_census(asked: Asked) -> Rows:
    place = asked.named
    partners = [value for name, value in asked.params if name == "CTY_CODE"]
    months = [value for name, value in asked.params if name == "MONTH"]
    return [
        {
            "STATE": place["STATE"],
            "CTY_CODE": code,
            "CTY_NAME": PARTNERS[code],
            "ALL_VAL_YR": figure(place["STATE"], code, place["YEAR"]),
            "YEAR": place["YEAR"],
            "MONTH": month,
        }
        for code, month in product(partners, months)
    ]


def encode_lists(rows: Rows) -> list:
    names = list(dict.fromkeys(name for row in rows for name in row)) or list(list_census_header())
    return [names, *([row.get(name) for name in names if name in row] for row in rows)]


def list_census_header() -> tuple[str, ...]:
    return ("STATE", "CTY_CODE", "CTY_NAME", "ALL_VAL_YR", "YEAR", "MONTH")


# Brazil

CITIES = {"2611606": "Recife - PE", "4106902": "Curitiba - PR"}
BRAZIL_PARTNERS = {"160": "China", "023": "Germany", "249": "United States"}


def list_comexstat(asked: Asked) -> Rows:
    body = json.loads(asked.body)
    cities, countries = (f["values"] for f in body["filters"][:2])
    year = body["period"]["from"][:4]
    return [
        {
            "year": year,
            "noMunMinsgUf": CITIES[city],
            "country": BRAZIL_PARTNERS.get(country, country),
            "metricFOB": figure(city, country, year),
            "metricKG": "7",
        }
        for city, country in product(cities, countries)
    ]


def look_up_comexstat(asked: Asked) -> Reply | None:
    if asked.path != "/tables/countries":
        return None
    rows = [{"id": code, "text": name} for code, name in BRAZIL_PARTNERS.items()]
    return Reply({"data": {"list": rows}, "success": True})


# United Kingdom


def read_filter(asked: Asked) -> dict[str, list[str]]:
    terms: dict[str, list[str]] = {}
    for name, value in re.findall(r"(\w+) eq (\w+)", asked.named["$filter"]):
        terms.setdefault(name, []).append(value)
    return terms


def list_hmrc(asked: Asked) -> Rows:
    terms = read_filter(asked)
    return [
        {
            "MonthId": int(terms["MonthId"][0]),
            "FlowTypeId": 4,
            "GovRegionId": int(region),
            "CountryId": int(country),
            "CommoditySitc2Id": 1,
            "Value": float(figure(region, country, terms["MonthId"][0])),
            "NetMass": 2,
        }
        for region, country in product(terms["GovRegionId"], terms["CountryId"])
    ]


def look_up_hmrc(asked: Asked) -> Reply | None:
    if asked.path == "/Country":
        countries = [(400, "US"), (720, "CN"), (1, "FR")]
        return Reply({"value": [{"CountryId": n, "CountryCodeAlpha": a} for n, a in countries]})
    regions = [(11, "Scotland"), (9, "Wales"), (8, "London")]
    rows = [{"RegionId": n, "RegionName": name} for n, name in regions]
    return Reply({"value": rows}) if asked.path == "/Region" else None


# European Union and Australia


def write_text(rows: Rows) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["nothing"]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([["" if row[n] is None else row[n] for n in names if n in row] for row in rows])
    return stream.getvalue()


def list_eurostat(asked: Asked) -> Rows:
    frequency, reporter, partners, goods, flow, unit = asked.path.rpartition("/")[2].split(".")
    year, first = asked.named["startPeriod"].split("-")
    last = asked.named["endPeriod"][5:]
    return [
        {
            "DATAFLOW": "ESTAT:DS-045409(1.0)",
            "freq": frequency,
            "reporter": reporter,
            "partner": partner,
            "product": goods,
            "flow": flow,
            "indicators": unit,
            "TIME_PERIOD": f"{year}-{month:02d}",
            "OBS_VALUE": figure(reporter, partner, year, month),
        }
        for partner, month in product(partners.split("+"), range(int(first), int(last) + 1))
    ]


def list_abs(asked: Asked) -> Rows:
    goods, partners, states, frequency = asked.path.rpartition("/")[2].split(".")
    year, first = asked.named["startPeriod"].split("-")
    last = asked.named["endPeriod"][5:]
    return [
        {
            "DATAFLOW": "ABS:MERCH_EXP(1.0.0)",
            "COMMODITY_SITC": goods,
            "COUNTRY_DEST": partner,
            "STATE_ORIGIN": state,
            "FREQ": frequency,
            "TIME_PERIOD": f"{year}-{month:02d}",
            "OBS_VALUE": figure(state, partner, year, month),
            "UNIT_MEASURE": "AUD",
            "UNIT_MULT": "3",
        }
        for partner, state, month in product(partners.split("+"), states.split("+"), range(int(first), int(last) + 1))
    ]


def look_up_abs(asked: Asked) -> Reply | None:
    if not asked.path.startswith("/rest/codelist"):
        return None
    codes = [{"id": code, "name": name} for code, name in [("CHIN", "China"), ("INDI", "India"), ("JPAN", "Japan")]]
    return Reply({"data": {"codelists": [{"id": "x", "codes": codes}]}})


# United Nations


def list_comtrade(asked: Asked) -> Rows:
    named = asked.named
    return [
        {
            "typeCode": "C",
            "period": period,
            "reporterCode": int(named["reporterCode"]),
            "flowCode": named["flowCode"],
            "partnerCode": int(partner),
            "partner2Code": 0,
            "cmdCode": "TOTAL",
            "customsCode": "C00",
            "motCode": 0,
            "primaryValue": float(figure(named["reporterCode"], partner, period)),
        }
        for period, partner in product(named["period"].split(","), named["partnerCode"].split(","))
    ]


# Registers

ITEM = "http://www.wikidata.org/entity/"
LAYER = {"layer": "x/FeatureServer/1", "city": "USCity", "partner": "Country", "date": "Date"}


def list_wikidata(asked: Asked) -> Rows:
    rank = "http://wikiba.se/ontology#NormalRank"
    return [
        {"s": f"{ITEM}statement/{city}-{twin}", "city": f"{ITEM}{city}", "cityLabel": city, "cityIso": "GBR"}
        | {"twin": f"{ITEM}{twin}", "twinLabel": twin, "twinIso": "CHN", "start": "1988-06-08T00:00:00Z", "sp": "11"}
        | {"rank": rank}
        for city, twin in product(re.findall(r"wd:(Q\d+)", asked.named["query"]), ("Q4970", "Q1726"))
    ]


def encode_bindings(rows: Rows) -> dict:
    bindings = [{k: {"type": "literal", "value": v} for k, v in row.items() if v is not None} for row in rows]
    return {"head": {"vars": []}, "results": {"bindings": bindings}}


def list_arcgis(asked: Asked) -> Rows:
    offset, most = int(asked.named["resultOffset"]), int(asked.named["resultRecordCount"])
    rows = [
        {"OBJECTID": i + 1, "USCity": f"City {i}", "Country": "Japan", "Date": 86_400_000 * 400 * i} for i in range(3)
    ]
    return rows[offset : offset + most]


def look_up_arcgis(asked: Asked) -> Reply | None:
    if not asked.path.endswith("/query"):
        return Reply({"objectIdField": "OBJECTID", "maxRecordCount": 5})
    return Reply({"count": 3}) if "returnCountOnly" in asked.named else None


def encode_features(rows: Rows) -> dict:
    fields = [{"name": "Date", "type": "esriFieldTypeDate"}]
    return {"objectIdFieldName": "OBJECTID", "fields": fields, "features": [{"attributes": row} for row in rows]}


STAGES = [
    Stage(
        "census",
        Query(cities=("CA", "TX"), partners=("ARM", "IND"), first="2016", last="2018"),
        {"reporter": "STATE", "partner": "CTY_CODE", "label": "CTY_NAME", "period": "YEAR", "value": "ALL_VAL_YR"},
        list_census,
        encode_lists,
        other={"reporter": "OH", "partner": "5700", "period": "2005"},
        environment={"TWINTRADE_KEY_CENSUS": "c0ffee" * 6},
    ),
    Stage(
        "comexstat",
        Query(cities=tuple(CITIES), partners=("CHN", "DEU"), first="2018", last="2020"),
        {"reporter": "noMunMinsgUf", "partner": "country", "period": "year", "value": "metricFOB"},
        list_comexstat,
        lambda rows: {"data": {"list": rows}, "success": True, "message": None},
        look_up_comexstat,
        {"reporter": "A", "partner": "United States", "period": "2005"},
    ),
    Stage(
        "hmrc",
        Query(cities=("11", "9"), partners=("USA", "CHN"), first="2019", last="2019"),
        {"reporter": "GovRegionId", "partner": "CountryId", "period": "MonthId", "value": "Value"}
        | {"flow": "FlowTypeId"},
        list_hmrc,
        lambda rows: {"value": rows},
        look_up_hmrc,
        {"reporter": 8, "partner": 1, "period": 200501, "flow": 3},
    ),
    Stage(
        "eurostat",
        Query(cities=("DEU", "FRA"), partners=("VNM", "CHN"), first="2024-05", last="2024-07"),
        {"reporter": "reporter", "partner": "partner", "period": "TIME_PERIOD", "value": "OBS_VALUE"}
        | {"flow": "flow", "product": "product"},
        list_eurostat,
        write_text,
        other={"reporter": "IT", "partner": "JP", "period": "2005-05", "flow": "1", "product": "0202"},
    ),
    Stage(
        "abs",
        Query(cities=("3", "6"), partners=("CHN", "IND"), first="2024-01", last="2024-03"),
        {"reporter": "STATE_ORIGIN", "partner": "COUNTRY_DEST", "period": "TIME_PERIOD", "value": "OBS_VALUE"}
        | {"product": "COMMODITY_SITC"},
        list_abs,
        write_text,
        look_up_abs,
        {"reporter": "1", "partner": "JPAN", "period": "2005-01", "product": "00"},
    ),
    Stage(
        "comtrade",
        Query(cities=("CHN", "JPN"), partners=("ARG", "USA"), first="2005", last="2007"),
        {"reporter": "reporterCode", "partner": "partnerCode", "period": "period", "value": "primaryValue"}
        | {"flow": "flowCode", "product": "cmdCode"},
        list_comtrade,
        lambda rows: {"count": len(rows), "data": rows, "error": ""},
        other={"reporter": 276, "partner": 250, "period": "1995", "flow": "M", "product": "01"},
        environment={"TWINTRADE_KEY_COMTRADE": "c0ffee" * 6},
    ),
    Stage(
        "wikidata",
        Query(cities=("Q39121", "Q84")),
        {"reporter": "city", "label": "twinLabel", "key": "s"},
        list_wikidata,
        encode_bindings,
        other={"reporter": f"{ITEM}Q90"},
        environment={"TWINTRADE_CONTACT": "data@university.example"},
    ),
    Stage(
        "arcgis",
        Query(options=LAYER),
        {"label": "USCity", "key": "OBJECTID"},
        list_arcgis,
        encode_features,
        look_up_arcgis,
    ),
]
