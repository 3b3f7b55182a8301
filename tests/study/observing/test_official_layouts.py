"""Tables as offices hand them out: titles, groups in rows, years twice in the header, declarations, files of a year.

Each slice is written here after the shape of real heads. The tables of Statistics Canada were never seen as a file:
their slice follows a description of the columns.
"""

import json
import tomllib
from importlib import resources

import pandas as pd
import pytest
from made_workbooks import sheet, workbook

from tests.study.observing.test_layouts import (
    BASE,
    CASES,
    TOWNS,
    Case,
    bulk,
    check_totals,
    grid,
    write,
    write_project,
)
from twintrade.data.formats.tables import open_table
from twintrade.data.looks.column_look import look_at_trade
from twintrade.data.schema import FileFormat
from twintrade.data.sources import Faults
from twintrade.errors import DataError
from twintrade.study.checking import check_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.scaffold import write_scaffold
from twintrade.study.spec.analysis import parse

LANDS = grid(["Bayern", "Hessen"], ["FRA", "USA", "EST"])
GERMAN = {"FRA": "Frankreich", "USA": "Vereinigte Staaten", "EST": "Estland (ab 1992)"}
NOT_MARKED = ("city", "partner", "value", "money_unit")


def genesis(flow="Ausfuhr", gone="Tschechoslowakei (bis 1992);-;;-;") -> bytes:
    """Return a flat file of GENESIS: weight and value with a mark each, a row for each year and each Land."""
    lines = ["Tabelle: 51000-0032", "Aus- und Einfuhr (Außenhandel): Bundesländer, Jahre,;;", "Außenhandel;;;;"]
    lines += [f";{flow}: Gewicht;;{flow}: Wert;", ";t;t;Tsd. EUR;Tsd. EUR"]
    for year, of_year in LANDS.groupby("year"):
        lines.append(f"{year};;;;")
        for land, rows in of_year.groupby("city"):
            lines.append(f"{land};;;;")
            lines += [f"{GERMAN[r.partner]};{r.value * 2},5;e;{r.value};e" for r in rows.itertuples()]
            lines.append(gone)
    notes = ["__________", "© Statistisches Bundesamt (Destatis), 2026", "Stand: 21.05.2026 / 18:02:33"]
    return "\ufeff".encode() + "\n".join([*lines, *notes, ""]).encode()


def as_workbook(content: bytes, merged=()) -> bytes:
    """Return a text file as a workbook: figures as numbers, blank cells absent, some cells merged."""

    def read(cell: str):
        number = cell.replace(",", ".")
        return (float(number) if "." in number else int(cell)) if number.replace(".", "").isdigit() else cell or None

    lines = content.decode("utf-8-sig").splitlines()
    return workbook({"51000-0032": sheet([[read(cell) for cell in line.split(";")] for line in lines], (), merged)})


def canada(partner: str) -> bytes:
    names = {"USA": "United States", "FRA": "France", "TWN": "Taiwan"}
    frame = pd.DataFrame(
        {
            "REF_DATE": BASE["year"],
            "GEO": BASE["city"].map({"CHN": "Ontario", "DEU": "Quebec"}),
            "DGUID": "2016A000235",
            "Trade": "Domestic export",
            "North American Product Classification System (NAPCS)": "Total of all merchandise",
            partner: BASE["partner"].map(names),
            "UOM": "Dollars",
            "SCALAR_FACTOR": "thousands",
            "COORDINATE": "1.1.1",
            "VALUE": BASE["value"],
            "STATUS": "",
        }
    )
    whole = frame.groupby(["REF_DATE", partner], as_index=False).agg({"VALUE": "sum", "Trade": "first"})
    whole = (
        frame.drop(columns="VALUE")
        .drop_duplicates(["REF_DATE", partner])
        .merge(whole.drop(columns="Trade"), on=["REF_DATE", partner])
    )
    napcs = "North American Product Classification System (NAPCS)"
    again = [frame.assign(Trade="Import"), frame.assign(**{napcs: "Farm, fishing and intermediate food products"})]
    return write(pd.concat([frame, whole.assign(GEO="Canada"), *again], ignore_index=True))


