"""How often a watch rings: without an effect by size of pair and by who signs, and with a lasting effect by boundary.

Untreated pairs of US states and all partners (TWINTRADE_DATA) sign in 2017, 2018 or 2019 and are looked at every year
until the table ends. Besides: how often an asymptotic confidence sequence ever leaves the truth when months depend on
each other. Results are stored by placement, and a run goes on where it stopped.
"""

import argparse
import os
import zlib
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.size_of_cases import format_share
from benchmarks.studies import Row, run_study, store_rows
from twintrade.design import Panel
from twintrade.numerics import sequential
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.study.registering.watching import WatchTable, build_watch_table, choose_pools, draw_portfolios
from twintrade.study.spec.analysis import WatchSection

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs/lab/size_of_watch.csv"
BOUNDARIES = ("linear", "obrien_fleming", "pocock")
EFFECTS = (0, 20, 40, 70)  # log points times hundred, lasting from the start
COLUMNS = tuple(f"{name}_{effect}" for effect in EFFECTS for name in (*BOUNDARIES, "end"))
HEAD = ("run", "panel", "signing", "alike", "n", "placement", "third", "looks", *COLUMNS, "naive", "seconds")
SIGNINGS, ALIKE, SIZES = ("random", "size", "growth"), ("size", "nearest", "all"), (1, 5, 10, 20, 40)
ALPHA, FEWEST, CONTROLS, FIRST = 0.10, 200, 199, (2017, 2018, 2019)
SEQUENCES = {f"AR {rho:g}": rho for rho in (0.0, 0.3, 0.6, 0.9)}
MONTHS, HORIZON = 120, 96


@cache
def load_states() -> WatchTable:
    """Return exports, of the newest release, of all pairs without any agreement that trade in every year."""
    raw = pd.read_csv(Path(os.environ["TWINTRADE_DATA"]) / "us_state_partner_trade.csv.gz")
    signed = pd.read_csv(Path(os.environ["TWINTRADE_DATA"]) / "us_state_partner_treatment.csv")
    raw = raw.sort_values("vintage").drop_duplicates(["usps", "partner_iso3", "year"])
    linked = set(zip(signed["us_usps"], signed["partner_iso3"], strict=True))
    keys = zip(raw["usps"], raw["partner_iso3"], strict=True)
    raw = raw[np.array([key not in linked for key in keys]) & (raw["exports_usd"] > 0)]
    n = raw.groupby(["usps", "partner_iso3"])["year"].transform("size")
    whole = raw[n == raw["year"].nunique()]
    panel = Panel.from_frame(whole, city="usps", partner="partner_iso3", period="year", frequency="year")
    return build_watch_table(panel, "exports_usd")


@cache
def load_residuals(first: int) -> tuple[sequential.TwoWay, FloatArray]:
    """Return two-way residuals of the states, and the logs of the years before a first one."""
    table = load_states()
    n_before = first - int(table.periods[0])
    return table.remove_means(n_before, np.ones(len(table.units), dtype=bool)), np.log(table.values[:, :n_before])


def choose_signers(table: FloatArray, n: int, signing: str, rng: np.random.Generator) -> IntArray:
    """Return the pairs that sign, by chance, by size, or by growth in the last year before; table of logs before."""
    by = {
        "random": np.zeros(len(table)),
        "size": table.mean(axis=1),
        "growth": table[:, -1] - table[:, :-1].mean(axis=1),
    }
    score = by[signing] - by[signing].mean()
    odds = np.exp(1.2 * score / max(score.std(), 1e-12))
    return rng.choice(len(table), n, replace=False, p=odds / odds.sum())


def find_first(rings: np.ndarray) -> int:
    """Return the first look that rings, counted from 1; 0 where none does."""
    return int(rings.argmax()) + 1 if rings.any() else 0


def judge_portfolio(signing: str, alike: str, n: int, placement: int) -> dict[str, object]:
    """Return the look at which one portfolio rings, by boundary and effect."""
    rng = np.random.default_rng([zlib.crc32(f"{signing}, {alike}, {n}".encode()), placement])
    table, first = load_states(), int(rng.choice(FIRST))
    residuals, logs = load_residuals(first)
    n_before = logs.shape[1]
    pairs = choose_signers(logs, n, signing, rng)
    section, sizes = (
        WatchSection(portfolio={"-": "2017"}, alike="size" if alike == "all" else alike),
        logs.mean(axis=1),
    )
    fewest = len(table.units) if alike == "all" else FEWEST
    pools = choose_pools(section, sizes, table.partner, pairs, fewest)
    drawn = np.vstack([pairs, draw_portfolios(rng, pools, CONTROLS, residuals, pairs)])
    looks = np.arange(n_before, table.periods.size)
    weights = 1 / np.array([np.median(residuals.residuals[pool, :n_before].var(axis=1)) for pool in pools])
    left_out = sequential.compute_left_out_residuals(residuals, drawn)
    scores = sequential.score_portfolios(left_out, n_before, np.full(n, n_before), weights, looks)
    row: dict[str, object] = {
        "looks": looks.size,
        "third": int(3 * (sizes < sizes[pairs[0]]).mean()) if n == 1 else -1,
    }
    usual = np.sort(np.abs(scores[1:]), axis=0)[-int(ALPHA * len(drawn))]
    for effect in EFFECTS:
        path = np.abs(scores[0] + effect / 100)
        for boundary in BOUNDARIES:
            allowed = sequential.count_allowed(len(drawn), ALPHA, boundary, looks.size)  # type: ignore[arg-type]
            row[f"{boundary}_{effect}"] = find_first(path > sequential.find_bounds(scores[1:], allowed))
        row[f"end_{effect}"] = int(path[-1] > usual[-1])
    return row | {"naive": find_first(np.abs(scores[0]) > usual)}


