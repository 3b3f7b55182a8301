"""Five published gravity tables: what is printed, the same here, and what this tool adds to each.

``TWINTRADE_DATA=FOLDER python -m benchmarks.published_tables`` prints what docs/tutorials/replication.md holds; with
``--verdict`` the check ``evidence`` too, which takes minutes a table. A table without its file is left out by name.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import twintrade as tt

ENLARGEMENT, GUIDE, AGREEMENTS = (
    "eu_enlargement_2000_2014.dta", "agtpa_applications.csv.gz", "ppmlhdfe_trade_fta.csv.gz",
)  # fmt: skip
WAVES = (1986, 1990, 1994, 1998, 2002, 2006)
ENDS = [("exporter", "year"), ("importer", "year")]
SMOKE = ((),)
Row = tuple[str, str, str, str, str, str]
HEAD = ("table", "printed", "here", "ETWFE by Poisson", "Poisson imputation, total", "errors of `auto`")


def find(name: str) -> Path | None:
    """Return a file of TWINTRADE_DATA, None where it is not there."""
    path = Path(os.environ.get("TWINTRADE_DATA") or "data") / name
    return path if path.is_file() else None


def show(estimate: float, error: float) -> str:
    return f"{estimate:.3f} ({error:.3f})"


def read_row(fit: Any, term: str, correction: str = "ppmlhdfe") -> str:
    row = fit.tidy("clustered", correction=correction).set_index("term").loc[term]
    return show(row["estimate"], row["std.error"])


def add_robust(panel: Any, has_verdict: bool, **given: Any) -> tuple[str, str, str]:
    """Return the two columns that allow effects to differ by cohort, and which errors ``auto`` took and concludes."""
    design = tt.compare(panel, outcome="trade", **given)
    cells = tt.fit("etwfe", design, family="poisson").tidy("clustered", view="overall", correction="ppmlhdfe").iloc[0]
    total = tt.fit("imputation", design, family="poisson", measure="percent")
    bands = total.infer("auto", view="overall")
    ends = f"{bands.estimate.effects[0]:+.1f} %, from {bands.low[0]:+.1f} % to {bands.high[0]:+.1f} %"
    concluded = f"{bands.inference}, p = {bands.p[0]:.2g}"
    if has_verdict:
        finding = tt.check(total, "evidence")
        concluded += f"; {finding.table['grade'].iloc[0] if 'grade' in finding.table else finding.sentence}"
    return show(cells["estimate"], cells["std.error"]), ends, concluded


def enlargement(path: Path, has_verdict: bool) -> Iterator[Row]:
    flows = pd.read_stata(path).query("exporter != importer")
    panel = tt.panel(flows, city="exporter", partner="importer", period="year")
    given = {"treated": "eu_enlargement", "fixed_effects": "gravity", "cluster": "unit"}
    kept = tt.compare(panel, outcome="trade", covariates="other_fta", always_treated="keep", **given)
    fit = tt.fit("ppml", kept, shape="static")
    robust = add_robust(panel, False, covariates="other_fta", **given)
    yield ("EU enlargement", ".224", read_row(fit, "eu_enlargement"), *robust)
    yield ("other agreements", "−.037", read_row(fit, "other_fta"), "", "", "")
    if has_verdict:
        yield ("enlargement alone", "", "", *add_robust(panel, True, **given))


def guide(path: Path, has_verdict: bool) -> Iterator[Row]:
    flows = pd.read_csv(path).query(f"year in {WAVES}")
    is_home, ln_dist = flows.exporter == flows.importer, np.log(flows.dist)
    flows = flows.assign(ln_dist=ln_dist, **{f"dist{y}": ln_dist * ~is_home * (flows.year == y) for y in WAVES})
    pairs = {"cluster": "undirected_pair", "always_treated": "keep"}
    abroad = tt.panel(flows[~is_home], city="exporter", partner="importer", period="year")
    own = ["cntg", "lang", "clny"]
    design = tt.compare(abroad, outcome="trade", covariates=["ln_dist", *own], fixed_effects=ENDS, **pairs)
    fit = tt.fit("ppmlhdfe", design)
    both = fit.tidy("clustered", by=("city", "partner")).set_index("term").loc["ln_dist", "std.error"]
    yield ("Guide, 1: distance", "−.841 (.032)", read_row(fit, "ln_dist"), "", "", f"both ends: {both:.3f}")
    years = [f"dist{y}" for y in WAVES]
    design = tt.compare(abroad, outcome="trade", covariates=[*years, *own], fixed_effects=ENDS, **pairs)
    slopes = tt.fit("ppmlhdfe", design).coef()
    change = 100 * (slopes[years[-1]] / slopes[years[0]] - 1)
    yield ("Guide, 2: its change, %", "−2.750", f"{change:.3f}", "", "", "")
    panel = tt.panel(flows, city="exporter", partner="importer", period="year")
    effects = [*ENDS, "undirected_pair"]
    fit = tt.fit("ppmlhdfe", tt.compare(panel, outcome="trade", treated="rta", fixed_effects=effects, **pairs))
    robust = add_robust(panel, has_verdict, treated="rta", fixed_effects="gravity", cluster="undirected_pair")
    yield ("Guide, 3: agreements", ".557 (.102)", read_row(fit, "rta"), *robust)


def agreements(path: Path, has_verdict: bool) -> Iterator[Row]:
    flows = pd.read_csv(path).query("category == 'TOTAL'")
    panel = tt.panel(flows, city="isoexp", partner="isoimp", period="year")
    given = {"treated": "fta", "fixed_effects": "gravity", "cluster": "unit"}
    kept = tt.compare(panel, outcome="trade", always_treated="keep", **given)
    corrected = tt.fit("ppml_corrected", kept, shape="static").tidy("weidner_zylkin", adjusted="one_side").iloc[0]
    robust = add_robust(panel, has_verdict, **given)
    yield ("ppmlhdfe", ".192 (.042)", read_row(tt.fit("ppmlhdfe", kept), "fta"), *robust)
    yield ("Weidner and Zylkin", ".186 (.053)", show(corrected["estimate"], corrected["std.error"]), "", "", "")


TABLES = {ENLARGEMENT: enlargement, GUIDE: guide, AGREEMENTS: agreements}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdict", action="store_true", help="weigh the evidence too")
    asked = parser.parse_args()
    print(f"|{'|'.join(HEAD)}|\n|{'---|' * len(HEAD)}", flush=True)
    for name, build in TABLES.items():
        path = find(name)
        if path is None:
            print(f"{name} is not in TWINTRADE_DATA")
            continue
        for row in build(path, asked.verdict):
            print(f"|{'|'.join(row)}|", flush=True)


if __name__ == "__main__":
    main()
