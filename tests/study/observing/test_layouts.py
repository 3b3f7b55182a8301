"""Public tables of known layout go from init to a panel with few edits, and their totals are those of the file."""

import json
from dataclasses import dataclass

import pandas as pd
import pytest

from twintrade.study.observing.observe import observe
from twintrade.study.scaffold import write_scaffold
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.toml_text import format_toml_line

YEARS = range(2010, 2018)
MOST_EDITS = 2


@dataclass(frozen=True)
class Case:
    """A small table of a layout: its bytes, and city, partner, year and value of each row that counts."""

    file: str
    content: bytes
    truth: pd.DataFrame
    edits: tuple[tuple[str, str], ...] = ()
    not_guessed: tuple[str, ...] = ("city", "partner", "value", "money_unit", "flow")


def grid(cities, partners) -> pd.DataFrame:
    keys = [(c, p, y) for c in cities for p in partners for y in YEARS]
    frame = pd.DataFrame(keys, columns=["city", "partner", "year"])
    return frame.assign(value=[1000 + 37 * i % 911 for i in range(len(frame))])


def write(frame: pd.DataFrame, separator=",", encoding="utf-8") -> bytes:
    return frame.to_csv(index=False, sep=separator).encode(encoding)


UN = {"CHN": 156, "DEU": 276, "USA": 842, "FRA": 251, "TWN": 490}
BASE = grid(["CHN", "DEU"], ["USA", "FRA", "TWN"])


def comtrade(spell) -> pd.DataFrame:
    counted = pd.DataFrame(
        {
            spell("freqCode"): "A",
            spell("refYear"): BASE["year"],
            spell("period"): BASE["year"],
            spell("reporterCode"): BASE["city"].map(UN),
            spell("reporterISO"): BASE["city"],
            spell("flowCode"): "X",
            spell("partnerCode"): BASE["partner"].map(UN),
            spell("partnerISO"): BASE["partner"].replace("TWN", "S19"),
            spell("partner2Code"): 0,
            spell("classificationCode"): "H4",
            spell("cmdCode"): "TOTAL",
            spell("customsCode"): "C00",
            spell("motCode"): 0,
            spell("primaryValue"): BASE["value"].astype(float),
        }
    )
    again = [
        counted.assign(**{spell("flowCode"): "M"}),
        counted.assign(**{spell("motCode"): 2100}),
        counted.assign(**{spell("cmdCode"): "01"}),
    ]
    world = counted.drop_duplicates([spell("reporterCode"), spell("period")]).assign(
        **{spell("partnerCode"): 0, spell("partnerISO"): "W00"}
    )
    return pd.concat([counted, world, *again], ignore_index=True)


def answer() -> bytes:
    return json.dumps({"count": 1, "data": comtrade(str).to_dict("records"), "error": ""}).encode()


def gravity() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "year": BASE["year"],
            "iso3_o": BASE["city"],
            "iso3_d": BASE["partner"],
            "country_exists_o": 1,
            "country_exists_d": 1,
            "dist": 5000,
            "gdp_o": 1e9,
            "tradeflow_comtrade_o": BASE["value"] + 1,
            "tradeflow_baci": BASE["value"],
        }
    )
    gone = frame[frame["iso3_o"] == "DEU"].assign(country_exists_o=0, tradeflow_baci="")
    return pd.concat([frame, gone], ignore_index=True)


def baci() -> pd.DataFrame:
    parts = [BASE.assign(k=k, part=share) for k, share in (("010121", 0.25), ("870323", 0.75))]
    rows = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(
        {
            "t": rows["year"],
            "i": rows["city"].map(UN),
            "j": rows["partner"].map(UN),
            "k": rows["k"],
            "v": (rows["value"] * rows["part"]).round(3),
            "q": 1.5,
        }
    )


def wits() -> pd.DataFrame:
    names = {"USA": "United States", "FRA": "France", "TWN": "Other Asia, nes"}
    frame = pd.DataFrame(
        {
            "Nomenclature": "H4",
            "ReporterISO3": BASE["city"],
            "ProductCode": "Total",
            "ReporterName": BASE["city"].map({"CHN": "China", "DEU": "Germany"}),
            "PartnerISO3": BASE["partner"].replace("TWN", "OAS"),
            "PartnerName": BASE["partner"].map(names),
            "Year": BASE["year"],
            "TradeFlowName": "Export",
            "TradeFlowCode": 6,
            "TradeValue in 1000 USD": BASE["value"],
        }
    )
    return pd.concat([frame, frame.assign(TradeFlowName="Import", TradeFlowCode=5)], ignore_index=True)


