"""Answers in the shapes that publishers document: the right questions, untouched rows, figures as they are meant."""

import json
import tomllib

import pytest
from loopback import Asked, Reply

from twintrade.data import TradeSource, read_trade
from twintrade.errors import SourceError, SpecError
from twintrade.sources.base import Query
from twintrade.study.fetching import fetch_table
from twintrade.study.spec.analysis import parse

CONTACT = {"TWINTRADE_CONTACT": "data@university.example"}


@pytest.fixture
def bring(connect, publisher, waits, tmp_path):
    """Fetch a table from answers, and give it as text and as the figures that its card reads."""

    def brought(name: str, answer, query: Query, **environment: str):
        publisher.answer = answer
        source, client = connect(name, **environment)
        fetched = fetch_table(tmp_path, "it", source, query, client, waits.clock)
        tables = tomllib.loads(fetched.block)["data"]
        if "trade" not in tables:
            return (tmp_path / "data/raw/it.csv").read_text(encoding="utf-8"), tables["twinnings"][0]
        return read_back(fetched.block, tmp_path)

    return brought


def read_spec(block: str) -> TradeSource:
    spec, _ = parse(
        f'title = "x"\n{block}\n[[data.twinnings]]\nfile = "x.csv"\ncity = "a"\npartner = "b"\npartner_city = "c"\n'
        'date = "d"\nkind = "e"\n[design]\nunit = "dyad"\noutcome = "exports"\n[[estimator]]\nname = "ppml"\n'
    )
    [source] = spec.data.trade
    assert isinstance(source, TradeSource)
    return source


def read_back(block: str, root) -> dict:
    source = read_spec(block)
    frame = read_trade([source], root).frame
    frequency = source.to_frequency or source.frequency
    return {
        (r.city, r.partner, frequency.label(int(r.period))): r.value
        for r in frame.itertuples()
        if r.value == r.value and r.value
    }


# ComexStat


def answer_as_comexstat(asked: Asked) -> Reply:
    if asked.path == "/tables/countries":
        countries = [("994", "To be designated"), ("160", "China"), ("023", "Germany"), ("249", "United States")]
        return Reply({"data": {"list": [{"id": i, "text": t} for i, t in countries]}, "success": True})
    body = json.loads(asked.body)
    year = body["period"]["from"][:4]
    rows = [
        {
            "year": year,
            "monthNumber": month,
            "noMunMinsgUf": city,
            "country": country,
            "metricFOB": value,
            "metricKG": "7",
        }
        for month, city, country, value in [
            ("03", "Recife - PE", "China", "1200"),
            ("04", "Recife - PE", "Germany", "35"),
            ("04", "Santos - SP", "China", "900"),
        ]
    ]
    return Reply({"data": {"list": rows}, "success": True, "message": None, "language": "en"})


BRAZIL = Query(cities=("2611606", "3548500"), partners=("CHN", "Germany"), first="2023-02", last="2024", step="month")


def test_comexstat_asks_each_calendar_year_in_text_codes_and_at_its_pace(bring, publisher, waits):
    values = bring("comexstat", answer_as_comexstat, BRAZIL)
    assert values["Recife - PE", "CHN", "2023-03"] == 1200.0
    assert values["Santos - SP", "CHN", "2024-04"] == 900.0
    assert len(values) == 6
    lookup, *asked = publisher.asked
    assert lookup.path == "/tables/countries"
    bodies = [json.loads(a.body) for a in asked]
    assert [b["period"] for b in bodies] == [
        {"from": "2023-02", "to": "2023-12"},
        {"from": "2024-01", "to": "2024-12"},
    ]
    assert bodies[0]["filters"][1] == {"filter": "country", "values": ["160", "023"]}
    assert bodies[0]["flow"] == "export"
    assert waits.waited == [20.0, 20.0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"success": False, "message": "Filtro inválido"}, "Filtro inválido"),
        ({"data": {"list": [{"year": "2023", "monthNumber": "1", "country": "China", "metricFOB": "1"}]}}, "municip"),
        ({"data": {"list": [{"year": "2023", "city": "x"}]}}, "no column monthNumber"),
        ({"data": {"list": [{}] * 150_000}}, "is cut"),
        ([], "answers with an error"),
    ],
)
def test_comexstat_refuses_what_is_no_table(bring, value, words):
    def answer(asked: Asked) -> Reply:
        return answer_as_comexstat(asked) if asked.path == "/tables/countries" else Reply(value)

    with pytest.raises(SourceError, match=words):
        bring("comexstat", answer, BRAZIL)


