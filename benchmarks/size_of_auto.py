"""How often what ``auto`` takes rejects a true null, holds a known effect and finds one, by design and estimator.

``python -m benchmarks size_of_auto --cells all --draws 200`` goes on where docs/lab/size_of_auto.csv ends (a row per
assignment of agreements, method taken and row of the decision table). The page beside it is filled in each time.
"""

import argparse
import csv
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.agreement_panels import GRID, LEVELS, MANY, ONE, RESTING, SOME, TWO, WIDE, Cell
from benchmarks.one_assignment import COUNTS, FACTS, REFUSED, Study
from twintrade.estimators.base import Estimator
from twintrade.estimators.callaway_santanna import CallawaySantAnna, StaggeredEfficient
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation, TwoStage
from twintrade.estimators.local_projections import LocalProjections
from twintrade.estimators.ppml import PPML
from twintrade.estimators.sun_abraham import Stacked, SunAbraham
from twintrade.estimators.synthetic_control import PartiallyPooledSyntheticControl, SyntheticControl
from twintrade.estimators.twfe import TWFE
from twintrade.inference.choosing.decision import TABLE

RESULTS = Path(__file__).parents[1] / "docs" / "lab" / "size_of_auto.csv"
PAGE = RESULTS.with_suffix(".md")
CASES = (*GRID, *RESTING, ONE, TWO, SOME, MANY, WIDE)
FOUR: dict[str, Estimator] = {
    "twfe": TWFE(shape="static"),
    "imputation": Imputation(),
    "callaway_santanna": CallawaySantAnna(),
    "poisson_imputation": Imputation(family="poisson"),
}
OTHERS: dict[str, Estimator] = {
    "ppml": PPML(shape="static"),
    "poisson_etwfe": ETWFE(family="poisson"),
    "two_stage": TwoStage(),
    "sun_abraham": SunAbraham(),
    "stacked": Stacked(),
    "local_projections": LocalProjections(),
    "chaisemartin_dhaultfoeuille": ChaisemartinDHaultfoeuille(),
    "staggered_efficient": StaggeredEfficient(),
}
WITHOUT_INFLUENCE: dict[str, Estimator] = {
    "synthetic_control": SyntheticControl(demeaned=True),
    "partially_pooled_synthetic_control": PartiallyPooledSyntheticControl(),
}
TOTAL: dict[str, Estimator] = {"poisson_total": Imputation(family="poisson", measure="percent")}
ESTIMATORS = FOUR | OTHERS | WITHOUT_INFLUENCE | TOTAL
_SMALL = [cell for cell in GRID if cell.cities < 100]
EIGHT = (
    *[cell for cell in _SMALL if cell.effects == "two_way"][:6],
    *[cell for cell in _SMALL if cell.effects == "gravity" and cell.agreements > 2][:2],
)
"""Cells in which the other estimators are studied too."""

ROWS = {
    ONE: ("synthetic_control",),
    TWO: ("partially_pooled_synthetic_control",),
    SOME: ("local_projections",),
    MANY: ("local_projections",),
    WIDE: ("poisson_imputation", "ppml", "poisson_etwfe"),
    RESTING[-1]: (*FOUR, *TOTAL, "ppml", "poisson_etwfe"),
}
"""Cells that single rows decide, or for rows of the decision table that no other reaches, and their estimators."""

BOUND, BOUND_AT_THRESHOLDS, CONSERVATIVE, COVERAGE = 0.09, 0.075, 0.03, 0.93
METHODS = ("randomization", "scaled", "clustered")
STEPS = (2, 3, 5, 8, 12, 18)
Table = Callable[[pd.DataFrame], str]
HEAD = ("run", "cell", "estimator", "assignment", "decided_by", "method", *COUNTS)


def pick_estimator(cell: Cell, name: str) -> Estimator:
    """Return the estimator; where a cell may sell nothing, Poisson imputation of totals, as it asks for itself."""
    if name == "poisson_imputation" and cell.noise == "heavy, zeros":
        return Imputation(family="poisson", measure="percent")
    return ESTIMATORS[name]


def list_runs(cells: Sequence[Cell], names: Sequence[str]) -> Iterator[tuple[Cell, str]]:
    for cell in cells:
        for name in names:
            needs = ESTIMATORS[name].requires
            can = cell.effects in (needs.fixed_effects or LEVELS["effects"])
            can &= not needs.balanced or not (cell.noise == "heavy, zeros" or cell.resting)
            if can and name in ROWS.get(cell, (*FOUR, *(OTHERS if cell in EIGHT else ()))):
                yield cell, name


