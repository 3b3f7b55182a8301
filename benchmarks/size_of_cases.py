"""What the verdict on one pair says of placebo agreements: by size of the pair, after a dip, with effects.

A pair without an agreement is given one, in a table of eight cities and twelve partners drawn from a panel of
``size_of_verdicts``. An effect moves every estimate of the pair by its log and no placebo, so that it is planted in
the gaps; ``tests/diagnostics/single_case/test_case_verdict.py`` compares that with flows that were multiplied.
Results are stored by placement, and a run goes on where it stopped. With ``--pairs 2 4 --run several`` so many pairs
of a table have agreements and are judged one by one, by Holm over them; a row a pair.
"""

import argparse
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.size_of_verdicts import FIRST, Flows, load_panels, place
from benchmarks.studies import Row, run_study, store_rows
from twintrade.design import Design, Panel, Treatment
from twintrade.design.case import build_case_design, build_untreated_rectangle
from twintrade.diagnostics.single_case.case_verdict import CaseEvidence, sort_out, weigh_each_case, weigh_one_case
from twintrade.diagnostics.single_case.placebo_space import PlaceboPaths, measure_case
from twintrade.errors import TwintradeError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import DoubleRatio
from twintrade.numerics.arrays import IntArray
from twintrade.numerics.poisson import FlowTable
from twintrade.numerics.testing import compute_placebo_rank
from twintrade.text.numbers import convert_log_to_percent

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs/lab/size_of_cases.csv"
HEAD = (
    "run", "panel", "dealing", "placement", "plant", "third", "n_placebos", "n_before", "grade", "direction",
    "reasons", "effect", "p", "p_control", "p_did", "p_raw", "truth", "seconds",
)  # fmt: skip
N_CITIES, N_PARTNERS, LAST = 8, 12, 2
DEALINGS = ("random", "size 1.2", "growth", "dip")
PLANTS = {"none": 0.0, "+100 %": np.log(2), "+300 %": np.log(4), "−50 %": -np.log(2)}
SEVERAL = {"none": (0.0, 0.0), "one +300 %": (np.log(4), 0.0), "all +300 %": (np.log(4), np.log(4))}
"""Effects on the first pair of several, and on the others."""

THIRDS = ("small", "middle", "large")
METHODS = ("double ratio", "synthetic control", "synthetic DiD")


def draw_table(flows: Flows, rng: np.random.Generator) -> Flows:
    """Return the flows of a few cities and partners, those with trade in the first periods at risk."""
    y = flows.table.by_pair.reshape(flows.table.shape)
    cities = rng.choice(y.shape[0], min(N_CITIES, y.shape[0]), replace=False)
    partners = rng.choice(y.shape[1], min(N_PARTNERS, y.shape[1]), replace=False)
    y = y[np.sort(cities)][:, np.sort(partners)]
    table = FlowTable(y / y.mean(), np.ones(y.shape, dtype=bool))
    return Flows(table, table.by_pair[:, :FIRST].sum(axis=1) > 0)


def build_designs(flows: Flows, pairs: IntArray, starts: IntArray) -> list[Design]:
    """Return the design of each treated pair alone, its donors chosen as an analysis chooses them."""
    y = flows.table.by_pair.reshape(flows.table.shape)
    city, partner, year = np.indices(y.shape).reshape(3, -1)
    frame = pd.DataFrame(
        {"city": [f"c{i:02d}" for i in city], "partner": [f"p{i:02d}" for i in partner], "year": year, "x": y.ravel()}
    )
    panel = Panel.from_frame(frame, period="year", city="city", partner="partner")
    names = [f"c{pair // y.shape[1]:02d}-p{pair % y.shape[1]:02d}" for pair in pairs]
    onset = pd.Series(starts, index=names, dtype=float).reindex(panel.units).fillna(np.inf).to_numpy()
    design = Design(panel=panel, treatment=Treatment(units=panel.units, onset=onset), outcome="x")
    return [build_case_design(design, name, build_untreated_rectangle(design, name)) for name in names]


def plant(paths: PlaceboPaths, effect: float) -> PlaceboPaths:
    """Return the paths as they would be had the agreement moved the pair by so much, in logs."""
    gaps = paths.gaps.copy()
    gaps[0, paths.case.is_after] += effect
    return replace(paths, gaps=gaps)