# HMRC


def answer_as_hmrc(asked: Asked) -> Reply:
    if asked.path == "/Country":
        numbers = [(400, "US", "United States"), (720, "CN", "China"), (1, "FR", "France"), (950, "QR", "Stores")]
        rows = [{"CountryId": n, "CountryCodeAlpha": a, "CountryName": t} for n, a, t in numbers]
        return Reply({"value": rows})
    if asked.path == "/Region":
        return Reply({"value": [{"RegionId": 11, "RegionName": "Scotland"}, {"RegionId": 9, "RegionName": "Wales"}]})
    words = asked.named["$filter"]
    month, is_second = int(words.split()[2]), "$skip" in asked.named
    rows = [
        {
            "MonthId": month,
            "FlowTypeId": flow,
            "GovRegionId": region,
            "CountryId": country,
            "CommoditySitc2Id": division,
            "Value": value,
            "NetMass": 2,
        }
        for flow, region, country, division, value in (
            [(4, 11, 400, 1, 100), (4, 11, 400, 2, 11.5), (4, 9, 720, 1, None)]
            if not is_second
            else [(2, 9, 1, 5, 70)]
        )
    ]
    link = {} if is_second else {"@odata.nextLink": f"https://api.uktradeinfo.com/RTS?$filter={words}&$skip=30000"}
    return Reply({"@odata.context": "x", "value": rows, **link})


BRITAIN = Query(cities=("11", "9"), partners=("USA", "CHN", "FRA"), first="2019", last="2019")


def test_hmrc_follows_pages_on_the_same_endpoint_and_reads_quarters(bring, publisher):
    values = bring("hmrc", answer_as_hmrc, BRITAIN)
    assert values["Scotland", "USA", "2019Q3"] == 111.5
    assert values["Wales", "FRA", "2019Q1"] == 70.0
    assert ("Wales", "CHN", "2019Q1") not in values
    trade = [a for a in publisher.asked if a.path == "/RTS"]
    assert len(trade) == 8
    first = trade[0].named["$filter"]
    assert first.startswith("MonthId eq 201901 and (FlowTypeId eq 2 or FlowTypeId eq 4) and (GovRegionId eq 11 or")
    assert " in " not in first


def test_hmrc_is_asked_again_after_403_and_follows_no_other_host(bring, publisher, waits):
    publisher.first = [Reply("<html>Ip Forbidden</html>", 403)]
    assert bring("hmrc", answer_as_hmrc, BRITAIN)
    assert 2.0 in waits.waited


@pytest.mark.parametrize("link", ["https://elsewhere.example/RTS?$skip=1", "https://api.uktradeinfo.com/OTS?$skip=1"])
def test_hmrc_refuses_a_link_that_leads_away(bring, link):
    def answer(asked: Asked) -> Reply:
        reply = answer_as_hmrc(asked)
        return Reply({**reply.body, "@odata.nextLink": link}) if asked.path == "/RTS" else reply

    with pytest.raises(SourceError, match="sends on to"):
        bring("hmrc", answer, BRITAIN)


# Eurostat

COMEXT = "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE\n"
EUROPE = Query(cities=("DEU",), partners=("VNM", "CHN"), first="2024-05", last="2024-06")


def answer_as_eurostat(asked: Asked) -> Reply:
    head = "ESTAT:DS-045409(1.0),15/09/26 11:00:00,M,DE"
    rows = f"{head},VN,TOTAL,2,VALUE_IN_EUROS,2024-05,32313884\n{head},CN,TOTAL,2,VALUE_IN_EUROS,2024-06,5\n"
    return Reply(COMEXT + rows, headers={"Content-Type": "text/csv"})


