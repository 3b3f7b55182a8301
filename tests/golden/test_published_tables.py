"""Five published gravity tables: from a file of at most ten lines and from Python, and what this tool adds to each.

Baier, Yotov and Zylkin (2019), section 6; applications 1 to 3 of the Advanced Guide to Trade Policy Analysis; example
3 of ppmlhdfe, whose data Weidner and Zylkin (2021) take. From Python application 2 stands in ``test_golden_guide``.
"""

import os
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from reference_results import NAMED

import twintrade as tt
from benchmarks import published_tables
from twintrade.study import execute

ENLARGEMENT, GUIDE, AGREEMENTS = (
    "eu_enlargement_2000_2014.dta", "agtpa_applications.csv.gz", "ppmlhdfe_trade_fta.csv.gz",
)  # fmt: skip
PACKAGES = {ENLARGEMENT: "GEGravity", GUIDE: "tradepolicy", AGREEMENTS: "ppmlhdfe"}
THIRD = 5.1e-4  # three printed digits
WAVES = ["1986", "1990", "1994", "1998", "2002", "2006"]
KEPT = 'always_treated = "keep"'
TOTAL = 'family = "poisson", measure = "percent", headline = true'
REST = ', partner_names = { ROW = "remainder, in the comparison" }'


@pytest.fixture
def find(monkeypatch):
    """Return the path of a file in TWINTRADE_DATA, or in the folder of the reference results, which it then is."""

    def found(name):
        for folder in (Path(os.environ.get("TWINTRADE_DATA") or NAMED), NAMED):
            if (folder / name).is_file():
                monkeypatch.setenv("TWINTRADE_DATA", str(folder))
                return folder / name
        pytest.skip(f"{name} is not bundled: it is in {PACKAGES[name]}; set TWINTRADE_DATA to a folder that holds it")

    return found


def describe_trade(file, city, partner, more=""):
    """Return the one line that says how a table is read."""
    return (
        f'data.trade = [{{ file = "TWINTRADE_DATA/{file}", city = "{city}", partner = "{partner}", period = "year", '
        f'value = "trade", flow = "exports", reporter = "city", money_unit = "USD", absent = "missing"{more} }}]'
    )


def ask_guide(covariates, estimate, error):
    """The regression of application 3 with further columns, as an entry of ``FILES``."""
    return (
        GUIDE,
        describe_trade(GUIDE, "exporter", "importer", f", where = {{ year = {WAVES} }}".replace("'", '"')),
        f'design = {{ treatment.column = "rta", cluster = ["undirected_pair"], {covariates}'
        'fixed_effects = ["undirected_pair", "city_period", "partner_period"] }',
        [("ppml", KEPT)],
        {"ppml": (estimate, error)},
    )


FILES = {
    "enlargement": (
        ENLARGEMENT,
        describe_trade(ENLARGEMENT, "exporter", "importer", REST),
        'design = { treatment.column = "eu_enlargement", covariates = ["other_fta"], cluster = ["unit"], '
        'without = ["domestic"] }',
        [("ppml", KEPT), ("imputation", TOTAL),
         ("etwfe", 'family = "poisson"')],
        {"ppml": (0.224, None), "etwfe": (0.205, 0.079), "imputation": (20.3, None)},
    ),
    "guide 3": ask_guide("", 0.557, 0.102),
    "guide 3 with a lead": ask_guide('covariates = ["rta_lead4"], ', 0.520, 0.086),
    "agreements": (
        AGREEMENTS,
        describe_trade(AGREEMENTS, "isoexp", "isoimp", ', where = { category = "TOTAL" }'),
        'design = { treatment.column = "fta", cluster = ["unit"] }',
        [("ppml", KEPT), ("ppml_corrected", KEPT), ("imputation", TOTAL)],
        {"ppml": (0.192445, 0.041953), "ppml_corrected": (0.186, None), "imputation": (32.9, None)},
    ),
}  # fmt: skip
"""By table: the file, three lines, methods with their options, and estimates with errors as printed."""


def write_analysis(name):
    file, trade, design, columns, wanted = FILES[name]
    static = {"ppml": 'shape = "static", ', "ppml_corrected": 'shape = "static", '}
    estimators = ", ".join(f'{{ name = "{m}", {static.get(m, "")}{options} }}' for m, options in columns)
    lines = [
        f'title = "{name}"', trade, design, f"estimator = [{estimators}]",
        'inference = { name = "clustered", correction = "ppmlhdfe" }', "diagnostic = []",
    ]  # fmt: skip
    assert len(lines) <= 10
    return file, "\n".join(lines) + "\n", wanted


def run_analysis(root, text):
    """Run an analysis and return its folder; its page is drawn elsewhere."""
    (root / "analyses").mkdir(exist_ok=True)
    with mock.patch.object(execute, "render", return_value=SimpleNamespace(files={}, messages=())):
        end = execute.execute(root, "table", text)
    assert end.ending == "done", end.text
    return root / "results" / "table"


@loop_over("name", [name for name in FILES if name != "guide 3"])
def test_published_digits_from_a_file(find, tmp_path, name):
    check_table(find, tmp_path, name)


