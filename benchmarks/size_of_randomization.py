"""How often randomization rejects a true null, by scheme and statistic, or finds an effect that is there.

Panels of ``agreement_panels`` in which agreements fall into few cities, or on small or large pairs, a twentieth of
the rows is missing, and some pairs are excluded. ``python -m benchmarks.size_of_randomization`` prints the table of
docs/lab/size_of_tests.md.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.agreement_panels import Assigned, Cell, assign, draw_flows
from twintrade.design import Design
from twintrade.estimators.base import Estimator, fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import FloatArray

CITIES = 16
MISSING, EXCLUDED = 0.05, 0.04
LEVEL = 0.05
ESTIMATORS: dict[str, tuple[Estimator, str]] = {
    "imputation, logs": (Imputation(), "log"),
    "Poisson imputation, total": (Imputation(family="poisson", measure="percent"), "level"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """Where agreements fall: a placement, or pairs of one third by size."""

    agreements: int
    where: str
    noise: str

    @property
    def cell(self) -> Cell:
        placement = self.where if self.where.startswith("few") else "scattered"
        return Cell(self.agreements, placement, self.noise, 0.6, CITIES, "two_way")

    def assign(self, rng: np.random.Generator) -> Assigned:
        made = assign(self.cell, rng)
        onset = made.onset
        if self.where in ("small", "large"):
            rank = np.argsort(np.argsort(made.size.ravel())) * 3 // made.size.size
            pool = np.flatnonzero(rank == (0 if self.where == "small" else 2))
            onset = np.full(made.size.shape, np.inf)
            onset.flat[rng.choice(pool, self.agreements, replace=False)] = made.onset[np.isfinite(made.onset)]
        kept = rng.random(made.kept.shape) >= MISSING
        return replace(made, onset=onset, kept=kept)


CASES = {
    f"{n} {where}, {noise}": Case(n, where, noise)
    for noise in ("by size", "heavy, zeros")
    for n, where in ((1, "small"), (1, "large"), (5, "small"), (15, "few cities"), (15, "large"), (40, "few cities"))
}
METHODS = {
    "pairs, as they are": Randomization(across="units", noise="equal", draws=39, intervals=False),
    "strata, as they are": Randomization(across="strata", noise="equal", draws=39, intervals=False),
    "labels, as they are": Randomization(across="labels", noise="equal", draws=39, intervals=False),
    "strata, by size": Randomization(across="strata", draws=39, intervals=False),
    "labels, by size": Randomization(draws=39, intervals=False),
    "labels, t": Randomization(statistic="t", draws=39, intervals=False),
}


def build_design(made: Assigned, flows: FloatArray, transform: str, rng: np.random.Generator) -> Design:
    """Return the design, some untreated pairs excluded."""
    design = made.design(flows, transform)
    open_ends = np.flatnonzero(np.isinf(made.onset.ravel()) & (rng.random(made.onset.size) < EXCLUDED))
    excluded = {str(design.panel.units[k]): "undated" for k in open_ends}
    return replace(design, treatment=replace(design.treatment, excluded=excluded))


def measure(case: Case, estimator: str, methods: Sequence[str], n: int, effect: float = 0.0) -> dict[str, float]:
    """Return the share of panels in which each method rejects no effect at 5 %."""
    method, transform = ESTIMATORS[estimator]
    rejected = dict.fromkeys(methods, 0)
    for panel in range(n):
        rng = case.cell.seed(len(case.where), panel)
        made = case.assign(rng)
        flows = draw_flows(made, rng) * np.exp(effect * made.is_treated)
        fitted = fit(method, build_design(made, flows, transform, rng))
        for name in methods:
            p = METHODS[name].infer(fitted, "overall", case.cell.seed(panel)).p[0]
            rejected[name] += bool(p <= LEVEL)
    return {name: count / n for name, count in rejected.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=200)
    parser.add_argument("--effect", type=float, default=0.0, help="in log points, of every agreement")
    parser.add_argument("--cases", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--estimators", nargs="*", choices=list(ESTIMATORS), default=list(ESTIMATORS))
    parser.add_argument("--methods", nargs="*", choices=list(METHODS), default=list(METHODS))
    options = parser.parse_args()
    started = time.process_time()
    print(f"| agreements, noise | estimator | {' | '.join(options.methods)} |")
    print("|---" * (2 + len(options.methods)) + "|")
    for name in options.cases:
        for estimator in options.estimators:
            found = measure(CASES[name], estimator, options.methods, options.panels, options.effect)
            rates = " | ".join(f"{100 * rate:.1f}" for rate in found.values())
            print(f"| {name} | {estimator} | {rates} |", flush=True)
    print(f"{time.process_time() - started:.0f} CPU seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