def read_results(path: Path = RESULTS) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=[*HEAD, *FACTS])
    return pd.read_csv(path, keep_default_na=False, na_values=["nan"])


def run(options: argparse.Namespace) -> None:
    stored = read_results(options.results)
    stored = stored[stored["run"] == options.run]
    done = stored.groupby(["cell", "estimator"])["assignment"].max()
    cells = CASES if options.cells == ["all"] else [CASES[int(k)] for k in options.cells]
    is_new, end = not options.results.exists(), time.monotonic() + 60 * options.minutes
    with options.results.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow((*HEAD, *FACTS))
        for cell, name in list_runs(cells, options.estimators):
            started, first = time.process_time(), int(done.get((cell.name, name), -1)) + 1
            estimator = pick_estimator(cell, name)
            for k in range(first, -(-options.draws // Study(cell, estimator, 0).n_draws)):
                if time.monotonic() > end:
                    return
                study = Study(cell, estimator, k, options.seed)
                writer.writerows((options.run, cell.name, name, k, *row) for row in study.rows())
                file.flush()
            print(f"{cell.name}: {name}, {time.process_time() - started:.0f} s", flush=True)


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell and estimator, with the error of the rejection rate from the spread of assignments."""
    keys = ["cell", "estimator"]
    each = results.groupby([*keys, "assignment"], sort=False)[list(COUNTS)].sum()
    table = each.groupby(keys, sort=False).sum()
    answered = table["draws"].where(table["draws"] > 0)
    rate = each["rejects"] / each["draws"]
    out = pd.DataFrame({"draws": table["draws"], "size": table["rejects"] / answered})
    out["error"] = rate.groupby(keys, sort=False).sem()
    given = table["draws"] + table["planted"] - table["none"] - table["no_interval"]
    out["coverage"] = (table["covers"] + table["covers_effect"]) / given.where(given > 0)
    out["power"] = table["finds"] / table["planted"].where(table["planted"] > 0)
    out["none"], out["no_interval"], out[REFUSED] = table["none"], table["no_interval"], table[REFUSED]
    taken = (results["decided_by"] + ": " + results["method"]).where(results["decided_by"] != REFUSED)
    taken = results.assign(taken=taken).groupby(keys, sort=False)["taken"]
    out["taken"] = taken.agg(lambda x: ", ".join(x.value_counts().index))
    out["clustered"] = results.groupby(keys, sort=False)["beside"].agg(lambda x: _rate(x, "clustered"))
    return out.reset_index()


def _rate(texts: pd.Series, name: str) -> float:
    found = texts.str.extract(rf"(?:^|; ){name} (\d+)/(\d+)").dropna().astype(int).sum()
    return float(found[0] / found[1]) if found[1] else np.nan


def tabulate_by_clusters(results: pd.DataFrame) -> str:
    """Return what each method rejects by the fewer of the cities and partners that count, taken or tried beside."""
    fewest = results[["effective_city", "effective_partner"]].min(axis=1)
    bins = pd.cut(fewest, [0, *STEPS, np.inf], right=False)
    lines = [f"| clusters count as | {' | '.join(f'{name} rejects, %' for name in METHODS)} |", "|---" * 4 + "|"]
    for step, rows in results.groupby(bins, observed=True):
        found = []
        for name in METHODS:
            pairs = rows["beside"].str.extract(rf"(?:^|; ){name} (\d+)/(\d+)").dropna().astype(int)
            taken = rows[rows["method"] == name]
            n = int(pairs[1].sum() + taken["draws"].sum())
            rejects = int(pairs[0].sum() + taken["rejects"].sum())
            found.append(f"{100 * rejects / n:.1f} of {n:,}" if n else "")
        label = f"under {step.right:g}" if step.left == 0 else f"from {step.left:g}"
        lines.append(f"| {label} | {' | '.join(found)} |")
    return "\n".join(lines)


def judge(row: pd.Series) -> str:
    """Say what the bounds say of a cell; fewer than 200 draws must miss one by two simulation errors."""
    bound = BOUND_AT_THRESHOLDS if row["draws"] >= 1000 else BOUND
    slack = 0.0 if row["draws"] >= 200 else 2 * (0.05 * 0.95 / max(row["draws"], 1)) ** 0.5
    said = ["too often"] if row["size"] > bound + slack else []
    said += ["conservative"] if row["size"] < CONSERVATIVE - slack else []
    said += ["covers too rarely"] if row["coverage"] < COVERAGE - slack else []
    said += [f"{row[REFUSED]} of {row['draws'] + row[REFUSED]} refused"] * bool(row[REFUSED])
    return ", ".join(said + ["no number"] * bool(row["none"]) + ["no interval"] * bool(row["no_interval"]))


def tabulate(results: pd.DataFrame) -> str:
    head = "| cell | estimator | row: method | draws | rejects, % | covers, % | power, % | clustered rejects, % | |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    for _, r in summarize(results).iterrows():
        error = "" if np.isnan(r["error"]) else f" ({100 * r['error']:.1f})"
        lines.append(
            f"| {r['cell']} | {r['estimator']} | {r['taken']} | {r['draws']} | {100 * r['size']:.1f}{error} | "
            f"{100 * r['coverage']:.1f} | {100 * r['power']:.0f} | "
            f"{100 * r['clustered']:.1f} | {judge(r)} |"
        )
    return "\n".join(lines)


def tabulate_rows(results: pd.DataFrame) -> str:
    """Return one row for each of the decision table: where it decides, what its method rejects, cells that exceed."""
    table = summarize(results)
    exceeding = table[["too often" in judge(row) for _, row in table.iterrows()]]
    lines = [
        "| row of the decision table | method | cells | draws | rejects, % | cells beyond the bound |",
        "|---" * 6 + "|",
    ]
    for rule in TABLE:
        rows = results[(results["decided_by"] == rule.code) & (results["draws"] > 0)]
        beyond = exceeding.merge(rows[["cell", "estimator"]].drop_duplicates())
        names = "; ".join(f"{cell}: {name}" for cell, name in zip(beyond["cell"], beyond["estimator"], strict=True))
        n = int(rows["draws"].sum())
        rate = f"{100 * rows['rejects'].sum() / n:.1f}" if n else ""
        lines.append(
            f"| {rule.code} | {rule.method} | {rows['cell'].nunique()} | {n:,} | {rate} | {names or 'none'} |"
        )
    return "\n".join(lines)


def fill_page(text: str, results: pd.DataFrame, tables: Mapping[str, Table] | None = None) -> str:
    """Return the page with its tables made from the results, each between marks that name a run and a table."""

    def fill(found: re.Match[str]) -> str:
        rows = results[results["run"] == found[2]]
        return f"{found[1]}\n\n{(tables or TABLES)[found[3]](rows)}\n\n{found[4]}"

    return re.sub(r"(<!-- (\w+) (\w+) -->).*?(<!-- end -->)", fill, text, flags=re.DOTALL)


def convert_table(markdown: str) -> str:
    """Return a table in Markdown as CSV."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in markdown.splitlines()]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(row for row in rows if set("".join(row)) != {"-"})
    return buffer.getvalue()


def store_tables(text: str, results: pd.DataFrame, tables: Mapping[str, Table] | None = None) -> dict[str, str]:
    """Return the tables that a page links to as STEM.RUN.TABLE.csv, by file name."""
    stored = {}
    for name, run_name, table in re.findall(r"\]\((\w+\.(\w+)\.(\w+)\.csv)\)", text):
        stored[name] = convert_table((tables or TABLES)[table](results[results["run"] == run_name]))
    return stored


def fill_file(page: Path, results: pd.DataFrame, tables: Mapping[str, Table] | None = None) -> None:
    """Fill in a page, if it is there, and the tables beside it."""
    if page.exists():
        text = page.read_text(encoding="utf-8")
        page.write_text(fill_page(text, results, tables), encoding="utf-8")
        for name, rows in store_tables(text, results, tables).items():
            (page.parent / name).write_text(rows, encoding="utf-8", newline="")


SMOKE = (("--cells", "30", "--estimators", "twfe", "--draws", "20", "--results", "{folder}/auto.csv"),)
TABLES: dict[str, Table] = {"cells": tabulate, "clusters": tabulate_by_clusters, "rows": tabulate_rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cells", nargs="*", metavar="K", help="positions in the grid, or all; none: print the table"
    )
    parser.add_argument("--estimators", nargs="*", choices=list(ESTIMATORS), default=list(ESTIMATORS))
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", default="now", help="name under which results are stored")
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the page of that name is filled in")
    options = parser.parse_args()
    if options.cells:
        run(options)
    results = read_results(options.results)
    for name, table in TABLES.items():
        print(f"<!-- {options.run} {name} -->", table(results[results["run"] == options.run]), sep="\n\n")
    fill_file(options.results.with_suffix(".md"), results)


if __name__ == "__main__":
    main()
