"""Public tables of known layout go from init through a run with few edits, and their totals are those of the file."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from twintrade.study.execute import execute
from twintrade.study.observing.observe import observe
from twintrade.study.plan.jobs import plan_analysis
from twintrade.study.run.columns import run
from twintrade.study.scaffold import write_scaffold
from twintrade.study.spec.spec_text import format_toml_line

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
    flow: str = "exports"


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


def comtrade_before() -> bytes:
    names = {"CHN": "China", "DEU": "Germany", "USA": "USA", "FRA": "France", "TWN": "Other Asia, nes"}
    counted = pd.DataFrame(
        {
            "Classification": "H4",
            "Year": BASE["year"],
            "Period": BASE["year"],
            "Trade Flow": "Export",
            "Reporter": BASE["city"].map(names),
            "Reporter ISO": BASE["city"],
            "Partner": BASE["partner"].map(names),
            "Partner ISO": BASE["partner"].replace("TWN", ""),
            "Commodity Code": "TOTAL",
            "Trade Value (US$)": BASE["value"],
        }
    )
    others = [counted.assign(**{"Trade Flow": "Import"}), counted.assign(**{"Commodity Code": "01"})]
    return write(pd.concat([counted, counted.iloc[:8].assign(Partner="World"), *others]))


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


def customs(money: str = "美元") -> bytes:
    names = {"USA": "美国", "DEU": "德国", "TWN": "中国台湾"}
    months = pd.concat([CHINESE.assign(month=m) for m in range(1, 13)], ignore_index=True)
    frame = pd.DataFrame(
        {
            "数据年月": months["year"] * 100 + months["month"],
            "贸易伙伴编码": months["partner"].map({"USA": 502, "DEU": 304, "TWN": 143}),
            "贸易伙伴名称": months["partner"].map(names),
            "注册地编码": months["city"].map({"山东省": 37, "浙江省": 33}),
            "注册地名称": months["city"],
            money: months["value"].map("{:,}".format),
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


def census_months(value: str, commodity: str) -> bytes:
    months = [(r, m) for r in STATES.itertuples() for m in range(1, 13)]
    rows = [[r.city, CENSUS_NAMES[r.partner], str(r.value), "-", str(r.year), f"{m:02d}"] for r, m in months]
    parts = [[*row[:2], "1", "01", *row[4:]] for row in rows]
    return json.dumps([["STATE", "CTY_NAME", value, commodity, "YEAR", "MONTH"], *rows, *parts]).encode()


def usa_trade_online(value: str) -> bytes:
    frame = pd.DataFrame(
        {
            "State": STATES["city"].map({"CA": "California", "TX": "Texas"}),
            "Country": STATES["partner"].map({k: v.title() for k, v in CENSUS_NAMES.items()}),
            "Time": STATES["year"],
            value: STATES["value"].map("{:,}".format),
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


def bulk(place: str, names: dict[str, str], product: str) -> bytes:
    codes = {"USA": "249", "FRA": "275", "TWN": "161"}
    months = pd.concat([BASE.assign(month=m) for m in range(1, 13)], ignore_index=True)
    frame = pd.DataFrame(
        {
            "CO_ANO": months["year"],
            "CO_MES": months["month"].map("{:02d}".format),
            product: "0101",
            "CO_PAIS": months["partner"].map(codes),
            place: months["city"].map(names),
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


TOWNS = {"CHN": "2611606", "DEU": "3548500"}
BRAZILIAN = write_codes({"161": "TWN", "249": "USA", "275": "FRA"})
LONG_STATES = monthly(STATES, 1, city={"CA": "California", "TX": "Texas"})
CASES = {
    "comtrade.json": Case("comtrade.json", answer(), BASE),
    "comtrade.csv": Case("comtrade.csv", write(comtrade(lambda n: n[0].upper() + n[1:])), BASE),
    "BACI_HS92_Y2010_V202401b.csv": Case(
        "BACI_HS92_Y2010_V202401b.csv", write(baci()), BASE.assign(value=BASE["value"] * 1000)
    ),
    "gravity.csv": Case("gravity.csv", write(gravity()), BASE.assign(value=BASE["value"] * 1000)),
    "wits.csv": Case("wits.csv", write(wits()), BASE.assign(value=BASE["value"] * 1000)),
    "comext.csv": Case(
        "comext.csv", write(comext()), monthly(BASE, 1, city={"CHN": "IE", "DEU": "DE"}, partner={"FRA": "NAM"})
    ),
    "customs_exports.csv": Case(
        "customs_exports.csv", customs(), monthly(CHINESE), (), ("city", "partner", "value", "money_unit")
    ),
    "customs_exports_yuan.csv": Case(
        "customs_exports_yuan.csv",
        customs("人民币"),
        monthly(CHINESE),
        (),
        ("city", "partner", "value", "money_unit"),
    ),
    "comtrade_before.csv": Case("comtrade_before.csv", comtrade_before(), BASE),
    "census.json": Case("census.json", census(), STATES),
    "census_months.json": Case("census_months.json", census_months("ALL_VAL_MO", "E_COMMODITY"), monthly(STATES)),
    "census_imports.json": Case(
        "census_imports.json", census_months("GEN_VAL_MO", "I_COMMODITY"), monthly(STATES), flow="imports"
    ),
    "usa_trade.csv": Case("usa_trade.csv", usa_trade_online("Total Exports Value ($US)"), LONG_STATES),
    "usa_trade_imports.csv": Case(
        "usa_trade_imports.csv", usa_trade_online("Customs Import Value (Gen) ($US)"), LONG_STATES, flow="imports"
    ),
    "comexstat_exp.json": Case(
        "comexstat_exp.json",
        comexstat(),
        monthly(BASE, city={"CHN": "Recife - PE", "DEU": "Santos - SP"}),
        (),
        ("city", "partner", "value", "money_unit"),
    ),
    "EXP_2010_MUN.csv": Case(
        "EXP_2010_MUN.csv",
        bulk("CO_MUN", TOWNS, "SH4"),
        monthly(BASE, city=TOWNS),
        BRAZILIAN,
        ("city", "partner", "value", "money_unit"),
    ),
    "EXP_2010.csv": Case(
        "EXP_2010.csv",
        bulk("SG_UF_NCM", {"CHN": "PE", "DEU": "SP"}, "CO_NCM"),
        monthly(BASE, city={"CHN": "PE", "DEU": "SP"}),
        BRAZILIAN,
        ("city", "partner", "value", "money_unit"),
    ),
    "rts.json": Case(
        "rts.json",
        hmrc(),
        monthly(BASE, 4, city={"CHN": "11", "DEU": "1"}),
        write_codes({"1": "FRA", "400": "USA", "736": "TWN"}),
    ),
}


QUICK = """[[estimator]]
name = "twfe"
transform = "log"
[inference]
name = "clustered"
"""


def write_project(root, case: Case) -> str:
    """Write a table, and a register with two of its pairs; return the analysis that init writes, with the edits."""
    raw = root / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / case.file).write_bytes(case.content)
    pairs = case.truth.drop_duplicates(["city", "partner"])[["city", "partner"]].to_numpy()
    chosen = zip(pairs[[0, -1]], (2014, 2013), strict=True)
    rows = [f"{city},{partner},Town,{year}-05-01,sister city" for (city, partner), year in chosen]
    (raw / "twins.csv").write_text("\n".join(["city,partner,partner_city,date,kind", *rows]) + "\n", encoding="utf-8")
    write_scaffold(root, "public", f"data/raw/{case.file}", "data/raw/twins.csv")
    text = (root / "analyses" / "public.toml").read_text(encoding="utf-8")
    for before, after in case.edits:
        assert before in text
        text = text.replace(before, after)
    return text[: text.index("# The ladder.")] + QUICK


def check_totals(tmp_path, case: Case) -> None:
    """Go from init through a run, and compare the totals with those of the file."""
    assert len(case.edits) <= MOST_EDITS
    text = write_project(tmp_path, case)
    trade = text[text.index("[[data.trade]]") : text.index("[[data.twinnings]]")]
    assert "recognized by its headers" in trade
    for key in case.not_guessed:
        (line,) = [line for line in trade.splitlines() if line.startswith(f"{key} = ")]
        assert "GUESS" not in line
    plan, _ = plan_analysis(tmp_path, "public", text)
    finished = run(plan, observe("public", plan.spec, tmp_path))
    (column,) = finished.ladder.estimated
    assert np.isfinite(column.fit.estimate.overall.effects).all()
    frame = finished.design.panel.to_frame()
    per_year = {"year": 1, "quarter": 4, "month": 12}[plan.spec.data.trade[0].frequency]
    totals = frame.assign(year=frame["period"] // per_year).groupby(["city", "partner", "year"])[case.flow].sum()
    expected = case.truth.set_index(["city", "partner", "year"])["value"].sort_index().astype(float)
    pd.testing.assert_series_equal(totals, expected, check_names=False, check_index_type=False, rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_a_public_table_goes_from_init_through_a_run_with_its_totals(tmp_path, name):
    check_totals(tmp_path, CASES[name])


def test_a_stored_run_has_the_totals_of_its_table(tmp_path, unprinted):
    case = CASES["census.json"]
    assert execute(tmp_path, "public", write_project(tmp_path, case)).ending == "done"
    stored = pd.read_csv(tmp_path / "results" / "public" / "data.csv")
    assert stored["outcome"].sum() == case.truth["value"].sum()
