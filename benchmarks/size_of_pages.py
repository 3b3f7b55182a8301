"""How often a page on simulated trade supports a claim or objects: without any effect, and with a large one.

``python -m benchmarks size_of_pages --pages all --draws 200`` goes on where docs/lab/size_of_pages.csv ends, a row
per page; ``--planted`` plants twice the smallest effect that the recipe's pages without any would have found. The
page beside it is filled in each time.
"""

import argparse
import csv
import re
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.simulated_pages import BY_NAME, PAGES, Page, draw_page, evaluate_page
from benchmarks.size_of_auto import fill_file

RESULTS = Path(__file__).parents[1] / "docs" / "lab" / "size_of_pages.csv"
PAGE = RESULTS.with_suffix(".md")
CASES = PAGES
KEYS = ("run", "recipe", "planted", "page", "seconds")
FIRST = 10
"""Pages without an effect from which the planted one follows."""
SUPPORT, OBJECTION, ANY_OBJECTION, POWER = 0.05, 0.075, 0.20, 0.60
SHARES = {
    "any_supported": "any claim supported, %",
    "c1_supported": "C1 supported, %",
    "c1_contrary": "C1 not supported, %",
    "rejects": "headline p < 0.05, %",
    "objects": "any check objects, %",
    "fails": "no page, %",
}
VERDICTS = ("objects", "does not object", "cannot tell")
CHECK = re.compile(r"(.+?) \([^()]*\): (objects|does not object|cannot tell|informs)(?:, p [\d.]+)?(, .*)?")
FACTS = (
    "method", "scale", "effect", "low", "high", "p", "c1_p", "detectable", "claims", "checks", "error"
)  # fmt: skip


def read_results(path: Path = RESULTS) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=[*KEYS, *FACTS])
    return pd.read_csv(path, keep_default_na=False, na_values=["nan"])


def run(page: Page, options: argparse.Namespace) -> None:
    stored = read_results(options.results)
    stored = stored[(stored["run"] == options.run) & (stored["recipe"] == page.name)]
    effect = compute_planted(stored) if options.planted else 0.0
    done = set(stored.loc[(stored["planted"] != 0) == options.planted, "page"])
    is_new, end = not options.results.exists(), time.monotonic() + 60 * options.minutes
    with options.results.open("a", newline="") as file, tempfile.TemporaryDirectory() as root:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow((*KEYS, *FACTS))
        for k in range(options.first, options.draws):
            if k in done or time.monotonic() > end:
                continue
            started = time.process_time()
            row = evaluate_page(draw_page(page, k), effect, k, Path(root))
            spent = round(time.process_time() - started, 1)
            values = ("" if row.get(name) is None else row[name] for name in FACTS)
            writer.writerow((options.run, page.name, round(effect, 4), k, spent, *values))
            file.flush()


def compute_planted(stored: pd.DataFrame) -> float:
    """Return twice the effect, in log points, that 80 % of pages without any would have found at 5 %."""
    null = stored[(stored["planted"] == 0) & (stored["page"] < FIRST)]
    if len(null) < FIRST:
        raise SystemExit(
            f"the smallest effect found follows from the first {FIRST} pages without any: run these first"
        )
    logs = np.log1p(null["effect"] / 100) if (null["scale"] == "percent").all() else null["effect"]
    spread = (logs.quantile(0.84) - logs.quantile(0.16)) / 2
    return float(2 * 2.8 * spread)


def list_checks(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row a check of a page: recipe, planted, page, check, verdict, is_made."""
    rows = [
        (r["recipe"], r["planted"], r["page"], found[1], found[2], not found[3])
        for _, r in results.iterrows()
        for item in r["checks"].split("; ")
        if (found := CHECK.fullmatch(item)) is not None
    ]
    return pd.DataFrame(rows, columns=["recipe", "planted", "page", "check", "verdict", "is_made"])


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row per recipe and effect: pages, and shares of them."""
    made = results.assign(
        any_supported=results["claims"].str.contains(": supported"),
        c1_supported=results["claims"].str.contains("C1: supported"),
        c1_contrary=results["claims"].str.contains("C1: not supported"),
        rejects=results["p"] < 0.05,
        objects=results["checks"].str.contains(": objects"),
        fails=results["error"] != "",
        is_planted=results["planted"] != 0,
    )
    keys = ["recipe", "is_planted"]
    table = made.groupby(keys, sort=False)[list(SHARES)].mean()
    table.insert(0, "pages", made.groupby(keys, sort=False).size())
    table.insert(0, "planted", made.groupby(keys, sort=False)["planted"].max())
    return table.reset_index()


def bound_false_support(pages: int) -> float:
    """Return the share of pages with a false support that 5 % and three binomial errors allow."""
    return float(SUPPORT + 3 * np.sqrt(SUPPORT * (1 - SUPPORT) / pages))


def tabulate_pages(results: pd.DataFrame) -> str:
    lines = [f"| recipe | effect, log points | pages | {' | '.join(SHARES.values())} | bound |", "|---" * 10 + "|"]
    for _, r in summarize(results).iterrows():
        bound = f"C1 ≥ {100 * POWER:.0f}" if r["planted"] else f"any ≤ {100 * bound_false_support(r['pages']):.1f}"
        shares = " | ".join(f"{100 * r[name]:.1f}" for name in SHARES)
        lines.append(f"| {r['recipe']} | {r['planted']:.2f} | {r['pages']} | {shares} | {bound} |")
    return "\n".join(lines)


def tabulate_checks(results: pd.DataFrame) -> str:
    """Return what each check that judges says where nothing happened."""
    found = list_checks(results[results["planted"] == 0])
    lines = ["| recipe | check | pages | objects, % | does not object, % | cannot tell, % | not available, % |"]
    lines.append("|---" * 7 + "|")
    for (recipe, check), rows in found.groupby(["recipe", "check"], sort=False):
        if (rows["verdict"] == "informs").all():
            continue
        made = rows.assign(verdict=rows["verdict"].where(rows["is_made"], "not available"))
        shares = [100 * (made["verdict"] == v).mean() for v in (*VERDICTS, "not available")]
        lines.append(f"| {recipe} | {check} | {rows['page'].nunique()} | {' | '.join(f'{s:.1f}' for s in shares)} |")
    return "\n".join(lines)


TABLES = {"pages": tabulate_pages, "checks": tabulate_checks}
SMOKE = (("--pages", "single case, 10 years", "--draws", "1", "--results", "{folder}/pages.csv"),)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", nargs="*", choices=[*BY_NAME, "all"], default=[], help="none: print the tables")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--run", default="now", help="name under which results are stored")
    parser.add_argument("--minutes", type=float, default=np.inf, help="begin no page after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the page of that name is filled in")
    options = parser.parse_args()
    for name in BY_NAME if options.pages == ["all"] else options.pages:
        run(BY_NAME[name], options)
    results = read_results(options.results)
    for name, table in TABLES.items():
        print(f"<!-- {options.run} {name} -->", table(results[results["run"] == options.run]), sep="\n\n")
    fill_file(options.results.with_suffix(".md"), results, TABLES)


if __name__ == "__main__":
    main()