def comexstat_page() -> bytes:
    parts = [BASE.assign(ncm=ncm, part=share) for ncm, share in (("02032900", 1), ("02071400", 2))]
    rows = pd.concat(parts, ignore_index=True)
    frame = pd.DataFrame(
        {
            "Ano": rows["year"],
            "UF do Produto": rows["city"].map({"CHN": "Bahia", "DEU": "Santa Catarina"}),
            "Código NCM": rows["ncm"],
            "Países": rows["partner"].map({"USA": "Estados Unidos", "FRA": "França", "TWN": "Taiwan (Formosa)"}),
            "Valor US$ FOB": rows["value"] * rows["part"],
            "Quilograma Líquido": 7,
        }
    )
    return "\ufeff".encode() + write(frame, ";")


ONE = grid(["Addis Ababa"], ["USA", "FRA", "DEU"])
ENGLISH = {"USA": "United States", "FRA": "France", "DEU": "Germany", "TWN": "Taiwan"}


def declarations(frame: pd.DataFrame) -> bytes:
    """Return declarations of two regimes and two products each."""
    kinds = [(cpc, hs) for cpc in ("1000 100", "1071 100") for hs in ("09011100", "12074000")]
    rows = pd.concat([frame.assign(cpc=cpc, hs=hs) for cpc, hs in kinds], ignore_index=True)
    return write(
        pd.DataFrame(
            {
                "Year": rows["year"],
                "CPC": rows["cpc"],
                "HS Code": rows["hs"],
                "HS Description": rows["hs"].map({"09011100": "Coffee", "12074000": "Sesamum seeds"}),
                "Destination": rows["partner"].map(ENGLISH),
                "Quantity": "",
                "Unit": "",
                "Net.Wt. (Kg)": range(len(rows)),
                "FOB Value (ETB)": rows["value"] * 9,
                "FOB Value (USD)": rows["value"],
            }
        )
    )


def wits_tariffs() -> bytes:
    frame = pd.DataFrame(
        {
            "Native Nomen": "H4",
            "Reporter Name": BASE["city"].map({"CHN": "China", "DEU": "Germany"}),
            "Product": "10",
            "Partner Name": BASE["partner"].map({**ENGLISH, "TWN": "Taiwan, China"}),
            "Trade Year": BASE["year"],
            "DutyType": "AHS",
            "Simple Average": 7.22,
            "Imports Value in 1000 USD": BASE["value"],
        }
    )
    return write(pd.concat([frame, frame.assign(Product="20"), frame.assign(DutyType="BND")]))


def times(frame: pd.DataFrame, factor: int, **names) -> pd.DataFrame:
    return frame.assign(value=frame["value"] * factor, **{end: frame[end].replace(new) for end, new in names.items()})


PROVINCES = times(BASE, 1000, city={"CHN": "Ontario", "DEU": "Quebec"})
OFFICIAL = {
    "genesis.csv": Case("genesis.csv", genesis(), times(LANDS, 1000)),
    "genesis_imports.csv": Case("genesis_imports.csv", genesis("Einfuhr"), times(LANDS, 1000), flow="imports"),
    "genesis.xlsx": Case("genesis.xlsx", as_workbook(genesis(), ["B4:C4", "A6:E6", "A7:E7"]), times(LANDS, 1000)),
    "12100175.csv": Case("12100175.csv", canada("Principal trading partners"), PROVINCES),
    "12100173.csv": Case("12100173.csv", canada("Trading partner"), PROVINCES),
    "EXP_page.csv": Case(
        "EXP_page.csv",
        comexstat_page(),
        times(BASE, 3, city={"CHN": "Bahia", "DEU": "Santa Catarina"}),
        (),
        NOT_MARKED,
    ),
    "tariffs.csv": Case(
        "tariffs.csv", wits_tariffs(), times(BASE, 2000, city={"CHN": "China", "DEU": "Germany"}), flow="imports"
    ),
}
DECLARED = Case("declarations.csv", declarations(ONE), times(ONE, 4))