def comext() -> pd.DataFrame:
    iso2 = {"USA": "US", "FRA": "NA", "TWN": "TW"}
    frame = pd.DataFrame(
        {
            "DATAFLOW": "ESTAT:DS-045409(1.0)",
            "LAST UPDATE": "15/09/26 11:00:00",
            "freq": "A",
            "reporter": BASE["city"].map({"CHN": "IE", "DEU": "DE"}),
            "partner": BASE["partner"].map(iso2),
            "product": "TOTAL",
            "flow": 2,
            "indicators": "VALUE_IN_EUROS",
            "TIME_PERIOD": BASE["year"],
            "OBS_VALUE": BASE["value"],
        }
    )
    others = [frame.assign(flow=1), frame.assign(indicators="QUANTITY_IN_100KG"), frame.assign(product="01")]
    return pd.concat([frame, frame[frame["partner"] == "US"].assign(partner="EU27_2020_EXTRA"), *others])


CHINESE = grid(["山东省", "浙江省"], ["USA", "DEU", "TWN"])


def customs() -> bytes:
    names = {"USA": "美国", "DEU": "德国", "TWN": "中国台湾"}
    months = pd.concat([CHINESE.assign(month=m) for m in range(1, 13)], ignore_index=True)
    frame = pd.DataFrame(
        {
            "数据年月": months["year"] * 100 + months["month"],
            "贸易伙伴编码": months["partner"].map({"USA": 502, "DEU": 304, "TWN": 143}),
            "贸易伙伴名称": months["partner"].map(names),
            "注册地编码": months["city"].map({"山东省": 37, "浙江省": 33}),
            "注册地名称": months["city"],
            "美元": months["value"].map("{:,}".format),
            "": "",
        }
    )
    return write(frame, encoding="gb18030")


STATES = grid(["CA", "TX"], ["KOR", "GBR", "MEX"])
CENSUS_NAMES = {"KOR": "KOREA, SOUTH", "GBR": "UNITED KINGDOM", "MEX": "MEXICO"}


