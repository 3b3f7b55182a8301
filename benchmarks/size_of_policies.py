"""How often the check ``policies`` finds what was planted, where an agreement and an office overlap more and more.

Twelve agreements in four of ten cities, twelve offices, of which a share is with an agreement. Log flows have pair,
city-year and partner-year parts and errors of each pair that are serially correlated, with heavy tails; small pairs
have zeros. Results are stored by placement, and a run goes on where it stopped.
"""

import argparse
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.agreement_panels import HEAVY_SD, HEAVY_SHARE
from benchmarks.size_of_cases import format_share
from benchmarks.studies import Row, run_study, store_rows
from twintrade.data.registry import Policy
from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.variants import Variant, compare_variants
from twintrade.diagnostics.who_is_compared.policies import build_cell, build_increment, gather_policies, list_signers
from twintrade.errors import DesignError, TwintradeError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import FloatArray

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs/lab/size_of_policies.csv"
HEAD = ("run", "overlap", "planted", "placement", "draws", "average", "effect", "low", "high", "p", "seconds")
CITIES, PARTNERS, YEARS, FIRST = 10, 14, 14, 2000
TREATED, OF_CITIES, ONSETS = 12, 4, (5, 10)
SIZE_SD, CITY_SD, PARTNER_SD, NOISE_SD, AR = 1.2, 0.20, 0.12, 0.25, 0.6
ZEROS = (0.20, 0.05, 0.0)
"""Share of zeros by tercile of size."""
OVERLAPS = (0.0, 0.3, 0.6, 0.9)
EFFECTS = {"none": (0.0, 0.0), "both": (0.2, 0.5)}
"""Log points of the agreement and of the office."""
AVERAGES = ("agreement alone", "office alone", "both", "agreement where office")


