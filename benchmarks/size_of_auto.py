"""How often what ``auto`` takes rejects a true null, holds a known effect and finds one, by design and estimator.

``python -m benchmarks size_of_auto --cells all --draws 200`` goes on where docs/lab/size_of_auto.csv ends (a row per
assignment of agreements, method taken and row of the decision table); without ``--cells`` it prints the table.
"""

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.agreement_panels import GRID, LEVELS, RESTING, Assigned, Cell, assign, draw_flows
from twintrade.errors import EstimationError, TwintradeError
from twintrade.estimators.base import Estimator, Fit, fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.local_projections import LocalProjections
from twintrade.estimators.ppml import PPML
from twintrade.estimators.stacked import Stacked
from twintrade.estimators.staggered_efficient import StaggeredEfficient
from twintrade.estimators.sun_abraham import SunAbraham
from twintrade.estimators.twfe import TWFE
from twintrade.estimators.two_stage import TwoStage
from twintrade.inference.auto import Auto
from twintrade.inference.base import Inference
from twintrade.inference.choosing.decision import Decision, decide
from twintrade.inference.clustered import Clustered
from twintrade.inference.jackknife import Jackknife
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import FloatArray

RESULTS = Path(__file__).parents[1] / "docs" / "lab" / "size_of_auto.csv"
CASES = (*GRID, *RESTING)
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
ESTIMATORS = FOUR | OTHERS
_SMALL = [cell for cell in GRID if cell.cities < 100]
EIGHT = (
    *[cell for cell in _SMALL if cell.effects == "two_way"][:6],
    *[cell for cell in _SMALL if cell.effects == "gravity" and cell.agreements > 2][:2],
)
"""Cells in which the other estimators are studied too."""

ERRORS, PLANTED, SPREAD = 10, 4, 20
"""Error draws of an assignment; of these, draws to which an effect is added; further draws for its true spread."""

EFFECT = 2.8
"""Effect added, in standard deviations of the estimate: a normal test that knows them finds it in 80 %."""

PERMUTATIONS = 39
"""With 39 draws a test of 5 % has its exact size, as with 999, and somewhat less power."""

BESIDE: dict[str, Inference] = {
    "clustered": Clustered(draws=1),
    "jackknife": Jackknife(draws=1),
    "units": Randomization(draws=PERMUTATIONS),
    "cities": Randomization(across="cities", draws=PERMUTATIONS),
    "partners": Randomization(across="partners", draws=PERMUTATIONS),
}
BOUND, BOUND_AT_THRESHOLDS, CONSERVATIVE, COVERAGE = 0.09, 0.075, 0.03, 0.93
COUNTS = ("draws", "none", "rejects", "covers", "unbounded", "no_interval", "planted", "finds", "covers_effect")
HEAD = ("run", "cell", "estimator", "assignment", "decided_by", "method", *COUNTS)
FACTS = ("effective_city", "effective_partner", "resting", "spread", "beside")


@dataclass(slots=True)
class Counted:
    """What happened to the draws of an assignment that one row of the decision table decided."""

    decision: Decision
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    beside: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, found: tuple[float, float, float] | None, effect: float) -> None:
        """Count one panel: p, and the ends of the interval; None where there was no answer."""
        self.counts["planted" if effect else "draws"] += 1
        if found is None:
            self.counts["none"] += 1
            return
        p, low, high = found
        self.counts["finds" if effect else "rejects"] += p <= 0.05 + 1e-9
        self.counts["covers_effect" if effect else "covers"] += low <= effect <= high
        self.counts["unbounded"] += bool(np.isinf(low) or np.isinf(high))
        self.counts["no_interval"] += bool(np.isnan(low) or np.isnan(high))

    def row(self, spread: float) -> tuple[object, ...]:
        s = self.decision.situation
        effective = [round(s.effective.get(name, np.nan), 1) for name in ("city", "partner")]
        beside = "; ".join(f"{name} {rejects}/{n}" for name, (rejects, n) in self.beside.items())
        counts = (int(n) for n in self.counts.values())
        facts = (*effective, round(s.leverage_one_share, 3), round(spread, 4), beside)
        return (self.decision.code, self.decision.method, *counts, *facts)


@dataclass(frozen=True, slots=True)
class Study:
    """One assignment of agreements in a cell under one estimator.

    Attributes
    ----------
    beside : sequence of str
        Methods tried beside what ``auto`` takes, on draws without an effect.
    """

    cell: Cell
    estimator: Estimator
    assignment: int
    seed: int = 0
    errors: int = ERRORS
    beside: Sequence[str] = ("clustered",)

    def rows(self) -> list[tuple[object, ...]]:
        made = assign(self.cell, self.cell.seed(self.seed, self.assignment))
        flows = [draw_flows(made, self._rng(k)) for k in range(self.errors + SPREAD)]
        fits = [self._fit(made, flow) for flow in flows]
        spread = float(np.std([_in_logs(one) for one in fits if one is not None] or 0.0))
        effect = EFFECT * spread
        planted = [self._fit(made, flow * np.exp(effect * made.is_treated)) for flow in flows[:PLANTED]]
        found: dict[tuple[str, str], Counted] = {}
        decisions: list[Decision] = []
        panels = [*((0.0, k, one) for k, one in enumerate(fits[: self.errors]))]
        panels += [*((effect, k, one) for k, one in enumerate(planted))]
        for truth, draw, one in panels:
            if one is None:
                continue
            decision = _decide(one, decisions)
            counted = found.setdefault((decision.code, decision.method), Counted(decision))
            method = Auto(draws=1, permutations=PERMUTATIONS).chosen(decision)
            is_percent = one.view("overall").scale == "percent"
            truth = 100 * np.expm1(truth) if is_percent else truth
            counted.add(answer(method, one, self._rng(draw, 1)), truth)
            for name in () if truth else self.beside:
                other = answer(BESIDE[name], one, self._rng(draw, 1))
                counted.beside[name][0] += other is not None and other[0] <= 0.05 + 1e-9
                counted.beside[name][1] += 1
        return [counted.row(spread) for counted in found.values()]

    def _rng(self, *more: int) -> np.random.Generator:
        return self.cell.seed(self.seed, self.assignment, *more, 7)

    def _fit(self, made: Assigned, flows: FloatArray) -> Fit | None:
        """Return the fit; None where the draw's zeros leave no estimate, which is no matter of inference."""
        is_poisson = self.estimator.is_poisson
        try:
            return fit(self.estimator, made.design(flows, "level" if is_poisson else "log"))
        except EstimationError:
            return None


