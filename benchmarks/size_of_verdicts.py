"""What the rule for verdicts says of placebo agreements: without an effect, with one, and where something else moved.

Agreements are dealt to pairs that have none, by size, growth or a dip before, and everything is worked out anew on
the flows with the effect. Panels: the bundled states, three simulated ones, and with TWINTRADE_DATA those of its
folder ``verdicts`` (NAME.csv.gz with city, partner, year, x). Results are stored by placement, and a run
goes on where it stopped.
"""

import argparse
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.studies import Row, read_rows, run_study, store_rows
from twintrade.errors import TwintradeError
from twintrade.inference.evidence import FEWEST_AT_RISK, Weighing, find_detectable
from twintrade.inference.refits import DealtCase
from twintrade.inference.refits.dealing import measure_size, score_growth, score_size
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.poisson import FlowTable
from twintrade.numerics.testing import draw_signers

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs/lab/size_of_verdicts.csv"
HEAD = (
    "run", "panel", "dealing", "n", "plant", "placement", "draws", "grade", "direction", "p", "p_hazard", "p_naive",
    "truth", "total", "tau", "share", "reasons", "seconds", "within",
)  # fmt: skip
KEYS = ("panel", "dealing", "n", "plant", "placement")
FIRST, LAST = 3, 3
"""Periods before the first date that agreements may have, and after the last one."""
SIZES = (3, 5, 11, 40)
MATTERS = 10
"""Percent that matters in the file, where a change planted is precise."""

# Panels: who could sign, and flows that nothing happened to.


@dataclass(frozen=True, eq=False)
class Flows:
    """A table of flows and the pairs that may sign, those with trade in the first three periods."""

    table: FlowTable
    at_risk: BoolArray  # (n_pairs,)


def read_flows(frame: pd.DataFrame, taken: set[tuple[str, str]] = frozenset()) -> Flows:
    """Return a frame of city, partner, year and x as a table; ``taken``: pairs with agreements of their own."""
    frame = frame[[pair not in taken for pair in zip(frame["city"], frame["partner"], strict=True)]]
    c, p, t = (np.unique(frame[name], return_inverse=True)[1] for name in ("city", "partner", "year"))
    shape = int(c.max()) + 1, int(p.max()) + 1, int(t.max()) + 1
    y, seen = np.zeros(shape), np.zeros(shape, dtype=bool)
    np.add.at(y, (c, p, t), frame["x"].to_numpy(dtype=np.float64))
    seen[c, p, :] = True
    return Flows(FlowTable(y / y.mean(), seen), y.reshape(-1, shape[2])[:, :FIRST].sum(axis=1) > 0)


def read_states() -> Flows:
    """Return the bundled table without pairs that have a link of their own."""
    raw = ROOT / "data/raw"
    frame = pd.read_csv(raw / "us_state_exports_selected.csv")
    frame.columns = pd.Index(["city", "partner", "year", "x"])
    linked = [pd.read_csv(raw / f"us_{name}.csv") for name in ("twin_registry", "undated_twins_selected")]
    taken = {pair for one in linked for pair in zip(one["us_usps"], one["partner_iso3"], strict=True)}
    return read_flows(frame, taken)