def judge(panel: str, dealing: str, placement: int) -> Iterator[dict[str, object]]:
    """Yield what the verdict says of one placement under each effect, and under those that it calls detectable."""
    rng = np.random.default_rng([zlib.crc32(f"{panel}, {dealing}".encode()), placement])
    flows = draw_table(load_panels()[panel](), rng)
    start = rng.integers(4, flows.table.shape[2] - LAST + 1, 1)
    placed = place(flows, dealing, start, rng)
    if placed is None:
        return
    pair = int(placed[0][0])
    (design,) = build_designs(flows, placed[0], start)
    methods, readings = sort_out(measure_case(fit(DoubleRatio(), design)))
    third = find_third(flows, pair, int(start[0]))
    none = weigh_one_case(list(methods.values()), readings)
    detectable = {"detectable rise": none.detectable[0], "detectable fall": -none.detectable[1]}
    for name, effect in (PLANTS | detectable).items():
        row = {
            "plant": name,
            "third": third,
            "truth": effect,
            "n_before": int(start[0]),
            "n_placebos": none.n_placebos,
        }
        if not np.isfinite(effect):
            yield row | {"grade": "not detectable"}
            continue
        moved = {label: plant(paths, effect) for label, paths in methods.items()}
        evidence = weigh_one_case(list(moved.values()), [one + effect for one in readings])
        yield row | _describe(evidence, moved)


def judge_several(panel: str, dealing: str, placement: int, n: int) -> Iterator[dict[str, object]]:
    """Yield what the verdict says of each of several pairs of a table under each effect; p is Holm's."""
    rng = np.random.default_rng([zlib.crc32(f"{panel}, {dealing}, {n} pairs".encode()), placement])
    flows = draw_table(load_panels()[panel](), rng)
    starts = np.sort(rng.integers(4, flows.table.shape[2] - LAST + 1, n))
    placed = place(flows, dealing, starts, rng)
    if placed is None:
        return
    cases = [sort_out(measure_case(fit(DoubleRatio(), one))) for one in build_designs(flows, *placed)]
    order = rng.permutation(n)
    for name, (first, others) in SEVERAL.items():
        effects = np.where(order == 0, first, others)
        moved = [
            ({label: plant(paths, effect) for label, paths in methods.items()}, [one + effect for one in readings])
            for (methods, readings), effect in zip(cases, effects, strict=True)
        ]
        weighed, p = weigh_each_case([(list(methods.values()), readings) for methods, readings in moved])
        for k, evidence in enumerate(weighed):
            row = {"plant": f"{n} pairs, {name}", "third": find_third(flows, int(placed[0][k]), int(starts[k]))}
            row |= {"truth": effects[k], "n_before": int(starts[k]), "n_placebos": evidence.n_placebos}
            yield row | _describe(evidence, moved[k][0]) | {"p": p[k]}


def find_third(flows: Flows, pair: int, start: int) -> str:
    size = flows.table.by_pair[:, :start].mean(axis=1)
    return THIRDS[min(int(3 * (size < size[pair]).mean()), 2)]


def _describe(evidence: CaseEvidence, moved: dict[str, PlaceboPaths]) -> dict[str, object]:
    p, declared = dict(zip(moved, evidence.p, strict=True)), moved[METHODS[0]]
    raw = np.abs(np.nanmean(declared.gaps[:, declared.case.is_after], axis=1))
    return {
        "grade": "cannot tell" if evidence.obstacles else "some",
        "direction": evidence.direction,
        "reasons": ";".join(evidence.obstacles),
        "effect": evidence.effects[0],
        "p": p[METHODS[0]],
        "p_control": p.get(METHODS[1], np.nan),
        "p_did": p.get(METHODS[2], np.nan),
        "p_raw": compute_placebo_rank(raw[0], raw[1:]).p,
    }


def run(options: argparse.Namespace) -> None:
    """Store what is asked for and not there yet, placement by placement."""

    def judge_one(trial: Row) -> list[dict[str, object]]:
        try:
            if not options.pairs:
                return list(judge(**trial))
            return [row for n in options.pairs for row in judge_several(**trial, n=n)]
        except TwintradeError as error:
            return [{"plant": "none", "grade": "failed", "reasons": type(error).__name__}]

    placements = range(options.first, options.first + options.placements)
    trials = product(placements, options.panels, options.dealings)
    keyed = ({"panel": panel, "dealing": dealing, "placement": placement} for placement, panel, dealing in trials)
    store_rows(options, HEAD, keyed, judge_one)