@pytest.mark.parametrize("name", OFFICIAL)
def test_an_official_table_goes_from_init_through_a_run_with_its_totals(tmp_path, name):
    check_totals(tmp_path, OFFICIAL[name])


def test_a_table_of_every_layout_is_tried(tmp_path):
    layouts = tomllib.loads(resources.files("twintrade.data").joinpath("layouts.toml").read_text(encoding="utf-8"))
    said = []
    for case in (*CASES.values(), *OFFICIAL.values(), DECLARED):
        (tmp_path / case.file).write_bytes(case.content)
        said += [str(g.reason) for g in look_at_trade(tmp_path, case.file) if not g.key]
    for layout in layouts["layout"]:
        assert any(f"A table of {layout['title']}, recognized by its headers" in sentence for sentence in said)


def test_a_row_with_a_country_alone_is_not_taken_for_a_group(tmp_path):
    (tmp_path / "genesis.csv").write_bytes(
        genesis().replace(b"Vereinigte Staaten;", b"Vereinigte Staaten;;;;\nKanada;", 1)
    )
    with pytest.raises(
        DataError, match=r"“Vereinigte Staaten” above it do not open a group .* begin with “Frankreich”"
    ):
        look_at_trade(tmp_path, "genesis.csv")


def twin_years(first: str = "") -> bytes:
    """Return a table in which each year is twice in the header, weight and value, below generic names of columns."""
    names = {"USA": "Estados Unidos", "FRA": "França", "TWN": "Taiwan (Formosa)"}
    rows = BASE[BASE["city"] == "CHN"]
    years = sorted(set(rows["year"]))
    lines = [";".join(f"Column{i}" for i in range(1, 3 + 2 * len(years)))] if not first else []
    lines.append(
        ";".join(["Id", "País", *(f"{year}{unit}" for year in years for unit in (first, " (US$)" if first else ""))])
    )
    for i, (code, of_partner) in enumerate(rows.groupby("partner"), 1):
        cells = [cell for value in of_partner.sort_values("year")["value"] for cell in (value * 3, value)]
        lines.append(";".join([str(i), names[code], *map(str, cells)]))
    return "\ufeff".encode() + "\n".join([*lines, ""]).encode()


TWIN = times(BASE[BASE["city"] == "CHN"], 1, city={"CHN": "Bento Gonçalves"})


@pytest.mark.parametrize(("which", "factor"), [(2, 1), (1, 3)])
def test_of_years_twice_in_the_header_the_user_says_which_is_the_money(tmp_path, which, factor):
    edits = (('repeated = "UNDECIDED"', f"repeated = {which}"), ('money_unit = "UNKNOWN"', 'money_unit = "USD"'))
    check_observed(tmp_path, Case("exp_wine.csv", twin_years(), times(TWIN, factor), edits))


def test_of_years_in_weight_and_money_the_money_is_read(tmp_path):
    check_observed(tmp_path, Case("exp_wine.csv", twin_years(" (kg)"), TWIN))


@pytest.mark.parametrize(("which", "factor"), [(2, 1), (1, 3)])
def test_years_twice_in_the_header_of_a_workbook_are_read_as_in_a_text(tmp_path, which, factor):
    edits = (('repeated = "UNDECIDED"', f"repeated = {which}"), ('money_unit = "UNKNOWN"', 'money_unit = "USD"'))
    check_observed(tmp_path, Case("exp_wine.xlsx", as_workbook(twin_years()), times(TWIN, factor), edits))


