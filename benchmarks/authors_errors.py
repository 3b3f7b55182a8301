"""Each method's point and error beside those its authors' software prints, by the option that gives them.

``python -m benchmarks.authors_errors ../shared`` prints the table, ``--csv docs/lab/authors_errors.csv`` saves it.
The folder holds golden/data; a row whose file is absent is left out by name.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import twintrade as tt
from benchmarks.replication import list_available

BUNDLED = Path(__file__).resolve().parents[1] / "tests" / "golden" / "data"
COLUMNS = ["method", "software", "data", "option", "point", "ours", "error", "our_error"]
SMOKE = (("{shared}",),)
Row = tuple[str, str, str, str, float, float, float, float]

KEYS = {
    "mpdta": ("countyreal", "first.treat", "lemp", "year"),
    "castle": ("sid", "effyear", "l_homicide", "year"),
    "base_stagg": ("id", "year_treated", "y", "year"),
}


def read_results(file: str, case: str) -> Mapping[str, Any]:
    cases = json.loads((BUNDLED / f"{file}.json").read_text(encoding="utf-8"))["cases"]
    return next(c["results"] for c in cases if c["id"] == case)


def build(shared: Path, dataset: str, **options: Any) -> tt.Design:
    frame = pd.read_csv(shared / "golden" / "data" / f"{dataset}.csv")
    unit, onset, outcome, period = KEYS[dataset]
    onsets = frame.groupby(unit)[onset].first().replace([0, 10000], np.nan)
    panel = tt.panel(frame, unit=unit, period=period)
    return tt.compare(panel, onsets, outcome, **({"window": (-99, 99), "cluster": "unit"} | options))


def row_of(what: tuple[str, str, str, str], point: float, error: float, found: pd.DataFrame) -> Row:
    return (*what, point, float(found["estimate"].iloc[0]), error, float(found["std.error"].iloc[0]))


def regressions(shared: Path) -> Iterator[Row]:
    want, fit = (
        read_results("fixest_twfe", "castle_static_crv1"),
        tt.fit("twfe", build(shared, "castle"), shape="static"),
    )
    found = fit.tidy("clustered", correction="fixest")
    what = ("twfe", "fixest 0.14.2", "castle", 'correction = "fixest"')
    yield row_of(what, np.atleast_1d(want["estimate"])[0], np.atleast_1d(want["se"])[0], found)
    want = read_results("crv3_clubsandwich", "castle_static_CR2")
    what = ("twfe", "clubSandwich 0.5.11", "castle", 'inference = "crv2"')
    yield row_of(what, float(fit.coef().iloc[0]), want["se"], fit.tidy("crv2", by="unit"))
    want = read_results("fixest_sunab", "base_stagg_sunab_crv1")["att"]
    fit = tt.fit("sunab", build(shared, "base_stagg", covariates="x1"))
    what = ("sun_abraham", "fixest 0.14.2", "base_stagg", 'view = "path", correction = "fixest"')
    found = fit.tidy("clustered", view="path", correction="fixest")
    place = want["term"].index("ATT")
    yield row_of(what, want["estimate"][place], want["se"][place], found)


def group_times(shared: Path) -> Iterator[Row]:
    want = read_results("did_aggte", "mpdta_x1_dr_nevertreated_varying_a0")["simple"]
    design = build(shared, "mpdta", comparison="never_treated")
    fit = tt.fit("att_gt", design, method="doubly_robust", base="varying")
    what = ("callaway_santanna", "did 2.5.1", "mpdta", 'base = "varying", correction = "did"')
    found = fit.tidy("clustered", view="overall", correction="did")
    yield row_of(what, want["overall_att"], want["overall_se"], found)
    want = read_results("staggered", "mpdta_staggered_simple")
    fit = tt.fit("staggered_efficient", build(shared, "mpdta", window=(-2, 2)))
    what = ("staggered_efficient", "staggered 1.2.3", "mpdta", 'correction = "none"')
    found = fit.tidy("clustered", view="overall", correction="none")
    yield row_of(what, want["estimate"], want["se_neyman"], found)
    want = read_results("did_multiplegt_dyn", "castle_3_2")["ate"]
    fit = tt.fit("did_multiplegt_dyn", build(shared, "castle"), singletons="dropped", effects=3, placebos=2)
    what = (
        "chaisemartin_dhaultfoeuille",
        "DIDmultiplegtDYN 2.1.2",
        "castle",
        'singletons = "dropped", correction = "none"',
    )
    yield row_of(what, want["estimate"], want["se"], fit.tidy("clustered", view="overall", correction="none"))


def counterfactuals(shared: Path) -> Iterator[Row]:
    want, design = read_results("did_imputation", "castle_static"), build(shared, "castle", window=(-1, 99))
    what = ("imputation", "didimputation 0.5.0", "castle", 'correction = "didimputation"')
    found = tt.fit("imputation", design).tidy("clustered", view="overall", correction="didimputation")
    yield row_of(what, np.atleast_1d(want["estimate"])[0], np.atleast_1d(want["se"])[0], found)
    want = read_results("did2s", "castle_static")
    what = ("two_stage", "did2s 1.2.0", "castle", 'correction = "none"')
    found = tt.fit("did2s", build(shared, "castle"), shape="static").tidy("clustered", correction="none")
    yield row_of(what, np.atleast_1d(want["estimate"])[0], np.atleast_1d(want["se"])[0], found)
    frame = pd.read_csv(BUNDLED / "sim_balanced.csv").query("g in [0, 8]")
    onsets = frame[frame["g"] == 8].groupby("id")["g"].first()
    fit = tt.fit("sdid", tt.compare(tt.panel(frame, unit="id", period="t"), onsets, "y"), solver="published")
    want = read_results("synthdid", "sim_balanced_block_synthdid_jackknife")
    what = ("synthetic_did", "synthdid 0.0.9", "sim_balanced", 'synthetic_did_variance, method = "jackknife"')
    found = fit.tidy("synthetic_did_variance", view="overall", method="jackknife")
    yield row_of(what, want["estimate"], want["jackknife_se"], found)
    frame = pd.read_csv(shared / "golden" / "data" / "california_prop99.csv")
    design = tt.compare(tt.panel(frame, unit="State", period="Year"), outcome="PacksPerCapita", treated="treated")
    want = read_results("synthdid", "prop99_synthdid_placebo_se")
    found = tt.fit("sdid", design, solver="published").tidy("synthetic_did_variance", view="overall", draws=200)
    what = (
        "synthetic_did",
        "synthdid 0.0.9",
        "california_prop99",
        'synthetic_did_variance, method = "placebo" (drawn)',
    )
    error = next(v for k, v in want.items() if "se" in k)
    yield row_of(what, read_results("synthdid", "prop99_synthdid")["estimate"], np.ravel(error)[0], found)


def gravity(shared: Path) -> Iterator[Row]:
    flows = pd.read_csv(shared / "golden" / "data" / "ppmlhdfe_trade_fta.csv.gz").query("category == 'TOTAL'")
    panel = tt.panel(flows, city="isoexp", partner="isoimp", period="year")
    options = {"outcome": "trade", "fixed_effects": "gravity", "cluster": "unit", "always_treated": "keep"}
    found = tt.fit("ppmlhdfe", tt.compare(panel, treated="fta", **options)).tidy("clustered", correction="ppmlhdfe")
    what = ("ppml", "ppmlhdfe, example 3", "ppmlhdfe_trade_fta", 'correction = "ppmlhdfe"')
    yield row_of(what, 0.192445, 0.041953, found)


def stacks(shared: Path) -> Iterator[Row]:
    """Yield the example of Wing, Freedman and Hollingsworth; fixest counts 12 parameters on 600 stacked rows."""
    frame = pd.read_csv(shared / "golden" / "data" / "acs1860_unins_2008_2021.csv")
    onsets = frame.groupby("statefip")["adopt_year"].first()
    panel = tt.panel(frame, unit="statefip", period="year")
    design = tt.compare(panel, onsets, "unins", cluster="unit", window=(-3, 2))
    fit = tt.fit("stacked", design, span=(-3, 2), centered="pooled")
    found = fit.tidy("clustered", view="path").assign(**{"std.error": lambda t: t["std.error"] * np.sqrt(599 / 588)})
    what = ("stacked", "Wing, Freedman and Hollingsworth", "acs1860", 'centered = "pooled", times √(599/588)')
    yield row_of(what, -0.0219, 0.00563, found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="folder that holds golden/data")
    parser.add_argument("--csv", type=Path, help="file to write")
    asked = parser.parse_args()
    parts = (regressions, group_times, counterfactuals, gravity, stacks)
    table = pd.DataFrame(list_available(parts, asked.shared), columns=COLUMNS)
    print(table.to_string(index=False))
    if asked.csv:
        table.to_csv(asked.csv, index=False, float_format="%.8g")


if __name__ == "__main__":
    main()