def simulate_flows(name: str, cities: int = 22, partners: int = 26, years: int = 12) -> Flows:
    """Return flows with random walks of cities and partners, pairs of very different size, and noise that lasts.

    "skewed": noise falls with size; "heavy": a tenth of the shocks is four times as large; "zeros": small flows fall
    below what is recorded, and pairs grow by trends of their own.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    spread = {"skewed": 1.8, "heavy": 1.3, "zeros": 1.5}[name]
    size = spread * rng.normal(size=(cities, partners, 1))
    walks = [np.cumsum(0.08 * rng.normal(size=s), axis=2) for s in ((cities, 1, years), (1, partners, years))]
    logs = size + sum(walks) + 0.6 * rng.normal(size=(cities, 1, 1)) + 0.8 * rng.normal(size=(1, partners, 1))
    shocks = rng.normal(size=(cities, partners, years + 20))
    if name == "heavy":
        shocks = shocks * np.where(rng.random(shocks.shape) < 0.1, 4.0, 0.6)
    noise = np.zeros(shocks.shape[:2])
    path = []
    for t in range(shocks.shape[2]):
        noise = 0.6 * noise + 0.8 * shocks[..., t]
        path.append(noise)
    logs = logs + 0.35 * np.exp(-0.25 * size / spread) * np.stack(path[20:], axis=2)
    if name == "zeros":
        logs = logs + 0.05 * rng.normal(size=size.shape) * np.arange(years)
    y = np.exp(logs)
    if name == "zeros":
        y = np.where(rng.random(y.shape) < 0.6 * np.exp(-y / np.quantile(y, 0.25)), 0.0, y)
    table = FlowTable(y / y.mean(), np.ones(y.shape, dtype=bool))
    return Flows(table, table.by_pair[:, :FIRST].sum(axis=1) > 0)


@cache
def load_panels() -> dict[str, Callable[[], Flows]]:
    """Return what makes each panel, by name."""
    found: dict[str, Callable[[], Flows]] = {"states": cache(read_states)}
    for name in ("skewed", "heavy", "zeros"):
        found[name] = cache(lambda name=name: simulate_flows(name))
    if folder := os.environ.get("TWINTRADE_DATA"):
        for file in sorted((Path(folder) / "verdicts").glob("*.csv.gz")):
            found[file.name.removesuffix(".csv.gz")] = cache(lambda file=file: read_flows(pd.read_csv(file)))
    return found


# Who signs, and what happens then.

DEALINGS = (
    "random",
    "size 0.6",
    "size 1.2",
    "size 2.2",
    "growth",
    "growth over three years",
    "size and growth",
    "dip",
    "few cities",
)
PRECISE = "precise zero", "precise +10 %"
POWER = ("+10 %", "+30 %", "+100 %", "−30 %", "build-up", "largest doubled", "trend", "step before", *PRECISE)
PLANTS: Mapping[str, tuple[str, ...]] = {
    "random": ("none", *POWER, "detectable rise", "detectable fall"),
    "size 1.2": ("none", "+100 %", "trend"),
    "size 2.2": ("none", "+100 %"),
}
CITIES = {3: 2, 5: 2, 11: 3, 40: 4}


def place(flows: Flows, dealing: str, starts: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray] | None:
    """Return pairs and first periods of agreements; None where so few cities have too few pairs."""
    y, n, dates = flows.table.by_pair, starts.size, np.unique(starts)
    can_begin = np.repeat(flows.at_risk[:, None], dates.size, axis=1)
    if dealing == "few cities":
        chosen = rng.choice(flows.table.shape[0], CITIES[n], replace=False)
        city = np.arange(y.shape[0]) // flows.table.shape[1]
        pool = np.flatnonzero(np.isin(city, chosen) & flows.at_risk)
        if pool.size < n + 2:
            return None
        pairs = rng.choice(pool, n, replace=False)
        date = dict(zip(chosen, rng.choice(starts, chosen.size), strict=True))
        starts = np.array([date[c] for c in city[pairs]])
        order = np.argsort(starts, kind="stable")
        return pairs[order], starts[order]
    logs = _measure(flows, dealing, dates)
    signed = np.unique(starts, return_counts=True)[1]
    return draw_signers(logs, signed, can_begin, 1, rng)[0], starts


def _measure(flows: Flows, dealing: str, dates: IntArray) -> FloatArray:
    """Return the log hazard of each pair at each date, (n_pairs, n_dates)."""
    y, out = flows.table.by_pair, np.zeros((flows.at_risk.size, dates.size))
    known = y[flows.at_risk]
    size, growth = score_size(measure_size(known, FIRST)), score_growth(known, dates, 2)
    slope = dict(zip(DEALINGS[:4], (0.0, 0.6, 1.2, 2.2), strict=True)).get(dealing, 0.0)
    logs = np.repeat(slope * size[:, None], dates.size, axis=1)
    if dealing == "growth":
        logs = growth
    elif dealing == "size and growth":
        logs = size[:, None] + 0.7 * growth
    elif dealing == "growth over three years":
        logs = score_growth(known, dates, 3)
    elif dealing == "dip":
        logs = -score_growth(known, dates, 1)
    out[flows.at_risk] = logs
    return out


def plant(flows: Flows, pairs: IntArray, starts: IntArray, what: str) -> FloatArray:
    """Return the flows with what happens to the pairs with agreements, (n_pairs, n_periods)."""
    y, t = flows.table.by_pair.copy(), np.arange(flows.table.shape[2])
    since = t - starts[:, None]
    if what.startswith("precise"):
        mean = flows.table.means.of_all()
        y = mean + 0.1 * (y - mean)
    logs = np.zeros(since.shape)
    if what.endswith("%"):
        logs = np.log1p(float(what.removeprefix("precise ").removesuffix(" %").replace("−", "-")) / 100) * (
            since >= 0
        )
    elif what == "build-up":
        logs = np.log(2) * np.clip((since + 1) / 4, 0, 1)
    elif what == "trend":
        logs = np.log(2) * np.broadcast_to(t / (t.size / 2), since.shape)
    elif what == "step before":
        logs = np.log(2) * (since >= -2)
    elif what == "largest doubled":
        mean = flows.table.means.of_all()[pairs]
        logs[(mean * (since >= 0)).sum(axis=1).argmax()] = np.log(2)
        logs = logs * (since >= 0)
    y[pairs] *= np.exp(logs)
    return y


def build(flows: Flows, y: FloatArray, pairs: IntArray, starts: IntArray) -> DealtCase:
    return DealtCase(flows.table.replace_flows(y), pairs, starts, flows.at_risk)


@dataclass(frozen=True, slots=True)
class Trial:
    panel: str
    dealing: str
    n: int
    plant: str
    placement: int

    @property
    def seeds(self) -> list[int]:
        """The same placement, and deals, whatever is planted."""
        return [zlib.crc32(f"{self.panel}, {self.dealing}, {self.n}".encode()), self.placement]


def judge(trial: Trial, draws: int) -> dict[str, object] | None:
    """Return what the rule says; None where the agreements cannot be placed."""
    flows, rng = load_panels()[trial.panel](), np.random.default_rng(trial.seeds)
    starts = np.sort(rng.integers(FIRST, flows.table.shape[2] - LAST + 1, trial.n))
    if flows.at_risk.sum() < FEWEST_AT_RISK * trial.n or (placed := place(flows, trial.dealing, starts, rng)) is None:
        return None
    pairs, starts = placed
    seed = int(rng.integers(2**31))
    before = flows.table.by_pair
    y = plant(flows, pairs, starts, trial.plant)
    if trial.plant.startswith("detectable"):
        rise, fall = find_detectable(Weighing(build(flows, y, pairs, starts), draws, seed))
        effect = rise if trial.plant.endswith("rise") else -fall
        if not np.isfinite(effect):
            return {"grade": "not detectable", "truth": effect}
        y = before.copy()
        y[pairs] *= np.exp(effect * (np.arange(y.shape[1]) >= starts[:, None]))
    if trial.plant in PRECISE:
        before = plant(flows, pairs, starts, PRECISE[0])
    weighing = Weighing(build(flows, y, pairs, starts), draws, seed)
    grade, reasons = weighing.judge()
    after = np.arange(y.shape[1]) >= starts[:, None]
    expected = weighing.real.expected[0]
    found: dict[str, object] = {
        "grade": grade,
        "direction": "rise" if weighing.total > 0 else "fall",
        "reasons": ";".join(reasons),
        "p": weighing.p[0],
        "p_hazard": weighing.compared["hazard"].p[0],
        "p_naive": weighing.compared["naive"].p[0],
        "truth": np.log((y[pairs] * after).sum() / (before[pairs] * after).sum()),
        "total": weighing.total,
        "share": expected.max() / expected.sum(),
    }
    if trial.plant in PRECISE:
        found["within"] = all(weighing.find_p(side * np.log1p(MATTERS / 100)) <= 0.10 for side in (-1, 1))
    if trial.plant != "none" or trial.dealing.startswith("size"):
        found["tau"] = weighing.tau
    return found


# Stored results, and the tables made from them.


def read_results(path: Path = RESULTS) -> pd.DataFrame:
    return read_rows(path, HEAD)


def list_trials(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Yield trials placement by placement; half as many without dealings by size or chance."""
    for placement in range(options.first, options.first + options.placements):
        for panel in options.panels:
            for n in options.sizes:
                for dealing in options.dealings:
                    for what in PLANTS.get(dealing, ("none",)):
                        if what in options.plants:
                            yield dict(zip(KEYS, (panel, dealing, n, what, placement), strict=True))