def judge_sequence(rho: float, placement: int) -> dict[str, object]:
    """Return the month at which an asymptotic sequence leaves the truth, of a series without any change."""
    rng = np.random.default_rng([zlib.crc32(f"AR {rho}".encode()), placement])
    errors, series = rng.normal(size=MONTHS + HORIZON + 50), np.zeros(MONTHS + HORIZON + 50)
    for t in range(1, series.size):
        series[t] = rho * series[t - 1] + errors[t]
    before, since = series[50 : 50 + MONTHS], series[50 + MONTHS :]
    n = np.arange(1, HORIZON + 1)
    widths = sequential.compute_sequence_widths(before - before.mean(), n, ALPHA, HORIZON)
    means = np.cumsum(since) / n - before.mean()
    return {"looks": HORIZON, "linear_0": find_first(np.abs(means) > widths)}


def judge(trial: Row) -> list[dict[str, object]]:
    """Return the row of one trial."""
    panel, placement = str(trial["panel"]), int(str(trial["placement"]))
    if panel in SEQUENCES:
        return [judge_sequence(SEQUENCES[panel], placement)]
    return [judge_portfolio(str(trial["signing"]), str(trial["alike"]), int(str(trial["n"])), placement)]


def run(options: argparse.Namespace) -> None:
    """Store what is asked for and not there yet, placement by placement."""
    placements = range(options.first, options.first + options.placements)
    trials = product(options.panels, options.signings, options.alike, options.sizes, placements)
    store_rows(options, HEAD, (dict(zip(HEAD[1:6], trial, strict=True)) for trial in trials), judge)


def _list_states(results: pd.DataFrame, **keys: object) -> pd.DataFrame:
    rows = results[results["panel"] == "states"]
    for key, value in keys.items():
        rows = rows[rows[key] == value]
    return rows


def _rate(rows: pd.DataFrame, column: str) -> str:
    return format_share(rows[column] > 0) if len(rows) else "–"


def tabulate_size(results: pd.DataFrame) -> str:
    """Return one row a third of size: false alarms of a single pair by how controls are chosen."""
    lines = ["| third | " + " | ".join((*ALIKE, "size, usual rank each year")) + " | placements |", "|---" * 6 + "|"]
    for third, name in ((0, "small"), (1, "middle"), (2, "large"), (None, "all")):
        cells = []
        for alike in (*ALIKE, "naive"):
            rows = _list_states(results, n=1, signing="random", alike="size" if alike == "naive" else alike)
            rows = rows if third is None else rows[rows["third"] == third]
            cells.append(_rate(rows, "naive" if alike == "naive" else "linear_0"))
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {len(rows)} |")
    return "\n".join(lines)


def tabulate_signing(results: pd.DataFrame) -> str:
    """Return one row a number of pairs: false alarms by who signs."""
    lines = ["| pairs | " + " | ".join(SIGNINGS) + " | placements |", "|---" * 5 + "|"]
    for n in SIZES:
        rows = {signing: _list_states(results, n=n, alike="size", signing=signing) for signing in SIGNINGS}
        shown = " | ".join(_rate(one, "linear_0") for one in rows.values())
        lines.append(f"| {n} | {shown} | {' / '.join(str(len(one)) for one in rows.values())} |")
    return "\n".join(lines)


def tabulate_power(results: pd.DataFrame) -> str:
    """Return one row a number of pairs and an effect: rings by boundary, and by one look at the end."""
    heads = (*BOUNDARIES, "one look at the end", "linear, within 3 years")
    lines = ["| pairs | lasting | " + " | ".join(heads) + " |", "|---" * (len(heads) + 2) + "|"]
    for n, effect in product(SIZES, EFFECTS):
        rows = _list_states(results, n=n, alike="size", signing="random")
        cells = [_rate(rows, f"{name}_{effect}") for name in (*BOUNDARIES, "end")]
        early = rows[f"linear_{effect}"].between(1, 3)
        cells.append(format_share(early) if len(rows) else "–")
        lines.append(f"| {n} | +{100 * np.expm1(effect / 100):.0f} % | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def tabulate_sequences(results: pd.DataFrame) -> str:
    """Return one row a dependence: how often the asymptotic sequence ever leaves the truth."""
    lines = ["| months | series | ever outside |", "|---" * 3 + "|"]
    for name in SEQUENCES:
        rows = results[results["panel"] == name]
        lines.append(f"| {name} | {len(rows)} | {_rate(rows, 'linear_0')} |")
    return "\n".join(lines)


TABLES = {
    "size": tabulate_size, "signing": tabulate_signing, "power": tabulate_power, "sequences": tabulate_sequences,
}  # fmt: skip
SMOKE = (("--panels", "AR 0.6", "--signings", "random", "--alike", "size", "--sizes", "1", "--placements", "3",
          "--results", "{folder}/watch.csv"),)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", nargs="*", choices=("states", *SEQUENCES), default=("states",))
    parser.add_argument("--signings", nargs="*", choices=SIGNINGS, default=("random",))
    parser.add_argument("--alike", nargs="*", choices=ALIKE, default=("size",))
    parser.add_argument("--sizes", nargs="*", type=int, choices=SIZES, default=SIZES)
    run_study(parser, run, RESULTS, HEAD, TABLES)


if __name__ == "__main__":
    main()