@pytest.mark.slow
def test_published_digits_without_a_lead_from_a_file(find, tmp_path):
    check_table(find, tmp_path, "guide 3")


def check_table(find, tmp_path, name):
    file, text, wanted = write_analysis(name)
    find(file)
    results = run_analysis(tmp_path, text)
    bands = pd.read_csv(results / "bands.csv").query("kind == 'overall'").set_index("estimator")
    if name == "enlargement":
        others = pd.read_csv(results / "payloads" / "covariates.csv").set_index(["estimator", "term"])["effect"]
        assert others["ppml", "other_fta"] == pytest.approx(-0.037, abs=THIRD)
        tidy = tt.read(str(results)).tidy().set_index(["estimator", "term"])["estimate"]
        assert tidy["ppml", "other_fta"] == others["ppml", "other_fta"]
    for method, (estimate, error) in wanted.items():
        digits = 5.1e-7 if estimate == 0.192445 else 0.051 if estimate > 1 else THIRD
        assert bands.loc[method, "effect"] == pytest.approx(estimate, abs=digits), (name, method)
        if error is not None:
            assert bands.loc[method, "se"] == pytest.approx(error, abs=max(digits, 5.1e-7)), (name, method)


def test_enlargement_from_python(find):
    """Baier, Yotov and Zylkin print .224 for the enlargement and -.037 for other agreements."""
    flows = pd.read_stata(find(ENLARGEMENT)).query("exporter != importer")
    panel = tt.panel(flows, city="exporter", partner="importer", period="year")
    assert panel.waves == (2000, 2005, 2010, 2014)
    options = {"outcome": "trade", "treated": "eu_enlargement", "covariates": "other_fta", "cluster": "unit"}
    kept = tt.compare(panel, fixed_effects="gravity", always_treated="keep", **options)
    printed = tt.fit("ppml", kept, shape="static").tidy("clustered", correction="ppmlhdfe").set_index("term")
    assert printed["estimate"].round(3).to_dict() == {"eu_enlargement": 0.224, "other_fta": -0.037}
    design = tt.compare(panel, fixed_effects="gravity", **options)
    assert design.panel.step == 1
    cells = tt.fit("etwfe", design, family="poisson")
    row = cells.tidy("clustered", view="overall", correction="ppmlhdfe").iloc[0]
    assert (round(row["estimate"], 3), round(row["std.error"], 3)) == (0.205, 0.079)
    total = tt.fit("imputation", design, family="poisson", measure="percent")
    assert total.view("overall").effects[0] == pytest.approx(20.3, abs=0.05)
    bands = total.infer("scaled", view="overall")
    assert (bands.low[0], bands.high[0]) == pytest.approx((-10.9, 51.5), abs=0.1)
    path = tt.fit("ppml", design).coef()
    assert path.index.tolist()[:5] == [f"event_time::{e}" for e in (-3, -2, 0, 1, 2)]


@cache
def prepare_guide(path):
    """Return the guide's columns: logs, what each end sells or buys, and distances by year and at home."""
    d = pd.read_csv(path)
    d = d[d.year.isin(map(int, WAVES))]
    ends = {"ln_out": "exporter", "ln_in": "importer"}
    sums = {name: np.log(d.groupby([end, "year"]).trade.transform("sum")) for name, end in ends.items()}
    home, ln_dist = (d.exporter == d.importer).astype(int), np.log(d.dist)
    by_year = {f"dist{year}": ln_dist * (1 - home) * (d.year == int(year)) for year in WAVES}
    abroad = {f"{name}_abroad": d[name] * (1 - home) for name in ("cntg", "lang", "clny")}
    own = home * (1 + pd.factorize(d.exporter)[0])
    return d.assign(
        ln_dist=ln_dist, one=1, home=home, own=own, dist_at_home=ln_dist * home, **sums, **by_year, **abroad
    )


OF_PAIR, ENDS = ["cntg", "lang", "clny"], ["city_period", "partner_period"]
BY_YEAR = [*(f"dist{year}" for year in WAVES), *(f"{name}_abroad" for name in OF_PAIR)]
COVARIATES = {
    "1: ols": ("twfe", True, ["ln_dist", *OF_PAIR, "ln_out", "ln_in"], ["one"], -1.002),
    "1: effects": ("twfe", True, ["ln_dist", *OF_PAIR], ENDS, -1.216),
    "1: ppml": ("ppml", True, ["ln_dist", *OF_PAIR], ENDS, -0.841),
    "2: ols": ("twfe", True, BY_YEAR, ENDS, 7.950),
    "2: ppml": ("ppml", True, BY_YEAR, ENDS, -2.750),
    "2: domestic distance": ("ppml", False, [*BY_YEAR, "dist_at_home"], ENDS, -10.965),
    "2: home": ("ppml", False, [*BY_YEAR, "dist_at_home", "home"], ENDS, -11.969),
    "2: effects of every home": ("ppml", False, BY_YEAR, [*ENDS, "own"], -10.931),
}
"""By column: method, whether trade at home is left out, covariates, effects; the coefficient of distance in 1, and in
2 the change of its effect from 1986 to 2006 in percent."""