def _in_logs(one: Fit) -> float:
    overall = one.view("overall")
    return float(overall.effects[0]) / (100 if overall.scale == "percent" else 1)


def _decide(one: Fit, decisions: list[Decision]) -> Decision:
    """Decide anew, unless two draws showed that it turns on the assignment alone."""
    if len(decisions) < 2:
        decisions.append(decide(one))
        return decisions[-1]
    return decisions[0] if decisions[0].situation == decisions[1].situation else decide(one)


def answer(method: Inference, one: Fit, rng: np.random.Generator) -> tuple[float, float, float] | None:
    """Return p and the interval of the headline; None where the method refuses or p is no number."""
    try:
        bands = method.infer(one, "overall", rng)
    except TwintradeError:
        return None
    p = float(bands.p[0])
    return None if np.isnan(p) else (p, float(bands.low[0]), float(bands.high[0]))


def pick_estimator(cell: Cell, name: str) -> Estimator:
    """Return the estimator; where a cell may sell nothing, Poisson imputation of totals, as it asks for itself."""
    if name == "poisson_imputation" and cell.noise == "heavy, zeros":
        return Imputation(family="poisson", measure="percent")
    return ESTIMATORS[name]


def list_runs(cells: Sequence[Cell], names: Sequence[str]) -> Iterator[tuple[Cell, str]]:
    for cell in cells:
        for name in names:
            needs = ESTIMATORS[name].requires
            is_fit = cell.effects in (needs.fixed_effects or LEVELS["effects"])
            has_zeros = cell.noise == "heavy, zeros" and not ESTIMATORS[name].is_poisson
            if is_fit and not (needs.balanced and (has_zeros or cell.resting)) and (name in FOUR or cell in EIGHT):
                yield cell, name


def read_results(path: Path = RESULTS) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=[*HEAD, *FACTS])
    return pd.read_csv(path, keep_default_na=False, na_values=["nan"])


def run(options: argparse.Namespace) -> None:
    stored = read_results()
    stored = stored[stored["run"] == options.run]
    done = stored.groupby(["cell", "estimator"])["assignment"].max()
    cells = CASES if options.cells == ["all"] else [CASES[int(k)] for k in options.cells]
    is_new, end = not RESULTS.exists(), time.monotonic() + 60 * options.minutes
    with RESULTS.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow((*HEAD, *FACTS))
        for cell, name in list_runs(cells, options.estimators):
            started, first = time.process_time(), int(done.get((cell.name, name), -1)) + 1
            for k in range(first, -(-options.draws // ERRORS)):
                if time.monotonic() > end:
                    return
                study = Study(cell, pick_estimator(cell, name), k, options.seed, beside=options.beside)
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
    out["none"], out["no_interval"] = table["none"], table["no_interval"]
    taken = results.assign(taken=results["decided_by"] + ": " + results["method"])
    out["taken"] = taken.groupby(keys, sort=False)["taken"].agg(lambda x: ", ".join(x.value_counts().index))
    out["clustered"] = results.groupby(keys, sort=False)["beside"].agg(lambda x: _rate(x, "clustered"))
    return out.reset_index()


def _rate(texts: pd.Series, name: str) -> float:
    found = texts.str.extract(rf"(?:^|; ){name} (\d+)/(\d+)").dropna().astype(int).sum()
    return float(found[0] / found[1]) if found[1] else np.nan


def judge(row: pd.Series) -> str:
    """Say what the bounds say of a cell."""
    bound = BOUND_AT_THRESHOLDS if row["draws"] >= 1000 else BOUND
    said = ["too often"] if row["size"] > bound else ["conservative"] if row["size"] < CONSERVATIVE else []
    said += ["covers too rarely"] if row["coverage"] < COVERAGE else []
    return ", ".join(said + ["no number"] * bool(row["none"]) + ["no interval"] * bool(row["no_interval"]))


def tabulate(results: pd.DataFrame) -> str:
    head = "| cell | estimator | row: method | draws | rejects, % | covers, % | power, % | clustered rejects, % | |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    for _, r in summarize(results).iterrows():
        lines.append(
            f"| {r['cell']} | {r['estimator']} | {r['taken']} | {r['draws']} | {100 * r['size']:.1f} "
            f"({100 * r['error']:.1f}) | {100 * r['coverage']:.1f} | {100 * r['power']:.0f} | "
            f"{100 * r['clustered']:.1f} | {judge(r)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cells", nargs="*", metavar="K", help="positions in the grid, or all; none: print the table"
    )
    parser.add_argument("--estimators", nargs="*", choices=list(ESTIMATORS), default=list(ESTIMATORS))
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--beside", nargs="*", choices=list(BESIDE), default=["clustered"])
    parser.add_argument("--run", default="now", help="name under which results are stored")
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop after so long")
    options = parser.parse_args()
    if options.cells:
        run(options)
    results = read_results()
    print(tabulate(results[results["run"] == options.run]))


if __name__ == "__main__":
    main()