def run(options: argparse.Namespace) -> None:
    def judge_one(trial: Row) -> list[dict[str, object]]:
        try:
            verdict = judge(Trial(**trial), options.draws)
        except (TwintradeError, np.linalg.LinAlgError):
            verdict = {"grade": "failed"}
        return [] if verdict is None else [verdict | {"draws": options.draws}]

    store_rows(options, HEAD, list_trials(options), judge_one)


def format_rate(hits: "pd.Series[bool]") -> str:
    """Return percent and its binomial error."""
    n = hits.size
    if not n:
        return ""
    rate = float(hits.mean())
    return f"{100 * rate:.1f} ({100 * np.sqrt(rate * (1 - rate) / n):.1f})"


def format_by_size(hits: "pd.Series[bool]", n: "pd.Series[int]") -> str:
    """Return percent for each number of pairs, a dash where none were placed."""
    return " / ".join(f"{100 * hits[n == size].mean():.0f}" if (n == size).any() else "–" for size in SIZES)


def tabulate_nulls(results: pd.DataFrame) -> str:
    """Return one row a dealing: rejections of no effect, and grades, by number of pairs."""
    nulls = results[(results["plant"] == "none") & (results["grade"] != "failed")]
    lines = ["| dealing | placements | p ≤ .05, % | 3 / 5 / 11 / 40 pairs | naive alone | some | strong |"]
    lines.append("|---" * 7 + "|")
    for dealing in (*DEALINGS, None):
        rows = nulls if dealing is None else nulls[nulls["dealing"] == dealing]
        if rows.empty:
            continue
        by_n = format_by_size(rows["p"] <= 0.05, rows["n"])
        rates = [format_rate(rows[name] <= 0.05) for name in ("p", "p_naive")]
        grades = [format_rate(rows["grade"].isin(some)) for some in (("some", "strong"), ("strong",))]
        name = "all" if dealing is None else dealing
        lines.append(f"| {name} | {len(rows)} | {rates[0]} | {by_n} | {rates[1]} | {grades[0]} | {grades[1]} |")
    return "\n".join(lines)