FROM_FILE = ("1: ols", "2: effects of every home")
"""Columns that differ in method, scale, trade at home, effects and correction. The digits of all are tested from
Python, here and in ``test_golden_guide``; from a file the others are on the slow side."""


@loop_over("column", FROM_FILE)
def test_applications_one_and_two_from_a_file(find, tmp_path, column):
    check_column(find, tmp_path, column)


@pytest.mark.slow
@loop_over("column", [column for column in COVARIATES if column not in FROM_FILE])
def test_further_columns_of_applications_one_and_two_from_a_file(find, tmp_path, column):
    check_column(find, tmp_path, column)


def check_column(find, tmp_path, column):
    method, is_abroad, names, effects, printed = COVARIATES[column]
    d = prepare_guide(find(GUIDE))
    columns = ["exporter", "importer", "year", "trade", *names, *(name for name in effects if name in d)]
    (tmp_path / "data" / "raw").mkdir(parents=True, exist_ok=True)
    (d[d.home == 0] if is_abroad else d)[columns].to_csv(tmp_path / "data" / "raw" / "guide.csv", index=False)
    trade = describe_trade(GUIDE, "exporter", "importer").replace(f"TWINTRADE_DATA/{GUIDE}", "data/raw/guide.csv")
    lines = [
        'title = "guide"', trade,
        f'design = {{ covariates = {names}, cluster = ["undirected_pair"], fixed_effects = {effects} }}',
        f'estimator = [{{ name = "{method}", shape = "covariates", '
        f'transform = "{"log" if method == "twfe" else "level"}" }}]',
        f'inference = {{ name = "clustered", correction = "{"fixest" if method == "twfe" else "ppmlhdfe"}" }}',
        "diagnostic = []",
    ]  # fmt: skip
    found = pd.read_csv(run_analysis(tmp_path, "\n".join(lines)) / "payloads" / "covariates.csv").set_index("term")
    if column.startswith("1"):
        row = found.loc["ln_dist"]
        assert (row["effect"], row["se"]) == pytest.approx(DISTANCE[column[3:]], abs=THIRD)
    else:
        change = 100 * (found.loc["dist2006", "effect"] / found.loc["dist1986", "effect"] - 1)
        assert change == pytest.approx(printed, abs=THIRD)


def test_the_page_has_what_the_command_prints(find, root):
    printed = [f"|{'|'.join(row)}|" for row in published_tables.enlargement(find(ENLARGEMENT), False)]
    page = (root / "docs" / "tutorials" / "replication.md").read_text(encoding="utf-8")
    assert len(printed) == 2
    assert all(line in page for line in printed)


DISTANCE = {"ols": (-1.002, 0.027), "effects": (-1.216, 0.038), "ppml": (-0.841, 0.032)}


@loop_over("column", DISTANCE)
def test_application_one_from_python(find, column):
    """Output and spending, or effects of both ends by year; the guide counts both as parameters in its errors."""
    d = prepare_guide(find(GUIDE)).query("home == 0")
    d = d[(d.trade > 0) | (column == "ppml")]
    panel = tt.panel(d, city="exporter", partner="importer", period="year")
    more = ["ln_out", "ln_in"] if column == "ols" else []
    effects = ["one"] if column == "ols" else [("exporter", "year"), ("importer", "year")]
    names = ["ln_dist", "cntg", "lang", "clny", *more]
    transform = "level" if column == "ppml" else "log"
    design = tt.compare(
        panel,
        outcome="trade",
        covariates=names,
        fixed_effects=effects,
        cluster="undirected_pair",
        transform=transform,
    )
    fit = tt.fit("ppmlhdfe" if column == "ppml" else "feols", design)
    correction = "ppmlhdfe" if column == "ppml" else "fixest"
    row = fit.tidy("clustered", correction=correction).set_index("term").loc["ln_dist"]
    assert (row["estimate"], row["std.error"]) == pytest.approx(DISTANCE[column], abs=THIRD)
    assert fit.nobs == (28_152 if column == "ppml" else 25_689)


def test_agreements_from_python(find):
    """The printed error is that of ppmlhdfe; the corrected one is of Weidner and Zylkin, and wider."""
    flows = pd.read_csv(find(AGREEMENTS)).query("category == 'TOTAL'")
    panel = tt.panel(flows, city="isoexp", partner="isoimp", period="year")
    design = tt.compare(
        panel, outcome="trade", treated="fta", fixed_effects="gravity", cluster="unit", always_treated="keep"
    )
    row = tt.fit("ppmlhdfe", design).tidy("clustered", correction="ppmlhdfe").iloc[0]
    assert (row["estimate"], row["std.error"]) == pytest.approx((0.192445, 0.041953), abs=5.1e-7)
    corrected = tt.fit("ppml_corrected", design, shape="static")
    less = corrected.tidy("weidner_zylkin", adjusted="one_side").iloc[0]
    assert (less["estimate"], less["std.error"]) == pytest.approx((0.186384, 0.052790), abs=5.1e-7)
    assert less["std.error"] > row["std.error"]