@pytest.mark.parametrize("key", ["header_rows = 2", "repeated = 2", 'group_rows = ["year", "city"]'])
def test_rows_of_titles_are_refused_where_a_file_has_none(tmp_path, key):
    rows = [{"city": "Lyon", "partner": "FRA", "year": 2004, "exports_usd": 5}]
    (tmp_path / "t.json").write_text(json.dumps(rows), encoding="utf-8")
    declared = FileFormat(**tomllib.loads(key))
    with pytest.raises(DataError, match=f"{key.split()[0]} says nothing about it: remove the key"):
        open_table(tmp_path, "t.json", declared, ["city"], Faults())


def test_declarations_are_added_up_over_regimes_and_products(tmp_path):
    check_observed(tmp_path, DECLARED)


def check_observed(root, case: Case) -> None:
    text = write_project(root, case)
    frame = observe("public", parse(text)[0], root).panel.to_frame()
    observed = frame.set_index(["partner", "period"])["exports"].sort_index()
    expected = case.truth.set_index(["partner", "year"])["value"].sort_index().astype(float)
    assert observed.to_numpy() == pytest.approx(expected.to_numpy())


@pytest.mark.parametrize("declared", ["data/raw/exports_*.csv", "data/raw/yearly", "data/raw/yearly/"])
def test_files_of_a_year_each_are_one_block(tmp_path, declared):
    folder = tmp_path / "data" / "raw" / ("yearly" if "yearly" in declared else "")
    folder.mkdir(parents=True)
    for year, rows in ONE.groupby("year"):
        (folder / f"exports_{year}.csv").write_bytes(declarations(rows))
    (folder / "exports_notes.md").write_text("- **publisher:** an office\n", encoding="utf-8")
    twins = "city,partner,partner_city,date,kind\nAddis Ababa,USA,Town,2014-05-01,sister city\n"
    (tmp_path / "twins.csv").write_text(twins, encoding="utf-8")
    write_scaffold(tmp_path, "public", declared, "twins.csv")
    text = (tmp_path / "analyses" / "public.toml").read_text(encoding="utf-8")
    assert text.count("[[data.trade]]") == 1
    observed = observe("public", parse(text)[0], tmp_path)
    assert len(observed.inputs) == ONE["year"].nunique() + 1
    assert observed.panel.to_frame()["exports"].sum() == 4 * ONE["value"].sum()


def test_a_line_to_change_for_files_of_a_year_is_offered_once_for_their_block(tmp_path):
    case = Case("exports_2010.csv", declarations(ONE).replace(b"Germany", b"Duchy of Nowhere"), ONE)
    text = write_project(tmp_path, case).replace("exports_2010.csv", "exports_*.csv")
    (tmp_path / "data" / "raw" / "exports_2018.csv").write_bytes(
        declarations(ONE[ONE["year"] == 2010].assign(year=2018)).replace(b"Germany", b"Duchy of Nowhere")
    )
    with pytest.raises(DataError) as refused:
        check_analysis(tmp_path, "public", text)
    report = str(refused.value)
    assert report.count('partner_names = { "Duchy of Nowhere" = "CODE" }') == 1
    assert "public.toml, [[data.trade]] at line" in report[report.index("Lines to change") :]


def test_no_file_of_a_pattern_is_said(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(DataError, match=r"data/x_\*\.csv: no file has such a name"):
        look_at_trade(tmp_path, "data/x_*.csv")


COMEXSTAT = {
    "a name that says it": ("IMP_2010_MUN.csv", "", "imports"),
    "freight beside the value": ("brasil.csv", "VL_FRETE", "imports"),
    "nothing": ("brasil.csv", "", "UNDECIDED"),
}


@pytest.mark.parametrize(("file", "further", "flow"), COMEXSTAT.values(), ids=COMEXSTAT)
def test_the_flow_of_comexstat_is_read_off_the_file_or_asked_about(file, further, flow, tmp_path):
    lines = bulk("CO_MUN", TOWNS, "SH4").decode().splitlines()
    if further:
        lines = [f"{line};{further if i == 0 else 7}" for i, line in enumerate(lines)]
    (tmp_path / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (guess,) = [g for g in look_at_trade(tmp_path, file) if g.key == "flow"]
    assert guess.value == flow