def test_eurostat_asks_by_key_and_waits_for_a_table_that_is_being_made(bring, publisher, waits):
    later = {"warning": {"status": 413, "label": "ASYNCHRONOUS_RESPONSE. Your request will be treated"}}
    publisher.first = [Reply(later), Reply(later, 413)]
    values = bring("eurostat", answer_as_eurostat, EUROPE)
    assert values == {("DE", "VNM", "2024-05"): 32313884.0, ("DE", "CHN", "2024-06"): 5.0}
    assert waits.waited == [2.0, 4.0]
    assert publisher.asked[0].path == "/sdmx/2.1/data/DS-045409/M.DE.VN+CN.TOTAL.2.VALUE_IN_EUROS"
    assert publisher.asked[0].named["startPeriod"] == "2024-05"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({"error": [{"status": 404, "id": 100, "label": "ERR_NOT_FOUND_4: no results"}]}), "ERR_NOT_FOUND_4"),
        (Reply({"error": [{"label": "EXTRACTION_TOO_BIG: max authorised is 5000000"}]}, 413), "EXTRACTION_TOO_BIG"),
        (Reply(COMEXT.replace("OBS_VALUE", "VALUE") + "a,b,M,DE,VN,T,2,V,2024,1\n"), "no column OBS_VALUE"),
        (Reply(COMEXT + "ESTAT,15/09/26,M,DE,VN\n"), "row 2 of the answer is cut"),
        (Reply("<?xml version='1.0'?><fault/>"), "web page"),
    ],
)
def test_eurostat_refuses_what_is_no_table(bring, reply, words):
    with pytest.raises(SourceError, match=words):
        bring("eurostat", lambda asked: reply, EUROPE)


# Australian Bureau of Statistics


def answer_as_abs(asked: Asked, multiplier: str = "3") -> Reply:
    if asked.path.startswith("/rest/codelist"):
        codes = [("TOT", "Total"), ("CHIN", "China"), ("APEC", "APEC"), ("NCD", "No Country Details")]
        return Reply({"data": {"codelists": [{"id": "x", "codes": [{"id": i, "name": n} for i, n in codes]}]}})
    head = "DATAFLOW,COMMODITY_SITC,COUNTRY_DEST,STATE_ORIGIN,FREQ,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,UNIT_MULT\n"
    year = asked.named["startPeriod"][:4]
    flow = "ABS:MERCH_EXP(1.0.0),TOT"
    rows = [f"{flow},CHIN,3,M,{year}-{m:02d},{100 + m},AUD,{multiplier}" for m in range(1, 13)]
    rows += [f"{flow},NCD,3,M,{year}-01,,AUD,3"] if "TOT..3" in asked.path else []
    return Reply(head + "\n".join(rows) + "\n")


def test_abs_reads_thousands_and_names_states(bring, publisher):
    query = Query(cities=("3",), partners=("CHN",), first="2024", last="2025")
    values = bring("abs", answer_as_abs, query)
    assert values["Queensland", "CHN", "2024-02"] == 102_000.0
    assert len(values) == 24
    assert publisher.asked[1].path == "/rest/data/ABS,MERCH_EXP,1.0.0/TOT.CHIN.3.M"
    assert publisher.asked[1].headers["Accept"] == "application/vnd.sdmx.data+csv"


def test_abs_sums_whole_years_where_years_are_asked_for(bring):
    query = Query(cities=("3",), first="2024", last="2024", step="year")
    assert bring("abs", answer_as_abs, query) == {("Queensland", "CHN", "2024"): sum(range(101, 113)) * 1000.0}


def test_abs_refuses_another_unit(bring):
    query = Query(cities=("3",), partners=("CHN",), first="2024", last="2024")
    with pytest.raises(SourceError, match="multiplier 6"):
        bring("abs", lambda asked: answer_as_abs(asked, "6"), query)


# UN Comtrade