def place(overlap: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return onsets of agreements and offices, shape (n_cities, n_partners), infinite for never."""
    n_both = round(overlap * TREATED)
    cells = rng.permutation(OF_CITIES * PARTNERS)[:TREATED]
    others = rng.permutation(np.setdiff1d(np.arange(CITIES * PARTNERS), cells))[: TREATED - n_both]
    agreements, offices = np.full((2, CITIES * PARTNERS), np.inf)
    agreements[cells] = rng.integers(*ONSETS, TREATED)
    offices[np.concatenate([rng.permutation(cells)[:n_both], others])] = rng.integers(*ONSETS, TREATED)
    cities = rng.permutation(CITIES)
    return agreements.reshape(CITIES, PARTNERS)[cities], offices.reshape(CITIES, PARTNERS)[cities]


def draw_flows(rng: np.random.Generator) -> FloatArray:
    """Return flows without an effect, shape (n_cities, n_partners, n_years)."""
    shape = (CITIES, PARTNERS, YEARS)
    size = rng.normal(size=shape[:2])
    log = 4 + SIZE_SD * size[..., None] + rng.normal(0, CITY_SD, (CITIES, 1, YEARS)).cumsum(axis=2)
    log = log + rng.normal(0, PARTNER_SD, (1, PARTNERS, YEARS)).cumsum(axis=2)
    body = np.sqrt((1 - HEAVY_SHARE * HEAVY_SD**2) / (1 - HEAVY_SHARE))
    steps = rng.normal(size=shape) * np.where(rng.random(shape) < HEAVY_SHARE, HEAVY_SD, body)
    error = steps.copy()
    for t in range(1, YEARS):
        error[..., t] = AR * error[..., t - 1] + np.sqrt(1 - AR**2) * steps[..., t]
    third = np.argsort(np.argsort(size, axis=None)).reshape(shape[:2]) * 3 // size.size
    is_zero = rng.random(shape) < np.array(ZEROS)[third][..., None]
    return np.where(is_zero, 0.0, np.exp(log + NOISE_SD * error))


def build_design(overlap: float, effects: tuple[float, float], placement: int) -> Design:
    """Return a panel with an agreement and an office of planted effects."""
    rng = np.random.default_rng([zlib.crc32(f"policies {overlap}".encode()), placement])
    onsets, flows = place(overlap, rng), draw_flows(rng)
    for onset, effect in zip(onsets, effects, strict=True):
        flows = flows * np.exp(effect * (np.arange(YEARS) >= onset[..., None]))
    names = [[f"{end}{k:02d}" for k in range(n)] for end, n in (("c", CITIES), ("p", PARTNERS))]
    index = pd.MultiIndex.from_product([*names, range(FIRST, FIRST + YEARS)], names=["city", "partner", "period"])
    panel = Panel.from_frame(index.to_frame(index=False).assign(flow=flows.ravel()), city="city", partner="partner")
    agreement, office = (onset.ravel() + FIRST for onset in onsets)
    policy = Policy("office", ("city", "partner"), office, np.full(office.size, np.inf), True)
    return Design(
        panel=replace(panel, policies=(policy,)),
        treatment=Treatment(units=panel.units, onset=agreement),
        outcome="flow",
        fixed_effects="gravity",
        clusters=("city", "partner"),
    )


def judge(overlap: float, planted: str, placement: int, draws: int) -> Iterator[dict[str, object]]:
    """Yield effect, p-value and, if planted, interval of each average, and the headline, which knows no office."""
    design = build_design(overlap, EFFECTS[planted], placement)
    headline = fit(Imputation(family="poisson", measure="percent"), design)
    yield {"average": "headline", "effect": float(headline.view("overall").effects[0])}
    rng = np.random.default_rng([zlib.crc32(b"draws"), placement])
    sets = {(0,): "agreement alone", (1,): "office alone", (0, 1): "both"}
    beside = gather_policies(design)[0]
    cells = {sets[members]: (build_cell(beside, members), ()) for members in beside.list_sets()}
    with suppress(DesignError):
        cells["agreement where office"] = (build_increment(beside, 0, 1)[0], list_signers(beside, 1))
    for name, (one, signers) in cells.items():
        method = Randomization(draws=draws, intervals=planted != "none", signers=signers)
        row = compare_variants(headline, [Variant(name, "", one)], method, rng, is_same_target=False).iloc[0]
        yield {"average": name} | {key: float(row[key]) for key in ("effect", "low", "high", "p")}


def run(options: argparse.Namespace) -> None:
    """Store what is asked for and not there yet, placement by placement."""

    def judge_one(trial: Row) -> list[dict[str, object]]:
        try:
            return [row | {"draws": options.draws} for row in judge(*trial.values(), options.draws)]  # type: ignore[arg-type]
        except (TwintradeError, np.linalg.LinAlgError):
            return [{"average": "failed", "draws": options.draws}]

    placements = range(options.first, options.first + options.placements)
    trials = product(placements, options.planted, options.overlaps)
    keyed = ({"overlap": k, "planted": what, "placement": placement} for placement, what, k in trials)
    store_rows(options, HEAD, keyed, judge_one)


def _truth(average: str, planted: str) -> float:
    agreement, office = EFFECTS[planted]
    return {"office alone": office, "both": agreement + office}.get(average, agreement)


def tabulate(results: pd.DataFrame, overlaps: tuple[float | str, ...] = (*OVERLAPS, "all")) -> str:
    """Return one row an overlap and average: bias and spread in log points, size, coverage and power in percent."""
    lines = [
        "| overlap | average | panels | bias, none | planted | spread | rejects | covers | width | finds |",
        "|---" * 10 + "|",
    ]
    for overlap, average in product(overlaps, ("headline", *AVERAGES)):
        cell = results[(results["average"] == average) & results["effect"].notna()]
        cell = cell if overlap == "all" else cell[cell["overlap"] == overlap]
        if cell.empty:
            continue
        truth = np.array([_truth(average, str(planted)) for planted in cell["planted"]])
        gaps = np.log1p(cell["effect"] / 100) - truth
        is_null, is_tested = cell["planted"] == "none", np.isfinite(cell["p"])
        low, high = (np.log1p(np.maximum(cell[end], -99.99) / 100) for end in ("low", "high"))
        is_known = is_tested & ~is_null & low.notna()
        rejects = cell["p"] <= 0.05
        numbers = [
            f"{gaps[is_null].mean():+.3f}" if is_null.any() else "",
            f"{gaps[~is_null].mean():+.3f}" if (~is_null).any() else "",
            f"{gaps[is_null].std():.3f}" if is_null.any() else "",
            format_share(rejects[is_tested & is_null]),
            format_share(((low <= truth) & (truth <= high))[is_known]),
            f"{(high - low)[is_known].median():.2f}" if is_known.any() else "",
            format_share(rejects[is_known]),
        ]
        counts = f"{int((is_tested & is_null).sum())} + {int(is_known.sum())}"
        name = overlap if isinstance(overlap, str) else f"{overlap:.0%}"
        lines.append(f"| {name} | {average} | {counts} | " + " | ".join(numbers) + " |")
    return "\n".join(lines)


def tabulate_all(results: pd.DataFrame) -> str:
    """Return one row an average, over all overlaps."""
    return tabulate(results, ("all",))


TABLES = {"pooled": tabulate_all, "averages": tabulate}
SMOKE = (
    ("--overlaps", "0.6", "--planted", "none", "--placements", "1", "--draws", "39", "--results",
     "{folder}/policies.csv"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--overlaps", nargs="*", type=float, choices=OVERLAPS, default=OVERLAPS)
    parser.add_argument("--planted", nargs="*", choices=tuple(EFFECTS), default=tuple(EFFECTS))
    parser.add_argument("--draws", type=int, default=99, help="assignments of each average")
    run_study(parser, run, RESULTS, HEAD, TABLES)


if __name__ == "__main__":
    main()
