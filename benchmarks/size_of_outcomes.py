"""Family-wise rates of false verdicts where one page asks about two outcomes, and where two dates are as good.

Agreements are dealt as in ``size_of_verdicts``. The second flow of a panel is its first one with noise of its own;
with TWINTRADE_DATA the exports and imports of US states are two flows as well. Each outcome is weighed with the size
and growth of both, alone and by Holm; the first also from dates up to two periods off. Results are stored by
placement, and a run goes on where it stopped.
"""

import argparse
import os
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.size_of_cases import format_share
from benchmarks.size_of_verdicts import FIRST, LAST, Flows, build, load_panels, place, plant, read_flows
from benchmarks.studies import Row, run_study, store_rows
from twintrade.errors import TwintradeError
from twintrade.inference.evidence import FEWEST_AT_RISK, Weighing
from twintrade.inference.refits import DealtCase
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.holm import count_tests

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs/lab/size_of_outcomes.csv"
HEAD = (
    "run", "panel", "dealing", "n", "plant", "placement", "draws", "p_first", "p_second", "p_other_date",
    "alone_first", "alone_second", "holm_first", "holm_second", "seconds",
)  # fmt: skip
PANELS = ("states", "skewed", "heavy", "zeros", "exports and imports")
DEALINGS = ("random", "size 1.2", "growth", "dip")
PLANTS = ("none", "+100 %", "+100 %, first alone")
SIZES = (5, 11, 40)
GRADES = ("some", "strong")


@cache
def load_pair(name: str) -> tuple[Flows, FloatArray]:
    """Return a panel and its second flow, (n_pairs, n_periods)."""
    if name == "exports and imports":
        folder = Path(os.environ["TWINTRADE_DATA"]) / "verdicts"
        frames = [pd.read_csv(folder / f"{one}.csv.gz") for one in ("us_nomex", "us24x30_imp")]
        both = [set(frames[0][key]) & set(frames[1][key]) for key in ("city", "partner")]
        frames = [one[one["city"].isin(both[0]) & one["partner"].isin(both[1])] for one in frames]
        exports, imports = map(read_flows, frames)
        return exports, imports.table.by_pair
    flows, rng = load_panels()[name](), np.random.default_rng(zlib.crc32(f"second {name}".encode()))
    y = flows.table.by_pair
    noise, path = rng.normal(size=y.shape[0]), []
    for _ in range(y.shape[1]):
        noise = 0.6 * noise + 0.8 * rng.normal(size=y.shape[0])
        path.append(noise)
    return flows, np.asarray(y * np.exp(0.4 * np.stack(path, axis=1)))


def judge(panel: str, dealing: str, n: int, what: str, placement: int, draws: int) -> dict[str, object] | None:
    """Return grades and p of both outcomes; None where the agreements cannot be placed."""
    (flows, second), rng = (
        load_pair(panel),
        np.random.default_rng([zlib.crc32(f"{panel}, {dealing}, {n}".encode()), placement]),
    )
    last = flows.table.shape[2] - LAST
    starts = np.sort(rng.integers(FIRST, last + 1, n))
    if flows.at_risk.sum() < FEWEST_AT_RISK * n or (placed := place(flows, dealing, starts, rng)) is None:
        return None
    pairs, starts = placed
    seed, effect = int(rng.integers(2**31)), what.partition(",")[0]
    other = replace(flows, table=flows.table.replace_flows(second))
    y = [
        plant(one, pairs, starts, "none" if k and "first" in what else effect) for k, one in enumerate((flows, other))
    ]
    cases = [replace(build(flows, y[k], pairs, starts), others=(y[1 - k],)) for k in range(2)]
    alone = [Weighing(case, draws, seed) for case in cases]
    p = np.array([one.p[0] for one in alone])
    factors = count_tests(p)
    adjusted = [Weighing(replace(case, tests=k), draws, seed) for case, k in zip(cases, factors, strict=True)]
    shifted = np.clip(starts + rng.integers(-2, 3), FIRST, last)
    order = np.argsort(shifted, kind="stable")
    dated: DealtCase = replace(cases[0], pairs=pairs[order], starts=shifted[order])
    grades = [one.judge()[0] for one in (*alone, *adjusted)]
    named = dict(zip(("alone_first", "alone_second", "holm_first", "holm_second"), grades, strict=True))
    return {"p_first": p[0], "p_second": p[1], "p_other_date": Weighing(dated, draws, seed).p[0], **named}