def answer_as_comtrade(asked: Asked) -> Reply:
    rows = [
        {
            "typeCode": "C",
            "period": period,
            "reporterCode": 156,
            "reporterISO": None,
            "flowCode": "M",
            "partnerCode": partner,
            "partner2Code": 0,
            "cmdCode": "TOTAL",
            "cifvalue": 6804128143.0,
            "primaryValue": value,
            "isReported": True,
        }
        for period in asked.named["period"].split(",")
        for partner, value in [(32, 6804128143.5), (842, 7)]
    ]
    return Reply({"elapsedTime": "0.03 secs", "count": len(rows), "data": rows, "error": ""})


CHINA = Query(cities=("CHN",), partners=("ARG", "USA"), first="2005", last="2020", flow="imports")


def test_comtrade_asks_twelve_periods_with_the_key_in_a_header(bring, publisher, tmp_path):
    values = bring("comtrade", answer_as_comtrade, CHINA, TWINTRADE_KEY_COMTRADE="secret-key")
    assert values["CHN", "ARG", "2010"] == 6804128143.5
    assert values["CHN", "USA", "2020"] == 7.0
    assert [a.named["period"].count(",") for a in publisher.asked] == [11, 3]
    assert publisher.asked[0].named["partnerCode"] == "32,842"
    assert publisher.asked[0].headers["Ocp-Apim-Subscription-Key"] == "secret-key"
    card = (tmp_path / "data/raw/it.md").read_text(encoding="utf-8")
    assert "- **Passing on:** no" in card
    assert "secret-key" not in card
    assert "6804128143.0" in (tmp_path / "data/raw/it.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply({"statusCode": 401, "message": "Access denied due to missing subscription key."}, 401),
            "KEY_COMTRADE",
        ),
        (Reply({"message": "Out of call volume quota. Quota will be replenished in 03:14:17."}, 403), "replenished"),
        (Reply({"data": [], "error": "bad period"}), "bad period"),
        (Reply({"data": [{}] * 100_000, "error": ""}), "is cut"),
        (Reply({"data": None, "error": ""}), "answers with an error"),
    ],
)
def test_comtrade_refuses_what_is_no_table(bring, reply, words):
    with pytest.raises(SourceError, match=words):
        bring("comtrade", lambda asked: reply, CHINA)


# Wikidata

ITEM, XSD = "http://www.wikidata.org/entity/", "http://www.w3.org/2001/XMLSchema#"


def bind(**values: str) -> dict:
    kinds = {"city": "uri", "twin": "uri", "s": "uri", "rank": "uri", "url": "uri"}
    return {
        name: {"type": kinds.get(name, "literal"), "value": f"{ITEM}{v}" if name in ("city", "twin", "s") else v}
        for name, v in values.items()
    }


COMMON = {"city": "Q39121", "cityLabel": "Leeds", "cityIso": "GBR", "rank": "http://wikiba.se/ontology#NormalRank"}
HANGZHOU = {"s": "statement/Q1-a", "twin": "Q4970", "twinLabel": "Hangzhou", "twinIso": "CHN"} | COMMON
BINDINGS = [
    bind(**HANGZHOU, start="1988-06-08T00:00:00Z", sp="11", url="https://one.example"),
    bind(**HANGZHOU, start="1988-06-08T00:00:00Z", sp="11", url="https://two.example"),
    bind(s="statement/Q1-b", twin="Q1726", twinLabel="Dortmund", twinIso="DEU", start="1969-01-01T00:00:00Z", sp="9")
    | bind(**COMMON),
    bind(s="statement/Q1-c", twin="Q1", twinLabel="Lille", twinIso="FRA", **COMMON)
    | {"start": {"type": "bnode", "value": "t1"}},
]
LEEDS = Query(cities=("Q39121",))


def test_wikidata_makes_a_draft_with_one_row_a_statement_and_dates_as_precise_as_they_are(bring, publisher):
    answer = Reply({"head": {"vars": ["city"]}, "results": {"bindings": BINDINGS}})
    text, lines = bring("wikidata", lambda asked: answer, LEEDS, **CONTACT)
    header, *rows = text.splitlines()
    cells = [dict(zip(header.split(","), row.split(","), strict=True)) for row in rows]
    assert [(c["date"], c["date_precision"]) for c in cells] == [("1988-06-08", "day"), ("1969", "year"), ("", "")]
    assert cells[0]["source_url"] == "https://one.example https://two.example"
    assert cells[1]["source_url"] == "https://www.wikidata.org/wiki/Q39121#P190"
    assert lines["undated"] == "exclude"
    assert "VALUES ?city { wd:Q39121 }" in publisher.asked[0].named["query"]
    assert "data@university.example" in publisher.asked[0].headers["User-Agent"]