def tabulate_plants(results: pd.DataFrame) -> str:
    """Return one row a plant and dealing: grades in the right direction, by number of pairs."""
    lines = ["| dealing | planted | placements | some or strong, % | 3 / 5 / 11 / 40 pairs | strong |"]
    lines.append("|---" * 6 + "|")
    for dealing, plants in PLANTS.items():
        for what in (one for one in plants[1:] if one not in PRECISE):
            rows = results[(results["dealing"] == dealing) & (results["plant"] == what)]
            rows = rows[rows["grade"] != "failed"]
            if rows.empty:
                continue
            is_found = rows["grade"].isin(["some", "strong"])
            wanted = "fall" if what in ("−30 %", "detectable fall") else "rise"
            is_right = is_found & (rows["direction"] == wanted)
            by_n = format_by_size(is_right, rows["n"])
            strong = format_rate(is_right & (rows["grade"] == "strong"))
            cells = dealing, what, len(rows), format_rate(is_right), by_n, strong
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def tabulate_bias(results: pd.DataFrame) -> str:
    """Return one row a dealing and plant with an estimate: bias and error of the total and of the printed number."""
    head = "| dealing | planted | placements | bias of total | of τ | error of total | of τ |"
    lines = [head, "|---" * 7 + "|"]
    is_doubled = (results["plant"] == "+100 %") & (results["dealing"] == "random")  # elsewhere as without an effect
    known = results[results["tau"].notna() & ((results["plant"] == "none") | is_doubled)]
    for (dealing, what), rows in known.groupby(["dealing", "plant"], sort=False):
        off = [rows[name] - rows["truth"] for name in ("total", "tau")]
        bias = [f"{one.mean():+.3f} ({one.std() / np.sqrt(len(one)):.3f})" for one in off]
        errors = [f"{np.sqrt((one**2).mean()):.2f}" for one in off]
        lines.append(f"| {dealing} | {what} | {len(rows)} | " + " | ".join((*bias, *errors)) + " |")
    return "\n".join(lines)