def run(options: argparse.Namespace) -> None:
    """Store what is asked for and not there yet, placement by placement."""

    def judge_one(trial: Row) -> list[dict[str, object]]:
        try:
            grades = judge(*trial.values(), options.draws)
        except (TwintradeError, np.linalg.LinAlgError):
            grades = {"alone_first": "failed"}
        return [] if grades is None else [grades | {"draws": options.draws}]

    placements = range(options.first, options.first + options.placements)
    trials = product(placements, options.panels, options.dealings, options.sizes, options.plants)
    keyed = (dict(zip(HEAD[1:6], (*trial, placement), strict=True)) for placement, *trial in trials)
    store_rows(options, HEAD, keyed, judge_one)


def _either(rows: pd.DataFrame, columns: tuple[str, str], grades: tuple[str, ...]) -> "pd.Series[bool]":
    return rows[columns[0]].isin(grades) | rows[columns[1]].isin(grades)


ALONE, HOLM = ("alone_first", "alone_second"), ("holm_first", "holm_second")


def tabulate_families(results: pd.DataFrame) -> str:
    """Return one row a dealing: any false answer without an effect, alone and by Holm, and by two dates."""
    lines = [
        "| dealing | placements | p ≤ .05 on either | by Holm | some on either | by Holm | either date | larger p |",
        "|---" * 8 + "|",
    ]
    nulls = results[(results["plant"] == "none") & (results["alone_first"] != "failed")]
    for name in (*DEALINGS, "all"):
        rows = nulls if name == "all" else nulls[nulls["dealing"] == name]
        p, dated = rows[["p_first", "p_second"]], rows[["p_first", "p_other_date"]]
        rates: list[Callable[[], pd.Series[bool]]] = [
            lambda p=p: p.min(axis=1) <= 0.05,
            lambda p=p: 2 * p.min(axis=1) <= 0.05,
            lambda rows=rows: _either(rows, ALONE, GRADES),
            lambda rows=rows: _either(rows, HOLM, GRADES),
            lambda dated=dated: dated.min(axis=1) <= 0.05,
            lambda dated=dated: dated.max(axis=1) <= 0.05,
        ]
        lines.append(f"| {name} | {len(rows)} | " + " | ".join(format_share(rate()) for rate in rates) + " |")
    return "\n".join(lines)


def tabulate_found(results: pd.DataFrame) -> str:
    """Return one row an effect: how often each outcome is graded, alone and by Holm."""
    lines = [
        "| planted | placements | first: some | by Holm | second | by Holm | first: strong | by Holm |",
        "|---" * 8 + "|",
    ]
    for what in PLANTS:
        rows = results[(results["plant"] == what) & (results["alone_first"] != "failed")]
        rates = [rows[key].isin(GRADES) for key in ("alone_first", "holm_first", "alone_second", "holm_second")]
        rates += [rows[key] == "strong" for key in ("alone_first", "holm_first")]
        lines.append(f"| {what} | {len(rows)} | " + " | ".join(map(format_share, rates)) + " |")
    return "\n".join(lines)


TABLES = {"families": tabulate_families, "found": tabulate_found}
SMOKE = (
    ("--panels", "states", "--dealings", "random", "--sizes", "5", "--plants", "none", "--placements", "1",
     "--draws", "39", "--results", "{folder}/outcomes.csv"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", nargs="*", choices=PANELS, default=PANELS[:4])
    parser.add_argument("--dealings", nargs="*", choices=DEALINGS, default=DEALINGS)
    parser.add_argument("--sizes", nargs="*", type=int, choices=SIZES, default=SIZES)
    parser.add_argument("--plants", nargs="*", choices=PLANTS, default=PLANTS)
    parser.add_argument("--draws", type=int, default=199, help="deals of each dealing")
    run_study(parser, run, RESULTS, HEAD, TABLES)


if __name__ == "__main__":
    main()