def test_wikidata_wants_items_and_a_contact_and_knows_a_query_that_took_too_long(bring, connect):
    with pytest.raises(SourceError, match="TWINTRADE_CONTACT"):
        connect("wikidata")
    with pytest.raises(SpecError, match="needs items"):
        bring("wikidata", lambda asked: Reply(), Query(cities=("Leeds",)), **CONTACT)
    cut = '{"results": {"bindings": [ {"s": SPARQL-QUERY: queryStr=x java.util.concurrent.TimeoutException'
    with pytest.raises(SourceError, match="longer than the publisher allows"):
        bring("wikidata", lambda asked: Reply(cut), LEEDS, **CONTACT)


# ArcGIS

LAYER = {
    "layer": "owner/arcgis/rest/services/Sisters/FeatureServer/1",
    "city": "USCity",
    "partner": "PartnerCityCountry",
    "partner_city": "PartnerCity",
    "date": "DateEablished",
}
FEATURES = [
    {
        "OBJECTID": 1,
        "USCity": "Boston",
        "PartnerCity": "Kyoto",
        "PartnerCityCountry": "Japan",
        "DateEablished": -333849600000,
    },
    {
        "OBJECTID": 2,
        "USCity": "Boston",
        "PartnerCity": "Hangzhou",
        "PartnerCityCountry": "China",
        "DateEablished": None,
    },
    {
        "OBJECTID": 3,
        "USCity": "Austin",
        "PartnerCity": "Oita",
        "PartnerCityCountry": "Japan",
        "DateEablished": 654220800000,
    },
]


def answer_as_arcgis(asked: Asked, count: int = 3) -> Reply:
    if not asked.path.endswith("/query"):
        return Reply({"objectIdField": "OBJECTID", "maxRecordCount": 2, "copyrightText": ""})
    if "returnCountOnly" in asked.named:
        return Reply({"count": count})
    offset, most = int(asked.named["resultOffset"]), int(asked.named["resultRecordCount"])
    part = FEATURES[offset : offset + most]
    fields = [
        {"name": "DateEablished", "type": "esriFieldTypeDate"},
        {"name": "USCity", "type": "esriFieldTypeString"},
    ]
    more = {"exceededTransferLimit": True} if offset + most < len(FEATURES) else {}
    return Reply(
        {"objectIdFieldName": "OBJECTID", "fields": fields, "features": [{"attributes": f} for f in part], **more}
    )


def test_arcgis_pages_through_a_layer_and_reads_its_dates(bring, publisher, tmp_path):
    text, lines = bring("arcgis", answer_as_arcgis, Query(options=LAYER))
    assert "1959-06-04" in text
    assert "1990-09-25" in text
    assert text.count("\n") == 4
    assert [lines[part] for part in ("city", "partner", "date")] == [
        "USCity",
        "PartnerCityCountry",
        "DateEablished_iso",
    ]
    assert [a.named.get("resultOffset") for a in publisher.asked] == [None, None, "0", "2"]
    assert "Not known: ask the owner" in (tmp_path / "data/raw/it.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "answer", "words"),
    [
        ({}, lambda asked: Reply({"error": {"code": 499, "message": "Token Required"}}), "499 Token Required"),
        ({}, lambda asked: answer_as_arcgis(asked, 4), "counts 4 rows and gave 3"),
        ({"date": "Date"}, answer_as_arcgis, "no column Date"),
        ({"layer": ""}, answer_as_arcgis, "--set layer"),
    ],
)
def test_arcgis_refuses_errors_lost_rows_and_unknown_columns(bring, options, answer, words):
    with pytest.raises((SourceError, SpecError), match=words):
        bring("arcgis", answer, Query(options=LAYER | options))