def tabulate_panels(results: pd.DataFrame) -> str:
    """Return one row a panel: rates without effect, and of effects called detectable."""
    lines = ["| panel | placements | none: p ≤ .05, % | some or strong | detectable, found |", "|---" * 5 + "|"]
    for panel, rows in results[results["grade"] != "failed"].groupby("panel", sort=False):
        is_found, nulls = rows["grade"].isin(["some", "strong"]), rows["plant"] == "none"
        detectable = rows["plant"].str.startswith("detectable") & (rows["grade"] != "not detectable")
        cells = panel, len(rows), format_rate(rows.loc[nulls, "p"] <= 0.05), format_rate(is_found[nulls])
        lines.append("| " + " | ".join(map(str, (*cells, format_rate(is_found[detectable])))) + " |")
    return "\n".join(lines)


def tabulate_matters(results: pd.DataFrame) -> str:
    """Return one row a precise plant: how often a change of ten percent is ruled out, by number of pairs."""
    head = "| planted | placements | nothing, or too small to matter, % | 3 / 5 / 11 / 40 pairs |"
    lines = [head, "|---" * 4 + "|"]
    for what, rows in results[results["within"].notna()].groupby("plant", sort=False):
        is_within = rows["within"].astype(str) == "True"
        lines.append(f"| {what} | {len(rows)} | {format_rate(is_within)} | {format_by_size(is_within, rows['n'])} |")
    return "\n".join(lines)


TABLES = {
    "nulls": tabulate_nulls,
    "plants": tabulate_plants,
    "bias": tabulate_bias,
    "panels": tabulate_panels,
    "matters": tabulate_matters,
}
SMOKE = (
    ("--panels", "states", "--sizes", "3", "--dealings", "random", "--plants", "none", "+100 %", "--placements", "1",
     "--draws", "39", "--results", "{folder}/verdicts.csv"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", nargs="*", choices=list(load_panels()), default=list(load_panels()))
    parser.add_argument("--dealings", nargs="*", choices=DEALINGS, default=DEALINGS)
    every = ("none", *dict.fromkeys(what for plants in PLANTS.values() for what in plants[1:]))
    parser.add_argument("--plants", nargs="*", choices=every, default=every)
    parser.add_argument("--sizes", nargs="*", type=int, choices=SIZES, default=SIZES)
    parser.add_argument("--draws", type=int, default=199, help="deals of each dealing")
    run_study(parser, run, RESULTS, HEAD, TABLES)


if __name__ == "__main__":
    main()