def census() -> bytes:
    head = ["STATE", "CTY_CODE", "CTY_NAME", "ALL_VAL_YR", "YEAR", "MONTH", "YEAR"]
    codes = {"KOR": "5800", "GBR": "4120", "MEX": "2010"}
    rows = [
        [
            r.city,
            codes[r.partner],
            CENSUS_NAMES[r.partner],
            str(r.value if m == 12 else r.value // 2),
            str(r.year),
            str(m),
        ]
        for r in STATES.itertuples()
        for m in (6, 12)
    ]
    rows += [
        [r.city, "-", "TOTAL FOR ALL COUNTRIES", "9", str(r.year), "12"]
        for r in STATES.drop_duplicates(["city", "year"]).itertuples()
    ]
    return json.dumps([head, *([*row, row[4]] for row in rows)]).encode()


def usa_trade_online() -> bytes:
    frame = pd.DataFrame(
        {
            "State": STATES["city"].map({"CA": "California", "TX": "Texas"}),
            "Country": STATES["partner"].map({k: v.title() for k, v in CENSUS_NAMES.items()}),
            "Time": STATES["year"],
            "Total Exports Value ($US)": STATES["value"].map("{:,}".format),
        }
    )
    title = '"USA Trade Online"\n"Source: U.S. Census Bureau"\n\n'
    return title.encode() + write(frame)


def comexstat() -> bytes:
    months = pd.concat([BASE.assign(month=m) for m in range(1, 13)], ignore_index=True)
    rows = [
        {
            "year": str(r.year),
            "monthNumber": f"{r.month:02d}",
            "noMunMinsgUf": {"CHN": "Recife - PE", "DEU": "Santos - SP"}[r.city],
            "country": {"USA": "Estados Unidos", "FRA": "França", "TWN": "Taiwan (Formosa)"}[r.partner],
            "metricFOB": str(r.value),
        }
        for r in months.itertuples()
    ]
    return json.dumps({"data": {"list": rows}, "success": True, "message": None}).encode()


def bulk() -> bytes:
    codes = {"USA": "249", "FRA": "275", "TWN": "161"}
    months = pd.concat([BASE.assign(month=m) for m in range(1, 13)], ignore_index=True)
    frame = pd.DataFrame(
        {
            "CO_ANO": months["year"],
            "CO_MES": months["month"].map("{:02d}".format),
            "SH4": "0101",
            "CO_PAIS": months["partner"].map(codes),
            "SG_UF_MUN": "PE",
            "CO_MUN": months["city"].map({"CHN": "2611606", "DEU": "3548500"}),
            "KG_LIQUIDO": 5,
            "VL_FOB": months["value"],
        }
    )
    return write(frame, ";")


def hmrc() -> bytes:
    quarters = pd.concat([BASE.assign(month=m) for m in (1, 4, 7, 10)], ignore_index=True)
    rows = [
        {
            "MonthId": int(r.year * 100 + r.month),
            "FlowTypeId": flow,
            "GovRegionId": {"CHN": 11, "DEU": 1}[r.city],
            "CountryId": {"USA": 400, "FRA": 1, "TWN": 736}[r.partner],
            "CommoditySitc2Id": 1,
            "Value": int(r.value),
            "NetMass": 3,
        }
        for r in quarters.itertuples()
        for flow in (3, 4)
    ]
    return json.dumps({"@odata.context": "RTS", "value": rows}).encode()


def write_codes(codes):
    before, after = (format_toml_line("partner_names", names) for names in (dict.fromkeys(codes, "CODE"), codes))
    return ((before, after),)


def monthly(frame, times=12, **names):
    return frame.assign(value=frame["value"] * times, **{k: frame[k].replace(v) for k, v in names.items()})


LONG_STATES = monthly(STATES, 1, city={"CA": "California", "TX": "Texas"})
CASES = {
    "comtrade.json": Case(
        "comtrade.json",
        answer(),
        BASE,
    ),
    "comtrade.csv": Case("comtrade.csv", write(comtrade(lambda n: n[0].upper() + n[1:])), BASE),
    "BACI_HS92_Y2010_V202401b.csv": Case(
        "BACI_HS92_Y2010_V202401b.csv", write(baci()), BASE.assign(value=BASE["value"] * 1000)
    ),
    "gravity.csv": Case("gravity.csv", write(gravity()), BASE.assign(value=BASE["value"] * 1000)),
    "wits.csv": Case("wits.csv", write(wits()), BASE.assign(value=BASE["value"] * 1000)),
    "comext.csv": Case(
        "comext.csv",
        write(comext()),
        monthly(BASE, 1, city={"CHN": "IE", "DEU": "DE"}, partner={"FRA": "NAM"}),
    ),
    "customs_exports.csv": Case(
        "customs_exports.csv",
        customs(),
        monthly(CHINESE),
        (),
        ("city", "partner", "value", "money_unit"),
    ),
    "census.json": Case("census.json", census(), STATES),
    "usa_trade.csv": Case("usa_trade.csv", usa_trade_online(), LONG_STATES),
    "comexstat_exp.json": Case(
        "comexstat_exp.json",
        comexstat(),
        monthly(BASE, city={"CHN": "Recife - PE", "DEU": "Santos - SP"}),
        (),
        ("city", "partner", "value", "money_unit"),
    ),
    "EXP_2010_MUN.csv": Case(
        "EXP_2010_MUN.csv",
        bulk(),
        monthly(BASE, city={"CHN": "2611606", "DEU": "3548500"}),
        write_codes({"161": "TWN", "249": "USA", "275": "FRA"}),
        ("city", "partner", "value", "money_unit"),
    ),
    "rts.json": Case(
        "rts.json",
        hmrc(),
        monthly(BASE, 4, city={"CHN": "11", "DEU": "1"}),
        write_codes({"1": "FRA", "400": "USA", "736": "TWN"}),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_public_table_goes_from_init_to_its_totals(tmp_path, name):
    case = CASES[name]
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / case.file).write_bytes(case.content)
    first = case.truth.iloc[0]
    twins = f"city,partner,partner_city,date,kind\n{first['city']},{first['partner']},Town,2014-05-01,sister city\n"
    (raw / "twins.csv").write_text(twins, encoding="utf-8")
    write_scaffold(tmp_path, "public", f"data/raw/{case.file}", "data/raw/twins.csv")
    text = (tmp_path / "analyses" / "public.toml").read_text(encoding="utf-8")
    trade = text[text.index("[[data.trade]]") : text.index("[[data.twinnings]]")]
    assert "known by its headers" in trade
    for key in case.not_guessed:
        (line,) = [line for line in trade.splitlines() if line.startswith(f"{key} = ")]
        assert "GUESS" not in line
    assert len(case.edits) <= MOST_EDITS
    for before, after in case.edits:
        assert before in text
        text = text.replace(before, after)
    spec, _ = parse(text)
    frame = observe("public", spec, tmp_path).panel.to_frame()
    per_year = {"year": 1, "quarter": 4, "month": 12}[spec.data.trade[0].frequency]
    totals = frame.assign(year=frame["period"] // per_year).groupby(["city", "partner", "year"])["exports"].sum()
    expected = case.truth.set_index(["city", "partner", "year"])["value"].sort_index().astype(float)
    pd.testing.assert_series_equal(totals, expected, check_names=False, check_index_type=False, rtol=1e-12)