def format_share(hits: "pd.Series[bool]") -> str:
    """Return percent, empty of nothing."""
    return f"{100 * hits.mean():.1f}" if hits.size else ""


def tabulate_nulls(results: pd.DataFrame) -> str:
    """Return one row a dealing and one a third of size: rejections of no effect, and verdicts."""
    nulls = results[(results["plant"] == "none") & (results["grade"] != "failed")]
    kinds = [(name, nulls[nulls["dealing"] == name]) for name in DEALINGS]
    kinds += [(f"{name} pairs", nulls[nulls["third"] == name]) for name in THIRDS]
    lines = [
        "| group | placements | double ratio | not over noise | synthetic control | synthetic DiD | stands out |",
        "|---" * 7 + "|",
    ]
    for name, rows in [*kinds, ("all", nulls)]:
        rates = [format_share(rows[key] <= 0.05) for key in ("p", "p_raw", "p_control", "p_did")]
        lines.append(
            f"| {name} | {len(rows)} | " + " | ".join((*rates, format_share(rows["grade"] == "some"))) + " |"
        )
    return "\n".join(lines)


def tabulate_power(results: pd.DataFrame) -> str:
    """Return one row an effect: how often the pair stands out in its direction."""
    lines = ["| planted | stands out | double ratio alone |", "|---" * 3 + "|"]
    for name, rows in results[results["grade"] != "failed"].groupby("plant", sort=False):
        wanted = "fall" if name in ("−50 %", "detectable fall") else "rise"
        hits = (rows["grade"] == "some") & ((rows["direction"] == wanted) | (name == "none"))
        lines.append(f"| {name} | {format_share(hits)} | {format_share(rows['p'] <= 0.05)} |")
    return "\n".join(lines)


def tabulate_panels(results: pd.DataFrame) -> str:
    """Return one row a panel: verdicts without effect and with two, and the smallest rise found, in the median."""
    lines = ["| panel | none | +100 % | +300 % | smallest rise found, median |", "|---" * 5 + "|"]
    for name, rows in results[results["grade"] != "failed"].groupby("panel", sort=False):
        shares = [format_share(rows.loc[rows["plant"] == what, "grade"] == "some") for what in islice(PLANTS, 3)]
        rises: pd.Series[float] = rows.loc[rows["plant"] == "detectable rise", "truth"].map(convert_log_to_percent)
        lines.append(f"| {name} | " + " | ".join((*shares, f"{rises.median():+.0f} %")) + " |")
    return "\n".join(lines)


def tabulate_several(results: pd.DataFrame) -> str:
    """Return one row a number of pairs and effect: pages where any stands out wrongly, and pairs that do rightly."""
    head = "| pairs, planted | pages | any without an effect stands out, % | double ratio alone | each with one, % |"
    lines = [head, "|---" * 5 + "|"]
    for name, rows in results[results["grade"] != "failed"].groupby("plant", sort=False):
        is_moved = rows["truth"] != 0
        stands_out = (rows["grade"] == "some") & ((rows["direction"] == "rise") | ~is_moved)
        rejects = rows["p"] <= 0.05
        pages = [rows[key] for key in ("panel", "dealing", "placement")]
        wrong = [(hits & ~is_moved).groupby(pages).any() for hits in (stands_out, rejects)]
        shares = [format_share(one) if not is_moved.all() else "" for one in wrong]
        shares.append(format_share(stands_out[is_moved]))
        lines.append(f"| {name} | {len(wrong[0])} | " + " | ".join(shares) + " |")
    return "\n".join(lines)


TABLES = {"nulls": tabulate_nulls, "power": tabulate_power, "panels": tabulate_panels, "several": tabulate_several}
SMOKE = (
    ("--panels", "states", "--dealings", "random", "--placements", "1", "--results", "{folder}/cases.csv"),
    ("--panels", "states", "--dealings", "random", "--placements", "1", "--pairs", "2",
     "--results", "{folder}/several.csv"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", nargs="*", choices=list(load_panels()), default=list(load_panels()))
    parser.add_argument("--dealings", nargs="*", choices=DEALINGS, default=DEALINGS)
    parser.add_argument("--pairs", nargs="*", type=int, default=[], help="so many on one page, by Holm; none: one")
    run_study(parser, run, RESULTS, HEAD, TABLES)


if __name__ == "__main__":
    main()
